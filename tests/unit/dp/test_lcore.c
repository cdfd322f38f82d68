/* SPDX-License-Identifier: BSD-3-Clause */
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <rte_lcore.h>

#include "dp/lcore.h"
#include "eal.h"
#include "suites.h"
#include "util/clock.h"

static struct zone zone;
static struct bell bell;
static struct lcore lcore;
static _Atomic unsigned work, done, rounds;
static _Atomic bool stack_inside, registered;
static _Atomic int cpu;
static int first_cpu; /* that we may use */

static unsigned poll_work(void *context, uint64_t now_ns)
{
	uint8_t here;

	(void)context;
	(void)now_ns;
	atomic_store(&stack_inside, &here > (uint8_t *)zone.base &&
			&here < (uint8_t *)zone.base + zone.length);
	atomic_store(&registered, rte_lcore_id() != LCORE_ID_ANY);
	atomic_store(&cpu, sched_getcpu());
	atomic_fetch_add(&rounds, 1);
	unsigned n = atomic_exchange(&work, 0);
	atomic_fetch_add(&done, n);
	return n;
}

static _Atomic unsigned step;
static int asleep_then[2];

/* Finds work once, in the look after the flag was raised; then it notes how it is asked. */
static unsigned poll_late_work(void *context, uint64_t now_ns)
{
	int asleep = atomic_load(&bell.asleep);

	(void)context;
	(void)now_ns;
	atomic_fetch_add(&rounds, 1);
	if (step == 0 && asleep && atomic_load(&rounds) > 20) {
		step = 1;
		return 1;
	}
	if (step == 1 || step == 2) {
		asleep_then[step - 1] = asleep;
		step++; /* says that it is there */
	}
	return 0;
}

static bool await(_Atomic unsigned *value, unsigned at_least)
{
	uint64_t limit = clock_boot_ns() + 10 * CLOCK_SECOND;

	while (atomic_load(value) < at_least && clock_boot_ns() < limit)
		sched_yield();
	return atomic_load(value) >= at_least;
}

