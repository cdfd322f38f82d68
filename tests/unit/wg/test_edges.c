/* SPDX-License-Identifier: BSD-3-Clause */
/* The last byte of a key, the last nanosecond of a deadline: where a rule begins and ends exactly. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "crypto/blake2s.h"
#include "crypto/secret.h"
#include "fixture.h"
#include "suites.h"
#include "util/bytes.h"
#include "wg/cookie.h"
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
	CU_ASSERT_EQUAL(wg_peer_add(p.device[0], key), 1);
	wg_set_private_key(p.device[0], NULL, &removed);
	CU_ASSERT_EQUAL(wg_peer_add(p.device[0], zero), 2); /* not ours: we have none */
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

/* No stamp may be given out yet: the attempt is made again, as if it had been lost. */
static void no_mark_yet(void)
{
	uint8_t message[148];

	pair_init(&p, 5);
	uint64_t mark_ns = wg_stamps_begin(p.device[0], p.now, 0);
	CU_ASSERT_FALSE(pair_initiate(&p, 0, message));
	uint64_t due_ns = wg_next_deadline(p.device[0]);
	CU_ASSERT_TRUE(due_ns >= p.now.boot_ns + 5 * S && due_ns < p.now.boot_ns + 5333 * CLOCK_MS);
	CU_ASSERT_EQUAL(p.device[0]->indices.used, 0);
	wg_stamps_reserved(p.device[0], mark_ns);
	pair_next(&p, 0);
	CU_ASSERT_EQUAL(pair_count(&p, WG_SEND), 1);
	pair_free(&p);
}

/* A37, A38 when there is no session: an initiation, but no sooner than A33 allows, and none to nowhere. */
static void keepalives_without_session(void)
{
	struct endpoint none = {0};

	pair_init(&p, 5);
	wg_peer_set_keepalive(p.device[0], 0, 1, p.now, &p.actions);
	CU_ASSERT_EQUAL(pair_count(&p, WG_SEND), 1); /* at once */
	pair_advance(&p, 1 * S);
	pair_tick(&p, 0);
	CU_ASSERT_EQUAL(pair_count(&p, WG_SEND), 0);
	pair_free(&p);
	pair_init(&p, 5);
	set_endpoint(&none);
	struct peer *peer = pair_peer(&p, 0);
	peer->timers.quiet_until_ns = p.now.boot_ns + 1;
	initiate_keepalive(p.device[0], peer, p.now, &p.actions);
	CU_ASSERT_EQUAL(peer->timers.retry_ns, TIMER_OFF);
	pair_free(&p);
}

static void the_last_keepalive(void)
{
	pair_init(&p, 5);
	CU_ASSERT_TRUE(pair_establish(&p, 0, keys));
	pair_advance(&p, 180 * S - 1);
	wg_actions_clear(&p.actions);
	initiate_keepalive(p.device[0], pair_peer(&p, 0), p.now, &p.actions);
	CU_ASSERT_EQUAL(pair_count(&p, WG_KEEPALIVE), 1);
	pair_advance(&p, 1);
	wg_actions_clear(&p.actions);
	initiate_keepalive(p.device[0], pair_peer(&p, 0), p.now, &p.actions);
	CU_ASSERT_EQUAL(pair_count(&p, WG_KEEPALIVE), 0);
	CU_ASSERT_EQUAL(pair_count(&p, WG_SEND), 1);
	pair_free(&p);
}

/* A14: a peer that has sent no initiation yet need not wait, not even just after boot. */
static void first_after_boot(void)
{
	uint8_t message[148], response[92];
	struct session_keys one;

	pair_init(&p, 5);
	p.now.boot_ns = 1;
	CU_ASSERT_TRUE(pair_initiate(&p, 0, message));
	CU_ASSERT_TRUE(pair_respond(&p, 1, message, &one, response));
	pair_free(&p);
}

/* A36: a handshake message is an answer, too. */
static void a_handshake_answers(void)
{
	uint8_t message[148];

	pair_init(&p, 5);
	CU_ASSERT_TRUE(pair_establish(&p, 0, keys));
	CU_ASSERT_EQUAL(pair_peer(&p, 0)->sessions[pair_peer(&p, 0)->current].index,
		keys[0].local_index);
	pair_advance(&p, 121 * S);
	pair_report(&p, 0, PEER_DATA_SENT);
	CU_ASSERT_NOT_EQUAL(pair_peer(&p, 0)->timers.unanswered_ns, TIMER_OFF);
	CU_ASSERT_TRUE(pair_initiate(&p, 1, message));
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, message, sizeof(message)), 0);
	CU_ASSERT_EQUAL(pair_peer(&p, 0)->timers.unanswered_ns, TIMER_OFF);
	pair_free(&p);
}

