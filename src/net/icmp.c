/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/icmp.h"

#include <string.h>

#include "net/checksum.h"
#include "util/bytes.h"

#define TYPE_ECHO_REPLY      0
#define TYPE_ECHO_REQUEST    8
#define TYPE_TIMESTAMP       13
#define TYPE_ADDRESS_REPLY   18
#define TYPE6_INFORMATIONAL  128 /* from here on: no errors */
#define TYPE6_ECHO_REQUEST   128
#define TYPE6_ECHO_REPLY     129
#define TTL                  64

struct wire_error {
	uint8_t type, code;
};

static const struct wire_error wire4[] = {
	[ICMP_ERROR_HOST_UNREACHABLE] = {3, 1},
	[ICMP_ERROR_PROHIBITED] = {3, 13},
	[ICMP_ERROR_TOO_BIG] = {3, 4},
	[ICMP_ERROR_TTL] = {11, 0},
};

static const struct wire_error wire6[] = {
	[ICMP_ERROR_HOST_UNREACHABLE] = {1, 3},
	[ICMP_ERROR_PROHIBITED] = {1, 1},
	[ICMP_ERROR_TOO_BIG] = {2, 0},
	[ICMP_ERROR_TTL] = {3, 0},
};

void icmp6_set_checksum(uint8_t *packet, uint16_t length)
{
	uint8_t *icmp = packet + IPV6_HEADER_LEN;
	uint64_t sum = checksum_add_pseudo6(0, packet, IP_PROTOCOL_ICMP6, length);

	memset(icmp + 2, 0, 2);
	uint16_t checksum = checksum_fold(checksum_add(sum, icmp, length));
	memcpy(icmp + 2, &checksum, 2);
}

static bool is_echo_request4(const struct ip_packet *p)
{
	if (p->protocol != IP_PROTOCOL_ICMP || ip_is_fragment(p) ||
		p->header_length != IPV4_HEADER_LEN ||
		p->length < IPV4_HEADER_LEN + ICMP_HEADER_LEN)
		return false;
	const uint8_t *icmp = p->bytes + IPV4_HEADER_LEN;
	return icmp[0] == TYPE_ECHO_REQUEST && icmp[1] == 0 &&
		checksum_of(icmp, p->length - IPV4_HEADER_LEN) == 0;
}

static bool is_echo_request6(const struct ip_packet *p)
{
	if (p->protocol != IP_PROTOCOL_ICMP6 || p->length < IPV6_HEADER_LEN + ICMP_HEADER_LEN)
		return false;
	const uint8_t *icmp = p->bytes + IPV6_HEADER_LEN;
	uint16_t length = (uint16_t)(p->length - IPV6_HEADER_LEN);
	uint64_t sum = checksum_add_pseudo6(0, p->bytes, IP_PROTOCOL_ICMP6, length);
	return icmp[0] == TYPE6_ECHO_REQUEST && icmp[1] == 0 &&
		checksum_fold(checksum_add(sum, icmp, length)) == 0;
}

/* The checksum follows. Addresses that change places leave it as it is. */
static void set_type(uint8_t *icmp, uint8_t type)
{
	uint16_t before, after, checksum;

	memcpy(&before, icmp, 2);
	icmp[0] = type;
	memcpy(&after, icmp, 2);
	memcpy(&checksum, icmp + 2, 2);
	checksum = checksum_update(checksum, before, after);
	memcpy(icmp + 2, &checksum, 2);
}

static void reply4(uint8_t *bytes, const struct ip_packet *p)
{
	struct ipv4_fields reply = {
		.tos = bytes[1],
		.ttl = TTL,
		.protocol = IP_PROTOCOL_ICMP,
		.id = get_be16(bytes + 4),
		.length = p->length,
		.source = p->destination,
		.destination = p->source,
	};

	set_type(bytes + IPV4_HEADER_LEN, TYPE_ECHO_REPLY);
	ipv4_build(bytes, &reply);
}

static void reply6(uint8_t *bytes, const struct ip_packet *p)
{
	uint8_t from[16], to[16];

	memcpy(from, ipv6_destination(p), 16);
	memcpy(to, ipv6_source(p), 16);
	set_type(bytes + IPV6_HEADER_LEN, TYPE6_ECHO_REPLY);
	ipv6_build(bytes, from, to, IP_PROTOCOL_ICMP6, (uint16_t)(p->length - IPV6_HEADER_LEN));
}

bool icmp_echo_reply(uint8_t *bytes, const struct ip_packet *p)
{
	if (p->version == 4 ? !is_echo_request4(p) : !is_echo_request6(p))
		return false;
	if (p->version == 4)
		reply4(bytes, p);
	else
		reply6(bytes, p);
	return true;
}

