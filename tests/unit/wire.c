/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_bus_vdev.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ring.h>

#include "must.h"
#include "net/arp.h"
#include "net/checksum.h"
#include "net/ethernet.h"
#include "net/icmp.h"
#include "net/nd.h"
#include "net/udp.h"

const uint8_t wire_ours[6] = {0x02, 0, 0, 0, 0, 1}, wire_peer[6] = {0x02, 0, 0, 0, 0, 2};

void wire_open(struct wire *w, struct zone *zone, struct pool *pool, uint16_t mtu)
{
	static unsigned opened;
	char name[32];

	memset(w, 0, sizeof(*w));
	w->pool = pool;
	snprintf(name, sizeof(name), "wire-rx%u", ++opened);
	w->rx = rte_ring_create(name, 1024, zone->socket, RING_F_SP_ENQ | RING_F_SC_DEQ);
	snprintf(name, sizeof(name), "wire-tx%u", opened);
	w->tx = rte_ring_create(name, WIRE_TX_RING, zone->socket, RING_F_SP_ENQ | RING_F_SC_DEQ);
	must(w->rx && w->tx, "wire: no rings");
	snprintf(name, sizeof(name), "wire%u", opened);
	int id = rte_eth_from_rings(name, &w->rx, 1, &w->tx, 1, 0);
	must(id >= 0, "wire: no port");
	snprintf(w->device, sizeof(w->device), "net_ring_wire%u", opened);
	w->port.kind = PORT_VDEV;
	w->port.id = (uint16_t)id;
	w->port.mtu = mtu;
	w->port.wait_fd = -1;
	w->port.open = true;
	memcpy(w->port.mac.addr_bytes, wire_ours, 6);
	must(port_start(&w->port, pool) == 0, "wire: port does not start");
}

void wire_close(struct wire *w)
{
	port_close(&w->port);
	rte_vdev_uninit(w->device);
	rte_ring_free(w->rx);
	rte_ring_free(w->tx);
}

void wire_push_mbuf(struct wire *w, struct rte_mbuf *m)
{
	must(rte_ring_sp_enqueue(w->rx, m) == 0, "wire: too many frames");
}

void wire_push(struct wire *w, const void *frame, size_t length)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(w->pool->mempool);

	must(m != NULL, "wire: no buffer to arrive in");
	char *to = rte_pktmbuf_append(m, (uint16_t)length);
	must(to != NULL, "wire: frame longer than a buffer");
	memcpy(to, frame, length);
	wire_push_mbuf(w, m);
}

size_t wire_pop(struct wire *w, uint8_t frame[static WIRE_FRAME_MAX])
{
	struct rte_mbuf *m;

	if (rte_ring_sc_dequeue(w->tx, (void **)&m) != 0)
		return 0;
	size_t length = m->pkt_len;
	must(m->nb_segs == 1 && m->data_len == length, "wire: a frame in several buffers was sent");
	must(length <= WIRE_FRAME_MAX, "wire: a very long frame was sent");
	memcpy(frame, rte_pktmbuf_mtod(m, const void *), length);
	rte_pktmbuf_free(m);
	return length;
}

unsigned wire_pop_all(struct wire *w)
{
	uint8_t frame[WIRE_FRAME_MAX];
	unsigned n = 0;

	while (wire_pop(w, frame) > 0)
		n++;
	return n;
}

size_t wire_ipv4(uint8_t *frame, const struct ipv4_fields *fields, const void *payload,
	size_t length)
{
	struct ipv4_fields f = *fields;

	f.length = (uint16_t)(IPV4_HEADER_LEN + length);
	ethernet_build(frame, wire_ours, wire_peer, ETHERNET_TYPE_IPV4);
	ipv4_build(frame + ETHERNET_HEADER_LEN, &f);
	memmove(frame + ETHERNET_HEADER_LEN + IPV4_HEADER_LEN, payload, length);
	return ETHERNET_HEADER_LEN + IPV4_HEADER_LEN + length;
}

size_t wire_udp(uint8_t *frame, uint32_t from, uint16_t from_port, uint32_t to, uint16_t to_port,
	const void *payload, size_t length)
{
	static uint8_t datagram[WIRE_FRAME_MAX];
	struct ipv4_fields fields = {
		.ttl = 64, .protocol = IP_PROTOCOL_UDP, .source = from, .destination = to};

	udp_build(datagram, from_port, to_port, (uint16_t)length);
	memcpy(datagram + UDP_HEADER_LEN, payload, length);
	return wire_ipv4(frame, &fields, datagram, UDP_HEADER_LEN + length);
}

