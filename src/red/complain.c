/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors to hosts of the red network. */
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

/* Length of the error, which begins at packet - *prefix; 0: we have no address to speak from. */
static size_t build(struct red *r, uint8_t *packet, const struct ip_packet *p,
	enum icmp_error error, size_t *prefix)
{
	struct host *h = &r->host;
	uint16_t mtu = r->config.tunnel_mtu;

	if (p->version == 6) {
		const uint8_t *source6 = host_source6_for(h, ipv6_source(p));
		*prefix = ICMP_ERROR_PREFIX6;
		return source6 ? icmp_error_build6(packet, p, error, mtu, source6) : 0;
	}
	uint32_t source = host_source_for(h, p->source);
	*prefix = ICMP_ERROR_PREFIX4;
	return source == 0 ? 0 : icmp_error_build4(packet, p, error, mtu, source, h->next_id++);
}

/* The packet becomes the error, in its own buffer, and goes back to where it came from. */
static bool turn_into_error(struct red *r, struct rte_mbuf *m, const struct ip_packet *p,
	enum icmp_error error)
{
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);
	uint8_t *packet = frame + ETHERNET_HEADER_LEN;
	uint16_t type = p->version == 4 ? ETHERNET_TYPE_IPV4 : ETHERNET_TYPE_IPV6;
	uint8_t to[MAC_LEN];
	size_t prefix;

	memcpy(to, frame + MAC_LEN, MAC_LEN);
	/* Our own: a reply of ours that the tunnel did not take. */
	if (mac_equal(to, r->host.mac) || rte_pktmbuf_headroom(m) < ICMP_ERROR_PREFIX)
		return false;
	size_t length = build(r, packet, p, error, &prefix);
	if (length == 0)
		return false;
	ethernet_build(packet - prefix - ETHERNET_HEADER_LEN, to, r->host.mac, type);
	m->data_off = (uint16_t)(m->data_off - prefix);
	m->data_len = (uint16_t)(ETHERNET_HEADER_LEN + length);
	m->pkt_len = m->data_len;
	m->ol_flags = 0;
	return true;
}

void red_complain(struct red *r, struct rte_mbuf *m, const struct ip_packet *p,
	enum icmp_error error, uint64_t *dropped)
{
	++*dropped;
	if (!icmp_error_allowed(p) || !meter_take(&r->complaints, r->host.now_ns) ||
		!turn_into_error(r, m, p, error)) {
		outgoing_free(&r->host.outgoing, m);
		return;
	}
	++*sent_counter(r, error);
	outgoing_send(&r->host.outgoing, m);
}
