/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"

/*
 * What is measured finds the caches as its own work leaves them, not as the stage before did. Of peers
 * drawn at random three packets for each reach 19 of 20.
 */
#define WARM_UP          250 /* bursts, and for each peer */
#define WARM_UP_PER_PEER 3   /* packets */

void bench_fail(const char *what)
{
	fprintf(stderr, "encrypter-bench: %s\n", what);
	exit(1);
}

static void init(struct bench *b, uint32_t peers, unsigned number, unsigned threads)
{
	memset(b, 0, sizeof(*b));
	b->peers = peers;
	b->number = number;
	b->threads = threads;
	b->max_peers = peers * 2 > 1024 ? peers * 2 : 1024; /* as ctl/plan.c has it */
	b->random = 0x9e3779b97f4a7c15u + number;
	b->now_ns = 1000 * CLOCK_SECOND;
}

void bench_open(struct bench *b, uint32_t peers, const char *engine)
{
	init(b, peers, 0, 1);
	black_edge_open(&b->black, peers, b->max_peers, b->now_ns);
	red_edge_open(&b->red, peers, b->now_ns);
	site_open(b, engine);
	site_begin(b);
}

void bench_close(struct bench *b)
{
	site_close(&b->site);
	red_edge_close(&b->red);
	black_edge_close(&b->black);
}

void bench_open_thread(struct bench *b, uint32_t peers, const char *engine, struct bench *first,
	unsigned number, unsigned threads)
{
	init(b, peers / threads * threads, number, threads);
	if (b->peers == 0)
		bench_fail("each crypt thread needs a peer");
	if (number == 0)
		site_open(b, engine);
	else
		site_join(b, engine, first);
}

uint32_t bench_seals_for(struct bench *b)
{
	return bench_draw(b, b->peers / b->threads) * b->threads + b->number;
}

uint32_t bench_opens_for(struct bench *b)
{
	return bench_draw(b, b->peers / b->threads) * b->threads +
		(b->number + b->threads - 1) % b->threads;
}

uint32_t bench_draw(struct bench *b, uint32_t below)
{
	b->random ^= b->random << 13;
	b->random ^= b->random >> 7;
	b->random ^= b->random << 17;
	return (uint32_t)((b->random >> 32) * below >> 32);
}

uint64_t bench_tick(struct bench *b)
{
	return b->now_ns += BENCH_TICK_NS;
}

int bench_by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void bench_measure(struct bench *b, uint16_t size, unsigned bursts, double ticks[static STAGE_COUNT])
{
	stage_fn *const stages[] = {stage_port, stage_black_rx, stage_black_tx, stage_red_rx,
		stage_red_tx, stage_crypt_seal, stage_crypt_open, stage_engine, stage_out, stage_in};
	unsigned warm_up = WARM_UP + WARM_UP_PER_PEER * b->peers / BENCH_BURST;

	for (unsigned i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		stages[i](b, size, warm_up, ticks);
		stages[i](b, size, bursts, ticks);
	}
}
