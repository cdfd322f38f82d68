/* SPDX-License-Identifier: BSD-3-Clause */
/* The receiver's side of the cookie machine: cookies, mac2, cookie replies. */
#include <string.h>

#include "cookie_vectors.h"
#include "crypto/aead.h"
#include "crypto/secret.h"
#include "fixture.h"
#include "suites.h"
#include "wg/cookie.h"
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

static bool mac2_right(uint64_t now_ns)
{
	return cookie_check_mac2(
		&known.checker, known.message, known.length, &known.from, now_ns);
}

static void known_mac2(void)
{
	for (unsigned i = 0; i < VECTORS; i++) {
		load(i);
		CU_ASSERT_TRUE(cookie_check_mac1(&known.checker, known.message, known.length));
		CU_ASSERT_TRUE(cookie_has_mac2(known.message, known.length));
		CU_ASSERT_TRUE(mac2_right(NOW));
	}
}

static void known_reply(void)
{
	struct message_cookie reply;

	for (unsigned i = 0; i < VECTORS; i++) {
		load(i);
		fixture_script(known.nonce, sizeof(known.nonce));
		cookie_make_reply(&known.checker, &reply, known.message, known.length, &known.from,
			NOW);
		CU_ASSERT_EQUAL(memcmp(&reply, known.reply, sizeof(reply)), 0);
	}
}

static void every_byte(void)
{
	for (unsigned i = 0; i < VECTORS; i++) {
		load(i);
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
	load(0);
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
		load(i);
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
	load(0);
	memset(known.from.addr.bytes + 4, 0xee, 12);
	CU_ASSERT_TRUE(mac2_right(NOW));
}

static void secret_changes(void)
{
	load(0);
	CU_ASSERT_TRUE(mac2_right(NOW));
	CU_ASSERT_TRUE(mac2_right(NOW + COOKIE_LIFETIME - 1));
	CU_ASSERT_EQUAL(memcmp(known.checker.secret, known.secret, 32), 0);
	CU_ASSERT_FALSE(mac2_right(NOW + COOKIE_LIFETIME));
	CU_ASSERT_NOT_EQUAL(memcmp(known.checker.secret, known.secret, 32), 0);
	CU_ASSERT_FALSE(mac2_right(NOW + COOKIE_LIFETIME + 1));
	/* the next change is 120 s after this one, not after when it was due */
	uint8_t second[32];
	memcpy(second, known.checker.secret, 32);
	mac2_right(NOW + 2 * COOKIE_LIFETIME - 1);
	CU_ASSERT_EQUAL(memcmp(known.checker.secret, second, 32), 0);
	mac2_right(NOW + 2 * COOKIE_LIFETIME);
	CU_ASSERT_NOT_EQUAL(memcmp(known.checker.secret, second, 32), 0);
}

/* A cookie that was given out just before the secret's change has no day of grace. */
static void last_moment(void)
{
	struct message_cookie reply;

	load(0);
	CU_ASSERT_TRUE(mac2_right(NOW));
	fixture_script(known.nonce, sizeof(known.nonce));
	cookie_make_reply(&known.checker, &reply, known.message, known.length, &known.from,
		NOW + COOKIE_LIFETIME - 1);
	CU_ASSERT_EQUAL(memcmp(&reply, known.reply, sizeof(reply)), 0); /* the same cookie */
	CU_ASSERT_TRUE(mac2_right(NOW + COOKIE_LIFETIME - 1));
	CU_ASSERT_FALSE(mac2_right(NOW + COOKIE_LIFETIME));
	/* and a reply is of the new secret */
	cookie_make_reply(&known.checker, &reply, known.message, known.length, &known.from,
		NOW + COOKIE_LIFETIME);
	CU_ASSERT_NOT_EQUAL(memcmp(reply.encrypted_cookie, known.reply + 32, 32), 0);
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

	load(0);
	CU_ASSERT_TRUE(mac2_right(NOW));
	cookie_checker_init(&known.checker, public_key);
	CU_ASSERT_FALSE(known.checker.has_secret); /* nor do cookies outlive an identity */
	cookie_checker_clear(&known.checker);
	CU_ASSERT_FALSE(mac2_right(NOW));
	CU_ASSERT_TRUE(secret_is_zero(&known.checker, sizeof(known.checker)));
}

static void sizes(void)
{
	uint8_t message[149] = {0};

	load(0);
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

	load(0);
	other = known.checker;
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
	{"A18: the secret changes every 120 s", secret_changes},
	{"A18: a cookie ends with its secret", last_moment},
	{"A19: each reply has its nonce, and the index that asked", fresh_nonces},
	{"A18: a new identity has new cookies, none has none", other_key},
	{"A2, A17: only messages of their exact size have a mac2", sizes},
	{"C11: each device has its own secret", two_devices},
	{NULL, NULL},
};

const struct unit_suite suite_checker = {"checker", tests};
