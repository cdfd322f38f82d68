/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Neighbour discovery and ICMPv6 as a host on a link would get them. The input's first byte says what
 * is made right before it is looked at, as a peer that knows the rules would do it:
 *   1  the ICMPv6 checksum   2  a hop limit of 255   4  IPv6's length   8  the type: a solicitation
 * The rest is an IPv6 packet.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/checksum.h"
#include "net/ecn.h"
#include "net/frame.h"
#include "net/icmp.h"
#include "net/nd.h"
#include "util/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t ours[MAC_LEN] = {0x02, 0, 0, 0, 0, 1}, theirs[MAC_LEN] = {0x02, 0, 0, 0, 0, 2};
static const uint8_t unspecified[16];

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_nd: does not hold: %s\n", what);
	abort();
}

/* The packet behind an Ethernet header, in memory of just that size. */
static uint8_t *make_frame(uint8_t what, const uint8_t *packet, size_t length)
{
	uint8_t *frame = malloc(ETHERNET_HEADER_LEN + length), *ip;

	if (!frame)
		abort();
	ethernet_build(frame, ours, theirs, ETHERNET_TYPE_IPV6);
	ip = memcpy(frame + ETHERNET_HEADER_LEN, packet, length);
	if (length < IPV6_HEADER_LEN + 4 || length > UINT16_MAX)
		return frame;
	ip[0] = (uint8_t)(0x60 | (ip[0] & 15));
	if (what & 4)
		put_be16(ip + 4, (uint16_t)(length - IPV6_HEADER_LEN));
	if (what & 2)
		ip[7] = 255;
	if (what & 8) {
		ip[6] = IP_PROTOCOL_ICMP6;
		ip[40] = (uint8_t)(135 + (ip[40] & 1));
	}
	if (what & 1 && get_be16(ip + 4) + (size_t)IPV6_HEADER_LEN <= length &&
		get_be16(ip + 4) >= 4)
		icmp6_set_checksum(ip, get_be16(ip + 4));
	return frame;
}

/* What is accepted keeps all of RFC 4861's rules. */
static void check_message(const struct nd *nd, const uint8_t *ip)
{
	uint16_t length = get_be16(ip + 4);
	uint64_t sum = checksum_add_pseudo6(0, ip, IP_PROTOCOL_ICMP6, length);

	require(ip[7] == 255 && ip[41] == 0 && ip[6] == IP_PROTOCOL_ICMP6, "of this link");
	require(checksum_fold(checksum_add(sum, ip + 40, length)) == 0, "a right checksum");
	if (nd->kind == ND_ROUTER)
		return;
	require(length >= 24, "long enough");
	require(ipv6_is_unicast(nd->target), "a target is one host");
	require(memcmp(nd->target, ip + 48, 16) == 0, "the target");
	require(!nd->has_mac || !mac_is_group(nd->mac), "a link address is one host's");
	bool from_nowhere = memcmp(ip + 8, unspecified, 16) == 0;
	require(nd->probe == from_nowhere, "who asks from nowhere, probes");
	if (nd->kind == ND_ADVERTISEMENT)
		require(!from_nowhere && !(nd->solicited && ip[24] == 0xff), "an answer has an end");
	else if (nd->probe)
		require(!nd->has_mac && ip[24] == 0xff && memcmp(ip + 37, ip + 61, 3) == 0,
			"a probe asks the group");
}

/* What we answer is itself well formed, and says what was asked. */
static void check_answer(const struct nd *nd)
{
	uint8_t frame[ND_FRAME_LEN];
	struct frame f;

	nd_build_advertisement(frame, theirs, nd, nd->has_mac ? nd->mac : ours, true);
	memcpy(frame, ours, MAC_LEN); /* as if it were for us */
	require(frame_parse(&f, frame, sizeof(frame), ours) == FRAME_ND, "an answer is one");
	require(f.nd.kind == ND_ADVERTISEMENT && f.nd.solicited == !nd->probe, "of its kind");
	require(memcmp(f.nd.target, nd->target, 16) == 0, "about the target");
}

static void check_echo(const struct ip_packet *p)
{
	struct ip_packet copy = *p, reply;
	uint8_t *bytes = malloc(p->length);

	if (!bytes)
		abort();
	copy.bytes = memcpy(bytes, p->bytes, p->length);
	if (icmp_echo_reply(bytes, &copy)) {
		uint16_t length = (uint16_t)(p->length - IPV6_HEADER_LEN);
		uint64_t sum = checksum_add_pseudo6(0, bytes, IP_PROTOCOL_ICMP6, length);
		require(checksum_fold(checksum_add(sum, bytes + 40, length)) == 0, "its checksum");
		require(memcmp(bytes + 8, p->bytes + 24, 16) == 0, "from whom it was for");
		ipv6_parse(&reply, bytes, p->length);
		require(!icmp_echo_reply(bytes, &reply), "a reply is no request");
	} else {
		require(memcmp(bytes, p->bytes, p->length) == 0, "no request is left alone");
	}
	free(bytes);
}

static void check_marks(const struct ip_packet *p)
{
	uint8_t header[IPV6_HEADER_LEN];

	for (unsigned outer = 0; outer < 4; outer++) {
		memcpy(header, p->bytes, sizeof(header));
		bool kept = ecn_decapsulate(header, outer);
		uint8_t changed = ecn_traffic_class(header) ^ ecn_traffic_class(p->bytes);
		require((changed & ~ECN_MASK) == 0, "a mark touches nothing else");
		require(memcmp(header + 2, p->bytes + 2, sizeof(header) - 2) == 0, "nor behind");
		require(kept || outer == ECN_CONGESTED, "only congestion drops");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame f;

	if (size < 1)
		return 0;
	size_t length = size - 1;
	uint8_t *frame = make_frame(data[0], data + 1, length);
	enum frame_kind kind =
		frame_parse(&f, frame, ETHERNET_HEADER_LEN + length, ours);
	require(kind < FRAME_KINDS, "every frame has a kind");
	if (kind == FRAME_ND) {
		check_message(&f.nd, frame + ETHERNET_HEADER_LEN);
		if (f.nd.kind == ND_SOLICITATION)
			check_answer(&f.nd);
	} else if (kind == FRAME_IPV6) {
		require(!nd_is_message(&f.ip), "neighbour discovery is no packet");
		check_echo(&f.ip);
		check_marks(&f.ip);
	}
	free(frame);
	return 0;
}
