/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the crypt domain costs per packet, in ticks of the time stamp counter: its real code between
 * sides that are played here, with sessions of many peers and packets of random ones, beside the
 * engine alone in the same run. One thread; what the sides do is not timed.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "crypt/crypt.h"

#define BENCH_BURST   ENGINE_BURST
#define BENCH_BUFFERS 1024
#define BENCH_DEPTH   3   /* bursts that wait in the ring */
#define BENCH_EMPTY   512 /* that a side has lent, as black and red do */
#define BENCH_OFFSET  192 /* of a packet in its buffer */

struct bench_side { /* black or red, with its buffers in a stack as its pool has them */
	struct zone zone;
	struct pool pool;
	struct pool_view view;
	struct ring to, from; /* to crypt, from crypt */
	struct bell bell;
	uint16_t *stack;
	unsigned free_count, lent;
};

struct bench_peer {
	struct session_keys keys; /* as crypt has them */
	uint64_t counter;         /* of the next message to us */
};

struct bench { /* a crypt domain with so many peers */
	uint32_t peers;
	struct zone zone;
	struct bench_side black, red;
	struct ring orders, acks;
	struct bell control_bell;
	struct engine engine;
	struct crypt_stats *stats;
	struct peer_report *reports;
	_Atomic uint64_t *dirty;
	struct crypt *crypt;
	struct allowedips *routes;
	struct bench_peer *list;
	uint32_t max_peers;
	uint64_t random, cleared_ns;
};


void bench_fail(const char *what);

/* side.c */
void bench_side_open(struct bench_side *s, const char *name, struct zone *crypt);
void bench_side_close(struct bench_side *s);
uint16_t bench_side_take(struct bench_side *s);            /* a buffer of its own */
void bench_side_supply(struct bench_side *s);              /* lends empty ones */
/* Takes back what crypt gives; how many of them were filled. */
unsigned bench_side_collect(struct bench_side *s);
uint8_t *bench_side_bytes(const struct bench_side *s, uint16_t index);

/* domain.c */
void bench_open(struct bench *b, uint32_t peers);
void bench_close(struct bench *b);
uint32_t bench_draw(struct bench *b); /* a random peer */
/* Control's look every 100 ms, which takes the events. */
void bench_control(struct bench *b);

/* measure.c: mean ticks per packet over so many bursts */
enum bench_kind { BENCH_SEAL, BENCH_OPEN, BENCH_ENGINE_SEAL, BENCH_ENGINE_OPEN, BENCH_KINDS };
double bench_measure(struct bench *b, enum bench_kind kind, uint16_t length, unsigned bursts);

#endif
