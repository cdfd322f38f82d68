/* SPDX-License-Identifier: BSD-3-Clause */
/* Handles that crypt should never send, and floods: drop_handle, and the bounds of the tables. */
#include <string.h>

#include "net/arp.h"
#include "net/ethernet.h"
#include "rig.h"
#include "suites.h"
#include "util/bytes.h"

static struct rig rig;
static uint8_t frame[WIRE_FRAME_MAX], message[WIRE_FRAME_MAX];

static void refuse(unsigned link, struct handle h)
{
	uint64_t before = rig.stats.drop_handle;

	rig_give(&rig, link, &h);
	rig_poll(&rig);
	CU_ASSERT_EQUAL(rig.stats.drop_handle, before + 1);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
}

static void names_no_buffer(void)
{
	rig_open(&rig);
	rig_endpoint(&rig, 1, PEER, 5000);
	/* one buffer is at home: the last of the pool, since lending begins elsewhere */
	struct rte_mbuf *home = rte_pktmbuf_alloc(rig.pool.mempool);
	uint16_t index = pool_index(home);
	rte_pktmbuf_free(home);
	for (uint8_t kind = 0; kind < 6; kind++) {
		refuse(0, (struct handle){.index = RIG_BUFFERS, .offset = 128, .length = 64,
				  .kind = kind, .tag = 1});
		refuse(0, (struct handle){.index = UINT16_MAX, .offset = 128, .length = 64,
				  .kind = kind, .tag = 1});
		refuse(0, (struct handle){.index = index, .offset = 128, .length = 64,
				  .kind = kind, .tag = 1});
	}
	rig_close(&rig);
}

static void wrong_kind(void)
{
	rig_open(&rig);
	rig_data(message, 64, 7);
	rig_arrive(&rig, frame, wire_udp(frame, PEER, 40000, OURS, LISTEN, message, 64));
	CU_ASSERT_EQUAL_FATAL(rig.links[0].full_count, 1);
	struct handle full = rig.links[0].full[0], empty = rig.links[0].empty[0];
	full.kind = HANDLE_FILLED; /* it was to be read, not filled */
	refuse(0, full);
	full.kind = HANDLE_FULL;
	refuse(0, full);
	empty.kind = HANDLE_EMPTY;
	refuse(0, empty);
	empty.kind = 0;
	refuse(0, empty);
	/* all are still lent, and come home in the right way */
	rig_return(&rig, 0, USED_DONE);
	rig_close(&rig);
}

static void twice(void)
{
	rig_open(&rig);
	rig_data(message, 64, 7);
	rig_arrive(&rig, frame, wire_udp(frame, PEER, 40000, OURS, LISTEN, message, 64));
	struct handle h = rig.links[0].full[0];
	h.kind = HANDLE_USED;
	rig_return(&rig, 0, USED_DONE);
	rig_poll(&rig);
	CU_ASSERT_EQUAL(rig.stats.drop_handle, 0);
	refuse(0, h);
	rig_close(&rig);
}

static void outside_the_buffer(void)
{
	static const uint16_t bounds[][2] = {{0, 64}, {63, 64}, {128, 0xffff}, {0xffff, 0},
		{0xffff, 0xffff}, {0xff80, 0x0100}};

	rig_open(&rig);
	rig_endpoint(&rig, 1, PEER, 5000);
	for (unsigned i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		struct handle h = rig.links[0].empty[--rig.links[0].empty_count];
		h.kind = HANDLE_FILLED;
		h.tag = 1;
		h.offset = bounds[i][0];
		h.length = bounds[i][1];
		refuse(0, h);
	}
	struct handle h = rig.links[0].empty[--rig.links[0].empty_count];
	h.kind = HANDLE_FILLED;
	h.offset = 64;
	h.length = (uint16_t)(rig.pool.room - 63);
	refuse(0, h);
	CU_ASSERT_EQUAL(rig.stats.drop_neighbour, 0);
	rig_close(&rig);
}

