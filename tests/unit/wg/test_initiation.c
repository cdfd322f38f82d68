/* SPDX-License-Identifier: BSD-3-Clause */
/* When a device initiates, and what its initiations carry. */
#include <string.h>

#include "crypto/secret.h"
#include "fixture.h"
#include "suites.h"
#include "util/bytes.h"
#include "wg/cookie.h"
#include "wg/state.h"
#include "wg/timestamp.h"

#define S CLOCK_SECOND

static struct pair p;
static struct session_keys keys[2];

/* The timestamp in an initiation of side 0, as side 1 reads it. */
static void read_stamp(const uint8_t message[static 148], uint8_t stamp[static WG_TIMESTAMP_LEN])
{
	const struct message_initiation *m = (const struct message_initiation *)message;
	struct noise_received received;

	CU_ASSERT_EQUAL(noise_consume_initiation(&received, &p.device[1]->identity, m), 0);
	CU_ASSERT_EQUAL(noise_prove_initiation(&received,
		&peer_at(&p.device[1]->peers, p.slot[1])->remote, m), 0);
	memcpy(stamp, received.timestamp, WG_TIMESTAMP_LEN);
}

static void well_formed(void)
{
	struct cookie_checker checker;
	uint8_t message[148], public_key[32], stamp[WG_TIMESTAMP_LEN], expected[WG_TIMESTAMP_LEN];

	pair_init(&p, 2);
	CU_ASSERT_TRUE(pair_initiate(&p, 0, message));
	wg_public_key(p.device[1], public_key);
	cookie_checker_init(&checker, public_key);
	CU_ASSERT_TRUE(cookie_check_mac1(&checker, message, sizeof(message)));
	CU_ASSERT_TRUE(secret_is_zero(message + 132, 16));
	CU_ASSERT_TRUE(endpoint_equal(&pair_action(&p, WG_SEND)->endpoint, &p.at[1]));
	CU_ASSERT_EQUAL(pair_action(&p, WG_SEND)->slot, p.slot[0]);
	read_stamp(message, stamp);
	timestamp_from_wall(expected, p.now.wall_ns);
	CU_ASSERT_EQUAL(memcmp(stamp, expected, sizeof(stamp)), 0);
	pair_free(&p);
}

static void retries_are_fresh(void)
{
	uint8_t before[148], message[148], old_stamp[WG_TIMESTAMP_LEN], stamp[WG_TIMESTAMP_LEN];

	pair_init(&p, 2);
	pair_initiate(&p, 0, before);
	for (unsigned i = 0; i < 10; i++) {
		pair_next(&p, 0);
		CU_ASSERT_EQUAL_FATAL(pair_count(&p, WG_SEND), 1);
		memcpy(message, pair_action(&p, WG_SEND)->data, sizeof(message));
		CU_ASSERT_NOT_EQUAL(get_le32(before + 4), get_le32(message + 4));
		CU_ASSERT_NOT_EQUAL(memcmp(before + 8, message + 8, 32), 0);
		read_stamp(before, old_stamp);
		read_stamp(message, stamp);
		CU_ASSERT_TRUE(timestamp_after(stamp, old_stamp));
		CU_ASSERT_EQUAL(p.device[0]->indices.used, 1);
		memcpy(before, message, sizeof(before));
	}
	pair_free(&p);
}

/* The wall clock stands still, then is set back for an hour: stamps rise nevertheless. */
static void clock_steps_back(void)
{
	uint8_t message[148], before[WG_TIMESTAMP_LEN], stamp[WG_TIMESTAMP_LEN];

	pair_init(&p, 2);
	pair_initiate(&p, 0, message);
	read_stamp(message, before);
	for (unsigned i = 0; i < 6; i++) {
		if (i == 3)
			p.now.wall_ns -= 3600 * S;
		p.now.boot_ns = wg_next_deadline(p.device[0]);
		pair_tick(&p, 0);
		CU_ASSERT_EQUAL_FATAL(pair_count(&p, WG_SEND), 1);
		read_stamp(pair_action(&p, WG_SEND)->data, stamp);
		CU_ASSERT_TRUE(timestamp_after(stamp, before));
		memcpy(before, stamp, sizeof(before));
	}
	pair_free(&p);
}

/* A peer that is removed and added again at once still sees later stamps. */
static void stamps_outlive_peers(void)
{
	uint8_t message[148], before[WG_TIMESTAMP_LEN], stamp[WG_TIMESTAMP_LEN], public_key[32];

	pair_init(&p, 2);
	pair_initiate(&p, 0, message);
	read_stamp(message, before);
	wg_peer_remove(p.device[0], p.slot[0]);
	wg_public_key(p.device[1], public_key);
	p.slot[0] = (uint32_t)wg_peer_add(p.device[0], public_key);
	wg_peer_set_endpoint(p.device[0], p.slot[0], &p.at[1], &p.actions);
	CU_ASSERT_TRUE(pair_initiate(&p, 0, message));
	read_stamp(message, stamp);
	CU_ASSERT_TRUE(timestamp_after(stamp, before));
	pair_free(&p);
}

