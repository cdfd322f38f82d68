/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory that is taken and given back, memory that runs out, lists that are full. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "fixture.h"
#include "suites.h"
#include "watch.h"
#include "wg/state.h"

static struct pair p;

static void fill_device(struct wg_device *d)
{
	uint8_t key[32] = {9};

	for (unsigned i = 0; i < 100; i++, key[1]++)
		wg_peer_add(d, key);
}

static void memory_is_freed(void)
{
	pair_init(&p, 8);
	watch_begin();
	struct wg_device *d = wg_device_create(100);
	int empty = watch_held();
	CU_ASSERT_TRUE(empty > 3);
	fill_device(d);
	CU_ASSERT_EQUAL(watch_held(), empty + 4); /* slabs of 32 */
	wg_device_destroy(d);
	CU_ASSERT_EQUAL(watch_held(), 0);
	wg_device_destroy(NULL);
	pair_free(&p);
}

/* A slab for 32 peers, or for as few as the last one can have. */
static void memory_as_needed(void)
{
	uint8_t key[32] = {9};

	pair_init(&p, 8);
	struct wg_device *d = wg_device_create(36);
	for (unsigned i = 0; i < 36; i++, key[1]++) {
		watch_begin();
		CU_ASSERT_EQUAL(wg_peer_add(d, key), i);
		size_t most = i == 0 ? 32 * sizeof(struct peer) : i == 32 ? 4 * sizeof(struct peer) : 0;
		CU_ASSERT_EQUAL(watch_taken(), (most + 63) / 64 * 64);
	}
	wg_device_destroy(d);
	pair_free(&p);
}

/* Tables by slot, with a place to spare; as many chains as peers, rounded up, and 16 at least. */
static void tables_as_needed(void)
{
	static const uint32_t most[][2] = {{1, 16}, {16, 16}, {17, 32}, {1024, 1024}, {1025, 2048}};
	struct peer_table t;

	fixture_random(7);
	for (unsigned i = 0; i < sizeof(most) / sizeof(most[0]); i++) {
		uint32_t max = most[i][0], chains = most[i][1];
		watch_begin();
		CU_ASSERT_EQUAL(peer_table_init(&t, max), 0);
		CU_ASSERT_EQUAL(t.bucket_mask, chains - 1);
		CU_ASSERT_EQUAL(watch_taken(), ((max + 31) / 32 + 1) * sizeof(t.slabs[0]) +
			(2 * (max + 1) + chains) * sizeof(uint32_t));
		peer_table_free(&t);
	}
}

/* Whichever allocation fails: no device, the reason, and nothing held. */
static void memory_runs_out(void)
{
	struct wg_device *d = NULL;
	unsigned failures = 0;

	pair_init(&p, 8);
	while (!d && failures < 50) {
		watch_begin();
		watch_fail(failures);
		errno = 0;
		d = wg_device_create(100);
		CU_ASSERT_TRUE(d || errno == ENOMEM);
		CU_ASSERT_TRUE(d || watch_held() == 0);
		failures += !d;
	}
	CU_ASSERT_EQUAL(failures, 8);
	watch_begin();
	watch_fail(0);
	CU_ASSERT_EQUAL(wg_peer_add(d, (const uint8_t[32]){5}), -ENOMEM);
	watch_begin();
	CU_ASSERT_EQUAL(wg_peer_add(d, (const uint8_t[32]){5}), 0); /* no slot was lost */
	wg_device_destroy(d);
	pair_free(&p);
}

/* A table that could not be made holds nothing, whoever asked for it. */
static void tables_give_back(void)
{
	struct peer_table t;
	struct schedule s;

	fixture_random(7);
	for (unsigned i = 0; i < 4; i++) {
		watch_begin();
		watch_fail(i);
		CU_ASSERT_EQUAL(peer_table_init(&t, 4), -ENOMEM);
		CU_ASSERT_EQUAL(watch_held(), 0);
	}
	for (unsigned i = 0; i < 2; i++) {
		watch_begin();
		watch_fail(i);
		CU_ASSERT_EQUAL(schedule_init(&s, 4), -ENOMEM);
		CU_ASSERT_EQUAL(watch_held(), 0);
	}
}

/* One of the greatest size takes gigabytes: here it gets none. */
static void the_largest_device(void)
{
	fixture_random(7);
	watch_begin();
	watch_fail(0);
	errno = 0;
	CU_ASSERT_PTR_NULL(wg_device_create(WG_PEERS_MAX));
	CU_ASSERT_EQUAL(errno, ENOMEM);
	struct wg_device *d = wg_device_create(1); /* that was the one that failed */
	CU_ASSERT_PTR_NOT_NULL(d);
	wg_device_destroy(d);
}

/* Too many actions would lose one: the process ends instead. */
static bool ends_by_abort(struct wg_actions *actions)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		close(2);
		signal(SIGABRT, SIG_DFL);
		actions_add(actions, WG_WIPE, 0);
		_exit(0);
	}
	waitpid(child, &status, 0);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void lists(void)
{
	static struct wg_actions actions;

	memset(&actions, 0xff, sizeof(actions));
	actions.count = 0;
	const struct wg_action *a = actions_add(&actions, WG_KEEPALIVE, 77);
	CU_ASSERT_EQUAL(a->kind, WG_KEEPALIVE);
	CU_ASSERT_EQUAL(a->slot, 77);
	CU_ASSERT_EQUAL(a->length, 0);
	CU_ASSERT_TRUE(secret_is_zero(&a->keys, sizeof(a->keys)));
	while (actions.count < WG_ACTIONS_MAX - WG_ACTIONS_PER_CALL) {
		CU_ASSERT_TRUE(actions_have_room(&actions));
		actions_add(&actions, WG_WIPE, 0);
	}
	CU_ASSERT_TRUE(actions_have_room(&actions));
	actions_add(&actions, WG_WIPE, 0);
	CU_ASSERT_FALSE(actions_have_room(&actions));
	while (actions.count < WG_ACTIONS_MAX)
		actions_add(&actions, WG_WIPE, 0);
	CU_ASSERT_TRUE(ends_by_abort(&actions));
	actions.count--;
	CU_ASSERT_FALSE(ends_by_abort(&actions));
	actions.count++;
	wg_actions_clear(&actions);
	CU_ASSERT_EQUAL(actions.count, 0);
	CU_ASSERT_TRUE(secret_is_zero(actions.list, sizeof(actions.list)));
}

static const struct unit_test tests[] = {
	{"C34: a device gives back all memory", memory_is_freed},
	{"C34: memory for peers that there are", memory_as_needed},
	{"C34: tables for as many peers as there may be", tables_as_needed},
	{"C34: memory runs out", memory_runs_out},
	{"C34: memory runs out for a table", tables_give_back},
	{"C34: the largest device", the_largest_device},
	{"A12: lists of actions are wiped, and one too many ends the process", lists},
	{NULL, NULL},
};

const struct unit_suite suite_memory = {"memory", tests};
