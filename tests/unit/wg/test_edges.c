/* SPDX-License-Identifier: BSD-3-Clause */
/* The last byte of a key, the last nanosecond of a deadline: where a rule begins and ends exactly. */
#include <string.h>

#include "crypto/secret.h"
#include "fixture.h"
#include "suites.h"
#include "wg/state.h"

#define S CLOCK_SECOND

static struct pair p;
static struct session_keys keys[2];

/* ---- keys ---- */

static void own_key_but_for_a_byte(void)
{
	uint8_t key[32], zero[32] = {0};
	uint32_t removed;

	pair_init(&p, 5);
	wg_public_key(p.device[0], key);
	key[31] ^= 1;
	CU_ASSERT_EQUAL(wg_peer_add(p.device[0], key, p.now), 1);
	wg_set_private_key(p.device[0], NULL, &removed);
	CU_ASSERT_EQUAL(wg_peer_add(p.device[0], zero, p.now), 2); /* not ours: we have none */
	pair_free(&p);
}

static void preshared_keys_to_the_last_byte(void)
{
	uint8_t psk[32] = {[31] = 7}, out[32];
	struct wg_peer_info info;

	pair_init(&p, 5);
	memset(out, 0xff, sizeof(out));
	CU_ASSERT_FALSE(wg_peer_preshared_key(p.device[0], 0, out));
	CU_ASSERT_TRUE(secret_is_zero(out, sizeof(out)));
	wg_peer_info(p.device[0], 0, &info);
	CU_ASSERT_FALSE(info.has_preshared_key);
	CU_ASSERT_EQUAL(memcmp(info.public_key, pair_peer(&p, 0)->remote.public_key, 32), 0);
	CU_ASSERT_FALSE(secret_is_zero(info.public_key, 32));
	wg_peer_set_preshared_key(p.device[0], 0, psk);
	CU_ASSERT_TRUE(wg_peer_preshared_key(p.device[0], 0, out));
	CU_ASSERT_EQUAL(memcmp(psk, out, sizeof(psk)), 0);
	wg_peer_info(p.device[0], 0, &info);
	CU_ASSERT_TRUE(info.has_preshared_key);
	wg_peer_set_preshared_key(p.device[0], 0, NULL);
	CU_ASSERT_FALSE(wg_peer_preshared_key(p.device[0], 0, out));
	pair_free(&p);
}

/* ---- where a peer is ---- */

static const struct wg_action *set_endpoint(const struct endpoint *where)
{
	wg_actions_clear(&p.actions);
	wg_peer_set_endpoint(p.device[0], 0, where, &p.actions);
	return pair_action(&p, WG_ENDPOINT);
}

static void endpoints_that_are_set(void)
{
	struct endpoint there = p.at[1];
	const struct wg_action *a;

	pair_init(&p, 5);
	there = p.at[1];
	there.port++;
	wg_peer_moved(p.device[0], 0, &p.at[1], &p.at[0].addr, &p.actions);
	a = set_endpoint(&p.at[1]); /* it is there already: what it reached us at stays */
	CU_ASSERT_TRUE(endpoint_equal(&a->endpoint, &p.at[1]));
	CU_ASSERT_TRUE(addr_equal(&a->local, &p.at[0].addr));
	CU_ASSERT_TRUE(addr_equal(&pair_peer(&p, 0)->local, &p.at[0].addr));
	a = set_endpoint(&there);
	CU_ASSERT_TRUE(endpoint_equal(&a->endpoint, &there));
	CU_ASSERT_EQUAL(a->local.family, 0);
	CU_ASSERT_EQUAL(pair_peer(&p, 0)->local.family, 0);
	pair_free(&p);
}

/* A38: a peer that gets a first endpoint is greeted at once; one that moves is not. */
static void first_endpoint(void)
{
	struct endpoint none = {0};

	pair_init(&p, 5);
	wg_peer_set_keepalive(p.device[0], 0, 25, p.now, &p.actions);
	uint64_t due = pair_peer(&p, 0)->timers.persistent_ns;
	CU_ASSERT_EQUAL(due, p.now.boot_ns + 25 * S);
	set_endpoint(&p.at[0]);
	CU_ASSERT_EQUAL(pair_peer(&p, 0)->timers.persistent_ns, due);
	set_endpoint(&none);
	CU_ASSERT_EQUAL(pair_peer(&p, 0)->timers.persistent_ns, due);
	set_endpoint(&none);
	CU_ASSERT_EQUAL(pair_peer(&p, 0)->timers.persistent_ns, due);
	struct ip_prefix ours = {p.at[0].addr, 24};
	wg_actions_clear(&p.actions);
	wg_peer_readdressed(p.device[0], 0, &ours, 1, &p.actions);
	CU_ASSERT_EQUAL(p.actions.count, 0); /* there is no way to it */
	set_endpoint(&p.at[1]);
	CU_ASSERT_EQUAL(pair_peer(&p, 0)->timers.persistent_ns, 0);
	CU_ASSERT_EQUAL(wg_next_deadline(p.device[0]), 0);
	pair_free(&p);
}

/* ---- time ---- */

static void a_session_ends_on_time(void)
{
	pair_init(&p, 5);
	CU_ASSERT_TRUE(pair_establish(&p, 0, keys));
	wg_actions_clear(&p.actions);
	pair_advance(&p, 180 * S - 1);
	wg_peer_greet(p.device[0], 0, p.now, &p.actions);
	CU_ASSERT_EQUAL(pair_count(&p, WG_KEEPALIVE), 1);
	wg_actions_clear(&p.actions);
	pair_advance(&p, 1);
	wg_peer_greet(p.device[0], 0, p.now, &p.actions);
	CU_ASSERT_EQUAL(pair_count(&p, WG_KEEPALIVE), 0);
	pair_free(&p);
}

static void clock_accepted(void)
{
	pair_init(&p, 5);
	wg_stamps_reserved(p.device[0], wg_stamps_begin(p.device[0], p.now, 0));
	p.now.wall_ns += 86400 * S;
	CU_ASSERT_EQUAL(wg_clock_doubt(p.device[0], p.now), 86400 * S);
	wg_accept_clock(p.device[0], p.now);
	CU_ASSERT_EQUAL(wg_clock_doubt(p.device[0], p.now), 0);
	pair_free(&p);
}

static const struct unit_test tests[] = {
	{"A53: a peer's key that is ours but for its last byte", own_key_but_for_a_byte},
	{"A7, A54: preshared keys, to the last byte", preshared_keys_to_the_last_byte},
	{"A51, A52: an endpoint that is set: what the peer reached us at", endpoints_that_are_set},
	{"A38, A51: a first endpoint, and another one", first_endpoint},
	{"A30: a session is one until 180 s are over", a_session_ends_on_time},
	{"C30: a clock that is accepted", clock_accepted},
	{NULL, NULL},
};

const struct unit_suite suite_edges = {"edges", tests};
