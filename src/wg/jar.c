/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/jar.h"

#include <errno.h>
#include <string.h>

#include "crypto/aead.h"
#include "crypto/blake2s.h"
#include "crypto/secret.h"

/* A17: a cookie is given up some time before its maker's secret can have changed. */
#define COOKIE_USE (COOKIE_LIFETIME - COOKIE_LATENCY)

void jar_add_macs(struct jar *jar, uint8_t *message, size_t length,
	const uint8_t receiver_public[static 32], uint64_t now_ns)
{
	size_t covered = length - BLAKE2S_MAC_LEN; /* by mac2: mac1 is a part of it */

	cookie_add_macs(message, length, receiver_public);
	memcpy(jar->mac1, message + covered - BLAKE2S_MAC_LEN, BLAKE2S_MAC_LEN);
	jar->asked = true;
	if (jar->has_cookie && now_ns - jar->received_ns > COOKIE_USE) {
		secret_wipe(jar->cookie, sizeof(jar->cookie));
		jar->has_cookie = false;
	}
	if (jar->has_cookie)
		blake2s(message + covered, BLAKE2S_MAC_LEN, message, covered, jar->cookie,
			sizeof(jar->cookie));
}

int jar_consume(struct jar *jar, const struct message_cookie *reply,
	const uint8_t sender_public[static 32], uint64_t now_ns)
{
	uint8_t key[32], cookie[COOKIE_LEN];
	int error;

	if (!jar->asked)
		return -ENOENT;
	cookie_derive_reply_key(key, sender_public);
	error = xaead_open(cookie, reply->encrypted_cookie, sizeof(reply->encrypted_cookie),
		jar->mac1, sizeof(jar->mac1), reply->nonce, key);
	if (error == 0) {
		memcpy(jar->cookie, cookie, sizeof(cookie));
		jar->received_ns = now_ns;
		jar->has_cookie = true;
		jar->asked = false;
	}
	secret_wipe(cookie, sizeof(cookie));
	return error;
}
