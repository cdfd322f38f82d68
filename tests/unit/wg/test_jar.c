/* SPDX-License-Identifier: BSD-3-Clause */
/* The sender's side: taking a cookie, and using it as long as it is fresh. */
#include "wg/jar.h"

#include <errno.h>
#include <string.h>

#include "cookie_vectors.h"
#include "crypto/secret.h"
#include "fixture.h"
#include "suites.h"
#include "util/bytes.h"

#define VECTORS (sizeof(cookie_vectors) / sizeof(cookie_vectors[0]))
#define NOW     (5000 * CLOCK_SECOND)
#define FRESH   (115 * CLOCK_SECOND)

static struct jar jar;
static uint8_t receiver[32], message[148], expected[148], reply[64];
static size_t length;

/* A message of the vector is sent with an empty jar; its macs are cleared before. */
static void load(unsigned i)
{
	const struct cookie_vector *v = &cookie_vectors[i];

	fixture_random(i);
	memset(&jar, 0, sizeof(jar));
	length = strlen(v->message) / 2;
	fixture_unhex(receiver, 32, v->receiver);
	fixture_unhex(expected, length, v->message);
	fixture_unhex(reply, 64, v->reply);
	memcpy(message, expected, length);
	memset(message + length - 32, 0xff, 32);
	jar_add_macs(&jar, message, length, receiver, NOW);
}

static int consume(uint64_t now_ns)
{
	return jar_consume(&jar, (const struct message_cookie *)reply, receiver, now_ns);
}

static void send_at(uint64_t now_ns)
{
	memset(message + length - 32, 0xff, 32);
	jar_add_macs(&jar, message, length, receiver, now_ns);
}

static bool has_mac2(void)
{
	return !secret_is_zero(message + length - 16, 16);
}

static void known_messages(void)
{
	for (unsigned i = 0; i < VECTORS; i++) {
		load(i);
		CU_ASSERT_EQUAL(memcmp(message, expected, length - 16), 0);
		CU_ASSERT_FALSE(has_mac2());
		CU_ASSERT_EQUAL(consume(NOW), 0);
		send_at(NOW);
		CU_ASSERT_EQUAL(memcmp(message, expected, length), 0);
	}
}

static void freshness(void)
{
	for (unsigned i = 0; i < VECTORS; i++) {
		load(i);
		CU_ASSERT_EQUAL(consume(NOW + 3), 0);
		send_at(NOW + 3 + FRESH);
		CU_ASSERT_TRUE(has_mac2());
		send_at(NOW + 3 + FRESH + 1);
		CU_ASSERT_FALSE(has_mac2());
		CU_ASSERT_TRUE(secret_is_zero(jar.cookie, sizeof(jar.cookie)));
	}
}

/* One that is used all the time does not live longer for it. */
static void use_does_not_renew(void)
{
	load(0);
	CU_ASSERT_EQUAL(consume(NOW), 0);
	for (unsigned s = 0; s <= 200; s += 5) {
		send_at(NOW + s * CLOCK_SECOND);
		CU_ASSERT_EQUAL(has_mac2(), s <= 115);
	}
}

static void once(void)
{
	load(0);
	CU_ASSERT_EQUAL(consume(NOW), 0);
	CU_ASSERT_EQUAL(consume(NOW + 1), -ENOENT);
	CU_ASSERT_EQUAL(jar.received_ns, NOW);
	/* nor is a message that was never sent answered */
	memset(&jar, 0, sizeof(jar));
	CU_ASSERT_EQUAL(consume(NOW), -ENOENT);
	CU_ASSERT_FALSE(jar.has_cookie);
}

static void to_the_last_message(void)
{
	load(0);
	message[20] ^= 1;
	send_at(NOW);
	CU_ASSERT_EQUAL(consume(NOW), -EBADMSG);
	message[20] ^= 1;
	send_at(NOW);
	CU_ASSERT_EQUAL(consume(NOW), 0);
}

static void forged(void)
{
	load(0);
	for (size_t at = 8; at < 64; at++) { /* the index is looked at by the device */
		struct jar before = jar;
		reply[at] ^= 0x20;
		CU_ASSERT_EQUAL(consume(NOW), -EBADMSG);
		CU_ASSERT_EQUAL(memcmp(&jar, &before, sizeof(jar)), 0);
		reply[at] ^= 0x20;
	}
	receiver[0] ^= 1; /* from another peer */
	CU_ASSERT_EQUAL(consume(NOW), -EBADMSG);
	receiver[0] ^= 1;
	CU_ASSERT_EQUAL(consume(NOW), 0);
}

/* A bad reply does not take away the cookie that there is. */
static void forged_later(void)
{
	load(0);
	CU_ASSERT_EQUAL(consume(NOW), 0);
	send_at(NOW + 1);
	reply[40] ^= 1;
	CU_ASSERT_EQUAL(consume(NOW + 1), -EBADMSG);
	send_at(NOW + 2);
	CU_ASSERT_EQUAL(memcmp(message, expected, length), 0);
}

static const struct unit_test tests[] = {
	{"A17, A20: a known cookie makes a known mac2", known_messages},
	{"A17: at most 115 s old", freshness},
	{"A17: using a cookie does not make it younger", use_does_not_renew},
	{"A20: one reply for each mac1", once},
	{"A20: the reply is to the last message", to_the_last_message},
	{"A20: a bad tag changes nothing", forged},
	{"A20: a bad tag does not cost the cookie", forged_later},
	{NULL, NULL},
};

const struct unit_suite suite_jar = {"jar", tests};
