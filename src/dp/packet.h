/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A Linux interface as a port: a packet socket, received from through a ring that the kernel fills
 * and sent to in bursts. DPDK's af_packet driver is not used, since it has the kernel put fragments
 * together (so that they arrive whole and cut to the frame size), may block for ever in transmit, and
 * does not say which descriptor to wait for.
 *
 * Frames come with a virtio-net header, which says what a kernel leaves to the next one: to complete
 * a checksum, or to cut a frame of up to 64 KiB into segments (VIRTIO 1.1, 5.1.6). Both are done here
 * on receipt. In transmit, frames of one burst that belong together leave as one (net/merge.h).
 */
#ifndef DP_PACKET_H
#define DP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#define PACKET_BURST      64
#define PACKET_PIECES_MAX 512 /* of one frame that has to be cut */

struct packet {
	int fd;             /* readable when frames are there */
	unsigned interface;
	uint8_t *ring;      /* mapped: `frames` frames of `frame_bytes` */
	size_t ring_bytes;
	uint32_t frame_bytes;
	uint32_t frames;    /* a power of two */
	uint32_t next;
	uint64_t missed;    /* frames for which the ring was full */
	uint64_t too_long;  /* frames that the kernel cut to the ring's, and that we cannot cut well */
	bool refused;       /* a joined frame was: none is sent for a while */
	bool no_udp;        /* this kernel does not know joined UDP datagrams (before 6.2) */
	struct rte_mempool *mempool;
	/* pieces of a frame that did not fit into a burst */
	uint16_t waiting, waiting_at;
	struct rte_mbuf *pieces[PACKET_PIECES_MAX];
};

/*
 * Opens a socket for the interface `name`; nothing is received before packet_start(). *mtu and *mac
 * are the interface's. 0; -ENODEV, -EPERM, -errno.
 */
int packet_open(struct packet *p, const char *name, uint16_t *mtu, struct rte_ether_addr *mac);
/* Frames are received into buffers of mempool from now on, those for other stations too. */
int packet_start(struct packet *p, struct rte_mempool *mempool);
void packet_stop(struct packet *p);
void packet_close(struct packet *p);

/* As rte_eth_rx_burst(). Checksums that were left to us are complete. */
uint16_t packet_rx(struct packet *p, struct rte_mbuf **mbufs, uint16_t n);
/*
 * As rte_eth_tx_burst(): what was taken is freed, the rest stays the caller's, at the end of mbufs
 * (whose order may change). Offloads: RTE_MBUF_F_TX_UDP_CKSUM with RTE_MBUF_F_TX_IPV4 or _IPV6, l2_len
 * and l3_len; RTE_MBUF_F_TX_UDP_SEG says that a datagram is our own and may leave joined with others.
 */
uint16_t packet_tx(struct packet *p, struct rte_mbuf **mbufs, uint16_t n);
/* Brings p->missed up to date; to be called once a second. */
void packet_missed(struct packet *p);

#endif
