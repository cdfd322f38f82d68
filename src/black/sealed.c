/* SPDX-License-Identifier: BSD-3-Clause */
/* What comes back from crypt: sealed messages to be sent, and buffers that it is done with. */
#include <rte_prefetch.h>

#include "black/state.h"

static void take(struct black *b, unsigned link, struct handle *h)
{
	struct rte_mbuf *m = lend_take(&b->lend, link, h);

	if (!m)
		return;
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

unsigned black_sealed(struct black *b)
{
	struct handle handles[LEND_BURST];
	unsigned total = 0;

	for (unsigned link = 0; link < b->lend.link_count; link++) {
		unsigned n = lend_receive(&b->lend, link, handles);
		prefetch_paths(b, handles, n);
		for (unsigned i = 0; i < n; i++)
			take(b, link, &handles[i]);
		total += n;
	}
	return total;
}
