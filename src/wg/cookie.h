/* SPDX-License-Identifier: BSD-3-Clause */
/* mac1 of handshake messages (whitepaper 5.4.4). Public inputs only: black may use all of this. */
#ifndef WG_COOKIE_H
#define WG_COOKIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cookie_checker { /* what a receiver needs to check mac1: a hash of its public key */
	uint8_t mac1_key[32];
	bool set;
};

void cookie_checker_init(struct cookie_checker *c, const uint8_t public_key[static 32]);
void cookie_checker_clear(struct cookie_checker *c); /* no key: everything is refused */
/* A16: message is an initiation (148) or a response (92), length its true size. Constant time. */
bool cookie_check_mac1(const struct cookie_checker *c, const uint8_t *message, size_t length);
/* Sets mac1 for a receiver with receiver_public, and mac2 zero. */
void cookie_add_macs(uint8_t *message, size_t length, const uint8_t receiver_public[static 32]);

#endif
