/* SPDX-License-Identifier: BSD-3-Clause */
/* dp/ring.h without DPDK: plain memory, one thread, and as small as a test wants it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dp/ring.h"

struct rte_ring {
	uint32_t count, used, head;
	uint8_t bytes[];
};

int ring_create(
	struct ring *ring, const char *name, struct zone *zone, uint32_t count, uint32_t element)
{
	if (element % 4 != 0) /* as rte_ring has it */
		return -EINVAL;
	memset(ring, 0, sizeof(*ring));
	ring->r = calloc(1, sizeof(*ring->r) + (size_t)count * element);
	if (!ring->r)
		return -ENOMEM;
	ring->r->count = count - 1;
	ring->element = element;
	ring->size = count;
	return 0;
}

void ring_destroy(struct ring *ring)
{
	free(ring->r);
	memset(ring, 0, sizeof(*ring));
}

bool ring_intact(const struct ring *ring)
{
	return ring->size == ring->r->count + 1;
}

static uint8_t *element_at(const struct ring *ring, uint32_t i)
{
	struct rte_ring *r = ring->r;

	return r->bytes + (size_t)((r->head + i) % r->count) * ring->element;
}

unsigned ring_send(const struct ring *ring, const void *elements, unsigned n)
{
	struct rte_ring *r = ring->r;
	unsigned sent = 0;

	for (; sent < n && r->used < r->count; sent++, r->used++)
		memcpy(element_at(ring, r->used),
			(const uint8_t *)elements + (size_t)sent * ring->element, ring->element);
	return sent;
}

unsigned ring_receive(const struct ring *ring, void *elements, unsigned n)
{
	struct rte_ring *r = ring->r;
	unsigned got = 0;

	for (; got < n && r->used > 0; got++, r->used--) {
		memcpy((uint8_t *)elements + (size_t)got * ring->element, element_at(ring, 0),
			ring->element);
		r->head = (r->head + 1) % r->count;
	}
	return got;
}

bool ring_empty(const struct ring *ring)
{
	return ring->r->used == 0;
}

unsigned ring_free_count(const struct ring *ring)
{
	return ring->r->count - ring->r->used;
}
