/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "crypt/state.h"
#include "crypto/aead.h"
#include "rig.h"
#include "suites.h"
#include "util/bytes.h"
#include "wg/messages.h"

static struct rig r;

static void open_rig(void)
{
	rig_open(&r, "s", "auto");
	rig_peer(&r, 2, true);
	rig_lend(&r.black, 256);
	rig_poll(&r);
}

static void no_peer(void)
{
	struct handle sent, h;

	open_rig();
	sent = rig_packet(&r, 1, 200, 64);
	rig_poll(&r);
	CU_ASSERT(rig_find(&r.red, HANDLE_USED, &h));
	CU_ASSERT_EQUAL(h.code, USED_NO_PEER);
	CU_ASSERT_EQUAL(h.index, sent.index);
	rig_packet(&r, 1, 3, 64); /* a route, but the peer was never made */
	rig_poll(&r);
	CU_ASSERT(rig_find(&r.red, HANDLE_USED, &h));
	CU_ASSERT_EQUAL(h.code, USED_NO_PEER);
	rig_peer(&r, 3, false);
	rig_packet(&r, 1, 3, 64);
	rig_poll(&r);
	CU_ASSERT(rig_find(&r.red, HANDLE_USED, &h));
	CU_ASSERT_EQUAL(h.code, USED_NO_ENDPOINT);
	CU_ASSERT_EQUAL(r.stats->drop_no_peer, 2);
	CU_ASSERT_EQUAL(r.stats->drop_no_endpoint, 1);
	rig_close(&r);
}

static void not_ip(void)
{
	struct handle h;

	open_rig();
	h = rig_packet(&r, 1, 2, 64);
	rig_bytes(&r.red, &h)[0] = 0x55;
	h = rig_packet(&r, 1, 2, 19);
	h = rig_packet(&r, 1, 2, 39);
	rig_bytes(&r.red, &h)[0] = 0x65;
	rig_poll(&r);
	CU_ASSERT_EQUAL(r.stats->drop_ip_malformed_tx, 3);
	CU_ASSERT_EQUAL(rig_count(&r.red, HANDLE_USED), 3);
	rig_close(&r);
}

/* A session comes, a packet that waited for it leaves, the session ends: three orders in one round. */
static void sealed_before_the_key_goes(uint8_t end)
{
	const struct session_keys k = rig_keys(500, true, RIG_START);
	const struct crypt_order orders[] = {
		{.kind = CRYPT_SESSION_RX, .slot = 2, .keys = k},
		{.kind = CRYPT_SESSION_TX, .slot = 2, .keys = k},
		{.kind = end, .slot = 2, .keys = rig_keys(600, true, RIG_START)},
	};
	uint8_t message[256], opened[256], packet[64];
	uint16_t length;

	open_rig();
	rig_packet(&r, 1, 2, 64);
	rig_poll(&r);
	CU_ASSERT_EQUAL(ring_send(&r.orders, orders, 3), 3);
	rig_poll(&r);
	CU_ASSERT_FATAL(rig_sealed(&r, message, &length));
	CU_ASSERT_EQUAL_FATAL(length, 64 + MESSAGE_DATA_OVERHEAD);
	rig_write_packet(packet, 1, 2, 64);
	CU_ASSERT_EQUAL(aead_open(opened, message + 16, 64 + 16, NULL, 0, 0, k.send), 0);
	CU_ASSERT_EQUAL(memcmp(opened, packet, 64), 0);
	rig_close(&r);
}

static void ends_behind_its_packets(void)
{
	sealed_before_the_key_goes(CRYPT_WIPE);
	sealed_before_the_key_goes(CRYPT_REMOVE);
	sealed_before_the_key_goes(CRYPT_SESSION_TX);
}

/* Counters and lengths of what was sealed, in order. */
static unsigned sealed_in_order(const uint16_t *lengths, unsigned n)
{
	struct handle h;
	unsigned i = 0;

	while (rig_receive(&r.black, &h, 1) == 1) {
		if (h.kind != HANDLE_FILLED)
			continue;
		CU_ASSERT_EQUAL(get_le64(rig_bytes(&r.black, &h) + 8), i);
		if (i < n)
			CU_ASSERT_EQUAL(h.length, ((lengths[i] + 15) & ~15) + 32);
		i++;
	}
	return i;
}

