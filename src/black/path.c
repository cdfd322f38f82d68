/* SPDX-License-Identifier: BSD-3-Clause */
/* Outer headers: made when an endpoint is set, completed for every packet. */
#include <string.h>

#include "black/state.h"
#include "net/checksum.h"
#include "util/bytes.h"

#define OUTER_TTL 64 /* IPv6's hop limit too: both constant (A47) */
#define IP_AT     ETHERNET_HEADER_LEN
#define UDP4_AT   (ETHERNET_HEADER_LEN + IPV4_HEADER_LEN)
#define UDP6_AT   (ETHERNET_HEADER_LEN + IPV6_HEADER_LEN)
#define IPV6_DESTINATION_AT 24

/* A52: the address at which the peer reached us, when it is (still) ours. */
static uint32_t choose_source(const struct black *b, const struct ip_addr *local,
	uint32_t destination)
{
	uint32_t address = get_be32(local->bytes);

	if (local->family == 4 && host_role(&b->host, address, NULL) == HOST_ROLE_OWN)
		return address;
	return host_source_for(&b->host, destination);
}

static const uint8_t *choose_source6(const struct black *b, const struct ip_addr *local,
	const uint8_t destination[static 16])
{
	if (local->family == 6 && host_owns6(&b->host, local->bytes, NULL))
		return local->bytes;
	return host_source6_for(&b->host, destination);
}

static void set4(struct black *b, struct path4 *p, const struct endpoint *remote,
	const struct ip_addr *local)
{
	uint32_t destination = get_be32(remote->addr.bytes);

	if (!host_route(&b->host, destination, &p->next_hop))
		return;
	struct ipv4_fields fields = {
		.ttl = OUTER_TTL,
		.protocol = IP_PROTOCOL_UDP,
		.source = choose_source(b, local, destination),
		.destination = destination,
	};
	ethernet_build(p->header, mac_broadcast, b->host.mac, ETHERNET_TYPE_IPV4);
	ipv4_build(p->header + IP_AT, &fields);
	memset(p->header + IP_AT + 10, 0, 2);
	p->sum = (uint16_t)~checksum_of(p->header + IP_AT, IPV4_HEADER_LEN);
	put_be16(p->header + UDP4_AT, b->listen_port);
	put_be16(p->header + UDP4_AT + 2, remote->port);
	p->state = fields.source ? PATH_IPV4 : PATH_NO_ROUTE;
}

static void set6(struct black *b, struct path6 *p, const struct endpoint *remote,
	const struct ip_addr *local)
{
	const uint8_t *destination = remote->addr.bytes;

	struct ip_addr next_hop;

	if (!host_route6(&b->host, destination, &next_hop))
		return;
	const uint8_t *source = choose_source6(b, local, destination);
	if (!source)
		return;
	memcpy(p->mac, mac_broadcast, MAC_LEN);
	ipv6_build(p->header, source, destination, IP_PROTOCOL_UDP, 0);
	ipv6_set_hops(p->header, OUTER_TTL);
	put_be16(p->header + IPV6_HEADER_LEN, b->listen_port);
	put_be16(p->header + IPV6_HEADER_LEN + 2, remote->port);
	p->state = PATH_IPV6;
}

void path_set(struct black *b, struct path *p, const struct endpoint *remote,
	const struct ip_addr *local)
{
	memset(p, 0, sizeof(*p));
	if (remote->addr.family == 0)
		return;
	p->state = PATH_NO_ROUTE;
	if (remote->addr.family == 4)
		set4(b, &p->v4, remote, local);
	else if (remote->addr.family == 6)
		set6(b, &p->v6, remote, local);
}

void path_move(struct black *b, struct path *p, const struct endpoint *remote,
	const struct ip_addr *local)
{
	if (p->state != PATH_NONE)
		path_set(b, p, remote, local);
}

void path_set_source_port(struct path *p, uint16_t port)
{
	if (p->state == PATH_IPV4)
		put_be16(p->v4.header + UDP4_AT, port);
	else if (p->state == PATH_IPV6)
		put_be16(p->v6.header + IPV6_HEADER_LEN, port);
}

/*
 * A48. Without an offload, black reads the ciphertext once more: it is all that it may read. What
 * the port completes begins with the sum of the pseudo-header.
 */
static void set_udp_checksum(struct black *b, struct rte_mbuf *m, uint8_t *ip, uint8_t *udp,
	uint64_t family_flag)
{
	uint16_t length = get_be16(udp + 4), checksum;

	if (b->config.port->tx_udp_checksum) {
		m->l2_len = ETHERNET_HEADER_LEN;
		m->l3_len = (uint16_t)(udp - ip);
		m->ol_flags |= family_flag | RTE_MBUF_F_TX_UDP_CKSUM;
		checksum = udp_pseudo_sum(ip, length);
	} else {
		checksum = udp_checksum(ip, length);
	}
	memcpy(udp + 6, &checksum, 2);
}

