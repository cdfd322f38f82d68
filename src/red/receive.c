/* SPDX-License-Identifier: BSD-3-Clause */
/* From the red network: what goes into the tunnel, by configuration alone, and what is refused. */
#include "red/state.h"
#include "util/bytes.h"

struct arrival {
	struct rte_mbuf *m;
	const struct frame *frame;
	uint8_t *packet; /* the IP header, to be changed */
};

static void drop(struct red *r, const struct arrival *a, uint64_t *counter)
{
	outgoing_drop(&r->host.outgoing, a->m, counter);
}

static void complain(struct red *r, const struct arrival *a, enum icmp_error error,
	uint64_t *dropped)
{
	red_complain(r, a->m, &a->frame->ip, error, dropped);
}

void red_seal_by(struct red *r, unsigned link, struct rte_mbuf *m, uint16_t length)
{
	lend_full(&r->lend, link, m, (uint16_t)(m->data_off + ETHERNET_HEADER_LEN), length, 0, 0);
}

/*
 * All packets of a peer must take the same way (A50). Red does not know the peers, but it was told
 * the way with each prefix.
 */
static unsigned find_link(struct red *r, const struct rte_mbuf *m)
{
	const uint8_t *packet = rte_pktmbuf_mtod_offset(m, const uint8_t *, ETHERNET_HEADER_LEN);

	if (r->lend.link_count == 1)
		return 0;
	return packet[0] >> 4 == 4 ? tunnel_link4(&r->tunnel, get_be32(packet + 16)) :
				     tunnel_link6(&r->tunnel, packet + 24);
}

void red_seal(struct red *r, struct rte_mbuf *m, uint16_t length)
{
	red_seal_by(r, find_link(r, m), m, length);
}

/* We are a router's hop, here and not again where the packet leaves the tunnel. */
static void forward4(struct red *r, const struct arrival *a)
{
	const struct ip_packet *p = &a->frame->ip;
	bool too_big = p->length > r->config.tunnel_mtu;

	if (p->ttl <= 1) {
		complain(r, a, ICMP_ERROR_TTL, &r->stats->drop_ttl);
		return;
	}
	if (too_big && p->fragment & IPV4_DONT_FRAGMENT) {
		complain(r, a, ICMP_ERROR_TOO_BIG, &r->stats->drop_too_big);
		return;
	}
	ipv4_decrement_ttl(a->packet);
	if (too_big)
		red_cut(r, a->m, p);
	else
		red_seal(r, a->m, p->length);
}

static void receive_ours(struct red *r, const struct arrival *a)
{
	if (!host_echo(&r->host, a->m, a->frame))
		drop(r, a, &r->stats->drop_ours);
}

static void receive_ipv4(struct red *r, const struct arrival *a)
{
	const struct frame *f = a->frame;
	enum host_role role = host_role(&r->host, f->ip.destination, NULL);

	if (role == HOST_ROLE_BROADCAST || !ipv4_is_unicast(f->ip.destination))
		drop(r, a, &r->stats->drop_ip_destination);
	else if (f->group)
		drop(r, a, &r->stats->drop_not_ours_l2); /* one host's packet, sent to all */
	else if (role == HOST_ROLE_OWN)
		receive_ours(r, a);
	else if (!tunnel_covers4(&r->tunnel, f->ip.destination))
		complain(r, a, ICMP_ERROR_PROHIBITED, &r->stats->drop_refused);
	else
		forward4(r, a);
}

static void forward6(struct red *r, const struct arrival *a)
{
	const struct ip_packet *p = &a->frame->ip;

	if (p->ttl <= 1) {
		complain(r, a, ICMP_ERROR_TTL, &r->stats->drop_ttl);
	} else if (p->length > r->config.tunnel_mtu) {
		complain(r, a, ICMP_ERROR_TOO_BIG, &r->stats->drop_too_big);
	} else {
		ipv6_decrement_hops(a->packet);
		red_seal(r, a->m, p->length);
	}
}

static void receive_ipv6(struct red *r, const struct arrival *a)
{
	const struct frame *f = a->frame;
	const uint8_t *to = ipv6_destination(&f->ip);

	if (!ipv6_is_unicast(to))
		drop(r, a, &r->stats->drop_ip_destination);
	else if (f->group)
		drop(r, a, &r->stats->drop_not_ours_l2);
	else if (host_owns6(&r->host, to, NULL))
		receive_ours(r, a);
	else if (ipv6_is_link_local(to))
		drop(r, a, &r->stats->drop_ip_destination);
	else if (ipv6_is_link_local(ipv6_source(&f->ip)))
		drop(r, a, &r->stats->drop_ip_source);
	else if (!tunnel_covers6(&r->tunnel, to))
		complain(r, a, ICMP_ERROR_PROHIBITED, &r->stats->drop_refused);
	else
		forward6(r, a);
}

unsigned red_receive(struct red *r)
{
	struct rte_mbuf *mbufs[HOST_BURST];
	struct frame frame;
	enum frame_kind kind;
	unsigned n = host_receive(&r->host, mbufs);

	for (unsigned i = 0; i < n; i++) {
		if (!host_classify(&r->host, &mbufs[i], &frame, &kind))
			continue;
		struct arrival a = {
			.m = mbufs[i],
			.frame = &frame,
			.packet = rte_pktmbuf_mtod_offset(mbufs[i], uint8_t *, ETHERNET_HEADER_LEN),
		};
		if (kind == FRAME_IPV4)
			receive_ipv4(r, &a);
		else
			receive_ipv6(r, &a);
	}
	return n;
}
