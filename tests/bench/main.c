/* SPDX-License-Identifier: BSD-3-Clause */
/* encrypter-bench: the command line, the rounds, the table. */
#include <getopt.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "crypto/provider.h"
#include "dp/eal.h"
#include "wg/session.h"

#define SIZES_MAX  8
#define PEERS_MAX  8
#define ROUNDS_MAX 1001
#define WARM_UP    64 /* bursts, and four packets of each peer */

static const char help[] =
	"Usage: encrypter-bench [--peers N,N...] [--sizes B,B...] [--rounds R] [--bursts B] [--json]\n"
	"\n"
	"Ticks per packet of the crypt domain's real code between sides played in memory: sealing and\n"
	"opening packets of random peers, and the engine alone in the same run. The cases take turns;\n"
	"each figure is that of the best tenth of the rounds, which nobody disturbed.\n"
	"\n"
	"  --peers N,N...   cases (default 1,250,10000); ratios are to the first\n"
	"  --sizes B,B...   bytes of the inner packet (default 64,1420)\n"
	"  --rounds R       1 to 1001 (default 101)\n"
	"  --bursts B       of 32 packets, in a round of each case (default 50)\n"
	"  --json           an array of objects, one a case\n";

static const char *const kind_names[BENCH_KINDS] = {
	[BENCH_SEAL] = "seal",
	[BENCH_OPEN] = "open",
	[BENCH_ENGINE_SEAL] = "engine_seal",
	[BENCH_ENGINE_OPEN] = "engine_open",
};

struct options {
	unsigned peers[PEERS_MAX], sizes[SIZES_MAX];
	unsigned peer_count, size_count, rounds, bursts;
	bool json;
};

struct cell {
	double rounds[ROUNDS_MAX];
	double best;
};

/* ---- the command line ---- */

static void refuse(const char *what)
{
	fprintf(stderr, "encrypter-bench: %s (see --help)\n", what);
	exit(2);
}

static unsigned number(const char *text, char **end, unsigned low, unsigned high)
{
	unsigned long n = strtoul(text, end, 10);

	if (*end == text || n < low || n > high)
		refuse("a number is missing or out of range");
	return (unsigned)n;
}

static unsigned numbers(const char *text, unsigned *list, unsigned max, unsigned low, unsigned high)
{
	unsigned count = 0;
	char *end;

	do {
		if (count == max)
			refuse("the list is too long");
		list[count++] = number(text, &end, low, high);
		text = end + 1;
	} while (*end == ',');
	if (*end)
		refuse("numbers are separated by commas");
	return count;
}

static void take_option(struct options *o, int option)
{
	char *end;

	switch (option) {
	case 'p':
		o->peer_count = numbers(optarg, o->peers, PEERS_MAX, 1, 32768);
		break;
	case 's':
		o->size_count = numbers(optarg, o->sizes, SIZES_MAX, 20, 1420);
		break;
	case 'r':
		o->rounds = number(optarg, &end, 1, ROUNDS_MAX);
		break;
	case 'b':
		o->bursts = number(optarg, &end, 1, 1000000);
		break;
	case 'j':
		o->json = true;
		break;
	case 'h':
		fputs(help, stdout);
		exit(0);
	default:
		exit(2);
	}
}

