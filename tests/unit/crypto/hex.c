/* SPDX-License-Identifier: BSD-3-Clause */
#include "hex.h"

#include <CUnit/CUnit.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

size_t hex_bytes(uint8_t *out, size_t room, const char *hex)
{
	size_t n = 0;

	for (; *hex != '\0'; hex++) {
		char pair[3] = {hex[0], hex[1], '\0'};
		if (isspace((unsigned char)*hex))
			continue;
		CU_ASSERT_FATAL(n < room && isxdigit((unsigned char)pair[0]) &&
			isxdigit((unsigned char)pair[1]));
		out[n++] = (uint8_t)strtoul(pair, NULL, 16);
		hex++;
	}
	return n;
}

bool hex_equal(const uint8_t *bytes, size_t length, const char *hex)
{
	uint8_t expected[512];

	return hex_bytes(expected, sizeof(expected), hex) == length &&
		memcmp(bytes, expected, length) == 0;
}

void count_up(uint8_t *out, size_t length, uint8_t start)
{
	for (size_t i = 0; i < length; i++)
		out[i] = (uint8_t)(start + i);
}

uint64_t sequence_next(struct sequence *s)
{
	s->state ^= s->state << 13;
	s->state ^= s->state >> 7;
	s->state ^= s->state << 17;
	return s->state;
}

void sequence_fill(struct sequence *s, void *out, size_t length)
{
	uint8_t *bytes = out;

	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(sequence_next(s) >> 24);
}
