/* SPDX-License-Identifier: BSD-3-Clause */
/* encrypter-bench: engine after engine, size after size, the cases in turn. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/provider.h"
#include "dp/eal.h"
#include "run.h"

static struct bench benches[PEERS_MAX];

static void settle(struct cell *c, double *rounds, unsigned count)
{
	qsort(rounds, count, sizeof(rounds[0]), bench_by_value);
	c->best = rounds[count / 10];
	c->median = rounds[count / 2];
}

/* One size: all numbers of peers and all stages in turn, round after round. */
static void run_size(const struct options *o, unsigned size,
	struct cell cells[PEERS_MAX][STAGE_COUNT])
{
	static double rounds[PEERS_MAX][STAGE_COUNT][ROUNDS_MAX];
	double ticks[STAGE_COUNT];

	for (unsigned round = 0; round < o->rounds; round++) {
		for (unsigned p = 0; p < o->peer_count; p++) {
			bench_measure(&benches[p], (uint16_t)size, o->bursts, ticks);
			for (unsigned i = 0; i < STAGE_COUNT; i++)
				rounds[p][i][round] = ticks[i];
		}
	}
	for (unsigned p = 0; p < o->peer_count; p++)
		for (unsigned i = 0; i < STAGE_COUNT; i++)
			settle(&cells[p][i], rounds[p][i], o->rounds);
}

static void run_common(const struct options *o, struct common *c)
{
	c->huge_pages = benches[0].site.zone.page_size > 4096;
	bench_memory(&benches[0], &benches[o->peer_count - 1], &c->memory);
	bench_handshakes(&c->handshakes, o->rounds);
	bench_mac1(&benches[0], &c->handshakes, o->rounds);
}

static void run_engine(const struct options *o, const char *name, struct common *common)
{
	static struct result result;

	for (unsigned p = 0; p < o->peer_count; p++)
		bench_open(&benches[p], o->peers[p], name);
	result.engine = benches[0].site.engine.name;
	for (unsigned s = 0; s < o->size_count; s++)
		run_size(o, o->sizes[s], result.cells[s]);
	report_engine(o, &result, common != NULL);
	if (common)
		run_common(o, common);
	for (unsigned p = 0; p < o->peer_count; p++)
		bench_close(&benches[p]);
}

static void start(void)
{
	struct eal_config eal = {.name = "bench", .cpu = sched_getcpu(), .pages = ZONE_PAGES_SMALL};
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(eal.cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one) != 0 || crypto_init() != 0 ||
		eal_start(&eal) != 0)
		bench_fail("DPDK does not start here");
}

/* All engines that start here. */
static void find_engines(struct options *o)
{
	static const char *const known[] = {"ipsec-mb", "sodium", "cryptodev"};
	struct zone zone;

	if (zone_create(&zone, "engines", 8 << 20, ZONE_PAGES_AUTO) != 0)
		bench_fail("no memory for a zone");
	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct engine e = {0};
		if (engine_create(&e, known[i], &zone) != 0)
			continue;
		engine_destroy(&e);
		o->engines[o->engine_count++] = known[i];
	}
	zone_destroy(&zone);
	if (o->quick && o->engine_count > 1)
		o->engine_count = 1; /* the fastest */
}

int main(int argc, char **argv)
{
	struct common common = {0};
	struct options o;

	options_parse(&o, argc, argv);
	start();
	if (o.engine_count == 0)
		find_engines(&o);
	if (o.crypt_threads) {
		threads_run(&o, o.engines[0]);
		eal_stop();
		return 0;
	}
	report_begin(&o);
	for (unsigned i = 0; i < o.engine_count; i++)
		run_engine(&o, o.engines[i], i == 0 ? &common : NULL);
	report_end(&o, &common);
	eal_stop();
	return 0;
}
