/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A receiver's side of the cookie machine (whitepaper 5.3, 5.4.4, 5.4.7): is a handshake message for
 * our public key (mac1), does its sender own its address (mac2), and the reply that lets it prove so.
 * Public inputs and a secret that guards nothing else: black may use all of this. What a sender does
 * with a cookie reply is in jar.h.
 */
#ifndef WG_COOKIE_H
#define WG_COOKIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/addr.h"

struct message_cookie;

#define COOKIE_LEN 16

struct cookie_checker { /* one per device: what a receiver needs, all of it from its public key */
	uint8_t mac1_key[32];
	uint8_t reply_key[32];    /* seals cookie replies (A19) */
	uint8_t secret[32];       /* makes cookies (A18) */
	uint64_t secret_birth_ns; /* boot-time clock */
	bool has_secret;
	bool set;
};

void cookie_checker_init(struct cookie_checker *c, const uint8_t public_key[static 32]);
void cookie_checker_clear(struct cookie_checker *c); /* no key: everything is refused. Wipes */

/* A16: message is an initiation (148) or a response (92), length its true size. Constant time. */
bool cookie_check_mac1(const struct cookie_checker *c, const uint8_t *message, size_t length);
/*
 * A17, A18: was mac2 made with the cookie that `from` has had since the secret's last change? Of a
 * message whose mac1 is right. now_ns: boot-time clock. Constant time. May draw a new secret: a
 * cookie ends with its secret, at most 120 s after it was given out, and no former secret is kept.
 */
bool cookie_check_mac2(struct cookie_checker *c, const uint8_t *message, size_t length,
	const struct endpoint *from, uint64_t now_ns);
/* Is there a mac2 to be checked? One that is all zero says that its sender has no cookie. */
bool cookie_has_mac2(const uint8_t *message, size_t length);
/* A19: the reply to a message whose mac1 is right; sealed under a random nonce. */
void cookie_make_reply(struct cookie_checker *c, struct message_cookie *reply,
	const uint8_t *message, size_t length, const struct endpoint *from, uint64_t now_ns);

/* Sets mac1 for a receiver with receiver_public, and mac2 zero. */
void cookie_add_macs(uint8_t *message, size_t length, const uint8_t receiver_public[static 32]);
/* KEY = BLAKE2s("cookie--" || public key): who is to read or write this one's cookie replies. */
void cookie_derive_reply_key(uint8_t key[static 32], const uint8_t public_key[static 32]);

#endif
