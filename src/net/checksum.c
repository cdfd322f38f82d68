/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/checksum.h"

#include <endian.h>

#include "util/bytes.h"

uint64_t checksum_add(uint64_t sum, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;
	uint64_t words;

	/* 32-bit words add up to the same 16-bit sum: 2^16 is 1 modulo 2^16 - 1. */
	for (; length >= 8; length -= 8, at += 8) {
		memcpy(&words, at, 8);
		sum += (words & 0xffffffff) + (words >> 32);
	}
	words = 0; /* the rest, and zeroes */
	memcpy(&words, at, length);
	return sum + (words & 0xffffffff) + (words >> 32);
}

uint64_t checksum_add_pseudo4(uint64_t sum, const uint8_t header[static 20], uint8_t protocol,
	uint16_t length)
{
	return checksum_add(sum, header + 12, 8) + htobe16(protocol) + htobe16(length);
}

uint64_t checksum_add_pseudo6(uint64_t sum, const uint8_t header[static 40], uint8_t protocol,
	uint32_t length)
{
	return checksum_add(sum, header + 8, 32) + htobe16(protocol) + htobe32(length);
}

uint16_t checksum_of(const void *bytes, size_t length)
{
	return checksum_fold(checksum_add(0, bytes, length));
}
