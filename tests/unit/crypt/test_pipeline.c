/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "crypto/provider.h"
#include "crypto/secret.h"
#include "eal.h"
#include "rig.h"
#include "suites.h"
#include "util/bytes.h"
#include "wg/allowedips.h"
#include "wg/messages.h"

#define A_SIDE 1 /* 10.0.1.0/24 is behind site A: peer 1 of B */
#define B_SIDE 2

static struct rig a, b;
static uint8_t message[2048];
static uint16_t length;

/* Two sites with a session, A its initiator and confirmed at both ends. */
static void open_pair(const char *engine)
{
	struct handle h;

	rig_open(&a, "a", engine);
	rig_open(&b, "b", engine);
	rig_peer(&a, B_SIDE, true);
	rig_peer(&b, A_SIDE, true);
	rig_lend(&a.black, 64);
	rig_lend(&a.red, 64);
	rig_lend(&b.black, 64);
	rig_lend(&b.red, 64);
	rig_session(&b, A_SIDE, 100, false);
	rig_session(&a, B_SIDE, 100, true);
	CU_ASSERT_FATAL(rig_sealed(&a, message, &length)); /* A25 */
	CU_ASSERT_EQUAL(length, 32);
	rig_message(&b, message, length, 1, 51820);
	rig_poll(&b);
	CU_ASSERT_FALSE(rig_find(&b.red, HANDLE_FILLED, &h));
	rig_count(&b.black, 0);
}

static void close_pair(void)
{
	rig_close(&b);
	rig_close(&a);
}

/* From the red side of `from` to the red side of `to`: the packet must come out as it went in. */
static void carry(struct rig *from, struct rig *to, uint8_t source, uint8_t target, uint16_t size)
{
	uint8_t expected[2048];
	struct handle h;

	rig_packet(from, source, target, size);
	rig_poll(from);
	CU_ASSERT_FATAL(rig_sealed(from, message, &length));
	CU_ASSERT_EQUAL(rig_count(&from->red, HANDLE_USED), 1);
	rig_message(to, message, length, source, 51820);
	rig_poll(to);
	CU_ASSERT_FATAL(rig_find(&to->red, HANDLE_FILLED, &h));
	CU_ASSERT_EQUAL(rig_count(&to->black, HANDLE_USED), 1);
	rig_write_packet(expected, source, target, size);
	CU_ASSERT_EQUAL(h.length, size);
	CU_ASSERT_EQUAL(memcmp(rig_bytes(&to->red, &h), expected, size), 0);
	rig_lend(&from->black, 1);
	rig_lend(&to->red, 1);
	rig_poll(from);
	rig_poll(to);
}

static void both_ways(const char *engine)
{
	static const uint16_t sizes[] = {20, 21, 35, 36, 64, 100, 576, 1400, 1419, 1420};

	open_pair(engine);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		carry(&a, &b, A_SIDE, B_SIDE, sizes[i]);
		carry(&b, &a, B_SIDE, A_SIDE, sizes[i]);
	}
	CU_ASSERT_EQUAL(a.stats->sealed_packets, 10);
	CU_ASSERT_EQUAL(a.stats->opened_packets, 10);
	close_pair();
}

static void both_ways_sodium(void)
{
	both_ways("sodium");
}

static void both_ways_auto(void)
{
	both_ways("auto");
}

/* A device for the engine cryptodev; false: not here, and the test is skipped. */
static bool has_device(void)
{
	struct engine e;
	struct zone zone;

	unit_zone(&zone, "rig", 4);
	int rc = engine_create(&e, "cryptodev", &zone);
	if (rc == 0)
		engine_destroy(&e);
	else
		unit_skip("DPDK has no crypto_aesni_mb here");
	zone_destroy(&zone);
	CU_ASSERT_FATAL(rc == 0 || rc == -ENODEV);
	return rc == 0;
}

static void both_ways_cryptodev(void)
{
	if (has_device())
		both_ways("cryptodev");
}

