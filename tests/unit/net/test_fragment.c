/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "net/fragment.h"
#include "packets.h"
#include "suites.h"
#include "util/bytes.h"

static uint8_t packet[PACKET_MAX], whole[PACKET_MAX];

static struct ip_packet parsed(size_t length)
{
	struct ip_packet p;

	CU_ASSERT_EQUAL_FATAL(ipv4_parse(&p, packet, length), IP_FAULT_NONE);
	return p;
}

/* Put together what a receiver would get, and check every header on the way. */
static void reassemble(const struct fragment_plan *plan, size_t length, uint16_t mtu, uint16_t base,
	bool more_after)
{
	size_t end = 0;

	for (unsigned i = 0; i < plan->count; i++) {
		uint8_t out[IPV4_HEADER_LEN];
		struct fragment f = fragment_build(plan, i, out);
		uint16_t field = get_be16(out + 6);
		size_t at = (size_t)(field & IPV4_OFFSET_MASK) * 8 - base * 8u;
		bool last = i + 1 == plan->count;
		CU_ASSERT_EQUAL(naive_checksum(out, 20, 0), 0);
		CU_ASSERT_EQUAL(get_be16(out + 2), 20 + f.length);
		CU_ASSERT(20 + f.length <= mtu);
		CU_ASSERT(last || f.length % 8 == 0);
		CU_ASSERT_EQUAL((field & IPV4_MORE_FRAGMENTS) != 0, !last || more_after);
		CU_ASSERT_EQUAL(field & IPV4_DONT_FRAGMENT, 0);
		CU_ASSERT_EQUAL(get_be16(out + 4), 0x1234);
		CU_ASSERT_EQUAL(memcmp(out + 8, packet + 8, 2), 0);
		CU_ASSERT_EQUAL(memcmp(out + 12, packet + 12, 8), 0);
		CU_ASSERT_EQUAL_FATAL(at, end);
		memcpy(whole + at, packet + f.offset, f.length);
		end += f.length;
	}
	CU_ASSERT_EQUAL(end, length - 20);
	CU_ASSERT_EQUAL(memcmp(whole, packet + 20, end), 0);
}

static void sizes(void)
{
	static const uint16_t mtus[] = {68, 576, 1280, 1420, 1421, 1427, 1428};
	struct fragment_plan plan;

	for (size_t i = 0; i < sizeof(mtus) / sizeof(mtus[0]); i++) {
		for (size_t payload = mtus[i] - 20u; payload < 1480 + 20; payload += 3) {
			size_t length = make_ipv4(packet, IP_PROTOCOL_UDP, payload);
			struct ip_packet p = parsed(length);
			if ((payload + 47) / 48 > FRAGMENTS_MAX && mtus[i] == 68)
				continue;
			CU_ASSERT_EQUAL_FATAL(fragment_plan(&plan, &p, mtus[i]), 0);
			reassemble(&plan, length, mtus[i], 0, false);
		}
	}
}

static void jumbo(void)
{
	struct fragment_plan plan;
	size_t length = make_ipv4(packet, IP_PROTOCOL_UDP, 8980);
	struct ip_packet p = parsed(length);

	CU_ASSERT_EQUAL(fragment_plan(&plan, &p, 1420), 0);
	CU_ASSERT_EQUAL(plan.count, 7);
	reassemble(&plan, length, 1420, 0, false);
}

static void fragments_of_fragments(void)
{
	struct fragment_plan plan;
	size_t length = make_ipv4(packet, IP_PROTOCOL_UDP, 1480);

	put_be16(packet + 6, IPV4_MORE_FRAGMENTS | 185);
	repair(packet);
	struct ip_packet p = parsed(length);
	CU_ASSERT_EQUAL(fragment_plan(&plan, &p, 1420), 0);
	reassemble(&plan, length, 1420, 185, true);
	put_be16(packet + 6, 185); /* the last one */
	repair(packet);
	p = parsed(length);
	CU_ASSERT_EQUAL(fragment_plan(&plan, &p, 1420), 0);
	reassemble(&plan, length, 1420, 185, false);
}

static void refused(void)
{
	struct fragment_plan plan;
	size_t length = make_ipv4(packet, IP_PROTOCOL_UDP, 1480);
	struct ip_packet p = parsed(length);

	p.fragment = IPV4_DONT_FRAGMENT;
	CU_ASSERT_EQUAL(fragment_plan(&plan, &p, 1420), -EMSGSIZE);
	p.fragment = 0;
	CU_ASSERT_EQUAL(fragment_plan(&plan, &p, 0), -EINVAL);
	CU_ASSERT_EQUAL(fragment_plan(&plan, &p, 27), -EINVAL);
	CU_ASSERT_EQUAL(fragment_plan(&plan, &p, 28), -EINVAL); /* 185 of them */
	p.header_length = 24;
	CU_ASSERT_EQUAL(fragment_plan(&plan, &p, 1420), -EINVAL);
	p.header_length = 20;
	p.fragment = 8010; /* would end beyond 65535 */
	CU_ASSERT_EQUAL(fragment_plan(&plan, &p, 1420), -EINVAL);
	p.fragment = (65535 - 1500) / 8;
	CU_ASSERT_EQUAL(fragment_plan(&plan, &p, 1420), 0);
	length = make_ipv4(packet, IP_PROTOCOL_UDP, 65515);
	p = parsed(length);
	CU_ASSERT_EQUAL(fragment_plan(&plan, &p, 1420), -EINVAL);
}

static const struct unit_test tests[] = {
	{"all sizes over several MTUs, put together again", sizes},
	{"a jumbo packet", jumbo},
	{"a fragment is cut further", fragments_of_fragments},
	{"C22: DF, options, tiny MTUs, too many, too far", refused},
	{NULL, NULL},
};

const struct unit_suite suite_fragment = {"fragment", tests};
