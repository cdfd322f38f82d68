/* SPDX-License-Identifier: BSD-3-Clause */
#include "dp/lend.h"

#include <errno.h>
#include <string.h>

#include <rte_prefetch.h>

/* state: 0, or what is lent, and the link's number below it. */
#define LENT_FULL  0x40
#define LENT_EMPTY 0x80

static void add_links(struct lend *l, const struct lend_config *config)
{
	l->link_count = config->link_count;
	l->quota = l->pool->count / 2 / l->link_count;
	if (l->quota > LEND_EMPTY)
		l->quota = LEND_EMPTY;
	for (unsigned i = 0; i < l->link_count; i++) {
		l->links[i].to = config->ends[i].to;
		l->links[i].from = config->ends[i].from;
		l->links[i].bell = config->ends[i].bell;
	}
}

int lend_init(struct lend *l, const struct lend_config *config)
{
	memset(l, 0, sizeof(*l));
	if (config->link_count == 0 || config->link_count > LEND_LINKS)
		return -EINVAL;
	l->pool = config->pool;
	l->outgoing = config->outgoing;
	l->passed = config->passed;
	l->drop_handle = config->drop_handle;
	l->drop_crypt_full = config->drop_crypt_full;
	l->headroom = config->headroom;
	l->to_buffer = (uint32_t)((uint8_t *)config->pool->mbufs[0]->buf_addr -
		(uint8_t *)config->pool->mbufs[0]);
	add_links(l, config);
	l->state = zone_alloc(config->zone, config->pool->count);
	return l->state ? 0 : -ENOMEM;
}

void lend_fini(struct lend *l)
{
	zone_free(l->state);
	l->state = NULL;
}

/* What the ring does not take comes home. */
static void send_full(struct lend *l, struct lend_link *link)
{
	unsigned sent = ring_send(&link->to, link->out, link->count);

	link->sent |= sent > 0;
	*l->passed += sent;
	for (unsigned i = sent; i < link->count; i++) {
		uint16_t index = link->out[i].index;
		l->state[index] = 0;
		outgoing_drop(l->outgoing, l->pool->mbufs[index], l->drop_crypt_full);
	}
	link->count = 0;
}

void lend_full(struct lend *l, unsigned link, struct rte_mbuf *m, uint16_t offset, uint16_t length,
	uint8_t code, uint64_t tag)
{
	struct lend_link *to = &l->links[link];
	uint16_t index = pool_index(m);

	if (to->count == 2 * LEND_BURST)
		send_full(l, to);
	l->state[index] = (uint8_t)(LENT_FULL | link);
	to->out[to->count++] = (struct handle){
		.index = index,
		.offset = offset,
		.length = length,
		.kind = HANDLE_FULL,
		.code = code,
		.tag = tag,
	};
}

void lend_flush(struct lend *l)
{
	for (unsigned i = 0; i < l->link_count; i++) {
		struct lend_link *link = &l->links[i];
		if (link->count > 0)
			send_full(l, link);
		if (link->sent)
			bell_ring(link->bell);
		link->sent = false;
	}
}

/* The pool being empty is no fault here: the port's packets need the buffers more. */
static bool supply_burst(struct lend *l, unsigned number)
{
	struct lend_link *link = &l->links[number];
	struct rte_mbuf *mbufs[LEND_BURST];
	struct handle handles[LEND_BURST];
	unsigned n = l->quota - link->empties;

	if (n > LEND_BURST)
		n = LEND_BURST;
	if (rte_mempool_get_bulk(l->pool->mempool, (void **)mbufs, n) != 0)
		return false;
	for (unsigned i = 0; i < n; i++) {
		handles[i] = (struct handle){
			.index = pool_index(mbufs[i]),
			.offset = RTE_PKTMBUF_HEADROOM,
			.length = (uint16_t)(l->pool->room - RTE_PKTMBUF_HEADROOM),
			.kind = HANDLE_EMPTY,
		};
	}
	unsigned sent = ring_send(&link->to, handles, n);
	for (unsigned i = 0; i < sent; i++)
		l->state[handles[i].index] = (uint8_t)(LENT_EMPTY | number);
	for (unsigned i = sent; i < n; i++)
		outgoing_free(l->outgoing, mbufs[i]);
	link->empties += sent;
	link->sent |= sent > 0; /* crypt may be waiting for just these */
	return sent == n;
}

void lend_supply(struct lend *l)
{
	for (unsigned i = 0; i < l->link_count; i++)
		while (l->quota - l->links[i].empties >= (l->quota < LEND_BURST ? 1 : LEND_BURST))
			if (!supply_burst(l, i))
				break;
}

unsigned lend_receive(struct lend *l, unsigned link, struct handle handles[static LEND_BURST])
{
	unsigned n = ring_receive(&l->links[link].from, handles, LEND_BURST);

	for (unsigned i = 0; i < n; i++) {
		const struct rte_mbuf *m = pool_mbuf(l->pool, handles[i].index);
		if (!m)
			continue;
		rte_prefetch0(m);
		/* A buffer lies at the same distance from every mbuf: its address costs no read. */
		rte_prefetch0((const uint8_t *)m + l->to_buffer + handles[i].offset);
	}
	return n;
}

/* What crypt filled: believed when it lies in the buffer, with the room before it that we need. */
static bool accept_filled(const struct lend *l, struct rte_mbuf *m, const struct handle *h)
{
	if (h->offset < l->headroom || (uint32_t)h->offset + h->length > l->pool->room)
		return false;
	m->data_off = h->offset;
	m->data_len = h->length;
	m->pkt_len = h->length;
	m->ol_flags = 0;
	return true;
}

struct rte_mbuf *lend_take(struct lend *l, unsigned link, struct handle *h)
{
	struct rte_mbuf *m = pool_mbuf(l->pool, h->index);
	uint8_t state = m ? l->state[h->index] : 0;
	bool empty = state == (LENT_EMPTY | link);

	if (!(empty && h->kind == HANDLE_FILLED) &&
		!((empty || state == (LENT_FULL | link)) && h->kind == HANDLE_USED)) {
		++*l->drop_handle;
		return NULL;
	}
	l->state[h->index] = 0;
	if (!empty)
		return m;
	l->links[link].empties--;
	if (h->kind == HANDLE_USED)
		h->code = USED_DONE;
	else if (!accept_filled(l, m, h)) {
		outgoing_drop(l->outgoing, m, l->drop_handle);
		return NULL;
	}
	return m;
}
