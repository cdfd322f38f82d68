/* SPDX-License-Identifier: BSD-3-Clause */
#include "fuzz.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "%s: does not hold: %s\n", program_invocation_short_name, what);
	abort();
}

char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

size_t fuzz_piece(struct reader *r, uint8_t *to, size_t max)
{
	size_t length = reader_be16(r) % (max + 1);
	size_t there = length < r->left ? length : r->left;

	memset(to, 0, length);
	reader_bytes(r, to, there);
	return length;
}

bool fuzz_bend(struct reader *r, uint8_t *message, size_t length)
{
	static uint8_t before[16384];

	require(length <= sizeof(before), "a message that fits");
	memcpy(before, message, length);
	for (unsigned count = reader_u8(r) & 7; count > 0 && length > 0; count--) {
		size_t at = reader_be16(r) % length;
		message[at] ^= reader_u8(r);
	}
	return memcmp(before, message, length) != 0; /* two changes may undo each other */
}
