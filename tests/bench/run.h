/* SPDX-License-Identifier: BSD-3-Clause */
/* A run of the bench: what was asked for, what was found. */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include <stdbool.h>

#include "bench.h"

#define SIZES_MAX   16
#define PEERS_MAX   8
#define ENGINES_MAX 4
#define ROUNDS_MAX  1001

struct options {
	unsigned peers[PEERS_MAX], sizes[SIZES_MAX];
	const char *engines[ENGINES_MAX]; /* none: all that exist */
	unsigned peer_count, size_count, engine_count, rounds, bursts;
	unsigned crypt_threads; /* 0: the usual cases, in one thread */
	bool json, quick;
};

struct cell { /* ticks per packet */
	double best;   /* of the best tenth of the rounds */
	double median; /* of all */
};

struct result { /* of an engine */
	const char *engine;
	struct cell cells[SIZES_MAX][PEERS_MAX][STAGE_COUNT];
};

struct common { /* what no engine changes */
	struct bench_handshakes handshakes;
	struct bench_memory memory;
	bool huge_pages;
};

/* options.c */
void options_parse(struct options *o, int argc, char **argv); /* exits on --help and nonsense */

/* threads.c: several crypt threads at once */
void threads_run(const struct options *o, const char *engine);

/* report.c */
void report_begin(const struct options *o);
void report_engine(const struct options *o, const struct result *r, bool first);
void report_end(const struct options *o, const struct common *c);

#endif
