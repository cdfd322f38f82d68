/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <rte_ring.h>

#include "dp/ring.h"
#include "eal.h"
#include "suites.h"
#include "util/clock.h"

static struct zone zone;

static void fifo(void)
{
	struct ring r;
	uint32_t in[4] = {1, 2, 3, 4}, out[4];

	unit_zone(&zone, "ring", 2);
	CU_ASSERT_EQUAL(ring_create(&r, "fifo", &zone, 4, sizeof(in[0])), 0);
	CU_ASSERT(ring_empty(&r));
	CU_ASSERT_EQUAL(ring_free_count(&r), 3);
	CU_ASSERT_EQUAL(ring_send(&r, in, 4), 3);
	CU_ASSERT_EQUAL(ring_send(&r, in, 1), 0);
	CU_ASSERT_EQUAL(ring_receive(&r, out, 2), 2);
	CU_ASSERT_EQUAL(out[0], 1);
	CU_ASSERT_EQUAL(out[1], 2);
	CU_ASSERT_EQUAL(ring_receive(&r, out, 4), 1);
	CU_ASSERT_EQUAL(out[0], 3);
	CU_ASSERT_EQUAL(ring_receive(&r, out, 4), 0);
	ring_destroy(&r);
	zone_destroy(&zone);
}

static void in_the_zone(void)
{
	struct ring r;

	unit_zone(&zone, "ring", 2);
	CU_ASSERT_EQUAL(ring_create(&r, "place", &zone, 64, 16), 0);
	CU_ASSERT((uint8_t *)r.r >= (uint8_t *)zone.base);
	CU_ASSERT((uint8_t *)r.r < (uint8_t *)zone.base + zone.length);
	ring_destroy(&r);
	zone_destroy(&zone);
}

/*
 * One end of a ring in memory that somebody else writes; behind it a watch, as long as a mask twice
 * too wide reaches.
 */
#define PLACES 64
static struct hostile {
	struct rte_ring *r;
	struct ring ring;
	uint8_t *watch;
	_Atomic bool end;
} hostile;

static void open_hostile(void)
{
	size_t bytes = (size_t)rte_ring_get_memsize_elem(16, PLACES);

	unit_zone(&zone, "ring", 2);
	hostile.r = zone_alloc(&zone, bytes + PLACES * 16);
	CU_ASSERT_EQUAL_FATAL(
		rte_ring_init(hostile.r, "hostile", PLACES, RING_F_SP_ENQ | RING_F_SC_DEQ), 0);
	hostile.watch = (uint8_t *)(hostile.r + 1) + PLACES * 16;
	hostile.ring = (struct ring){
		.r = hostile.r, .element = 16, .size = PLACES, .capacity = PLACES - 1};
}

static void close_hostile(void)
{
	zone_free(hostile.r);
	zone_destroy(&zone);
}

static void set_size(uint32_t size)
{
	*(volatile uint32_t *)(uintptr_t)&hostile.r->size = size;
	*(volatile uint32_t *)(uintptr_t)&hostile.r->mask = size - 1;
	*(volatile uint32_t *)(uintptr_t)&hostile.r->capacity = size - 1;
}

static bool watch_is_clean(void)
{
	for (unsigned i = 0; i < PLACES * 16; i++)
		if (hostile.watch[i] != 0)
			return false;
	return true;
}

/* What the ring says of its own size is of no interest. */
static void size_is_ours(void)
{
	uint8_t in[40][16], out[40][16];

	open_hostile();
	set_size(2 * PLACES);
	for (unsigned round = 0; round < 5; round++) {
		memset(in, (int)(0xa0 + round), sizeof(in));
		CU_ASSERT_EQUAL(ring_send(&hostile.ring, in, 40), 40);
		CU_ASSERT_EQUAL(ring_send(&hostile.ring, in, 40), PLACES - 1 - 40);
		CU_ASSERT_EQUAL(ring_free_count(&hostile.ring), 0);
		CU_ASSERT_EQUAL(ring_receive(&hostile.ring, out, 40), 40);
		CU_ASSERT_EQUAL(memcmp(in, out, sizeof(in)), 0);
		CU_ASSERT_EQUAL(ring_take(&hostile.ring, out, 40), PLACES - 1 - 40);
		CU_ASSERT(ring_empty(&hostile.ring));
	}
	CU_ASSERT(watch_is_clean());
	close_hostile();
}

