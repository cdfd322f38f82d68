/* SPDX-License-Identifier: BSD-3-Clause */
/* The receiver's side of the cookie machine: cookies, mac2, cookie replies. */
#include <string.h>

#include "cookie_vectors.h"
#include "crypto/aead.h"
#include "crypto/secret.h"
#include "fixture.h"
#include "suites.h"
#include "wg/cookie.h"
#include "wg/jar.h"
#include "wg/messages.h"

#define VECTORS (sizeof(cookie_vectors) / sizeof(cookie_vectors[0]))
#define NOW     (5000 * CLOCK_SECOND)

struct known { /* a vector, and the checker that is to agree with it */
	struct cookie_checker checker;
	struct endpoint from;
	uint8_t message[148];
	size_t length;
	uint8_t secret[32], nonce[24], reply[64];
};

static struct known known;

/* The vector's secret is drawn by the first call that needs one. */
static void load(unsigned i)
{
	const struct cookie_vector *v = &cookie_vectors[i];
	uint8_t public_key[32];

	fixture_random(i);
	known = (struct known){.length = strlen(v->message) / 2};
	fixture_unhex(public_key, 32, v->receiver);
	fixture_unhex(known.message, known.length, v->message);
	fixture_unhex(known.secret, 32, v->secret);
	fixture_unhex(known.nonce, 24, v->nonce);
	fixture_unhex(known.reply, 64, v->reply);
	addr_parse(&known.from.addr, v->address);
	known.from.port = v->port;
	cookie_checker_init(&known.checker, public_key);
	fixture_script(known.secret, sizeof(known.secret));
}

static struct message_cookie ask(uint64_t now_ns)
{
	struct message_cookie reply;

	cookie_make_reply(
		&known.checker, &reply, known.message, known.length, &known.from, now_ns);
	return reply;
}

/* The same, and somebody has asked for a cookie: there is a secret. */
static void load_asked(unsigned i)
{
	load(i);
	fixture_script(known.nonce, sizeof(known.nonce));
	struct message_cookie reply = ask(NOW);
	CU_ASSERT_EQUAL(memcmp(&reply, known.reply, sizeof(reply)), 0);
}

static bool mac2_right(uint64_t now_ns)
{
	return cookie_check_mac2(
		&known.checker, known.message, known.length, &known.from, now_ns);
}

static void known_mac2(void)
{
	for (unsigned i = 0; i < VECTORS; i++) {
		load(i);
		CU_ASSERT_FALSE(mac2_right(NOW)); /* no cookie was given out yet */
		ask(NOW);
		CU_ASSERT_TRUE(cookie_check_mac1(&known.checker, known.message, known.length));
		CU_ASSERT_TRUE(cookie_has_mac2(known.message, known.length));
		CU_ASSERT_TRUE(mac2_right(NOW));
	}
}

static void known_reply(void)
{
	for (unsigned i = 0; i < VECTORS; i++)
		load_asked(i);
}

static void every_byte(void)
{
	for (unsigned i = 0; i < VECTORS; i++) {
		load_asked(i);
		CU_ASSERT_TRUE(mac2_right(NOW));
		for (size_t at = 0; at < known.length; at++) {
			known.message[at] ^= 0x04;
			CU_ASSERT_FALSE(mac2_right(NOW));
			known.message[at] ^= 0x04;
		}
	}
}

static void no_mac2(void)
{
	load_asked(0);
	memset(known.message + 132, 0, 16);
	CU_ASSERT_FALSE(cookie_has_mac2(known.message, 148));
	CU_ASSERT_FALSE(mac2_right(NOW));
	known.message[147] = 1;
	CU_ASSERT_TRUE(cookie_has_mac2(known.message, 148));
	CU_ASSERT_FALSE(mac2_right(NOW));
	CU_ASSERT_FALSE(cookie_has_mac2(known.message, 92));
}

