/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/cookie.h"

#include <string.h>

#include "crypto/aead.h"
#include "crypto/blake2s.h"
#include "crypto/secret.h"
#include "util/bytes.h"
#include "wg/messages.h"

#define LABEL_LEN 8
/* Before its end a secret makes no cookies: time for the next try (5.33 s), and as much again. */
#define COOKIE_OVERLAP (10 * CLOCK_SECOND)

static_assert(COOKIE_LEN == BLAKE2S_MAC_LEN, "a cookie is a mac of the source");

static void derive_key(uint8_t key[static 32], const char label[static LABEL_LEN],
	const uint8_t public_key[static 32])
{
	uint8_t in[LABEL_LEN + 32];

	memcpy(in, label, LABEL_LEN);
	memcpy(in + LABEL_LEN, public_key, 32);
	blake2s(key, 32, in, sizeof(in), NULL, 0);
}

static void derive_mac1_key(uint8_t key[static 32], const uint8_t public_key[static 32])
{
	derive_key(key, "mac1----", public_key);
}

void cookie_derive_reply_key(uint8_t key[static 32], const uint8_t public_key[static 32])
{
	derive_key(key, "cookie--", public_key);
}

/* Does a message of this type carry macs, and has it the size of its type? */
static bool is_handshake(const uint8_t *message, size_t length)
{
	return (length == sizeof(struct message_initiation) && message[0] == MESSAGE_INITIATION) ||
		(length == sizeof(struct message_response) && message[0] == MESSAGE_RESPONSE);
}

/* Of a message that is_handshake(). */
static const struct message_macs *macs_of(const uint8_t *message, size_t length)
{
	return (const struct message_macs *)(message + length - sizeof(struct message_macs));
}

void cookie_checker_init(struct cookie_checker *c, const uint8_t public_key[static 32])
{
	cookie_checker_clear(c);
	derive_mac1_key(c->mac1_key, public_key);
	cookie_derive_reply_key(c->reply_key, public_key);
	c->set = true;
}

void cookie_checker_clear(struct cookie_checker *c)
{
	secret_wipe(c, sizeof(*c));
}

bool cookie_check_mac1(const struct cookie_checker *c, const uint8_t *message, size_t length)
{
	uint8_t expected[BLAKE2S_MAC_LEN];
	size_t covered = length - sizeof(struct message_macs);

	if (!c->set || !is_handshake(message, length))
		return false;
	blake2s(expected, sizeof(expected), message, covered, c->mac1_key, sizeof(c->mac1_key));
	return secret_equal(expected, message + covered, sizeof(expected));
}

static bool is_younger(const struct cookie_secret *secret, uint64_t age_ns, uint64_t now_ns)
{
	return secret->set && now_ns < secret->birth_ns + age_ns;
}

/*
 * A18. A secret serves 120 s from its birth and not a moment longer, so a cookie is never accepted for
 * more. Whoever gets a cookie uses it when its next try is due, after 5 s and jitter: were cookies made
 * with a secret up to its end, one in twenty would come back too late and cost its owner 5 s more. So
 * the next secret is drawn a while before, and makes the cookies from then on.
 */
static const struct cookie_secret *renew_secret(struct cookie_checker *c, uint64_t now_ns)
{
	if (!is_younger(&c->secrets[c->newest], COOKIE_LIFETIME - COOKIE_OVERLAP, now_ns)) {
		c->newest = !c->newest;
		struct cookie_secret *next = &c->secrets[c->newest];
		random_bytes(next->bytes, sizeof(next->bytes));
		next->birth_ns = now_ns;
		next->set = true;
	}
	return &c->secrets[c->newest];
}

/* A18, C13: the address as it is in the packet, 4 or 16 bytes, and the port, big-endian (A3). */
static void make_cookie(const struct cookie_secret *secret, uint8_t cookie[static COOKIE_LEN],
	const struct endpoint *from)
{
	uint8_t source[16 + 2];
	size_t address = addr_bits(&from->addr) / 8;

	memcpy(source, from->addr.bytes, address);
	put_be16(source + address, from->port);
	blake2s(cookie, COOKIE_LEN, source, address + 2, secret->bytes, sizeof(secret->bytes));
}

static bool is_made_with(const struct cookie_secret *secret, const uint8_t *message, size_t length,
	const struct endpoint *from)
{
	uint8_t cookie[COOKIE_LEN], expected[BLAKE2S_MAC_LEN];
	size_t covered = length - BLAKE2S_MAC_LEN;
	bool right;

	make_cookie(secret, cookie, from);
	blake2s(expected, sizeof(expected), message, covered, cookie, sizeof(cookie));
	right = secret_equal(expected, message + covered, sizeof(expected));
	secret_wipe(cookie, sizeof(cookie));
	secret_wipe(expected, sizeof(expected));
	return right;
}

bool cookie_check_mac2(const struct cookie_checker *c, const uint8_t *message, size_t length,
	const struct endpoint *from, uint64_t now_ns)
{
	if (!c->set || !is_handshake(message, length))
		return false;
	for (unsigned i = 0; i < 2; i++) {
		const struct cookie_secret *secret = &c->secrets[c->newest ^ i];
		if (is_younger(secret, COOKIE_LIFETIME, now_ns) &&
			is_made_with(secret, message, length, from))
			return true;
	}
	return false;
}

bool cookie_has_mac2(const uint8_t *message, size_t length)
{
	return is_handshake(message, length) &&
		!secret_is_zero(macs_of(message, length)->mac2, BLAKE2S_MAC_LEN);
}

void cookie_make_reply(struct cookie_checker *c, struct message_cookie *reply,
	const uint8_t *message, size_t length, const struct endpoint *from, uint64_t now_ns)
{
	/* both kinds of message begin with type and sender index */
	const struct message_initiation *asked = (const struct message_initiation *)message;
	uint8_t cookie[COOKIE_LEN];

	make_cookie(renew_secret(c, now_ns), cookie, from);
	memset(reply, 0, sizeof(*reply));
	reply->type[0] = MESSAGE_COOKIE;
	memcpy(reply->receiver_index, asked->sender_index, sizeof(reply->receiver_index));
	random_bytes(reply->nonce, sizeof(reply->nonce));
	xaead_seal(reply->encrypted_cookie, cookie, sizeof(cookie), macs_of(message, length)->mac1,
		BLAKE2S_MAC_LEN, reply->nonce, c->reply_key);
	secret_wipe(cookie, sizeof(cookie));
}

void cookie_add_macs(uint8_t *message, size_t length, const uint8_t receiver_public[static 32])
{
	uint8_t key[32];
	size_t covered = length - sizeof(struct message_macs);

	derive_mac1_key(key, receiver_public);
	blake2s(message + covered, BLAKE2S_MAC_LEN, message, covered, key, sizeof(key));
	memset(message + covered + BLAKE2S_MAC_LEN, 0, BLAKE2S_MAC_LEN);
}
