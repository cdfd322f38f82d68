/* SPDX-License-Identifier: BSD-3-Clause */
/* Several crypt threads: whose a half of a peer is, how it moves, and what each says to the others'. */
#include <string.h>

#include "crypt/state.h"
#include "rig.h"
#include "suites.h"
#include "util/bytes.h"
#include "wg/messages.h"

#define PEER 2
#define FAR  7 /* that peer's slot at the other side */

static struct rig t[2]; /* two threads of one site, */
static struct rig far;  /* and the site behind the peer */

/* Sealed for by number 1, opened for by number 0, both supplied with buffers. */
static void open_threads(void)
{
	rig_open_threads(t, 2, "t", "auto");
	rig_peer(&t[0], PEER, true);
	for (unsigned i = 0; i < 2; i++) {
		rig_lend(&t[i].black, 64);
		rig_lend(&t[i].red, 64);
		rig_poll(&t[i]);
	}
	rig_move(&t[0], &t[1], PEER, CRYPT_SEALS);
}

static void close_threads(void)
{
	rig_close_threads(t, 2);
}

static void session_half(struct rig *r, uint8_t kind, uint32_t seed, bool initiator)
{
	struct crypt_order o = {.kind = kind, .slot = PEER,
		.keys = rig_keys(seed, initiator, r->now_ns)};
	struct crypt_ack ack;

	ring_send(&r->orders, &o, 1);
	rig_poll(r);
	CU_ASSERT(rig_ack(r, &ack) && ack.kind == kind && ack.local_index == o.keys.local_index);
}

static void session(uint32_t seed, bool initiator)
{
	session_half(&t[0], CRYPT_SESSION_RX, seed, initiator);
	session_half(&t[1], CRYPT_SESSION_TX, seed, initiator);
}

static void open_far(uint32_t seed, bool initiator)
{
	rig_open(&far, "far", "auto");
	rig_peer(&far, FAR, true);
	rig_lend(&far.black, 64);
	rig_lend(&far.red, 64);
	rig_poll(&far);
	rig_session(&far, FAR, seed, initiator);
}

static void goes_elsewhere(void)
{
	struct handle sent, h;

	open_threads();
	session(100, true);
	CU_ASSERT_EQUAL(rig_count(&t[1].black, HANDLE_FILLED), 1); /* A25: its keepalive */
	sent = rig_packet(&t[0], 1, PEER, 64);
	rig_poll(&t[0]);
	CU_ASSERT_FATAL(rig_receive(&t[0].red, &h, 1) == 1);
	CU_ASSERT(h.kind == HANDLE_USED && h.code == USED_ELSEWHERE && h.tag == 1);
	CU_ASSERT_EQUAL(h.index, sent.index);
	CU_ASSERT_EQUAL(t[0].stats->passed_on, 1);
	CU_ASSERT_EQUAL(rig_count(&t[0].black, HANDLE_FILLED), 0);
	ring_send(&t[1].red.to, &sent, 1); /* as red does */
	rig_poll(&t[1]);
	CU_ASSERT_EQUAL(rig_count(&t[1].black, HANDLE_FILLED), 1);
	CU_ASSERT(rig_find(&t[1].red, HANDLE_USED, &h) && h.code == USED_DONE);
	close_threads();
}

/* Packets of `list`, in its order, come out of `ring` as the kind says. */
static void same_order(struct rig_side *s, uint8_t code, const struct handle *list, unsigned n)
{
	struct handle h;
	unsigned i = 0;

	while (rig_receive(s, &h, 1) == 1) {
		if (h.kind != HANDLE_USED || h.code != code || i == n)
			continue;
		CU_ASSERT_EQUAL(h.index, list[i].index);
		i++;
	}
	CU_ASSERT_EQUAL(i, n);
}

