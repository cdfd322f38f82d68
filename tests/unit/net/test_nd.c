/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/nd.h"
#include "packets.h"
#include "suites.h"
#include "util/bytes.h"

#define MESSAGE 54 /* where it begins in a frame */

static const uint8_t ours[MAC_LEN] = {0x02, 0, 0, 0, 0, 1}, theirs[MAC_LEN] = {0x02, 0, 0, 0, 0, 2};
static const uint8_t all_nodes[16] = {0xff, 0x02, [15] = 1}, nowhere[16];
static const uint8_t us[16] = {0xfd, 0, 0, 1, [13] = 0xab, 0xcd, 0xef};
static const uint8_t them[16] = {0xfd, 0, 0, 1, [15] = 0x0a};
static const uint8_t our_group[16] = {0xff, 0x02, [11] = 1, 0xff, 0xab, 0xcd, 0xef};

/* RFC 4861 4.3, byte by byte; 4 bytes in is the checksum. */
static const uint8_t solicitation[ND_FRAME_LEN] = {
	0x33, 0x33, 0xff, 0xab, 0xcd, 0xef, 0x02, 0, 0, 0, 0, 2, 0x86, 0xdd, /* Ethernet */
	0x60, 0, 0, 0, 0, 32, 58, 255,                                       /* IPv6 */
	0xfd, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0a,                /* who asks */
	0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xab, 0xcd, 0xef,    /* whom */
	135, 0, 0, 0, 0, 0, 0, 0,                                            /* solicitation */
	0xfd, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xab, 0xcd, 0xef,          /* about whom */
	1, 1, 0x02, 0, 0, 0, 0, 2,                                           /* by whom */
};

static uint8_t frame[2048];

/* A right checksum for what lies in the frame. */
static void sum_up(size_t length)
{
	uint8_t *message = frame + MESSAGE;

	put_be16(message + 2, 0);
	put_be16(message + 2, naive_checksum(message, length - MESSAGE,
		naive_pseudo(frame + 14, 58, (uint32_t)(length - MESSAGE))));
}

/* A good solicitation from them for us; with its options replaced by those of `length` bytes. */
static size_t make_solicitation(const void *options, size_t length)
{
	memcpy(frame, solicitation, sizeof(solicitation));
	memcpy(frame + MESSAGE + 24, options, length);
	put_be16(frame + 18, (uint16_t)(24 + length));
	sum_up(MESSAGE + 24 + length);
	return MESSAGE + 24 + length;
}

static size_t make_advertisement(const uint8_t to[16], uint8_t flags)
{
	static const uint8_t option[8] = {2, 1, 0x02, 0, 0, 0, 0, 2};

	memcpy(frame, solicitation, sizeof(solicitation));
	memcpy(frame + 38, to, 16);
	frame[MESSAGE] = 136;
	frame[MESSAGE + 4] = flags;
	memcpy(frame + MESSAGE + 8, them, 16);
	memcpy(frame + MESSAGE + 24, option, 8);
	sum_up(ND_FRAME_LEN);
	return ND_FRAME_LEN;
}

static const uint8_t their_option[8] = {1, 1, 0x02, 0, 0, 0, 0, 2};

/* What the frame's packet is, in memory of just its size. */
static int parse(struct nd *nd, size_t length)
{
	struct ip_packet p;
	uint8_t *copy = malloc(length - 14);

	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	memcpy(copy, frame + 14, length - 14);
	enum ip_fault fault = ipv6_parse(&p, copy, length - 14);
	CU_ASSERT_FATAL(fault == IP_FAULT_NONE || fault == IP_FAULT_SOURCE);
	CU_ASSERT_FATAL(nd_is_message(&p));
	int rc = nd_parse(nd, &p);
	free(copy);
	return rc;
}

static bool accepted(size_t length)
{
	struct nd nd;

	return parse(&nd, length) == 0;
}