/* C8: what was answered does not cross any more, however recent it is. */
static void answered_does_not_cross(void)
{
	uint8_t message[148], response[92];
	struct session_keys one;

	pair_init(&p, 5);
	CU_ASSERT_TRUE(pair_establish(&p, 0, keys));
	pair_advance(&p, 100 * CLOCK_MS);
	struct timers *t = &pair_peer(&p, 1)->timers;
	t->quiet_until_ns = t->settled_until_ns = 0;
	CU_ASSERT_TRUE(pair_initiate(&p, 1, message));
	CU_ASSERT_TRUE(pair_respond(&p, 0, message, &one, response));
	CU_ASSERT_FALSE(pair_peer(&p, 0)->crossed);
	pair_free(&p);
}

/* Whatever happens to a peer, the device knows when it is due next. */
static void always_scheduled(void)
{
	uint8_t message[148], response[92];
	struct session_keys one;

	pair_init(&p, 5);
	CU_ASSERT_TRUE(pair_initiate(&p, 0, message));
	CU_ASSERT_EQUAL(wg_next_deadline(p.device[0]), timers_next(&pair_peer(&p, 0)->timers));
	CU_ASSERT_TRUE(pair_respond(&p, 1, message, &one, response));
	CU_ASSERT_EQUAL(wg_next_deadline(p.device[1]), timers_next(&pair_peer(&p, 1)->timers));
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, response, sizeof(response)), 0);
	CU_ASSERT_EQUAL(wg_next_deadline(p.device[0]), timers_next(&pair_peer(&p, 0)->timers));
	CU_ASSERT_EQUAL(wg_next_deadline(p.device[0]), p.now.boot_ns + 540 * S);
	pair_free(&p);
	/* a response that leaves late puts off what else is due */
	pair_init(&p, 5);
	wg_peer_set_keepalive(p.device[1], 0, 1, p.now, &p.actions);
	CU_ASSERT_TRUE(pair_initiate(&p, 0, message));
	CU_ASSERT_EQUAL(pair_deliver(&p, 1, message, sizeof(message)), 0);
	one = pair_action(&p, WG_INSTALL)->keys;
	pair_advance(&p, 100 * CLOCK_MS);
	pair_installed(&p, 1, one.local_index);
	CU_ASSERT_EQUAL(wg_next_deadline(p.device[1]), timers_next(&pair_peer(&p, 1)->timers));
	pair_free(&p);
}

/* Not a byte is read behind a message: it lies at the end of memory. */
static void short_messages(void)
{
	pair_init(&p, 5);
	for (size_t length = 0; length < 5; length++) {
		uint8_t *message = secret_alloc(length);
		memset(message, 0, length);
		CU_ASSERT_EQUAL(pair_deliver(&p, 0, message, length), -EPROTO);
		secret_free(message);
	}
	pair_free(&p);
}

/* A responder's session counts from its birth, not from its confirmation. */
static void a_responder_counts_from_birth(void)
{
	uint8_t message[148], response[92];
	struct session_keys one;

	pair_init(&p, 5);
	CU_ASSERT_TRUE(pair_initiate(&p, 0, message));
	CU_ASSERT_TRUE(pair_respond(&p, 1, message, &one, response));
	uint64_t born_ns = p.now.boot_ns;
	pair_advance(&p, 3 * S);
	pair_report(&p, 1, PEER_CONFIRMED);
	CU_ASSERT_EQUAL(pair_peer(&p, 1)->usable_until_ns, born_ns + 180 * S);
	pair_peer(&p, 1)->usable_until_ns += 7; /* a later one is known already */
	pair_report(&p, 1, PEER_CONFIRMED);
	CU_ASSERT_EQUAL(pair_peer(&p, 1)->usable_until_ns, born_ns + 180 * S + 7);
	pair_free(&p);
}

/* ---- what is forgotten ---- */

