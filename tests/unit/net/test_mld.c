/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "net/mld.h"
#include "packets.h"
#include "suites.h"
#include "util/bytes.h"

static const uint8_t mac[MAC_LEN] = {0x02, 0, 0, 0, 0, 1};
static const uint8_t from[16] = {0xfe, 0x80, [15] = 1};

/* RFC 3810 5.2, byte by byte; two groups. */
static const uint8_t report[MLD_FRAME_LEN(2)] = {
	0x33, 0x33, 0, 0, 0, 0x16, 0x02, 0, 0, 0, 0, 1, 0x86, 0xdd,    /* Ethernet */
	0x60, 0, 0, 0, 0, 56, 0, 1,                                    /* IPv6, hop limit 1 */
	0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,          /* link-local */
	0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x16,       /* all MLDv2 routers */
	58, 0, 5, 2, 0, 0, 1, 0,                                       /* router alert: MLD */
	143, 0, 0, 0, 0, 0, 0, 2,                                      /* report of two */
	2, 0, 0, 0, 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 1, 2, 3,
	2, 0, 0, 0, 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 4, 5, 6,
};

static void two_groups(void)
{
	static const uint8_t groups[2][16] = {
		{0xff, 2, [11] = 1, 0xff, 1, 2, 3}, {0xff, 2, [11] = 1, 0xff, 4, 5, 6}};
	uint8_t frame[MLD_FRAME_LEN(2)];

	mld_build_report(frame, mac, from, groups, 2);
	uint32_t sum = naive_pseudo(frame + 14, 58, 48);
	CU_ASSERT_EQUAL(naive_checksum(frame + 62, 48, sum), 0);
	memset(frame + 64, 0, 2);
	CU_ASSERT_EQUAL(memcmp(frame, report, sizeof(report)), 0);
}

static void as_many_as_there_may_be(void)
{
	static uint8_t groups[MLD_GROUPS_MAX][16];
	static uint8_t frame[MLD_FRAME_LEN(MLD_GROUPS_MAX)];

	for (unsigned n = 1; n <= MLD_GROUPS_MAX; n++) {
		mld_build_report(frame, mac, from, (const uint8_t(*)[16])groups, n);
		CU_ASSERT_EQUAL(get_be16(frame + 18), 16 + 20 * n);
		CU_ASSERT_EQUAL(get_be16(frame + 68), n);
		uint32_t sum = naive_pseudo(frame + 14, 58, 8 + 20 * n);
		CU_ASSERT_EQUAL(naive_checksum(frame + 62, 8 + 20 * n, sum), 0);
	}
}

static const struct unit_test tests[] = {
	{"a report of two groups, byte by byte", two_groups},
	{"reports of every number of groups", as_many_as_there_may_be},
	{NULL, NULL},
};

const struct unit_suite suite_mld = {"mld", tests};