size_t wire_echo(uint8_t *frame, uint32_t from, uint32_t to, size_t payload)
{
	static uint8_t icmp[WIRE_FRAME_MAX];
	struct ipv4_fields fields = {
		.ttl = 64, .protocol = IP_PROTOCOL_ICMP, .source = from, .destination = to};

	memset(icmp, 0x5a, 8 + payload);
	memcpy(icmp, (const uint8_t[4]){8}, 4);
	uint16_t sum = checksum_of(icmp, 8 + payload);
	memcpy(icmp + 2, &sum, 2);
	return wire_ipv4(frame, &fields, icmp, 8 + payload);
}

size_t wire_ipv6(uint8_t *frame, const char *from, const char *to, uint8_t protocol, size_t payload)
{
	uint8_t source[16], destination[16];

	must(inet_pton(AF_INET6, from, source) == 1 && inet_pton(AF_INET6, to, destination) == 1,
		"wire: not IPv6 addresses");
	ethernet_build(frame, wire_ours, wire_peer, ETHERNET_TYPE_IPV6);
	ipv6_build(frame + ETHERNET_HEADER_LEN, source, destination, protocol, (uint16_t)payload);
	memset(frame + ETHERNET_HEADER_LEN + IPV6_HEADER_LEN, 0x5a, payload);
	return ETHERNET_HEADER_LEN + IPV6_HEADER_LEN + payload;
}

void wire_address6(uint8_t address[static 16], const char *text)
{
	must(inet_pton(AF_INET6, text, address) == 1, "wire: not an IPv6 address");
}

bool wire_is6(const uint8_t address[static 16], const char *text)
{
	uint8_t expected[16];

	wire_address6(expected, text);
	return memcmp(address, expected, 16) == 0;
}

size_t wire_udp6(uint8_t *frame, const char *from, uint16_t from_port, const char *to,
	uint16_t to_port, const void *payload, size_t length)
{
	size_t n = wire_ipv6(frame, from, to, IP_PROTOCOL_UDP, UDP_HEADER_LEN + length);
	uint8_t *ip = frame + ETHERNET_HEADER_LEN, *udp = ip + IPV6_HEADER_LEN;

	udp_build(udp, from_port, to_port, (uint16_t)length);
	memmove(udp + UDP_HEADER_LEN, payload, length);
	uint16_t checksum = udp_checksum(ip, (uint16_t)(UDP_HEADER_LEN + length));
	memcpy(udp + 6, &checksum, 2);
	return n;
}

void wire_repair6(uint8_t *frame, size_t length)
{
	icmp6_set_checksum(frame + ETHERNET_HEADER_LEN,
		(uint16_t)(length - ETHERNET_HEADER_LEN - IPV6_HEADER_LEN));
}

size_t wire_echo6(uint8_t *frame, const char *from, const char *to, size_t payload)
{
	size_t n = wire_ipv6(frame, from, to, IP_PROTOCOL_ICMP6, 8 + payload);

	memcpy(frame + ETHERNET_HEADER_LEN + IPV6_HEADER_LEN, (const uint8_t[4]){128}, 4);
	wire_repair6(frame, n);
	return n;
}

size_t wire_ask6(uint8_t *frame, const char *from, const char *to)
{
	uint8_t source[16], target[16];

	wire_address6(source, from);
	wire_address6(target, to);
	nd_build_solicitation(frame, wire_peer, source, target);
	return ND_FRAME_LEN;
}

size_t wire_answer6(uint8_t *frame, const char *from, const char *to)
{
	struct nd asked = {.kind = ND_SOLICITATION};

	wire_address6(asked.source, to);
	wire_address6(asked.target, from);
	nd_build_advertisement(frame, wire_peer, &asked, wire_ours, false);
	return ND_FRAME_LEN;
}

size_t wire_arp(uint8_t *frame, bool request, uint32_t from, uint32_t to)
{
	struct arp asked = {.request = true, .sender = to, .target = from};

	if (request) {
		arp_build_request(frame, wire_peer, from, to);
	} else {
		memcpy(asked.sender_mac, wire_ours, MAC_LEN);
		arp_build_reply(frame, wire_peer, &asked);
	}
	return ARP_FRAME_LEN;
}

void wire_repair(uint8_t *frame)
{
	ipv4_set_checksum(frame + ETHERNET_HEADER_LEN, (frame[ETHERNET_HEADER_LEN] & 0xfu) * 4);
}
