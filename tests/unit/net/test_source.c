/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/source.h"

#include <string.h>

#include "suites.h"
#include "util/bytes.h"
#include "util/clock.h"

#define NOW (5000 * CLOCK_SECOND)

static struct source_meter meter;
static struct source_census census;
static const uint64_t seeds[2] = {0x0123456789abcdef, 0xfedcba9876543210};

static struct ip_addr v4(uint32_t address)
{
	struct ip_addr a = {.family = 4};

	put_be32(a.bytes, address);
	return a;
}

static struct ip_addr v6(uint32_t prefix, uint32_t host)
{
	struct ip_addr a = {.family = 6, .bytes = {0x20, 1}};

	put_be32(a.bytes + 4, prefix);
	put_be32(a.bytes + 12, host);
	return a;
}

static unsigned take(struct ip_addr source, unsigned tries, uint64_t now_ns)
{
	unsigned taken = 0;

	while (tries-- > 0)
		taken += source_meter_take(&meter, &source, now_ns);
	return taken;
}

static void burst_then_rate(void)
{
	source_meter_init(&meter, 10, 7, seeds);
	CU_ASSERT_EQUAL(take(v4(1), 100, NOW), 7);
	CU_ASSERT_EQUAL(take(v4(2), 1, NOW), 1);
	CU_ASSERT_EQUAL(take(v4(1), 1, NOW + 100 * CLOCK_MS - 1), 0);
	CU_ASSERT_EQUAL(take(v4(1), 9, NOW + 100 * CLOCK_MS), 1);
	CU_ASSERT_EQUAL(take(v4(1), 100, NOW + 100 * CLOCK_SECOND), 7);
}

static void prefixes(void)
{
	source_meter_init(&meter, 10, 7, seeds);
	for (uint32_t host = 0; host < 7; host++)
		CU_ASSERT_EQUAL(take(v6(1, host), 1, NOW), 1);
	CU_ASSERT_EQUAL(take(v6(1, 99), 1, NOW), 0);
	CU_ASSERT_EQUAL(take(v6(2, 99), 1, NOW), 1);
	CU_ASSERT_EQUAL(take(v4(0x20010000), 1, NOW), 1);
}

/* A thousand that take all they can; of a thousand others hardly one is wronged. */
static void innocent(void)
{
	unsigned wronged = 0;

	source_meter_init(&meter, 5, 5, seeds);
	for (uint32_t i = 0; i < 1000; i++)
		CU_ASSERT(take(v4(0x0a000000 + i), 50, NOW) <= 10);
	for (uint32_t i = 0; i < 1000; i++)
		wronged += take(v4(0xc0a80000 + i), 1, NOW) == 0;
	CU_ASSERT(wronged <= 15); /* 1000 * (1000 / 16384)^2 is 4 */
}

static void waiting(void)
{
	struct ip_addr a = v4(1), b = v4(2);

	source_meter_init(&meter, 1, 1, seeds);
	CU_ASSERT(source_meter_wait(&meter, &a, 0, 0));
	CU_ASSERT(!source_meter_wait(&meter, &a, 0, 1));
	CU_ASSERT(source_meter_wait(&meter, &b, 0, 1));
	CU_ASSERT(source_meter_wait(&meter, &a, 1, 2)); /* place 0 is no longer in the queue */
	CU_ASSERT(!source_meter_wait(&meter, &b, 1, 3));
	CU_ASSERT(!source_meter_wait(&meter, &a, 2, 3));
	CU_ASSERT(source_meter_wait(&meter, &b, 2, 3));
	CU_ASSERT(source_meter_wait(&meter, &a, 4, 4));
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
	{"meter: a burst, then the rate, for each source", burst_then_rate},
	{"meter: an IPv6 /64 is one source", prefixes},
	{"meter: others do not pay for those who flood", innocent},
	{"meter: one place in a queue for each source", waiting},
	{"census: a few", census_small},
	{"census: many", census_large},
	{NULL, NULL},
};

const struct unit_suite suite_source = {"source", tests};
