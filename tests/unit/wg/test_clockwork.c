/* SPDX-License-Identifier: BSD-3-Clause */
/* A device's timers, as crypt's reports drive them. */
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"
#include "fixture.h"
#include "suites.h"
#include "wg/state.h"

#define S  CLOCK_SECOND
#define MS CLOCK_MS

static struct pair p;
static struct session_keys keys[2];

static void establish(void)
{
	pair_init(&p, 4);
	CU_ASSERT_TRUE_FATAL(pair_establish(&p, 0, keys));
}

/* What crypt reports of the time up to now; times are given as so long ago. */
static void report(uint32_t events, uint64_t data_tx, uint64_t tx, uint64_t data_rx, uint64_t rx)
{
	uint64_t now = p.now.boot_ns;
	struct wg_traffic traffic = {
		.events = events,
		.last_data_tx_ns = now - data_tx,
		.last_tx_ns = now - tx,
		.last_data_rx_ns = now - data_rx,
		.last_rx_ns = now - rx,
	};

	wg_actions_clear(&p.actions);
	wg_traffic(p.device[0], p.now, p.slot[0], &traffic, &p.actions);
}

/* Nothing happens for ns; then the action is due within `within`. */
static void check_due(enum wg_action_kind kind, uint64_t ns, uint64_t within)
{
	pair_advance(&p, ns - 1);
	CU_ASSERT_FALSE(pair_tick(&p, 0));
	CU_ASSERT_EQUAL(p.actions.count, 0);
	pair_advance(&p, within + 1);
	pair_tick(&p, 0);
	CU_ASSERT_EQUAL(pair_count(&p, kind), 1);
}

static void check_nothing_for(uint64_t ns)
{
	pair_advance(&p, ns);
	pair_tick(&p, 0);
	CU_ASSERT_EQUAL(p.actions.count, 0);
}

static void unanswered(void)
{
	establish();
	pair_report(&p, 0, PEER_DATA_SENT);
	pair_advance(&p, 10 * S);
	pair_report(&p, 0, PEER_DATA_SENT); /* it is the first that counts */
	check_due(WG_SEND, 5 * S, 333 * MS);
	pair_free(&p);
}

static void answered(void)
{
	establish();
	pair_report(&p, 0, PEER_DATA_SENT);
	pair_advance(&p, 14 * S);
	pair_report(&p, 0, PEER_KEEPALIVE_RECEIVED);
	check_nothing_for(100 * S);
	pair_free(&p);
}

/* C6: long silence from the peer, then data from us: it has 15 s to answer, not none. */
static void counted_from_sending(void)
{
	establish();
	pair_report(&p, 0, PEER_KEEPALIVE_RECEIVED);
	check_nothing_for(60 * S);
	pair_report(&p, 0, PEER_DATA_SENT);
	check_due(WG_SEND, 15 * S, 333 * MS);
	pair_free(&p);
}

static void keepalives_need_no_answer(void)
{
	establish();
	pair_report(&p, 0, PEER_KEEPALIVE_SENT);
	pair_advance(&p, 50 * S);
	pair_report(&p, 0, PEER_KEEPALIVE_SENT);
	check_nothing_for(50 * S);
	pair_free(&p);
}

/* Both directions in one report: the times decide. */
static void order_within_a_report(void)
{
	const uint32_t both = PEER_DATA_SENT | PEER_DATA_RECEIVED;

	establish();
	report(both, 80 * MS, 80 * MS, 20 * MS, 20 * MS); /* sent, then received: answered */
	check_due(WG_KEEPALIVE, 10 * S - 20 * MS, 0);
	check_nothing_for(60 * S);
	report(both, 20 * MS, 20 * MS, 80 * MS, 80 * MS); /* received, then sent */
	check_due(WG_SEND, 15 * S - 20 * MS, 333 * MS);
	pair_free(&p);

	establish();
	report(both, 50 * MS, 50 * MS, 50 * MS, 50 * MS); /* at once: both answered */
	check_nothing_for(100 * S);
	pair_free(&p);

	establish(); /* data out, keepalive back, in one report */
	report(PEER_DATA_SENT | PEER_KEEPALIVE_RECEIVED, 80 * MS, 80 * MS, 9 * S, 20 * MS);
	check_nothing_for(100 * S);
	pair_free(&p);

	establish(); /* data in, keepalive out, in one report */
	report(PEER_DATA_RECEIVED | PEER_KEEPALIVE_SENT, 9 * S, 20 * MS, 80 * MS, 80 * MS);
	check_nothing_for(100 * S);
	pair_free(&p);
}