static void staged_move_too(void)
{
	struct handle list[20];
	uint64_t counter;
	struct handle h;

	rig_open_threads(t, 2, "t", "auto");
	rig_peer(&t[0], PEER, true);
	rig_lend(&t[0].black, 64);
	rig_lend(&t[1].black, 64);
	for (unsigned i = 0; i < 20; i++)
		list[i] = rig_packet(&t[0], 1, PEER, (uint16_t)(64 + i));
	rig_poll(&t[0]);
	CU_ASSERT_EQUAL(t[0].stats->staged, 20);
	rig_move(&t[0], &t[1], PEER, CRYPT_SEALS);
	same_order(&t[0].red, USED_ELSEWHERE, list, 20);
	ring_send(&t[1].red.to, list, 20);
	rig_poll(&t[1]);
	CU_ASSERT_EQUAL(t[1].stats->staged, 20); /* that the peer exists was handed over */
	session_half(&t[1], CRYPT_SESSION_TX, 100, true);
	same_order(&t[1].red, USED_DONE, list, 20);
	for (counter = 0; rig_find(&t[1].black, HANDLE_FILLED, &h); counter++)
		;
	CU_ASSERT_EQUAL(t[1].stats->sealed_packets, 20);
	CU_ASSERT_EQUAL(t[0].stats->sealed_packets, 0);
	close_threads();
}

static void take_waits(void)
{
	struct crypt_order take = {.kind = CRYPT_TAKE, .slot = PEER, .half = CRYPT_SEALS};
	struct crypt_order tx = {.kind = CRYPT_SESSION_TX, .slot = PEER};
	struct crypt_order yield = {
		.kind = CRYPT_YIELD, .slot = PEER, .half = CRYPT_SEALS, .to = 1};
	struct crypt_ack ack;

	rig_open_threads(t, 2, "t", "auto");
	rig_peer(&t[0], PEER, true);
	rig_lend(&t[1].black, 64);
	tx.keys = rig_keys(100, true, t[1].now_ns);
	ring_send(&t[1].orders, &take, 1);
	ring_send(&t[1].orders, &tx, 1);
	rig_poll(&t[1]);
	rig_order(&t[1], CRYPT_WIPE, PEER); /* comes behind */
	CU_ASSERT_FALSE(rig_ack(&t[1], &ack));
	bell_arm(&t[0].bells[1]);
	ring_send(&t[0].orders, &yield, 1);
	rig_poll(&t[0]);
	CU_ASSERT_EQUAL(t[0].bells[1].asleep, 0); /* who waits is woken */
	rig_poll(&t[1]);
	CU_ASSERT(rig_ack(&t[1], &ack) && ack.kind == CRYPT_SESSION_TX);
	CU_ASSERT(rig_ack(&t[1], &ack) && ack.kind == CRYPT_WIPE);
	CU_ASSERT_EQUAL(t[1].stats->sessions_refused, 0);
	close_threads();
}

static void both_ways(void)
{
	uint8_t message[2048];
	uint16_t length;
	struct handle h;

	open_threads();
	open_far(100, false);
	session(100, true);
	CU_ASSERT_FATAL(rig_sealed(&t[1], message, &length));
	rig_message(&far, message, length, 1, 51820); /* confirms the session */
	rig_poll(&far);
	rig_packet(&t[1], FAR, PEER, 100);
	rig_poll(&t[1]);
	CU_ASSERT_FATAL(rig_sealed(&t[1], message, &length));
	rig_message(&far, message, length, 1, 51820);
	rig_poll(&far);
	CU_ASSERT(rig_find(&far.red, HANDLE_FILLED, &h) && h.length == 100);
	rig_packet(&far, PEER, FAR, 200);
	rig_poll(&far);
	CU_ASSERT_FATAL(rig_sealed(&far, message, &length));
	rig_message(&t[0], message, length, 2, 51820);
	rig_poll(&t[0]);
	CU_ASSERT(rig_find(&t[0].red, HANDLE_FILLED, &h) && h.length == 200);
	/* each wrote into its own half of the report */
	const struct peer_report *report = &t[0].reports[PEER];
	CU_ASSERT_EQUAL(report->tx.packets, 2);
	CU_ASSERT_EQUAL(report->rx.packets, 1);
	CU_ASSERT_EQUAL(t[1].stats->opened_packets + t[0].stats->sealed_packets, 0);
	rig_close(&far);
	close_threads();
}