static void parse(struct options *o, int argc, char **argv)
{
	static const struct option names[] = {{"peers", required_argument, NULL, 'p'},
		{"sizes", required_argument, NULL, 's'}, {"rounds", required_argument, NULL, 'r'},
		{"bursts", required_argument, NULL, 'b'}, {"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	int option;

	*o = (struct options){.peers = {1, 250, 10000}, .peer_count = 3, .sizes = {64, 1420},
		.size_count = 2, .rounds = 101, .bursts = 50};
	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
		take_option(o, option);
	if (optind != argc)
		refuse("what is the rest of the line?");
}

/* ---- the rounds ---- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void settle(struct cell *c, unsigned rounds)
{
	qsort(c->rounds, rounds, sizeof(c->rounds[0]), by_value);
	c->best = c->rounds[rounds / 10];
}

/* One size: all cases and kinds in turn, round after round. */
static void run_size(const struct options *o, struct bench *benches, uint16_t size,
	struct cell cells[PEERS_MAX][BENCH_KINDS])
{
	for (unsigned round = 0; round < o->rounds; round++) {
		for (unsigned p = 0; p < o->peer_count; p++) {
			for (unsigned k = 0; k < BENCH_KINDS; k++) {
				bench_measure(&benches[p], k, size, WARM_UP + o->peers[p] / 8);
				cells[p][k].rounds[round] =
					bench_measure(&benches[p], k, size, o->bursts);
			}
		}
	}
	for (unsigned p = 0; p < o->peer_count; p++)
		for (unsigned k = 0; k < BENCH_KINDS; k++)
			settle(&cells[p][k], o->rounds);
}

/* ---- the table ---- */

static void print_text(const struct options *o, unsigned size,
	struct cell cells[PEERS_MAX][BENCH_KINDS])
{
	for (unsigned p = 0; p < o->peer_count; p++)
		printf("%5u %6u %7.0f %5.2f %6.2f %7.0f %5.2f %6.2f %8.0f %8.0f\n", size,
			o->peers[p], cells[p][BENCH_SEAL].best,
			cells[p][BENCH_SEAL].best / cells[0][BENCH_SEAL].best,
			cells[p][BENCH_SEAL].best / cells[p][BENCH_ENGINE_SEAL].best,
			cells[p][BENCH_OPEN].best,
			cells[p][BENCH_OPEN].best / cells[0][BENCH_OPEN].best,
			cells[p][BENCH_OPEN].best / cells[p][BENCH_ENGINE_OPEN].best,
			cells[p][BENCH_ENGINE_SEAL].best, cells[p][BENCH_ENGINE_OPEN].best);
}

static void print_json(const struct options *o, unsigned size,
	struct cell cells[PEERS_MAX][BENCH_KINDS], const char *engine, bool *first)
{
	for (unsigned p = 0; p < o->peer_count; p++) {
		printf("%s{\"engine\": \"%s\", \"size\": %u, \"peers\": %u", *first ? "[" : ",\n ",
			engine, size, o->peers[p]);
		for (unsigned k = 0; k < BENCH_KINDS; k++)
			printf(", \"%s_ticks\": %.1f, \"%s_to_first\": %.3f", kind_names[k],
				cells[p][k].best, kind_names[k],
				cells[p][k].best / cells[0][k].best);
		printf(", \"seal_to_engine\": %.3f, \"open_to_engine\": %.3f}",
			cells[p][BENCH_SEAL].best / cells[p][BENCH_ENGINE_SEAL].best,
			cells[p][BENCH_OPEN].best / cells[p][BENCH_ENGINE_OPEN].best);
		*first = false;
	}
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

int main(int argc, char **argv)
{
	static struct bench benches[PEERS_MAX];
	static struct cell cells[PEERS_MAX][BENCH_KINDS];
	struct options o;
	bool first = true;

	parse(&o, argc, argv);
	start();
	for (unsigned p = 0; p < o.peer_count; p++)
		bench_open(&benches[p], o.peers[p]);
	const char *engine = benches[0].engine.ops->name;
	if (!o.json)
		printf("engine %s, %s pages; ticks per packet, best tenth of %u rounds of %u packets\n"
		       " size  peers    seal to-1 engine    open to-1 engine eng-seal eng-open\n",
			engine, benches[0].zone.page_size > 4096 ? "2 MiB" : "4 KiB", o.rounds,
			o.bursts * BENCH_BURST);
	for (unsigned s = 0; s < o.size_count; s++) {
		run_size(&o, benches, (uint16_t)o.sizes[s], cells);
		if (o.json)
			print_json(&o, o.sizes[s], cells, engine, &first);
		else
			print_text(&o, o.sizes[s], cells);
	}
	if (o.json)
		printf("]\n");
	for (unsigned p = 0; p < o.peer_count; p++)
		bench_close(&benches[p]);
	eal_stop();
	return 0;
}
