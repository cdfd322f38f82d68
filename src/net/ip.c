/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/ip.h"

#include <string.h>

#include "net/checksum.h"
#include "util/bytes.h"

/* Places in the IPv4 header. */
#define V4_TOS         1
#define V4_LENGTH      2
#define V4_ID          4
#define V4_FRAGMENT    6
#define V4_TTL         8
#define V4_PROTOCOL    9
#define V4_CHECKSUM    10
#define V4_SOURCE      12
#define V4_DESTINATION 16

/* And in IPv6's. */
#define V6_LENGTH      4
#define V6_PROTOCOL    6
#define V6_HOPS        7
#define V6_SOURCE      8
#define V6_DESTINATION 24

enum ip_fault ipv4_parse(struct ip_packet *p, const uint8_t *bytes, size_t length)
{
	if (length < IPV4_HEADER_LEN)
		return IP_FAULT_SHORT;
	unsigned header_length = (bytes[0] & 0xfu) * 4;
	if (bytes[0] >> 4 != 4 || header_length < IPV4_HEADER_LEN)
		return IP_FAULT_HEADER;
	if (header_length > length)
		return IP_FAULT_SHORT;
	uint16_t total = get_be16(bytes + V4_LENGTH);
	if (total < header_length || total > length)
		return IP_FAULT_LENGTH;
	uint16_t checksum = header_length == IPV4_HEADER_LEN ? checksum_of_20(bytes) :
							      checksum_of(bytes, header_length);
	if (checksum != 0)
		return IP_FAULT_CHECKSUM;
	p->bytes = bytes;
	p->length = total;
	p->version = 4;
	p->header_length = (uint8_t)header_length;
	p->protocol = bytes[V4_PROTOCOL];
	p->ttl = bytes[V4_TTL];
	p->fragment = get_be16(bytes + V4_FRAGMENT);
	p->source = get_be32(bytes + V4_SOURCE);
	p->destination = get_be32(bytes + V4_DESTINATION);
	return ipv4_is_unicast(p->source) ? IP_FAULT_NONE : IP_FAULT_SOURCE;
}

enum ip_fault ipv6_parse(struct ip_packet *p, const uint8_t *bytes, size_t length)
{
	if (length < IPV6_HEADER_LEN)
		return IP_FAULT_SHORT;
	if (bytes[0] >> 4 != 6)
		return IP_FAULT_HEADER;
	size_t total = IPV6_HEADER_LEN + (size_t)get_be16(bytes + V6_LENGTH);
	if (total > length || total > UINT16_MAX)
		return IP_FAULT_LENGTH;
	*p = (struct ip_packet){
		.bytes = bytes,
		.length = (uint16_t)total,
		.version = 6,
		.header_length = IPV6_HEADER_LEN,
		.protocol = bytes[V6_PROTOCOL],
		.ttl = bytes[V6_HOPS],
	};
	return ipv6_is_unicast(bytes + V6_SOURCE) ? IP_FAULT_NONE : IP_FAULT_SOURCE;
}

enum ip_fault ip_parse(struct ip_packet *p, const uint8_t *bytes, size_t length)
{
	if (length == 0)
		return IP_FAULT_SHORT;
	return bytes[0] >> 4 == 6 ? ipv6_parse(p, bytes, length) : ipv4_parse(p, bytes, length);
}

const uint8_t *ipv6_source(const struct ip_packet *p)
{
	return p->bytes + V6_SOURCE;
}

const uint8_t *ipv6_destination(const struct ip_packet *p)
{
	return p->bytes + V6_DESTINATION;
}

static struct ip_addr addr_at(const struct ip_packet *p, unsigned v4, unsigned v6)
{
	struct ip_addr addr = {.family = p->version};

	if (p->version == 4)
		memcpy(addr.bytes, p->bytes + v4, 4);
	else
		memcpy(addr.bytes, p->bytes + v6, 16);
	return addr;
}

struct ip_addr ip_source_addr(const struct ip_packet *p)
{
	return addr_at(p, V4_SOURCE, V6_SOURCE);
}

struct ip_addr ip_destination_addr(const struct ip_packet *p)
{
	return addr_at(p, V4_DESTINATION, V6_DESTINATION);
}

bool ipv6_is_unicast(const uint8_t address[static 16])
{
	static const uint8_t zeroes[10];

	if (address[0] == 0xff)
		return false;
	if (memcmp(address, zeroes, sizeof(zeroes)) != 0)
		return true;
	uint16_t mapped = get_be16(address + 10);
	uint32_t low = get_be32(address + 12);
	return mapped != 0xffff && !(mapped == 0 && low <= 1);
}

bool ipv6_is_link_local(const uint8_t address[static 16])
{
	return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

bool ipv6_is_extension(uint8_t protocol)
{
	static const uint8_t extensions[] = {0, 43, 44, 50, 51, 60, 135, 139, 140};

	return memchr(extensions, protocol, sizeof(extensions)) != NULL;
}

void ipv4_build(uint8_t header[static IPV4_HEADER_LEN], const struct ipv4_fields *fields)
{
	header[0] = 0x45;
	header[V4_TOS] = fields->tos;
	put_be16(header + V4_LENGTH, fields->length);
	put_be16(header + V4_ID, fields->id);
	put_be16(header + V4_FRAGMENT, fields->fragment);
	header[V4_TTL] = fields->ttl;
	header[V4_PROTOCOL] = fields->protocol;
	put_be32(header + V4_SOURCE, fields->source);
	put_be32(header + V4_DESTINATION, fields->destination);
	ipv4_set_checksum(header, IPV4_HEADER_LEN);
}

void ipv6_build(uint8_t header[static IPV6_HEADER_LEN], const uint8_t source[static 16],
	const uint8_t destination[static 16], uint8_t protocol, uint16_t payload_length)
{
	put_be32(header, 6u << 28);
	put_be16(header + V6_LENGTH, payload_length);
	header[V6_PROTOCOL] = protocol;
	header[V6_HOPS] = 64;
	memcpy(header + V6_SOURCE, source, 16);
	memcpy(header + V6_DESTINATION, destination, 16);
}

void ipv6_set_hops(uint8_t header[static IPV6_HEADER_LEN], uint8_t hops)
{
	header[V6_HOPS] = hops;
}

void ipv6_set_traffic_class(uint8_t header[static IPV6_HEADER_LEN], uint8_t traffic_class)
{
	put_be32(header, 6u << 28 | (uint32_t)traffic_class << 20);
}

void ipv4_set_checksum(uint8_t *header, unsigned header_length)
{
	memset(header + V4_CHECKSUM, 0, 2);
	uint16_t checksum = checksum_of(header, header_length);
	memcpy(header + V4_CHECKSUM, &checksum, 2);
}

void ipv4_decrement_ttl(uint8_t header[static IPV4_HEADER_LEN])
{
	uint16_t before, after, checksum;

	memcpy(&before, header + V4_TTL, 2);
	header[V4_TTL]--;
	memcpy(&after, header + V4_TTL, 2);
	memcpy(&checksum, header + V4_CHECKSUM, 2);
	checksum = checksum_update(checksum, before, after);
	memcpy(header + V4_CHECKSUM, &checksum, 2);
}

void ipv6_decrement_hops(uint8_t header[static IPV6_HEADER_LEN])
{
	header[V6_HOPS]--;
}
