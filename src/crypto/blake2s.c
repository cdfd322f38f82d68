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

/* RFC 2104: what the two passes begin with, a block each: the key, zero-padded, with either constant. */
struct hmac_key {
	uint8_t inner[BLOCK_LEN], outer[BLOCK_LEN];
};

static void hmac_set_key(struct hmac_key *k, const uint8_t *key, size_t key_len)
{
	uint8_t digest[BLAKE2S_LEN];

	if (key_len > BLOCK_LEN) {
		blake2s(digest, sizeof(digest), key, key_len, NULL, 0);
		key = digest;
		key_len = sizeof(digest);
	}
	memset(k->inner, 0x36, BLOCK_LEN);
	memset(k->outer, 0x5c, BLOCK_LEN);
	for (size_t i = 0; i < key_len; i++) {
		k->inner[i] ^= key[i];
		k->outer[i] ^= key[i];
	}
	secret_wipe(digest, sizeof(digest));
}

/* H(block, in); out may be in */
static void hmac_pass(uint8_t out[static BLAKE2S_LEN], const uint8_t block[static BLOCK_LEN],
	const void *in, size_t in_len)
{
	struct blake2s state;

	blake2s_init(&state, BLAKE2S_LEN, NULL, 0);
	blake2s_update(&state, block, BLOCK_LEN);
	blake2s_update(&state, in, in_len);
	blake2s_final(&state, out, BLAKE2S_LEN);
}

static void hmac(uint8_t out[static BLAKE2S_LEN], const void *in, size_t in_len,
	const struct hmac_key *k)
{
	hmac_pass(out, k->inner, in, in_len);
	hmac_pass(out, k->outer, out, BLAKE2S_LEN);
}

void hmac_blake2s(uint8_t out[static BLAKE2S_LEN], const void *in, size_t in_len,
	const uint8_t *key, size_t key_len)
{
	struct hmac_key k;

	hmac_set_key(&k, key, key_len);
	hmac(out, in, in_len, &k);
	secret_wipe(&k, sizeof(k));
}

void kdf(uint8_t t1[static BLAKE2S_LEN], uint8_t *t2, uint8_t *t3,
	const uint8_t ck[static BLAKE2S_LEN], const uint8_t *in, size_t in_len)
{
	uint8_t *const outputs[] = {t1, t2, t3};
	uint8_t step[BLAKE2S_LEN + 1];
	size_t step_len = 0; /* T(0) is empty */
	struct hmac_key k;

	hmac_set_key(&k, ck, BLAKE2S_LEN);
	hmac(step, in, in_len, &k);
	hmac_set_key(&k, step, BLAKE2S_LEN);
	for (uint8_t i = 0; i < 3 && outputs[i]; i++) {
		step[step_len] = (uint8_t)(i + 1);
		hmac(step, step, step_len + 1, &k);
		memcpy(outputs[i], step, BLAKE2S_LEN);
		step_len = BLAKE2S_LEN;
	}
	secret_wipe(&k, sizeof(k));
	secret_wipe(step, sizeof(step));
}