/* Of the queries only: an unknown type may be an error. */
static bool is_query(uint8_t type)
{
	return type == TYPE_ECHO_REPLY || type == TYPE_ECHO_REQUEST ||
		(type >= TYPE_TIMESTAMP && type <= TYPE_ADDRESS_REPLY);
}

static bool allowed4(const struct ip_packet *p)
{
	if (!ip_is_first_fragment(p) || !ipv4_is_unicast(p->source) ||
		!ipv4_is_unicast(p->destination))
		return false;
	if (p->protocol != IP_PROTOCOL_ICMP)
		return true;
	return p->length > p->header_length && is_query(p->bytes[p->header_length]);
}

#define FRAGMENT_HEADER_LEN 8

/* Where a first fragment's payload begins, and what it is; 0: later ones, of which nobody can tell. */
static unsigned behind_fragment_header(const struct ip_packet *p, uint8_t *protocol)
{
	const uint8_t *header = p->bytes + IPV6_HEADER_LEN;

	if (p->length < IPV6_HEADER_LEN + FRAGMENT_HEADER_LEN || get_be16(header + 2) >> 3 != 0)
		return 0;
	*protocol = header[0];
	return IPV6_HEADER_LEN + FRAGMENT_HEADER_LEN;
}

/*
 * Hosts that cut their packets must learn the size too: so we look behind the fragment header. Behind
 * the other extension headers we do not look for what is there: it may be an error.
 */
static bool allowed6(const struct ip_packet *p)
{
	unsigned at = IPV6_HEADER_LEN;
	uint8_t protocol = p->protocol;

	if (!ipv6_is_unicast(ipv6_source(p)) || !ipv6_is_unicast(ipv6_destination(p)))
		return false;
	if (protocol == IP_PROTOCOL_FRAGMENT6)
		at = behind_fragment_header(p, &protocol);
	if (at == 0 || ipv6_is_extension(protocol))
		return false;
	if (protocol != IP_PROTOCOL_ICMP6)
		return true;
	return p->length > at && p->bytes[at] >= TYPE6_INFORMATIONAL;
}

bool icmp_error_allowed(const struct ip_packet *p)
{
	return p->version == 4 ? allowed4(p) : allowed6(p);
}

static void build_header(uint8_t *icmp, const struct wire_error *wire, uint32_t rest)
{
	icmp[0] = wire->type;
	icmp[1] = wire->code;
	memset(icmp + 2, 0, 2);
	put_be32(icmp + 4, rest);
}

size_t icmp_error_build4(uint8_t *packet, const struct ip_packet *p, enum icmp_error error,
	uint16_t mtu, uint32_t source, uint16_t id)
{
	size_t quoted = ICMP_ERROR_MAX4 - ICMP_ERROR_PREFIX4;
	uint8_t *icmp = packet - ICMP_HEADER_LEN;
	uint8_t *header = icmp - IPV4_HEADER_LEN;

	if (quoted > p->length)
		quoted = p->length;
	struct ipv4_fields fields = {
		.tos = 0xc0, /* precedence of internetwork control (RFC 1812 4.3.2.5) */
		.ttl = TTL,
		.protocol = IP_PROTOCOL_ICMP,
		.id = id,
		.length = (uint16_t)(ICMP_ERROR_PREFIX4 + quoted),
		.source = source,
		.destination = p->source,
	};
	build_header(icmp, &wire4[error], error == ICMP_ERROR_TOO_BIG ? mtu : 0);
	uint16_t checksum = checksum_of(icmp, ICMP_HEADER_LEN + quoted);
	memcpy(icmp + 2, &checksum, 2);
	ipv4_build(header, &fields);
	return fields.length;
}

size_t icmp_error_build6(uint8_t *packet, const struct ip_packet *p, enum icmp_error error,
	uint16_t mtu, uint16_t max, const uint8_t source[static 16])
{
	size_t quoted = (max < ICMP_ERROR_MAX6 ? max : ICMP_ERROR_MAX6) - ICMP_ERROR_PREFIX6;
	uint8_t *icmp = packet - ICMP_HEADER_LEN;
	uint8_t *header = icmp - IPV6_HEADER_LEN;

	if (quoted > p->length)
		quoted = p->length;
	uint16_t length = (uint16_t)(ICMP_HEADER_LEN + quoted);
	build_header(icmp, &wire6[error], error == ICMP_ERROR_TOO_BIG ? mtu : 0);
	ipv6_build(header, source, ipv6_source(p), IP_PROTOCOL_ICMP6, length);
	icmp6_set_checksum(header, length);
	return IPV6_HEADER_LEN + (size_t)length;
}
