/* SPDX-License-Identifier: BSD-3-Clause */
/* Handling of secrets: wiping, comparison in constant time, guarded memory, randomness. */
#ifndef CRYPTO_SECRET_H
#define CRYPTO_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

void secret_wipe(void *bytes, size_t len);                          /* not optimised away */
/*
 * Wipes 8 KiB of the stack below the caller: what functions left there that have returned. Libraries
 * wipe their state, but not what the compiler has put on the stack of it.
 */
void secret_wipe_stack(void);
bool secret_equal(const void *a, const void *b, size_t len);        /* constant time */
bool secret_is_zero(const void *bytes, size_t len);                 /* constant time */

/* The same for what is compared once a packet: 16 bytes, a tag. The only branch is on the whole. */
static inline bool secret_equal16(const uint8_t a[static 16], const uint8_t b[static 16])
{
	uint64_t x[2], y[2];

	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

/* Guarded, locked memory that stays out of core dumps, zeroed; NULL when there is none. */
void *secret_alloc(size_t len);
void secret_free(void *bytes); /* wipes */

void random_bytes(void *out, size_t len);

#endif
