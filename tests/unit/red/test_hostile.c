/* SPDX-License-Identifier: BSD-3-Clause */
/* Handles that crypt should never send, scans, and noise. */
#include <string.h>

#include "net/arp.h"
#include "net/ethernet.h"
#include "rig.h"
#include "suites.h"
#include "util/bytes.h"

static struct rig rig;
static uint8_t frame[WIRE_FRAME_MAX];

static void refuse(struct handle h)
{
	uint64_t before = rig.stats.drop_handle;

	rig_give(&rig, 0, &h);
	rig_poll(&rig);
	CU_ASSERT_EQUAL(rig.stats.drop_handle, before + 1);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
}

static void forged_handles(void)
{
	rig_open(&rig);
	rig_arrive(&rig, frame, rig_frame(frame, REMOTE, 64, 0, 64));
	CU_ASSERT_EQUAL_FATAL(rig.links[0].full_count, 1);
	struct handle full = rig.links[0].full[0], empty = rig.links[0].empty[0];
	full.kind = HANDLE_FILLED;
	refuse(full);
	full.kind = HANDLE_EMPTY;
	refuse(full);
	empty.kind = HANDLE_FULL;
	refuse(empty);
	refuse((struct handle){.index = RIG_BUFFERS, .kind = HANDLE_USED});
	refuse((struct handle){.index = UINT16_MAX, .kind = HANDLE_FILLED});
	rig_return(&rig, 0, USED_DONE);
	full.kind = HANDLE_USED;
	refuse(full); /* twice */
	rig_close(&rig);
}

static void outside_the_buffer(void)
{
	static const uint16_t bounds[][2] = {
		{13, 64}, {128, 0xffff}, {0xffff, 1}, {0xff80, 0x0100}};

	rig_open(&rig);
	for (unsigned i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		struct handle h = rig.links[0].empty[--rig.links[0].empty_count];
		h.kind = HANDLE_FILLED;
		h.offset = bounds[i][0];
		h.length = bounds[i][1];
		refuse(h);
	}
	rig_close(&rig);
}

/* Codes that nobody defined, and codes on buffers that were lent to be filled. */
static void odd_codes(void)
{
	rig_open(&rig);
	rig_arrive(&rig, frame, rig_frame(frame, REMOTE, 64, 0, 64));
	rig_return(&rig, 0, 77);
	for (uint8_t code = 0; code < 4; code++) {
		struct handle h = rig.links[0].empty[--rig.links[0].empty_count];
		h.kind = HANDLE_USED;
		h.code = code;
		rig_give(&rig, 0, &h);
	}
	rig_poll(&rig);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	CU_ASSERT_EQUAL(rig.stats.drop_no_peer + rig.stats.drop_no_endpoint, 0);
	CU_ASSERT_EQUAL(rig.stats.drop_handle, 0);
	rig_close(&rig);
}

/* The other site sends to every address of ours: the pool does not run dry, hosts stay known. */
static void scan_from_the_tunnel(void)
{
	rig_open(&rig);
	rig_learn(&rig, HOST);
	for (uint32_t i = 0; i < 20000; i++) {
		size_t n = rig_frame(frame, 0x0a000100 + (i & 0xff), 64, 0, 60);
		put_be32(frame + 26, REMOTE);
		wire_repair(frame);
		rig_opened(&rig, 0, frame + 14, n - 14);
		wire_pop_all(&rig.wire);
	}
	CU_ASSERT(rte_mempool_avail_count(rig.pool.mempool) > 0);
	size_t n = rig_frame(frame, HOST, 64, 0, 60);
	put_be32(frame + 26, REMOTE);
	wire_repair(frame);
	rig_opened(&rig, 0, frame + 14, n - 14);
	CU_ASSERT_EQUAL(rig_sent(&rig), n);
	rig_close(&rig);
}

static void noise(void)
{
	unsigned seed = 4711;

	rig_open(&rig);
	for (unsigned i = 0; i < 30000; i++) {
		size_t n = i % 5 == 0 ? wire_arp(frame, i % 2 == 0, HOST, OURS) :
			i % 5 == 1 ? wire_echo(frame, HOST, OURS, i % 64) :
			i % 5 == 2 ? wire_ipv6(frame, HOST6, REMOTE6, 17, i % 1481) :
				     rig_frame(frame, REMOTE, i % 1473, (uint16_t)(i << 13), 64);
		for (unsigned k = i % 4; k > 0; k--) {
			seed = seed * 1103515245 + 12345;
			frame[(seed >> 8) % n] ^= (uint8_t)(seed >> 20);
		}
		if (i % 3 == 0 && get_be16(frame + 12) == ETHERNET_TYPE_IPV4 &&
			(frame[14] & 0xf) < 8)
			wire_repair(frame);
		rig_arrive(&rig, frame, i % 7 ? n : 1 + (seed >> 4) % n);
		wire_pop_all(&rig.wire);
		while (rig.links[0].full_count > 0)
			rig_return(&rig, 0, (uint8_t)(i % 3));
		rig.now_ns += CLOCK_MS;
	}
	CU_ASSERT_EQUAL(rig.stats.rx_packets, 30000);
	CU_ASSERT_EQUAL(rig.stats.drop_handle, 0);
	CU_ASSERT(rig.stats.rx_tunnel > 1000);
	rig_close(&rig);
}

static void noise_from_crypt(void)
{
	unsigned seed = 1234;

	rig_open(&rig);
	for (unsigned i = 0; i < 20000; i++) {
		size_t n = rig_frame(frame, HOST + i % 3, i % 1000, 0, 60);
		for (unsigned k = i % 4; k > 0; k--) {
			seed = seed * 1103515245 + 12345;
			frame[14 + (seed >> 8) % (n - 14)] ^= (uint8_t)(seed >> 20);
		}
		rig_opened(&rig, 0, frame + 14, i % 7 ? n - 14 : (seed >> 4) % (n - 13));
		while (rig.links[0].full_count > 0)
			rig_return(&rig, 0, USED_DONE);
		wire_pop_all(&rig.wire);
		rig.now_ns += 10 * CLOCK_MS;
	}
	CU_ASSERT_EQUAL(rig.stats.drop_handle, 0);
	rig_close(&rig);
}

static const struct unit_test tests[] = {
	{"drop_handle: not ours, not lent, not for that, twice", forged_handles},
	{"C18: drop_handle: bytes outside the buffer, or too little headroom", outside_the_buffer},
	{"codes that mean nothing", odd_codes},
	{"a scan out of the tunnel", scan_from_the_tunnel},
	{"noise from the network", noise},
	{"noise from crypt", noise_from_crypt},
	{NULL, NULL},
};

const struct unit_suite suite_hostile = {"hostile", tests};
