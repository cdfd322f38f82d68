/* SPDX-License-Identifier: BSD-3-Clause */
/* How fast black looks at handshake messages: initiations from random addresses, through the port. */
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "bench.h"
#include "util/bytes.h"
#include "wg/cookie.h"
#include "wg/messages.h"

#define BURSTS     8
#define ROUNDS_MAX 1001

static void set_identity(struct bench *b, const uint8_t key[static 32])
{
	struct black_order o = {.kind = BLACK_IDENTITY, .length = 32};

	memcpy(o.data, key, 32);
	edge_order(&b->black.edge, &o, bench_tick(b));
}

static void arrive(struct bench *b, const struct message_initiation *message)
{
	struct edge *e = &b->black.edge;
	struct rte_mbuf *mbufs[BENCH_BURST];

	for (unsigned i = 0; i < BENCH_BURST; i++) {
		mbufs[i] = edge_buffer(e);
		memcpy(packet_datagram(e, mbufs[i], bench_draw(b, 1 << 16), sizeof(*message)),
			message, sizeof(*message));
	}
	edge_arrive(e, mbufs, BENCH_BURST);
}

static double round_of(struct bench *b, const struct message_initiation *message)
{
	struct edge *e = &b->black.edge;
	struct black_report report;
	struct stopwatch ticks = {0};

	for (unsigned i = 0; i < BURSTS; i++) {
		arrive(b, message);
		uint64_t now_ns = bench_tick(b), begin = rte_rdtsc_precise();
		e->poll(e->domain, now_ns);
		stopwatch_add(&ticks, rte_rdtsc_precise() - begin);
		edge_collect(e);
		while (ring_receive(&b->black.reports, &report, 1) == 1)
			;
	}
	return stopwatch_packet(&ticks);
}

void bench_mac1(struct bench *b, struct bench_handshakes *h, unsigned rounds)
{
	static double passed[ROUNDS_MAX], refused[ROUNDS_MAX];
	const uint8_t key[32] = {0x42};
	struct message_initiation right, wrong;
	const struct black_stats *stats = &b->black.stats;

	memset(&right, 0, sizeof(right));
	put_le32((uint8_t *)&right, MESSAGE_INITIATION);
	set_identity(b, key);
	cookie_add_macs((uint8_t *)&right, sizeof(right), key);
	wrong = right;
	wrong.macs.mac1[0] ^= 1;
	uint64_t before = stats->rx_handshake, dropped = stats->drop_mac1;
	for (unsigned i = 0; i < rounds; i++) {
		passed[i] = round_of(b, &right);
		refused[i] = round_of(b, &wrong);
	}
	uint64_t each = (uint64_t)rounds * BURSTS * BENCH_BURST;
	if (stats->rx_handshake - before != each || stats->drop_mac1 - dropped != each)
		bench_fail("black took some initiations for what they are not");
	qsort(passed, rounds, sizeof(passed[0]), bench_by_value);
	qsort(refused, rounds, sizeof(refused[0]), bench_by_value);
	h->mac1_passed = passed[rounds / 10];
	h->mac1_refused = refused[rounds / 10];
}
