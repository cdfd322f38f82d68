/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "suites.h"
#include "unit.h"
#include "wg/messages.h"
#include "wg/session.h"

#define S CLOCK_SECOND

static struct {
	struct sending current, next;
} tx;
static struct session_rx rx;
static struct session_rings rings;
static uint32_t dropped[RECEIVING_SLOTS];

static struct session_keys keys(uint32_t index, bool initiator, uint64_t birth_ns)
{
	struct session_keys k = {
		.local_index = index,
		.remote_index = index + 1000,
		.birth_ns = birth_ns,
		.initiator = initiator,
	};

	memset(k.send, (int)index, sizeof(k.send));
	memset(k.recv, (int)index + 1, sizeof(k.recv));
	return k;
}

static void reset(void)
{
	memset(&tx, 0, sizeof(tx));
	memset(&rx, 0, sizeof(rx));
}

static void install_tx(uint32_t index, bool initiator, uint64_t birth_ns)
{
	struct session_keys k = keys(index, initiator, birth_ns);

	session_tx_install(&tx.current, &tx.next, &k);
}

static unsigned install_rx(uint32_t index, bool initiator, uint64_t birth_ns)
{
	struct session_keys k = keys(index, initiator, birth_ns);
	unsigned slot;

	return session_rx_install(&rx, &k, &slot, dropped);
}

static struct receiving *find(uint32_t index)
{
	for (unsigned i = 0; i < RECEIVING_SLOTS; i++)
		if (rx.slot[i].role != RECEIVING_NONE && rx.slot[i].local_index == index)
			return &rx.slot[i];
	return NULL;
}

static int role(uint32_t index)
{
	struct receiving *r = find(index);

	return r ? r->role : RECEIVING_NONE;
}

static bool claim(uint64_t now_ns, uint64_t *counter, uint32_t *events)
{
	*events = 0;
	return session_tx_claim(&tx.current, now_ns, counter, events);
}

static bool accept_at(uint32_t index, uint64_t counter, uint64_t now_ns, uint32_t *events)
{
	struct session_news news = {0};
	bool accepted = session_rx_accept(&rx, &rings, find(index), counter, now_ns, &news);

	*events = news.events;
	return accepted;
}

static void initiator_installs_current(void)
{
	uint64_t counter;
	uint32_t events;

	reset();
	install_tx(1, true, 0);
	install_rx(1, true, 0);
	CU_ASSERT(claim(S, &counter, &events));
	CU_ASSERT_EQUAL(counter, 0);
	CU_ASSERT(claim(S, &counter, &events));
	CU_ASSERT_EQUAL(counter, 1);
	CU_ASSERT_EQUAL(events, 0);
	CU_ASSERT_EQUAL(role(1), RECEIVING_CURRENT);
}

static void responder_waits(void)
{
	uint64_t counter;
	uint32_t events;

	reset();
	install_tx(1, false, 0);
	install_rx(1, false, 0);
	CU_ASSERT_FALSE(claim(S, &counter, &events));
	CU_ASSERT_EQUAL(events, PEER_NEEDS_SESSION);
	CU_ASSERT_EQUAL(role(1), RECEIVING_NEXT);
	CU_ASSERT_FALSE(session_tx_confirm(&tx.current, &tx.next, 2));
	CU_ASSERT_FALSE(claim(S, &counter, &events));
	CU_ASSERT(session_tx_confirm(&tx.current, &tx.next, 1));
	CU_ASSERT(claim(S, &counter, &events));
	CU_ASSERT_EQUAL(tx.current.remote_index, 1001);
	CU_ASSERT_FALSE(tx.next.valid);
}

/* A replay under next must not promote it (C5): here the counter was seen before promotion. */
static void replay_before_confirmation(void)
{
	uint32_t events;

	reset();
	install_rx(1, true, 0);
	install_rx(2, false, 0);
	struct receiving *next = find(2);
	CU_ASSERT(replay_accept(&next->replay, &rings.slot[next - rx.slot], 7));
	CU_ASSERT_FALSE(accept_at(2, 7, S, &events));
	CU_ASSERT_EQUAL(events, 0);
	CU_ASSERT_EQUAL(role(2), RECEIVING_NEXT);
	CU_ASSERT_EQUAL(role(1), RECEIVING_CURRENT);
	CU_ASSERT(accept_at(2, 8, S, &events));
	CU_ASSERT_EQUAL(events, PEER_CONFIRMED);
	CU_ASSERT_EQUAL(role(2), RECEIVING_CURRENT);
	CU_ASSERT_EQUAL(role(1), RECEIVING_PREVIOUS);
	CU_ASSERT(accept_at(2, 9, S, &events));
	CU_ASSERT_EQUAL(events, 0);
}