static void counters_of_no_sense(void)
{
	uint8_t element[16];

	open_hostile();
	hostile.r->prod.tail = hostile.r->prod.head = PLACES; /* one more than fits */
	CU_ASSERT_FALSE(ring_intact(&hostile.ring));
	CU_ASSERT_EQUAL(ring_receive(&hostile.ring, element, 1), 0);
	CU_ASSERT_EQUAL(ring_send(&hostile.ring, element, 1), 0);
	CU_ASSERT_EQUAL(ring_free_count(&hostile.ring), 0);
	hostile.r->prod.tail = hostile.r->prod.head = UINT32_MAX;
	CU_ASSERT_EQUAL(ring_receive(&hostile.ring, element, 1), 0);
	hostile.r->prod.tail = hostile.r->prod.head = PLACES - 1;
	CU_ASSERT(ring_intact(&hostile.ring));
	CU_ASSERT_EQUAL(ring_receive(&hostile.ring, element, 1), 1);
	close_hostile();
}

static void *flip(void *unused)
{
	uint32_t x = 1;

	while (!atomic_load_explicit(&hostile.end, memory_order_relaxed)) {
		set_size(2 * PLACES);
		set_size(PLACES);
		x = x * 1664525 + 1013904223;
		hostile.r->prod.tail = x % (2 * PLACES);
		hostile.r->cons.tail = x >> 8;
		hostile.r->cons.tail = x % PLACES;
	}
	return unused;
}

/* Somebody writes all of the ring's memory while it is used: nothing around it is touched. */
static void changed_meanwhile(void)
{
	uint8_t burst[40][16];
	pthread_t thread;

	open_hostile();
	atomic_store(&hostile.end, false);
	memset(burst, 0xa5, sizeof(burst));
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, flip, NULL), 0);
	uint64_t until = clock_boot_ns() + 200 * CLOCK_MS;
	while (clock_boot_ns() < until && watch_is_clean()) {
		for (unsigned i = 0; i < 1000; i++) {
			if (!ring_intact(&hostile.ring))
				continue; /* as its users do */
			unsigned sent = ring_send(&hostile.ring, burst, 40);
			unsigned got = ring_receive(&hostile.ring, burst, 40);
			CU_ASSERT_FATAL(sent <= 40 && got <= 40);
		}
	}
	atomic_store(&hostile.end, true);
	pthread_join(thread, NULL);
	CU_ASSERT(watch_is_clean());
	close_hostile();
}

static bool holds(const struct ring *r, uint8_t value, size_t run)
{
	const uint8_t *p = (const uint8_t *)(r->r + 1);
	size_t seen = 0;

	for (size_t i = 0; i < (size_t)r->size * r->element; i++) {
		seen = p[i] == value ? seen + 1 : 0;
		if (seen >= run)
			return true;
	}
	return false;
}

/* Across the end of the ring as well. */
static void take_leaves_nothing(void)
{
	struct ring r;
	uint8_t in[3][32], out[3][32];

	unit_zone(&zone, "ring", 2);
	ring_create(&r, "take", &zone, 4, 32);
	memset(in, 0xa5, sizeof(in));
	for (unsigned round = 0; round < 5; round++) {
		CU_ASSERT_EQUAL(ring_send(&r, in, 3), 3);
		CU_ASSERT(holds(&r, 0xa5, 32));
		memset(out, 0, sizeof(out));
		CU_ASSERT_EQUAL(ring_take(&r, out, 3), 3);
		CU_ASSERT_EQUAL(memcmp(in, out, sizeof(in)), 0);
		CU_ASSERT_FALSE(holds(&r, 0xa5, 32));
	}
	CU_ASSERT_EQUAL(ring_take(&r, out, 3), 0);
	ring_destroy(&r);
	zone_destroy(&zone);
}

static const struct unit_test tests[] = {
	{"first in, first out, full and empty", fifo},
	{"lies in its zone", in_the_zone},
	{"hostile: a ring that lies about its size", size_is_ours},
	{"hostile: counters of no sense are noticed", counters_of_no_sense},
	{"hostile: a ring of which all changes while it is used", changed_meanwhile},
	{"ring_take leaves no copy of a secret", take_leaves_nothing},
	{NULL, NULL},
};

const struct unit_suite suite_ring = {"ring", tests};
