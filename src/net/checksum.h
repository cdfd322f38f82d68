/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Internet checksums (RFC 1071). Sums are over 16-bit words as they lie in memory, so a checksum is
 * stored and loaded with memcpy, without swapping; the sum does not depend on the byte order.
 */
#ifndef NET_CHECKSUM_H
#define NET_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Adds length bytes to an unfolded sum. An odd length is padded: only the last piece may be odd. */
uint64_t checksum_add(uint64_t sum, const void *bytes, size_t length);
/* Adds IPv4's pseudo-header: addresses from the header, protocol, and the length that follows. */
uint64_t checksum_add_pseudo4(uint64_t sum, const uint8_t header[static 20], uint8_t protocol,
	uint16_t length);
uint64_t checksum_add_pseudo6(uint64_t sum, const uint8_t header[static 40], uint8_t protocol,
	uint32_t length);
/* The complement of the folded sum; 0 when the sum included a right checksum. */
static inline uint16_t checksum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}
/* checksum_of() an IPv4 header without options, which every packet passes. */
static inline uint16_t checksum_of_20(const uint8_t bytes[static 20])
{
	uint64_t a, b;
	uint32_t c;

	memcpy(&a, bytes, 8);
	memcpy(&b, bytes + 8, 8);
	memcpy(&c, bytes + 16, 4);
	return checksum_fold((a & 0xffffffff) + (a >> 32) + (b & 0xffffffff) + (b >> 32) + c);
}
uint16_t checksum_of(const void *bytes, size_t length);
/* What a checksum becomes when one 16-bit word under it changes (RFC 1624, equation 3). */
static inline uint16_t checksum_update(uint16_t checksum, uint16_t before, uint16_t after)
{
	return checksum_fold((uint64_t)(uint16_t)~checksum + (uint16_t)~before + after);
}

#endif
