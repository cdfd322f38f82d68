/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BLAKE2s in plain C, straight from RFC 7693, for the default provider: libsodium has BLAKE2b only. No
 * vector instructions: WireGuard hashes one short message after another, each from the answer before, and
 * for one such chain they do not pay. No branch and no address depends on the data.
 */
#ifndef CRYPTO_RFC7693_H
#define CRYPTO_RFC7693_H

#include <stddef.h>
#include <stdint.h>

#define RFC7693_BLOCK_LEN 64
#define RFC7693_OUT_MAX   32
#define RFC7693_KEY_MAX   32

struct rfc7693 {
	uint32_t h[8];
	uint64_t total; /* bytes that were compressed: t of the RFC */
	size_t filled;  /* bytes of block; a full one waits until it is known whether it is the last */
	uint8_t block[RFC7693_BLOCK_LEN];
};

/* out_len 1..32, key_len 0..32 (key may be NULL when 0); aborts on others: a wrong hash is worse. */
void rfc7693_init(struct rfc7693 *s, size_t out_len, const uint8_t *key, size_t key_len);
void rfc7693_update(struct rfc7693 *s, const uint8_t *in, size_t in_len);
/* out_len as at the start. The state is of no use afterwards, and not wiped. */
void rfc7693_final(struct rfc7693 *s, uint8_t *out, size_t out_len);

#endif
