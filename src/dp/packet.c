/* SPDX-License-Identifier: BSD-3-Clause */
#include "dp/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_memcpy.h>

#define RING_FRAMES 512u /* 1 MiB: a larger ring cycles through more cache than a core has */
#define BLOCK_BYTES (64u << 10)
/* Before the data of a frame in the ring: the ring's header, an address, Ethernet and alignment. */
#define RING_HEADROOM 128

/* ---- set-up ---- */

static int read_interface(struct packet *p, const char *name, uint16_t *mtu,
	struct rte_ether_addr *mac)
{
	struct ifreq request = {0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(p->fd, SIOCGIFINDEX, &request) != 0)
		return -errno;
	p->interface = (unsigned)request.ifr_ifindex;
	if (ioctl(p->fd, SIOCGIFMTU, &request) != 0)
		return -errno;
	*mtu = (uint16_t)(request.ifr_mtu > UINT16_MAX ? UINT16_MAX : request.ifr_mtu);
	if (ioctl(p->fd, SIOCGIFHWADDR, &request) != 0)
		return -errno;
	memcpy(mac->addr_bytes, request.ifr_hwaddr.sa_data, RTE_ETHER_ADDR_LEN);
	return 0;
}

static int set_option(const struct packet *p, int option, int value)
{
	return setsockopt(p->fd, SOL_PACKET, option, &value, sizeof(value)) == 0 ? 0 : -errno;
}

static int set_options(const struct packet *p)
{
	int rc = set_option(p, PACKET_VERSION, TPACKET_V2);

	/* past the queueing discipline: what the interface does not take is dropped, not delayed */
	if (rc == 0)
		rc = set_option(p, PACKET_QDISC_BYPASS, 1);
	/* what the kernel itself sends there is none of ours */
	if (rc == 0)
		rc = set_option(p, PACKET_IGNORE_OUTGOING, 1);
	return rc;
}

/* A frame of the ring holds the largest of the interface: the kernel cuts longer ones. */
static int map_ring(struct packet *p, uint16_t mtu)
{
	p->frame_bytes = 2048;
	while (p->frame_bytes < (uint32_t)mtu + RING_HEADROOM)
		p->frame_bytes *= 2;
	struct tpacket_req request = {
		.tp_block_size = p->frame_bytes > BLOCK_BYTES ? p->frame_bytes : BLOCK_BYTES,
		.tp_frame_size = p->frame_bytes,
		.tp_frame_nr = RING_FRAMES,
	};
	request.tp_block_nr = RING_FRAMES / (request.tp_block_size / p->frame_bytes);
	if (setsockopt(p->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) != 0)
		return -errno;
	p->frames = RING_FRAMES;
	p->ring_bytes = (size_t)p->frames * p->frame_bytes;
	void *ring = mmap(NULL, p->ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		p->fd, 0);
	if (ring == MAP_FAILED)
		return -errno;
	p->ring = ring;
	madvise(p->ring, p->ring_bytes, MADV_DONTDUMP);
	madvise(p->ring, p->ring_bytes, MADV_DONTFORK);
	return 0;
}

int packet_open(struct packet *p, const char *name, uint16_t *mtu, struct rte_ether_addr *mac)
{
	memset(p, 0, sizeof(*p));
	/* protocol 0: nothing is received before packet_start() */
	p->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->fd < 0)
		return -errno;
	int rc = read_interface(p, name, mtu, mac);
	if (rc == 0)
		rc = set_options(p);
	if (rc == 0)
		rc = map_ring(p, *mtu);
	if (rc != 0)
		packet_close(p);
	return rc;
}

static int bind_to(const struct packet *p, uint16_t protocol)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = (int)p->interface,
	};

	return bind(p->fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : -errno;
}

int packet_start(struct packet *p, struct rte_mempool *mempool)
{
	/* ends with the socket, unlike the interface's flag */
	struct packet_mreq promiscuous = {
		.mr_ifindex = (int)p->interface,
		.mr_type = PACKET_MR_PROMISC,
	};

	p->mempool = mempool;
	if (setsockopt(p->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous,
		    sizeof(promiscuous)) != 0)
		return -errno;
	return bind_to(p, ETH_P_ALL);
}

void packet_stop(struct packet *p)
{
	bind_to(p, 0);
}

void packet_close(struct packet *p)
{
	if (p->ring)
		munmap(p->ring, p->ring_bytes);
	if (p->fd >= 0)
		close(p->fd);
	p->ring = NULL;
	p->fd = -1;
}

/* ---- receiving ---- */

static struct tpacket2_hdr *frame_at(const struct packet *p, uint32_t number)
{
	return (void *)(p->ring + (size_t)(number & (p->frames - 1)) * p->frame_bytes);
}

/* Copies a frame into an mbuf; false when the kernel had to cut it, or it does not fit. */
static bool copy_frame(const struct tpacket2_hdr *h, uint32_t status, struct rte_mbuf *m)
{
	uint32_t length = h->tp_snaplen;

	if (length < h->tp_len || length > rte_pktmbuf_tailroom(m))
		return false;
	rte_memcpy(rte_pktmbuf_mtod(m, void *), (const uint8_t *)h + h->tp_mac, length);
	m->data_len = (uint16_t)length;
	m->pkt_len = length;
	if (status & TP_STATUS_VLAN_VALID) {
		m->vlan_tci = h->tp_vlan_tci;
		m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	}
	return true;
}

static uint16_t count_ready(const struct packet *p, uint16_t n)
{
	uint16_t ready = 0;

	while (ready < n && __atomic_load_n(&frame_at(p, p->next + ready)->tp_status,
				    __ATOMIC_ACQUIRE) & TP_STATUS_USER)
		ready++;
	return ready;
}

uint16_t packet_rx(struct packet *p, struct rte_mbuf **mbufs, uint16_t n)
{
	uint16_t got = 0, ready = count_ready(p, n);

	/* without buffers the frames wait in the ring */
	if (ready == 0 || rte_pktmbuf_alloc_bulk(p->mempool, mbufs, ready) != 0)
		return 0;
	for (uint16_t i = 0; i < ready; i++) {
		struct tpacket2_hdr *h = frame_at(p, p->next++);
		struct rte_mbuf *m = mbufs[i];
		if (copy_frame(h, h->tp_status, m)) {
			mbufs[got++] = m;
		} else {
			rte_pktmbuf_free(m);
			p->too_long++;
		}
		__atomic_store_n(&h->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	}
	return got;
}

/* ---- sending ---- */

uint16_t packet_tx(struct packet *p, struct rte_mbuf **mbufs, uint16_t n)
{
	struct mmsghdr messages[PACKET_BURST];
	struct iovec parts[PACKET_BURST];

	if (n > PACKET_BURST)
		n = PACKET_BURST;
	memset(messages, 0, n * sizeof(messages[0]));
	for (uint16_t i = 0; i < n; i++) {
		parts[i].iov_base = rte_pktmbuf_mtod(mbufs[i], void *);
		parts[i].iov_len = mbufs[i]->data_len;
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	int sent = sendmmsg(p->fd, messages, n, MSG_DONTWAIT);
	if (sent <= 0)
		return 0;
	rte_pktmbuf_free_bulk(mbufs, (unsigned)sent);
	return (uint16_t)sent;
}

void packet_missed(struct packet *p)
{
	struct tpacket_stats stats; /* since the last call */
	socklen_t length = sizeof(stats);

	if (getsockopt(p->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &length) == 0)
		p->missed += stats.tp_drops;
}
