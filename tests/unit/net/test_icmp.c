/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "net/icmp.h"
#include "packets.h"
#include "suites.h"
#include "util/bytes.h"

#define OURS 0x0a0001fe

static uint8_t room[ICMP_ERROR_PREFIX + 2048];
static uint8_t *const packet = room + ICMP_ERROR_PREFIX;

static struct ip_packet parsed(size_t length)
{
	struct ip_packet p;

	CU_ASSERT_EQUAL_FATAL(ip_parse(&p, packet, length), IP_FAULT_NONE);
	return p;
}

static void echoes(void)
{
	for (size_t n = 0; n < 70; n++) {
		uint8_t before[256];
		size_t length = make_echo(packet, n);
		struct ip_packet p = parsed(length);
		packet[1] = 0x28;
		packet[8] = 3;
		memcpy(before, packet, length);
		CU_ASSERT(icmp_echo_reply(packet, &p));
		p = parsed(length);
		CU_ASSERT_EQUAL(p.source, 0xc6336402);
		CU_ASSERT_EQUAL(p.destination, 0xc0000201);
		CU_ASSERT_EQUAL(p.ttl, 64);
		CU_ASSERT_EQUAL(packet[20], 0);
		CU_ASSERT_EQUAL(naive_checksum(packet + 20, length - 20, 0), 0);
		CU_ASSERT_EQUAL(memcmp(packet + 24, before + 24, length - 24), 0);
	}
}

static size_t make_echo6(size_t payload)
{
	size_t length = make_ipv6(packet, IP_PROTOCOL_ICMP6, 8 + payload);

	put_be32(packet + 40, 128u << 24);
	put_be16(packet + 42, naive_checksum(packet + 40, 8 + payload,
		naive_pseudo(packet, IP_PROTOCOL_ICMP6, (uint32_t)(8 + payload))));
	return length;
}

static void echoes6(void)
{
	for (size_t n = 0; n < 70; n++) {
		uint8_t before[256];
		size_t length = make_echo6(n);
		struct ip_packet p = parsed(length);
		packet[7] = 3;
		memcpy(before, packet, length);
		CU_ASSERT(icmp_echo_reply(packet, &p));
		p = parsed(length);
		CU_ASSERT_EQUAL(memcmp(packet + 8, before + 24, 16), 0);
		CU_ASSERT_EQUAL(memcmp(packet + 24, before + 8, 16), 0);
		CU_ASSERT_EQUAL(p.ttl, 64);
		CU_ASSERT_EQUAL(packet[40], 129);
		uint32_t sum = naive_pseudo(packet, IP_PROTOCOL_ICMP6, (uint32_t)(8 + n));
		CU_ASSERT_EQUAL(naive_checksum(packet + 40, length - 40, sum), 0);
		CU_ASSERT_EQUAL(memcmp(packet + 44, before + 44, length - 44), 0);
		CU_ASSERT(!icmp_echo_reply(packet, &p)); /* a reply is no request */
	}
}

static void refuse_echo(const char *what, size_t length)
{
	uint8_t before[256];
	struct ip_packet p = parsed(length);

	memcpy(before, packet, length);
	if (icmp_echo_reply(packet, &p))
		CU_FAIL(what);
	CU_ASSERT_EQUAL(memcmp(before, packet, length), 0);
}

static void no_echo(void)
{
	size_t length = make_echo(packet, 20);

	packet[30] ^= 1;
	refuse_echo("checksum", length);
	length = make_echo(packet, 20);
	packet[6] = 0x20;
	repair(packet);
	refuse_echo("fragment", length);
	length = make_echo(packet, 20);
	packet[9] = IP_PROTOCOL_UDP;
	repair(packet);
	refuse_echo("protocol", length);
	length = make_ipv4(packet, IP_PROTOCOL_ICMP, 7);
	refuse_echo("length", length);
	length = make_echo(packet, 20);
	packet[20] = 0; /* a reply is not answered */
	put_be16(packet + 22, 0);
	put_be16(packet + 22, naive_checksum(packet + 20, length - 20, 0));
	refuse_echo("type", length);
	length = make_echo(packet, 20);
	packet[0] = 0x46; /* options */
	repair(packet);
	refuse_echo("options", length);
	length = make_ipv6(packet, IP_PROTOCOL_ICMP, 20);
	refuse_echo("IPv6", length);
}

