/* SPDX-License-Identifier: BSD-3-Clause */
/* Red or black are in the hands of an enemy: what they put into rings and buffers does no harm. */
#include <stdlib.h>
#include <string.h>

#include <rte_ring.h>

#include "rig.h"
#include "suites.h"
#include "util/bytes.h"
#include "wg/messages.h"

static struct rig r, peer;

static void open_rig(void)
{
	rig_open(&r, "h", "auto");
	rig_peer(&r, 2, true);
	rig_lend(&r.black, 32);
	rig_lend(&r.red, 32);
	rig_session(&r, 2, 10, true);
	rig_count(&r.black, 0);
}

static void offer(struct rig_side *s, struct handle h)
{
	CU_ASSERT_EQUAL_FATAL(ring_send(&s->to, &h, 1), 1);
	rig_poll(&r);
}

static void unknown_kind(void)
{
	open_rig();
	for (unsigned kind = 0; kind < 256; kind++)
		if (kind != HANDLE_FULL && kind != HANDLE_EMPTY)
			offer(&r.red, (struct handle){.index = 100, .kind = (uint8_t)kind});
	CU_ASSERT_EQUAL(r.stats->drop_handle_kind, 254);
	CU_ASSERT_EQUAL(rig_count(&r.red, HANDLE_USED), 0);
	rig_close(&r);
}

static void bad_index(void)
{
	open_rig();
	offer(&r.red, (struct handle){.index = RIG_BUFFERS, .kind = HANDLE_EMPTY});
	offer(&r.black, (struct handle){.index = UINT16_MAX, .kind = HANDLE_FULL, .length = 64});
	CU_ASSERT_EQUAL(r.stats->drop_handle_index, 2);
	rig_close(&r);
}

/* A buffer that we hold already cannot be lent again, in whatever way. */
static void lent_twice(void)
{
	open_rig();
	offer(&r.red, (struct handle){.index = 0, .kind = HANDLE_EMPTY});
	offer(&r.red, (struct handle){.index = 0, .kind = HANDLE_FULL, .length = 64});
	offer(&r.black, (struct handle){.index = 1, .kind = HANDLE_EMPTY});
	CU_ASSERT_EQUAL(r.stats->drop_handle_index, 3);
	rig_close(&r);
}

static void outside_the_buffer(void)
{
	uint16_t room;

	open_rig();
	room = (uint16_t)r.red.view.room;
	offer(&r.red, (struct handle){.index = 100, .kind = HANDLE_FULL, .offset = room,
			      .length = 1});
	offer(&r.red, (struct handle){.index = 100, .kind = HANDLE_FULL, .offset = 1,
			      .length = room});
	offer(&r.red, (struct handle){.index = 100, .kind = HANDLE_FULL, .offset = 65535,
			      .length = 65535});
	offer(&r.black, (struct handle){.index = 100, .kind = HANDLE_FULL, .offset = 200,
				.length = (uint16_t)(room - 199)});
	CU_ASSERT_EQUAL(r.stats->drop_handle_bounds, 4);
	/* to the last byte is inside: the packet is no IP packet, so it only comes back */
	offer(&r.red, (struct handle){.index = 100, .kind = HANDLE_FULL,
			      .offset = (uint16_t)(room - 64), .length = 64});
	CU_ASSERT_EQUAL(r.stats->drop_handle_bounds, 4);
	CU_ASSERT_EQUAL(rig_count(&r.red, HANDLE_USED), 1);
	rig_close(&r);
}

/* Longer than what black's buffers take: it must not stand in the way of those behind it. */
static void too_long_to_seal(void)
{
	open_rig();
	rig_peer(&r, 3, true);
	uint16_t longest = (uint16_t)(r.black.view.room - 144);
	for (unsigned i = 0; i < 2; i++) {
		rig_packet(&r, 1, 3, 64);
		rig_packet(&r, 1, 3, longest + 1);
		rig_packet(&r, 1, 3, longest);
		rig_poll(&r);
		if (i == 0)
			rig_session(&r, 3, 20, true);
		CU_ASSERT_EQUAL(r.stats->drop_handle_bounds, i + 1);
		CU_ASSERT_EQUAL(r.stats->sealed_packets, 2 * (i + 1));
	}
	CU_ASSERT_EQUAL(rig_count(&r.red, HANDLE_USED), 6);
	CU_ASSERT_EQUAL(r.stats->no_buffer_black, 0);
	rig_close(&r);
}

