/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What can be said of senders that are too many to be listed: how many there are, and which of them
 * send more than their share. A source is an IPv4 address or an IPv6 /64. All of it is in fixed
 * memory, costs the same for any number of sources, and has no state that somebody could fill up;
 * the price is that now and then two sources are taken for one. Hashes are keyed: nobody chooses
 * whom he is taken for.
 */
#ifndef NET_SOURCE_H
#define NET_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "util/addr.h"

uint64_t source_hash(const struct ip_addr *source, uint64_t seed);

/* Of tables whose places are hashes of sources: so many rows, each with a hash of its own. */
#define SOURCE_ROWS  2
#define SOURCE_SLOTS 16384

/* ---- who waits? ---- */

/*
 * Of a queue whose places are numbered one after the other: the last place that a source took. A
 * source waits when it does in each row: so with n others in the queue it is wronged once in
 * (SOURCE_SLOTS / n)^4 times.
 */
#define SOURCE_QUEUE_ROWS 4

struct source_queue {
	uint64_t seed[SOURCE_QUEUE_ROWS];
	uint64_t after[SOURCE_QUEUE_ROWS][SOURCE_SLOTS]; /* the place behind its; 0: none */
};

/* memory holds a struct source_queue. */
void source_queue_init(struct source_queue *q, const uint64_t seed[static SOURCE_QUEUE_ROWS]);
/*
 * May the source wait in it once more? True when none of its own waits: the place with number `last`
 * is then taken to be its. first: the number of the place at the queue's head.
 */
bool source_queue_add(struct source_queue *q, const struct ip_addr *source, uint64_t first,
	uint64_t last);
/* Does it wait there? Changes nothing. */
bool source_queue_has(const struct source_queue *q, const struct ip_addr *source, uint64_t first);

/* ---- how many? ---- */

#define SOURCE_CENSUS_BITS 65536

struct source_census {
	uint64_t seed;
	uint32_t set;      /* bits */
	uint64_t count_fp; /* sources, in 1/256 */
	uint64_t bits[SOURCE_CENSUS_BITS / 64];
};

void source_census_clear(struct source_census *c, uint64_t seed);
void source_census_add(struct source_census *c, const struct ip_addr *source);
/* How many different ones were added: exact to a few in a hundred up to some 200,000. */
uint64_t source_census_count(const struct source_census *c);

#endif
