/* SPDX-License-Identifier: BSD-3-Clause */
/* What crypt learns from outer headers, and what it lets into them. */
#include <string.h>

#include "crypt/state.h"
#include "rig.h"
#include "suites.h"
#include "util/bytes.h"

#define A_SIDE 1
#define B_SIDE 2

#define DSCP_BITS 0xfc
#define ECN_BITS  0x03

static struct rig a, b;
static uint8_t message[2048];
static uint16_t length;

/* Two sites with a session; with IPv6 addresses fd00:SIDE::/32 too. */
static void open_pair(uint8_t mask)
{
	rig_open(&a, "a", "auto");
	rig_open(&b, "b", "auto");
	a.crypt->config.outer_class_mask = mask;
	b.crypt->config.outer_class_mask = mask;
	rig_peer(&a, B_SIDE, true);
	rig_peer(&b, A_SIDE, true);
	rig_lend(&a.black, 32);
	rig_lend(&b.red, 32);
	rig_session(&b, A_SIDE, 7, false);
	rig_session(&a, B_SIDE, 7, true);
	rig_count(&a.black, 0);
	rig_count(&b.red, 0);
}

static void close_pair(void)
{
	rig_close(&a);
	rig_close(&b);
}

/* A packet of that version and traffic class from A; what B finds it to be. */
static void write_packet(uint8_t *packet, unsigned version, uint8_t traffic_class)
{
	if (version == 4) {
		rig_write_packet(packet, A_SIDE, B_SIDE, 64);
		packet[1] = traffic_class;
		return;
	}
	memset(packet, 0x11, 64);
	put_be32(packet, 6u << 28 | (uint32_t)traffic_class << 20);
	put_be32(packet + 4, 24u << 16 | 17 << 8 | 64);
	memset(packet + 8, 0, 32);
	put_be32(packet + 8, 0xfd000000 | A_SIDE);
	put_be32(packet + 24, 0xfd000000 | B_SIDE);
}

/* The handle that black gets for such a packet, its message kept. */
static struct handle seal(unsigned version, uint8_t traffic_class)
{
	struct handle h = {.index = 400, .offset = 142, .length = 64, .kind = HANDLE_FULL};
	struct handle sealed = {0};

	write_packet(rig_bytes(&a.red, &h), version, traffic_class);
	CU_ASSERT_EQUAL_FATAL(ring_send(&a.red.to, &h, 1), 1);
	rig_poll(&a);
	CU_ASSERT_FATAL(rig_find(&a.black, HANDLE_FILLED, &sealed));
	length = sealed.length;
	memcpy(message, rig_bytes(&a.black, &sealed), length);
	rig_lend(&a.black, 1);
	rig_count(&a.red, 0);
	return sealed;
}

/* The message arrives at B with that code; false: nothing came out of it. */
static bool open(uint8_t code, uint64_t tag, uint8_t *packet)
{
	struct handle h = {.index = b.black.next++ % RIG_BUFFERS, .offset = 170, .length = length,
		.kind = HANDLE_FULL, .code = code, .tag = tag};
	struct handle opened;
	uint8_t *at = rig_bytes(&b.black, &h);

	memset(at - 48, 0, 48);
	memcpy(at, message, length);
	for (unsigned i = 0; i < 16; i++) { /* addresses of both lengths end at the same place */
		at[-40 + (int)i] = (uint8_t)(0x20 + i);
		at[-24 + (int)i] = (uint8_t)(0x60 + i);
	}
	put_be16(at - 8, 4000);
	CU_ASSERT_EQUAL_FATAL(ring_send(&b.black.to, &h, 1), 1);
	rig_poll(&b);
	bool found = rig_find(&b.red, HANDLE_FILLED, &opened);
	if (found)
		memcpy(packet, rig_bytes(&b.red, &opened), 64);
	rig_lend(&b.red, found);
	return found;
}

static void no_channel(void)
{
	uint8_t packet[64];

	open_pair(0);
	for (unsigned i = 0; i < 512; i += 7) {
		unsigned version = i % 2 ? 4 : 6;
		CU_ASSERT_EQUAL(seal(version, (uint8_t)i).code, 0);
		/* an outer mark changes nothing, whatever the inner packet understands */
		CU_ASSERT_FATAL(open(outer_code(4, 3), 1, packet));
		CU_ASSERT_EQUAL(version == 4 ? packet[1] :
				(uint8_t)(packet[0] << 4 | packet[1] >> 4), (uint8_t)i);
	}
	CU_ASSERT_EQUAL(b.stats->drop_ecn, 0);
	close_pair();
}