/* Another owner's cipher: the same construction under keys that are changed first. */
static void own_seal(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad,
	size_t ad_len, const uint8_t nonce[12], const uint8_t key[32])
{
	uint8_t changed[32];

	for (unsigned i = 0; i < 32; i++)
		changed[i] = key[31 - i] ^ 0x55;
	crypto_provider_sodium.aead_seal(dst, src, src_len, ad, ad_len, nonce, changed);
}

static int own_open(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad,
	size_t ad_len, const uint8_t nonce[12], const uint8_t key[32])
{
	uint8_t changed[32];

	for (unsigned i = 0; i < 32; i++)
		changed[i] = key[31 - i] ^ 0x55;
	return crypto_provider_sodium.aead_open(dst, src, src_len, ad, ad_len, nonce, changed);
}

static void substitute_provider(void)
{
	struct crypto_provider own = crypto_provider_sodium;
	uint8_t plain[20] = {0}, standard[36];

	own.name = "own";
	own.aead_seal = own_seal;
	own.aead_open = own_open;
	crypto_set_provider(&own);
	both_ways("auto");
	/* and it is really the substitute's cipher that is on the wire */
	open_pair("auto");
	carry(&a, &b, A_SIDE, B_SIDE, 20);
	struct session_keys k = rig_keys(100, true, 0);
	uint8_t nonce[12] = {0};
	nonce[4] = 1;
	rig_write_packet(plain, A_SIDE, B_SIDE, 20);
	uint8_t padded[32] = {0}, out[48];
	memcpy(padded, plain, 20);
	crypto_provider_sodium.aead_seal(out, padded, 32, NULL, 0, nonce, k.send);
	memcpy(standard, out, sizeof(standard));
	CU_ASSERT_NOT_EQUAL(memcmp(message + 16, standard, 32), 0);
	close_pair();
	crypto_set_provider(NULL);
}

static void wire_format(void)
{
	uint8_t padded[1424] = {0}, expected[1440];
	static const struct {
		uint16_t packet, message;
	} sizes[] = {{20, 32 + 32}, {32, 32 + 32}, {33, 48 + 32}, {1400, 1408 + 32},
		{1409, 1420 + 32}, {1420, 1420 + 32}};

	open_pair("auto");
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct session_keys k = rig_keys(100, true, 0);
		uint8_t nonce[12] = {0};
		carry(&a, &b, A_SIDE, B_SIDE, sizes[i].packet);
		CU_ASSERT_EQUAL(length, sizes[i].message);
		CU_ASSERT_EQUAL(get_le32(message), MESSAGE_DATA);
		CU_ASSERT_EQUAL(get_le32(message + 4), 101);
		CU_ASSERT_EQUAL(get_le64(message + 8), i + 1); /* 0 was the keepalive */
		memset(padded, 0, sizeof(padded));
		rig_write_packet(padded, A_SIDE, B_SIDE, sizes[i].packet);
		put_le64(nonce + 4, i + 1);
		crypto_provider_sodium.aead_seal(
			expected, padded, length - 32u, NULL, 0, nonce, k.send);
		CU_ASSERT_EQUAL(memcmp(message + 16, expected, length - 16u), 0);
	}
	close_pair();
}

static void counts_overhead(void)
{
	open_pair("auto");
	uint64_t tx = a.reports[B_SIDE].tx.bytes, rx = b.reports[A_SIDE].rx.bytes;
	CU_ASSERT_EQUAL(tx, 32);
	CU_ASSERT_EQUAL(rx, 32);
	carry(&a, &b, A_SIDE, B_SIDE, 100);
	CU_ASSERT_EQUAL(a.reports[B_SIDE].tx.bytes, 32 + 112 + 32);
	CU_ASSERT_EQUAL(b.reports[A_SIDE].rx.bytes, 32 + 112 + 32);
	CU_ASSERT_EQUAL(a.reports[B_SIDE].rx.bytes, 0);
	close_pair();
}

