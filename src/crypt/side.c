/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rings towards black and red. What comes over them is an offer, not a fact: a handle is
 * believed only when it names a buffer of the sender that we do not hold yet, and bytes inside it.
 */
#include <rte_prefetch.h>

#include "crypt/state.h"

static void add_to_backlog(struct side *s, const struct handle *h)
{
	struct backlog *b = &s->backlog;

	rte_prefetch0(s->link.view.buffers[h->index] + h->offset);
	b->list[b->tail++ & b->mask] = *h;
}

/* Believe a handle? Then its buffer is held. Else it was counted. */
static void admit(struct crypt *c, struct side *s, const struct handle *h)
{
	const struct pool_view *v = &s->link.view;

	if (h->kind != HANDLE_FULL && h->kind != HANDLE_EMPTY) {
		c->stats->drop_handle_kind++;
	} else if (h->index >= v->count || v->held[h->index]) {
		c->stats->drop_handle_index++;
	} else if (h->kind == HANDLE_EMPTY) {
		v->held[h->index] = 1;
		side_return_empty(s, h->index);
	} else if ((uint32_t)h->offset + h->length > v->room) {
		c->stats->drop_handle_bounds++;
	} else {
		v->held[h->index] = 1;
		add_to_backlog(s, h);
	}
}

unsigned side_receive(struct crypt *c, struct side *s)
{
	struct handle handles[KNOWN_AHEAD]; /* our own copies: what is checked is what is used */

	unsigned n = ring_receive(&s->link.from, handles, KNOWN_AHEAD);
	if (n == 0 && !ring_intact(&s->link.from))
		c->stats->drop_ring_counters++;
	for (unsigned i = 0; i < n; i++)
		admit(c, s, &handles[i]);
	return n;
}

/* The ring back holds every buffer of the pool, so it is full only when its owner broke it. */
void side_flush(struct crypt *c, struct side *s)
{
	if (s->out.count == 0)
		return;
	unsigned sent = ring_send(&s->link.to, s->out.list, s->out.count);
	c->stats->drop_ring_full += s->out.count - sent;
	s->out.sent = true;
	s->out.count = 0;
}
