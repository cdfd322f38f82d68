/* SPDX-License-Identifier: BSD-3-Clause */
#include "dp/meter.h"

#include <errno.h>

#include "addresses.h"
#include "suites.h"
#include "util/clock.h"

#define NOW (5000 * CLOCK_SECOND)

static struct meter_sources sources;
static const uint64_t seeds[2] = {0x0123456789abcdef, 0xfedcba9876543210};

/* ---- one bucket ---- */

static unsigned take(struct meter *m, uint64_t now_ns)
{
	unsigned n = 0;

	while (n < 1000 && meter_take(m, now_ns))
		n++;
	return n;
}

static void burst_then_rate(void)
{
	struct meter m;

	CU_ASSERT_EQUAL(meter_init(&m, 100, 50, NOW), 0);
	CU_ASSERT_EQUAL(take(&m, NOW), 50);
	CU_ASSERT_EQUAL(take(&m, NOW + 10 * CLOCK_MS - CLOCK_US), 0);
	CU_ASSERT_EQUAL(take(&m, NOW + 10 * CLOCK_MS), 1);
	CU_ASSERT_EQUAL(take(&m, NOW + 210 * CLOCK_MS), 20);
}

static void never_more_than_full(void)
{
	struct meter m;

	CU_ASSERT_EQUAL(meter_init(&m, 100, 50, 0), 0);
	CU_ASSERT_EQUAL(take(&m, 0), 50);
	CU_ASSERT_EQUAL(take(&m, 1000 * CLOCK_SECOND), 50);
	CU_ASSERT_EQUAL(take(&m, 400ull * 365 * 86400 * CLOCK_SECOND), 50);
}

/* An hour in steps that are no multiple of the interval: nothing is lost or won by rounding. */
static void exact(void)
{
	struct meter m;
	unsigned taken = 0;

	CU_ASSERT_EQUAL(meter_init(&m, 7, 1, NOW), 0);
	for (uint64_t t = 0; t <= 3600 * CLOCK_SECOND; t += 11 * CLOCK_MS)
		taken += meter_take(&m, NOW + t);
	CU_ASSERT(taken >= 3600 * 7 - 1 && taken <= 3600 * 7 + 1);
}

static void no_rate(void)
{
	struct meter m;

	CU_ASSERT_EQUAL(meter_init(&m, 0, 1, NOW), -EINVAL);
	CU_ASSERT_EQUAL(meter_init(&m, 1, 0, NOW), -EINVAL);
	CU_ASSERT_EQUAL(meter_init(&m, 1, 1, NOW), 0);
	CU_ASSERT_EQUAL(take(&m, NOW), 1);
	CU_ASSERT_EQUAL(take(&m, NOW + CLOCK_SECOND - CLOCK_US), 0);
	CU_ASSERT_EQUAL(take(&m, NOW + CLOCK_SECOND), 1);
}

/* ---- two parts ---- */

static unsigned take_parts(struct meter_parts *m, bool within, uint64_t now_ns)
{
	unsigned n = 0;

	while (n < 1000 && meter_parts_take(m, within, now_ns))
		n++;
	return n;
}

static void parts(void)
{
	struct meter_parts m;

	CU_ASSERT_EQUAL(meter_parts_init(&m, 30, 10, NOW), 0);
	CU_ASSERT_EQUAL(take_parts(&m, false, NOW), 10);
	CU_ASSERT_EQUAL(take_parts(&m, true, NOW), 30);
	/* who is within its share may take of both */
	CU_ASSERT_EQUAL(take_parts(&m, true, NOW + CLOCK_SECOND), 40);
	CU_ASSERT_EQUAL(take_parts(&m, false, NOW + CLOCK_SECOND), 0);
	CU_ASSERT_EQUAL(take_parts(&m, false, NOW + CLOCK_SECOND + 100 * CLOCK_MS), 1);
}

static void parts_at_the_edge(void)
{
	struct meter_parts m;

	CU_ASSERT_EQUAL(meter_parts_init(&m, 0, 0, NOW), 0);
	CU_ASSERT_EQUAL(take_parts(&m, false, NOW), 1000); /* no limit */
	CU_ASSERT_EQUAL(meter_parts_init(&m, 1, 0, NOW), 0);
	CU_ASSERT_EQUAL(take_parts(&m, false, NOW + CLOCK_SECOND), 0);
	CU_ASSERT_EQUAL(take_parts(&m, true, NOW + CLOCK_SECOND), 1);
	CU_ASSERT_EQUAL(meter_parts_init(&m, UINT32_MAX, UINT32_MAX, NOW), 0);
	CU_ASSERT_EQUAL(take_parts(&m, true, NOW), 1000);
}

/* ---- sources ---- */

static unsigned take_as(struct ip_addr source, unsigned tries, uint64_t now_ns)
{
	unsigned taken = 0;

	while (tries-- > 0)
		taken += meter_sources_take(&sources, &source, now_ns);
	return taken;
}

static void each_source(void)
{
	CU_ASSERT_EQUAL(meter_sources_init(&sources, 10, 7, seeds, NOW), 0);
	CU_ASSERT_EQUAL(take_as(v4(1), 100, NOW), 7);
	CU_ASSERT_EQUAL(take_as(v4(2), 1, NOW), 1);
	CU_ASSERT_EQUAL(take_as(v4(1), 1, NOW + 100 * CLOCK_MS - CLOCK_US), 0);
	CU_ASSERT_EQUAL(take_as(v4(1), 9, NOW + 100 * CLOCK_MS), 1);
	CU_ASSERT_EQUAL(take_as(v4(1), 100, NOW + 100 * CLOCK_SECOND), 7);
	CU_ASSERT_EQUAL(meter_sources_init(&sources, 0, 7, seeds, NOW), -EINVAL);
}

static void prefixes(void)
{
	CU_ASSERT_EQUAL(meter_sources_init(&sources, 10, 7, seeds, NOW), 0);
	for (uint32_t host = 0; host < 7; host++)
		CU_ASSERT_EQUAL(take_as(v6(1, host), 1, NOW), 1);
	CU_ASSERT_EQUAL(take_as(v6(1, 99), 1, NOW), 0);
	CU_ASSERT_EQUAL(take_as(v6(2, 99), 1, NOW), 1);
	CU_ASSERT_EQUAL(take_as(v4(0x20010000), 1, NOW), 1);
}

/* A thousand that take all they can; of a thousand others hardly one is wronged. */
static void innocent(void)
{
	unsigned wronged = 0;

	CU_ASSERT_EQUAL(meter_sources_init(&sources, 5, 5, seeds, NOW), 0);
	for (uint32_t i = 0; i < 1000; i++)
		CU_ASSERT(take_as(v4(0x0a000000 + i), 50, NOW) <= 10);
	for (uint32_t i = 0; i < 1000; i++)
		wronged += take_as(v4(0xc0a80000 + i), 1, NOW) == 0;
	CU_ASSERT(wronged <= 15); /* 1000 * (1000 / 16384)^2 is 4 */
}

static const struct unit_test tests[] = {
	{"a burst, then the rate", burst_then_rate},
	{"idle time fills it once", never_more_than_full},
	{"an hour at the rate", exact},
	{"the smallest rate, and none", no_rate},
	{"two parts: the common one is all that who takes too much gets", parts},
	{"two parts: no limit, the smallest and the largest", parts_at_the_edge},
	{"sources: a burst, then the rate, for each", each_source},
	{"sources: an IPv6 /64 is one", prefixes},
	{"sources: others do not pay for those who flood", innocent},
	{NULL, NULL},
};

const struct unit_suite suite_meter = {"meter", tests};