/* Many peers at one moment: the stamps do not run ahead of the clock. */
static void stamps_do_not_run_ahead(void)
{
	struct wg_actions actions = {0};
	struct wg_traffic wish = {.events = PEER_NEEDS_SESSION};
	struct wg_device *d;
	uint8_t key[32];
	uint32_t removed;

	pair_init(&p, 2);
	d = wg_device_create(300);
	random_bytes(key, sizeof(key));
	wg_set_private_key(d, key, &removed);
	for (uint32_t i = 0; i < 300; i++) {
		random_bytes(key, sizeof(key));
		uint32_t slot = (uint32_t)wg_peer_add(d, key);
		wg_peer_set_endpoint(d, slot, &p.at[1], &actions);
		wg_traffic(d, p.now, slot, &wish, &actions);
		wg_actions_clear(&actions);
	}
	for (uint32_t i = 0; i < 300; i++)
		CU_ASSERT_EQUAL(peer_at(&d->peers, i)->stamped_ns, timestamp_round(p.now.wall_ns));
	wg_device_destroy(d);
	pair_free(&p);
}

/* Events lead to an initiation when they come from a session old enough to be theirs. */
static void check_event(uint32_t event, uint64_t age_ns, bool initiates)
{
	pair_init(&p, 2);
	CU_ASSERT_TRUE(pair_establish(&p, 0, keys));
	pair_advance(&p, age_ns);
	pair_report(&p, 0, event);
	CU_ASSERT_EQUAL(pair_count(&p, WG_SEND), initiates);
	pair_free(&p);
}

static void old_keys(void)
{
	check_event(PEER_KEY_OLD_TX | PEER_DATA_SENT, 120 * S, true);
	check_event(PEER_KEY_OLD_TX | PEER_KEEPALIVE_SENT, 120 * S, true);
	check_event(PEER_KEY_OLD_RX | PEER_DATA_RECEIVED, 165 * S, true);
	check_event(PEER_NEEDS_SESSION, 180 * S, true);
	check_event(PEER_DATA_SENT, 120 * S, false);
	check_event(PEER_DATA_RECEIVED, 165 * S, false);
	check_event(PEER_KEEPALIVE_SENT, 179 * S, false);
	/* the event and the session that answers it have crossed */
	check_event(PEER_KEY_OLD_TX, 1 * S, false);
	check_event(PEER_NEEDS_SESSION, 1 * S, false);
}

static void not_twice(void)
{
	uint8_t message[148];

	pair_init(&p, 2);
	CU_ASSERT_TRUE(pair_initiate(&p, 0, message));
	for (unsigned i = 0; i < 49; i++) {
		pair_advance(&p, 100 * CLOCK_MS);
		pair_report(&p, 0, PEER_NEEDS_SESSION | PEER_KEY_OLD_TX | PEER_KEY_OLD_RX);
		CU_ASSERT_EQUAL(p.actions.count, 0);
		pair_tick(&p, 0);
		CU_ASSERT_EQUAL(p.actions.count, 0);
	}
	pair_free(&p);
}

/* Our response was lost, and there is traffic: 5 s later we initiate ourselves. */
static void after_a_lost_response(void)
{
	struct session_keys one;
	uint8_t message[148], response[92];

	pair_init(&p, 2);
	pair_initiate(&p, 0, message);
	CU_ASSERT_TRUE(pair_respond(&p, 1, message, &one, response));
	uint64_t sent = p.now.boot_ns;
	pair_advance(&p, S);
	pair_report(&p, 1, PEER_NEEDS_SESSION);
	CU_ASSERT_EQUAL(p.actions.count, 0);
	pair_next(&p, 1);
	CU_ASSERT_EQUAL(pair_count(&p, WG_SEND), 1);
	CU_ASSERT_TRUE(p.now.boot_ns >= sent + 5 * S && p.now.boot_ns < sent + 5333 * CLOCK_MS);
	pair_free(&p);
}

/* The same, but the response arrives after all. */
static void after_a_found_response(void)
{
	struct session_keys one;
	uint8_t message[148], response[92];

	pair_init(&p, 2);
	pair_initiate(&p, 0, message);
	pair_respond(&p, 1, message, &one, response);
	pair_report(&p, 1, PEER_NEEDS_SESSION);
	pair_advance(&p, S);
	pair_report(&p, 1, PEER_CONFIRMED | PEER_DATA_RECEIVED | PEER_DATA_SENT);
	pair_advance(&p, 6 * S);
	pair_tick(&p, 1);
	CU_ASSERT_EQUAL(pair_count(&p, WG_SEND), 0);
	pair_free(&p);
}

