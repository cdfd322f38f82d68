/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "net/ip.h"
#include "packets.h"
#include "suites.h"
#include "util/bytes.h"

static uint8_t packet[2048];

static void parses4(void)
{
	struct ip_packet p;
	size_t length = make_ipv4(packet, IP_PROTOCOL_UDP, 100);

	CU_ASSERT_EQUAL(naive_checksum(packet, 20, 0), 0);
	CU_ASSERT_EQUAL(ipv4_parse(&p, packet, length), IP_FAULT_NONE);
	CU_ASSERT_EQUAL(p.version, 4);
	CU_ASSERT_EQUAL(p.length, 120);
	CU_ASSERT_EQUAL(p.header_length, 20);
	CU_ASSERT_EQUAL(p.protocol, IP_PROTOCOL_UDP);
	CU_ASSERT_EQUAL(p.ttl, 64);
	CU_ASSERT_EQUAL(p.fragment, 0);
	CU_ASSERT_EQUAL(p.source, 0xc0000201);
	CU_ASSERT_EQUAL(p.destination, 0xc6336402);
	CU_ASSERT_PTR_EQUAL(p.bytes, packet);
	/* Ethernet's padding is not the packet's */
	CU_ASSERT_EQUAL(ipv4_parse(&p, packet, length + 30), IP_FAULT_NONE);
	CU_ASSERT_EQUAL(p.length, 120);
}

static void lengths4(void)
{
	struct ip_packet p;

	make_ipv4(packet, IP_PROTOCOL_UDP, 0);
	for (size_t n = 0; n < 20; n++)
		CU_ASSERT_EQUAL(ipv4_parse(&p, packet, n), IP_FAULT_SHORT);
	CU_ASSERT_EQUAL(ipv4_parse(&p, packet, 20), IP_FAULT_NONE);
	size_t length = make_ipv4(packet, IP_PROTOCOL_UDP, 8);
	CU_ASSERT_EQUAL(ipv4_parse(&p, packet, length - 1), IP_FAULT_LENGTH);
	put_be16(packet + 2, 19);
	repair(packet);
	CU_ASSERT_EQUAL(ipv4_parse(&p, packet, length), IP_FAULT_LENGTH);
	put_be16(packet + 2, 0);
	repair(packet);
	CU_ASSERT_EQUAL(ipv4_parse(&p, packet, length), IP_FAULT_LENGTH);
	put_be16(packet + 2, 0xffff);
	repair(packet);
	CU_ASSERT_EQUAL(ipv4_parse(&p, packet, length), IP_FAULT_LENGTH);
}

static void options(void)
{
	struct ip_packet p;

	make_ipv4(packet, IP_PROTOCOL_UDP, 60);
	packet[0] = 0x4f; /* 60 bytes of header */
	memset(packet + 20, 1, 40);
	repair(packet);
	CU_ASSERT_EQUAL(ipv4_parse(&p, packet, 80), IP_FAULT_NONE);
	CU_ASSERT_EQUAL(p.header_length, 60);
	CU_ASSERT_EQUAL(ipv4_parse(&p, packet, 59), IP_FAULT_SHORT);
	packet[59] ^= 1; /* options are under the checksum */
	CU_ASSERT_EQUAL(ipv4_parse(&p, packet, 80), IP_FAULT_CHECKSUM);
}

