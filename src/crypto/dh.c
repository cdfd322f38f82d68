/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypto/dh.h"

#include <errno.h>

#include "crypto/provider.h"
#include "crypto/secret.h"

int dh(uint8_t shared[static DH_LEN], const uint8_t secret[static DH_LEN],
	const uint8_t public[static DH_LEN])
{
	int error = crypto_provider()->dh(shared, secret, public);

	/* A provider that forgets A9 must not cost us the check (C2). */
	if (error != 0 || secret_is_zero(shared, DH_LEN)) {
		secret_wipe(shared, DH_LEN);
		return -EINVAL;
	}
	return 0;
}

void dh_base(uint8_t public[static DH_LEN], const uint8_t secret[static DH_LEN])
{
	crypto_provider()->dh_base(public, secret);
}

void dh_generate(uint8_t secret[static DH_LEN], uint8_t public[static DH_LEN])
{
	random_bytes(secret, DH_LEN);
	dh_clamp(secret);
	dh_base(public, secret);
}

void dh_clamp(uint8_t secret[static DH_LEN])
{
	secret[0] &= 248;
	secret[31] &= 127;
	secret[31] |= 64;
}
