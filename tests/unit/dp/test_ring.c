/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include <rte_ring.h>

#include "dp/ring.h"
#include "eal.h"
#include "suites.h"

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

/* Whoever writes the ring's memory may change its geometry: the other end must notice. */
static void geometry(void)
{
	struct ring r;

	unit_zone(&zone, "ring", 2);
	ring_create(&r, "geometry", &zone, 64, 16);
	CU_ASSERT(ring_intact(&r));
	uint32_t *const fields[] = {(uint32_t *)(uintptr_t)&r.r->size,
		(uint32_t *)(uintptr_t)&r.r->mask, (uint32_t *)(uintptr_t)&r.r->capacity,
		(uint32_t *)(uintptr_t)&r.r->prod.sync_type,
		(uint32_t *)(uintptr_t)&r.r->cons.sync_type,
		(uint32_t *)(uintptr_t)&r.r->flags};
	for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		*fields[i] ^= 0x100;
		CU_ASSERT_FALSE(ring_intact(&r));
		*fields[i] ^= 0x100;
	}
	CU_ASSERT(ring_intact(&r));
	ring_destroy(&r);
	zone_destroy(&zone);
}

static bool holds(const struct ring *r, uint8_t value, size_t run)
{
	const uint8_t *p = (const uint8_t *)(r->r + 1);
	size_t seen = 0;

	for (size_t i = 0; i < (size_t)r->geometry.size * r->element; i++) {
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
	{"a changed geometry is noticed", geometry},
	{"ring_take leaves no copy of a secret", take_leaves_nothing},
	{NULL, NULL},
};

const struct unit_suite suite_ring = {"ring", tests};