static void promotion_drops_previous(void)
{
	struct session_news news = {0};
	uint32_t events;

	reset();
	install_rx(1, true, 0);
	CU_ASSERT_EQUAL(install_rx(2, true, 0), 0);
	CU_ASSERT_EQUAL(role(1), RECEIVING_PREVIOUS);
	CU_ASSERT(accept_at(2, 0, S, &events));
	CU_ASSERT_EQUAL(install_rx(3, true, 0), 1);
	CU_ASSERT_EQUAL(dropped[0], 1);
	CU_ASSERT_EQUAL(role(2), RECEIVING_PREVIOUS);
	CU_ASSERT(accept_at(3, 0, S, &events));
	CU_ASSERT_EQUAL(install_rx(4, false, 0), 0);
	CU_ASSERT_EQUAL(role(2), RECEIVING_PREVIOUS);
	CU_ASSERT_EQUAL(role(4), RECEIVING_NEXT);
	CU_ASSERT(session_rx_accept(&rx, &rings, find(4), 0, S, &news));
	CU_ASSERT_TRUE(news.has_dropped);
	CU_ASSERT_EQUAL(news.dropped, 2);
	CU_ASSERT_EQUAL(role(3), RECEIVING_PREVIOUS);
	CU_ASSERT_EQUAL(role(4), RECEIVING_CURRENT);
}

/*
 * What confirms our session was lost, so the other side goes on under the one before. When it starts
 * anew, what it has under way is under that one, and it was not seen under ours.
 */
static void previous_in_use(void)
{
	struct session_news news = {0};
	uint32_t events;

	reset();
	install_rx(1, true, 0);
	CU_ASSERT(accept_at(1, 0, S, &events));
	install_rx(2, true, 0);
	install_rx(3, false, 0);
	CU_ASSERT(accept_at(1, 1, S, &events));
	CU_ASSERT(session_rx_accept(&rx, &rings, find(3), 0, S, &news));
	CU_ASSERT_TRUE(news.has_dropped);
	CU_ASSERT_EQUAL(news.dropped, 2);
	CU_ASSERT_EQUAL(role(1), RECEIVING_PREVIOUS);
	CU_ASSERT(accept_at(1, 2, S, &events));
	CU_ASSERT_EQUAL(install_rx(4, true, 0), 1); /* 3 was used: it is previous now */
	CU_ASSERT_EQUAL(dropped[0], 1);
	CU_ASSERT_EQUAL(install_rx(5, true, 0), 1); /* 4 was not */
	CU_ASSERT_EQUAL(dropped[0], 4);
	CU_ASSERT_EQUAL(role(3), RECEIVING_PREVIOUS);
	CU_ASSERT_EQUAL(role(5), RECEIVING_CURRENT);
}

static void next_replaced(void)
{
	reset();
	install_rx(1, true, 0);
	install_rx(2, false, 0);
	CU_ASSERT_EQUAL(install_rx(3, false, 0), 1);
	CU_ASSERT_EQUAL(dropped[0], 2);
	CU_ASSERT_EQUAL(role(1), RECEIVING_CURRENT);
	CU_ASSERT_EQUAL(role(3), RECEIVING_NEXT);
}

/* Initiator while next is unconfirmed: next becomes previous, the former current ends. */
static void initiator_over_next(void)
{
	reset();
	install_rx(1, true, 0);
	install_rx(2, false, 0);
	CU_ASSERT_EQUAL(install_rx(3, true, 0), 1);
	CU_ASSERT_EQUAL(dropped[0], 1);
	CU_ASSERT_EQUAL(role(2), RECEIVING_PREVIOUS);
	CU_ASSERT_EQUAL(role(3), RECEIVING_CURRENT);
}

