/* SPDX-License-Identifier: BSD-3-Clause */
/* Outer headers: made when an endpoint is set, completed for every packet. */
#include <string.h>

#include "black/state.h"
#include "net/checksum.h"
#include "util/bytes.h"

#define OUTER_TTL 64
#define IP_AT     ETHERNET_HEADER_LEN
#define UDP_AT    (ETHERNET_HEADER_LEN + IPV4_HEADER_LEN)

/* A52: the address at which the peer reached us, when it is (still) ours. */
static uint32_t choose_source(const struct black *b, const struct ip_addr *local,
	uint32_t destination)
{
	uint32_t address = get_be32(local->bytes);

	if (local->family == 4 && host_role(&b->host, address, NULL) == HOST_ROLE_OWN)
		return address;
	return host_source_for(&b->host, destination);
}

void path_set(struct black *b, struct path *p, const struct endpoint *remote,
	const struct ip_addr *local, uint8_t dscp)
{
	uint32_t destination = get_be32(remote->addr.bytes);
	uint32_t next_hop;

	memset(p, 0, sizeof(*p));
	if (remote->addr.family == 0)
		return;
	p->state = PATH_NO_ROUTE;
	if (remote->addr.family != 4 || !host_route(&b->host, destination, &next_hop))
		return;
	struct ipv4_fields fields = {
		.tos = (uint8_t)(dscp << 2), /* A47: ECN is never set */
		.ttl = OUTER_TTL,
		.protocol = IP_PROTOCOL_UDP,
		.source = choose_source(b, local, destination),
		.destination = destination,
	};
	ethernet_build(p->header, mac_broadcast, b->host.mac, ETHERNET_TYPE_IPV4);
	ipv4_build(p->header + IP_AT, &fields);
	memset(p->header + IP_AT + 10, 0, 2);
	p->sum = (uint16_t)~checksum_of(p->header + IP_AT, IPV4_HEADER_LEN);
	put_be16(p->header + UDP_AT, b->listen_port);
	put_be16(p->header + UDP_AT + 2, remote->port);
	p->next_hop = next_hop;
	p->state = fields.source ? PATH_IPV4 : PATH_NO_ROUTE;
}

void path_set_source_port(struct path *p, uint16_t port)
{
	put_be16(p->header + UDP_AT, port);
}

/* Only length, id and checksum differ from packet to packet. UDP's checksum stays zero (A48). */
static void complete(struct black *b, const struct path *p, struct rte_mbuf *m, uint16_t length)
{
	uint8_t *frame = (uint8_t *)rte_pktmbuf_prepend(m, OUTER4_LEN);
	uint16_t total = htobe16((uint16_t)(IPV4_HEADER_LEN + UDP_HEADER_LEN + length));
	uint16_t id = htobe16(b->host.next_id++);

	if (b->config.port->tx_udp_segments)
		m->ol_flags |= RTE_MBUF_F_TX_UDP_SEG;
	memcpy(frame, p->header, OUTER4_LEN);
	memcpy(frame + IP_AT + 2, &total, 2);
	memcpy(frame + IP_AT + 4, &id, 2);
	put_be16(frame + UDP_AT + 4, (uint16_t)(UDP_HEADER_LEN + length));
	if (b->config.port->tx_ip_checksum) {
		m->l2_len = ETHERNET_HEADER_LEN;
		m->l3_len = IPV4_HEADER_LEN;
		m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	} else {
		uint16_t checksum = checksum_fold((uint64_t)p->sum + total + id);
		memcpy(frame + IP_AT + 10, &checksum, 2);
	}
}

/* The link address may have changed, or not be known yet. */
static void resolve_and_send(struct black *b, struct path *p, struct rte_mbuf *m)
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

void path_send(struct black *b, struct path *p, struct rte_mbuf *m)
{
	uint16_t length = m->data_len;

	if (p->state != PATH_IPV4) {
		outgoing_drop(&b->host.outgoing, m, p->state == PATH_NONE ?
			&b->stats->drop_no_endpoint : &b->stats->drop_no_route);
		return;
	}
	/* Ports cut or lose what is longer than their MTU. */
	if (IPV4_HEADER_LEN + UDP_HEADER_LEN + length > b->config.port->mtu) {
		outgoing_drop(&b->host.outgoing, m, &b->stats->drop_size);
		return;
	}
	complete(b, p, m, length);
	if (p->generation == b->host.neighbours->generation)
		outgoing_send(&b->host.outgoing, m);
	else
		resolve_and_send(b, p, m);
}
