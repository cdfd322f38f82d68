/* SPDX-License-Identifier: BSD-3-Clause */
/* A host's neighbour discovery (RFC 4861), and the groups that it listens to for it (RFC 3810). */
#include <string.h>

#include "dp/host_internal.h"
#include "net/mld.h"
#include "net/nd.h"

/* Well within the 260 s for which a report holds, and without waiting for a query. */
#define TELL_GROUPS_NS (30 * CLOCK_SECOND)

void host_ask6(struct host *h, const uint8_t target[static 16])
{
	const uint8_t *source = host_source6_for(h, target);

	if (!source) /* we have no IPv6 address: nobody could answer */
		return;
	struct rte_mbuf *m = rte_pktmbuf_alloc(h->pool->mempool);
	if (!m) {
		++*h->count.drop_no_buffer;
		return;
	}
	uint8_t *frame = (uint8_t *)rte_pktmbuf_append(m, ND_FRAME_LEN);
	nd_build_solicitation(frame, h->mac, source, target);
	outgoing_send(&h->outgoing, m);
}

static void drop_others(struct host *h, struct rte_mbuf *m)
{
	outgoing_drop(&h->outgoing, m, h->count.drop_nd_others);
}

static bool is_neighbour(const struct host *h, const struct ip_addr *addr)
{
	return host_on_link6(h, addr->bytes) || addr_equal(addr, &h->gateway6);
}

/* m becomes the answer, which may be an option longer than the question. */
static void answer(struct host *h, struct rte_mbuf *m, const struct nd *nd,
	const uint8_t asker[static MAC_LEN])
{
	uint8_t to[MAC_LEN];

	if (m->buf_len - m->data_off < ND_FRAME_LEN) {
		outgoing_drop(&h->outgoing, m, h->count.drop_no_buffer);
		return;
	}
	memcpy(to, nd->has_mac ? nd->mac : asker, MAC_LEN);
	nd_build_advertisement(rte_pktmbuf_mtod(m, uint8_t *), h->mac, nd, to, h->router);
	m->data_len = ND_FRAME_LEN;
	m->pkt_len = ND_FRAME_LEN;
	m->ol_flags = 0;
	outgoing_send(&h->outgoing, m);
}

static void receive_solicitation(struct host *h, struct rte_mbuf *m, const struct frame *f)
{
	const struct nd *nd = &f->nd;
	struct ip_addr source = host_ip6(nd->source);

	/* what is said to come from our own address is an error, or a lie */
	if (!host_owns6(h, nd->target, NULL) || host_owns6(h, nd->source, NULL)) {
		drop_others(h, m);
		return;
	}
	++*h->count.rx_nd;
	if (nd->has_mac && is_neighbour(h, &source))
		host_hear(h, &source, nd->mac, NEIGHBOUR_REQUEST);
	answer(h, m, nd, f->ethernet.source);
}

static void receive_advertisement(struct host *h, struct rte_mbuf *m, const struct nd *nd)
{
	struct ip_addr target = host_ip6(nd->target);
	enum neighbour_heard how = !nd->solicited ? NEIGHBOUR_CLAIM :
		nd->override			  ? NEIGHBOUR_REPLY :
						    NEIGHBOUR_CONFIRM;

	/* we ask the whole group, and then an answer tells the link address (RFC 4861 4.4) */
	if (!nd->has_mac || !host_hear(h, &target, nd->mac, how)) {
		drop_others(h, m);
		return;
	}
	++*h->count.rx_nd;
	outgoing_free(&h->outgoing, m);
}

void host_receive_nd(struct host *h, struct rte_mbuf *m, const struct frame *f)
{
	switch (f->nd.kind) {
	case ND_SOLICITATION:
		receive_solicitation(h, m, f);
		break;
	case ND_ADVERTISEMENT:
		receive_advertisement(h, m, &f->nd);
		break;
	case ND_ROUTER:
		drop_others(h, m);
		break;
	}
}

void host_tell_groups(struct host *h)
{
	uint8_t groups[HOST_ADDRESS_MAX + 1][16], all[16] = {0xfe, 0x80};
	static_assert(HOST_ADDRESS_MAX + 1 <= MLD_GROUPS_MAX, "all groups fit one report");
	unsigned count = h->address6_count;

	if (count == 0 || h->now_ns < h->listen_ns)
		return;
	h->listen_ns = h->now_ns + TELL_GROUPS_NS;
	struct rte_mbuf *m = rte_pktmbuf_alloc(h->pool->mempool);
	if (!m) {
		++*h->count.drop_no_buffer;
		return;
	}
	for (unsigned i = 0; i < count; i++)
		nd_solicited_node(groups[i], h->addresses6[i].address);
	uint8_t *frame = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)MLD_FRAME_LEN(count));
	mld_build_report(frame, h->mac, host_source6_for(h, all),
		(const uint8_t(*)[16])groups, count);
	outgoing_send(&h->outgoing, m);
}
