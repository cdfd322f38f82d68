/* SPDX-License-Identifier: BSD-3-Clause */
/* What comes back from crypt: sealed messages to be sent, and buffers that it is done with. */
#include <rte_prefetch.h>

#include "black/state.h"

/*
 * A message was authentic, and came from elsewhere than those before: its peer is where it came from,
 * and is answered from where it went (A51, A52). Its buffer is as we lent it.
 */
static void follow(struct black *b, const struct rte_mbuf *m, uint64_t slot)
{
	struct frame f;
	struct udp udp;
	enum frame_kind kind = frame_parse(&f, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len,
		b->host.mac);

	if (slot >= b->config.max_peers || (kind != FRAME_IPV4 && kind != FRAME_IPV6) ||
		udp_parse(&udp, &f.ip) != 0 || udp.source == 0)
		return;
	struct endpoint remote = {ip_source_addr(&f.ip), udp.source};
	struct ip_addr local = ip_destination_addr(&f.ip);
	path_move(b, &b->paths[slot], &remote, &local);
}

static void finish(struct black *b, struct rte_mbuf *m, const struct handle *h)
{
	if (h->kind == HANDLE_USED && h->code == USED_MOVED)
		follow(b, m, h->tag);
	if (h->kind != HANDLE_FILLED)
		outgoing_free(&b->host.outgoing, m);
	else if (h->tag < b->config.max_peers)
		path_send(b, &b->paths[h->tag], m, h->code);
	else
		outgoing_drop(&b->host.outgoing, m, &b->stats->drop_no_endpoint);
}

static void prefetch_paths(const struct black *b, const struct handle *handles, unsigned n)
{
	bool two_lines = b->host.address6_count > 0;

	for (unsigned i = 0; i < n; i++) {
		if (handles[i].kind != HANDLE_FILLED || handles[i].tag >= b->config.max_peers)
			continue;
		const struct path *p = &b->paths[handles[i].tag];
		rte_prefetch0(p);
		if (two_lines)
			rte_prefetch0(&p->v6.generation);
	}
}

/* The paths come while the buffers are taken back. */
unsigned black_sealed(struct black *b)
{
	struct handle handles[LEND_BURST];
	struct rte_mbuf *mbufs[LEND_BURST];
	unsigned total = 0;

	for (unsigned link = 0; link < b->lend.link_count; link++) {
		unsigned n = lend_receive(&b->lend, link, handles);
		prefetch_paths(b, handles, n);
		for (unsigned i = 0; i < n; i++)
			mbufs[i] = lend_take(&b->lend, link, &handles[i]);
		for (unsigned i = 0; i < n; i++)
			if (mbufs[i])
				finish(b, mbufs[i], &handles[i]);
		total += n;
	}
	return total;
}
