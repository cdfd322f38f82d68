/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a valid message to a session in use. The responder's session goes to crypt first; only then
 * does the response leave.
 */
#include <errno.h>
#include <string.h>

#include "crypto/secret.h"
#include "fixture.h"
#include "suites.h"
#include "util/bytes.h"

static struct pair p;

static void response_waits(void)
{
	uint8_t initiation[148];
	uint32_t index;

	pair_init(&p, 1);
	pair_initiate(&p, 0, initiation);
	CU_ASSERT_EQUAL(pair_deliver(&p, 1, initiation, sizeof(initiation)), 0);
	CU_ASSERT_EQUAL(pair_count(&p, WG_SEND), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pair_action(&p, WG_INSTALL));
	index = pair_action(&p, WG_INSTALL)->keys.local_index;
	CU_ASSERT_FALSE(pair_action(&p, WG_INSTALL)->keys.initiator);
	pair_installed(&p, 1, index + 1);
	CU_ASSERT_EQUAL(p.actions.count, 0);
	pair_installed(&p, 1, index);
	CU_ASSERT_EQUAL(pair_count(&p, WG_SEND), 1);
	CU_ASSERT_TRUE(endpoint_equal(&pair_action(&p, WG_SEND)->endpoint, &p.at[0]));
	CU_ASSERT_TRUE(addr_equal(&pair_action(&p, WG_SEND)->local, &p.at[1].addr)); /* A52 */
	pair_installed(&p, 1, index);
	CU_ASSERT_EQUAL(p.actions.count, 0); /* once */
	pair_free(&p);
}

static void newer_replaces_pending(void)
{
	uint8_t message[148];
	uint32_t first, second;

	pair_init(&p, 1);
	pair_forge(&p, 0, message);
	pair_deliver(&p, 1, message, 148);
	first = pair_action(&p, WG_INSTALL)->keys.local_index;
	pair_advance(&p, 50 * CLOCK_MS);
	pair_forge(&p, 0, message);
	pair_deliver(&p, 1, message, 148);
	second = pair_action(&p, WG_INSTALL)->keys.local_index;
	CU_ASSERT_NOT_EQUAL(first, second);
	pair_installed(&p, 1, first);
	CU_ASSERT_EQUAL(p.actions.count, 0);
	pair_installed(&p, 1, second);
	CU_ASSERT_EQUAL(pair_count(&p, WG_SEND), 1);
	CU_ASSERT_EQUAL(get_le32(pair_action(&p, WG_SEND)->data + 4), second);
	pair_free(&p);
}

/* C4: our own initiation between what we consumed and the response that waits for crypt. */
static void initiate_while_pending(void)
{
	uint8_t theirs[148], ours[148], response[92];
	uint32_t index;

	pair_init(&p, 1);
	pair_initiate(&p, 0, theirs);
	pair_deliver(&p, 1, theirs, 148);
	index = pair_action(&p, WG_INSTALL)->keys.local_index;
	pair_advance(&p, 5 * CLOCK_SECOND); /* a very slow crypt */
	CU_ASSERT_TRUE(pair_initiate(&p, 1, ours));
	pair_installed(&p, 1, index);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pair_action(&p, WG_SEND));
	memcpy(response, pair_action(&p, WG_SEND)->data, 92);
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, response, 92), 0);
	pair_free(&p);
}

/* The device draws index 0 and must not take it for none (C4). */
static void index_zero(void)
{
	struct session_keys keys;
	uint8_t initiation[148], response[92], zero[4] = {0};

	pair_init(&p, 1);
	fixture_script(zero, sizeof(zero));
	CU_ASSERT_TRUE(pair_initiate(&p, 0, initiation));
	CU_ASSERT_EQUAL(get_le32(initiation + 4), 0);
	fixture_script(zero, sizeof(zero));
	CU_ASSERT_TRUE(pair_respond(&p, 1, initiation, &keys, response));
	CU_ASSERT_EQUAL(keys.local_index, 0);
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, response, sizeof(response)), 0);
	CU_ASSERT_EQUAL(pair_action(&p, WG_INSTALL)->keys.local_index, 0);
	CU_ASSERT_EQUAL(pair_action(&p, WG_INSTALL)->keys.remote_index, 0);
	pair_free(&p);
}