/* A25: the thread that opens sees the first message, the one that seals hears of it by control. */
static void confirmed_by_control(void)
{
	uint8_t message[2048];
	uint16_t length;

	open_threads();
	open_far(100, true);
	session(100, false);
	rig_packet(&t[1], FAR, PEER, 100);
	rig_poll(&t[1]);
	CU_ASSERT_EQUAL(t[1].stats->staged, 1);
	rig_packet(&far, PEER, FAR, 64);
	rig_poll(&far);
	CU_ASSERT_FATAL(rig_sealed(&far, message, &length));
	rig_message(&t[0], message, length, 2, 51820);
	rig_poll(&t[0]);
	CU_ASSERT_TRUE(t[0].reports[PEER].rx.events & PEER_CONFIRMED);
	rig_poll(&t[1]);
	CU_ASSERT_EQUAL(t[1].stats->sealed_packets, 0);
	rig_order(&t[1], CRYPT_FLUSH, PEER);
	CU_ASSERT_EQUAL(t[1].stats->sealed_packets, 1);
	rig_close(&far);
	close_threads();
}

/* Hostile black: a message to the thread that does not have its session. */
static void wrong_thread_opens(void)
{
	uint8_t message[2048];
	uint16_t length;

	open_threads();
	open_far(100, true);
	session(100, false);
	rig_packet(&far, PEER, FAR, 64);
	rig_poll(&far);
	CU_ASSERT_FATAL(rig_sealed(&far, message, &length));
	rig_message(&t[1], message, length, 2, 51820);
	rig_poll(&t[1]);
	CU_ASSERT_EQUAL(t[1].stats->drop_index, 1);
	CU_ASSERT_EQUAL(t[1].stats->opened_packets, 0);
	CU_ASSERT_EQUAL(t[0].reports[PEER].rx.packets, 0);
	rig_close(&far);
	close_threads();
}

/*
 * Hostile black: a message waits, and it was looked up; then its peer goes to the other thread. A session
 * of that one now lies where the hint points to. (Black would write its index into the message.)
 */
static void hint_from_before(void)
{
	uint8_t message[2048];
	uint16_t length;

	rig_open_threads(t, 2, "t", "auto");
	rig_peer(&t[0], PEER, true);
	open_far(100, true);
	session_half(&t[0], CRYPT_SESSION_RX, 100, false);
	rig_packet(&far, PEER, FAR, 64);
	rig_poll(&far);
	CU_ASSERT_FATAL(rig_sealed(&far, message, &length));
	rig_message(&t[0], message, length, 2, 51820);
	rig_poll(&t[0]); /* red has lent nothing */
	CU_ASSERT_EQUAL(t[0].crypt->black.backlog.known, 1);
	rig_move(&t[0], &t[1], PEER, CRYPT_OPENS);
	session_half(&t[1], CRYPT_SESSION_RX, 100, false);
	rig_lend(&t[0].red, 4);
	rig_poll(&t[0]);
	CU_ASSERT_EQUAL(t[0].stats->opened_packets, 0);
	CU_ASSERT_EQUAL(t[0].stats->drop_index, 1);
	CU_ASSERT_EQUAL(t[0].reports[PEER].rx.packets, 0);
	rig_close(&far);
	close_threads();
}

