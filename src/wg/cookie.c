/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/cookie.h"

#include <string.h>

#include "crypto/blake2s.h"
#include "crypto/secret.h"
#include "wg/messages.h"

static const uint8_t MAC1_LABEL[] = {'m', 'a', 'c', '1', '-', '-', '-', '-'};

static void derive_mac1_key(uint8_t key[static 32], const uint8_t public_key[static 32])
{
	uint8_t in[sizeof(MAC1_LABEL) + 32];

	memcpy(in, MAC1_LABEL, sizeof(MAC1_LABEL));
	memcpy(in + sizeof(MAC1_LABEL), public_key, 32);
	blake2s(key, 32, in, sizeof(in), NULL, 0);
}

/* Does a message of this type carry macs, and has it the size of its type? */
static bool is_handshake(const uint8_t *message, size_t length)
{
	return (length == sizeof(struct message_initiation) && message[0] == MESSAGE_INITIATION) ||
		(length == sizeof(struct message_response) && message[0] == MESSAGE_RESPONSE);
}

void cookie_checker_init(struct cookie_checker *c, const uint8_t public_key[static 32])
{
	derive_mac1_key(c->mac1_key, public_key);
	c->set = true;
}

void cookie_checker_clear(struct cookie_checker *c)
{
	memset(c, 0, sizeof(*c));
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

void cookie_add_macs(uint8_t *message, size_t length, const uint8_t receiver_public[static 32])
{
	uint8_t key[32];
	size_t covered = length - sizeof(struct message_macs);

	derive_mac1_key(key, receiver_public);
	blake2s(message + covered, BLAKE2S_MAC_LEN, message, covered, key, sizeof(key));
	memset(message + covered + BLAKE2S_MAC_LEN, 0, BLAKE2S_MAC_LEN);
}
