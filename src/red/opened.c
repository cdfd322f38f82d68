/* SPDX-License-Identifier: BSD-3-Clause */
/* What comes back from crypt: packets out of the tunnel, and buffers that it is done with. */
#include "net/nd.h"
#include "red/state.h"

static void drop(struct red *r, struct rte_mbuf *m, uint64_t *counter)
{
	outgoing_drop(&r->host.outgoing, m, counter);
}

/*
 * Somebody at another site asks for our red address: the answer goes back into the tunnel, if that is as
 * wide for us as it was for him.
 */
static void receive_ours(struct red *r, struct rte_mbuf *m, const struct ip_packet *p)
{
	uint8_t *packet = rte_pktmbuf_mtod(m, uint8_t *);
	uint8_t *frame = (uint8_t *)rte_pktmbuf_prepend(m, ETHERNET_HEADER_LEN);

	if (!frame || p->length > r->config.tunnel_mtu || !icmp_echo_reply(packet, p)) {
		drop(r, m, &r->stats->drop_ours);
		return;
	}
	r->stats->rx_icmp_echo++;
	/* What is lent has an Ethernet header before it. This one says that we are the sender. */
	ethernet_build(frame, r->host.mac, r->host.mac,
		p->version == 4 ? ETHERNET_TYPE_IPV4 : ETHERNET_TYPE_IPV6);
	red_seal(r, m, p->length);
}

/*
 * More than the site's network takes, as when its MTU is below the tunnel's. lend_take() saw to it that
 * there is room for an Ethernet header.
 */
static void too_long4(struct red *r, struct rte_mbuf *m, const struct ip_packet *p, uint32_t next_hop)
{
	rte_pktmbuf_prepend(m, ETHERNET_HEADER_LEN);
	if (p->fragment & IPV4_DONT_FRAGMENT)
		red_complain_back(r, m, p);
	else
		red_cut_out(r, m, p, next_hop);
}

static void deliver4(struct red *r, struct rte_mbuf *m, const struct ip_packet *p)
{
	uint32_t next_hop;

	if (host_role(&r->host, p->source, NULL) != HOST_ROLE_OTHER)
		drop(r, m, &r->stats->drop_ip_source); /* ours, as from the wire, or a broadcast */
	else if (host_role(&r->host, p->destination, NULL) == HOST_ROLE_OWN)
		receive_ours(r, m, p);
	else if (!host_route(&r->host, p->destination, &next_hop))
		drop(r, m, &r->stats->drop_no_route);
	else if (p->length > r->config.port->mtu)
		too_long4(r, m, p, next_hop);
	else
		host_send(&r->host, m, next_hop);
}

/*
 * A hop limit of 255 says "from your own link" (RFC 4861 3.1): so a peer could pass for a router or
 * a neighbour of the site, behind an extension header too. What came through the tunnel says 254.
 */
static void not_from_here(uint8_t *packet, const struct ip_packet *p)
{
	if (p->ttl == UINT8_MAX)
		ipv6_set_hops(packet, UINT8_MAX - 1);
}

static void deliver6(struct red *r, struct rte_mbuf *m, const struct ip_packet *p)
{
	struct ip_addr next_hop;

	if (nd_is_message(p))
		drop(r, m, &r->stats->drop_nd_others);
	else if (ipv6_is_link_local(ipv6_source(p)) || host_owns6(&r->host, ipv6_source(p), NULL))
		drop(r, m, &r->stats->drop_ip_source);
	else if (ipv6_is_link_local(ipv6_destination(p)))
		drop(r, m, &r->stats->drop_no_route);
	else if (host_owns6(&r->host, ipv6_destination(p), NULL))
		receive_ours(r, m, p);
	else if (!host_route6(&r->host, ipv6_destination(p), &next_hop))
		drop(r, m, &r->stats->drop_no_route);
	else if (p->length > r->config.port->mtu) {
		rte_pktmbuf_prepend(m, ETHERNET_HEADER_LEN);
		red_complain_back(r, m, p);
	} else {
		not_from_here(rte_pktmbuf_mtod(m, uint8_t *), p);
		host_send6(&r->host, m, &next_hop);
	}
}

static void deliver(struct red *r, struct rte_mbuf *m)
{
	struct ip_packet p;
	enum ip_fault fault = ip_parse(&p, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len);

	if (fault != IP_FAULT_NONE) {
		drop(r, m, r->host.drops[frame_of_fault(fault)]);
		return;
	}
	m->data_len = p.length;
	m->pkt_len = p.length;
	if (p.version == 4)
		deliver4(r, m, &p);
	else
		deliver6(r, m, &p);
}

/* A45: the packet is as we lent it, but for its TTL. */
static void give_up(struct red *r, struct rte_mbuf *m, uint64_t *dropped)
{
	const uint8_t *packet = rte_pktmbuf_mtod_offset(m, const uint8_t *, ETHERNET_HEADER_LEN);
	struct ip_packet p;

	if (ip_parse(&p, packet, m->data_len - ETHERNET_HEADER_LEN) == IP_FAULT_NONE)
		red_complain(r, m, &p, ICMP_ERROR_HOST_UNREACHABLE, dropped);
	else
		drop(r, m, dropped);
}

/* Another thread seals for its peer: the packet is as we lent it, and goes to that one. */
static void pass_on(struct red *r, unsigned from, struct rte_mbuf *m, uint64_t to)
{
	const uint8_t *packet = rte_pktmbuf_mtod_offset(m, const uint8_t *, ETHERNET_HEADER_LEN);
	struct ip_packet p;

	if (to >= r->lend.link_count || to == from ||
		ip_parse(&p, packet, m->data_len - ETHERNET_HEADER_LEN) != IP_FAULT_NONE) {
		drop(r, m, &r->stats->drop_handle);
		return;
	}
	r->stats->rx_elsewhere++;
	red_seal_by(r, (unsigned)to, m, p.length);
}

static void take(struct red *r, unsigned link, struct handle *h)
{
	struct rte_mbuf *m = lend_take(&r->lend, link, h);

	if (!m)
		return;
	if (h->kind == HANDLE_FILLED)
		deliver(r, m);
	else if (h->code == USED_NO_PEER)
		give_up(r, m, &r->stats->drop_no_peer);
	else if (h->code == USED_NO_ENDPOINT)
		give_up(r, m, &r->stats->drop_no_endpoint);
	else if (h->code == USED_ELSEWHERE)
		pass_on(r, link, m, h->tag);
	else
		outgoing_free(&r->host.outgoing, m);
}

unsigned red_opened(struct red *r)
{
	struct handle handles[LEND_BURST];
	unsigned total = 0;

	for (unsigned link = 0; link < r->lend.link_count; link++) {
		unsigned n = lend_receive(&r->lend, link, handles);
		for (unsigned i = 0; i < n; i++)
			take(r, link, &handles[i]);
		total += n;
	}
	return total;
}