/* The outer header must lie inside the buffer too: an offset before it is refused. */
static void no_room_for_the_outer_header(void)
{
	open_rig();
	offer(&r.black, (struct handle){.index = 100, .kind = HANDLE_FULL, .offset = 27,
				.length = 64, .code = 4});
	offer(&r.black, (struct handle){.index = 100, .kind = HANDLE_FULL, .offset = 47,
				.length = 64, .code = 6});
	CU_ASSERT_EQUAL(r.stats->drop_size, 2);
	rig_close(&r);
}

/* Nothing depends on what red's ring says of its size. */
static void changed_ring(void)
{
	open_rig();
	uint32_t *mask = (uint32_t *)(uintptr_t)&r.red.to.r->mask;
	uint32_t was = *mask;
	*mask = 0xffffff;
	for (unsigned i = 0; i < 30; i++)
		rig_packet(&r, 1, 2, 64);
	rig_poll(&r);
	CU_ASSERT_EQUAL(r.stats->sealed_packets, 30);
	*mask = was;
	rig_close(&r);
}

static void wrong_counters(void)
{
	open_rig();
	rig_packet(&r, 1, 2, 64);
	uint32_t tail = r.red.to.r->prod.tail;
	r.red.to.r->prod.tail = tail + 5000;
	crypt_poll(r.crypt, r.now_ns);
	CU_ASSERT_EQUAL(r.stats->drop_ring_counters, 1);
	CU_ASSERT_EQUAL(r.stats->sealed_packets, 0);
	r.red.to.r->prod.tail = tail;
	rig_poll(&r);
	CU_ASSERT_EQUAL(r.stats->sealed_packets, 1);
	CU_ASSERT_EQUAL(r.stats->drop_ring_counters, 1);
	rig_close(&r);
}

static void full_ring_back(void)
{
	struct handle h = {.kind = HANDLE_USED};

	open_rig();
	while (ring_send(&r.black.from, &h, 1) == 1)
		;
	rig_packet(&r, 1, 2, 64);
	rig_poll(&r);
	CU_ASSERT_EQUAL(r.stats->drop_ring_full, 1);
	rig_close(&r);
}

/* crypt works on buffers, never on mbufs: their headers may hold anything. */
static void forged_mbufs(void)
{
	uint8_t message[256];
	uint16_t length;
	struct handle h;

	open_rig();
	for (unsigned i = 0; i < RIG_BUFFERS; i++) {
		memset(r.red.pool.mbufs[i], 0xff, sizeof(struct rte_mbuf));
		memset(r.black.pool.mbufs[i], 0xff, sizeof(struct rte_mbuf));
	}
	rig_packet(&r, 1, 2, 64);
	rig_poll(&r);
	CU_ASSERT(rig_sealed(&r, message, &length));
	rig_open(&peer, "p", "auto");
	rig_peer(&peer, 1, true);
	rig_lend(&peer.black, 8);
	rig_session(&peer, 1, 10, false);
	peer.reports[1].rx.confirmed_index = 11;
	rig_order(&peer, CRYPT_FLUSH, 1);
	rig_packet(&peer, 2, 1, 64);
	rig_poll(&peer);
	CU_ASSERT(rig_sealed(&peer, message, &length));
	rig_message(&r, message, length, 2, 2);
	rig_poll(&r);
	CU_ASSERT(rig_find(&r.red, HANDLE_FILLED, &h));
	rig_close(&peer);
	rig_close(&r);
}

/* Inner packets as only an authenticated but hostile peer can send them (A44). */
static void send_inner(const uint8_t *inner, uint16_t size)
{
	struct handle h = rig_packet(&peer, 2, 1, 20);
	uint8_t message[1600];
	uint16_t length;

	/* the peer's red is ours: it changes the packet after its header was read for routing */
	(void)h;
	rig_poll(&peer);
	CU_ASSERT_FATAL(rig_sealed(&peer, message, &length));
	uint64_t counter = get_le64(message + 8);
	struct session_keys k = rig_keys(10, false, 0);
	struct engine_job job = {.key = k.send, .counter = counter, .src = inner,
		.dst = message + 16, .length = size};
	engine_seal(&peer.engine, &job, 1);
	rig_message(&r, message, (uint16_t)(size + 32), 2, 2);
	rig_poll(&r);
	rig_lend(&peer.black, 1);
}

