/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "net/arp.h"
#include "suites.h"

static const uint8_t ours[MAC_LEN] = {0x02, 0, 0, 0, 0, 1}, theirs[MAC_LEN] = {0x02, 0, 0, 0, 0, 2};

/* RFC 826's packet, byte by byte. */
static const uint8_t request[ARP_FRAME_LEN] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0, 0, 0, 0, 1, 0x08, 0x06, /* Ethernet */
	0, 1, 0x08, 0x00, 6, 4, 0, 1,           /* Ethernet, IPv4, lengths, request */
	0x02, 0, 0, 0, 0, 1, 192, 168, 1, 10,   /* who asks */
	0, 0, 0, 0, 0, 0, 192, 168, 1, 100,     /* about whom */
};

static void builds_request(void)
{
	uint8_t frame[ARP_FRAME_LEN];

	arp_build_request(frame, ours, 0xc0a8010a, 0xc0a80164);
	CU_ASSERT_EQUAL(memcmp(frame, request, sizeof(frame)), 0);
}

static void answers(void)
{
	uint8_t frame[ARP_FRAME_LEN];
	struct arp asked, reply;

	CU_ASSERT_EQUAL(arp_parse(&asked, request + ETHERNET_HEADER_LEN, ARP_LEN), 0);
	CU_ASSERT(asked.request);
	CU_ASSERT_EQUAL(asked.sender, 0xc0a8010a);
	CU_ASSERT_EQUAL(asked.target, 0xc0a80164);
	CU_ASSERT(mac_equal(asked.sender_mac, ours));
	arp_build_reply(frame, theirs, &asked);
	CU_ASSERT(mac_equal(frame, ours) && mac_equal(frame + MAC_LEN, theirs));
	CU_ASSERT_EQUAL(arp_parse(&reply, frame + ETHERNET_HEADER_LEN, ARP_LEN), 0);
	CU_ASSERT(!reply.request);
	CU_ASSERT_EQUAL(reply.sender, asked.target);
	CU_ASSERT_EQUAL(reply.target, asked.sender);
	CU_ASSERT(mac_equal(reply.sender_mac, theirs));
	CU_ASSERT(mac_equal(frame + ETHERNET_HEADER_LEN + 18, ours)); /* target hardware address */
}

static void lengths(void)
{
	uint8_t bytes[ARP_LEN + 18] = {0}; /* Ethernet pads to 60 */
	struct arp arp;

	memcpy(bytes, request + ETHERNET_HEADER_LEN, ARP_LEN);
	for (size_t n = 0; n < ARP_LEN; n++)
		CU_ASSERT_EQUAL(arp_parse(&arp, bytes, n), -EINVAL);
	CU_ASSERT_EQUAL(arp_parse(&arp, bytes, sizeof(bytes)), 0);
}

static void refuses(void)
{
	/* place, value: hardware, protocol, their lengths, operation, a group as the sender */
	static const uint8_t wrong[][2] = {{1, 6}, {0, 1}, {2, 0x86}, {3, 0xdd}, {4, 8}, {5, 16},
		{7, 0}, {7, 3}, {6, 1}, {8, 0x03}};
	uint8_t bytes[ARP_LEN];
	struct arp arp;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		memcpy(bytes, request + ETHERNET_HEADER_LEN, ARP_LEN);
		bytes[wrong[i][0]] = wrong[i][1];
		CU_ASSERT_EQUAL(arp_parse(&arp, bytes, ARP_LEN), -EINVAL);
	}
}

static const struct unit_test tests[] = {
	{"a request, byte by byte", builds_request},
	{"a reply answers what was asked", answers},
	{"every length; padding is fine", lengths},
	{"other hardware, protocols, lengths and operations are refused", refuses},
	{NULL, NULL},
};

const struct unit_suite suite_arp = {"arp", tests};