static void builds_solicitation(void)
{
	uint8_t built[ND_FRAME_LEN];

	make_solicitation(their_option, 8);
	nd_build_solicitation(built, theirs, them, us);
	CU_ASSERT_EQUAL(memcmp(built, frame, sizeof(built)), 0);
	uint8_t group[16];
	nd_solicited_node(group, us);
	CU_ASSERT_EQUAL(memcmp(group, our_group, 16), 0);
}

static void parses_solicitation(void)
{
	struct nd nd;

	CU_ASSERT_EQUAL(parse(&nd, make_solicitation(their_option, 8)), 0);
	CU_ASSERT_EQUAL(nd.kind, ND_SOLICITATION);
	CU_ASSERT_EQUAL(memcmp(nd.source, them, 16), 0);
	CU_ASSERT_EQUAL(memcmp(nd.target, us, 16), 0);
	CU_ASSERT(nd.has_mac && mac_equal(nd.mac, theirs));
	CU_ASSERT(!nd.probe);
	CU_ASSERT_EQUAL(parse(&nd, make_solicitation("", 0)), 0); /* to us alone, it may be left out */
	CU_ASSERT(!nd.has_mac);
}

static void answers(void)
{
	uint8_t built[ND_FRAME_LEN];
	struct nd asked, reply;

	CU_ASSERT_EQUAL(parse(&asked, make_solicitation(their_option, 8)), 0);
	for (unsigned router = 0; router < 2; router++) {
		nd_build_advertisement(built, ours, &asked, theirs, router);
		CU_ASSERT(mac_equal(built, theirs) && mac_equal(built + 6, ours));
		CU_ASSERT_EQUAL(built[21], 255);
		CU_ASSERT_EQUAL(memcmp(built + 22, us, 16), 0);
		CU_ASSERT_EQUAL(memcmp(built + 38, them, 16), 0);
		CU_ASSERT_EQUAL(built[MESSAGE], 136);
		CU_ASSERT_EQUAL(built[MESSAGE + 4], router ? 0xe0 : 0x60);
		memcpy(frame, built, sizeof(built));
		CU_ASSERT_EQUAL(parse(&reply, sizeof(built)), 0);
		CU_ASSERT_EQUAL(reply.kind, ND_ADVERTISEMENT);
		CU_ASSERT(reply.solicited && reply.override && reply.has_mac);
		CU_ASSERT(mac_equal(reply.mac, ours));
		CU_ASSERT_EQUAL(memcmp(reply.target, us, 16), 0);
	}
}

/* Duplicate address detection: from nowhere, and the answer goes to all. */
static void probes(void)
{
	uint8_t built[ND_FRAME_LEN];
	struct nd asked, reply;

	make_solicitation("", 0);
	memcpy(frame + 22, nowhere, 16);
	sum_up(MESSAGE + 24);
	CU_ASSERT_EQUAL(parse(&asked, MESSAGE + 24), 0);
	CU_ASSERT(asked.probe);
	nd_build_advertisement(built, ours, &asked, theirs, false);
	CU_ASSERT_EQUAL(memcmp(built, "\x33\x33\0\0\0\1", 6), 0);
	CU_ASSERT_EQUAL(memcmp(built + 22, us, 16), 0);
	CU_ASSERT_EQUAL(memcmp(built + 38, all_nodes, 16), 0);
	CU_ASSERT_EQUAL(built[MESSAGE + 4], 0x20);
	memcpy(frame, built, sizeof(built));
	CU_ASSERT_EQUAL(parse(&reply, sizeof(built)), 0);
	CU_ASSERT(!reply.solicited && reply.override);
	/* with a link address, or not to the group: no probe */
	make_solicitation(their_option, 8);
	memcpy(frame + 22, nowhere, 16);
	sum_up(ND_FRAME_LEN);
	CU_ASSERT(!accepted(ND_FRAME_LEN));
	for (unsigned last = 0; last < 2; last++) {
		make_solicitation("", 0);
		memcpy(frame + 22, nowhere, 16);
		memcpy(frame + 38, last ? all_nodes : us, 16);
		sum_up(MESSAGE + 24);
		CU_ASSERT(!accepted(MESSAGE + 24));
	}
}