static void keepalive(void)
{
	establish();
	pair_report(&p, 0, PEER_DATA_RECEIVED);
	check_due(WG_KEEPALIVE, 10 * S, 0);
	check_nothing_for(100 * S);
	pair_free(&p);
}

static void no_keepalive_when_sent(void)
{
	establish();
	pair_report(&p, 0, PEER_DATA_RECEIVED);
	pair_advance(&p, 9 * S);
	report(PEER_DATA_SENT | PEER_KEEPALIVE_RECEIVED, 2, 2, 9 * S, 1);
	check_nothing_for(100 * S);
	pair_free(&p);
}

static void keepalives_do_not_provoke(void)
{
	establish();
	pair_report(&p, 0, PEER_KEEPALIVE_RECEIVED);
	check_nothing_for(100 * S);
	pair_free(&p);
}

/* Data came under a key that is too old by now: an initiation takes the keepalive's place. */
static void keepalive_without_session(void)
{
	establish();
	pair_advance(&p, 175 * S);
	pair_report(&p, 0, PEER_DATA_RECEIVED);
	check_due(WG_SEND, 10 * S, 0);
	CU_ASSERT_EQUAL(pair_count(&p, WG_KEEPALIVE), 0);
	pair_free(&p);
}

static void persistent(void)
{
	establish();
	wg_actions_clear(&p.actions);
	wg_peer_set_keepalive(p.device[0], p.slot[0], 25, p.now, &p.actions);
	CU_ASSERT_EQUAL(pair_count(&p, WG_KEEPALIVE), 1); /* at once */
	check_due(WG_KEEPALIVE, 25 * S, 0);
	pair_advance(&p, 20 * S);
	pair_report(&p, 0, PEER_KEEPALIVE_RECEIVED); /* any packet either way puts it off */
	check_due(WG_KEEPALIVE, 25 * S, 0);
	wg_actions_clear(&p.actions);
	wg_peer_set_keepalive(p.device[0], p.slot[0], 10, p.now, &p.actions);
	CU_ASSERT_EQUAL(p.actions.count, 0); /* n to m: not at once */
	check_due(WG_KEEPALIVE, 10 * S, 0);
	wg_peer_set_keepalive(p.device[0], p.slot[0], 0, p.now, &p.actions);
	check_nothing_for(70 * S);
	pair_free(&p);
}

static void persistent_needs_session(void)
{
	pair_init(&p, 4);
	wg_peer_set_keepalive(p.device[0], p.slot[0], 25, p.now, &p.actions);
	CU_ASSERT_EQUAL(pair_count(&p, WG_SEND), 1);
	CU_ASSERT_EQUAL(pair_action(&p, WG_SEND)->data[0], MESSAGE_INITIATION);
	pair_free(&p);
}

/* The setting may come before endpoint and key: the first packet leaves with the last of them. */
static void persistent_set_early(void)
{
	struct endpoint none = {0};
	uint8_t secret[32];
	uint32_t removed;

	pair_init(&p, 4);
	wg_private_key(p.device[0], secret);
	wg_set_private_key(p.device[0], NULL, &removed);
	wg_peer_set_endpoint(p.device[0], p.slot[0], &none, &p.actions);
	wg_actions_clear(&p.actions);
	wg_peer_set_keepalive(p.device[0], p.slot[0], 25, p.now, &p.actions);
	CU_ASSERT_EQUAL(p.actions.count, 0);
	wg_set_private_key(p.device[0], secret, &removed);
	pair_tick(&p, 0);
	CU_ASSERT_EQUAL(p.actions.count, 0);
	wg_peer_set_endpoint(p.device[0], p.slot[0], &p.at[1], &p.actions);
	CU_ASSERT_TRUE(wg_next_deadline(p.device[0]) <= p.now.boot_ns);
	pair_tick(&p, 0);
	CU_ASSERT_EQUAL(pair_count(&p, WG_SEND), 1);
	pair_free(&p);
}

static void zeroes(void)
{
	establish();
	pair_advance(&p, 100 * S);
	pair_report(&p, 0, PEER_KEEPALIVE_RECEIVED); /* traffic does not count, keys do */
	pair_advance(&p, 436 * S);
	pair_report(&p, 0, PEER_DATA_RECEIVED);
	check_due(WG_WIPE, 4 * S, 0);
	CU_ASSERT_EQUAL(p.device[0]->indices.used, 0);
	CU_ASSERT_EQUAL(wg_next_deadline(p.device[0]), UINT64_MAX);
	pair_free(&p);
}

