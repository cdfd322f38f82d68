/* SPDX-License-Identifier: BSD-3-Clause */
#include "dp/ring.h"

#include <string.h>

#include <rte_errno.h>
#include <rte_ring.h>

#include "crypto/secret.h"

int ring_create(struct ring *ring, const char *name, struct zone *zone, uint32_t count,
	uint32_t element)
{
	memset(ring, 0, sizeof(*ring));
	ring->r = rte_ring_create_elem(name, element, count, zone ? zone->socket : SOCKET_ID_ANY,
		RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (!ring->r)
		return -rte_errno;
	ring->element = element;
	ring->size = ring->r->size;
	ring->capacity = ring->r->capacity;
	return 0;
}

void ring_destroy(struct ring *ring)
{
	rte_ring_free(ring->r);
	memset(ring, 0, sizeof(*ring));
}

/* A run of places from a position on, and what of n is left for the ring's beginning. */
struct run {
	uint8_t *first, *second;
	size_t first_bytes, second_bytes;
};

static inline struct run run_at(const struct ring *ring, uint32_t position, unsigned n,
	uint32_t element)
{
	uint8_t *places = (uint8_t *)(ring->r + 1);
	uint32_t at = position & (ring->size - 1);
	uint32_t first = n < ring->size - at ? n : ring->size - at;

	return (struct run){
		.first = places + (size_t)at * element,
		.second = places,
		.first_bytes = (size_t)first * element,
		.second_bytes = (size_t)(n - first) * element,
	};
}

/* Handles go by 16 bytes, as they are read and written: wider stores cost those who read parts of them. */
static inline void copy(void *to, const void *from, size_t bytes, uint32_t element)
{
	uint8_t *t = to;
	const uint8_t *f = from;

	if (element != 16) {
		memcpy(to, from, bytes);
		return;
	}
	for (; bytes >= 32; bytes -= 32, t += 32, f += 32) {
		memcpy(t, f, 16);
		memcpy(t + 16, f + 16, 16);
	}
	if (bytes)
		memcpy(t, f, 16);
}

/*
 * Of what lies in the ring's memory the four counters are read, each once, and nothing else: what they
 * say may be a lie, but `used` is compared, and a position is masked, with what we know ourselves.
 */
static inline unsigned send(const struct ring *ring, const void *elements, unsigned n,
	uint32_t element)
{
	struct rte_ring *r = ring->r;
	uint32_t head = __atomic_load_n(&r->prod.tail, __ATOMIC_RELAXED);
	uint32_t used = head - __atomic_load_n(&r->cons.tail, __ATOMIC_ACQUIRE);

	if (used >= ring->capacity)
		return 0;
	if (n > ring->capacity - used)
		n = ring->capacity - used;
	struct run to = run_at(ring, head, n, element);
	copy(to.first, elements, to.first_bytes, element);
	if (to.second_bytes)
		copy(to.second, (const uint8_t *)elements + to.first_bytes, to.second_bytes,
			element);
	r->prod.head = head + n;
	__atomic_store_n(&r->prod.tail, head + n, __ATOMIC_RELEASE);
	return n;
}

static inline unsigned receive(const struct ring *ring, void *elements, unsigned n,
	uint32_t element, bool wipe)
{
	struct rte_ring *r = ring->r;
	uint32_t head = __atomic_load_n(&r->cons.tail, __ATOMIC_RELAXED);
	uint32_t used = __atomic_load_n(&r->prod.tail, __ATOMIC_ACQUIRE) - head;

	if (used == 0 || used > ring->capacity)
		return 0;
	if (n > used)
		n = used;
	struct run from = run_at(ring, head, n, element);
	copy(elements, from.first, from.first_bytes, element);
	if (from.second_bytes)
		copy((uint8_t *)elements + from.first_bytes, from.second, from.second_bytes,
			element);
	if (wipe) {
		secret_wipe(from.first, from.first_bytes);
		secret_wipe(from.second, from.second_bytes);
	}
	r->cons.head = head + n;
	__atomic_store_n(&r->cons.tail, head + n, __ATOMIC_RELEASE);
	return n;
}

/* For handles the compiler knows the size. */
unsigned ring_send(const struct ring *ring, const void *elements, unsigned n)
{
	return ring->element == 16 ? send(ring, elements, n, 16) :
				     send(ring, elements, n, ring->element);
}

unsigned ring_receive(const struct ring *ring, void *elements, unsigned n)
{
	return ring->element == 16 ? receive(ring, elements, n, 16, false) :
				     receive(ring, elements, n, ring->element, false);
}

unsigned ring_take(const struct ring *ring, void *elements, unsigned n)
{
	return receive(ring, elements, n, ring->element, true);
}

static uint32_t used_of(const struct ring *ring)
{
	uint32_t tail = __atomic_load_n(&ring->r->cons.tail, __ATOMIC_ACQUIRE);

	return __atomic_load_n(&ring->r->prod.tail, __ATOMIC_ACQUIRE) - tail;
}

bool ring_intact(const struct ring *ring)
{
	return used_of(ring) <= ring->capacity;
}

bool ring_empty(const struct ring *ring)
{
	return used_of(ring) == 0;
}

unsigned ring_free_count(const struct ring *ring)
{
	uint32_t used = used_of(ring);

	return used < ring->capacity ? ring->capacity - used : 0;
}