static int first_of_ours(void)
{
	cpu_set_t cpus;
	int first = 0;

	CU_ASSERT_EQUAL_FATAL(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	while (!CPU_ISSET(first, &cpus))
		first++;
	return first;
}

static void start_with(enum lcore_poll mode, bool shared, int wait_fd,
	unsigned (*poll)(void *context, uint64_t now_ns))
{
	unit_zone(&zone, "lcore", 2);
	bell_open(&bell);
	work = done = rounds = 0;
	memset(&lcore, 0, sizeof(lcore));
	snprintf(lcore.name, sizeof(lcore.name), "unit");
	lcore.cpu = first_cpu = first_of_ours();
	lcore.mode = mode;
	lcore.shared = shared;
	lcore.bell = &bell;
	lcore.wait_fd = wait_fd;
	lcore.zone = &zone;
	lcore.poll = poll;
	CU_ASSERT_EQUAL_FATAL(lcore_start(&lcore), 0);
}

static void start(enum lcore_poll mode, bool shared, int wait_fd)
{
	start_with(mode, shared, wait_fd, poll_work);
}

static void stop(void)
{
	uint64_t before = clock_boot_ns();

	lcore_stop(&lcore);
	CU_ASSERT(clock_boot_ns() - before < 5 * CLOCK_SECOND);
	CU_ASSERT_FALSE(lcore.running);
	bell_close(&bell);
	zone_destroy(&zone);
}

static void give_work(void)
{
	for (unsigned i = 1; i <= 200; i++) {
		atomic_fetch_add(&work, 1);
		bell_ring(&bell);
		CU_ASSERT_FATAL(await(&done, i));
	}
}

static void adaptive(void)
{
	start(LCORE_ADAPTIVE, true, LCORE_NO_PORT);
	CU_ASSERT(await(&rounds, 1));
	CU_ASSERT(atomic_load(&stack_inside));
	CU_ASSERT(atomic_load(&registered));
	CU_ASSERT_EQUAL(atomic_load(&cpu), first_cpu);
	give_work();
	stop();
}

static void napping(void)
{
	start(LCORE_ADAPTIVE, false, LCORE_POLLED_PORT);
	give_work();
	/* without any bell: it looks by itself */
	atomic_fetch_add(&work, 1);
	CU_ASSERT(await(&done, 201));
	stop();
}

static void busy(void)
{
	start(LCORE_BUSY, false, LCORE_NO_PORT);
	atomic_fetch_add(&work, 1);
	CU_ASSERT(await(&done, 1));
	CU_ASSERT(await(&rounds, 1000));
	CU_ASSERT(atomic_load(&lcore.beat_ns) != 0);
	stop();
}

/* With nothing to do it rests: a handful of rounds in a third of a second. */
static void idle(void)
{
	start(LCORE_ADAPTIVE, true, LCORE_NO_PORT);
	CU_ASSERT(await(&rounds, 2));
	uint64_t until = clock_boot_ns() + 300 * CLOCK_MS;
	unsigned before = atomic_load(&rounds);
	while (clock_boot_ns() < until)
		sched_yield();
	CU_ASSERT(atomic_load(&rounds) - before < 20);
	stop();
}

/* Work found by the look after the flag was raised is work: it polls on for a while after it. */
static void late_work(void)
{
	asleep_then[0] = asleep_then[1] = -1;
	step = 0;
	start_with(LCORE_ADAPTIVE, false, LCORE_POLLED_PORT, poll_late_work);
	CU_ASSERT(await(&step, 3));
	CU_ASSERT_EQUAL(asleep_then[0], 0);
	CU_ASSERT_EQUAL(asleep_then[1], 0);
	stop();
}

#define TURNS 1000u
static struct lcore pair[2];
static _Atomic unsigned turns[2], changes;
static _Atomic(void *) last_one;

static unsigned poll_in_turn(void *context, uint64_t now_ns)
{
	(void)now_ns;
	if (atomic_exchange(&last_one, context) != context)
		atomic_fetch_add(&changes, 1);
	atomic_fetch_add((_Atomic unsigned *)context, 1);
	return 1;
}

/* Else each would go on until the kernel's time slice is over, which is thousands of such rounds. */
static void take_turns(enum lcore_poll mode)
{
	changes = turns[0] = turns[1] = 0;
	unit_zone(&zone, "lcore", 2);
	bell_open(&bell);
	for (unsigned i = 0; i < 2; i++) {
		pair[i] = (struct lcore){
			.name = "unit",
			.cpu = first_of_ours(),
			.mode = mode,
			.shared = true,
			.bell = &bell,
			.wait_fd = LCORE_NO_PORT,
			.zone = &zone,
			.poll = poll_in_turn,
			.context = (void *)&turns[i],
		};
		CU_ASSERT_EQUAL_FATAL(lcore_start(&pair[i]), 0);
	}
	CU_ASSERT(await(&turns[0], TURNS));
	CU_ASSERT(await(&turns[1], TURNS));
	CU_ASSERT(atomic_load(&changes) > atomic_load(&turns[0]) / 10);
	lcore_stop(&pair[0]);
	lcore_stop(&pair[1]);
	bell_close(&bell);
	zone_destroy(&zone);
}

static void turns_adaptive(void)
{
	take_turns(LCORE_ADAPTIVE);
}

static void turns_busy(void)
{
	take_turns(LCORE_BUSY);
}

static const struct unit_test tests[] = {
	{"adaptive: wakes for every piece of work; its stack is the zone's", adaptive},
	{"a port that can only be polled: naps, and looks by itself", napping},
	{"work that came just before the rest puts it off", late_work},
	{"busy: polls on", busy},
	{"adaptive: rests when idle", idle},
	{"shared: threads take turns after each round, adaptive", turns_adaptive},
	{"shared: threads take turns after each round, busy", turns_busy},
	{NULL, NULL},
};

const struct unit_suite suite_lcore = {"lcore", tests};