static void no_echo6(void)
{
	size_t length = make_echo6(20);

	packet[50] ^= 1;
	refuse_echo("checksum", length);
	length = make_echo6(20);
	packet[41] = 1;
	refuse_echo("code", length);
	length = make_echo6(20);
	packet[6] = IP_PROTOCOL_FRAGMENT6;
	refuse_echo("a fragment", length);
	for (size_t n = 0; n < 8; n++) {
		length = make_ipv6(packet, IP_PROTOCOL_ICMP6, n);
		packet[40] = 128;
		refuse_echo("too short", length);
	}
}

static void errors4(void)
{
	static const uint8_t wire[][2] = {{3, 1}, {3, 13}, {3, 4}, {11, 0}};

	for (unsigned error = 0; error < 4; error++) {
		size_t length = make_ipv4(packet, IP_PROTOCOL_UDP, 50);
		struct ip_packet p = parsed(length), e;
		size_t n = icmp_error_build4(packet, &p, error, 1420, OURS, 77);
		const uint8_t *out = packet - ICMP_ERROR_PREFIX4;
		CU_ASSERT_EQUAL(n, 20 + 8 + length);
		CU_ASSERT_EQUAL(ipv4_parse(&e, out, n), IP_FAULT_NONE);
		CU_ASSERT_EQUAL(e.source, OURS);
		CU_ASSERT_EQUAL(e.destination, p.source);
		CU_ASSERT_EQUAL(e.protocol, IP_PROTOCOL_ICMP);
		CU_ASSERT_EQUAL(out[20], wire[error][0]);
		CU_ASSERT_EQUAL(out[21], wire[error][1]);
		CU_ASSERT_EQUAL(get_be16(out + 26), error == ICMP_ERROR_TOO_BIG ? 1420 : 0);
		CU_ASSERT_EQUAL(get_be16(out + 24), 0);
		CU_ASSERT_EQUAL(naive_checksum(out + 20, n - 20, 0), 0);
	}
}

static void errors6(void)
{
	static const uint8_t wire[][2] = {{1, 3}, {1, 1}, {2, 0}, {3, 0}};
	static const uint8_t ours[16] = {0xfd, [15] = 0xfe};

	for (unsigned error = 0; error < 4; error++) {
		size_t length = make_ipv6(packet, IP_PROTOCOL_UDP, 51);
		struct ip_packet p = parsed(length), e;
		size_t n = icmp_error_build6(packet, &p, error, 1420, 1500, ours);
		const uint8_t *out = packet - ICMP_ERROR_PREFIX6;
		CU_ASSERT_EQUAL(n, 40 + 8 + length);
		CU_ASSERT_EQUAL(ipv6_parse(&e, out, n), IP_FAULT_NONE);
		CU_ASSERT_EQUAL(memcmp(ipv6_source(&e), ours, 16), 0);
		CU_ASSERT_EQUAL(memcmp(ipv6_destination(&e), packet + 8, 16), 0);
		CU_ASSERT_EQUAL(out[40], wire[error][0]);
		CU_ASSERT_EQUAL(out[41], wire[error][1]);
		CU_ASSERT_EQUAL(get_be32(out + 44), error == ICMP_ERROR_TOO_BIG ? 1420 : 0);
		CU_ASSERT_EQUAL(naive_checksum(out + 40, n - 40,
			naive_pseudo(out, IP_PROTOCOL_ICMP6, (uint32_t)(n - 40))), 0);
	}
}

static void quotes(void)
{
	static const uint8_t ours[16] = {0xfd, [15] = 0xfe};
	static const size_t sizes[] = {0, 8, 527, 528, 529, 1400};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t length = make_ipv4(packet, IP_PROTOCOL_UDP, sizes[i]);
		struct ip_packet p = parsed(length);
		size_t n = icmp_error_build4(packet, &p, ICMP_ERROR_TTL, 0, OURS, 0);
		size_t whole = 28 + 20 + sizes[i];
		CU_ASSERT_EQUAL(n, whole < 576 ? whole : 576);
		CU_ASSERT_EQUAL(naive_checksum(packet - 8, n - 20, 0), 0);
	}
	struct ip_packet p = parsed(make_ipv6(packet, IP_PROTOCOL_UDP, 1400));
	CU_ASSERT_EQUAL(icmp_error_build6(packet, &p, ICMP_ERROR_TTL, 0, 1280, ours), 1280);
	p = parsed(make_ipv6(packet, IP_PROTOCOL_UDP, 1400));
	CU_ASSERT_EQUAL(icmp_error_build6(packet, &p, ICMP_ERROR_TTL, 0, 1000, ours), 1000);
}