static void keys_forgotten(void)
{
	uint8_t message[148], response[92];
	struct session_keys one;

	pair_init(&p, 5);
	CU_ASSERT_TRUE(pair_establish(&p, 0, keys));
	pair_advance(&p, 130 * S);
	CU_ASSERT_TRUE(pair_initiate(&p, 0, message));
	struct peer *peer = pair_peer(&p, 0);
	pair_forget(&p, 0);
	CU_ASSERT_TRUE(secret_is_zero(&peer->initiation, sizeof(peer->initiation)));
	CU_ASSERT_EQUAL(p.device[0]->indices.used, 0);
	wg_peer_greet(p.device[0], 0, p.now, &p.actions);
	CU_ASSERT_EQUAL(p.actions.count, 0);
	CU_ASSERT_TRUE(pair_respond(&p, 1, message, &one, response));
	pair_forget(&p, 1);
	pair_report(&p, 1, PEER_CONFIRMED); /* of the session that is no more */
	CU_ASSERT_EQUAL(pair_peer(&p, 1)->usable_until_ns, 0);
	CU_ASSERT_TRUE(secret_is_zero(&pair_peer(&p, 1)->response, sizeof(struct peer_response)));
	pair_free(&p);
}

static void moved_to_another_port(void)
{
	struct endpoint there;

	pair_init(&p, 5);
	there = p.at[1];
	wg_peer_moved(p.device[0], 0, &there, &p.at[0].addr, &p.actions);
	there.port++;
	wg_actions_clear(&p.actions);
	wg_peer_moved(p.device[0], 0, &there, &p.at[0].addr, &p.actions);
	CU_ASSERT_EQUAL_FATAL(p.actions.count, 1);
	CU_ASSERT_EQUAL(p.actions.list[0].kind, WG_ENDPOINT);
	CU_ASSERT_TRUE(endpoint_equal(&p.actions.list[0].endpoint, &there));
	CU_ASSERT_TRUE(addr_equal(&p.actions.list[0].local, &p.at[0].addr));
	CU_ASSERT_TRUE(endpoint_equal(&pair_peer(&p, 0)->endpoint, &there));
	pair_free(&p);
}

static void private_keys_to_the_last_byte(void)
{
	uint8_t key[32] = {[31] = 1}, out[32];
	uint32_t removed;

	pair_init(&p, 5);
	CU_ASSERT_TRUE(wg_set_private_key(p.device[0], key, &removed));
	CU_ASSERT_TRUE(wg_public_key(p.device[0], out));
	key[31] = 2;
	CU_ASSERT_TRUE(wg_set_private_key(p.device[0], key, &removed));
	CU_ASSERT_FALSE(wg_set_private_key(p.device[0], key, &removed));
	pair_free(&p);
}

/* A36: who has just initiated does not do so again when data stays unanswered. */
static void unanswered_while_initiating(void)
{
	uint8_t message[148];

	pair_init(&p, 5);
	CU_ASSERT_TRUE(pair_establish(&p, 0, keys));
	pair_advance(&p, 120 * S);
	pair_report(&p, 0, PEER_DATA_SENT);
	pair_advance(&p, 14 * S);
	CU_ASSERT_TRUE(pair_initiate(&p, 0, message));
	pair_advance(&p, 1400 * CLOCK_MS);
	CU_ASSERT_TRUE(wg_next_deadline(p.device[0]) <= p.now.boot_ns);
	pair_tick(&p, 0);
	CU_ASSERT_EQUAL(pair_count(&p, WG_SEND), 0);
	pair_free(&p);
}

/* C31: where indices lie in the table is nobody's to know. */
static void seeds_are_drawn(void)
{
	uint8_t drawn[36];

	fixture_random(3);
	memset(drawn, 0x77, 32);
	memset(drawn + 32, 0x99, 4);
	fixture_script(drawn, sizeof(drawn));
	struct wg_device *d = wg_device_create(4);
	CU_ASSERT_EQUAL(memcmp(d->peers.seed, drawn, 32), 0);
	CU_ASSERT_EQUAL(d->indices.seed, 0x99999999u);
	CU_ASSERT_EQUAL((uintptr_t)d % 64, 0);
	wg_device_destroy(d);
}

/* ---- cookies ---- */

/* An initiation whose mac1 and mac2 are made with keys of zeros. */
static void make_with_zeros(uint8_t message[static 148], const struct endpoint *from)
{
	static const uint8_t zero[32];
	uint8_t source[6], cookie[16];

	memset(message, 0, 148);
	message[0] = MESSAGE_INITIATION;
	memcpy(source, from->addr.bytes, 4);
	put_be16(source + 4, from->port);
	blake2s(cookie, 16, source, sizeof(source), zero, 32);
	blake2s(message + 116, 16, message, 116, zero, 32);
	blake2s(message + 132, 16, message, 132, cookie, 16);
}

