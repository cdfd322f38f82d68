/* SPDX-License-Identifier: BSD-3-Clause */
/* ChaCha20-Poly1305 as WireGuard uses it, and XChaCha20-Poly1305 for cookies. */
#ifndef CRYPTO_AEAD_H
#define CRYPTO_AEAD_H

#include <stddef.h>
#include <stdint.h>

#define AEAD_KEY_LEN    32
#define AEAD_TAG_LEN    16
#define XAEAD_NONCE_LEN 24

/*
 * The nonce is 32 zero bits followed by the counter as 64 bits, little-endian (whitepaper 5.4.6).
 * dst takes src_len + AEAD_TAG_LEN bytes; dst may be src.
 */
void aead_seal(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad, size_t ad_len,
	uint64_t counter, const uint8_t key[static AEAD_KEY_LEN]);
/* src_len counts the tag. 0; -EBADMSG when src_len < 16 or the tag is wrong: then dst holds no
 * plaintext. */
int aead_open(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad, size_t ad_len,
	uint64_t counter, const uint8_t key[static AEAD_KEY_LEN]);

void xaead_seal(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad, size_t ad_len,
	const uint8_t nonce[static XAEAD_NONCE_LEN], const uint8_t key[static AEAD_KEY_LEN]);
int xaead_open(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad, size_t ad_len,
	const uint8_t nonce[static XAEAD_NONCE_LEN], const uint8_t key[static AEAD_KEY_LEN]);

#endif
