/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/source.h"

#include "addresses.h"
#include "suites.h"

static struct source_queue queue;
static struct source_census census;
static const uint64_t seeds[4] = {0x0123456789abcdef, 0xfedcba9876543210, 0x0f1e2d3c4b5a6978,
	0x8796a5b4c3d2e1f0};

static bool add(struct ip_addr source, uint64_t first, uint64_t last)
{
	return source_queue_add(&queue, &source, first, last);
}

static void waiting(void)
{
	source_queue_init(&queue, seeds);
	CU_ASSERT(add(v4(1), 0, 0));
	CU_ASSERT(!add(v4(1), 0, 1));
	CU_ASSERT(add(v4(2), 0, 1));
	CU_ASSERT(add(v4(1), 1, 2)); /* place 0 is no longer in the queue */
	CU_ASSERT(!add(v4(2), 1, 3));
	CU_ASSERT(!add(v4(1), 2, 3));
	CU_ASSERT(add(v4(2), 2, 3));
	CU_ASSERT(add(v4(1), 4, 4));
}

static void prefixes(void)
{
	source_queue_init(&queue, seeds);
	CU_ASSERT(add(v6(1, 1), 0, 0));
	CU_ASSERT(!add(v6(1, 2), 0, 1));
	CU_ASSERT(add(v6(2, 1), 0, 1));
	CU_ASSERT(add(v4(0x20010000), 0, 2));
}

/* While so many wait: how many of 10,000 others are taken for one of them? */
static unsigned wronged_by(uint32_t waiting)
{
	unsigned wronged = 0;

	source_queue_init(&queue, seeds);
	for (uint32_t i = 0; i < waiting; i++)
		add(v4(0x0a000000 + i), 0, i);
	for (uint32_t i = 0; i < 10000; i++) {
		struct ip_addr other = v4(0xc0a80000 + i);
		wronged += source_queue_has(&queue, &other, 0);
	}
	return wronged;
}

/* 10,000 * (n / 16384)^4 is 0.1 and 39. Whoever is wronged comes again after 5 s. */
static void innocent(void)
{
	CU_ASSERT(wronged_by(1000) <= 3);
	CU_ASSERT(wronged_by(4095) <= 80); /* all that the ring to control holds */
}

static uint64_t counted(uint32_t sources)
{
	source_census_clear(&census, seeds[0]);
	for (unsigned times = 0; times < 3; times++) {
		for (uint32_t i = 0; i < sources; i++) {
			struct ip_addr a = v4(0x0a000000 + i);
			source_census_add(&census, &a);
		}
	}
	return source_census_count(&census);
}

static void census_small(void)
{
	CU_ASSERT_EQUAL(counted(0), 0);
	CU_ASSERT_EQUAL(counted(1), 1);
	CU_ASSERT_EQUAL(counted(10), 10);
}

static void census_large(void)
{
	static const uint32_t sizes[] = {1000, 10000, 50000, 200000};

	for (unsigned i = 0; i < 4; i++) {
		uint64_t n = counted(sizes[i]);
		CU_ASSERT(n > sizes[i] * 97ull / 100 && n < sizes[i] * 103ull / 100);
	}
	/* where it ends it stands still, without a fault */
	uint64_t n = counted(3000000);
	CU_ASSERT(n > 400000 && n < 3000000);
}

static const struct unit_test tests[] = {
	{"queue: one place for each source", waiting},
	{"queue: an IPv6 /64 is one source", prefixes},
	{"queue: others do not pay for those who wait", innocent},
	{"census: a few", census_small},
	{"census: many", census_large},
	{NULL, NULL},
};

const struct unit_suite suite_source = {"source", tests};
