/* SPDX-License-Identifier: BSD-3-Clause */
/* BLAKE2s (RFC 7693), HMAC-BLAKE2s (RFC 2104) and the KDF of the whitepaper (RFC 5869's HKDF). */
#ifndef CRYPTO_BLAKE2S_H
#define CRYPTO_BLAKE2S_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/provider.h"

#define BLAKE2S_LEN     32
#define BLAKE2S_MAC_LEN 16

struct blake2s {
	uint8_t opaque[BLAKE2S_STATE_BYTES];
} __attribute__((aligned(64)));

/* out_len 1..32; key_len 0..32 (key may be NULL when 0). */
void blake2s_init(struct blake2s *state, size_t out_len, const uint8_t *key, size_t key_len);
void blake2s_update(struct blake2s *state, const void *in, size_t in_len);
/* out_len as at the start. Wipes the state. */
void blake2s_final(struct blake2s *state, uint8_t *out, size_t out_len);

/* One call: keyed or plain. */
void blake2s(uint8_t *out, size_t out_len, const void *in, size_t in_len, const uint8_t *key,
	size_t key_len);

void hmac_blake2s(uint8_t out[static BLAKE2S_LEN], const void *in, size_t in_len,
	const uint8_t *key, size_t key_len);

/* KDF_n (whitepaper 5.4): t1..tn from chaining key and input. t1 may be ck. t2, t3 may be NULL. */
void kdf(uint8_t t1[static BLAKE2S_LEN], uint8_t *t2, uint8_t *t3,
	const uint8_t ck[static BLAKE2S_LEN], const uint8_t *in, size_t in_len);

#endif
