/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypto/aead.h"

#include <errno.h>

#include "crypto/provider.h"
#include "util/bytes.h"

#define NONCE_LEN 12

static void counter_nonce(uint8_t nonce[static NONCE_LEN], uint64_t counter)
{
	put_le32(nonce, 0);
	put_le64(nonce + 4, counter);
}

void aead_seal(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad, size_t ad_len,
	uint64_t counter, const uint8_t key[static AEAD_KEY_LEN])
{
	uint8_t nonce[NONCE_LEN];

	counter_nonce(nonce, counter);
	crypto_provider()->aead_seal(dst, src, src_len, ad, ad_len, nonce, key);
}

int aead_open(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad, size_t ad_len,
	uint64_t counter, const uint8_t key[static AEAD_KEY_LEN])
{
	uint8_t nonce[NONCE_LEN];

	if (src_len < AEAD_TAG_LEN)
		return -EBADMSG;
	counter_nonce(nonce, counter);
	return crypto_provider()->aead_open(dst, src, src_len, ad, ad_len, nonce, key);
}

void xaead_seal(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad, size_t ad_len,
	const uint8_t nonce[static XAEAD_NONCE_LEN], const uint8_t key[static AEAD_KEY_LEN])
{
	crypto_provider()->xaead_seal(dst, src, src_len, ad, ad_len, nonce, key);
}

int xaead_open(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad, size_t ad_len,
	const uint8_t nonce[static XAEAD_NONCE_LEN], const uint8_t key[static AEAD_KEY_LEN])
{
	if (src_len < AEAD_TAG_LEN)
		return -EBADMSG;
	return crypto_provider()->xaead_open(dst, src, src_len, ad, ad_len, nonce, key);
}
