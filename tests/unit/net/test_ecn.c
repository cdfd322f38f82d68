/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "net/ecn.h"
#include "net/ip.h"
#include "packets.h"
#include "suites.h"

static uint8_t packet[128], before[128];

/* RFC 6040, figure 4, in its own order: Not-ECT, ECT(0), ECT(1), CE. -1: drop. */
static const int marks[4] = {0, 2, 1, 3};
static const int figure4[4][4] = { /* inner, outer */
	{0, 0, 0, -1},
	{2, 2, 1, 3},
	{1, 1, 1, 3},
	{3, 3, 3, 3},
};

static void make(unsigned version, uint8_t traffic_class)
{
	if (version == 4) {
		make_ipv4(packet, IP_PROTOCOL_UDP, 16);
		packet[1] = traffic_class;
		repair(packet);
	} else {
		make_ipv6(packet, IP_PROTOCOL_UDP, 16);
		ipv6_set_traffic_class(packet, traffic_class);
		packet[3] = 0x77; /* a flow label */
	}
	memcpy(before, packet, sizeof(packet));
}

static void figure(unsigned version)
{
	struct ip_packet p;

	for (unsigned dscp = 0; dscp < 64; dscp++) {
		for (unsigned i = 0; i < 16; i++) {
			int inner = marks[i / 4], outer = marks[i % 4];
			int expected = figure4[i / 4][i % 4];
			make(version, (uint8_t)(dscp << 2 | (unsigned)inner));
			CU_ASSERT_EQUAL(ecn_traffic_class(packet), dscp << 2 | (unsigned)inner);
			CU_ASSERT_EQUAL(ecn_decapsulate(packet, (enum ecn)outer), expected >= 0);
			if (expected < 0 || expected == inner) {
				CU_ASSERT_EQUAL(memcmp(packet, before, sizeof(packet)), 0);
				continue;
			}
			/* nothing but the mark changed, and the header is still right */
			CU_ASSERT_EQUAL(ip_parse(&p, packet, 36 + 20 * (version == 6)),
				IP_FAULT_NONE);
			CU_ASSERT_EQUAL(ip_traffic_class(&p), dscp << 2 | (unsigned)expected);
			unsigned from = version == 4 ? 12 : 2;
			CU_ASSERT_EQUAL(memcmp(packet + from, before + from, 64), 0);
		}
	}
}

static void ipv4(void)
{
	figure(4);
}

static void ipv6(void)
{
	figure(6);
}

static const struct unit_test tests[] = {
	{"A47: RFC 6040's figure 4, in IPv4", ipv4},
	{"A47: RFC 6040's figure 4, in IPv6", ipv6},
	{NULL, NULL},
};

const struct unit_suite suite_ecn = {"ecn", tests};
