/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "net/checksum.h"
#include "packets.h"
#include "suites.h"
#include "util/bytes.h"

/* Ours are in memory order, the naive ones are numbers. */
static uint16_t as_number(uint16_t stored)
{
	return get_be16(&stored);
}

/* RFC 1071, section 3: 0001 f203 f4f5 f6f7 sums up to ddf2. */
static void rfc_example(void)
{
	static const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	CU_ASSERT_EQUAL(as_number(checksum_of(bytes, sizeof(bytes))), 0x220d);
	CU_ASSERT_EQUAL(naive_checksum(bytes, sizeof(bytes), 0), 0x220d);
}

static void every_length(void)
{
	uint8_t bytes[130];

	fill_pattern(bytes, sizeof(bytes), 0xe0);
	for (size_t n = 0; n <= sizeof(bytes) - 1; n++)
		for (size_t at = 0; at < 2; at++)
			CU_ASSERT_EQUAL(as_number(checksum_of(bytes + at, n)),
				naive_checksum(bytes + at, n, 0));
}

static void extremes(void)
{
	static uint8_t ones[65536], zeroes[65536];

	memset(ones, 0xff, sizeof(ones));
	CU_ASSERT_EQUAL(checksum_of(ones, sizeof(ones)), 0);
	CU_ASSERT_EQUAL(checksum_of(ones, sizeof(ones) - 2), 0);
	CU_ASSERT_EQUAL(checksum_of(zeroes, sizeof(zeroes)), 0xffff);
	CU_ASSERT_EQUAL(checksum_fold(UINT64_MAX), 0);
	CU_ASSERT_EQUAL(checksum_fold(0), 0xffff);
}

static void in_pieces(void)
{
	uint8_t bytes[96];

	fill_pattern(bytes, sizeof(bytes), 3);
	for (size_t cut = 0; cut <= sizeof(bytes); cut += 2) {
		uint64_t sum = checksum_add(0, bytes, cut);
		sum = checksum_add(sum, bytes + cut, sizeof(bytes) - cut);
		CU_ASSERT_EQUAL(checksum_fold(sum), checksum_of(bytes, sizeof(bytes)));
	}
}

static void updates(void)
{
	uint8_t bytes[20];
	uint16_t word;

	fill_pattern(bytes, sizeof(bytes), 9);
	for (uint32_t v = 0; v <= 0xffff; v += 5) {
		uint16_t before, after = (uint16_t)v;
		uint16_t checksum = checksum_of(bytes, sizeof(bytes));
		memcpy(&before, bytes + 8, 2);
		memcpy(bytes + 8, &after, 2);
		word = checksum_update(checksum, before, after);
		CU_ASSERT_EQUAL_FATAL(word, checksum_of(bytes, sizeof(bytes)));
	}
}

static void pseudo_headers(void)
{
	uint8_t packet[128];

	make_ipv4(packet, IP_PROTOCOL_UDP, 33);
	uint64_t sum = checksum_add_pseudo4(0, packet, IP_PROTOCOL_UDP, 33);
	CU_ASSERT_EQUAL(as_number(checksum_fold(checksum_add(sum, packet + 20, 33))),
		naive_checksum(packet + 20, 33, naive_pseudo(packet, IP_PROTOCOL_UDP, 33)));
	make_ipv6(packet, IP_PROTOCOL_ICMP6, 33);
	sum = checksum_add_pseudo6(0, packet, IP_PROTOCOL_ICMP6, 33);
	CU_ASSERT_EQUAL(as_number(checksum_fold(checksum_add(sum, packet + 40, 33))),
		naive_checksum(packet + 40, 33, naive_pseudo(packet, IP_PROTOCOL_ICMP6, 33)));
}

static const struct unit_test tests[] = {
	{"the example of RFC 1071", rfc_example},
	{"every length and alignment, against the slow way", every_length},
	{"all ones, all zeroes, the largest sums", extremes},
	{"a sum can be taken in pieces", in_pieces},
	{"RFC 1624: an update is what a new sum would be", updates},
	{"pseudo-headers of IPv4 and IPv6", pseudo_headers},
	{NULL, NULL},
};

const struct unit_suite suite_checksum = {"checksum", tests};