/* A39 for a responder whose session was never confirmed, and its pending response with it. */
static void zeroes_unconfirmed(void)
{
	uint8_t message[148];

	pair_init(&p, 4);
	pair_initiate(&p, 1, message);
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, message, 148), 0);
	uint32_t index = pair_action(&p, WG_INSTALL)->keys.local_index;
	check_due(WG_WIPE, 540 * S, 0);
	pair_installed(&p, 0, index);
	CU_ASSERT_EQUAL(p.actions.count, 0);
	pair_free(&p);
}

static void goes_on_after_zeroing(void)
{
	establish();
	check_due(WG_WIPE, 540 * S, 0);
	pair_report(&p, 0, PEER_NEEDS_SESSION);
	CU_ASSERT_EQUAL(pair_count(&p, WG_SEND), 1);
	pair_free(&p);
}

/* Without a key nothing is left to be done. */
static void down(void)
{
	uint32_t removed;

	establish();
	wg_peer_set_keepalive(p.device[0], p.slot[0], 25, p.now, &p.actions);
	pair_report(&p, 0, PEER_DATA_SENT | PEER_DATA_RECEIVED);
	wg_actions_clear(&p.actions);
	CU_ASSERT_TRUE(wg_set_private_key(p.device[0], NULL, &removed));
	CU_ASSERT_EQUAL(wg_next_deadline(p.device[0]), UINT64_MAX);
	CU_ASSERT_EQUAL(p.device[0]->indices.used, 0);
	check_nothing_for(3600 * S);
	pair_free(&p);
}

static void wall_clock_is_no_timer(void)
{
	establish();
	pair_report(&p, 0, PEER_DATA_RECEIVED);
	p.now.wall_ns += 86400 * S;
	pair_tick(&p, 0);
	CU_ASSERT_EQUAL(p.actions.count, 0);
	p.now.wall_ns = 0;
	check_due(WG_KEEPALIVE, 10 * S, 0);
	pair_free(&p);
}

/* More than a list holds is due: tick says so, and every peer has its turn. */
static void many_at_once(void)
{
	struct wg_device *d = wg_device_create(100);
	struct wg_actions actions = {0};
	unsigned sent = 0, rounds = 0;
	uint8_t key[32];
	uint32_t removed;

	pair_init(&p, 4);
	for (uint32_t i = 0; i < 100; i++) {
		random_bytes(key, sizeof(key));
		uint32_t slot = (uint32_t)wg_peer_add(d, key);
		wg_peer_set_endpoint(d, slot, &p.at[1], &actions);
		wg_peer_set_keepalive(d, slot, 25, p.now, &actions);
		wg_actions_clear(&actions);
	}
	wg_set_private_key(d, key, &removed); /* now they may all start */
	for (bool more = true; more; rounds++) {
		more = wg_tick(d, p.now, &actions);
		sent += actions.count;
		CU_ASSERT_TRUE(actions.count <= WG_ACTIONS_MAX);
		wg_actions_clear(&actions);
	}
	CU_ASSERT_EQUAL(sent, 100);
	CU_ASSERT_TRUE(rounds >= 100 / WG_ACTIONS_MAX);
	CU_ASSERT_TRUE(wg_next_deadline(d) > p.now.boot_ns);
	wg_device_destroy(d);
	pair_free(&p);
}

static const struct unit_test tests[] = {
	{"A36: unanswered data leads to an initiation after 15 s", unanswered},
	{"A36: answered data does not", answered},
	{"A36, C6: counted from the first data, not from the last answer", counted_from_sending},
	{"A36: keepalives need no answer", keepalives_need_no_answer},
	{"A36, A37: both directions within one report", order_within_a_report},
	{"A37: a keepalive 10 s after data, once", keepalive},
	{"A37: none when something was sent", no_keepalive_when_sent},
	{"A37: none for a keepalive", keepalives_do_not_provoke},
	{"A37, A30: without a usable key, an initiation", keepalive_without_session},
	{"A38: persistent keepalive, and its changes", persistent},
	{"A38: without a session it initiates", persistent_needs_session},
	{"A38: set before there is an endpoint or a key", persistent_set_early},
	{"A39: 540 s without a new key", zeroes},
	{"A39: an unconfirmed session and its response too", zeroes_unconfirmed},
	{"A39: traffic starts the peer again", goes_on_after_zeroing},
	{"A41, A54: a device without a key is down", down},
	{"A41, C29: wall time moves no timer", wall_clock_is_no_timer},
	{"A38, C34: many peers due at once", many_at_once},
	{NULL, NULL},
};

const struct unit_suite suite_clockwork = {"clockwork", tests};