static void waits_for_a_session(void)
{
	static const uint16_t lengths[] = {40, 80, 160, 320, 640};

	open_rig();
	for (unsigned i = 0; i < 4; i++)
		rig_packet(&r, 1, 2, lengths[i]);
	rig_poll(&r);
	CU_ASSERT_EQUAL(rig_count(&r.red, HANDLE_USED), 0);
	CU_ASSERT_EQUAL(r.reports[2].tx.events, PEER_NEEDS_SESSION);
	CU_ASSERT_EQUAL(r.dirty[0], 1ull << 2);
	rig_session(&r, 2, 10, true);
	rig_packet(&r, 1, 2, lengths[4]);
	rig_poll(&r);
	CU_ASSERT_EQUAL(sealed_in_order(lengths, 5), 5);
	CU_ASSERT_EQUAL(rig_count(&r.red, HANDLE_USED), 5);
	CU_ASSERT_EQUAL(r.stats->keepalives_sent, 0);
	rig_close(&r);
}

/* A packet after `ms`: does control hear of a wish, and is it woken? */
static bool wishes(unsigned ms, uint32_t event)
{
	r.now_ns += ms * CLOCK_MS;
	bell_arm(&r.control_bell);
	rig_lend(&r.black, 1);
	rig_packet(&r, 1, 2, 40);
	rig_poll(&r);
	bool woken = r.control_bell.asleep == 0;
	bell_disarm(&r.control_bell);
	bool told = atomic_exchange(&r.reports[2].tx.events, 0) & event;
	CU_ASSERT_EQUAL(woken, told);
	r.dirty[0] = 0;
	return told;
}

/* Traffic to a peer that is down: control is told at once, and then now and then. */
static void wishes_now_and_then(void)
{
	open_rig();
	CU_ASSERT(wishes(0, PEER_NEEDS_SESSION));
	for (unsigned i = 0; i < 9; i++)
		CU_ASSERT_FALSE(wishes(11, PEER_NEEDS_SESSION));
	CU_ASSERT(wishes(11, PEER_NEEDS_SESSION)); /* A35: there is new traffic */
	CU_ASSERT_FALSE(wishes(1, PEER_NEEDS_SESSION));
	CU_ASSERT(wishes(1000, PEER_NEEDS_SESSION));
	rig_order(&r, CRYPT_DROP_STAGED, 2);
	CU_ASSERT(wishes(1, PEER_NEEDS_SESSION)); /* the first that waits */
	rig_order(&r, CRYPT_REMOVE, 2);
	rig_peer(&r, 2, true);
	CU_ASSERT(wishes(1, PEER_NEEDS_SESSION));
	rig_close(&r);
}

static void wishes_a_new_key_now_and_then(void)
{
	open_rig();
	rig_session(&r, 2, 10, true);
	CU_ASSERT_FALSE(wishes(119999, PEER_KEY_OLD_TX));
	CU_ASSERT(wishes(1, PEER_KEY_OLD_TX));
	for (unsigned i = 0; i < 9; i++)
		CU_ASSERT_FALSE(wishes(11, PEER_KEY_OLD_TX));
	CU_ASSERT(wishes(11, PEER_KEY_OLD_TX));
	CU_ASSERT_FALSE(wishes(1, PEER_KEY_OLD_TX));
	r.now_ns += 60 * CLOCK_SECOND; /* the key ends */
	CU_ASSERT(wishes(0, PEER_NEEDS_SESSION));
	rig_close(&r);
}

static void keepalive_when_nothing_waits(void)
{
	struct handle h;

	open_rig();
	rig_session(&r, 2, 10, true);
	CU_ASSERT(rig_find(&r.black, HANDLE_FILLED, &h));
	CU_ASSERT_EQUAL(h.length, 32);
	CU_ASSERT_EQUAL(h.tag, 2);
	CU_ASSERT(h.offset >= HANDLE_HEADROOM);
	rig_order(&r, CRYPT_KEEPALIVE, 2);
	CU_ASSERT(rig_find(&r.black, HANDLE_FILLED, &h));
	CU_ASSERT_EQUAL(r.stats->keepalives_sent, 2);
	rig_close(&r);
}

static void responder_holds_back(void)
{
	open_rig();
	rig_session(&r, 2, 10, false);
	rig_packet(&r, 1, 2, 40);
	rig_poll(&r);
	CU_ASSERT_EQUAL(rig_count(&r.black, HANDLE_FILLED), 0);
	rig_order(&r, CRYPT_FLUSH, 2); /* not confirmed: still nothing */
	CU_ASSERT_EQUAL(rig_count(&r.black, HANDLE_FILLED), 0);
	r.reports[2].rx.confirmed_index = 11;
	rig_order(&r, CRYPT_FLUSH, 2);
	CU_ASSERT_EQUAL(rig_count(&r.black, HANDLE_FILLED), 1);
	rig_close(&r);
}

