/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"
#include "fixture.h"
#include "suites.h"

#define MANY 10000

static void key_of(uint8_t key[static 32], uint32_t n)
{
	memset(key, 0, 32);
	memcpy(key, &n, sizeof(n));
}

static void slots_are_reused(void)
{
	struct peer_table t;
	struct peer *a, *b, *c;
	uint8_t key[32];

	fixture_random(1);
	CU_ASSERT_EQUAL(peer_table_init(&t, 2), 0);
	key_of(key, 1);
	CU_ASSERT_EQUAL(peer_create(&t, key, &a), 0);
	CU_ASSERT_EQUAL(peer_create(&t, key, &b), -EEXIST);
	CU_ASSERT_EQUAL(a->slot, 0);
	memset(a->remote.preshared_key, 0xff, 32);
	key_of(key, 2);
	CU_ASSERT_EQUAL(peer_create(&t, key, &b), 0);
	key_of(key, 3);
	CU_ASSERT_EQUAL(peer_create(&t, key, &c), -ENOSPC);
	peer_destroy(&t, a);
	CU_ASSERT_PTR_NULL(peer_at(&t, 0));
	CU_ASSERT_EQUAL(peer_create(&t, key, &c), 0);
	CU_ASSERT_EQUAL(c->slot, 0);
	CU_ASSERT_TRUE(secret_is_zero(c->remote.preshared_key, 32));
	peer_table_free(&t);
}

static void bounds(void)
{
	struct peer_table t;
	uint8_t key[32] = {0};

	fixture_random(1);
	peer_table_init(&t, 33);
	CU_ASSERT_PTR_NULL(peer_at(&t, 0));
	CU_ASSERT_PTR_NULL(peer_at(&t, 33));
	CU_ASSERT_PTR_NULL(peer_at(&t, UINT32_MAX));
	CU_ASSERT_PTR_NULL(peer_next(&t, 0));
	CU_ASSERT_PTR_NULL(peer_next(&t, UINT32_MAX));
	CU_ASSERT_PTR_NULL(peer_find(&t, key));
	peer_table_free(&t);
	CU_ASSERT_TRUE(secret_is_zero(&t, sizeof(t)));
}

/* 10,000 peers in guarded memory: all found, by key and by walking, also after half have gone. */
static void many(void)
{
	static struct peer *peers[MANY];
	struct peer_table t;
	uint8_t key[32];
	uint32_t found = 0;

	fixture_random(1);
	CU_ASSERT_EQUAL(peer_table_init(&t, MANY), 0);
	for (uint32_t i = 0; i < MANY; i++) {
		key_of(key, i);
		CU_ASSERT_EQUAL_FATAL(peer_create(&t, key, &peers[i]), 0);
	}
	for (uint32_t i = 0; i < MANY; i += 2)
		peer_destroy(&t, peers[i]);
	for (uint32_t i = 0; i < MANY; i++) {
		key_of(key, i);
		CU_ASSERT_PTR_EQUAL(peer_find(&t, key), i % 2 ? peers[i] : NULL);
	}
	for (struct peer *p = peer_next(&t, 0); p; p = peer_next(&t, p->slot + 1))
		found++;
	CU_ASSERT_EQUAL(found, MANY / 2);
	peer_table_free(&t);
}

static uint32_t longest_chain(const struct peer_table *t)
{
	uint32_t longest = 0;

	for (uint32_t i = 0; i <= t->bucket_mask; i++) {
		uint32_t length = 0;
		for (uint32_t slot = t->buckets[i]; slot != PEER_NONE; slot = t->chain[slot])
			length++;
		longest = length > longest ? length : longest;
	}
	return longest;
}

/* A search by key is short, also where keys differ in their last byte only. */
static void chains_are_short(void)
{
	uint8_t key[32] = {0};
	struct peer_table t;
	struct peer *peer;

	fixture_random(1);
	CU_ASSERT_EQUAL(peer_table_init(&t, 1024), 0);
	for (uint32_t i = 0; i < 1024; i++) {
		key[0] = (uint8_t)(i >> 8);
		key[31] = (uint8_t)i;
		CU_ASSERT_EQUAL_FATAL(peer_create(&t, key, &peer), 0);
	}
	CU_ASSERT_TRUE(longest_chain(&t) < 10);
	peer_table_free(&t);
}

/* A walk ends where no slab was taken for the slots yet, and passes over slots that are free. */
static void slabs_and_gaps(void)
{
	struct peer *peers[100];
	struct peer_table t;
	uint8_t key[32];

	fixture_random(1);
	CU_ASSERT_EQUAL(peer_table_init(&t, 100), 0);
	for (uint32_t i = 0; i < 100; i++) {
		key_of(key, i);
		CU_ASSERT_EQUAL_FATAL(peer_create(&t, key, &peers[i]), 0);
		CU_ASSERT_EQUAL(peers[i]->slot, i);
		CU_ASSERT_PTR_NULL(peer_next(&t, i + 1));
		CU_ASSERT_EQUAL((uintptr_t)peers[i - i % 32] % 64, 0);
	}
	for (uint32_t i = 0; i < 99; i++)
		peer_destroy(&t, peers[i]);
	CU_ASSERT_PTR_EQUAL(peer_next(&t, 0), peers[99]);
	CU_ASSERT_PTR_EQUAL(peer_next(&t, 99), peers[99]);
	CU_ASSERT_PTR_NULL(peer_next(&t, 100));
	peer_table_free(&t);
}

static const struct unit_test tests[] = {
	{"A15: a slot is reused, and nothing of the former peer with it", slots_are_reused},
	{"A15: slots and keys that are not there", bounds},
	{"A15, C34: 10,000 peers", many},
	{"C34: keys are found in short chains", chains_are_short},
	{"A15: slots in all slabs, and the last one of the last", slabs_and_gaps},
	{NULL, NULL},
};

const struct unit_suite suite_peer = {"peer", tests};