static void wrong_link(void)
{
	static const struct rig_options two = {
		.links = 2, .mtu = 1500, .buffers = RIG_BUFFERS, .reports = 64, .handles = 1024};

	rig_open_with(&rig, &two);
	rig_poll(&rig);
	struct handle h = rig.links[0].empty[0];
	h.kind = HANDLE_USED;
	refuse(1, h);
	rig_data(message, 64, 6);
	rig_arrive(&rig, frame, wire_udp(frame, PEER, 40000, OURS, LISTEN, message, 64));
	CU_ASSERT_EQUAL_FATAL(rig.links[0].full_count, 1);
	h = rig.links[0].full[0];
	h.kind = HANDLE_USED;
	refuse(1, h);
	rig_close(&rig);
}

/* An empty buffer may come back unused; its code means nothing. */
static void empty_unused(void)
{
	rig_open(&rig);
	for (uint8_t code = 0; code < 3; code++) {
		struct handle h = rig.links[0].empty[--rig.links[0].empty_count];
		h.kind = HANDLE_USED;
		h.code = code;
		rig_give(&rig, 0, &h);
	}
	rig_poll(&rig);
	CU_ASSERT_EQUAL(rig.stats.drop_handle, 0);
	rig_close(&rig);
}

static void arp_flood(void)
{
	rig_open(&rig);
	rig_endpoint(&rig, 1, PEER, 5000);
	CU_ASSERT(rig_sealed(&rig, 0, 1, 64));
	rig_poll(&rig);
	rig_resolve(&rig, PEER);
	CU_ASSERT_EQUAL(rig_sent(&rig), 42 + 64);
	for (uint32_t i = 0; i < 20000; i++) { /* all of 10.9.0.0/16 claims to be there */
		size_t n = wire_arp(frame, true, 0x0a090100 + i, SECOND);
		rig_arrive(&rig, frame, n);
		CU_ASSERT_EQUAL(wire_pop_all(&rig.wire), 1);
	}
	CU_ASSERT(rig_sealed(&rig, 0, 1, 64));
	rig_poll(&rig);
	CU_ASSERT_EQUAL(rig_sent(&rig), 42 + 64); /* the peer is still known */
	CU_ASSERT_EQUAL(rig.stats.drop_neighbour, 0);
	rig_close(&rig);
}

/* Frames of chance, some of them nearly right: nothing is lost, everything is counted. */
static void noise(void)
{
	unsigned seed = 4711;
	struct black_report report;

	rig_open(&rig);
	for (unsigned i = 0; i < 30000; i++) {
		rig_data(message, 32 + i % 64, 7);
		size_t n = i % 4 == 0 ? wire_arp(frame, i % 8 == 0, PEER, OURS) :
			i % 4 == 1 ? wire_echo(frame, PEER, OURS, i % 64) :
				     wire_udp(frame, PEER, 1, OURS, LISTEN, message, 32 + i % 64);
		for (unsigned k = i % 5; k > 0; k--) {
			seed = seed * 1103515245 + 12345;
			frame[(seed >> 8) % n] ^= (uint8_t)(seed >> 20);
		}
		if (i % 3 == 0 && get_be16(frame + 12) == ETHERNET_TYPE_IPV4 &&
			(frame[14] & 0xf) < 8)
			wire_repair(frame);
		rig_arrive(&rig, frame, i % 7 ? n : 1 + (seed >> 4) % n);
		wire_pop_all(&rig.wire);
		while (rig.links[0].full_count > 0)
			rig_return(&rig, 0, USED_DONE);
		while (ring_receive(&rig.reports, &report, 1) == 1)
			;
	}
	CU_ASSERT_EQUAL(rig.stats.rx_packets, 30000);
	CU_ASSERT_EQUAL(rig.stats.drop_handle, 0);
	CU_ASSERT(rig.stats.rx_data > 1000);
	rig_close(&rig);
}

static const struct unit_test tests[] = {
	{"drop_handle: no buffer of ours, or one at home", names_no_buffer},
	{"drop_handle: not what it was lent for", wrong_kind},
	{"drop_handle: a buffer given back twice", twice},
	{"C18: drop_handle: bytes outside the buffer, or too little headroom", outside_the_buffer},
	{"drop_handle: lent to another lcore", wrong_link},
	{"an empty buffer may come back unused", empty_unused},
	{"a flood of ARP requests drives no peer out", arp_flood},
	{"noise", noise},
	{NULL, NULL},
};

const struct unit_suite suite_hostile = {"hostile", tests};
