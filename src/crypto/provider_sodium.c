/* SPDX-License-Identifier: BSD-3-Clause */
/* The default provider: libsodium, and libb2 for BLAKE2s, which libsodium does not have. */
#include "crypto/provider.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <blake2.h>
#include <sodium.h>

static_assert(sizeof(blake2s_state) <= BLAKE2S_STATE_BYTES, "libb2's state must fit ours");
static_assert(crypto_aead_chacha20poly1305_ietf_ABYTES == 16, "the tag's size");
static_assert(crypto_aead_chacha20poly1305_ietf_NPUBBYTES == 12, "the nonce's size");
static_assert(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES == 24, "the long nonce's size");
static_assert(crypto_scalarmult_curve25519_BYTES == 32, "X25519's size");

static void seal(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad, size_t ad_len,
	const uint8_t nonce[12], const uint8_t key[32])
{
	crypto_aead_chacha20poly1305_ietf_encrypt(dst, NULL, src, src_len, ad, ad_len, NULL, nonce,
		key);
}

static int open_sealed(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad,
	size_t ad_len, const uint8_t nonce[12], const uint8_t key[32])
{
	int bad = crypto_aead_chacha20poly1305_ietf_decrypt(dst, NULL, NULL, src, src_len, ad,
		ad_len, nonce, key);

	return bad ? -EBADMSG : 0;
}

static void xseal(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad,
	size_t ad_len, const uint8_t nonce[24], const uint8_t key[32])
{
	crypto_aead_xchacha20poly1305_ietf_encrypt(dst, NULL, src, src_len, ad, ad_len, NULL, nonce,
		key);
}

static int xopen_sealed(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad,
	size_t ad_len, const uint8_t nonce[24], const uint8_t key[32])
{
	int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(dst, NULL, NULL, src, src_len, ad,
		ad_len, nonce, key);

	return bad ? -EBADMSG : 0;
}

static int x25519(uint8_t shared[32], const uint8_t secret[32], const uint8_t public[32])
{
	return crypto_scalarmult_curve25519(shared, secret, public) == 0 ? 0 : -EINVAL;
}

static void x25519_base(uint8_t public[32], const uint8_t secret[32])
{
	crypto_scalarmult_curve25519_base(public, secret);
}

/* libb2 refuses sizes out of range: going on without a hash would be worse than to stop. */
static void must(int error)
{
	if (error)
		abort();
}

static void hash_init(void *state, size_t out_len, const uint8_t *key, size_t key_len)
{
	if (key_len > 0)
		must(blake2s_init_key(state, out_len, key, key_len));
	else
		must(blake2s_init(state, out_len));
}

static void hash_update(void *state, const uint8_t *in, size_t in_len)
{
	must(blake2s_update(state, in, in_len));
}

static void hash_final(void *state, uint8_t *out, size_t out_len)
{
	must(blake2s_final(state, out, out_len));
}

static void draw(void *out, size_t len)
{
	randombytes_buf(out, len);
}

/* libb2 picks its code for the CPU at the first call of each function, with no lock. */
static void warm_up_libb2(void)
{
	const uint8_t zero[BLAKE2S_KEYBYTES] = {0};
	uint8_t digest[BLAKE2S_OUTBYTES];
	blake2s_state state;

	hash_init(&state, sizeof(digest), NULL, 0);
	hash_init(&state, sizeof(digest), zero, sizeof(zero));
	hash_update(&state, zero, sizeof(zero));
	hash_final(&state, digest, sizeof(digest));
}

static int init(void)
{
	warm_up_libb2(); /* while there is one thread */
	return sodium_init() < 0 ? -ENOSYS : 0;
}

const struct crypto_provider crypto_provider_sodium = {
	.name = "sodium",
	.init = init,
	.aead_seal = seal,
	.aead_open = open_sealed,
	.xaead_seal = xseal,
	.xaead_open = xopen_sealed,
	.dh = x25519,
	.dh_base = x25519_base,
	.blake2s_init = hash_init,
	.blake2s_update = hash_update,
	.blake2s_final = hash_final,
	.random = draw,
};