static void not_its_half(void)
{
	static const uint8_t kinds[] = {CRYPT_KEEPALIVE, CRYPT_FLUSH, CRYPT_DROP_STAGED, CRYPT_PEER};

	open_threads();
	session(100, true);
	const struct crypt *c = t[0].crypt;
	session_half(&t[0], CRYPT_SESSION_TX, 300, true);
	session_half(&t[1], CRYPT_SESSION_RX, 300, true);
	CU_ASSERT_EQUAL(t[0].stats->sessions_refused, 1);
	CU_ASSERT_EQUAL(t[1].stats->sessions_refused, 1);
	for (unsigned i = 0; i < sizeof(kinds); i++)
		rig_order(&t[0], kinds[i], PEER);
	CU_ASSERT_TRUE(c->flags[PEER] & SENDER_ENDPOINT);
	CU_ASSERT_EQUAL(c->sending[PEER].local_index, 100);
	CU_ASSERT_EQUAL(rig_count(&t[0].black, HANDLE_FILLED), 0);
	t[0].reports[PEER].rx.source_tag = 5;
	rig_order(&t[1], CRYPT_SOURCE, PEER);
	CU_ASSERT_EQUAL(t[0].reports[PEER].rx.source_tag, 5);
	rig_order(&t[0], CRYPT_SOURCE, PEER);
	CU_ASSERT_EQUAL(t[0].reports[PEER].rx.source_tag, 0);
	close_threads();
}

static void each_wipes_its_half(void)
{
	struct crypt_ack ack;

	open_threads();
	session(100, true);
	const struct crypt *c = t[0].crypt;
	rig_order(&t[0], CRYPT_WIPE, PEER);
	CU_ASSERT(rig_ack(&t[0], &ack) && ack.kind == CRYPT_WIPE);
	CU_ASSERT_TRUE(c->sending[PEER].valid);
	CU_ASSERT_EQUAL(c->receivers[PEER].session.slot[0].role, RECEIVING_NONE);
	rig_order(&t[1], CRYPT_WIPE, PEER);
	CU_ASSERT(rig_ack(&t[1], &ack) && ack.kind == CRYPT_WIPE);
	CU_ASSERT_FALSE(c->sending[PEER].valid);
	session(100, true);
	rig_order(&t[1], CRYPT_REMOVE, PEER);
	CU_ASSERT_FALSE(c->flags[PEER] & SENDER_EXISTS);
	CU_ASSERT_NOT_EQUAL(c->receivers[PEER].session.slot[0].role, RECEIVING_NONE);
	rig_order(&t[0], CRYPT_REMOVE, PEER);
	CU_ASSERT_EQUAL(c->receivers[PEER].session.slot[0].role, RECEIVING_NONE);
	CU_ASSERT_EQUAL(t[0].reports[PEER].tx.packets, 0);
	close_threads();
}

/* Keys do not outlive their time with either thread, nor a move. */
static void no_key_stays(void)
{
	open_threads();
	session(100, true);
	const struct crypt *c = t[0].crypt;
	rig_move(&t[1], &t[0], PEER, CRYPT_SEALS);
	CU_ASSERT_FALSE(c->sending[PEER].valid);
	rig_move(&t[0], &t[1], PEER, CRYPT_OPENS);
	CU_ASSERT_EQUAL(c->receivers[PEER].session.slot[0].role, RECEIVING_NONE);
	CU_ASSERT_EQUAL(t[0].crypt->indices.used, 0);
	rig_move(&t[0], &t[1], PEER, CRYPT_SEALS);
	rig_move(&t[1], &t[0], PEER, CRYPT_OPENS);
	session(200, true);
	t[0].now_ns = t[1].now_ns += REJECT_AFTER_TIME;
	rig_poll(&t[0]);
	CU_ASSERT_EQUAL(c->receivers[PEER].session.slot[0].role, RECEIVING_NONE);
	CU_ASSERT_TRUE(c->sending[PEER].valid);
	rig_poll(&t[1]);
	CU_ASSERT_FALSE(c->sending[PEER].valid);
	close_threads();
}

