/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypto/blake2s.h"

#include <string.h>

#include "crypto/secret.h"

#define BLOCK_LEN 64

void blake2s_init(struct blake2s *state, size_t out_len, const uint8_t *key, size_t key_len)
{
	crypto_provider()->blake2s_init(state, out_len, key, key_len);
}

void blake2s_update(struct blake2s *state, const void *in, size_t in_len)
{
	crypto_provider()->blake2s_update(state, in, in_len);
}

void blake2s_final(struct blake2s *state, uint8_t *out, size_t out_len)
{
	crypto_provider()->blake2s_final(state, out, out_len);
	secret_wipe(state, sizeof(*state));
}

void blake2s(uint8_t *out, size_t out_len, const void *in, size_t in_len, const uint8_t *key,
	size_t key_len)
{
	struct blake2s state;

	blake2s_init(&state, out_len, key, key_len);
	blake2s_update(&state, in, in_len);
	blake2s_final(&state, out, out_len);
}

/* RFC 2104: the key, hashed when longer than a block, zero-padded to one. */
static void hmac_block(uint8_t block[static BLOCK_LEN], const uint8_t *key, size_t key_len)
{
	memset(block, 0, BLOCK_LEN);
	if (key_len > BLOCK_LEN)
		blake2s(block, BLAKE2S_LEN, key, key_len, NULL, 0);
	else if (key_len > 0)
		memcpy(block, key, key_len);
}

/* H(block ^ pad, in) */
static void hmac_pass(uint8_t out[static BLAKE2S_LEN], const uint8_t block[static BLOCK_LEN],
	uint8_t pad, const void *in, size_t in_len)
{
	uint8_t padded[BLOCK_LEN];
	struct blake2s state;

	for (size_t i = 0; i < BLOCK_LEN; i++)
		padded[i] = block[i] ^ pad;
	blake2s_init(&state, BLAKE2S_LEN, NULL, 0);
	blake2s_update(&state, padded, BLOCK_LEN);
	blake2s_update(&state, in, in_len);
	blake2s_final(&state, out, BLAKE2S_LEN);
	secret_wipe(padded, sizeof(padded));
}

void hmac_blake2s(uint8_t out[static BLAKE2S_LEN], const void *in, size_t in_len,
	const uint8_t *key, size_t key_len)
{
	uint8_t block[BLOCK_LEN], inner[BLAKE2S_LEN];

	hmac_block(block, key, key_len);
	hmac_pass(inner, block, 0x36, in, in_len);
	hmac_pass(out, block, 0x5c, inner, sizeof(inner));
	secret_wipe(block, sizeof(block));
	secret_wipe(inner, sizeof(inner));
}

void kdf(uint8_t t1[static BLAKE2S_LEN], uint8_t *t2, uint8_t *t3,
	const uint8_t ck[static BLAKE2S_LEN], const uint8_t *in, size_t in_len)
{
	uint8_t *const outputs[] = {t1, t2, t3};
	uint8_t prk[BLAKE2S_LEN], step[BLAKE2S_LEN + 1];
	size_t step_len = 0; /* T(0) is empty */

	hmac_blake2s(prk, in, in_len, ck, BLAKE2S_LEN);
	for (uint8_t i = 0; i < 3 && outputs[i]; i++) {
		step[step_len] = (uint8_t)(i + 1);
		hmac_blake2s(step, step, step_len + 1, prk, sizeof(prk));
		memcpy(outputs[i], step, BLAKE2S_LEN);
		step_len = BLAKE2S_LEN;
	}
	secret_wipe(prk, sizeof(prk));
	secret_wipe(step, sizeof(step));
}