static uint32_t take_events(_Atomic uint32_t *events)
{
	return atomic_exchange(events, 0);
}

static void events(void)
{
	open_pair("auto");
	CU_ASSERT_EQUAL(take_events(&a.reports[B_SIDE].tx.events), PEER_KEEPALIVE_SENT);
	CU_ASSERT_EQUAL(take_events(&b.reports[A_SIDE].rx.events),
		PEER_KEEPALIVE_RECEIVED | PEER_CONFIRMED | PEER_MOVED);
	CU_ASSERT_EQUAL(b.reports[A_SIDE].rx.confirmed_index, 101);
	CU_ASSERT_EQUAL(b.dirty[0], 1ull << A_SIDE);
	b.dirty[0] = 0;
	a.now_ns = b.now_ns = RIG_START + 7;
	carry(&a, &b, A_SIDE, B_SIDE, 64);
	CU_ASSERT_EQUAL(take_events(&a.reports[B_SIDE].tx.events), PEER_DATA_SENT);
	CU_ASSERT_EQUAL(take_events(&b.reports[A_SIDE].rx.events), PEER_DATA_RECEIVED);
	CU_ASSERT_EQUAL(b.dirty[0], 1ull << A_SIDE);
	CU_ASSERT_EQUAL(a.reports[B_SIDE].tx.last_data_ns, RIG_START + 7);
	CU_ASSERT_EQUAL(b.reports[A_SIDE].rx.last_data_ns, RIG_START + 7);
	CU_ASSERT_EQUAL(b.reports[A_SIDE].rx.last_ns, RIG_START + 7);
	close_pair();
}

/* What black is told of the buffer that it gets back. */
static bool black_told(uint8_t code, uint64_t tag)
{
	struct handle h;

	return rig_find(&b.black, HANDLE_USED, &h) && h.code == code && h.tag == tag;
}

/* The next packet of A's arrives from 192.0.2.last. */
static void hears_from(uint8_t last)
{
	struct handle h;

	rig_packet(&a, A_SIDE, B_SIDE, 64);
	rig_poll(&a);
	CU_ASSERT_FATAL(rig_sealed(&a, message, &length));
	rig_message(&b, message, length, last, 4000);
	rig_poll(&b);
	CU_ASSERT(rig_find(&b.red, HANDLE_FILLED, &h));
}

/* Control sent the peer elsewhere, and it still is where it was: that is news, once. */
static void overruled(void)
{
	open_pair("auto");
	for (unsigned i = 0; i < 2; i++) {
		hears_from(77);
		rig_count(&b.black, HANDLE_USED);
		take_events(&b.reports[A_SIDE].rx.events);
	}
	rig_order(&b, CRYPT_SOURCE, A_SIDE);
	CU_ASSERT_FALSE(take_events(&b.reports[A_SIDE].rx.events) & PEER_MOVED);
	hears_from(77);
	CU_ASSERT(take_events(&b.reports[A_SIDE].rx.events) & PEER_MOVED);
	CU_ASSERT_EQUAL(b.reports[A_SIDE].moved.remote.addr.bytes[3], 77);
	CU_ASSERT(black_told(USED_MOVED, A_SIDE));
	hears_from(77);
	CU_ASSERT_FALSE(take_events(&b.reports[A_SIDE].rx.events) & PEER_MOVED);
	CU_ASSERT(black_told(USED_DONE, 0));
	CU_ASSERT_EQUAL(ring_receive(&b.acks, &(struct crypt_ack){0}, 1), 0);
	close_pair();
}

