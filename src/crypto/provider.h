/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cipher's owner may change it: everything above src/crypto reaches primitives through the
 * functions of aead.h, dh.h, blake2s.h and secret.h, and those call the provider that is set here.
 * The default is libsodium with our own BLAKE2s. A provider fills the whole table; crypto_selftest() tells
 * whether it computes WireGuard's functions.
 */
#ifndef CRYPTO_PROVIDER_H
#define CRYPTO_PROVIDER_H

#include <stddef.h>
#include <stdint.h>

#define BLAKE2S_STATE_BYTES 256 /* the room that a provider has for one BLAKE2s state */

struct crypto_provider {
	const char *name;
	int (*init)(void); /* once, before any other; 0 or -errno */

	/* ChaCha20-Poly1305 (RFC 8439): dst holds src_len + 16 bytes. Out of place or in place. */
	void (*aead_seal)(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad,
		size_t ad_len, const uint8_t nonce[12], const uint8_t key[32]);
	/* src_len counts the tag. 0, or -EBADMSG with dst zeroed or untouched. */
	int (*aead_open)(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad,
		size_t ad_len, const uint8_t nonce[12], const uint8_t key[32]);
	/* The same with XChaCha20 (draft-irtf-cfrg-xchacha). */
	void (*xaead_seal)(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad,
		size_t ad_len, const uint8_t nonce[24], const uint8_t key[32]);
	int (*xaead_open)(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad,
		size_t ad_len, const uint8_t nonce[24], const uint8_t key[32]);

	/* X25519 (RFC 7748). -EINVAL when the result is all zero (A9). */
	int (*dh)(uint8_t shared[32], const uint8_t secret[32], const uint8_t public[32]);
	void (*dh_base)(uint8_t public[32], const uint8_t secret[32]);

	/* BLAKE2s (RFC 7693); state is BLAKE2S_STATE_BYTES, aligned to 64. */
	void (*blake2s_init)(void *state, size_t out_len, const uint8_t *key, size_t key_len);
	void (*blake2s_update)(void *state, const uint8_t *in, size_t in_len);
	void (*blake2s_final)(void *state, uint8_t *out, size_t out_len);

	void (*random)(void *out, size_t len);
};

/* Set before crypto_init(); NULL is the default. */
void crypto_set_provider(const struct crypto_provider *provider);
const struct crypto_provider *crypto_provider(void);
extern const struct crypto_provider crypto_provider_sodium;

/* Once per process. 0 or -errno. */
int crypto_init(void);

/*
 * Known answers: RFC 7693, RFC 8439, XChaCha draft, RFC 7748 with low-order points, HMAC and HKDF
 * over BLAKE2s, constant-time comparison. NULL when all hold, else the name of the first that does
 * not ("blake2s", "aead", ...). Touches no state but the provider's.
 */
const char *crypto_selftest(void);

#endif