/* C13: each bit of the address, and of the port; and the same bytes as another family's. */
static void another_source(void)
{
	for (unsigned i = 0; i < VECTORS; i++) {
		load_asked(i);
		CU_ASSERT_TRUE(mac2_right(NOW));
		for (unsigned bit = 0; bit < addr_bits(&known.from.addr); bit++) {
			known.from.addr.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			CU_ASSERT_FALSE(mac2_right(NOW));
			known.from.addr.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		for (unsigned bit = 0; bit < 16; bit++) {
			known.from.port ^= (uint16_t)(1 << bit);
			CU_ASSERT_FALSE(mac2_right(NOW));
			known.from.port ^= (uint16_t)(1 << bit);
		}
		known.from.addr.family = known.from.addr.family == 4 ? 6 : 4;
		CU_ASSERT_FALSE(mac2_right(NOW));
	}
}

/* What follows an IPv4 address in the struct is not a part of it. */
static void four_bytes(void)
{
	load_asked(0);
	memset(known.from.addr.bytes + 4, 0xee, 12);
	CU_ASSERT_TRUE(mac2_right(NOW));
}

/* From its birth on a secret serves 120 s: the cookie that was asked for first is good for all of it. */
static void secret_ends(void)
{
	load_asked(0);
	CU_ASSERT_TRUE(mac2_right(NOW + COOKIE_LIFETIME - 1));
	CU_ASSERT_FALSE(mac2_right(NOW + COOKIE_LIFETIME));
	/* also when others got cookies all the time */
	load_asked(0);
	for (unsigned s = 0; s < 120; s++) {
		ask(NOW + s * CLOCK_SECOND);
		CU_ASSERT_TRUE(mac2_right(NOW + s * CLOCK_SECOND));
	}
	for (unsigned s = 120; s < 1000; s++) {
		ask(NOW + s * CLOCK_SECOND);
		CU_ASSERT_FALSE(mac2_right(NOW + s * CLOCK_SECOND));
	}
}

/* Whether what a reply at that time gave out is accepted at another. */
static bool given_at(uint64_t ask_ns, uint64_t use_ns)
{
	uint8_t receiver[32], message[148];
	struct jar jar = {0};

	fixture_unhex(receiver, 32, cookie_vectors[0].receiver);
	memcpy(message, known.message, 148);
	jar_add_macs(&jar, message, 148, receiver, ask_ns);
	struct message_cookie reply = ask(ask_ns);
	if (jar_consume(&jar, &reply, receiver, use_ns) != 0)
		return false;
	jar_add_macs(&jar, message, 148, receiver, use_ns);
	return cookie_check_mac2(&known.checker, message, 148, &known.from, use_ns);
}

/* A cookie that is given out late is good for 10 s at least, and none for more than 120 s. */
static void last_moment(void)
{
	for (unsigned s = 0; s < 400; s++) {
		load_asked(0);
		for (unsigned before = 0; before < s; before += 7)
			ask(NOW + before * CLOCK_SECOND);
		uint64_t now = NOW + s * CLOCK_SECOND;
		CU_ASSERT_TRUE(given_at(now, now + 10 * CLOCK_SECOND - 1));
		CU_ASSERT_FALSE(given_at(now, now + COOKIE_LIFETIME));
	}
	load_asked(0);
	CU_ASSERT_TRUE(given_at(NOW + 110 * CLOCK_SECOND - 1, NOW + 120 * CLOCK_SECOND - 1));
	CU_ASSERT_FALSE(given_at(NOW + 110 * CLOCK_SECOND - 1, NOW + 120 * CLOCK_SECOND));
	CU_ASSERT_TRUE(given_at(NOW + 110 * CLOCK_SECOND, NOW + 230 * CLOCK_SECOND - 1));
}

static void secrets_differ(void)
{
	load_asked(0);
	ask(NOW + 110 * CLOCK_SECOND);
	CU_ASSERT_NOT_EQUAL(memcmp(known.checker.secrets[0].bytes, known.checker.secrets[1].bytes,
		32), 0);
}

static void fresh_nonces(void)
{
	struct message_cookie a, b;

	load(0);
	cookie_make_reply(&known.checker, &a, known.message, known.length, &known.from, NOW);
	cookie_make_reply(&known.checker, &b, known.message, known.length, &known.from, NOW);
	CU_ASSERT_NOT_EQUAL(memcmp(a.nonce, b.nonce, 24), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(a.encrypted_cookie, b.encrypted_cookie, 32), 0);
	CU_ASSERT_EQUAL(memcmp(a.receiver_index, known.message + 4, 4), 0);
}

static void other_key(void)
{
	uint8_t public_key[32] = {9};

	load_asked(0);
	CU_ASSERT_TRUE(mac2_right(NOW));
	cookie_checker_init(&known.checker, public_key);
	CU_ASSERT_FALSE(mac2_right(NOW)); /* nor do cookies outlive an identity */
	cookie_checker_clear(&known.checker);
	CU_ASSERT_FALSE(mac2_right(NOW));
	CU_ASSERT_TRUE(secret_is_zero(&known.checker, sizeof(known.checker)));
}

static void sizes(void)
{
	uint8_t message[149] = {0};

	load_asked(0);
	memcpy(message, known.message, 148);
	for (size_t length = 0; length <= 149; length++) {
		CU_ASSERT_EQUAL(cookie_check_mac2(
			&known.checker, message, length, &known.from, NOW), length == 148);
		CU_ASSERT_EQUAL(cookie_has_mac2(message, length), length == 148);
	}
}

/* C11: two devices in one process share nothing. */
static void two_devices(void)
{
	struct cookie_checker other;
	struct message_cookie reply;

	load(0);
	other = known.checker;
	ask(NOW);
	cookie_make_reply(&other, &reply, known.message, 148, &known.from, NOW);
	CU_ASSERT_TRUE(mac2_right(NOW));
	CU_ASSERT_FALSE(cookie_check_mac2(&other, known.message, 148, &known.from, NOW));
}

static const struct unit_test tests[] = {
	{"A3, A17, A18: mac2 of known messages", known_mac2},
	{"A19: known cookie replies, to initiations and responses", known_reply},
	{"A17: mac2 covers every byte before it, mac1 too", every_byte},
	{"A17: a zero mac2 is none, and never right", no_mac2},
	{"A18, C13: a cookie belongs to one address and port", another_source},
	{"A18: four bytes of an IPv4 address", four_bytes},
	{"A18: a secret serves 120 s", secret_ends},
	{"A18: a cookie given out late has time to be used, none has more than 120 s", last_moment},
	{"A18: each secret is another", secrets_differ},
	{"A19: each reply has its nonce, and the index that asked", fresh_nonces},
	{"A18: a new identity has new cookies, none has none", other_key},
	{"A2, A17: only messages of their exact size have a mac2", sizes},
	{"C11: each device has its own secret", two_devices},
	{NULL, NULL},
};

const struct unit_suite suite_checker = {"checker", tests};
