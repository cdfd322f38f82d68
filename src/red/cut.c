/* SPDX-License-Identifier: BSD-3-Clause */
/* Fragments, each in a buffer of its own: only whole buffers can be lent. */
#include <string.h>

#include "net/fragment.h"
#include "red/state.h"

static bool fits_buffers(const struct red *r, const struct fragment_plan *plan)
{
	return (uint32_t)ETHERNET_HEADER_LEN + IPV4_HEADER_LEN + plan->step <=
		r->config.pool->room - RTE_PKTMBUF_HEADROOM;
}

/*
 * Fragment i > 0 out of the whole packet. The place of the Ethernet header stays as it is: that
 * would name the sender, who is never told about fragments but the first.
 */
static void fill(const struct fragment_plan *plan, unsigned i, const uint8_t *whole,
	struct rte_mbuf *m)
{
	uint8_t *packet = rte_pktmbuf_mtod_offset(m, uint8_t *, ETHERNET_HEADER_LEN);

	struct fragment f = fragment_build(plan, i, packet);
	memcpy(packet + IPV4_HEADER_LEN, whole + f.offset, f.length);
	m->data_len = (uint16_t)(ETHERNET_HEADER_LEN + IPV4_HEADER_LEN + f.length);
	m->pkt_len = m->data_len;
}

/* The first fragment stays where the packet is. */
static void shorten(const struct fragment_plan *plan, struct rte_mbuf *m)
{
	uint8_t *packet = rte_pktmbuf_mtod_offset(m, uint8_t *, ETHERNET_HEADER_LEN);
	struct fragment f = fragment_build(plan, 0, packet);

	m->data_len = (uint16_t)(ETHERNET_HEADER_LEN + IPV4_HEADER_LEN + f.length);
	m->pkt_len = m->data_len;
}

/* Into parts, the first of which is m; how many. 0: it was dropped. */
static unsigned cut(struct red *r, struct rte_mbuf *m, const struct ip_packet *p, uint16_t mtu,
	struct rte_mbuf *parts[static FRAGMENTS_MAX])
{
	struct fragment_plan plan;

	if (fragment_plan(&plan, p, mtu) != 0 || !fits_buffers(r, &plan)) {
		outgoing_drop(&r->host.outgoing, m, &r->stats->drop_fragmented);
		return 0;
	}
	if (rte_pktmbuf_alloc_bulk(r->config.pool->mempool, parts + 1, plan.count - 1) != 0) {
		outgoing_drop(&r->host.outgoing, m, &r->stats->drop_no_buffer);
		return 0;
	}
	parts[0] = m;
	for (unsigned i = 1; i < plan.count; i++)
		fill(&plan, i, p->bytes, parts[i]);
	shorten(&plan, m);
	return plan.count;
}

void red_cut(struct red *r, struct rte_mbuf *m, const struct ip_packet *p)
{
	struct rte_mbuf *parts[FRAGMENTS_MAX];
	unsigned count = cut(r, m, p, r->config.tunnel_mtu, parts);

	for (unsigned i = 0; i < count; i++)
		red_seal(r, parts[i], (uint16_t)(parts[i]->data_len - ETHERNET_HEADER_LEN));
}

void red_cut_out(struct red *r, struct rte_mbuf *m, const struct ip_packet *p, uint32_t next_hop)
{
	struct rte_mbuf *parts[FRAGMENTS_MAX];
	unsigned count = cut(r, m, p, r->config.port->mtu, parts);

	for (unsigned i = 0; i < count; i++) {
		rte_pktmbuf_adj(parts[i], ETHERNET_HEADER_LEN); /* host_send() puts a whole one there */
		host_send(&r->host, parts[i], next_hop);
	}
}