static void gives_up(void)
{
	uint8_t message[148];
	unsigned sent = 1;

	pair_init(&p, 2);
	CU_ASSERT_TRUE(pair_initiate(&p, 0, message));
	uint64_t began = p.now.boot_ns, last = began;
	for (;;) {
		pair_next(&p, 0);
		if (pair_count(&p, WG_DROP_STAGED) == 1)
			break;
		CU_ASSERT_EQUAL_FATAL(pair_count(&p, WG_SEND), 1);
		CU_ASSERT_TRUE(p.now.boot_ns >= last + 5 * S);
		last = p.now.boot_ns;
		sent++;
	}
	CU_ASSERT_EQUAL(p.actions.count, 1);
	CU_ASSERT_TRUE(sent == 17 || sent == 18);
	CU_ASSERT_TRUE(p.now.boot_ns >= began + 90 * S && p.now.boot_ns < began + 96 * S);
	uint64_t gave_up = p.now.boot_ns;
	pair_next(&p, 0);
	CU_ASSERT_EQUAL(pair_count(&p, WG_WIPE), 1);
	CU_ASSERT_EQUAL(p.now.boot_ns, gave_up + 540 * S);
	CU_ASSERT_EQUAL(wg_next_deadline(p.device[0]), UINT64_MAX);
	CU_ASSERT_EQUAL(p.device[0]->indices.used, 0);
	CU_ASSERT_TRUE(pair_initiate(&p, 0, message)); /* new traffic, a new row of attempts */
	pair_free(&p);
}

static void low_order_peer(void)
{
	struct wg_traffic wish = {.events = PEER_NEEDS_SESSION};
	uint8_t low[32] = {1};
	int64_t slot;

	pair_init(&p, 2);
	slot = wg_peer_add(p.device[0], low);
	CU_ASSERT_TRUE(slot >= 0); /* may be configured */
	wg_peer_set_endpoint(p.device[0], (uint32_t)slot, &p.at[1], &p.actions);
	wg_actions_clear(&p.actions);
	wg_traffic(p.device[0], p.now, (uint32_t)slot, &wish, &p.actions);
	wg_peer_set_keepalive(p.device[0], (uint32_t)slot, 1, p.now, &p.actions);
	for (unsigned i = 0; i < 5; i++) {
		CU_ASSERT_EQUAL(p.actions.count, 0);
		pair_next(&p, 0);
	}
	CU_ASSERT_EQUAL(p.device[0]->indices.used, 0);
	pair_free(&p);
}

static void nowhere_to_send(void)
{
	struct endpoint none = {0};
	uint8_t message[148];

	pair_init(&p, 2);
	wg_peer_set_endpoint(p.device[0], p.slot[0], &none, &p.actions);
	CU_ASSERT_FALSE(pair_initiate(&p, 0, message));
	CU_ASSERT_EQUAL(wg_next_deadline(p.device[0]), UINT64_MAX);
	CU_ASSERT_EQUAL(p.device[0]->indices.used, 0);
	pair_free(&p);
}

/* C31: indices say nothing about how many there are, or in which order they came. */
static void random_indices(void)
{
	uint32_t ones[32] = {0}, ascents = 0, before = 0;
	uint8_t message[148];

	pair_init(&p, 2);
	for (unsigned i = 0; i < 400; i++) {
		CU_ASSERT_TRUE_FATAL(pair_initiate(&p, 0, message));
		uint32_t index = get_le32(message + 4);
		ascents += index > before;
		before = index;
		for (unsigned bit = 0; bit < 32; bit++)
			ones[bit] += index >> bit & 1;
		pair_advance(&p, 5 * S);
		pair_forget(&p, 0);
	}
	CU_ASSERT_TRUE(ascents > 150 && ascents < 250);
	for (unsigned bit = 0; bit < 32; bit++)
		CU_ASSERT_TRUE(ones[bit] > 140 && ones[bit] < 260);
	pair_free(&p);
}

static const struct unit_test tests[] = {
	{"A3, A13, A16, A17: what an initiation carries", well_formed},
	{"A10, A13: a retry has its own ephemeral, index and later timestamp", retries_are_fresh},
	{"A13, C29, C30: the wall clock stands still or steps back", clock_steps_back},
	{"A13: a peer that was removed and added again", stamps_outlive_peers},
	{"A13, C34: the stamps of many peers stay with the clock", stamps_do_not_run_ahead},
	{"A31, A32: old keys lead to an initiation, new ones do not", old_keys},
	{"A33: whatever happens, not twice in 5 s", not_twice},
	{"A33, C9: 5 s after a response that was lost", after_a_lost_response},
	{"A33: not after a response that arrived", after_a_found_response},
	{"A34, A35, A39: gives up after 90 s, zeroes 540 s later", gives_up},
	{"A9: a low-order peer key never emits a packet", low_order_peer},
	{"A45: no endpoint, no initiation", nowhere_to_send},
	{"A27, C31: indices are random", random_indices},
	{NULL, NULL},
};

const struct unit_suite suite_initiation = {"initiation", tests};
