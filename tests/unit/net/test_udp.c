/* SPDX-License-Identifier: BSD-3-Clause */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "net/udp.h"
#include "packets.h"
#include "suites.h"
#include "util/bytes.h"

static uint8_t packet[2048];

static size_t make_udp4(size_t payload)
{
	size_t length = make_ipv4(packet, IP_PROTOCOL_UDP, 8 + payload);

	udp_build(packet + 20, 1234, 51820, (uint16_t)payload);
	return length;
}

/* Write a right checksum; 0 is sent as all ones. */
static void sum_up(uint8_t *udp, size_t length)
{
	put_be16(udp + 6, 0);
	uint16_t sum = naive_checksum(udp, length,
		naive_pseudo(packet, IP_PROTOCOL_UDP, (uint32_t)length));
	put_be16(udp + 6, sum ? sum : 0xffff);
}

static void parses(void)
{
	struct ip_packet p;
	struct udp u;
	size_t length = make_udp4(148);

	CU_ASSERT_EQUAL(ipv4_parse(&p, packet, length), IP_FAULT_NONE);
	CU_ASSERT_EQUAL(udp_parse(&u, &p), 0);
	CU_ASSERT_EQUAL(u.source, 1234);
	CU_ASSERT_EQUAL(u.destination, 51820);
	CU_ASSERT_EQUAL(u.length, 148);
	CU_ASSERT_PTR_EQUAL(u.payload, packet + 28);
	CU_ASSERT(!u.has_checksum);
	CU_ASSERT(udp_checksum_ok(&u, &p)); /* left out */
}

static void lengths(void)
{
	static const int wrong[] = {0, 7, 8, 15, 17, 100, 0xffff};
	struct ip_packet p;
	struct udp u;

	for (size_t n = 0; n < 8; n++) {
		size_t length = make_ipv4(packet, IP_PROTOCOL_UDP, n);
		CU_ASSERT_EQUAL(ipv4_parse(&p, packet, length), IP_FAULT_NONE);
		CU_ASSERT_EQUAL(udp_parse(&u, &p), -EINVAL);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		size_t length = make_udp4(8);
		put_be16(packet + 24, (uint16_t)wrong[i]);
		CU_ASSERT_EQUAL(ipv4_parse(&p, packet, length), IP_FAULT_NONE);
		CU_ASSERT_EQUAL(udp_parse(&u, &p), -EINVAL);
	}
	CU_ASSERT_EQUAL(ipv4_parse(&p, packet, make_udp4(0)), IP_FAULT_NONE);
	CU_ASSERT_EQUAL(udp_parse(&u, &p), 0);
	CU_ASSERT_EQUAL(u.length, 0);
}

static void checksums(void)
{
	struct ip_packet p;
	struct udp u;

	for (size_t n = 0; n < 65; n++) { /* odd ones are padded */
		size_t length = make_udp4(n);
		sum_up(packet + 20, 8 + n);
		ipv4_parse(&p, packet, length);
		CU_ASSERT_EQUAL(udp_parse(&u, &p), 0);
		CU_ASSERT(u.has_checksum);
		CU_ASSERT(udp_checksum_ok(&u, &p));
		packet[20 + 8 + n / 2] ^= 0x40; /* for n = 0 that is behind the packet */
		CU_ASSERT_EQUAL(udp_checksum_ok(&u, &p), n == 0);
	}
	/* addresses are under it */
	size_t length = make_udp4(10);
	sum_up(packet + 20, 18);
	packet[15] ^= 1;
	repair(packet);
	ipv4_parse(&p, packet, length);
	udp_parse(&u, &p);
	CU_ASSERT(!udp_checksum_ok(&u, &p));
}

static void over_ipv6(void)
{
	struct ip_packet p;
	struct udp u;
	size_t length = make_ipv6(packet, IP_PROTOCOL_UDP, 8 + 5);

	udp_build(packet + 40, 1, 2, 5);
	CU_ASSERT_EQUAL(ipv6_parse(&p, packet, length), IP_FAULT_NONE);
	CU_ASSERT_EQUAL(udp_parse(&u, &p), 0);
	CU_ASSERT(!udp_checksum_ok(&u, &p)); /* it must not be left out */
	sum_up(packet + 40, 13);
	CU_ASSERT_EQUAL(udp_parse(&u, &p), 0);
	CU_ASSERT(udp_checksum_ok(&u, &p));
	packet[50] ^= 1;
	CU_ASSERT(!udp_checksum_ok(&u, &p));
}

/* Built for every length: the receiver finds it right, and it is never left out. */
static void builds_checksums(void)
{
	struct ip_packet p;
	struct udp u;

	for (unsigned i = 0; i < 2 * 1400; i++) {
		uint16_t length = (uint16_t)(8 + i / 2);
		bool six = i % 2;
		uint8_t *udp = packet + (six ? 40 : 20);
		size_t n = six ? make_ipv6(packet, 17, length) : make_ipv4(packet, 17, length);
		udp_build(udp, 1, 2, (uint16_t)(length - 8));
		uint16_t pseudo = udp_pseudo_sum(packet, length);
		uint16_t checksum = udp_checksum(packet, length);
		memcpy(udp + 6, &checksum, 2);
		CU_ASSERT_EQUAL_FATAL(ip_parse(&p, packet, n), IP_FAULT_NONE);
		CU_ASSERT_EQUAL(udp_parse(&u, &p), 0);
		CU_ASSERT(u.has_checksum && udp_checksum_ok(&u, &p));
		/* a port that sums up the datagram with that in its field comes to the same */
		memcpy(udp + 6, &pseudo, 2);
		uint16_t by_port = naive_checksum(udp, length, 0);
		CU_ASSERT_EQUAL(by_port ? by_port : 0xffff, be16toh(checksum));
	}
}

/* The sum of the datagram is 0xffff: its complement would say that there is no checksum. */
static void never_zero(void)
{
	make_ipv6(packet, 17, 10);
	udp_build(packet + 40, 1, 2, 2);
	memset(packet + 48, 0, 2);
	uint16_t checksum = udp_checksum(packet, 10);
	memcpy(packet + 48, &checksum, 2);
	CU_ASSERT_EQUAL(udp_checksum(packet, 10), 0xffff);
}

static const struct unit_test tests[] = {
	{"fields", parses},
	{"its length must be what IP says", lengths},
	{"checksums of every length", checksums},
	{"C20: over IPv6 the checksum is needed", over_ipv6},
	{"A48, C20: checksums that we make, over IPv4 and IPv6", builds_checksums},
	{"A48: a checksum of 0 is sent as all ones", never_zero},
	{NULL, NULL},
};

const struct unit_suite suite_udp = {"udp", tests};