static void moves(void)
{
	struct handle h;

	open_pair("auto");
	rig_count(&b.black, HANDLE_USED);
	take_events(&b.reports[A_SIDE].rx.events);
	CU_ASSERT_EQUAL(b.reports[A_SIDE].moved.remote.addr.bytes[3], 1);
	rig_packet(&a, A_SIDE, B_SIDE, 64);
	rig_poll(&a);
	rig_sealed(&a, message, &length);
	/* forged: from elsewhere, but the tag is wrong */
	message[20] ^= 1;
	rig_message(&b, message, length, 77, 4000);
	rig_poll(&b);
	CU_ASSERT_EQUAL(take_events(&b.reports[A_SIDE].rx.events), 0);
	CU_ASSERT(black_told(USED_DONE, 0));
	/* genuine, from elsewhere */
	message[20] ^= 1;
	rig_message(&b, message, length, 77, 4000);
	rig_poll(&b);
	CU_ASSERT(rig_find(&b.red, HANDLE_FILLED, &h));
	CU_ASSERT(take_events(&b.reports[A_SIDE].rx.events) & PEER_MOVED);
	CU_ASSERT_EQUAL(b.reports[A_SIDE].moved.remote.port, 4000);
	CU_ASSERT_EQUAL(b.reports[A_SIDE].moved.remote.addr.bytes[3], 77);
	CU_ASSERT_EQUAL(b.reports[A_SIDE].moved.local.bytes[3], 254);
	CU_ASSERT(black_told(USED_MOVED, A_SIDE));
	/* a replay from a third place */
	rig_message(&b, message, length, 78, 4000);
	rig_poll(&b);
	CU_ASSERT_FALSE(take_events(&b.reports[A_SIDE].rx.events) & PEER_MOVED);
	CU_ASSERT_EQUAL(b.stats->drop_replay, 1);
	CU_ASSERT(black_told(USED_DONE, 0));
	/* and the next one, from where it is now */
	rig_packet(&a, A_SIDE, B_SIDE, 64);
	rig_poll(&a);
	rig_sealed(&a, message, &length);
	rig_message(&b, message, length, 77, 4000);
	rig_poll(&b);
	CU_ASSERT(rig_find(&b.red, HANDLE_FILLED, &h));
	CU_ASSERT_FALSE(take_events(&b.reports[A_SIDE].rx.events) & PEER_MOVED);
	CU_ASSERT(black_told(USED_DONE, 0));
	close_pair();
}

/* A forged message, whatever byte of it is changed, does nothing but count. */
static void forged(void)
{
	struct handle h;

	open_pair("auto");
	rig_packet(&a, A_SIDE, B_SIDE, 40);
	rig_poll(&a);
	rig_sealed(&a, message, &length);
	for (unsigned i = 0; i < length; i++) {
		message[i] ^= 1;
		rig_message(&b, message, length, 1, 51820);
		rig_poll(&b);
		message[i] ^= 1;
		CU_ASSERT_FALSE(rig_find(&b.red, HANDLE_FILLED, &h));
	}
	CU_ASSERT_EQUAL(b.stats->drop_index, 4);
	CU_ASSERT_EQUAL(b.stats->drop_size, 4); /* the type */
	CU_ASSERT_EQUAL(b.stats->drop_tag, length - 8u);
	CU_ASSERT_EQUAL(b.stats->drop_replay, 0);
	rig_message(&b, message, length, 1, 51820);
	rig_poll(&b);
	CU_ASSERT(rig_find(&b.red, HANDLE_FILLED, &h));
	close_pair();
}

static void too_short(void)
{
	open_pair("auto");
	memset(message, 0, 32);
	message[0] = MESSAGE_DATA;
	for (uint16_t n = 0; n < 32; n++)
		rig_message(&b, message, n, 1, 51820);
	rig_poll(&b);
	CU_ASSERT_EQUAL(b.stats->drop_size, 32);
	close_pair();
}