/* One that nobody confirmed within 5 s is no reason to end the session in use. */
static void initiator_over_forsaken_next(void)
{
	uint32_t events;

	reset();
	install_rx(1, true, 0);
	CU_ASSERT(accept_at(1, 0, S, &events));
	install_rx(2, false, S);
	CU_ASSERT_EQUAL(install_rx(3, true, 6 * S + 1), 1);
	CU_ASSERT_EQUAL(dropped[0], 2);
	CU_ASSERT_EQUAL(role(1), RECEIVING_PREVIOUS);
	CU_ASSERT_EQUAL(role(3), RECEIVING_CURRENT);
	install_rx(4, false, 10 * S);
	CU_ASSERT_EQUAL(install_rx(5, true, 15 * S), 2); /* just in time */
	CU_ASSERT_EQUAL(role(4), RECEIVING_PREVIOUS);
}

/* Nor is one that the other side gave up, however new: messages under the session in use are under way. */
static void initiator_over_crossed_next(void)
{
	struct session_keys third = keys(3, true, S);
	uint32_t events;
	unsigned slot;

	third.crossed = true;
	reset();
	install_rx(1, true, 0);
	CU_ASSERT(accept_at(1, 0, S, &events));
	install_rx(2, false, S);
	CU_ASSERT_EQUAL(session_rx_install(&rx, &third, &slot, dropped), 1);
	CU_ASSERT_EQUAL(dropped[0], 2);
	CU_ASSERT_EQUAL(role(1), RECEIVING_PREVIOUS);
	CU_ASSERT_EQUAL(role(3), RECEIVING_CURRENT);
	CU_ASSERT(accept_at(1, 1, S, &events));
}

static void any_live_slot_receives(void)
{
	uint32_t events;

	reset();
	install_rx(1, true, 0);
	install_rx(2, true, 0);
	install_rx(3, false, 0);
	CU_ASSERT(accept_at(1, 0, S, &events));
	CU_ASSERT(accept_at(2, 0, S, &events));
	CU_ASSERT(accept_at(3, 0, S, &events)); /* 1 goes */
	CU_ASSERT(accept_at(2, 1, S, &events));
	CU_ASSERT_EQUAL(events, 0);
	CU_ASSERT_EQUAL(role(3), RECEIVING_CURRENT);
}

static void counter_limits(void)
{
	uint64_t counter;
	uint32_t events;

	reset();
	install_tx(1, false, 0);
	session_tx_confirm(&tx.current, &tx.next, 1);
	tx.current.counter = REKEY_AFTER_MESSAGES - 1;
	CU_ASSERT(claim(S, &counter, &events));
	CU_ASSERT_EQUAL(events, 0);
	CU_ASSERT(claim(S, &counter, &events));
	CU_ASSERT_EQUAL(events, PEER_KEY_OLD_TX);
	tx.current.counter = REJECT_AFTER_MESSAGES - 1;
	CU_ASSERT(claim(S, &counter, &events));
	CU_ASSERT_EQUAL(counter, REJECT_AFTER_MESSAGES - 1);
	CU_ASSERT_FALSE(claim(S, &counter, &events));
	CU_ASSERT_EQUAL(events, PEER_NEEDS_SESSION);
	install_rx(1, true, 0);
	CU_ASSERT(session_rx_usable(find(1), REJECT_AFTER_MESSAGES - 1, S));
	CU_ASSERT_FALSE(session_rx_usable(find(1), REJECT_AFTER_MESSAGES, S));
}

static void age_limits(void)
{
	uint64_t counter;
	uint32_t events;

	reset();
	install_tx(1, true, 10 * S);
	install_rx(1, true, 10 * S);
	CU_ASSERT(claim(190 * S - 1, &counter, &events));
	CU_ASSERT_FALSE(claim(190 * S, &counter, &events));
	CU_ASSERT_EQUAL(events, PEER_NEEDS_SESSION);
	CU_ASSERT(session_rx_usable(find(1), 0, 190 * S - 1));
	CU_ASSERT_FALSE(session_rx_usable(find(1), 0, 190 * S));
	/* the other thread's clock may be a moment behind */
	CU_ASSERT(session_rx_usable(find(1), 0, 10 * S - 5));
	CU_ASSERT(claim(10 * S - 5, &counter, &events));
}