static void copies(void)
{
	static const uint8_t masks[] = {ECN_BITS, DSCP_BITS, ECN_BITS | DSCP_BITS};

	for (unsigned m = 0; m < 3; m++) {
		open_pair(masks[m]);
		for (unsigned i = 0; i < 256; i += 5) {
			CU_ASSERT_EQUAL(seal(4, (uint8_t)i).code, i & masks[m]);
			CU_ASSERT_EQUAL(seal(6, (uint8_t)i).code, i & masks[m]);
		}
		close_pair();
	}
	/* a keepalive has no packet whose class it could have */
	struct handle h = {0};
	open_pair(0xff);
	rig_order(&a, CRYPT_KEEPALIVE, B_SIDE);
	CU_ASSERT(rig_find(&a.black, HANDLE_FILLED, &h));
	CU_ASSERT_EQUAL(h.code, 0);
	close_pair();
}

static void combines(void)
{
	uint8_t packet[64];

	open_pair(ECN_BITS);
	for (unsigned version = 4; version <= 6; version += 2) {
		seal(version, 0xb8 | 2);
		CU_ASSERT_FATAL(open(outer_code(4, 3), 1, packet)); /* congestion on the way */
		CU_ASSERT_EQUAL(version == 4 ? packet[1] :
				(uint8_t)(packet[0] << 4 | packet[1] >> 4), 0xb8 | 3);
		seal(version, 0xb8);
		CU_ASSERT_FATAL(open(outer_code(6, 1), 1, packet));
		CU_ASSERT_EQUAL(version == 4 ? packet[1] :
				(uint8_t)(packet[0] << 4 | packet[1] >> 4), 0xb8);
		uint64_t before = b.stats->opened_packets;
		seal(version, 0xb8);
		CU_ASSERT(!open(outer_code(4, 3), 1, packet)); /* and nobody to be told */
		CU_ASSERT_EQUAL(b.stats->opened_packets, before);
	}
	CU_ASSERT_EQUAL(b.stats->drop_ecn, 2);
	close_pair();
}

/* Only with the key that turns ECN on: the one for DSCP opens no way back. */
static void one_way(void)
{
	uint8_t packet[64];

	open_pair(DSCP_BITS);
	seal(4, 0xb8 | 2);
	CU_ASSERT_FATAL(open(outer_code(4, 3), 1, packet));
	CU_ASSERT_EQUAL(packet[1], 0xb8 | 2);
	close_pair();
}

static void sources(void)
{
	uint8_t packet[64];

	open_pair(0);
	seal(4, 0);
	CU_ASSERT_FATAL(open(outer_code(6, 2), 5, packet));
	const struct peer_report *report = &b.reports[A_SIDE];
	CU_ASSERT_EQUAL(report->moved.remote.addr.family, 6);
	CU_ASSERT_EQUAL(report->moved.local.family, 6);
	CU_ASSERT_EQUAL(report->moved.remote.port, 4000);
	for (unsigned i = 0; i < 16; i++) {
		CU_ASSERT_EQUAL(report->moved.remote.addr.bytes[i], 0x20 + i);
		CU_ASSERT_EQUAL(report->moved.local.bytes[i], 0x60 + i);
	}
	seal(4, 0);
	CU_ASSERT_FATAL(open(outer_code(4, 1), 6, packet)); /* and to IPv4 */
	CU_ASSERT_EQUAL(report->moved.remote.addr.family, 4);
	CU_ASSERT_EQUAL(get_be32(report->moved.remote.addr.bytes), 0x68696a6b);
	CU_ASSERT_EQUAL(get_be32(report->moved.local.bytes), 0x6c6d6e6f);
	close_pair();
}

/* An outer header that would begin before the buffer, for both families. */
static void no_room(void)
{
	open_pair(0);
	for (unsigned i = 0; i < 2; i++) {
		uint8_t version = i ? 6 : 4;
		struct handle h = {.index = (uint16_t)(300 + i), .offset = i ? 47 : 27,
			.length = 64, .kind = HANDLE_FULL, .code = outer_code(version, 3)};
		CU_ASSERT_EQUAL_FATAL(ring_send(&b.black.to, &h, 1), 1);
		rig_poll(&b);
		CU_ASSERT_EQUAL(b.stats->drop_size, i + 1);
	}
	close_pair();
}

static const struct unit_test tests[] = {
	{"A47: by default outer headers tell nothing and are not believed", no_channel},
	{"A47: what the configuration lets into outer headers", copies},
	{"A47: congestion on the way reaches the inner packet", combines},
	{"A47: DSCP goes one way", one_way},
	{"A51: an endpoint moves between families", sources},
	{"drop_size: no outer header before the message", no_room},
	{NULL, NULL},
};

const struct unit_suite suite_outer = {"outer", tests};