static void no_key_no_macs(void)
{
	struct cookie_checker c;
	uint8_t message[148];

	pair_init(&p, 5);
	make_with_zeros(message, &p.at[0]);
	cookie_checker_clear(&c);
	CU_ASSERT_FALSE(cookie_check_mac1(&c, message, sizeof(message)));
	CU_ASSERT_FALSE(cookie_check_mac2(&c, message, sizeof(message), &p.at[0], 1));
	pair_free(&p);
}

/* Just after boot, too, when 0 was not long ago. */
static void no_secret_no_cookies(void)
{
	uint8_t message[148], drawn[32];
	struct message_cookie reply;
	struct cookie_checker c;

	pair_init(&p, 5);
	make_with_zeros(message, &p.at[0]);
	cookie_checker_init(&c, p.device[0]->identity.public_key);
	CU_ASSERT_FALSE(cookie_check_mac2(&c, message, sizeof(message), &p.at[0], 1));
	memset(drawn, 0x42, sizeof(drawn));
	fixture_script(drawn, sizeof(drawn));
	cookie_make_reply(&c, &reply, message, sizeof(message), &p.at[0], 1);
	CU_ASSERT_EQUAL(memcmp(c.secrets[c.newest].bytes, drawn, sizeof(drawn)), 0);
	CU_ASSERT_FALSE(cookie_check_mac2(&c, message, sizeof(message), &p.at[0], 1));
	pair_free(&p);
}

/* What lies behind the two secrets is none. */
static void two_secrets(void)
{
	struct cookie_secret room[6] = {0};
	struct cookie_checker *c = (struct cookie_checker *)room;
	uint8_t *third = (uint8_t *)c->secrets + 2 * sizeof(struct cookie_secret);
	uint8_t message[148], cookie[16], source[6];

	pair_init(&p, 5);
	cookie_checker_init(c, p.device[0]->identity.public_key);
	third[offsetof(struct cookie_secret, set)] = true;
	make_with_zeros(message, &p.at[0]);
	memcpy(source, p.at[0].addr.bytes, 4);
	put_be16(source + 4, p.at[0].port);
	blake2s(cookie, 16, source, sizeof(source), third, 32);
	blake2s(message + 132, 16, message, 132, cookie, 16);
	CU_ASSERT_FALSE(cookie_check_mac2(c, message, sizeof(message), &p.at[0], 1));
	pair_free(&p);
}

static const struct unit_test tests[] = {
	{"A53: a peer's key that is ours but for its last byte", own_key_but_for_a_byte},
	{"A7, A54: preshared keys, to the last byte", preshared_keys_to_the_last_byte},
	{"A51, A52: an endpoint that is set: what the peer reached us at", endpoints_that_are_set},
	{"A38, A51: a first endpoint, and another one", first_endpoint},
	{"A30: a session is one until 180 s are over", a_session_ends_on_time},
	{"C30: a clock that is accepted", clock_accepted},
	{"C30, A33: no mark yet, and so no initiation", no_mark_yet},
	{"A33, A37, A38: keepalives without a session", keepalives_without_session},
	{"A30, A38: the last keepalive of a session", the_last_keepalive},
	{"A14: the first initiation, just after boot", first_after_boot},
	{"A36, A24: a handshake message answers data", a_handshake_answers},
	{"C8: an initiation that was answered is not crossed", answered_does_not_cross},
	{"A33, A39: a peer is scheduled with its earliest deadline", always_scheduled},
	{"A1, A2: messages of a few bytes", short_messages},
	{"A24, A30: a responder's session counts from its birth", a_responder_counts_from_birth},
	{"A54, A12: of what a former key made nothing is kept", keys_forgotten},
	{"A51: another port is another endpoint", moved_to_another_port},
	{"A53, A54: private keys, to the last byte", private_keys_to_the_last_byte},
	{"A36, A33: unanswered data while an initiation is under way", unanswered_while_initiating},
	{"C31: tables have seeds of their own", seeds_are_drawn},
	{"A16, A15: without a key no mac is right", no_key_no_macs},
	{"A18: without a secret there are no cookies", no_secret_no_cookies},
	{"A18: there are two secrets", two_secrets},
	{NULL, NULL},
};

const struct unit_suite suite_edges = {"edges", tests};
