/* SPDX-License-Identifier: BSD-3-Clause */
/* When an attack begins and ends, and what is said of it. */
#include "black/attack.h"

#include <stdio.h>
#include <string.h>

#include "rig.h"
#include "suites.h"
#include "util/bytes.h"

static struct rig rig;
static uint8_t frame[WIRE_FRAME_MAX], message[148];
static struct attack attack;
static struct black_attack told;
static uint64_t now, messages;

static void begin(void)
{
	memset(&told, 0, sizeof(told));
	now = RIG_START;
	messages = 0;
	attack_init(&attack, &told, 7, now);
}

/* A second with so many bad messages, of as many sources as there are hundreds. */
static void second(unsigned bad, bool loaded)
{
	struct ip_addr source = {.family = 4};

	for (unsigned i = 0; i < bad; i++) {
		put_be32(source.bytes, i / 100);
		attack_suspect(&attack, &source);
	}
	messages += bad;
	attack_round(&attack, messages, loaded, now + CLOCK_SECOND / 2);
	now += CLOCK_SECOND;
	attack_round(&attack, messages, false, now);
}

static void everyday(void)
{
	begin();
	for (unsigned i = 0; i < 100; i++)
		second(999, false);
	CU_ASSERT_EQUAL(told.count, 0);
	CU_ASSERT_EQUAL(told.messages, 0);
}

static void flood(void)
{
	begin();
	second(10, false);
	for (unsigned i = 0; i < 10; i++)
		second(50000, false);
	CU_ASSERT_EQUAL(told.count, 1);
	CU_ASSERT_EQUAL(told.began_ns, RIG_START + CLOCK_SECOND);
	CU_ASSERT_EQUAL(told.ended_ns, 0);
	CU_ASSERT_EQUAL(told.messages, 500000);
	CU_ASSERT(told.sources > 490 && told.sources < 510);
	for (unsigned i = 0; i < 4; i++)
		second(0, false);
	CU_ASSERT_EQUAL(told.ended_ns, 0);
	second(0, false);
	CU_ASSERT_EQUAL(told.ended_ns, RIG_START + 11 * CLOCK_SECOND);
	CU_ASSERT_EQUAL(told.messages, 500000);
	/* another one is counted anew */
	for (unsigned i = 0; i < 10; i++)
		second(0, false);
	second(1000, false);
	CU_ASSERT_EQUAL(told.count, 2);
	CU_ASSERT_EQUAL(told.ended_ns, 0);
	CU_ASSERT_EQUAL(told.messages, 1000);
	CU_ASSERT_EQUAL(told.sources, 10);
}

static void load(void)
{
	begin();
	second(1, true);
	CU_ASSERT_EQUAL(told.count, 1);
	CU_ASSERT_EQUAL(told.messages, 1);
	for (unsigned i = 0; i < 20; i++)
		second(0, i % 4 == 0); /* it comes and goes, and is one attack */
	CU_ASSERT_EQUAL(told.count, 1);
	CU_ASSERT_EQUAL(told.ended_ns, 0);
}

/* Nothing changes within a second: there is at most one thing a second to be told. */
static void once_a_second(void)
{
	begin();
	for (unsigned i = 0; i < 999; i++)
		attack_round(&attack, messages += 1000, true, now += CLOCK_MS);
	CU_ASSERT_EQUAL(told.count, 0);
	attack_round(&attack, messages, true, now += CLOCK_MS);
	CU_ASSERT_EQUAL(told.count, 1);
}

/* What arrives at the port: junk of every kind is a part of it, with its source. */
static void at_the_port(void)
{
	rig_open(&rig);
	for (uint32_t i = 0; i < 1500; i++) {
		uint16_t port = LISTEN;
		memset(message, (uint8_t)i, sizeof(message)); /* no WireGuard message */
		if (i % 3 == 1)
			rig_initiation(&rig, message), message[130] ^= 1;
		if (i % 3 == 2)
			port = 53;
		rig_arrive(&rig, frame, wire_udp(frame, 0x0a090100 + i % 300, 9, OURS, port,
			message, 148));
	}
	CU_ASSERT_EQUAL(rig.attack.count, 0);
	rig.now_ns += CLOCK_SECOND;
	rig_poll(&rig);
	CU_ASSERT_EQUAL(rig.attack.count, 1);
	CU_ASSERT_EQUAL(rig.attack.messages, 1500);
	CU_ASSERT(rig.attack.sources > 290 && rig.attack.sources < 310);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	rig_close(&rig);
}

/* What is refused before it is known to be a message, from address number i. */
static size_t junk4(unsigned kind, uint32_t i)
{
	uint32_t from = 0x0a090100 + i;
	struct ipv4_fields fields = {.ttl = 64, .protocol = 6, .source = from, .destination = OURS};

	rig_data(message, 64, 7);
	size_t n = wire_udp(frame, from, 9, OURS, LISTEN, message, kind == 0 ? 31 : 64);
	if (kind == 1)
		put_be16(frame + 20, 0x2000); /* a fragment */
	if (kind == 2)
		put_be16(frame + 38, 9); /* a wrong length of UDP's */
	if (kind == 3)
		frame[14] = 0x46; /* options */
	wire_repair(frame);
	return kind == 4 ? wire_ipv4(frame, &fields, message, 20) : n;
}

static size_t junk6(unsigned kind, uint32_t i)
{
	static const uint8_t next[] = {44, 60, 6}; /* a fragment, an extension, a protocol */
	char from[64];

	snprintf(from, sizeof(from), "2001:db8:1:%x::1", i);
	rig_data(message, 64, 7);
	size_t n = wire_udp6(frame, from, 9, OURS6, LISTEN, message, 64);
	frame[20] = next[kind];
	return n;
}

#define KINDS4 5
#define KINDS  8

/* 1200 messages of one kind, of 300 sources. */
static void junk(unsigned kind)
{
	static const struct rig_options options = {.links = 1, .mtu = 1500,
		.buffers = RIG_BUFFERS, .reports = 64, .handles = 1024, .ipv6 = true};

	rig_open_with(&rig, &options);
	for (uint32_t i = 0; i < 1200; i++)
		rig_arrive(&rig, frame,
			kind < KINDS4 ? junk4(kind, i % 300) : junk6(kind - KINDS4, i % 300));
	rig.now_ns += CLOCK_SECOND;
	rig_poll(&rig);
	CU_ASSERT_EQUAL(rig.attack.count, 1);
	CU_ASSERT_EQUAL(rig.attack.messages, 1200);
	CU_ASSERT(rig.attack.sources > 290 && rig.attack.sources < 310);
	rig_close(&rig);
}

static void each_kind(void)
{
	for (unsigned kind = 0; kind < KINDS; kind++)
		junk(kind);
}

static const struct unit_test tests[] = {
	{"less than a thousand bad messages a second are none", everyday},
	{"a flood: its beginning, its end, messages and sources", flood},
	{"A22: being under load is one", load},
	{"C12: at most one change a second", once_a_second},
	{"C12: all sorts of junk count", at_the_port},
	{"C12: so does what is no message at all, with its sources", each_kind},
	{NULL, NULL},
};

const struct unit_suite suite_attack = {"attack", tests};