static void advertisements(void)
{
	struct nd nd;

	for (unsigned flags = 0; flags < 8; flags++) {
		CU_ASSERT_EQUAL(parse(&nd, make_advertisement(us, (uint8_t)(flags << 5))), 0);
		CU_ASSERT_EQUAL(nd.kind, ND_ADVERTISEMENT);
		CU_ASSERT_EQUAL(nd.solicited, (flags & 2) != 0);
		CU_ASSERT_EQUAL(nd.override, flags & 1);
		CU_ASSERT(nd.has_mac && mac_equal(nd.mac, theirs));
		CU_ASSERT_EQUAL(memcmp(nd.target, them, 16), 0);
		/* to all it cannot answer anybody */
		CU_ASSERT_EQUAL(accepted(make_advertisement(all_nodes, (uint8_t)(flags << 5))),
			(flags & 2) == 0);
	}
	make_advertisement(us, 0);
	memcpy(frame + 22, nowhere, 16);
	sum_up(ND_FRAME_LEN);
	CU_ASSERT(!accepted(ND_FRAME_LEN));
}

/* Whole packets of every length below, each with a right checksum. */
static void truncations(void)
{
	for (size_t length = MESSAGE + 1; length < ND_FRAME_LEN; length++) {
		for (unsigned kind = 0; kind < 2; kind++) {
			if (kind == 0)
				make_solicitation(their_option, 8);
			else
				make_advertisement(us, 0x60);
			put_be16(frame + 18, (uint16_t)(length - MESSAGE));
			if (length >= MESSAGE + 4)
				sum_up(length);
			CU_ASSERT_EQUAL(accepted(length), length == MESSAGE + 24);
		}
	}
}