/* An index that a session has is not drawn for a handshake. */
static void index_taken(void)
{
	struct session_keys keys[2];
	uint8_t initiation[148], fresh[8];

	pair_init(&p, 1);
	CU_ASSERT_TRUE(pair_establish(&p, 0, keys));
	pair_advance(&p, 6 * CLOCK_SECOND);
	put_le32(fresh, keys[0].local_index);
	put_le32(fresh + 4, 0xdecade);
	fixture_script(fresh, sizeof(fresh));
	CU_ASSERT_TRUE(pair_initiate(&p, 0, initiation));
	CU_ASSERT_EQUAL(get_le32(initiation + 4), 0xdecade);
	pair_free(&p);
}

/* The peer initiates again and again, and uses none of it: the session in use stays known. */
static void index_in_use_is_kept(void)
{
	struct session_keys keys[2];
	uint8_t message[148];

	pair_init(&p, 1);
	CU_ASSERT_TRUE(pair_establish(&p, 0, keys));
	for (unsigned i = 0; i < 20; i++) {
		pair_advance(&p, 100 * CLOCK_MS);
		pair_forge(&p, 0, message);
		CU_ASSERT_EQUAL(pair_deliver(&p, 1, message, 148), 0);
	}
	CU_ASSERT_EQUAL(index_table_lookup(&p.device[1]->indices, keys[1].local_index), p.slot[1]);
	pair_free(&p);
}

static void old_indices_are_released(void)
{
	struct session_keys keys[2];

	pair_init(&p, 1);
	CU_ASSERT_TRUE(pair_establish(&p, 0, keys));
	pair_advance(&p, 120 * CLOCK_SECOND);
	CU_ASSERT_TRUE(pair_establish(&p, 0, keys));
	CU_ASSERT_EQUAL(p.device[0]->indices.used, 2); /* current and previous */
	pair_advance(&p, 120 * CLOCK_SECOND);
	CU_ASSERT_TRUE(pair_establish(&p, 0, keys));
	CU_ASSERT_EQUAL(p.device[0]->indices.used, 2); /* the first is past 180 s */
	CU_ASSERT_EQUAL(p.device[1]->indices.used, 2);
	pair_free(&p);
}

/* A33 counts a response from when it was made, and again from when it left. */
static void response_defers_twice(void)
{
	uint8_t theirs[148], ours[148];
	uint32_t index;

	pair_init(&p, 1);
	pair_initiate(&p, 0, theirs);
	pair_deliver(&p, 1, theirs, 148);
	index = pair_action(&p, WG_INSTALL)->keys.local_index;
	pair_advance(&p, 3 * CLOCK_SECOND);
	CU_ASSERT_FALSE(pair_initiate(&p, 1, ours));
	pair_installed(&p, 1, index);
	pair_advance(&p, 4 * CLOCK_SECOND);
	pair_tick(&p, 1);
	CU_ASSERT_EQUAL(p.actions.count, 0);
	pair_advance(&p, 1333 * CLOCK_MS);
	pair_tick(&p, 1);
	CU_ASSERT_EQUAL(pair_count(&p, WG_SEND), 1);
	pair_free(&p);
}

static void confirmed(void)
{
	struct session_keys keys;
	struct wg_peer_info info;
	uint8_t initiation[148], response[92];

	pair_init(&p, 1);
	pair_initiate(&p, 0, initiation);
	pair_respond(&p, 1, initiation, &keys, response);
	wg_peer_info(p.device[1], p.slot[1], &info);
	CU_ASSERT_EQUAL(info.last_handshake_wall_ns, 0); /* nobody has proven to have the session */
	pair_report(&p, 1, PEER_KEEPALIVE_RECEIVED);
	CU_ASSERT_EQUAL(pair_count(&p, WG_FLUSH), 0);
	pair_report(&p, 1, PEER_CONFIRMED | PEER_KEEPALIVE_RECEIVED);
	CU_ASSERT_EQUAL(pair_count(&p, WG_FLUSH), 1);
	wg_peer_info(p.device[1], p.slot[1], &info);
	CU_ASSERT_EQUAL(info.last_handshake_wall_ns, p.now.wall_ns);
	pair_free(&p);
}

