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

/* ---- a share for each ---- */

#define SOURCE_METER_ROWS  2
#define SOURCE_METER_SLOTS 16384

/*
 * Each row is a token bucket for every value of a hash, and each row has a hash of its own. A source
 * has a token when it has one in any row: with n others that used up theirs it is wronged once in
 * (SOURCE_METER_SLOTS / n)^2 times.
 */
struct source_meter {
	uint64_t seed[SOURCE_METER_ROWS];
	uint64_t interval_ns, depth_ns;
	uint64_t full[SOURCE_METER_ROWS][SOURCE_METER_SLOTS]; /* as in struct bucket */
};

/* memory holds a struct source_meter; per_second and burst are above 0. */
void source_meter_init(struct source_meter *m, unsigned per_second, unsigned burst,
	const uint64_t seed[static SOURCE_METER_ROWS]);
/* False: the source has no token left. */
bool source_meter_take(struct source_meter *m, const struct ip_addr *source, uint64_t now_ns);

/*
 * The same without a rate, for a queue whose places are numbered one after the other: may the source
 * wait in it once more? True when none of its own waits: the place with number `last` is then taken
 * to be its. first: the number of the place at the queue's head.
 */
bool source_meter_wait(struct source_meter *m, const struct ip_addr *source, uint64_t first,
	uint64_t last);

/* Would it not? Changes nothing. */
bool source_meter_waits(const struct source_meter *m, const struct ip_addr *source, uint64_t first);

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
