/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/source.h"

#include <string.h>

#include "util/bytes.h"

uint64_t source_hash(const struct ip_addr *source, uint64_t seed)
{
	uint64_t prefix = source->family == 4 ? get_be32(source->bytes) : get_le64(source->bytes);
	uint64_t h = (prefix ^ seed) * 0x9e3779b97f4a7c15ull;

	h = ((h ^ h >> 29) + source->family) * 0xbf58476d1ce4e5b9ull;
	h = (h ^ h >> 32 ^ seed) * 0x94d049bb133111ebull;
	return h ^ h >> 31;
}

void source_queue_init(struct source_queue *q, const uint64_t seed[static SOURCE_QUEUE_ROWS])
{
	memset(q, 0, sizeof(*q));
	memcpy(q->seed, seed, sizeof(q->seed));
}

static uint32_t slot_of(const struct source_queue *q, unsigned row, const struct ip_addr *source)
{
	return source_hash(source, q->seed[row]) % SOURCE_SLOTS;
}

bool source_queue_has(const struct source_queue *q, const struct ip_addr *source, uint64_t first)
{
	for (unsigned row = 0; row < SOURCE_QUEUE_ROWS; row++)
		if (q->after[row][slot_of(q, row, source)] <= first)
			return false;
	return true;
}

bool source_queue_add(struct source_queue *q, const struct ip_addr *source, uint64_t first,
	uint64_t last)
{
	bool may = !source_queue_has(q, source, first);

	for (unsigned row = 0; row < SOURCE_QUEUE_ROWS && may; row++)
		q->after[row][slot_of(q, row, source)] = last + 1;
	return may;
}

void source_census_clear(struct source_census *c, uint64_t seed)
{
	memset(c, 0, sizeof(*c));
	c->seed = seed;
}

/*
 * A new source finds its bit free with probability free / all; so each bit that is newly set stands
 * for all / free sources.
 */
void source_census_add(struct source_census *c, const struct ip_addr *source)
{
	uint64_t bit = source_hash(source, c->seed) % SOURCE_CENSUS_BITS;
	uint64_t *word = &c->bits[bit / 64];

	if (*word >> bit % 64 & 1)
		return;
	*word |= 1ull << bit % 64;
	c->count_fp += 256ull * SOURCE_CENSUS_BITS / (SOURCE_CENSUS_BITS - c->set);
	c->set++;
}

uint64_t source_census_count(const struct source_census *c)
{
	return (c->count_fp + 128) / 256;
}