static void old_on_send(void)
{
	uint64_t counter;
	uint32_t events;

	reset();
	install_tx(1, true, 0);
	CU_ASSERT(claim(120 * S - 1, &counter, &events));
	CU_ASSERT_EQUAL(events, 0);
	CU_ASSERT(claim(120 * S, &counter, &events));
	CU_ASSERT_EQUAL(events, PEER_KEY_OLD_TX);
	reset();
	install_tx(1, false, 0);
	session_tx_confirm(&tx.current, &tx.next, 1);
	CU_ASSERT(claim(179 * S, &counter, &events));
	CU_ASSERT_EQUAL(events, 0);
}

static void old_on_receive(void)
{
	uint32_t events;

	reset();
	install_rx(1, true, 0);
	CU_ASSERT(accept_at(1, 0, 165 * S - 1, &events));
	CU_ASSERT_EQUAL(events, 0);
	CU_ASSERT(accept_at(1, 1, 165 * S, &events));
	CU_ASSERT_EQUAL(events, PEER_KEY_OLD_RX);
	CU_ASSERT(accept_at(1, 2, 166 * S, &events));
	CU_ASSERT_EQUAL(events, 0);
	reset();
	install_rx(1, false, 0);
	CU_ASSERT(accept_at(1, 0, 170 * S, &events));
	CU_ASSERT_EQUAL(events, PEER_CONFIRMED);
}

static bool zeroed(const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		if (b[i])
			return false;
	return true;
}

static void wiping(void)
{
	reset();
	install_tx(1, true, 0);
	install_tx(2, false, 0);
	install_rx(1, true, 0);
	install_rx(2, false, 0);
	CU_ASSERT_EQUAL(session_tx_expire(&tx.current, &tx.next, 180 * S - 1), 0);
	CU_ASSERT_EQUAL(session_rx_expire(&rx, 180 * S - 1, dropped), 0);
	CU_ASSERT_EQUAL(session_tx_wipe(&tx.current, &tx.next), 2);
	CU_ASSERT_EQUAL(session_rx_wipe(&rx, dropped), 2);
	CU_ASSERT(zeroed(&tx, sizeof(tx)));
	CU_ASSERT(zeroed(&rx, sizeof(rx)));
	install_tx(3, true, 0);
	install_rx(3, true, 0);
	CU_ASSERT_EQUAL(session_tx_expire(&tx.current, &tx.next, 180 * S), 1);
	CU_ASSERT_EQUAL(session_rx_expire(&rx, 180 * S, dropped), 1);
	CU_ASSERT_EQUAL(dropped[0], 3);
	CU_ASSERT(zeroed(&tx, sizeof(tx)));
	CU_ASSERT(zeroed(&rx, sizeof(rx)));
}

static void replaced_keys_are_wiped(void)
{
	uint8_t pattern[32];

	reset();
	install_tx(0x5a, true, 0);
	install_tx(0x66, true, 0);
	memset(pattern, 0x5a, sizeof(pattern));
	for (size_t i = 0; i + 32 <= sizeof(tx); i++)
		CU_ASSERT_NOT_EQUAL(memcmp((uint8_t *)&tx + i, pattern, 32), 0);
}

/* What is installed is all that the keys say, and nothing of what was there before. */
static void installed_as_given(void)
{
	struct session_keys k = keys(7, true, 50 * S);
	unsigned slot = 99;

	memset(&rx, 1, sizeof(rx));
	for (unsigned i = 0; i < RECEIVING_SLOTS; i++)
		rx.slot[i].role = RECEIVING_NONE;
	CU_ASSERT_EQUAL(session_rx_install(&rx, &k, &slot, dropped), 0);
	CU_ASSERT_PTR_EQUAL(&rx.slot[slot], find(7));
	CU_ASSERT_EQUAL(memcmp(find(7)->key, k.recv, 32), 0);
	CU_ASSERT_FALSE(find(7)->old_reported);
	CU_ASSERT_EQUAL(find(7)->replay.greatest, 0);
	reset();
	install_tx(6, false, 0);
	CU_ASSERT_EQUAL(session_tx_install(&tx.current, &tx.next, &k), 1); /* next is gone with it */
	CU_ASSERT_FALSE(tx.next.valid);
	CU_ASSERT_EQUAL(memcmp(tx.current.key, k.send, 32), 0);
	CU_ASSERT_EQUAL(tx.current.birth_ns, 50 * S);
	CU_ASSERT_EQUAL(tx.current.local_index, 7);
	CU_ASSERT_EQUAL(tx.current.remote_index, 1007);
	k = keys(8, false, 51 * S);
	CU_ASSERT_EQUAL(session_tx_install(&tx.current, &tx.next, &k), 0); /* current stays */
	CU_ASSERT_TRUE(tx.current.valid);
}

