/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets that wait for a session (A42): at most STAGED_MAX per peer and a quarter of red's buffers
 * in all, the oldest dropped first. When the quarter is full, a peer that has at least its even
 * share gives way, so that no peer can keep the others from waiting. And what has its session, but found
 * no buffer of black's to be sealed into.
 */
#include "crypt/state.h"
#include "wg/messages.h"

static void join_ring(struct crypt *c, uint32_t slot)
{
	struct queue *s = &c->queues[slot];

	c->flags[slot] |= SENDER_STAGING;
	if (c->staging_peers++ == 0) {
		s->staging_next = s->staging_prev = slot;
		c->staging_head = slot;
		return;
	}
	struct queue *head = &c->queues[c->staging_head];
	s->staging_next = c->staging_head;
	s->staging_prev = head->staging_prev;
	c->queues[head->staging_prev].staging_next = slot;
	head->staging_prev = slot;
}

static void leave_ring(struct crypt *c, uint32_t slot)
{
	struct queue *s = &c->queues[slot];

	c->flags[slot] &= (uint8_t)~SENDER_STAGING;
	c->queues[s->staging_prev].staging_next = s->staging_next;
	c->queues[s->staging_next].staging_prev = s->staging_prev;
	if (c->staging_head == slot)
		c->staging_head = s->staging_next;
	c->staging_peers--;
}

/* The oldest staged buffer of a peer that has one; it is still held. */
static uint16_t take_oldest(struct crypt *c, uint32_t slot)
{
	struct queue *s = &c->queues[slot];
	uint16_t red = s->staged_head;

	s->staged_head = c->staged[red].next;
	c->staged_total--;
	if (--s->staged_count == 0)
		leave_ring(c, slot);
	return red;
}

static void drop_oldest(struct crypt *c, uint32_t slot)
{
	side_give_used(c, &c->red, take_oldest(c, slot), USED_DONE);
	c->stats->drop_staged_oldest++;
}

/* The next peer around the ring that has at least its even share. There always is one. */
static uint32_t find_victim(struct crypt *c)
{
	uint32_t share = c->staged_total / c->staging_peers;

	while (c->queues[c->staging_head].staged_count < share)
		c->staging_head = c->queues[c->staging_head].staging_next;
	return c->staging_head;
}

static void make_room(struct crypt *c, uint32_t slot)
{
	if (c->queues[slot].staged_count >= STAGED_MAX)
		drop_oldest(c, slot);
	else if (c->staged_total >= c->staged_limit)
		drop_oldest(c, find_victim(c));
}

void stage_add(struct crypt *c, uint32_t slot, uint16_t red, uint16_t offset, uint16_t length)
{
	struct queue *s = &c->queues[slot];

	make_room(c, slot);
	c->staged[red] = (struct staged){.next = NO_BUFFER, .offset = offset, .length = length};
	if (s->staged_count == 0) {
		s->staged_head = red;
		join_ring(c, slot);
	} else {
		c->staged[s->staged_tail].next = red;
	}
	s->staged_tail = red;
	s->staged_count++;
	c->staged_total++;
	c->stats->staged++;
}

void stage_flush(struct crypt *c, uint32_t slot)
{
	struct queue *s = &c->queues[slot];

	while (s->staged_count > 0) {
		uint16_t red = s->staged_head;
		struct staged p = c->staged[red];
		if (seal_add(c, slot, red, p.offset, p.length) != SEALED)
			break;
		take_oldest(c, slot);
	}
}

void stage_drop(struct crypt *c, uint32_t slot)
{
	while (c->queues[slot].staged_count > 0) {
		side_give_used(c, &c->red, take_oldest(c, slot), USED_DONE);
		c->stats->drop_staged_given_up++;
	}
}

void stage_starve(struct crypt *c, uint32_t slot)
{
	uint64_t *word = &c->starved[slot / 64], bit = 1ull << slot % 64;

	c->starved_count += !(*word & bit);
	*word |= bit;
	c->stats->no_buffer_black++;
}

static void resume(struct crypt *c, uint32_t slot)
{
	if (!crypt_seals(c, slot))
		return; /* any more */
	stage_flush(c, slot);
	if (!(c->flags[slot] & SENDER_KEEPALIVE))
		return;
	c->flags[slot] &= (uint8_t)~SENDER_KEEPALIVE;
	seal_keepalive(c, slot);
}

unsigned stage_resume(struct crypt *c)
{
	uint32_t words = (c->config.max_peers + 63) / 64;
	unsigned done = 0;

	for (uint32_t i = 0; c->starved_count > 0 && i < words; i++) {
		while (c->starved[i] != 0) {
			if (c->black.empty_count == 0 || done == BURST)
				return done;
			uint32_t slot = i * 64 + (uint32_t)__builtin_ctzll(c->starved[i]);
			c->starved[i] &= c->starved[i] - 1;
			c->starved_count--;
			resume(c, slot);
			done++;
		}
	}
	return done;
}

void stage_pass_on(struct crypt *c, uint32_t slot, unsigned to)
{
	while (c->queues[slot].staged_count > 0)
		side_pass_on(c, take_oldest(c, slot), to);
}