static void options(void)
{
	/* a nonce (RFC 3971) and one that nobody knows, before and behind */
	static const uint8_t many[] = {14, 1, 1, 2, 3, 4, 5, 6, 1, 1, 0x02, 0, 0, 0, 0, 2,
		200, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	static const uint8_t bad[][16] = {
		{1, 0, 0x02, 0, 0, 0, 0, 2},               /* length 0 */
		{200, 0, 0, 0, 0, 0, 0, 0},                /* of an unknown one too */
		{1, 3, 0x02, 0, 0, 0, 0, 2},               /* beyond the end */
		{1, 255, 0x02, 0, 0, 0, 0, 2},
		{1, 2, 0x02, 0, 0, 0, 0, 2},               /* no Ethernet address */
		{1, 1, 0x03, 0, 0, 0, 0, 2},               /* a group's */
		{1, 1, 0x02, 0, 0, 0, 0, 2, 1, 0, 0},      /* the second one's length */
	};
	struct nd nd;

	CU_ASSERT_EQUAL(parse(&nd, make_solicitation(many, sizeof(many))), 0);
	CU_ASSERT(nd.has_mac && mac_equal(nd.mac, theirs));
	CU_ASSERT_EQUAL(parse(&nd, make_solicitation(many, 8)), 0);
	CU_ASSERT(!nd.has_mac);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT(!accepted(make_solicitation(bad[i], 16)));
	for (size_t rest = 1; rest < 8; rest++) /* a stump of an option */
		CU_ASSERT(!accepted(make_solicitation(their_option, rest)));
	/* an advertisement tells the target's, a solicitation the source's */
	make_advertisement(us, 0x60);
	frame[MESSAGE + 24] = 1;
	sum_up(ND_FRAME_LEN);
	CU_ASSERT_EQUAL(parse(&nd, ND_FRAME_LEN), 0);
	CU_ASSERT(!nd.has_mac);
}

static void refuses(void)
{
	static const uint8_t bad_target[][16] = {{0xff, 0x02, [15] = 1}, {0}, {[15] = 1},
		{[10] = 0xff, 0xff, 1, 2, 3, 4}};

	for (unsigned hops = 0; hops < 255; hops++) { /* somebody forwarded it */
		size_t length = make_solicitation(their_option, 8);
		frame[21] = (uint8_t)hops;
		CU_ASSERT(!accepted(length));
	}
	for (unsigned code = 1; code < 256; code++) {
		make_solicitation(their_option, 8);
		frame[MESSAGE + 1] = (uint8_t)code;
		sum_up(ND_FRAME_LEN);
		CU_ASSERT(!accepted(ND_FRAME_LEN));
	}
	for (unsigned i = 22; i < ND_FRAME_LEN; i++) { /* every byte under the checksum */
		make_solicitation(their_option, 8);
		frame[i] ^= 4;
		struct ip_packet p;
		enum ip_fault fault = ipv6_parse(&p, frame + 14, ND_FRAME_LEN - 14);
		if ((fault == IP_FAULT_NONE || fault == IP_FAULT_SOURCE) && nd_is_message(&p))
			CU_ASSERT(!accepted(ND_FRAME_LEN));
	}
	for (unsigned i = 0; i < 4; i++) {
		make_solicitation(their_option, 8);
		memcpy(frame + MESSAGE + 8, bad_target[i], 16);
		sum_up(ND_FRAME_LEN);
		CU_ASSERT(!accepted(ND_FRAME_LEN));
	}
	make_solicitation(their_option, 8);
	memcpy(frame + 22, all_nodes, 16);
	sum_up(ND_FRAME_LEN);
	CU_ASSERT(!accepted(ND_FRAME_LEN));
}

static void of_routers(void)
{
	static const uint8_t types[] = {133, 134, 137};
	struct nd nd;

	for (unsigned i = 0; i < 3; i++) {
		make_solicitation(their_option, 8);
		frame[MESSAGE] = types[i];
		sum_up(ND_FRAME_LEN);
		CU_ASSERT_EQUAL(parse(&nd, ND_FRAME_LEN), 0);
		CU_ASSERT_EQUAL(nd.kind, ND_ROUTER);
		CU_ASSERT(!nd.has_mac);
		frame[21] = 254;
		CU_ASSERT(!accepted(ND_FRAME_LEN));
	}
}

static void is_none(void)
{
	struct ip_packet p;

	for (unsigned type = 0; type < 256; type++) {
		size_t length = make_solicitation(their_option, 8);
		frame[MESSAGE] = (uint8_t)type;
		CU_ASSERT_EQUAL(ipv6_parse(&p, frame + 14, length - 14), IP_FAULT_NONE);
		CU_ASSERT_EQUAL(nd_is_message(&p), type >= 133 && type <= 137);
		frame[20] = 0; /* behind an extension header */
		ipv6_parse(&p, frame + 14, length - 14);
		CU_ASSERT(!nd_is_message(&p));
	}
	make_solicitation(their_option, 8);
	put_be16(frame + 18, 0); /* not even a type */
	CU_ASSERT_EQUAL(ipv6_parse(&p, frame + 14, 40), IP_FAULT_NONE);
	CU_ASSERT(!nd_is_message(&p));
	size_t length = make_ipv4(frame, 58, 40);
	CU_ASSERT_EQUAL(ipv4_parse(&p, frame, length), IP_FAULT_NONE);
	CU_ASSERT(!nd_is_message(&p));
}

static const struct unit_test tests[] = {
	{"a solicitation, byte by byte", builds_solicitation},
	{"what a solicitation says", parses_solicitation},
	{"an advertisement answers what was asked", answers},
	{"who asks from nowhere is answered to all", probes},
	{"what an advertisement says", advertisements},
	{"messages of every length below", truncations},
	{"options, and lengths of options that lie", options},
	{"C20: hop limit, code, checksum and addresses", refuses},
	{"of routers", of_routers},
	{"what is no neighbour discovery", is_none},
	{NULL, NULL},
};

const struct unit_suite suite_nd = {"nd", tests};