static void expired(void)
{
	open_pair("auto");
	rig_packet(&a, A_SIDE, B_SIDE, 40);
	rig_poll(&a);
	rig_sealed(&a, message, &length);
	b.now_ns = RIG_START + 180 * CLOCK_SECOND;
	rig_message(&b, message, length, 1, 51820);
	rig_poll(&b);
	CU_ASSERT_EQUAL(b.stats->drop_expired + b.stats->drop_index, 1);
	a.now_ns = b.now_ns;
	rig_packet(&a, A_SIDE, B_SIDE, 40);
	rig_poll(&a);
	CU_ASSERT_FALSE(rig_sealed(&a, message, &length));
	CU_ASSERT(take_events(&a.reports[B_SIDE].tx.events) & PEER_NEEDS_SESSION);
	close_pair();
}

static unsigned copies(const struct rig *r, const uint8_t key[static 32])
{
	const uint8_t *p = r->zone.base;
	unsigned n = 0;

	for (size_t i = 0; i + 32 <= r->zone.length; i += 4)
		n += memcmp(p + i, key, 32) == 0;
	return n;
}

/*
 * Removal, wiping, expiry: not one copy of the keys stays in the zone, of how many there were meanwhile:
 * crypt's own, and what the engine made of it.
 */
static void keys_end(const char *engine, unsigned each)
{
	struct session_keys k = rig_keys(100, true, 0);
	struct crypt_ack ack;

	open_pair(engine);
	carry(&a, &b, A_SIDE, B_SIDE, 64);
	carry(&b, &a, B_SIDE, A_SIDE, 64);
	CU_ASSERT_EQUAL(copies(&a, k.send), each);
	CU_ASSERT_EQUAL(copies(&a, k.recv), each);
	rig_order(&a, CRYPT_WIPE, B_SIDE);
	CU_ASSERT(rig_ack(&a, &ack) && ack.kind == CRYPT_WIPE);
	CU_ASSERT_EQUAL(copies(&a, k.send) + copies(&a, k.recv), 0);
	rig_order(&b, CRYPT_REMOVE, A_SIDE);
	CU_ASSERT(rig_ack(&b, &ack) && ack.kind == CRYPT_REMOVE);
	CU_ASSERT_EQUAL(copies(&b, k.send) + copies(&b, k.recv), 0);
	rig_session(&a, B_SIDE, 100, true);
	CU_ASSERT_EQUAL(copies(&a, k.send), each);
	a.now_ns += 181 * CLOCK_SECOND;
	rig_poll(&a);
	CU_ASSERT_EQUAL(copies(&a, k.send) + copies(&a, k.recv), 0);
	close_pair();
}

static void keys_are_gone(void)
{
	keys_end("auto", 1);
}

static void keys_are_gone_from_devices(void)
{
	if (has_device())
		keys_end("cryptodev", 3);
}

/* Renewed again and again, with traffic: the keys of sessions before the previous one are nowhere. */
static void keys_of_former_sessions(const char *engine)
{
	open_pair(engine);
	for (uint32_t seed = 102; seed < 120; seed += 2) {
		bool a_begins = seed % 4 == 0;
		struct session_keys before = rig_keys(seed - 4, true, 0);
		rig_session(&a, B_SIDE, seed, a_begins);
		rig_session(&b, A_SIDE, seed, !a_begins);
		rig_sealed(&a, message, &length);
		for (unsigned i = 0; i < 2; i++) { /* the first confirms it, whoever began */
			carry(&a, &b, A_SIDE, B_SIDE, 64);
			carry(&b, &a, B_SIDE, A_SIDE, 64);
		}
		CU_ASSERT_EQUAL(copies(&a, before.send) + copies(&a, before.recv), 0);
		CU_ASSERT_EQUAL(copies(&b, before.send) + copies(&b, before.recv), 0);
	}
	close_pair();
}

/* A responder that has nothing to send lets go of its former key when the new session is confirmed. */
static void key_before_confirmation(const char *engine)
{
	struct session_keys before = rig_keys(100, false, 0);

	open_pair(engine);
	carry(&b, &a, B_SIDE, A_SIDE, 64);
	rig_session(&b, A_SIDE, 102, false);
	CU_ASSERT(copies(&b, before.send) > 0);
	rig_session(&a, B_SIDE, 102, true);
	CU_ASSERT_FATAL(rig_sealed(&a, message, &length));
	rig_message(&b, message, length, 1, 51820);
	rig_poll(&b);
	CU_ASSERT_EQUAL(copies(&b, before.send), 0);
	close_pair();
}

