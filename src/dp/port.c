/* SPDX-License-Identifier: BSD-3-Clause */
#include "dp/port.h"

#include <ctype.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include "util/log.h"

#define IFACE_PREFIX "iface:"
#define QUEUE_SIZE   1024
#define FD_MAX       1024

enum port_kind port_kind(const char *spec)
{
	if (strncmp(spec, IFACE_PREFIX, strlen(IFACE_PREFIX)) == 0)
		return PORT_IFACE;
	return isxdigit((unsigned char)spec[0]) && strchr(spec, ':') ? PORT_PCI : PORT_VDEV;
}

static int interface_mtu(const char *name)
{
	struct ifreq request = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	int rc = ioctl(fd, SIOCGIFMTU, &request) == 0 ? request.ifr_mtu : -errno;
	close(fd);
	return rc;
}

/*
 * af_packet cuts frames longer than its frame size silently, so the size follows the interface's
 * MTU: a power of two that holds the headers of the ring, of Ethernet and a VLAN tag, and the MTU.
 */
static int probe_iface(struct port *p, const char *name, char *device, size_t device_size)
{
	char arguments[160];
	int mtu = interface_mtu(name);

	if (mtu < 0)
		return mtu;
	unsigned frame = 2048;
	while (frame < (unsigned)mtu + 128)
		frame *= 2;
	p->frame = (uint16_t)(frame > UINT16_MAX ? UINT16_MAX : frame);
	unsigned block = frame * 2 < 4096 ? 4096 : frame * 2;
	snprintf(device, device_size, "net_af_packet_%s", name);
	snprintf(arguments, sizeof(arguments),
		"iface=%s,qdisc_bypass=1,framesz=%u,blocksz=%u,framecnt=%u", name, frame, block, 4096u);
	return rte_vdev_init(device, arguments);
}

/* "net_x,a=b" is device "net_x" with arguments "a=b". */
static int probe_vdev(const char *spec, char *device, size_t device_size)
{
	const char *comma = strchr(spec, ',');
	int length = comma ? (int)(comma - spec) : (int)strlen(spec);

	snprintf(device, device_size, "%.*s", length, spec);
	return rte_vdev_init(device, comma ? comma + 1 : "");
}

/*
 * The packet socket of our port, by which a resting thread learns of packets: DPDK does not hand it
 * out, so it is looked for among our descriptors. -1 when there is none.
 */
static int find_packet_socket(const char *interface)
{
	unsigned index = if_nametoindex(interface);

	for (int fd = 3; fd < FD_MAX; fd++) {
		struct sockaddr_ll bound = {0};
		socklen_t length = sizeof(bound);
		if (getsockname(fd, (struct sockaddr *)&bound, &length) == 0 &&
			bound.sll_family == AF_PACKET && bound.sll_ifindex == (int)index)
			return fd;
	}
	return -1;
}

static int probe_device(struct port *p, char *device, size_t device_size)
{
	switch (port_kind(p->spec)) {
	case PORT_IFACE:
		return probe_iface(p, p->spec + strlen(IFACE_PREFIX), device, device_size);
	case PORT_VDEV:
		return probe_vdev(p->spec, device, device_size);
	case PORT_PCI:
		snprintf(device, device_size, "%s", p->spec);
		return 0; /* EAL probed it, from its allow list */
	}
	return -EINVAL;
}

int port_probe(struct port *p, const char *spec)
{
	char device[160];

	memset(p, 0, sizeof(*p));
	p->wait_fd = -1;
	snprintf(p->spec, sizeof(p->spec), "%s", spec);
	int rc = probe_device(p, device, sizeof(device));
	if (rc != 0)
		return rc;
	if (rte_eth_dev_get_port_by_name(device, &p->id) != 0)
		return -ENODEV;
	p->open = true;
	rc = rte_eth_dev_get_mtu(p->id, &p->mtu);
	if (rc == 0 && port_kind(spec) == PORT_IFACE) {
		/* the driver tells its frame size; the wire's MTU is the interface's */
		int mtu = interface_mtu(spec + strlen(IFACE_PREFIX));
		rc = mtu < 0 ? mtu : 0;
		if (rc == 0)
			p->mtu = (uint16_t)(mtu > UINT16_MAX ? UINT16_MAX : mtu);
		p->wait_fd = find_packet_socket(spec + strlen(IFACE_PREFIX));
	}
	if (p->frame < p->mtu)
		p->frame = p->mtu;
	if (rc == 0)
		rc = rte_eth_macaddr_get(p->id, &p->mac);
	if (rc != 0)
		port_close(p);
	return rc;
}

static void choose_offloads(struct port *p, const struct rte_eth_dev_info *info,
	struct rte_eth_conf *conf)
{
	uint64_t ip = RTE_ETH_TX_OFFLOAD_IPV4_CKSUM;
	uint64_t udp = RTE_ETH_TX_OFFLOAD_UDP_CKSUM;

	p->tx_ip_checksum = (info->tx_offload_capa & ip) != 0;
	p->tx_udp_checksum = (info->tx_offload_capa & udp) != 0;
	conf->txmode.offloads = (p->tx_ip_checksum ? ip : 0) | (p->tx_udp_checksum ? udp : 0);
}

static int set_up_queues(struct port *p, struct pool *pool)
{
	uint16_t n_rx = QUEUE_SIZE, n_tx = QUEUE_SIZE;
	int socket = rte_eth_dev_socket_id(p->id);

	int rc = rte_eth_dev_adjust_nb_rx_tx_desc(p->id, &n_rx, &n_tx);
	if (rc == 0)
		rc = rte_eth_rx_queue_setup(p->id, 0, n_rx, (unsigned)socket, NULL, pool->mempool);
	if (rc == 0)
		rc = rte_eth_tx_queue_setup(p->id, 0, n_tx, (unsigned)socket, NULL);
	return rc;
}

int port_start(struct port *p, struct pool *pool)
{
	struct rte_eth_dev_info info;
	struct rte_eth_conf conf = {0};

	int rc = rte_eth_dev_info_get(p->id, &info);
	if (rc == 0) {
		choose_offloads(p, &info, &conf);
		rc = rte_eth_dev_configure(p->id, 1, 1, &conf);
	}
	if (rc == 0)
		rc = set_up_queues(p, pool);
	if (rc == 0)
		rc = rte_eth_dev_start(p->id);
	if (rc != 0)
		return rc;
	p->started = true;
	/* Frames for other stations are counted and dropped by us; not every driver can. */
	rte_eth_promiscuous_enable(p->id);
	return 0;
}

void port_stop(struct port *p)
{
	if (p->started && rte_eth_dev_stop(p->id) != 0)
		log_event(LOG_WARNING, "port", "port did not stop port=%s", p->spec);
	p->started = false;
}

void port_close(struct port *p)
{
	port_stop(p);
	if (p->open)
		rte_eth_dev_close(p->id);
	p->open = false;
}

uint16_t port_rx(const struct port *p, struct rte_mbuf **mbufs, uint16_t n)
{
	return rte_eth_rx_burst(p->id, 0, mbufs, n);
}

uint16_t port_tx(const struct port *p, struct rte_mbuf **mbufs, uint16_t n)
{
	return rte_eth_tx_burst(p->id, 0, mbufs, n);
}

uint64_t port_missed(const struct port *p)
{
	struct rte_eth_stats stats;

	if (rte_eth_stats_get(p->id, &stats) != 0)
		return 0;
	return stats.imissed + stats.rx_nombuf;
}
