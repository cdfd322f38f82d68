/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The engine alone, from and into the same buffers, with the keys of random peers, which lie in the
 * cache: crypt's limit.
 */
#include <string.h>

#include <rte_cycles.h>

#include "bench.h"

struct work {
	struct rte_mbuf *red[BENCH_BURST], *black[BENCH_BURST];
	struct engine_job jobs[BENCH_BURST];
	uint8_t keys[BENCH_BURST][64]; /* as crypt has them: a cache line each */
};

static uint8_t *bytes_of(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, uint8_t *);
}

/* An engine may keep what it makes of a key: so keys stay where they are, as crypt's do. */
static void draw_keys(struct bench *b, struct work *w)
{
	for (unsigned i = 0; i < BENCH_BURST; i++)
		memcpy(w->keys[i], b->site.list[bench_draw(b, b->peers)].keys.send, 32);
}

static void prepare(struct bench *b, struct work *w, uint16_t size)
{
	struct site *s = &b->site;

	for (unsigned i = 0; i < BENCH_BURST; i++) {
		w->red[i] = edge_buffer(&s->red.edge);
		w->black[i] = edge_buffer(&s->black.edge);
		w->jobs[i] = (struct engine_job){
			.key = w->keys[i],
			.src = bytes_of(w->red[i]),
			.dst = bytes_of(w->black[i]),
			.length = packet_padded(packet_size(b, size)),
		};
	}
}

static void finish(struct bench *b, struct work *w)
{
	for (unsigned i = 0; i < BENCH_BURST; i++)
		if (!w->jobs[i].ok)
			bench_fail("the engine refused what it had sealed");
	rte_mempool_put_bulk(b->site.red.edge.pool.mempool, (void **)w->red, BENCH_BURST);
	rte_mempool_put_bulk(b->site.black.edge.pool.mempool, (void **)w->black, BENCH_BURST);
}

void stage_engine(struct bench *b, uint16_t size, unsigned bursts, double *ticks)
{
	struct stopwatch seal = {0}, open = {0};
	struct work w __attribute__((aligned(64)));

	draw_keys(b, &w);
	for (unsigned burst = 0; burst < bursts; burst++) {
		prepare(b, &w, size);
		uint64_t begin = rte_rdtsc_precise();
		engine_seal(&b->site.engine, w.jobs, BENCH_BURST);
		stopwatch_add(&seal, rte_rdtsc_precise() - begin);
		for (unsigned i = 0; i < BENCH_BURST; i++) {
			w.jobs[i].src = bytes_of(w.black[i]);
			w.jobs[i].dst = bytes_of(w.red[i]);
		}
		begin = rte_rdtsc_precise();
		engine_open(&b->site.engine, w.jobs, BENCH_BURST);
		stopwatch_add(&open, rte_rdtsc_precise() - begin);
		finish(b, &w);
	}
	ticks[STAGE_engine_seal] = stopwatch_packet(&seal);
	ticks[STAGE_engine_open] = stopwatch_packet(&open);
}
