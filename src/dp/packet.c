/* SPDX-License-Identifier: BSD-3-Clause */
#include "dp/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define RING_FRAMES 1024u
#define BLOCK_BYTES (64u << 10)
/* Before the data of a frame in the ring: the ring's header, an address, Ethernet and alignment. */
#define RING_HEADROOM 128
#define SOCKET_BYTES  (8 << 20)

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

	/* what cannot be cut or summed up yet says so, here and there */
	if (rc == 0)
		rc = set_option(p, PACKET_VNET_HDR, 1);
	/* frames too long for the ring can be read from the socket */
	if (rc == 0)
		rc = set_option(p, PACKET_COPY_THRESH, 1);
	/* past the queueing discipline: what the interface does not take is dropped, not delayed */
	if (rc == 0)
		rc = set_option(p, PACKET_QDISC_BYPASS, 1);
	/* what the kernel itself sends there is none of ours */
	if (rc == 0)
		rc = set_option(p, PACKET_IGNORE_OUTGOING, 1);
	return rc;
}

/* Room for frames of 64 KiB, of which each takes a multiple of that. Less will do, but not well. */
static void set_buffers(const struct packet *p)
{
	static const int forced[] = {SO_RCVBUFFORCE, SO_SNDBUFFORCE};
	static const int plain[] = {SO_RCVBUF, SO_SNDBUF};
	int bytes = SOCKET_BYTES;

	for (unsigned i = 0; i < 2; i++)
		if (setsockopt(p->fd, SOL_SOCKET, forced[i], &bytes, sizeof(bytes)) != 0)
			setsockopt(p->fd, SOL_SOCKET, plain[i], &bytes, sizeof(bytes));
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
	set_buffers(p);
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
	rte_pktmbuf_free_bulk(p->pieces + p->waiting_at, p->waiting);
	p->waiting = 0;
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

void packet_missed(struct packet *p)
{
	struct tpacket_stats stats; /* since the last call */
	socklen_t length = sizeof(stats);

	p->refused = false;
	if (getsockopt(p->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &length) == 0)
		p->missed += stats.tp_drops;
}
