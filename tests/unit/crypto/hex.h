/* SPDX-License-Identifier: BSD-3-Clause */
/* Vectors as the RFCs print them. */
#ifndef TESTS_UNIT_CRYPTO_HEX_H
#define TESTS_UNIT_CRYPTO_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes pairs of digits; blanks may stand between them. Returns how many bytes. */
size_t hex_bytes(uint8_t *out, size_t room, const char *hex);
bool hex_equal(const uint8_t *bytes, size_t length, const char *hex);

/* start, start + 1, ... */
void count_up(uint8_t *out, size_t length, uint8_t start);

/* Bytes of a fixed sequence (xorshift), so that a failure can be had again. */
struct sequence {
	uint64_t state; /* not 0 */
};
uint64_t sequence_next(struct sequence *s);
void sequence_fill(struct sequence *s, void *out, size_t length);

#endif
