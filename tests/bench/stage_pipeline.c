/* SPDX-License-Identifier: BSD-3-Clause */
/* All three domains in one thread, from a port to the other, a burst each in turn. */
#include <rte_cycles.h>

#include "bench.h"
#include "wg/messages.h"

static void packets_arrive(struct bench *b, uint16_t size)
{
	struct edge *e = &b->site.red.edge;
	struct rte_mbuf *mbufs[BENCH_BURST];

	for (unsigned i = 0; i < BENCH_BURST; i++) {
		mbufs[i] = edge_buffer(e);
		packet_to_site(b, e, mbufs[i], packet_size(b, size));
	}
	edge_arrive(e, mbufs, BENCH_BURST);
}

static void messages_arrive(struct bench *b, uint16_t size)
{
	struct edge *e = &b->site.black.edge;
	struct rte_mbuf *mbufs[BENCH_BURST];
	uint8_t *messages[BENCH_BURST];
	uint16_t lengths[BENCH_BURST];
	uint32_t slots[BENCH_BURST];

	for (unsigned i = 0; i < BENCH_BURST; i++) {
		mbufs[i] = edge_buffer(e);
		slots[i] = bench_draw(b, b->peers);
		lengths[i] = packet_size(b, size);
		messages[i] = packet_datagram(e, mbufs[i], slots[i],
			(uint16_t)(packet_padded(lengths[i]) + MESSAGE_DATA_OVERHEAD));
	}
	packet_seal(b, slots, messages, lengths);
	edge_arrive(e, mbufs, BENCH_BURST);
}

struct sums {
	struct stopwatch whole, first, crypt, last;
};

/* A round of each domain; what came out at the other end. */
static unsigned step(struct bench *b, struct edge *from, struct edge *to, struct sums *sums)
{
	uint64_t now_ns = bench_tick(b);
	uint64_t t0 = rte_rdtsc_precise();
	from->poll(from->domain, now_ns);
	uint64_t t1 = rte_rdtsc_precise();
	crypt_poll(b->site.crypt, now_ns);
	uint64_t t2 = rte_rdtsc_precise();
	to->poll(to->domain, now_ns);
	uint64_t t3 = rte_rdtsc_precise();

	stopwatch_add(&sums->whole, t3 - t0);
	stopwatch_add(&sums->first, t1 - t0);
	stopwatch_add(&sums->crypt, t2 - t1);
	stopwatch_add(&sums->last, t3 - t2);
	edge_collect(from);
	return edge_collect(to);
}

static void drain(struct bench *b, struct edge *from, struct edge *to)
{
	struct sums ignored = {{0}, {0}, {0}, {0}};

	for (unsigned i = 0; i < BENCH_DEPTH + 2; i++)
		step(b, from, to, &ignored);
}

/* ticks: of the whole, and of each domain on the way. */
static void measure(struct bench *b, struct edge *from, struct edge *to, uint16_t size,
	unsigned bursts, void (*arrive)(struct bench *b, uint16_t size), double *ticks[4])
{
	struct sums sums = {{0}, {0}, {0}, {0}};
	unsigned passed = 0;

	for (unsigned i = 0; i < BENCH_DEPTH; i++) {
		arrive(b, size);
		from->poll(from->domain, bench_tick(b));
	}
	for (unsigned i = 0; i < bursts; i++) {
		site_control(b);
		arrive(b, size);
		passed += step(b, from, to, &sums);
	}
	drain(b, from, to);
	if (passed < bursts * BENCH_BURST)
		bench_fail("the domains did not pass all packets");
	*ticks[0] = stopwatch_packet(&sums.whole);
	*ticks[1] = stopwatch_packet(&sums.first);
	*ticks[2] = stopwatch_packet(&sums.crypt);
	*ticks[3] = stopwatch_packet(&sums.last);
}

void stage_out(struct bench *b, uint16_t size, unsigned bursts, double *ticks)
{
	double *to[] = {&ticks[STAGE_out], &ticks[STAGE_out_red], &ticks[STAGE_out_crypt],
		&ticks[STAGE_out_black]};

	measure(b, &b->site.red.edge, &b->site.black.edge, size, bursts, packets_arrive, to);
}

void stage_in(struct bench *b, uint16_t size, unsigned bursts, double *ticks)
{
	double *to[] = {&ticks[STAGE_in], &ticks[STAGE_in_black], &ticks[STAGE_in_crypt],
		&ticks[STAGE_in_red]};

	measure(b, &b->site.black.edge, &b->site.red.edge, size, bursts, messages_arrive, to);
}