/* A yield to nobody, or of what is not one's own, changes nothing. */
static void wrong_yields(void)
{
	struct crypt_order o = {.kind = CRYPT_YIELD, .slot = PEER, .half = CRYPT_SEALS, .to = 2};

	open_threads();
	const struct crypt *c = t[0].crypt;
	ring_send(&t[1].orders, &o, 1);
	rig_poll(&t[1]);
	CU_ASSERT_EQUAL(crypt_sealer(c, PEER), 1);
	o.to = 0;
	ring_send(&t[0].orders, &o, 1);
	rig_poll(&t[0]);
	CU_ASSERT_EQUAL(crypt_sealer(c, PEER), 1);
	o.slot = RIG_PEERS;
	ring_send(&t[0].orders, &o, 1);
	o.kind = CRYPT_TAKE;
	ring_send(&t[0].orders, &o, 1);
	rig_order(&t[0], CRYPT_WIPE, PEER); /* is not kept waiting */
	struct crypt_ack ack;
	CU_ASSERT(rig_ack(&t[0], &ack) && ack.kind == CRYPT_WIPE);
	close_threads();
}

/* C19: hostile red lends one buffer to both threads: each gives it back once, and nothing else. */
static void one_buffer_twice(void)
{
	struct handle h;

	open_threads();
	session(100, true);
	rig_count(&t[1].black, HANDLE_FILLED);
	struct handle sent = rig_packet(&t[1], 1, PEER, 64);
	ring_send(&t[0].red.to, &sent, 1);
	rig_poll(&t[1]);
	rig_poll(&t[0]);
	CU_ASSERT_EQUAL(rig_count(&t[1].black, HANDLE_FILLED), 1);
	CU_ASSERT(rig_find(&t[0].red, HANDLE_USED, &h) && h.code == USED_ELSEWHERE);
	CU_ASSERT(rig_find(&t[1].red, HANDLE_USED, &h) && h.code == USED_DONE);
	close_threads();
}

/* All in one burst of orders: what was staged is sealed under the key that was there when it was. */
static void in_one_burst(uint8_t second)
{
	struct crypt_order list[] = {
		{.kind = CRYPT_SESSION_TX, .slot = PEER}, {.kind = second, .slot = PEER}};
	uint8_t message[2048];
	uint16_t length;
	struct handle h;

	open_threads();
	open_far(100, false);
	rig_packet(&t[1], FAR, PEER, 100);
	rig_poll(&t[1]);
	list[0].keys = rig_keys(100, true, t[1].now_ns);
	list[1].keys = rig_keys(300, true, t[1].now_ns);
	ring_send(&t[1].orders, list, 2);
	rig_poll(&t[1]);
	CU_ASSERT_FATAL(rig_sealed(&t[1], message, &length));
	rig_message(&far, message, length, 1, 51820);
	rig_poll(&far);
	CU_ASSERT_EQUAL(far.stats->drop_tag, 0);
	CU_ASSERT(rig_find(&far.red, HANDLE_FILLED, &h) && h.length == 100);
	rig_close(&far);
	close_threads();
}

static void replaced_in_one_burst(void)
{
	in_one_burst(CRYPT_SESSION_TX);
}

static void wiped_in_one_burst(void)
{
	in_one_burst(CRYPT_WIPE);
}

static const struct unit_test tests[] = {
	{"A50: a packet for a peer of another thread goes back for that one", goes_elsewhere},
	{"A42, A50: what was staged moves with the peer, in order", staged_move_too},
	{"who takes a half waits until it was given", take_waits},
	{"one seals, the other opens", both_ways},
	{"A25: the session is confirmed with one, and used by the other", confirmed_by_control},
	{"hostile: C14: a message for the other thread's session", wrong_thread_opens},
	{"hostile: C14, C16: looked up before its session went to the other thread", hint_from_before},
	{"hostile: A51: orders for a half that is not its own", not_its_half},
	{"A39, A40: each wipes its half", each_wipes_its_half},
	{"A30: no key stays behind, by time or by a move", no_key_stays},
	{"hostile: halves given to nobody, or by nobody", wrong_yields},
	{"hostile: C19: one buffer lent to two threads", one_buffer_twice},
	{"A29: staged packets, their key replaced in the same burst of orders", replaced_in_one_burst},
	{"A39: staged packets, their key wiped in the same burst of orders", wiped_in_one_burst},
	{NULL, NULL},
};

const struct unit_suite suite_threads = {"threads", tests};
