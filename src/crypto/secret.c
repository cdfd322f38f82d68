/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypto/secret.h"

#include <string.h>

#include <sodium.h>

#include "crypto/provider.h"

#define STACK_WIPED 8192 /* a step of a handshake reaches 4 KiB deep, the dynamic linker's part included */

void secret_wipe(void *bytes, size_t len)
{
	sodium_memzero(bytes, len);
}

void secret_wipe_stack(void)
{
	sodium_stackzero(STACK_WIPED);
}

bool secret_equal(const void *a, const void *b, size_t len)
{
	return sodium_memcmp(a, b, len) == 0;
}

bool secret_is_zero(const void *bytes, size_t len)
{
	return sodium_is_zero(bytes, len) == 1;
}

void *secret_alloc(size_t len)
{
	/* Before sodium_init() the page size is a guess, and a later sodium_free() would differ. */
	void *bytes = sodium_init() < 0 ? NULL : sodium_malloc(len);

	if (!bytes)
		return NULL;
	/* sodium_malloc locks too, but keeps quiet when it could not: ask again, for the answer. */
	if (sodium_mlock(bytes, len) != 0) {
		sodium_free(bytes);
		return NULL;
	}
	memset(bytes, 0, len);
	return bytes;
}

void secret_free(void *bytes)
{
	sodium_free(bytes);
}

void random_bytes(void *out, size_t len)
{
	crypto_provider()->random(out, len);
}
