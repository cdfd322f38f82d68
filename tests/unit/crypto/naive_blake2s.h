/* SPDX-License-Identifier: BSD-3-Clause */
/* BLAKE2s written down straight from RFC 7693, to judge the fast one by. Whole messages only. */
#ifndef TESTS_UNIT_CRYPTO_NAIVE_BLAKE2S_H
#define TESTS_UNIT_CRYPTO_NAIVE_BLAKE2S_H

#include <stddef.h>
#include <stdint.h>

void naive_blake2s(uint8_t *out, size_t out_len, const uint8_t *in, size_t in_len,
	const uint8_t *key, size_t key_len);

/* RFC 2104 and RFC 5869 over the above. in_len <= 1024 */
void naive_hmac(uint8_t out[static 32], const uint8_t *in, size_t in_len, const uint8_t *key,
	size_t key_len);
void naive_hkdf(uint8_t *out, size_t out_len, const uint8_t *salt, size_t salt_len,
	const uint8_t *in, size_t in_len);

#endif
