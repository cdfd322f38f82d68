/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors: to hosts of the red network, and to those of others when that network takes no such packet. */
#include <string.h>

#include "red/state.h"

static uint64_t *sent_counter(struct red *r, enum icmp_error error)
{
	switch (error) {
	case ICMP_ERROR_TOO_BIG:
		return &r->stats->tx_icmp_too_big;
	case ICMP_ERROR_TTL:
		return &r->stats->tx_icmp_ttl;
	default:
		return &r->stats->tx_icmp_unreachable;
	}
}

/*
 * Where the error goes decides which MTU it tells, and for which host our address is chosen; and how long
 * it may be, which matters in IPv6 alone: no tunnel is too narrow for one in IPv4.
 */
enum way { TO_RED, TO_TUNNEL };

/* Length of the error, which begins at packet - *prefix; 0: we have no address to speak from. */
static size_t build(struct red *r, uint8_t *packet, const struct ip_packet *p,
	enum icmp_error error, enum way way, size_t *prefix)
{
	struct host *h = &r->host;
	uint16_t port = r->config.port->mtu, tunnel = r->config.tunnel_mtu;
	uint16_t mtu = way == TO_RED ? tunnel : port, max = way == TO_RED ? port : tunnel;

	if (p->version == 6) {
		const uint8_t *beside = way == TO_RED ? ipv6_source(p) : ipv6_destination(p);
		const uint8_t *source6 = host_source6_for(h, beside);
		*prefix = ICMP_ERROR_PREFIX6;
		return source6 ? icmp_error_build6(packet, p, error, mtu, max, source6) : 0;
	}
	uint32_t source = host_source_for(h, way == TO_RED ? p->source : p->destination);
	*prefix = ICMP_ERROR_PREFIX4;
	return source == 0 ? 0 : icmp_error_build4(packet, p, error, mtu, source, h->next_id++);
}

/* The packet behind the room for an Ethernet header becomes the error. */
static bool build_frame(struct red *r, struct rte_mbuf *m, const struct ip_packet *p,
	enum icmp_error error, enum way way, const uint8_t to[static MAC_LEN])
{
	uint16_t type = p->version == 4 ? ETHERNET_TYPE_IPV4 : ETHERNET_TYPE_IPV6;
	size_t prefix;

	if (rte_pktmbuf_headroom(m) < ICMP_ERROR_PREFIX)
		return false;
	uint8_t *packet = rte_pktmbuf_mtod_offset(m, uint8_t *, ETHERNET_HEADER_LEN);
	size_t length = build(r, packet, p, error, way, &prefix);
	if (length == 0)
		return false;
	ethernet_build(packet - prefix - ETHERNET_HEADER_LEN, to, r->host.mac, type);
	m->data_off = (uint16_t)(m->data_off - prefix);
	m->data_len = (uint16_t)(ETHERNET_HEADER_LEN + length);
	m->pkt_len = m->data_len;
	m->ol_flags = 0;
	return true;
}

/* The packet becomes the error, in its own buffer, and goes back to where it came from. */
static bool turn_into_error(struct red *r, struct rte_mbuf *m, const struct ip_packet *p,
	enum icmp_error error)
{
	uint8_t to[MAC_LEN];

	memcpy(to, rte_pktmbuf_mtod(m, const uint8_t *) + MAC_LEN, MAC_LEN);
	/* Our own: a reply of ours that the tunnel did not take. */
	return !mac_equal(to, r->host.mac) && build_frame(r, m, p, error, TO_RED, to);
}

/*
 * Without "too big" connections stand still, so nobody's flood may use that up for others: each source
 * has a limit of its own. All other errors share one.
 */
static bool is_allowed(struct red *r, const struct ip_packet *p, enum icmp_error error)
{
	struct ip_addr source = ip_source_addr(p);

	if (!icmp_error_allowed(p))
		return false;
	return error == ICMP_ERROR_TOO_BIG ?
		meter_sources_take(&r->too_big, &source, r->host.now_ns) :
		meter_take(&r->complaints, r->host.now_ns);
}

void red_complain(struct red *r, struct rte_mbuf *m, const struct ip_packet *p,
	enum icmp_error error, uint64_t *dropped)
{
	++*dropped;
	if (!is_allowed(r, p, error) || !turn_into_error(r, m, p, error)) {
		outgoing_free(&r->host.outgoing, m);
		return;
	}
	++*sent_counter(r, error);
	outgoing_send(&r->host.outgoing, m);
}

void red_complain_back(struct red *r, struct rte_mbuf *m, const struct ip_packet *p)
{
	r->stats->drop_too_big++;
	/* As with all that is ours: from us, to us, so that nobody is told when the tunnel does not take it. */
	if (!is_allowed(r, p, ICMP_ERROR_TOO_BIG) ||
		!build_frame(r, m, p, ICMP_ERROR_TOO_BIG, TO_TUNNEL, r->host.mac)) {
		outgoing_free(&r->host.outgoing, m);
		return;
	}
	r->stats->tx_icmp_too_big++;
	red_seal(r, m, (uint16_t)(m->data_len - ETHERNET_HEADER_LEN));
}
