/* SPDX-License-Identifier: BSD-3-Clause */
#include "packets.h"

#include <string.h>

#include "util/bytes.h"

uint16_t naive_checksum(const uint8_t *bytes, size_t length, uint32_t sum)
{
	for (size_t i = 0; i < length; i++) {
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

uint32_t naive_pseudo(const uint8_t *packet, uint8_t protocol, uint32_t length)
{
	const uint8_t *at = packet[0] >> 4 == 4 ? packet + 12 : packet + 8;
	size_t n = packet[0] >> 4 == 4 ? 8 : 32;

	return (uint16_t)~naive_checksum(at, n, protocol + length);
}

void fill_pattern(uint8_t *bytes, size_t length, uint8_t seed)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(i * 7 + seed);
}

size_t make_ipv4(uint8_t *packet, uint8_t protocol, size_t payload)
{
	struct ipv4_fields fields = {
		.ttl = 64,
		.protocol = protocol,
		.id = 0x1234,
		.length = (uint16_t)(IPV4_HEADER_LEN + payload),
		.source = 0xc0000201,
		.destination = 0xc6336402,
	};

	ipv4_build(packet, &fields);
	fill_pattern(packet + IPV4_HEADER_LEN, payload, 1);
	return fields.length;
}

size_t make_ipv6(uint8_t *packet, uint8_t protocol, size_t payload)
{
	static const uint8_t from[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
	static const uint8_t to[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 2};

	ipv6_build(packet, from, to, protocol, (uint16_t)payload);
	fill_pattern(packet + IPV6_HEADER_LEN, payload, 2);
	return IPV6_HEADER_LEN + payload;
}

size_t make_echo(uint8_t *packet, size_t payload)
{
	size_t length = make_ipv4(packet, IP_PROTOCOL_ICMP, 8 + payload);
	uint8_t *icmp = packet + IPV4_HEADER_LEN;

	put_be32(icmp, 8u << 24);
	put_be16(icmp + 2, naive_checksum(icmp, 8 + payload, 0));
	return length;
}

void repair(uint8_t *packet)
{
	ipv4_set_checksum(packet, (packet[0] & 0xfu) * 4);
}
