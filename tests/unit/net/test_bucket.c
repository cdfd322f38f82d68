/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/bucket.h"
#include "suites.h"
#include "util/clock.h"

static unsigned take_all(struct bucket *b, uint64_t now_ns)
{
	unsigned n = 0;

	while (n < 1000 && bucket_take(b, now_ns))
		n++;
	return n;
}

static void burst_then_rate(void)
{
	struct bucket b;
	uint64_t now = 5 * CLOCK_SECOND;

	bucket_init(&b, 100, 50);
	CU_ASSERT_EQUAL(take_all(&b, now), 50);
	CU_ASSERT_EQUAL(take_all(&b, now), 0);
	CU_ASSERT_EQUAL(take_all(&b, now + 10 * CLOCK_MS - 1), 0);
	CU_ASSERT_EQUAL(take_all(&b, now + 10 * CLOCK_MS), 1);
	CU_ASSERT_EQUAL(take_all(&b, now + 210 * CLOCK_MS), 20);
}

static void never_more_than_full(void)
{
	struct bucket b;

	bucket_init(&b, 100, 50);
	CU_ASSERT_EQUAL(take_all(&b, 0), 50);
	CU_ASSERT_EQUAL(take_all(&b, 1000 * CLOCK_SECOND), 50);
	CU_ASSERT_EQUAL(take_all(&b, UINT64_MAX / 2), 50);
}

static void one_at_a_time(void)
{
	struct bucket b;

	bucket_init(&b, 1, 1);
	CU_ASSERT(bucket_take(&b, CLOCK_SECOND));
	CU_ASSERT(!bucket_take(&b, 2 * CLOCK_SECOND - 1));
	CU_ASSERT(bucket_take(&b, 2 * CLOCK_SECOND));
}

static const struct unit_test tests[] = {
	{"a burst, then the rate", burst_then_rate},
	{"idle time fills it once", never_more_than_full},
	{"the smallest bucket", one_at_a_time},
	{NULL, NULL},
};

const struct unit_suite suite_bucket = {"bucket", tests};
