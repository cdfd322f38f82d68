/* SPDX-License-Identifier: BSD-3-Clause */
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <unistd.h>

#include "dp/bell.h"
#include "suites.h"

static bool readable(const struct bell *b)
{
	struct pollfd p = {.fd = b->fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void silent_when_awake(void)
{
	struct bell b;

	CU_ASSERT_EQUAL(bell_open(&b), 0);
	bell_ring(&b);
	CU_ASSERT_FALSE(readable(&b));
	bell_arm(&b);
	CU_ASSERT_FALSE(readable(&b));
	bell_ring(&b);
	bell_ring(&b);
	CU_ASSERT(readable(&b));
	bell_disarm(&b);
	CU_ASSERT_FALSE(readable(&b));
	bell_arm(&b);
	bell_disarm(&b);
	bell_ring(&b);
	CU_ASSERT_FALSE(readable(&b));
	bell_close(&b);
}

/*
 * A ringer is kept between clearing the flag and writing; meanwhile the sleeper found its work without
 * it, and disarmed. The write that comes late must not keep it from resting for good.
 */
static void late_write(void)
{
	uint64_t one = 1;
	struct bell b;

	bell_open(&b);
	for (unsigned round = 0; round < 3; round++) {
		bell_arm(&b);
		CU_ASSERT_EQUAL(atomic_exchange(&b.asleep, 0), 1);
		bell_disarm(&b);
		if (round == 1) { /* another one rings before */
			bell_arm(&b);
			bell_ring(&b);
		}
		CU_ASSERT_EQUAL(write(b.fd, &one, sizeof(one)), sizeof(one));
		if (round != 1)
			bell_arm(&b);
		CU_ASSERT(readable(&b));
		bell_disarm(&b);
		CU_ASSERT_FALSE(readable(&b));
	}
	bell_arm(&b);
	bell_ring(&b);
	CU_ASSERT(readable(&b));
	bell_disarm(&b);
	CU_ASSERT_EQUAL(b.owed, 0);
	bell_close(&b);
}

#define ROUNDS 20000
static struct bell bell;
static _Atomic unsigned sent;

static void *producer(void *unused)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		atomic_fetch_add(&sent, 1);
		bell_ring(&bell);
	}
	return unused;
}

/* Every item is seen although the consumer sleeps without a time limit. */
static void no_wake_is_lost(void)
{
	pthread_t thread;
	unsigned seen = 0;
	bool lost = false;

	atomic_store(&sent, 0);
	bell_open(&bell);
	pthread_create(&thread, NULL, producer, NULL);
	while (seen < ROUNDS && !lost) {
		bell_arm(&bell);
		if (atomic_load(&sent) == seen) {
			struct pollfd p = {.fd = bell.fd, .events = POLLIN};
			lost = poll(&p, 1, 10000) == 0;
		}
		bell_disarm(&bell);
		seen = atomic_load(&sent);
	}
	CU_ASSERT_FALSE(lost);
	pthread_join(thread, NULL);
	bell_close(&bell);
}

static const struct unit_test tests[] = {
	{"rings only for a sleeper, once", silent_when_awake},
	{"a write that comes late is read", late_write},
	{"no wake-up is lost", no_wake_is_lost},
	{NULL, NULL},
};

const struct unit_suite suite_bell = {"bell", tests};
