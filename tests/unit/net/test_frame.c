/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "net/frame.h"
#include "packets.h"
#include "suites.h"
#include "util/bytes.h"

static const uint8_t ours[MAC_LEN] = {0x02, 0, 0, 0, 0, 1}, theirs[MAC_LEN] = {0x02, 0, 0, 0, 0, 2};

static uint8_t bytes[2048];
static struct frame frame;

static enum frame_kind parse(size_t length)
{
	/* a buffer of exactly that size, so that the sanitizer sees every byte too far */
	uint8_t *copy = malloc(length ? length : 1);
	memcpy(copy, bytes, length);
	enum frame_kind kind = frame_parse(&frame, copy, length, ours);
	free(copy);
	return kind;
}

static size_t make_frame(uint16_t type, size_t length)
{
	ethernet_build(bytes, ours, theirs, type);
	return ETHERNET_HEADER_LEN + length;
}

static size_t make_ipv4_frame(size_t payload)
{
	return make_frame(ETHERNET_TYPE_IPV4, make_ipv4(bytes + 14, IP_PROTOCOL_UDP, payload));
}

static size_t make_ipv6_frame(size_t payload)
{
	return make_frame(ETHERNET_TYPE_IPV6, make_ipv6(bytes + 14, IP_PROTOCOL_UDP, payload));
}

static void kinds(void)
{
	CU_ASSERT_EQUAL(parse(make_ipv4_frame(30)), FRAME_IPV4);
	CU_ASSERT_EQUAL(frame.ip.length, 50);
	CU_ASSERT(!frame.group);
	CU_ASSERT_EQUAL(parse(make_ipv6_frame(30)), FRAME_IPV6);
	arp_build_request(bytes, theirs, 0x0a000102, 0x0a000101);
	CU_ASSERT_EQUAL(parse(ARP_FRAME_LEN), FRAME_ARP);
	CU_ASSERT(frame.group);
	CU_ASSERT_EQUAL(frame.arp.target, 0x0a000101);
	CU_ASSERT_EQUAL(parse(make_frame(ETHERNET_TYPE_VLAN, 46)), FRAME_VLAN);
	CU_ASSERT_EQUAL(parse(make_frame(ETHERNET_TYPE_QINQ, 46)), FRAME_VLAN);
	CU_ASSERT_EQUAL(parse(make_frame(0x88cc, 46)), FRAME_ETHERTYPE);
	CU_ASSERT_EQUAL(parse(make_frame(46, 46)), FRAME_ETHERTYPE); /* a length: IEEE 802.3 */
}

static void every_runt(void)
{
	size_t length = make_ipv4_frame(0);

	for (size_t n = 0; n < length; n++)
		CU_ASSERT_EQUAL(parse(n), FRAME_RUNT);
	length = make_ipv6_frame(0);
	for (size_t n = 0; n < length; n++)
		CU_ASSERT_EQUAL(parse(n), FRAME_RUNT);
	arp_build_request(bytes, theirs, 0x0a000102, 0x0a000101);
	for (size_t n = 0; n < ARP_FRAME_LEN; n++)
		CU_ASSERT_EQUAL(parse(n), FRAME_RUNT);
}

static void stations(void)
{
	size_t length = make_ipv4_frame(8);

	bytes[5] ^= 1;
	CU_ASSERT_EQUAL(parse(length), FRAME_NOT_OURS);
	make_ipv4_frame(8);
	memcpy(bytes, mac_broadcast, MAC_LEN);
	CU_ASSERT_EQUAL(parse(length), FRAME_IPV4);
	CU_ASSERT(frame.group);
	make_ipv4_frame(8);
	bytes[6] |= 1; /* a group cannot send */
	CU_ASSERT_EQUAL(parse(length), FRAME_NOT_OURS);
	make_ipv4_frame(8);
	memcpy(bytes + 6, ours, MAC_LEN); /* our own frame came back */
	CU_ASSERT_EQUAL(parse(length), FRAME_NOT_OURS);
}

