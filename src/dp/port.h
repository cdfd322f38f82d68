/* SPDX-License-Identifier: BSD-3-Clause */
/* A domain's port: a PCI device, a DPDK vdev string, or "iface:NAME" for a Linux interface. */
#ifndef DP_PORT_H
#define DP_PORT_H

#include <stdbool.h>
#include <stdint.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#include "dp/packet.h"
#include "dp/pool.h"

/* Kinds of spec, so that the caller knows what to prepare. */
enum port_kind { PORT_IFACE, PORT_PCI, PORT_VDEV };
enum port_kind port_kind(const char *spec);

struct port {
	char spec[128];
	enum port_kind kind;
	uint16_t id;             /* DPDK's, unless it is an interface */
	struct packet packet;    /* PORT_IFACE */
	uint16_t mtu;
	struct rte_ether_addr mac;
	int wait_fd;             /* readable when packets are there; -1: the port can only be polled */
	bool tx_ip_checksum;     /* offloads that the port offers and that were enabled */
	bool tx_udp_checksum;
	bool tx_udp_segments;    /* datagrams marked RTE_MBUF_F_TX_UDP_SEG may leave joined */
	bool open;
	bool started;
};

/* Find or create the device; learn mac and mtu. -ENODEV, -EINVAL, or DPDK's error. */
int port_probe(struct port *p, const char *spec);
/* One rx and one tx queue over the owner's pool. */
int port_start(struct port *p, struct pool *pool);
void port_stop(struct port *p);  /* by the domain's own thread, or when it has ended */
void port_close(struct port *p);

/* Bursts; what tx did not take stays the caller's. */
uint16_t port_rx(struct port *p, struct rte_mbuf **mbufs, uint16_t n);
uint16_t port_tx(struct port *p, struct rte_mbuf **mbufs, uint16_t n);
/* Frames that the device lost itself since the start: no room, or longer than its MTU. */
void port_missed(struct port *p, uint64_t *missed, uint64_t *too_long);

#endif