static void inner_packets(void)
{
	uint8_t inner[128];
	struct handle h;

	open_rig();
	rig_open(&peer, "p", "auto");
	rig_peer(&peer, 1, true);
	rig_lend(&peer.black, 8);
	rig_session(&peer, 1, 10, false);
	peer.reports[1].rx.confirmed_index = 11;
	rig_order(&peer, CRYPT_FLUSH, 1);

	rig_write_packet(inner, 2, 1, 64);
	inner[0] = 0x35;
	send_inner(inner, 64);
	CU_ASSERT_EQUAL(r.stats->drop_inner_version, 1);
	rig_write_packet(inner, 2, 1, 65);
	send_inner(inner, 64); /* says 65 */
	rig_write_packet(inner, 2, 1, 19);
	send_inner(inner, 64); /* says 19 */
	rig_write_packet(inner, 2, 1, 64);
	inner[0] = 0x44; /* a header of 16 bytes */
	send_inner(inner, 64);
	rig_write_packet(inner, 2, 1, 64);
	send_inner(inner, 10); /* cut */
	memset(inner, 0, sizeof(inner));
	inner[0] = 0x60;
	put_be16(inner + 4, 25); /* 40 + 25 in 64 */
	send_inner(inner, 64);
	CU_ASSERT_EQUAL(r.stats->drop_inner_length, 5);
	rig_write_packet(inner, 3, 1, 64); /* the source is another peer's */
	send_inner(inner, 64);
	rig_write_packet(inner, 200, 1, 64); /* nobody's */
	send_inner(inner, 64);
	CU_ASSERT_EQUAL(r.stats->drop_inner_source, 2);
	CU_ASSERT_FALSE(rig_find(&r.red, HANDLE_FILLED, &h));
	rig_write_packet(inner, 2, 1, 50); /* trimmed to what it says */
	send_inner(inner, 64);
	CU_ASSERT_FATAL(rig_find(&r.red, HANDLE_FILLED, &h));
	CU_ASSERT_EQUAL(h.length, 50);
	memset(inner, 0, sizeof(inner)); /* IPv6 */
	inner[0] = 0x60;
	put_be16(inner + 4, 8);
	inner[8] = 0xfd;
	inner[11] = 2;
	send_inner(inner, 48);
	CU_ASSERT_FATAL(rig_find(&r.red, HANDLE_FILLED, &h));
	CU_ASSERT_EQUAL(h.length, 48);
	rig_close(&peer);
	rig_close(&r);
}

/* Anything at all in the rings: nothing of ours breaks, and real traffic goes on after. */
static void random_handles(void)
{
	uint8_t message[2048];
	uint16_t length;

	open_rig();
	srand(7);
	for (unsigned i = 0; i < 20000; i++) {
		struct handle h;
		for (unsigned j = 0; j < sizeof(h); j++)
			((uint8_t *)&h)[j] = (uint8_t)rand();
		if (i % 2)
			h.kind = i % 4 == 1 ? HANDLE_FULL : HANDLE_EMPTY;
		if (i % 3)
			h.index %= RIG_BUFFERS / 2; /* the other half stays for real traffic */
		else
			h.index |= 0x8000;
		ring_send(i % 5 < 2 ? &r.red.to : &r.black.to, &h, 1);
		rig_poll(&r);
		rig_count(&r.red, 0);
		rig_count(&r.black, 0);
	}
	r.red.next = RIG_BUFFERS / 2;
	rig_packet(&r, 1, 2, 64);
	rig_poll(&r);
	CU_ASSERT(rig_sealed(&r, message, &length));
	rig_close(&r);
}

static const struct unit_test tests[] = {
	{"unknown kinds are counted", unknown_kind},
	{"an index outside the pool", bad_index},
	{"a buffer lent twice", lent_twice},
	{"bytes outside the buffer", outside_the_buffer},
	{"a packet that fits into no buffer of black's", too_long_to_seal},
	{"C18: no room for the outer header", no_room_for_the_outer_header},
	{"a ring that lies about its size", changed_ring},
	{"a ring whose counters make no sense", wrong_counters},
	{"a ring back that is full", full_ring_back},
	{"C17, C19: mbuf headers full of garbage", forged_mbufs},
	{"A44: inner packets that lie", inner_packets},
	{"random handles", random_handles},
	{NULL, NULL},
};

const struct unit_suite suite_hostile = {"hostile", tests};