static void former_keys_are_gone(void)
{
	keys_of_former_sessions("auto");
	key_before_confirmation("auto");
}

static void former_keys_are_gone_from_devices(void)
{
	if (!has_device())
		return;
	keys_of_former_sessions("cryptodev");
	key_before_confirmation("cryptodev");
}

/* The walk over all peers does not wait for traffic to go on. */
static void keys_of_the_last_peer(void)
{
	struct session_keys k = rig_keys(300, true, 0);

	rig_open(&a, "a", "auto");
	rig_peer(&a, RIG_PEERS - 1, true);
	rig_session(&a, RIG_PEERS - 1, 300, true);
	CU_ASSERT_EQUAL(copies(&a, k.send), 1);
	a.now_ns += 181 * CLOCK_SECOND;
	rig_poll(&a);
	CU_ASSERT_EQUAL(copies(&a, k.send) + copies(&a, k.recv), 0);
	rig_close(&a);
}

/* The only prefix there is, from now on. */
static void set_route(struct rig *r, const struct ip_prefix *prefix, uint32_t slot)
{
	struct allowedips *t = allowedips_init(zone_alloc(&r->zone, allowedips_bytes(1)), 1);

	CU_ASSERT_EQUAL(allowedips_insert(t, prefix, slot), 0);
	rig_routes(r, t);
}

/* Whose a packet is was looked up while it waited; then its prefix becomes another peer's. */
static void routes_change_meanwhile(void)
{
	struct ip_prefix moved = {{4, {10, 0, B_SIDE}}, 24};
	struct handle h;

	rig_open(&a, "a", "auto");
	for (uint32_t slot = B_SIDE; slot <= B_SIDE + 1; slot++) {
		rig_peer(&a, slot, true);
		rig_session(&a, slot, 100 * slot, true);
	}
	rig_lend(&a.black, 2); /* for their keepalives */
	rig_poll(&a);
	CU_ASSERT_EQUAL(rig_count(&a.black, HANDLE_FILLED), 2);
	rig_packet(&a, A_SIDE, B_SIDE, 64);
	rig_poll(&a); /* black has lent nothing more: it waits */
	CU_ASSERT_EQUAL(rig_count(&a.red, HANDLE_USED), 0);
	set_route(&a, &moved, B_SIDE + 1);
	rig_lend(&a.black, 4);
	rig_poll(&a);
	CU_ASSERT_FATAL(rig_find(&a.black, HANDLE_FILLED, &h));
	CU_ASSERT_EQUAL(h.tag, B_SIDE + 1);
	rig_close(&a);
}

/* A message from a to b, 40 bytes from behind a; did it come out? */
static bool passes(void)
{
	struct handle h;

	rig_packet(&a, A_SIDE, B_SIDE, 40);
	rig_poll(&a);
	CU_ASSERT_FATAL(rig_sealed(&a, message, &length));
	rig_message(&b, message, length, 1, 51820);
	rig_poll(&b);
	return rig_find(&b.red, HANDLE_FILLED, &h);
}

/* What the packet before was found to be is of no use once something has changed. */
static void nothing_stale(void)
{
	struct ip_prefix moved = {{4, {10, 0, A_SIDE}}, 24};
	struct crypt_ack ack;

	open_pair("auto");
	CU_ASSERT(passes() && passes());
	set_route(&b, &moved, A_SIDE + 4);
	CU_ASSERT_FALSE(passes());
	CU_ASSERT_EQUAL(b.stats->drop_inner_source, 1);
	set_route(&b, &moved, A_SIDE);
	CU_ASSERT(passes());
	rig_order(&b, CRYPT_WIPE, A_SIDE);
	CU_ASSERT(rig_ack(&b, &ack));
	CU_ASSERT_FALSE(passes());
	CU_ASSERT_EQUAL(b.stats->drop_index, 1);
	rig_session(&b, A_SIDE, 100, false);
	CU_ASSERT(passes()); /* the index is one of a session again */
	close_pair();
}

