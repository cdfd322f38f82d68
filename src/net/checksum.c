/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/checksum.h"

#include <endian.h>
#include <string.h>

#include "util/bytes.h"

uint64_t checksum_add(uint64_t sum, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;
	uint16_t last = 0;
	uint32_t word;

	/* 32-bit words add up to the same 16-bit sum: 2^16 is 1 modulo 2^16 - 1. */
	for (; length >= 4; length -= 4, at += 4) {
		memcpy(&word, at, 4);
		sum += word;
	}
	if (length >= 2) {
		memcpy(&last, at, 2);
		sum += last;
		at += 2;
		length -= 2;
	}
	if (length) {
		last = 0;
		memcpy(&last, at, 1);
		sum += last;
	}
	return sum;
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

uint16_t checksum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

uint16_t checksum_of(const void *bytes, size_t length)
{
	return checksum_fold(checksum_add(0, bytes, length));
}

uint16_t checksum_update(uint16_t checksum, uint16_t before, uint16_t after)
{
	uint32_t sum = (uint16_t)~checksum;

	sum += (uint16_t)~before;
	sum += after;
	return checksum_fold(sum);
}