/* Packets wait for the responder's session; then its first message comes from that address and port. */
static void confirm_from(uint8_t last, uint16_t port, unsigned waiting)
{
	static struct rig other;
	uint8_t message[64];
	uint16_t length;

	open_rig();
	rig_lend(&r.red, 8);
	rig_session(&r, 2, 10, false);
	for (unsigned i = 0; i < waiting; i++)
		rig_packet(&r, 1, 2, 40);
	rig_poll(&r);
	rig_open(&other, "o", "auto");
	rig_peer(&other, 1, true);
	rig_lend(&other.black, 8);
	rig_session(&other, 1, 10, true);
	CU_ASSERT(rig_sealed(&other, message, &length));
	rig_message(&r, message, length, last, port);
	rig_poll(&r);
	rig_close(&other);
}

/* The first packet under the responder's session lets go of what waited, without control. */
static void confirmation_flushes(void)
{
	confirm_from(1, 1, 1);
	CU_ASSERT_EQUAL(rig_count(&r.black, HANDLE_FILLED), 1);
	rig_close(&r);
}

/* More than one batch of it: black sends in the order in which it is told. */
static void moved_before_confirmed(void)
{
	struct handle h;
	bool moved = false;
	unsigned after = 0;

	confirm_from(77, 4000, 3 * BURST); /* where it was not before */
	while (rig_receive(&r.black, &h, 1) == 1) {
		if (h.kind == HANDLE_FILLED)
			after += moved;
		moved |= h.kind == HANDLE_USED && h.code == USED_MOVED;
	}
	CU_ASSERT(moved);
	CU_ASSERT_EQUAL(after, 3 * BURST);
	rig_close(&r);
}

static void oldest_goes_first(void)
{
	struct handle first, h;

	open_rig();
	first = rig_packet(&r, 1, 2, 40);
	for (unsigned i = 1; i < STAGED_MAX; i++)
		rig_packet(&r, 1, 2, 40);
	rig_poll(&r);
	CU_ASSERT_EQUAL(r.stats->drop_staged_oldest, 0);
	rig_packet(&r, 1, 2, 40);
	rig_poll(&r);
	CU_ASSERT_EQUAL(r.stats->drop_staged_oldest, 1);
	CU_ASSERT(rig_find(&r.red, HANDLE_USED, &h));
	CU_ASSERT_EQUAL(h.index, first.index);
	rig_order(&r, CRYPT_DROP_STAGED, 2);
	CU_ASSERT_EQUAL(r.stats->drop_staged_given_up, STAGED_MAX);
	CU_ASSERT_EQUAL(rig_count(&r.red, HANDLE_USED), STAGED_MAX);
	rig_close(&r);
}

/* A quarter of red's buffers in all; a peer with little keeps what it has. */
static void fair_share(void)
{
	open_rig();
	rig_peer(&r, 3, true);
	rig_peer(&r, 4, true);
	for (unsigned i = 0; i < 4; i++)
		rig_packet(&r, 1, 3, 40);
	for (unsigned i = 0; i < 124; i++)
		rig_packet(&r, 1, 2, 40);
	rig_poll(&r);
	CU_ASSERT_EQUAL(r.stats->drop_staged_oldest, 0);
	for (unsigned i = 0; i < 30; i++)
		rig_packet(&r, 1, 4, 40);
	rig_poll(&r);
	CU_ASSERT_EQUAL(r.stats->drop_staged_oldest, 30);
	rig_count(&r.red, HANDLE_USED);
	rig_order(&r, CRYPT_DROP_STAGED, 3);
	CU_ASSERT_EQUAL(rig_count(&r.red, HANDLE_USED), 4);
	rig_order(&r, CRYPT_DROP_STAGED, 4);
	CU_ASSERT_EQUAL(rig_count(&r.red, HANDLE_USED), 30);
	rig_order(&r, CRYPT_DROP_STAGED, 2);
	CU_ASSERT_EQUAL(rig_count(&r.red, HANDLE_USED), 94);
	rig_close(&r);
}

