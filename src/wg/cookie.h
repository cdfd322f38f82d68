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

struct cookie_secret { /* what cookies are made with (A18) */
	uint8_t bytes[32];
	uint64_t birth_ns; /* boot-time clock */
	bool set;
};

struct cookie_checker { /* one per device: what a receiver needs, all of it from its public key */
	uint8_t mac1_key[32];
	uint8_t reply_key[32]; /* seals cookie replies (A19) */
	struct cookie_secret secrets[2];
	uint8_t newest;        /* of the two; the other one may still be good */
	bool set;
};

void cookie_checker_init(struct cookie_checker *c, const uint8_t public_key[static 32]);
void cookie_checker_clear(struct cookie_checker *c); /* no key: everything is refused. Wipes */

/* A16: message is an initiation (148) or a response (92), length its true size. Constant time. */
bool cookie_check_mac1(const struct cookie_checker *c, const uint8_t *message, size_t length);
/*
 * A17, A18: was mac2 made with a cookie that is `from`'s? Of a message whose mac1 is right. now_ns:
 * boot-time clock. The comparison takes constant time. A cookie ends with its secret, at most 120 s
 * after it was given out.
 */
bool cookie_check_mac2(const struct cookie_checker *c, const uint8_t *message, size_t length,
	const struct endpoint *from, uint64_t now_ns);
/* Is there a mac2 to be checked? One that is all zero says that its sender has no cookie. */
bool cookie_has_mac2(const uint8_t *message, size_t length);
/* A19: the reply to a message whose mac1 is right, under a random nonce. Draws a secret when due. */
void cookie_make_reply(struct cookie_checker *c, struct message_cookie *reply,
	const uint8_t *message, size_t length, const struct endpoint *from, uint64_t now_ns);

/* Sets mac1 for a receiver with receiver_public, and mac2 zero. */
void cookie_add_macs(uint8_t *message, size_t length, const uint8_t receiver_public[static 32]);
/* KEY = BLAKE2s("cookie--" || public key): who is to read or write this one's cookie replies. */
void cookie_derive_reply_key(uint8_t key[static 32], const uint8_t public_key[static 32]);

#endif
