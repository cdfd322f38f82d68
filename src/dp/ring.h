/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A ring with one producer and one consumer, over rte_ring's element API. Each end keeps a private
 * copy of the geometry, since the ring itself may lie in memory that the other end writes: an end
 * compares before every burst and refuses a ring that was changed.
 */
#ifndef DP_RING_H
#define DP_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "dp/zone.h"

struct rte_ring;

struct ring_geometry {
	uint32_t size, mask, capacity;
	int producer_sync, consumer_sync, flags;
};

struct ring { /* one end: each side has its own copy of this struct, in its own memory */
	struct rte_ring *r;
	uint32_t element; /* bytes, a multiple of 4 */
	struct ring_geometry geometry;
};

/* zone NULL: common memory. count: a power of two; count - 1 elements fit. -ENOMEM, -EINVAL. */
int ring_create(struct ring *ring, const char *name, struct zone *zone, uint32_t count,
	uint32_t element);
void ring_destroy(struct ring *ring);

bool ring_intact(const struct ring *ring); /* geometry unchanged? */
/* Both return how many elements were moved, 0..n. The caller asked ring_intact() when it matters. */
unsigned ring_send(const struct ring *ring, const void *elements, unsigned n);
unsigned ring_receive(const struct ring *ring, void *elements, unsigned n);
/* ring_receive() for secrets: no copy of what was taken stays behind in the ring. */
unsigned ring_take(const struct ring *ring, void *elements, unsigned n);
bool ring_empty(const struct ring *ring);
unsigned ring_free_count(const struct ring *ring);

#endif
