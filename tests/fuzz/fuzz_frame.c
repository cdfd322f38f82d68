/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A frame as it arrives at either port, through everything that looks at it or changes it: parsing,
 * UDP, echo replies, ICMP errors, hops and fragments. The first two bytes are the tunnel's MTU.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "net/checksum.h"
#include "net/fragment.h"
#include "net/frame.h"
#include "net/icmp.h"
#include "net/udp.h"
#include "util/bytes.h"

static const uint8_t ours[MAC_LEN] = {0x02, 0, 0, 0, 0, 1};

/* The packet once more, in a buffer of its own size with `before` bytes before it. */
static uint8_t *copy_of(const struct ip_packet *p, size_t before, struct ip_packet *copy)
{
	uint8_t *room = malloc(before + p->length);

	if (!room)
		abort();
	memcpy(room + before, p->bytes, p->length);
	*copy = *p;
	copy->bytes = room + before;
	return room;
}

static void check_udp(const struct ip_packet *p)
{
	struct udp u;

	if (p->protocol != IP_PROTOCOL_UDP || ip_is_fragment(p) || udp_parse(&u, p) != 0)
		return;
	require(u.payload + u.length == p->bytes + p->length, "UDP ends where IP ends");
	udp_checksum_ok(&u, p);
}

static void check_echo(const struct ip_packet *p)
{
	struct ip_packet copy, reply;
	uint8_t *room = copy_of(p, 0, &copy);

	if (p->version == 6) { /* fuzz_nd looks at what comes out */
		icmp_echo_reply(room, &copy);
	} else if (icmp_echo_reply(room, &copy)) {
		require(ipv4_parse(&reply, room, p->length) != IP_FAULT_CHECKSUM, "reply's header");
		require(checksum_of(room + 20, p->length - 20u) == 0, "reply's checksum");
		require(!icmp_echo_reply(room, &copy), "a reply is no request");
	} else {
		require(memcmp(room, p->bytes, p->length) == 0, "no request is left alone");
	}
	free(room);
}

static void check_error(const struct ip_packet *p, uint16_t mtu)
{
	static const uint8_t source[16] = {0xfd, [15] = 1};
	uint16_t max = mtu > ICMP_ERROR_PREFIX6 ? mtu : ICMP_ERROR_PREFIX6;
	struct ip_packet copy, error;
	size_t length;

	if (!icmp_error_allowed(p))
		return;
	for (unsigned kind = ICMP_ERROR_HOST_UNREACHABLE; kind <= ICMP_ERROR_TTL; kind++) {
		uint8_t *room = copy_of(p, ICMP_ERROR_PREFIX, &copy);
		uint8_t *packet = room + ICMP_ERROR_PREFIX;
		if (p->version == 4) {
			length = icmp_error_build4(packet, &copy, kind, mtu, 0x0a000001, 1);
			packet -= ICMP_ERROR_PREFIX4;
			require(length <= ICMP_ERROR_MAX4, "an error is short");
		} else {
			length = icmp_error_build6(packet, &copy, kind, mtu, max, source);
			packet -= ICMP_ERROR_PREFIX6;
			require(length <= ICMP_ERROR_MAX6 && length <= max, "an error is short");
		}
		require(ip_parse(&error, packet, length) == IP_FAULT_NONE, "an error is a packet");
		require(error.length == length, "of that length");
		require(!icmp_error_allowed(&error), "no errors about errors");
		free(room);
	}
}

static void check_hop(const struct ip_packet *p)
{
	struct ip_packet copy;
	uint8_t *room = copy_of(p, 0, &copy);

	if (p->ttl > 1) {
		ipv4_decrement_ttl(room);
		require(ipv4_parse(&copy, room, p->length) == IP_FAULT_NONE, "a hop harms nothing");
		require(copy.ttl == p->ttl - 1, "a hop is one");
	}
	free(room);
}

static void check_fragments(const struct ip_packet *p, uint16_t mtu)
{
	struct fragment_plan plan;
	unsigned end = IPV4_HEADER_LEN;

	if (p->length <= mtu || fragment_plan(&plan, p, mtu) != 0)
		return;
	require(plan.count > 1 && plan.count <= FRAGMENTS_MAX, "there are some");
	for (unsigned i = 0; i < plan.count; i++) {
		uint8_t header[IPV4_HEADER_LEN];
		struct fragment f = fragment_build(&plan, i, header);
		require(f.offset == end && f.length > 0, "no gap");
		require(f.length + IPV4_HEADER_LEN <= mtu, "each fits");
		require(checksum_of(header, sizeof(header)) == 0, "each has a header");
		end += f.length;
	}
	require(end == p->length, "all of it");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame f;

	if (size < 2)
		return 0;
	uint16_t mtu = get_be16(data);
	size_t length = size - 2;
	uint8_t *bytes = malloc(length ? length : 1);
	if (!bytes)
		abort();
	memcpy(bytes, data + 2, length);
	enum frame_kind kind = frame_parse(&f, bytes, length, ours);
	require(kind < FRAME_KINDS, "every frame has a kind");
	if (kind == FRAME_IPV4 || kind == FRAME_IPV6) {
		require(f.ip.length <= length - ETHERNET_HEADER_LEN, "packets end in their frame");
		require(f.ip.header_length <= f.ip.length, "headers end in their packet");
		check_udp(&f.ip);
		check_echo(&f.ip);
		check_error(&f.ip, mtu);
	}
	if (kind == FRAME_IPV4) {
		check_hop(&f.ip);
		check_fragments(&f.ip, mtu);
	}
	free(bytes);
	return 0;
}