/* Packets wait for a buffer to be sealed into; none is lost, and order is kept. */
static void no_black_buffers(void)
{
	static const uint16_t lengths[] = {0, 40, 40, 100, 200, 300};

	rig_open(&r, "s", "auto");
	rig_peer(&r, 2, true);
	rig_lend(&r.black, 3);
	rig_session(&r, 2, 10, true); /* its keepalive takes one */
	for (unsigned i = 1; i < 6; i++)
		rig_packet(&r, 1, 2, lengths[i]);
	rig_poll(&r);
	CU_ASSERT_EQUAL(r.stats->sealed_packets, 2);
	CU_ASSERT_EQUAL(rig_count(&r.red, HANDLE_USED), 2);
	rig_lend(&r.black, 4);
	rig_poll(&r);
	CU_ASSERT_EQUAL(r.stats->sealed_packets, 5);
	CU_ASSERT_EQUAL(sealed_in_order(lengths, 6), 6);
	CU_ASSERT_EQUAL(rig_count(&r.red, HANDLE_USED), 3);
	CU_ASSERT_EQUAL(r.stats->no_buffer_black, 0);
	rig_order(&r, CRYPT_KEEPALIVE, 2); /* takes the last */
	rig_order(&r, CRYPT_KEEPALIVE, 2);
	CU_ASSERT_EQUAL(r.stats->no_buffer_black, 1);
	CU_ASSERT_EQUAL(r.stats->keepalives_sent, 2);
	rig_lend(&r.black, 4);
	rig_poll(&r); /* made up for, once */
	CU_ASSERT_EQUAL(r.stats->keepalives_sent, 3);
	rig_close(&r);
}

/* The session comes when black has lent a single buffer: the others leave with those that come. */
static void flushed_in_parts(void)
{
	static const uint16_t lengths[] = {40, 80, 160, 320, 640};

	rig_open(&r, "s", "auto");
	rig_peer(&r, 2, true);
	rig_peer(&r, 3, true);
	rig_lend(&r.black, 1);
	for (unsigned i = 0; i < 5; i++)
		rig_packet(&r, 1, 2, lengths[i]);
	rig_packet(&r, 1, 3, 40);
	rig_poll(&r);
	rig_session(&r, 2, 10, true);
	rig_session(&r, 3, 20, true);
	CU_ASSERT_EQUAL(r.stats->sealed_packets, 1);
	rig_lend(&r.black, 3);
	rig_poll(&r);
	CU_ASSERT_EQUAL(r.stats->sealed_packets, 4);
	rig_lend(&r.black, 3);
	rig_poll(&r);
	CU_ASSERT_EQUAL(r.stats->sealed_packets, 6);
	CU_ASSERT_EQUAL(rig_count(&r.red, HANDLE_USED), 6);
	CU_ASSERT_EQUAL(r.stats->keepalives_sent, 0);
	rig_close(&r);
}

/* What was lent before the order came is there for it. */
static void lent_before_the_order(void)
{
	const struct session_keys k = rig_keys(10, true, RIG_START);
	const struct crypt_order orders[] = {
		{.kind = CRYPT_SESSION_RX, .slot = 2, .keys = k},
		{.kind = CRYPT_SESSION_TX, .slot = 2, .keys = k},
	};

	rig_open(&r, "s", "auto");
	rig_peer(&r, 2, true);
	rig_lend(&r.black, 1);
	CU_ASSERT_EQUAL(ring_send(&r.orders, orders, 2), 2);
	crypt_poll(r.crypt, r.now_ns);
	CU_ASSERT_EQUAL(rig_count(&r.black, HANDLE_FILLED), 1);
	CU_ASSERT_EQUAL(r.stats->no_buffer_black, 0);
	rig_close(&r);
}

/* The last buffer is taken by what waited before: the next packet waits, too. */
static void last_buffer_taken(void)
{
	rig_open(&r, "s", "auto");
	rig_peer(&r, 2, true);
	rig_session(&r, 2, 10, false);
	rig_packet(&r, 1, 2, 40);
	rig_lend(&r.black, 1);
	rig_poll(&r);
	CU_ASSERT_EQUAL(r.crypt->staged_total, 1);
	r.crypt->sending[2] = r.crypt->sending_next[2]; /* as if it had been confirmed just now */
	rig_packet(&r, 1, 2, 80);
	rig_poll(&r);
	CU_ASSERT_EQUAL(r.stats->sealed_packets, 1);
	CU_ASSERT_EQUAL(rig_count(&r.red, HANDLE_USED), 1);
	rig_lend(&r.black, 1);
	rig_poll(&r);
	CU_ASSERT_EQUAL(r.stats->sealed_packets, 2);
	CU_ASSERT_EQUAL(rig_count(&r.red, HANDLE_USED), 1);
	rig_close(&r);
}

