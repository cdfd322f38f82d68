/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rings towards black and red. What comes over them is an offer, not a fact: a handle is
 * believed only when it names a buffer of the sender that we do not hold yet, and bytes inside it.
 */
#include "crypt/state.h"

/* Handles of one burst into our own memory. False when the ring is not to be used any more. */
bool side_receive(struct crypt *c, struct side *s, struct handle *handles, unsigned *n)
{
	*n = 0;
	if (!ring_intact(&s->link.from)) {
		c->stats->drop_ring_geometry++;
		return false;
	}
	*n = ring_receive(&s->link.from, handles, BURST);
	return true;
}

bool side_admit(struct crypt *c, struct side *s, const struct handle *h)
{
	const struct pool_view *v = &s->link.view;

	if (h->kind != HANDLE_FULL && h->kind != HANDLE_EMPTY) {
		c->stats->drop_handle_kind++;
		return false;
	}
	if (h->index >= v->count || v->held[h->index]) {
		c->stats->drop_handle_index++;
		return false;
	}
	if (h->kind == HANDLE_FULL && (uint32_t)h->offset + h->length > v->room) {
		c->stats->drop_handle_bounds++;
		return false;
	}
	v->held[h->index] = 1;
	if (h->kind == HANDLE_EMPTY)
		side_return_empty(s, h->index);
	return true;
}

void side_give(struct crypt *c, struct side *s, const struct handle *h)
{
	if (s->out.count == 2 * BURST)
		side_flush(c, s);
	s->link.view.held[h->index] = 0;
	s->out.list[s->out.count++] = *h;
}

void side_give_used(struct crypt *c, struct side *s, uint16_t index, uint8_t code)
{
	struct handle h = {.index = index, .kind = HANDLE_USED, .code = code};

	side_give(c, s, &h);
}

/* The ring back holds every buffer of the pool, so it is full only when its owner broke it. */
void side_flush(struct crypt *c, struct side *s)
{
	unsigned sent = 0;

	if (s->out.count == 0)
		return;
	if (ring_intact(&s->link.to))
		sent = ring_send(&s->link.to, s->out.list, s->out.count);
	else
		c->stats->drop_ring_geometry++;
	c->stats->drop_ring_full += s->out.count - sent;
	s->out.sent = true;
	s->out.count = 0;
}

uint16_t side_take_empty(struct side *s)
{
	return s->empty_count ? s->empty[--s->empty_count] : NO_BUFFER;
}

void side_return_empty(struct side *s, uint16_t index)
{
	s->empty[s->empty_count++] = index;
}
