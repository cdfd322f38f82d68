/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypto/provider.h"

#include <errno.h>
#include <stdbool.h>

static const struct crypto_provider *current = &crypto_provider_sodium;

void crypto_set_provider(const struct crypto_provider *provider)
{
	current = provider ? provider : &crypto_provider_sodium;
}

const struct crypto_provider *crypto_provider(void)
{
	return current;
}

static bool is_complete(const struct crypto_provider *p)
{
	return p->name && p->init && p->aead_seal && p->aead_open && p->xaead_seal &&
		p->xaead_open && p->dh && p->dh_base && p->blake2s_init && p->blake2s_update &&
		p->blake2s_final && p->random;
}

int crypto_init(void)
{
	/* secret.c stands on libsodium whoever provides the ciphers. */
	int error = crypto_provider_sodium.init();

	if (error != 0)
		return error;
	if (!is_complete(current))
		return -EINVAL;
	return current == &crypto_provider_sodium ? 0 : current->init();
}
