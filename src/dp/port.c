/* SPDX-License-Identifier: BSD-3-Clause */
#include "dp/port.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_bus_vdev.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include "util/log.h"

#define IFACE_PREFIX "iface:"
#define QUEUE_SIZE   1024

enum port_kind port_kind(const char *spec)
{
	if (strncmp(spec, IFACE_PREFIX, strlen(IFACE_PREFIX)) == 0)
		return PORT_IFACE;
	return isxdigit((unsigned char)spec[0]) && strchr(spec, ':') ? PORT_PCI : PORT_VDEV;
}

/* "net_x,a=b" is device "net_x" with arguments "a=b". */
static int probe_vdev(const char *spec, char *device, size_t device_size)
{
	const char *comma = strchr(spec, ',');
	int length = comma ? (int)(comma - spec) : (int)strlen(spec);

	snprintf(device, device_size, "%.*s", length, spec);
	return rte_vdev_init(device, comma ? comma + 1 : "");
}

static int probe_device(struct port *p)
{
	char device[160];
	int rc = 0;

	snprintf(device, sizeof(device), "%s", p->spec);
	if (p->kind == PORT_VDEV)
		rc = probe_vdev(p->spec, device, sizeof(device));
	/* a PCI device was probed by EAL, from its allow list */
	if (rc == 0 && rte_eth_dev_get_port_by_name(device, &p->id) != 0)
		rc = -ENODEV;
	if (rc != 0)
		return rc;
	p->open = true;
	rc = rte_eth_dev_get_mtu(p->id, &p->mtu);
	return rc ? rc : rte_eth_macaddr_get(p->id, &p->mac);
}

static int open_interface(struct port *p)
{
	int rc = packet_open(&p->packet, p->spec + strlen(IFACE_PREFIX), &p->mtu, &p->mac);

	p->open = rc == 0;
	p->wait_fd = p->packet.fd;
	p->tx_udp_checksum = true;
	p->tx_udp_segments = true;
	return rc;
}

int port_probe(struct port *p, const char *spec)
{
	memset(p, 0, sizeof(*p));
	p->wait_fd = -1;
	p->kind = port_kind(spec);
	snprintf(p->spec, sizeof(p->spec), "%s", spec);
	int rc = p->kind == PORT_IFACE ? open_interface(p) : probe_device(p);
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

/*
 * A frame in several buffers is none that we can lend. Drivers spread frames when the longest does not fit
 * into a buffer as they count it; not all of them say so.
 */
static int one_buffer(const struct port *p, const struct pool *pool)
{
	struct rte_eth_rxq_info queue;

	if (rte_eth_rx_queue_info_get(p->id, 0, &queue) != 0 || !queue.scattered_rx)
		return 0;
	log_event(LOG_ERROR, "port",
		"the device spreads frames over several buffers port=%s mtu=%u buffer=%u "
		"hint=\"lower its MTU\"", p->spec, p->mtu, pool->room - RTE_PKTMBUF_HEADROOM);
	rte_eth_dev_stop(p->id);
	return -ENOTSUP;
}

static int start_device(struct port *p, struct pool *pool)
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
	if (rc == 0)
		rc = one_buffer(p, pool);
	/* Frames for other stations are counted and dropped by us; not every driver can. */
	if (rc == 0)
		rte_eth_promiscuous_enable(p->id);
	return rc;
}

int port_start(struct port *p, struct pool *pool)
{
	int rc = p->kind == PORT_IFACE ? packet_start(&p->packet, pool->mempool) :
					 start_device(p, pool);

	p->started = rc == 0;
	return rc;
}

void port_stop(struct port *p)
{
	if (!p->started)
		return;
	if (p->kind == PORT_IFACE)
		packet_stop(&p->packet);
	else if (rte_eth_dev_stop(p->id) != 0)
		log_event(LOG_WARNING, "port", "port did not stop port=%s", p->spec);
	p->started = false;
}

void port_close(struct port *p)
{
	port_stop(p);
	if (p->open && p->kind == PORT_IFACE)
		packet_close(&p->packet);
	else if (p->open)
		rte_eth_dev_close(p->id);
	p->open = false;
}

uint16_t port_rx(struct port *p, struct rte_mbuf **mbufs, uint16_t n)
{
	if (p->kind == PORT_IFACE)
		return packet_rx(&p->packet, mbufs, n);
	return rte_eth_rx_burst(p->id, 0, mbufs, n);
}

uint16_t port_tx(struct port *p, struct rte_mbuf **mbufs, uint16_t n)
{
	if (p->kind == PORT_IFACE)
		return packet_tx(&p->packet, mbufs, n);
	return rte_eth_tx_burst(p->id, 0, mbufs, n);
}

void port_missed(struct port *p, uint64_t *missed, uint64_t *too_long)
{
	struct rte_eth_stats stats;

	if (p->kind == PORT_IFACE) {
		packet_missed(&p->packet);
		*missed = p->packet.missed;
		*too_long = p->packet.too_long;
	} else if (rte_eth_stats_get(p->id, &stats) == 0) {
		*missed = stats.imissed + stats.rx_nombuf;
		*too_long = stats.ierrors;
	}
}