/* More than the look ahead reaches: all of them, in order, each to its own peer (A50). */
static void deep_backlog(void)
{
	unsigned next[2] = {0, 0};
	struct handle h;

	rig_open(&a, "a", "auto");
	for (uint32_t slot = B_SIDE; slot <= B_SIDE + 1; slot++) {
		rig_peer(&a, slot, true);
		rig_session(&a, slot, 100 * slot, true);
	}
	for (uint16_t i = 0; i < 200; i++) { /* the length is the number */
		rig_packet(&a, A_SIDE, (uint8_t)(B_SIDE + i % 2), (uint16_t)(64 + 8 * (i / 2)));
		if (i % 50 == 0)
			rig_poll(&a);
	}
	rig_lend(&a.black, 230);
	rig_poll(&a);
	while (rig_receive(&a.black, &h, 1) == 1) {
		if (h.kind != HANDLE_FILLED || h.length == 32)
			continue; /* their sessions' keepalives waited too */
		CU_ASSERT_FATAL(h.tag == B_SIDE || h.tag == B_SIDE + 1);
		unsigned packet = 64 + 8 * next[h.tag - B_SIDE]++;
		CU_ASSERT_EQUAL(h.length, (packet + 15) / 16 * 16 + 32);
	}
	CU_ASSERT_EQUAL(next[0], 100);
	CU_ASSERT_EQUAL(next[1], 100);
	rig_close(&a);
}

/* Whatever the table's rounding up makes of it. */
static void memory(void)
{
	static const uint32_t peers[] = {1, 1024, 10000, 20000, 21845, 21846, 32768, 262144};

	for (unsigned i = 0; i < sizeof(peers) / sizeof(peers[0]); i++)
		CU_ASSERT(crypt_peer_bytes(peers[i]) > 3 * 1024 &&
			crypt_peer_bytes(peers[i]) < 4096);
}

static const struct unit_test tests[] = {
	{"A2: packets cross both ways, libsodium", both_ways_sodium},
	{"A2: packets cross both ways, the best engine", both_ways_auto},
	{"A2: packets cross both ways, a device of DPDK's", both_ways_cryptodev},
	{"packets cross under a substitute provider's cipher", substitute_provider},
	{"A2, A3, A8, A43: header, counter, padding, ciphertext", wire_format},
	{"A55, C28: bytes with overhead, rx and tx apart", counts_overhead},
	{"events and times in the report", events},
	{"A51, A4: only authenticated data moves the endpoint", moves},
	{"A51: sent elsewhere by control, a peer is again where its data comes from", overruled},
	{"C1: every byte of a message is protected", forged},
	{"A2: messages under 32 bytes", too_short},
	{"A30: nothing is sent or accepted from 180 s on", expired},
	{"A12, A39: keys leave no copy", keys_are_gone},
	{"A12, A39: nor in a device of DPDK's", keys_are_gone_from_devices},
	{"A12, A24: keys of sessions before the previous one leave no copy", former_keys_are_gone},
	{"A12, A24: nor in a device of DPDK's", former_keys_are_gone_from_devices},
	{"A30: keys of every peer are wiped in an idle domain", keys_of_the_last_peer},
	{"A46, C32: a packet that waits goes where the newest routes say", routes_change_meanwhile},
	{"A44, A46, A39: the packet before decides nothing once routes or sessions change", nothing_stale},
	{"A50: a deep backlog keeps its order", deep_backlog},
	{"a peer's sessions take less than 4 KiB", memory},
	{NULL, NULL},
};

const struct unit_suite suite_pipeline = {"pipeline", tests};
