/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A Linux interface as a port: a packet socket, received from through a ring that the kernel fills
 * and sent to in bursts. DPDK's af_packet driver is not used, since it has the kernel put fragments
 * together (so that they arrive whole and cut to the frame size), may block for ever in transmit, and
 * does not say which descriptor to wait for.
 */
#ifndef DP_PACKET_H
#define DP_PACKET_H

#include <stddef.h>
#include <stdint.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#define PACKET_BURST 64

struct packet {
	int fd;             /* readable when frames are there */
	unsigned interface;
	uint8_t *ring;      /* mapped: `frames` frames of `frame_bytes` */
	size_t ring_bytes;
	uint32_t frame_bytes;
	uint32_t frames;    /* a power of two */
	uint32_t next;
	uint64_t missed;    /* frames for which the ring was full */
	uint64_t too_long;  /* frames that the kernel cut to the ring's */
	struct rte_mempool *mempool;
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

/* As rte_eth_rx_burst() and rte_eth_tx_burst(): what tx took is freed, the rest stays the caller's. */
uint16_t packet_rx(struct packet *p, struct rte_mbuf **mbufs, uint16_t n);
uint16_t packet_tx(struct packet *p, struct rte_mbuf **mbufs, uint16_t n);
void packet_missed(struct packet *p); /* brings p->missed up to date */

#endif
