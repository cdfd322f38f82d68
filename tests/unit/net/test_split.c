/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "flows.h"
#include "net/split.h"
#include "packets.h"
#include "suites.h"
#include "util/bytes.h"

static struct flow_frame whole;
static uint8_t piece[FLOW_FRAME_MAX];

static const struct flow tcp4 = {.version = 4, .protocol = IP_PROTOCOL_TCP, .options = 12,
	.sequence = 0xffffff00, .id = 0xffff};
static const struct flow udp6 = {.version = 6, .protocol = IP_PROTOCOL_UDP};

static void make(const struct flow *kind, uint32_t payload, uint8_t flags)
{
	struct flow flow = *kind;

	flow_next(&flow, &whole, payload, flags);
}

static int plan(struct split *s, uint8_t protocol, uint16_t size)
{
	return split_plan(s, whole.bytes, whole.length, whole.length, protocol, size);
}

static void cut(const struct split *s, unsigned i)
{
	uint16_t header = s->transport.header_length;

	memcpy(piece + header, whole.bytes + header + (size_t)s->size * i, split_payload(s, i));
	split_finish(s, i, piece);
}

static void tcp(void)
{
	struct split s;

	make(&tcp4, 3000, TCP_ACK | TCP_PSH | TCP_FIN | TCP_CWR);
	CU_ASSERT_EQUAL_FATAL(plan(&s, IP_PROTOCOL_TCP, 1400), 0);
	CU_ASSERT_EQUAL_FATAL(s.count, 3);
	CU_ASSERT_EQUAL(split_payload(&s, 2), 200);
	for (unsigned i = 0; i < 3; i++) {
		cut(&s, i);
		CU_ASSERT(flow_is_right(piece, s.transport.header_length + split_payload(&s, i)));
		CU_ASSERT_EQUAL(get_be32(piece + 34 + 4), (uint32_t)(0xffffff00 + 1400 * i));
		CU_ASSERT_EQUAL(get_be16(piece + 18), (uint16_t)(0xffff + i));
		uint8_t flags = TCP_ACK;
		flags |= i == 0 ? TCP_CWR : 0;
		flags |= i == 2 ? TCP_PSH | TCP_FIN : 0;
		CU_ASSERT_EQUAL(piece[34 + 13], flags);
	}
}

static void udp(void)
{
	struct split s;

	make(&udp6, 3000, 0);
	CU_ASSERT_EQUAL_FATAL(plan(&s, IP_PROTOCOL_UDP, 1000), 0);
	CU_ASSERT_EQUAL_FATAL(s.count, 3);
	for (unsigned i = 0; i < 3; i++) {
		cut(&s, i);
		CU_ASSERT_EQUAL(get_be16(piece + 54 + 4), 1008);
		CU_ASSERT(flow_is_right(piece, 62 + 1000));
	}
}

/* A UDP checksum that comes out as 0 is sent as all ones. */
static void udp_checksum_of_zero(void)
{
	struct split s;

	make(&udp6, 4, 0);
	for (unsigned value = 0; value < 0x10000; value++) {
		put_be16(whole.bytes + 62, (uint16_t)value);
		CU_ASSERT_EQUAL_FATAL(plan(&s, IP_PROTOCOL_UDP, 2), 0);
		cut(&s, 0);
		CU_ASSERT_NOT_EQUAL(get_be16(piece + 54 + 6), 0);
	}
}

static void sizes(void)
{
	struct split s;

	make(&tcp4, 2800, TCP_ACK);
	CU_ASSERT_EQUAL(plan(&s, IP_PROTOCOL_TCP, 1400), 0);
	CU_ASSERT_EQUAL(s.count, 2);
	CU_ASSERT_EQUAL(split_payload(&s, 1), 1400);
	CU_ASSERT_EQUAL(plan(&s, IP_PROTOCOL_TCP, 1399), 0);
	CU_ASSERT_EQUAL(s.count, 3);
	CU_ASSERT_EQUAL(split_payload(&s, 2), 2);
	CU_ASSERT_EQUAL(plan(&s, IP_PROTOCOL_TCP, 0xffff), 0);
	CU_ASSERT_EQUAL(s.count, 1);
	CU_ASSERT_EQUAL(split_payload(&s, 0), 2800);
	CU_ASSERT_EQUAL(plan(&s, IP_PROTOCOL_TCP, 0), -EINVAL);
	CU_ASSERT_EQUAL(plan(&s, IP_PROTOCOL_UDP, 1400), -EINVAL); /* it is TCP */
	CU_ASSERT_EQUAL(split_plan(&s, whole.bytes, whole.length, 14 + 65536, IP_PROTOCOL_TCP, 1400),
		-EINVAL);
	make(&tcp4, 0, TCP_ACK);
	CU_ASSERT_EQUAL(plan(&s, IP_PROTOCOL_TCP, 1400), -EINVAL); /* nothing to cut */
	make(&tcp4, 65535 - 20 - 32, TCP_ACK);
	CU_ASSERT_EQUAL(plan(&s, IP_PROTOCOL_TCP, 1), 0);
	CU_ASSERT_EQUAL(s.count, 65535 - 20 - 32);
}

/* Headers that are cut short, at every length, and that say what is not so. */
static void malformed(void)
{
	static const struct {
		unsigned at;
		uint8_t value;
	} wrong[] = {{12, 0x86}, {14, 0x65}, {14, 0x44}, {14 + 6, 0x20}, {14 + 7, 1}, {14 + 9, 1},
		{34 + 12, 0x40}};
	struct split s;

	make(&tcp4, 3000, TCP_ACK);
	for (unsigned have = 0; have <= 66; have++) {
		int expected = have < 66 ? -EINVAL : 0;
		CU_ASSERT_EQUAL(split_plan(&s, whole.bytes, have, whole.length, IP_PROTOCOL_TCP, 1000),
			expected);
	}
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		make(&tcp4, 3000, TCP_ACK);
		whole.bytes[wrong[i].at] = wrong[i].value;
		CU_ASSERT_EQUAL(plan(&s, IP_PROTOCOL_TCP, 1400), -EINVAL);
	}
	make(&udp6, 3000, 0);
	for (unsigned have = 0; have < 62; have++)
		CU_ASSERT_EQUAL(split_plan(&s, whole.bytes, have, whole.length, IP_PROTOCOL_UDP, 1000),
			-EINVAL);
	whole.bytes[14 + 6] = 0; /* hop-by-hop options */
	CU_ASSERT_EQUAL(plan(&s, IP_PROTOCOL_UDP, 1000), -EINVAL);
}

static const struct unit_test tests[] = {
	{"C21: TCP segments", tcp},
	{"C21: UDP datagrams", udp},
	{"a UDP checksum is never 0", udp_checksum_of_zero},
	{"sizes", sizes},
	{"malformed headers", malformed},
	{NULL, NULL},
};

const struct unit_suite suite_split = {"split", tests};
