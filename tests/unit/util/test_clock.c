/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include <time.h>

#include "util/clock.h"

/* Which clock was asked last: without a suspend those of CLOCK_BOOTTIME and CLOCK_MONOTONIC are equal. */
static clockid_t asked;

int __real_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts);

int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	asked = id;
	return __real_clock_gettime(id, ts);
}

static uint64_t now(clockid_t id)
{
	struct timespec ts;

	CU_ASSERT_EQUAL_FATAL(clock_gettime(id, &ts), 0);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* C29: the timers' clock must be the one that counts suspended time and is never set. */
static void boot_clock_is_boottime(void)
{
	uint64_t before = now(CLOCK_BOOTTIME);

	asked = CLOCK_REALTIME;
	uint64_t read = clock_boot_ns();
	CU_ASSERT_EQUAL(asked, CLOCK_BOOTTIME);
	uint64_t after = now(CLOCK_BOOTTIME);
	CU_ASSERT(before <= read && read <= after);
}

static void boot_clock_never_runs_backwards(void)
{
	uint64_t last = clock_boot_ns();

	for (int i = 0; i < 10000; i++) {
		uint64_t next = clock_boot_ns();
		CU_ASSERT_FATAL(next >= last);
		last = next;
	}
}

static void wall_clock_counts_from_1970(void)
{
	uint64_t before = now(CLOCK_REALTIME), read = clock_wall_ns(), after = now(CLOCK_REALTIME);

	CU_ASSERT(before <= read && read <= after);
}

static void units(void)
{
	CU_ASSERT_EQUAL(CLOCK_SECOND, 1000 * CLOCK_MS);
	CU_ASSERT_EQUAL(CLOCK_MS, 1000 * CLOCK_US);
	CU_ASSERT_EQUAL(CLOCK_US, 1000);
}

static const struct unit_test tests[] = {
	{"A41 C29: the boot clock is CLOCK_BOOTTIME", boot_clock_is_boottime},
	{"C29: the boot clock never runs backwards", boot_clock_never_runs_backwards},
	{"A13: the wall clock counts nanoseconds since 1970", wall_clock_counts_from_1970},
	{"units", units},
	{NULL, NULL},
};

const struct unit_suite suite_clock = {"clock", tests};