/* Only length, id, checksum, and traffic class if it is copied, differ from packet to packet. */
static void complete4(struct black *b, const struct path4 *p, struct rte_mbuf *m, uint16_t length,
	uint8_t traffic_class)
{
	uint8_t *frame = (uint8_t *)rte_pktmbuf_prepend(m, OUTER4_LEN);
	uint16_t total = htobe16((uint16_t)(IPV4_HEADER_LEN + UDP_HEADER_LEN + length));
	uint16_t id = htobe16(b->host.next_id++);

	if (b->config.port->tx_udp_segments)
		m->ol_flags |= RTE_MBUF_F_TX_UDP_SEG;
	memcpy(frame, p->header, OUTER4_LEN);
	frame[IP_AT + 1] = traffic_class;
	memcpy(frame + IP_AT + 2, &total, 2);
	memcpy(frame + IP_AT + 4, &id, 2);
	put_be16(frame + UDP4_AT + 4, (uint16_t)(UDP_HEADER_LEN + length));
	if (b->config.port->tx_ip_checksum) {
		m->l2_len = ETHERNET_HEADER_LEN;
		m->l3_len = IPV4_HEADER_LEN;
		m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	} else {
		uint16_t checksum = checksum_fold((uint64_t)p->sum + total + id + htobe16(traffic_class));
		memcpy(frame + IP_AT + 10, &checksum, 2);
	}
	if (b->config.udp_checksum)
		set_udp_checksum(b, m, frame + IP_AT, frame + UDP4_AT, RTE_MBUF_F_TX_IPV4);
}

static void complete6(struct black *b, const struct path6 *p, struct rte_mbuf *m, uint16_t length,
	uint8_t traffic_class)
{
	uint8_t *frame = (uint8_t *)rte_pktmbuf_prepend(m, OUTER6_LEN);
	uint16_t datagram = (uint16_t)(UDP_HEADER_LEN + length);

	if (b->config.port->tx_udp_segments)
		m->ol_flags |= RTE_MBUF_F_TX_UDP_SEG;
	ethernet_build(frame, p->mac, b->host.mac, ETHERNET_TYPE_IPV6);
	memcpy(frame + IP_AT, p->header, sizeof(p->header));
	if (traffic_class != 0)
		ipv6_set_traffic_class(frame + IP_AT, traffic_class);
	put_be16(frame + IP_AT + 4, datagram);
	put_be16(frame + UDP6_AT + 4, datagram);
	set_udp_checksum(b, m, frame + IP_AT, frame + UDP6_AT, RTE_MBUF_F_TX_IPV6);
}

/* The link address may have changed, or not be known yet. */
static void resolve_and_send4(struct black *b, struct path4 *p, struct rte_mbuf *m)
{
	const uint8_t *mac = host_resolve(&b->host, p->next_hop);

	if (!mac) {
		host_hold(&b->host, m, p->next_hop);
		return;
	}
	memcpy(p->header, mac, MAC_LEN);
	memcpy(rte_pktmbuf_mtod(m, void *), mac, MAC_LEN);
	p->generation = b->host.neighbours->generation;
	outgoing_send(&b->host.outgoing, m);
}

static void resolve_and_send6(struct black *b, struct path6 *p, struct rte_mbuf *m)
{
	struct ip_addr next_hop;

	if (!host_route6(&b->host, p->header + IPV6_DESTINATION_AT, &next_hop)) {
		outgoing_drop(&b->host.outgoing, m, &b->stats->drop_no_route);
		return;
	}
	const uint8_t *mac = host_resolve6(&b->host, &next_hop);
	if (!mac) {
		host_hold6(&b->host, m, &next_hop);
		return;
	}
	memcpy(p->mac, mac, MAC_LEN);
	memcpy(rte_pktmbuf_mtod(m, void *), mac, MAC_LEN);
	p->generation = b->host.neighbours->generation;
	outgoing_send(&b->host.outgoing, m);
}

static void send4(struct black *b, struct path4 *p, struct rte_mbuf *m, uint8_t traffic_class)
{
	/* Ports cut or lose what is longer than their MTU. */
	if (IPV4_HEADER_LEN + UDP_HEADER_LEN + m->data_len > b->config.port->mtu) {
		outgoing_drop(&b->host.outgoing, m, &b->stats->drop_size);
		return;
	}
	complete4(b, p, m, m->data_len, traffic_class);
	if (p->generation == b->host.neighbours->generation)
		outgoing_send(&b->host.outgoing, m);
	else
		resolve_and_send4(b, p, m);
}

static void send6(struct black *b, struct path6 *p, struct rte_mbuf *m, uint8_t traffic_class)
{
	if (IPV6_HEADER_LEN + UDP_HEADER_LEN + m->data_len > b->config.port->mtu) {
		outgoing_drop(&b->host.outgoing, m, &b->stats->drop_size);
		return;
	}
	complete6(b, p, m, m->data_len, traffic_class);
	if (p->generation == b->host.neighbours->generation)
		outgoing_send(&b->host.outgoing, m);
	else
		resolve_and_send6(b, p, m);
}

void path_send(struct black *b, struct path *p, struct rte_mbuf *m, uint8_t traffic_class)
{
	switch (p->state) {
	case PATH_IPV4:
		send4(b, &p->v4, m, traffic_class);
		break;
	case PATH_IPV6:
		send6(b, &p->v6, m, traffic_class);
		break;
	case PATH_NO_ROUTE:
		outgoing_drop(&b->host.outgoing, m, &b->stats->drop_no_route);
		break;
	default:
		outgoing_drop(&b->host.outgoing, m, &b->stats->drop_no_endpoint);
	}
}