static void initiator_uses_at_once(void)
{
	struct session_keys keys;
	struct wg_peer_info info;
	uint8_t initiation[148], response[92];

	pair_init(&p, 1);
	pair_initiate(&p, 0, initiation);
	pair_respond(&p, 1, initiation, &keys, response);
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, response, sizeof(response)), 0);
	CU_ASSERT_EQUAL(pair_count(&p, WG_INSTALL), 1);
	CU_ASSERT_TRUE(pair_action(&p, WG_INSTALL)->keys.initiator);
	wg_peer_info(p.device[0], p.slot[0], &info);
	CU_ASSERT_EQUAL(info.last_handshake_wall_ns, p.now.wall_ns);
	CU_ASSERT_EQUAL(info.handshake_tx_bytes, 148);
	CU_ASSERT_EQUAL(info.handshake_rx_bytes, 92);
	wg_peer_info(p.device[1], p.slot[1], &info);
	CU_ASSERT_EQUAL(info.handshake_tx_bytes, 92);
	CU_ASSERT_EQUAL(info.handshake_rx_bytes, 148);
	pair_free(&p);
}

/* ---- C8: both at once; side 0 insists ---- */

static void crossing(void)
{
	struct session_keys keys;
	uint8_t from0[148], from1[148], response[92], late[92];

	pair_init(&p, 1);
	CU_ASSERT_TRUE(pair_initiate(&p, 0, from0));
	CU_ASSERT_TRUE(pair_initiate(&p, 1, from1));
	pair_advance(&p, 300 * CLOCK_MS);
	endpoint_parse(&p.at[1], "203.0.113.7:4"); /* it is heard (A51) */
	CU_ASSERT_TRUE(pair_respond(&p, 0, from1, &keys, late));
	CU_ASSERT_FALSE(keys.crossed);
	pair_check_refused(&p, 0, from1, 148, -EALREADY); /* it counts as consumed */
	CU_ASSERT_TRUE(pair_respond(&p, 1, from0, &keys, response));
	pair_check_refused(&p, 1, late, 92, -ENOENT); /* it has given its own up */
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, response, 92), 0);
	CU_ASSERT_EQUAL(pair_count(&p, WG_INSTALL), 1);
	CU_ASSERT_TRUE(pair_action(&p, WG_INSTALL)->keys.crossed);
	pair_report(&p, 1, PEER_CONFIRMED | PEER_KEEPALIVE_RECEIVED);
	pair_advance(&p, 6 * CLOCK_SECOND);
	pair_tick(&p, 0);
	CU_ASSERT_EQUAL(p.actions.count, 0); /* and nobody tries again */
	pair_tick(&p, 1);
	CU_ASSERT_EQUAL(p.actions.count, 0);
	pair_free(&p);
}

/* Both have initiated; what the one that insists sent is lost, and it has made a response. */
static void cross_and_lose(uint8_t response[static 92])
{
	struct session_keys keys;
	uint8_t from0[148], from1[148];

	pair_init(&p, 1);
	CU_ASSERT_TRUE(pair_initiate(&p, 0, from0));
	CU_ASSERT_TRUE(pair_initiate(&p, 1, from1));
	CU_ASSERT_TRUE(pair_respond(&p, 0, from1, &keys, response));
}

/* The answer to the other's initiation is good, and the lost one is not sent again. */
static void crossing_one_lost(void)
{
	uint8_t response[92];

	cross_and_lose(response);
	CU_ASSERT_EQUAL(pair_deliver(&p, 1, response, 92), 0);
	CU_ASSERT_EQUAL(pair_count(&p, WG_INSTALL), 1);
	CU_ASSERT_FALSE(pair_action(&p, WG_INSTALL)->keys.crossed);
	pair_report(&p, 0, PEER_CONFIRMED | PEER_KEEPALIVE_RECEIVED);
	pair_advance(&p, 6 * CLOCK_SECOND);
	pair_tick(&p, 0);
	CU_ASSERT_EQUAL(p.actions.count, 0);
	pair_free(&p);
}