static void faults(void)
{
	size_t length = make_ipv4_frame(8);

	bytes[14] = 0x65;
	CU_ASSERT_EQUAL(parse(length), FRAME_IP_HEADER);
	make_ipv4_frame(8);
	CU_ASSERT_EQUAL(parse(length - 1), FRAME_IP_LENGTH);
	bytes[24] ^= 1;
	CU_ASSERT_EQUAL(parse(length), FRAME_IP_CHECKSUM);
	make_ipv4_frame(8);
	bytes[26] = 127;
	repair(bytes + 14);
	CU_ASSERT_EQUAL(parse(length), FRAME_IP_SOURCE);
	arp_build_request(bytes, theirs, 1, 2);
	bytes[15] = 6;
	CU_ASSERT_EQUAL(parse(ARP_FRAME_LEN), FRAME_ARP_MALFORMED);
	length = make_ipv6_frame(8);
	bytes[14] = 0x45;
	CU_ASSERT_EQUAL(parse(length), FRAME_IP_HEADER);
}

static void neighbour_discovery(void)
{
	static const uint8_t us[16] = {0xfd, [15] = 1}, them[16] = {0xfd, [15] = 2};

	nd_build_solicitation(bytes, theirs, them, us);
	CU_ASSERT_EQUAL(parse(ND_FRAME_LEN), FRAME_ND);
	CU_ASSERT(frame.group && frame.nd.kind == ND_SOLICITATION);
	bytes[21] = 64;
	CU_ASSERT_EQUAL(parse(ND_FRAME_LEN), FRAME_ND_MALFORMED);
	for (size_t cut = 14; cut < ND_FRAME_LEN; cut++)
		CU_ASSERT_EQUAL(parse(cut), cut < 54 ? FRAME_RUNT : FRAME_IP_LENGTH);
	/* from nowhere: as a question about an address only */
	nd_build_solicitation(bytes, theirs, (const uint8_t[16]){0}, us);
	CU_ASSERT_EQUAL(parse(ND_FRAME_LEN), FRAME_ND_MALFORMED); /* it tells a link address */
	bytes[54] = 128;
	CU_ASSERT_EQUAL(parse(ND_FRAME_LEN), FRAME_IP_SOURCE);
}

/* Whatever is cut or bent: the parser stays inside, and what it passes lies inside. */
static void bent_frames(void)
{
	unsigned seed = 12345;

	for (unsigned i = 0; i < 20000; i++) {
		size_t length = i % 3 == 0 ? make_ipv4_frame(i % 64) :
			i % 3 == 1 ? make_ipv6_frame(i % 64) :
				     (arp_build_request(bytes, theirs, 1, 2), ARP_FRAME_LEN);
		for (unsigned k = 0; k < 1 + i % 3; k++) {
			seed = seed * 1103515245 + 12345;
			bytes[12 + (seed >> 8) % (length - 12)] = (uint8_t)(seed >> 20);
		}
		if (i % 3 == 0 && i % 2)
			repair(bytes + 14);
		size_t cut = i % 5 ? length : (seed >> 4) % (length + 1);
		enum frame_kind kind = parse(cut);
		CU_ASSERT(kind < FRAME_KINDS);
		if (kind == FRAME_IPV4 || kind == FRAME_IPV6)
			CU_ASSERT(frame.ip.length <= cut - 14 &&
				frame.ip.header_length <= frame.ip.length);
	}
}

static const struct unit_test tests[] = {
	{"C33: what a frame is", kinds},
	{"frames of every length below their headers'", every_runt},
	{"whose frame it is", stations},
	{"faults in the headers", faults},
	{"C33: neighbour discovery is no packet to forward", neighbour_discovery},
	{"bent and cut frames", bent_frames},
	{NULL, NULL},
};

const struct unit_suite suite_frame = {"frame", tests};