static bool allowed(size_t length)
{
	struct ip_packet p = parsed(length);

	return icmp_error_allowed(&p);
}

static size_t with_type(uint8_t type)
{
	size_t length = make_echo(packet, 8);

	packet[20] = type;
	return length;
}

static void rules4(void)
{
	static const uint8_t queries[] = {0, 8, 13, 14, 15, 16, 17, 18};

	CU_ASSERT(allowed(make_ipv4(packet, IP_PROTOCOL_UDP, 8)));
	CU_ASSERT(allowed(make_ipv4(packet, 6, 0)));
	for (unsigned type = 0; type < 256; type++)
		CU_ASSERT_EQUAL(allowed(with_type((uint8_t)type)),
			memchr(queries, (int)type, sizeof(queries)) != NULL);
	CU_ASSERT(!allowed(make_ipv4(packet, IP_PROTOCOL_ICMP, 0))); /* no type to see */
	size_t length = make_ipv4(packet, IP_PROTOCOL_UDP, 8);
	put_be16(packet + 6, IPV4_MORE_FRAGMENTS);
	repair(packet);
	CU_ASSERT(allowed(length)); /* the first fragment */
	put_be16(packet + 6, 1);
	repair(packet);
	CU_ASSERT(!allowed(length));
	make_ipv4(packet, IP_PROTOCOL_UDP, 8);
	put_be32(packet + 16, 0xe0000001);
	repair(packet);
	CU_ASSERT(!allowed(length));
	put_be32(packet + 16, 0xffffffff);
	repair(packet);
	CU_ASSERT(!allowed(length));
}

static void rules6(void)
{
	size_t length = make_ipv6(packet, IP_PROTOCOL_UDP, 8);

	CU_ASSERT(allowed(length));
	packet[6] = 0; /* hop-by-hop options: what is behind them may be an error */
	CU_ASSERT(!allowed(length));
	packet[6] = 44;
	CU_ASSERT(!allowed(length));
	packet[6] = IP_PROTOCOL_ICMP6;
	packet[40] = 128;
	CU_ASSERT(allowed(length));
	packet[40] = 127;
	CU_ASSERT(!allowed(length));
	CU_ASSERT(!allowed(make_ipv6(packet, IP_PROTOCOL_ICMP6, 0)));
	length = make_ipv6(packet, IP_PROTOCOL_UDP, 8);
	packet[24] = 0xff;
	CU_ASSERT(!allowed(length));
}

/* A host that cuts its packets must learn the size; what is no first fragment tells nothing. */
static void fragments6(void)
{
	for (unsigned type = 0; type < 256; type++) {
		size_t length = make_ipv6(packet, IP_PROTOCOL_FRAGMENT6, 9);
		memset(packet + 40, 0, 9);
		packet[40] = IP_PROTOCOL_ICMP6;
		packet[43] = 1; /* more are to come */
		packet[48] = (uint8_t)type;
		CU_ASSERT_EQUAL(allowed(length), type >= 128);
		packet[40] = (uint8_t)type; /* as the protocol */
		packet[48] = 128;
		CU_ASSERT_EQUAL(allowed(length), !ipv6_is_extension((uint8_t)type));
		packet[43] = 8;
		CU_ASSERT(!allowed(length));
		packet[42] = 1;
		packet[43] = 0;
		CU_ASSERT(!allowed(length));
	}
	for (size_t n = 0; n <= 8; n++) {
		size_t length = make_ipv6(packet, IP_PROTOCOL_FRAGMENT6, n);
		memset(packet + 40, 0, 9);
		packet[40] = IP_PROTOCOL_ICMP6;
		packet[48] = 128; /* not of this packet any more */
		CU_ASSERT(!allowed(length));
	}
}

static const struct unit_test tests[] = {
	{"echo replies of every length", echoes},
	{"what is no echo request is left alone", no_echo},
	{"echo replies of every length, in IPv6", echoes6},
	{"what is no echo request is left alone, in IPv6", no_echo6},
	{"A45, A49: errors in IPv4", errors4},
	{"A45, A49: errors in IPv6", errors6},
	{"an error quotes as much as it may", quotes},
	{"about what an error may be sent in IPv4", rules4},
	{"about what an error may be sent in IPv6", rules6},
	{"A49: errors about fragments in IPv6", fragments6},
	{NULL, NULL},
};

const struct unit_suite suite_icmp = {"icmp", tests};
