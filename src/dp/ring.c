/* SPDX-License-Identifier: BSD-3-Clause */
#include "dp/ring.h"

#include <errno.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_ring.h>
#include <rte_ring_elem.h>
#include <rte_ring_peek_zc.h>

#include "crypto/secret.h"

static struct ring_geometry geometry_of(const struct rte_ring *r)
{
	return (struct ring_geometry){
		.size = r->size,
		.mask = r->mask,
		.capacity = r->capacity,
		.producer_sync = r->prod.sync_type,
		.consumer_sync = r->cons.sync_type,
		.flags = r->flags,
	};
}

int ring_create(struct ring *ring, const char *name, struct zone *zone, uint32_t count,
	uint32_t element)
{
	memset(ring, 0, sizeof(*ring));
	ring->r = rte_ring_create_elem(name, element, count, zone ? zone->socket : SOCKET_ID_ANY,
		RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (!ring->r)
		return -rte_errno;
	ring->element = element;
	ring->geometry = geometry_of(ring->r);
	return 0;
}

void ring_destroy(struct ring *ring)
{
	rte_ring_free(ring->r);
	memset(ring, 0, sizeof(*ring));
}

bool ring_intact(const struct ring *ring)
{
	const struct rte_ring *r = ring->r;
	const struct ring_geometry *g = &ring->geometry;

	return r->size == g->size && r->mask == g->mask && r->capacity == g->capacity &&
		r->flags == g->flags && (int)r->prod.sync_type == g->producer_sync &&
		(int)r->cons.sync_type == g->consumer_sync;
}

/*
 * The copy loops of rte_ring are chosen by the element size; handles get a call with a constant size
 * so that the compiler keeps only the 16-byte one.
 */
unsigned ring_send(const struct ring *ring, const void *elements, unsigned n)
{
	if (ring->element == 16)
		return rte_ring_sp_enqueue_burst_elem(ring->r, elements, 16, n, NULL);
	return rte_ring_sp_enqueue_burst_elem(ring->r, elements, ring->element, n, NULL);
}

unsigned ring_receive(const struct ring *ring, void *elements, unsigned n)
{
	if (ring->element == 16)
		return rte_ring_sc_dequeue_burst_elem(ring->r, elements, 16, n, NULL);
	return rte_ring_sc_dequeue_burst_elem(ring->r, elements, ring->element, n, NULL);
}

unsigned ring_take(const struct ring *ring, void *elements, unsigned n)
{
	struct rte_ring_zc_data where;
	unsigned got = rte_ring_dequeue_zc_burst_elem_start(ring->r, ring->element, n, &where, NULL);
	size_t first = (size_t)(got < where.n1 ? got : where.n1) * ring->element;
	size_t second = (size_t)got * ring->element - first;

	if (got == 0)
		return 0;
	memcpy(elements, where.ptr1, first);
	secret_wipe(where.ptr1, first);
	if (second) {
		memcpy((uint8_t *)elements + first, where.ptr2, second);
		secret_wipe(where.ptr2, second);
	}
	rte_ring_dequeue_zc_elem_finish(ring->r, got);
	return got;
}

bool ring_empty(const struct ring *ring)
{
	return rte_ring_empty(ring->r);
}

unsigned ring_free_count(const struct ring *ring)
{
	return rte_ring_free_count(ring->r);
}
