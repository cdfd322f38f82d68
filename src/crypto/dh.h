/* SPDX-License-Identifier: BSD-3-Clause */
/* X25519 (RFC 7748). */
#ifndef CRYPTO_DH_H
#define CRYPTO_DH_H

#include <stdint.h>

#define DH_LEN 32

/* 0; -EINVAL when the result is all zero (low-order public, A9): shared is then zeroed. */
int dh(uint8_t shared[static DH_LEN], const uint8_t secret[static DH_LEN],
	const uint8_t public[static DH_LEN]);
void dh_base(uint8_t public[static DH_LEN], const uint8_t secret[static DH_LEN]);
/* A fresh clamped secret and its public key. */
void dh_generate(uint8_t secret[static DH_LEN], uint8_t public[static DH_LEN]);
void dh_clamp(uint8_t secret[static DH_LEN]);

#endif
