/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "net/ethernet.h"
#include "suites.h"

static const uint8_t a[MAC_LEN] = {0x02, 1, 2, 3, 4, 5}, b[MAC_LEN] = {0x02, 1, 2, 3, 4, 6};

static void there_and_back(void)
{
	uint8_t header[ETHERNET_HEADER_LEN];
	struct ethernet e;

	ethernet_build(header, a, b, ETHERNET_TYPE_IPV6);
	CU_ASSERT_EQUAL(ethernet_parse(&e, header, sizeof(header)), 0);
	CU_ASSERT(mac_equal(e.destination, a));
	CU_ASSERT(mac_equal(e.source, b));
	CU_ASSERT_EQUAL(e.type, ETHERNET_TYPE_IPV6);
	CU_ASSERT_EQUAL(header[12], 0x86);
}

static void too_short(void)
{
	uint8_t header[ETHERNET_HEADER_LEN] = {0};
	struct ethernet e;

	for (size_t n = 0; n < ETHERNET_HEADER_LEN; n++)
		CU_ASSERT_EQUAL(ethernet_parse(&e, header, n), -EINVAL);
}

static void groups(void)
{
	static const uint8_t multicast[MAC_LEN] = {0x01, 0, 0x5e, 0, 0, 1};

	CU_ASSERT(mac_is_group(mac_broadcast));
	CU_ASSERT(mac_is_group(multicast));
	CU_ASSERT(!mac_is_group(a));
	CU_ASSERT(mac_equal(a, a) && !mac_equal(a, b));
}

static const struct unit_test tests[] = {
	{"what is built is parsed", there_and_back},
	{"shorter than a header", too_short},
	{"broadcast and multicast are groups", groups},
	{NULL, NULL},
};

const struct unit_suite suite_ethernet = {"ethernet", tests};
