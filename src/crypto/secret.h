/* SPDX-License-Identifier: BSD-3-Clause */
/* Handling of secrets: wiping, comparison in constant time, guarded memory, randomness. */
#ifndef CRYPTO_SECRET_H
#define CRYPTO_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void secret_wipe(void *bytes, size_t len);                          /* not optimised away */
bool secret_equal(const void *a, const void *b, size_t len);        /* constant time */
bool secret_is_zero(const void *bytes, size_t len);                 /* constant time */

/* Guarded, locked memory that stays out of core dumps, zeroed; NULL when there is none. */
void *secret_alloc(size_t len);
void secret_free(void *bytes); /* wipes */

void random_bytes(void *out, size_t len);

#endif
