/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/nd.h"

#include <errno.h>
#include <string.h>

#include "net/checksum.h"
#include "net/icmp.h"
#include "util/bytes.h"
#include "util/cursor.h"

#define TYPE_FIRST         133 /* router solicitation */
#define TYPE_SOLICITATION  135
#define TYPE_ADVERTISEMENT 136
#define TYPE_LAST          137 /* redirect */

#define HOP_LIMIT 255 /* no router's hop has been counted: it comes from this link */

#define FLAG_ROUTER    0x80000000u
#define FLAG_SOLICITED 0x40000000u
#define FLAG_OVERRIDE  0x20000000u

#define OPTION_SOURCE_MAC 1
#define OPTION_TARGET_MAC 2
#define OPTION_UNIT       8 /* lengths of options count in these */

static const uint8_t unspecified[16];
static const uint8_t all_nodes[16] = {0xff, 0x02, [15] = 1};

bool nd_is_message(const struct ip_packet *p)
{
	if (p->version != 6 || p->protocol != IP_PROTOCOL_ICMP6 || p->length <= IPV6_HEADER_LEN)
		return false;
	uint8_t type = p->bytes[IPV6_HEADER_LEN];
	return type >= TYPE_FIRST && type <= TYPE_LAST;
}

static bool checksum_right(const struct ip_packet *p)
{
	uint16_t length = (uint16_t)(p->length - IPV6_HEADER_LEN);
	uint64_t sum = checksum_add_pseudo6(0, p->bytes, IP_PROTOCOL_ICMP6, length);

	return checksum_fold(checksum_add(sum, p->bytes + IPV6_HEADER_LEN, length)) == 0;
}

void nd_solicited_node(uint8_t group[static 16], const uint8_t address[static 16])
{
	static const uint8_t prefix[13] = {0xff, 0x02, [11] = 1, [12] = 0xff};

	memcpy(group, prefix, sizeof(prefix));
	memcpy(group + 13, address + 13, 3);
}

/* The link address of the kind wanted; options of other kinds are passed over. */
static int parse_options(struct nd *nd, struct reader *r, uint8_t wanted)
{
	while (r->left > 0) {
		uint8_t type = reader_u8(r);
		size_t length = reader_u8(r) * (size_t)OPTION_UNIT;
		if (length == 0)
			return -EINVAL;
		const uint8_t *value = reader_skip(r, length - 2);
		if (!reader_ok(r))
			return -EINVAL;
		if (type != wanted)
			continue;
		if (length != OPTION_UNIT || mac_is_group(value))
			return -EINVAL;
		memcpy(nd->mac, value, MAC_LEN);
		nd->has_mac = true;
	}
	return reader_ok(r) ? 0 : -EINVAL;
}

/* RFC 4861 7.1.1. What asks from nowhere asks the group of the address, and tells no link address. */
static bool solicitation_valid(const struct nd *nd, const struct ip_packet *p)
{
	uint8_t group[16];

	if (!nd->probe)
		return ipv6_is_unicast(nd->source);
	nd_solicited_node(group, nd->target);
	return memcmp(ipv6_destination(p), group, 16) == 0 && !nd->has_mac;
}

/* RFC 4861 7.1.2. */
static bool advertisement_valid(const struct nd *nd, const struct ip_packet *p)
{
	return ipv6_is_unicast(nd->source) && !(nd->solicited && ipv6_destination(p)[0] == 0xff);
}

int nd_parse(struct nd *nd, const struct ip_packet *p)
{
	struct reader r;

	memset(nd, 0, sizeof(*nd));
	reader_init(&r, p->bytes + IPV6_HEADER_LEN, p->length - IPV6_HEADER_LEN);
	uint8_t type = reader_u8(&r);
	uint8_t code = reader_u8(&r);
	reader_skip(&r, 2);
	uint32_t flags = reader_be32(&r);
	if (!reader_ok(&r) || p->ttl != HOP_LIMIT || code != 0 || !checksum_right(p))
		return -EINVAL;
	if (type != TYPE_SOLICITATION && type != TYPE_ADVERTISEMENT) {
		nd->kind = ND_ROUTER;
		return 0;
	}
	bool asks = type == TYPE_SOLICITATION;
	nd->kind = asks ? ND_SOLICITATION : ND_ADVERTISEMENT;
	memcpy(nd->source, ipv6_source(p), 16);
	nd->probe = asks && memcmp(nd->source, unspecified, 16) == 0;
	nd->solicited = !asks && flags & FLAG_SOLICITED;
	nd->override = !asks && flags & FLAG_OVERRIDE;
	reader_bytes(&r, nd->target, 16);
	if (!reader_ok(&r) || !ipv6_is_unicast(nd->target) ||
		parse_options(nd, &r, asks ? OPTION_SOURCE_MAC : OPTION_TARGET_MAC) != 0)
		return -EINVAL;
	return (asks ? solicitation_valid(nd, p) : advertisement_valid(nd, p)) ? 0 : -EINVAL;
}

/* The message and what goes before it; source and destination are IPv6's. */
static void build(uint8_t frame[static ND_FRAME_LEN], const uint8_t mac[static MAC_LEN],
	const uint8_t to_mac[static MAC_LEN], const uint8_t source[static 16],
	const uint8_t destination[static 16], uint8_t type, uint32_t flags,
	const uint8_t target[static 16])
{
	uint8_t *header = frame + ETHERNET_HEADER_LEN, *message = header + IPV6_HEADER_LEN;
	struct writer w;

	ethernet_build(frame, to_mac, mac, ETHERNET_TYPE_IPV6);
	ipv6_build(header, source, destination, IP_PROTOCOL_ICMP6, ND_LEN);
	ipv6_set_hops(header, HOP_LIMIT);
	writer_init(&w, message, ND_LEN);
	writer_u8(&w, type);
	writer_u8(&w, 0);
	writer_be16(&w, 0);
	writer_be32(&w, flags);
	writer_bytes(&w, target, 16);
	writer_u8(&w, type == TYPE_SOLICITATION ? OPTION_SOURCE_MAC : OPTION_TARGET_MAC);
	writer_u8(&w, 1);
	writer_bytes(&w, mac, MAC_LEN);
	icmp6_set_checksum(header, ND_LEN);
}

void nd_build_solicitation(uint8_t frame[static ND_FRAME_LEN], const uint8_t mac[static MAC_LEN],
	const uint8_t source[static 16], const uint8_t target[static 16])
{
	uint8_t group[16], to_mac[MAC_LEN];

	nd_solicited_node(group, target);
	mac_of_group6(to_mac, group);
	build(frame, mac, to_mac, source, group, TYPE_SOLICITATION, 0, target);
}

void nd_build_advertisement(uint8_t frame[static ND_FRAME_LEN], const uint8_t mac[static MAC_LEN],
	const struct nd *asked, const uint8_t to_mac[static MAC_LEN], bool router)
{
	uint32_t flags = FLAG_OVERRIDE | (router ? FLAG_ROUTER : 0);
	uint8_t all_nodes_mac[MAC_LEN];

	mac_of_group6(all_nodes_mac, all_nodes);
	if (asked->probe)
		build(frame, mac, all_nodes_mac, asked->target, all_nodes, TYPE_ADVERTISEMENT,
			flags, asked->target);
	else
		build(frame, mac, to_mac, asked->target, asked->source, TYPE_ADVERTISEMENT,
			flags | FLAG_SOLICITED, asked->target);
}
