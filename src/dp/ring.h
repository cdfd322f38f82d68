/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A ring with one producer and one consumer. In memory it is an rte_ring, made and freed by DPDK and
 * readable with its tools; the copying in and out is ours. DPDK's functions take the size, the mask and
 * the positions from the ring itself, several times a burst, and the ring may lie in memory that the
 * other end writes: a mask that is changed between a check and its use would have them copy to
 * anywhere. Here each end knows the ring's size for itself, and reads nothing from the ring but its
 * counters, once, and elements. Whatever they say, no byte outside the ring's places is read or written;
 * who falsifies them loses elements of its own, or makes us read what it could have sent as well.
 */
#ifndef DP_RING_H
#define DP_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "dp/zone.h"

struct rte_ring;

struct ring { /* one end: each side has its own copy of this struct, in its own memory */
	struct rte_ring *r;
	uint32_t element;        /* bytes, a multiple of 4 */
	uint32_t size, capacity; /* of elements: places, a power of two, and how many fit */
};

/* zone NULL: common memory. count: a power of two; count - 1 elements fit. -ENOMEM, -EINVAL. */
int ring_create(struct ring *ring, const char *name, struct zone *zone, uint32_t count,
	uint32_t element);
void ring_destroy(struct ring *ring);

/* Both return how many elements were moved, 0..n; 0 when the counters make no sense. */
unsigned ring_send(const struct ring *ring, const void *elements, unsigned n);
unsigned ring_receive(const struct ring *ring, void *elements, unsigned n);
/* ring_receive() for secrets: no copy of what was taken stays behind in the ring. */
unsigned ring_take(const struct ring *ring, void *elements, unsigned n);
bool ring_empty(const struct ring *ring);
unsigned ring_free_count(const struct ring *ring);
/* Do the counters make sense? For an end of the ring, they always do unless somebody wrote there. */
bool ring_intact(const struct ring *ring);

#endif
