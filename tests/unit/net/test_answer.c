/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/answer.h"

#include <string.h>

#include "net/ethernet.h"
#include "packets.h"
#include "suites.h"
#include "util/bytes.h"

static const uint8_t ours[6] = {2, 0, 0, 0, 0, 1}, theirs[6] = {2, 0, 0, 0, 0, 2};
static uint8_t frame[2048], before[2048], payload[64];
static struct frame f;
static struct udp u;

/* A datagram of 148 bytes from port 4000 to our 51820. The answer's length. */
static size_t answer(unsigned version)
{
	uint8_t *ip = frame + ETHERNET_HEADER_LEN;
	struct answer a = {.mac = ours, .id = 0x1234, .payload = payload, .length = 64};
	size_t length = version == 4 ? make_ipv4(ip, IP_PROTOCOL_UDP, 8 + 148) :
		make_ipv6(ip, IP_PROTOCOL_UDP, 8 + 148);

	ip[1] |= version == 4 ? 0xff : 0xf0; /* DSCP, ECN */
	if (version == 4)
		repair(ip);
	ethernet_build(frame, ours, theirs,
		version == 4 ? ETHERNET_TYPE_IPV4 : ETHERNET_TYPE_IPV6);
	udp_build(ip + (version == 4 ? 20 : 40), 4000, 51820, 148);
	memcpy(before, frame, sizeof(frame));
	enum frame_kind kind = frame_parse(&f, frame, ETHERNET_HEADER_LEN + length, ours);
	CU_ASSERT_EQUAL_FATAL(kind, version == 4 ? FRAME_IPV4 : FRAME_IPV6);
	CU_ASSERT_EQUAL_FATAL(udp_parse(&u, &f.ip), 0);
	fill_pattern(payload, sizeof(payload), 3);
	return answer_udp(frame, &f, &u, &a);
}

static void check(unsigned version, size_t length)
{
	CU_ASSERT_EQUAL(frame_parse(&f, frame, length, theirs),
		version == 4 ? FRAME_IPV4 : FRAME_IPV6);
	CU_ASSERT(mac_equal(f.ethernet.source, ours));
	CU_ASSERT_EQUAL(f.ip.length, length - ETHERNET_HEADER_LEN);
	CU_ASSERT_EQUAL(f.ip.ttl, 64);
	CU_ASSERT_EQUAL_FATAL(udp_parse(&u, &f.ip), 0);
	CU_ASSERT(udp_checksum_ok(&u, &f.ip));
	CU_ASSERT_EQUAL(u.has_checksum, version == 6);
	CU_ASSERT_EQUAL(u.source, 51820);
	CU_ASSERT_EQUAL(u.destination, 4000);
	CU_ASSERT_EQUAL(u.length, 64);
	CU_ASSERT_EQUAL(memcmp(u.payload, payload, 64), 0);
}

static void over4(void)
{
	size_t length = answer(4);

	CU_ASSERT_EQUAL(length, 14 + 20 + 8 + 64);
	check(4, length);
	CU_ASSERT_EQUAL(frame[15], 0);
	CU_ASSERT_EQUAL(get_be16(frame + 18), 0x1234);
	CU_ASSERT_EQUAL(f.ip.fragment, 0);
	CU_ASSERT_EQUAL(f.ip.source, get_be32(before + 14 + 16));
	CU_ASSERT_EQUAL(f.ip.destination, get_be32(before + 14 + 12));
}

static void over6(void)
{
	size_t length = answer(6);

	CU_ASSERT_EQUAL(length, 14 + 40 + 8 + 64);
	check(6, length);
	CU_ASSERT_EQUAL(get_be32(frame + 14), 0x60000000); /* nor a flow label (A48) */
	CU_ASSERT_EQUAL(memcmp(ipv6_source(&f.ip), before + 14 + 24, 16), 0);
	CU_ASSERT_EQUAL(memcmp(ipv6_destination(&f.ip), before + 14 + 8, 16), 0);
}

static const struct unit_test tests[] = {
	{"A47, A48: an answer over IPv4 goes back to its sender", over4},
	{"A47, A48: over IPv6, with a checksum", over6},
	{NULL, NULL},
};

const struct unit_suite suite_answer = {"answer", tests};