/* An initiation after one that crossed is one like any other. */
static void after_crossing(void)
{
	struct session_keys keys;
	uint8_t from0[148], response[92];

	cross_and_lose(response);
	pair_advance(&p, 6 * CLOCK_SECOND);
	pair_tick(&p, 0); /* both were lost: the second attempt */
	CU_ASSERT_EQUAL(pair_count(&p, WG_SEND), 1);
	memcpy(from0, pair_action(&p, WG_SEND)->data, sizeof(from0));
	CU_ASSERT_TRUE(pair_respond(&p, 1, from0, &keys, response));
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, response, 92), 0);
	CU_ASSERT_FALSE(pair_action(&p, WG_INSTALL)->keys.crossed);
	pair_free(&p);
}

/* What arrives later than a crossing initiation could takes the place of ours. */
static void not_crossing(void)
{
	struct session_keys keys;
	uint8_t from0[148], from1[148], response[92];

	pair_init(&p, 1);
	CU_ASSERT_TRUE(pair_initiate(&p, 0, from0));
	pair_advance(&p, CLOCK_SECOND);
	CU_ASSERT_TRUE(pair_initiate(&p, 1, from1));
	CU_ASSERT_TRUE(pair_respond(&p, 0, from1, &keys, response));
	CU_ASSERT_FALSE(pair_peer(&p, 0)->initiation.outstanding);
	CU_ASSERT_EQUAL(pair_deliver(&p, 1, response, 92), 0);
	pair_free(&p);
}

/* A peer that does not know the rule drops its own and answers ours, as side 1 does. */
static void crossing_gives_way(void)
{
	struct session_keys keys;
	uint8_t from0[148], from1[148], response[92];

	pair_init(&p, 1);
	pair_initiate(&p, 0, from0);
	pair_initiate(&p, 1, from1);
	CU_ASSERT_TRUE(pair_respond(&p, 1, from0, &keys, response));
	CU_ASSERT_FALSE(pair_peer(&p, 1)->initiation.outstanding);
	CU_ASSERT_TRUE(secret_is_zero(&pair_peer(&p, 1)->initiation, sizeof(struct noise_initiation)));
	CU_ASSERT_EQUAL(p.device[1]->indices.used, 1);
	pair_free(&p);
}

static void keys_are_wiped(void)
{
	struct session_keys keys;
	uint8_t initiation[148], response[92];

	pair_init(&p, 1);
	pair_initiate(&p, 0, initiation);
	pair_respond(&p, 1, initiation, &keys, response);
	pair_deliver(&p, 0, response, 92);
	CU_ASSERT_TRUE(secret_is_zero(&pair_peer(&p, 0)->initiation, sizeof(struct noise_initiation)));
	CU_ASSERT_FALSE(secret_is_zero(pair_action(&p, WG_INSTALL)->keys.send, 32));
	wg_actions_clear(&p.actions);
	CU_ASSERT_EQUAL(p.actions.count, 0);
	CU_ASSERT_TRUE(secret_is_zero(p.actions.list, sizeof(p.actions.list)));
	pair_free(&p);
}

static const struct unit_test tests[] = {
	{"A24, A52: a response waits until crypt has the session", response_waits},
	{"A24, C10: a newer initiation replaces the waiting response", newer_replaces_pending},
	{"C4: our own initiation while a response waits", initiate_while_pending},
	{"A27, C4: index 0", index_zero},
	{"A27: an index in use is not drawn again", index_taken},
	{"A27: the index of the session in use is kept", index_in_use_is_kept},
	{"A27, A30: indices of sessions past use are released", old_indices_are_released},
	{"A33: a response counts when made and when sent", response_defers_twice},
	{"A24, A25: the responder flushes when confirmed", confirmed},
	{"A24, A25, A55, C28: the initiator installs at once", initiator_uses_at_once},
	{"C8: crossing initiations end in one session", crossing},
	{"C8: of two that cross one is lost", crossing_one_lost},
	{"C8, A33: an initiation after one that crossed", after_crossing},
	{"C8: an old initiation of ours does not stand in the way", not_crossing},
	{"C8: the other side gives way", crossing_gives_way},
	{"A12: keys are wiped from handshake and actions", keys_are_wiped},
	{NULL, NULL},
};

const struct unit_suite suite_begin = {"begin", tests};
