/* SPDX-License-Identifier: BSD-3-Clause */
/* What comes back from crypt: sealed messages to be sent, and buffers that it is done with. */
#include <string.h>

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
		udp_parse(&udp, &f.ip) != 0)
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
	for (unsigned i = 0; i < n; i++)
		if (handles[i].kind == HANDLE_FILLED && handles[i].tag < b->config.max_peers)
			rte_prefetch0(&b->paths[handles[i].tag]);
}

/* The paths come while the buffers are taken back. */
static void take_all(struct black *b, unsigned link, struct handle *handles, unsigned n)
{
	struct rte_mbuf *mbufs[LEND_BURST];

	prefetch_paths(b, handles, n);
	for (unsigned i = 0; i < n; i++)
		mbufs[i] = lend_take(&b->lend, link, &handles[i]);
	for (unsigned i = 0; i < n; i++)
		if (mbufs[i])
			finish(b, mbufs[i], &handles[i]);
}

static unsigned sealed_by_one(struct black *b)
{
	struct handle handles[LEND_BURST];
	unsigned n = lend_receive(&b->lend, 0, handles);

	take_all(b, 0, handles, n);
	return n;
}

static unsigned send_later(struct black *b, unsigned link)
{
	struct black_later *later = &b->later[link];
	unsigned n = later->count;

	take_all(b, link, later->list, n);
	later->count = 0;
	return n;
}

/* What was given back is taken at once, and the rest kept. */
static unsigned receive_for_later(struct black *b, unsigned link, struct black_later *to)
{
	struct handle handles[LEND_BURST];
	unsigned n = lend_receive(&b->lend, link, handles);

	to->count = 0;
	for (unsigned i = 0; i < n; i++) {
		if (handles[i].kind == HANDLE_USED)
			take_all(b, link, &handles[i], 1);
		else
			to->list[to->count++] = handles[i];
	}
	return n;
}

/*
 * That a peer has moved is said by the thread that opens, what answers it comes from the one that
 * seals. It was said first (boundary.h): so what came is sent once all rings were looked at again.
 * Behind more than a burst of others the news is seen later than the answer, which then leaves by the
 * former way, as it would have done had the peer not moved yet.
 */
static unsigned sealed_by_several(struct black *b)
{
	struct black_later fresh[LEND_LINKS];
	unsigned links = b->lend.link_count, total = 0;

	for (unsigned link = 0; link < links; link++)
		total += receive_for_later(b, link, &fresh[link]);
	for (unsigned link = 0; link < links; link++) {
		total += send_later(b, link);
		b->later[link].count = fresh[link].count;
		memcpy(b->later[link].list, fresh[link].list,
			fresh[link].count * sizeof(fresh[link].list[0]));
	}
	return total;
}

unsigned black_sealed(struct black *b)
{
	return b->lend.link_count > 1 ? sealed_by_several(b) : sealed_by_one(b);
}
