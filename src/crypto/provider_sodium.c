/* SPDX-License-Identifier: BSD-3-Clause */
/* The default provider: libsodium, and our own BLAKE2s, which libsodium does not have. */
#include "crypto/provider.h"

#include <assert.h>
#include <errno.h>

#include <sodium.h>

#include "crypto/rfc7693.h"

static_assert(sizeof(struct rfc7693) <= BLAKE2S_STATE_BYTES, "the state must fit");
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

static void hash_init(void *state, size_t out_len, const uint8_t *key, size_t key_len)
{
	rfc7693_init(state, out_len, key, key_len);
}

static void hash_update(void *state, const uint8_t *in, size_t in_len)
{
	rfc7693_update(state, in, in_len);
}

static void hash_final(void *state, uint8_t *out, size_t out_len)
{
	rfc7693_final(state, out, out_len);
}

static void draw(void *out, size_t len)
{
	randombytes_buf(out, len);
}

static int init(void)
{
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