static void headers4(void)
{
	struct ip_packet p;
	size_t length = make_ipv4(packet, IP_PROTOCOL_UDP, 8);

	packet[0] = 0x44;
	CU_ASSERT_EQUAL(ipv4_parse(&p, packet, length), IP_FAULT_HEADER);
	packet[0] = 0x40;
	CU_ASSERT_EQUAL(ipv4_parse(&p, packet, length), IP_FAULT_HEADER);
	packet[0] = 0x65;
	CU_ASSERT_EQUAL(ipv4_parse(&p, packet, length), IP_FAULT_HEADER);
	make_ipv4(packet, IP_PROTOCOL_UDP, 8);
	for (unsigned i = 0; i < 20 * 8; i++) {
		packet[i / 8] ^= (uint8_t)(1 << i % 8);
		CU_ASSERT_NOT_EQUAL(ipv4_parse(&p, packet, length), IP_FAULT_NONE);
		packet[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	CU_ASSERT_EQUAL(ipv4_parse(&p, packet, length), IP_FAULT_NONE);
}

static void sources4(void)
{
	static const uint32_t impossible[] = {0, 0x00ffffff, 0x7f000001, 0x7fffffff, 0xe0000001,
		0xefffffff, 0xf0000001, 0xffffffff};
	static const uint32_t possible[] = {0x01000000, 0x7effffff, 0x80000000, 0xdfffffff};
	struct ip_packet p;

	for (size_t i = 0; i < sizeof(impossible) / 4; i++) {
		make_ipv4(packet, IP_PROTOCOL_UDP, 8);
		put_be32(packet + 12, impossible[i]);
		repair(packet);
		CU_ASSERT_EQUAL(ipv4_parse(&p, packet, 28), IP_FAULT_SOURCE);
	}
	for (size_t i = 0; i < sizeof(possible) / 4; i++)
		CU_ASSERT(ipv4_is_unicast(possible[i]));
}

static void fragments(void)
{
	struct ip_packet p = {.version = 4, .fragment = IPV4_DONT_FRAGMENT};

	CU_ASSERT(!ip_is_fragment(&p) && ip_is_first_fragment(&p));
	p.fragment = IPV4_MORE_FRAGMENTS;
	CU_ASSERT(ip_is_fragment(&p) && ip_is_first_fragment(&p));
	p.fragment = IPV4_MORE_FRAGMENTS | 1;
	CU_ASSERT(ip_is_fragment(&p) && !ip_is_first_fragment(&p));
	p.fragment = 0x1fff;
	CU_ASSERT(ip_is_fragment(&p) && !ip_is_first_fragment(&p));
}

static void ttl(void)
{
	make_ipv4(packet, IP_PROTOCOL_UDP, 8);
	packet[8] = 255;
	repair(packet);
	for (unsigned t = 255; t > 0; t--) {
		CU_ASSERT_EQUAL(packet[8], t);
		ipv4_decrement_ttl(packet);
		CU_ASSERT_EQUAL_FATAL(naive_checksum(packet, 20, 0), 0);
	}
	make_ipv6(packet, IP_PROTOCOL_UDP, 8);
	ipv6_decrement_hops(packet);
	CU_ASSERT_EQUAL(packet[7], 63);
}

static void parses6(void)
{
	struct ip_packet p;
	size_t length = make_ipv6(packet, IP_PROTOCOL_UDP, 33);

	CU_ASSERT_EQUAL(ipv6_parse(&p, packet, length), IP_FAULT_NONE);
	CU_ASSERT_EQUAL(p.version, 6);
	CU_ASSERT_EQUAL(p.length, 73);
	CU_ASSERT_EQUAL(p.header_length, 40);
	CU_ASSERT_EQUAL(p.protocol, IP_PROTOCOL_UDP);
	CU_ASSERT_EQUAL(p.ttl, 64);
	CU_ASSERT_EQUAL(p.fragment, 0);
	CU_ASSERT_EQUAL(ipv6_source(&p)[15], 1);
	CU_ASSERT_EQUAL(ipv6_destination(&p)[15], 2);
	CU_ASSERT_EQUAL(packet[0], 0x60); /* A48: flow label 0 */
	CU_ASSERT_EQUAL(get_be32(packet), 0x60000000);
	CU_ASSERT_EQUAL(ip_parse(&p, packet, length), IP_FAULT_NONE);
	for (size_t n = 0; n < 40; n++)
		CU_ASSERT_EQUAL(ipv6_parse(&p, packet, n), IP_FAULT_SHORT);
	CU_ASSERT_EQUAL(ipv6_parse(&p, packet, length - 1), IP_FAULT_LENGTH);
	put_be16(packet + 4, 0xffff);
	static uint8_t large[70000];
	memcpy(large, packet, 40);
	CU_ASSERT_EQUAL(ipv6_parse(&p, large, sizeof(large)), IP_FAULT_LENGTH);
	packet[0] = 0x40;
	CU_ASSERT_EQUAL(ipv6_parse(&p, packet, length), IP_FAULT_HEADER);
}

static void sources6(void)
{
	struct ip_packet p;
	size_t length = make_ipv6(packet, IP_PROTOCOL_UDP, 8);

	packet[8] = 0xff;
	CU_ASSERT_EQUAL(ipv6_parse(&p, packet, length), IP_FAULT_SOURCE);
	memset(packet + 8, 0, 16); /* unspecified */
	CU_ASSERT_EQUAL(ipv6_parse(&p, packet, length), IP_FAULT_SOURCE);
	packet[23] = 1; /* loopback */
	CU_ASSERT_EQUAL(ipv6_parse(&p, packet, length), IP_FAULT_SOURCE);
	packet[23] = 2;
	CU_ASSERT_EQUAL(ipv6_parse(&p, packet, length), IP_FAULT_NONE);
	memset(packet + 18, 0xff, 2); /* IPv4-mapped */
	CU_ASSERT_EQUAL(ipv6_parse(&p, packet, length), IP_FAULT_SOURCE);
	memset(packet + 8, 0, 16);
	packet[8] = 0xfe;
	packet[9] = 0xbf;
	CU_ASSERT(ipv6_is_link_local(packet + 8));
	packet[9] = 0xc0;
	CU_ASSERT(!ipv6_is_link_local(packet + 8));
}

static void neither(void)
{
	struct ip_packet p;

	CU_ASSERT_EQUAL(ip_parse(&p, packet, 0), IP_FAULT_SHORT);
	memset(packet, 0x55, 64);
	CU_ASSERT_EQUAL(ip_parse(&p, packet, 64), IP_FAULT_HEADER);
	memset(packet, 0, 64);
	CU_ASSERT_EQUAL(ip_parse(&p, packet, 64), IP_FAULT_HEADER);
	size_t length = make_ipv4(packet, IP_PROTOCOL_UDP, 8);
	CU_ASSERT_EQUAL(ip_parse(&p, packet, length), IP_FAULT_NONE);
}

static void traffic_classes(void)
{
	struct ip_packet p;

	for (unsigned i = 0; i < 256; i++) {
		size_t length = make_ipv6(packet, IP_PROTOCOL_UDP, 8);
		ipv6_set_traffic_class(packet, (uint8_t)i);
		CU_ASSERT_EQUAL(ipv6_parse(&p, packet, length), IP_FAULT_NONE);
		CU_ASSERT_EQUAL(ip_traffic_class(&p), i);
		CU_ASSERT_EQUAL(get_be32(packet) & 0xfffff, 0); /* the flow label */
		length = make_ipv4(packet, IP_PROTOCOL_UDP, 8);
		packet[1] = (uint8_t)i;
		repair(packet);
		CU_ASSERT_EQUAL(ipv4_parse(&p, packet, length), IP_FAULT_NONE);
		CU_ASSERT_EQUAL(ip_traffic_class(&p), i);
	}
}

static void addresses(void)
{
	static const struct ip_addr from4 = {4, {192, 0, 2, 1}}, to4 = {4, {198, 51, 100, 2}};
	struct ip_packet p;

	size_t length = make_ipv4(packet, IP_PROTOCOL_UDP, 8);
	CU_ASSERT_EQUAL(ipv4_parse(&p, packet, length), IP_FAULT_NONE);
	struct ip_addr from = ip_source_addr(&p), to = ip_destination_addr(&p);
	CU_ASSERT_EQUAL(memcmp(&from, &from4, sizeof(from)), 0);
	CU_ASSERT_EQUAL(memcmp(&to, &to4, sizeof(to)), 0);
	length = make_ipv6(packet, IP_PROTOCOL_UDP, 8);
	CU_ASSERT_EQUAL(ipv6_parse(&p, packet, length), IP_FAULT_NONE);
	from = ip_source_addr(&p);
	to = ip_destination_addr(&p);
	CU_ASSERT(from.family == 6 && memcmp(from.bytes, packet + 8, 16) == 0);
	CU_ASSERT(to.family == 6 && memcmp(to.bytes, packet + 24, 16) == 0);
}

static const struct unit_test tests[] = {
	{"IPv4 fields, and what is padding", parses4},
	{"IPv4 lengths", lengths4},
	{"IPv4 options", options},
	{"IPv4 headers: version, length, and every single bit under the checksum", headers4},
	{"IPv4 addresses that no packet comes from", sources4},
	{"what is a fragment", fragments},
	{"255 hops keep the checksum right", ttl},
	{"A48: IPv6 fields and lengths", parses6},
	{"IPv6 addresses that no packet comes from", sources6},
	{"neither IPv4 nor IPv6", neither},
	{"A47: traffic classes of both", traffic_classes},
	{"addresses of both, as values", addresses},
	{NULL, NULL},
};

const struct unit_suite suite_ip = {"ip", tests};