static void what_is_not_there(void)
{
	struct receiving none = {.role = RECEIVING_NONE};

	reset();
	CU_ASSERT_FALSE(session_tx_confirm(&tx.current, &tx.next, 0)); /* also when its index is that of nothing */
	CU_ASSERT_FALSE(tx.current.valid);
	CU_ASSERT_FALSE(session_rx_usable(&none, 0, 1));
}

static void next_ends_too(void)
{
	reset();
	install_tx(1, false, 50 * S);
	CU_ASSERT_EQUAL(session_tx_expire(&tx.current, &tx.next, 230 * S - 1), 0);
	CU_ASSERT_TRUE(tx.next.valid);
	CU_ASSERT_EQUAL(session_tx_expire(&tx.current, &tx.next, 230 * S), 1);
	CU_ASSERT_FALSE(tx.next.valid);
}

/* Only of the session in use it is worth knowing that it is old. */
static void previous_is_not_renewed(void)
{
	struct session_news news = {0};
	uint32_t events;

	reset();
	install_rx(1, true, 0);
	install_rx(2, true, 10 * S);
	CU_ASSERT_EQUAL(role(1), RECEIVING_PREVIOUS);
	CU_ASSERT_TRUE(accept_at(1, 0, 170 * S, &events));
	CU_ASSERT_EQUAL(events, 0);
	CU_ASSERT_TRUE(session_rx_accept(&rx, &rings, find(2), 0, 20 * S, &news));
	CU_ASSERT_FALSE(news.has_dropped);
}

static void three_slots(void)
{
	struct {
		struct session_rx rx;
		struct receiving behind;
	} some = {.behind = {.role = RECEIVING_CURRENT, .local_index = 5}};

	CU_ASSERT_EQUAL(session_rx_expire(&some.rx, 1000 * S, dropped), 0);
	CU_ASSERT_EQUAL(some.behind.local_index, 5);
	CU_ASSERT_EQUAL(session_rx_wipe(&some.rx, dropped), 0);
	CU_ASSERT_EQUAL(some.behind.local_index, 5);
}

static const struct unit_test tests[] = {
	{"A24: the initiator installs current", initiator_installs_current},
	{"A25: a responder sends nothing before it is confirmed", responder_waits},
	{"A24, C5: a replay does not confirm a session", replay_before_confirmation},
	{"A24: promotion moves current to previous", promotion_drops_previous},
	{"A24: a second next replaces the first", next_replaced},
	{"A24: the initiator's session over an unconfirmed next", initiator_over_next},
	{"A24, C7: a session that the other side never took up goes before the one in use",
		previous_in_use},
	{"A24, C8: the initiator's session over a next that nobody confirmed",
		initiator_over_forsaken_next},
	{"A24, C8: the initiator's session over a next that was given up", initiator_over_crossed_next},
	{"A26: any live session receives", any_live_slot_receives},
	{"A29: limits of the counter", counter_limits},
	{"A30, C7: no use from 180 s on", age_limits},
	{"A31: the initiator's key is old from 120 s on", old_on_send},
	{"A32: renewed on receiving from 165 s on, once", old_on_receive},
	{"A39: wiping and expiry leave no byte", wiping},
	{"A12: a replaced key is gone", replaced_keys_are_wiped},
	{"A24, A8: sessions are installed as they were given", installed_as_given},
	{"A25, A26: what is not there is not used", what_is_not_there},
	{"A30: an unconfirmed session ends, too", next_ends_too},
	{"A32: a former session's age is of no interest", previous_is_not_renewed},
	{"A24: there are three slots", three_slots},
	{NULL, NULL},
};

const struct unit_suite suite_session = {"session", tests};