/* Who is removed, or loses its session, while it waits for a buffer is owed nothing. */
static void nothing_for_the_removed(void)
{
	rig_open(&r, "s", "auto");
	rig_peer(&r, 2, true);
	rig_peer(&r, 3, true);
	rig_session(&r, 2, 10, true);
	rig_session(&r, 3, 20, true);
	CU_ASSERT_EQUAL(r.stats->no_buffer_black, 2);
	rig_order(&r, CRYPT_REMOVE, 2);
	rig_order(&r, CRYPT_WIPE, 3);
	rig_lend(&r.black, 4);
	rig_poll(&r);
	CU_ASSERT_EQUAL(rig_count(&r.black, HANDLE_FILLED), 0);
	CU_ASSERT_EQUAL(r.reports[3].tx.events, 0);
	rig_close(&r);
}

/*
 * Each side's empty buffers come behind its packets, and each side's packets wait for the other's
 * empty buffers: still both go through.
 */
static void no_mutual_wait(void)
{
	static struct rig other;
	static uint8_t messages[40][128];
	uint16_t length = 0;
	struct handle h;
	unsigned n = 0;

	rig_open(&other, "o", "auto");
	rig_peer(&other, 1, true);
	rig_lend(&other.black, 64);
	rig_session(&other, 1, 10, false);
	other.reports[1].rx.confirmed_index = 11;
	rig_order(&other, CRYPT_FLUSH, 1);
	for (unsigned i = 0; i < 40; i++)
		rig_packet(&other, 2, 1, 40);
	rig_poll(&other);
	while (n < 40 && rig_receive(&other.black, &h, 1) == 1)
		if (h.kind == HANDLE_FILLED)
			memcpy(messages[n++], rig_bytes(&other.black, &h), length = h.length);
	CU_ASSERT_EQUAL_FATAL(n, 40);
	rig_close(&other);

	rig_open(&r, "s", "auto");
	rig_peer(&r, 2, true);
	rig_lend(&r.black, 1);
	rig_session(&r, 2, 10, true);
	rig_count(&r.black, 0);
	for (unsigned i = 0; i < 40; i++) {
		rig_packet(&r, 1, 2, 40);
		rig_message(&r, messages[i], length, 2, 2);
	}
	rig_lend(&r.black, 40);
	rig_lend(&r.red, 40);
	rig_poll(&r);
	CU_ASSERT_EQUAL(r.stats->sealed_packets, 40);
	CU_ASSERT_EQUAL(r.stats->opened_packets, 40);
	rig_close(&r);
}

static const struct unit_test tests[] = {
	{"A45: no peer, no endpoint: given back with the reason", no_peer},
	{"what is no IP packet is dropped", not_ip},
	{"A42, A50: packets wait for the session and keep their order", waits_for_a_session},
	{"A33, A35: traffic for a peer that is down tells control now and then", wishes_now_and_then},
	{"A31: traffic under an old key tells control now and then", wishes_a_new_key_now_and_then},
	{"A25: an initiator with nothing to send sends a keepalive", keepalive_when_nothing_waits},
	{"A25: a responder holds back until it is confirmed", responder_holds_back},
	{"A24: confirmation lets go of what waited", confirmation_flushes},
	{"A51: black hears that a peer has moved before it gets what waited for its session", moved_before_confirmed},
	{"A8, A39: packets under way are sealed before their key is wiped or replaced", ends_behind_its_packets},
	{"A42: 128 per peer, the oldest goes first", oldest_goes_first},
	{"A42: a quarter of the buffers in all, shared fairly", fair_share},
	{"A50: packets wait for a buffer to be sealed into", no_black_buffers},
	{"A42, A25: a session comes while black's buffers are out: what waited leaves later", flushed_in_parts},
	{"A25: buffers that lie in the ring are there for the keepalive", lent_before_the_order},
	{"A50: what waited takes the last buffer: the next packet waits", last_buffer_taken},
	{"A39: nothing follows for a peer that was removed meanwhile", nothing_for_the_removed},
	{"both directions never wait for each other", no_mutual_wait},
	{NULL, NULL},
};

const struct unit_suite suite_stage = {"stage", tests};
