/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/timestamp.h"

#include <string.h>

#include "fixture.h"
#include "suites.h"

static void check(uint64_t wall_ns, const char *hex)
{
	uint8_t stamp[WG_TIMESTAMP_LEN], expected[WG_TIMESTAMP_LEN];

	timestamp_from_wall(stamp, wall_ns);
	fixture_unhex(expected, sizeof(expected), hex);
	CU_ASSERT_EQUAL(memcmp(stamp, expected, sizeof(stamp)), 0);
}

static void known(void)
{
	check(0, "400000000000000a00000000");
	check(16777215, "400000000000000a00000000");
	check(16777216, "400000000000000a01000000");
	check(1000000000ull - 1, "400000000000000a3b000000");
	check(1700000000ull * 1000000000 + 500000000, "400000006553f10a1d000000");
	check(UINT64_MAX, "400000044b82fa13" "2a000000");
}

static void advances(void)
{
	uint8_t stamp[WG_TIMESTAMP_LEN], before[WG_TIMESTAMP_LEN];
	uint64_t at_ns = 5 * CLOCK_SECOND;

	for (unsigned i = 0; i < 60; i++) {
		timestamp_from_wall(before, at_ns);
		CU_ASSERT_EQUAL(timestamp_round(at_ns + (i < 59 ? 1 << 24 : 10144256) - 1), at_ns);
		at_ns = timestamp_next(at_ns);
		CU_ASSERT_EQUAL(timestamp_round(at_ns), at_ns);
		timestamp_from_wall(stamp, at_ns);
		CU_ASSERT_TRUE(timestamp_after(stamp, before));
		CU_ASSERT_FALSE(timestamp_after(before, stamp));
	}
	CU_ASSERT_EQUAL(at_ns, 6 * CLOCK_SECOND); /* 59.6 steps are a second */
}

static void strictly(void)
{
	uint8_t a[WG_TIMESTAMP_LEN], b[WG_TIMESTAMP_LEN];

	timestamp_from_wall(a, START_WALL_NS);
	timestamp_from_wall(b, START_WALL_NS);
	CU_ASSERT_FALSE(timestamp_after(a, b));
	timestamp_from_wall(b, START_WALL_NS + 256 * CLOCK_SECOND); /* a carry between bytes */
	CU_ASSERT_TRUE(timestamp_after(b, a));
	CU_ASSERT_FALSE(timestamp_after(a, b));
}

static const struct unit_test tests[] = {
	{"A3, A13: TAI64N labels, big-endian, nanoseconds rounded down to 2^24", known},
	{"A13: the next label is later, across seconds too", advances},
	{"A13: later means strictly later", strictly},
	{NULL, NULL},
};

const struct unit_suite suite_timestamp = {"timestamp", tests};
