/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/source.h"

#include <string.h>

#include "util/bytes.h"
#include "util/clock.h"

uint64_t source_hash(const struct ip_addr *source, uint64_t seed)
{
	uint64_t prefix = source->family == 4 ? get_be32(source->bytes) : get_le64(source->bytes);
	uint64_t h = (prefix ^ seed) * 0x9e3779b97f4a7c15ull;

	h = ((h ^ h >> 29) + source->family) * 0xbf58476d1ce4e5b9ull;
	h = (h ^ h >> 32 ^ seed) * 0x94d049bb133111ebull;
	return h ^ h >> 31;
}

void source_meter_init(struct source_meter *m, unsigned per_second, unsigned burst,
	const uint64_t seed[static SOURCE_METER_ROWS])
{
	memset(m, 0, sizeof(*m));
	memcpy(m->seed, seed, sizeof(m->seed));
	m->interval_ns = CLOCK_SECOND / per_second;
	m->depth_ns = m->interval_ns * burst;
}

static uint32_t slot_of(const struct source_meter *m, unsigned row, const struct ip_addr *source)
{
	return source_hash(source, m->seed[row]) % SOURCE_METER_SLOTS;
}

bool source_meter_take(struct source_meter *m, const struct ip_addr *source, uint64_t now_ns)
{
	bool has = false;

	for (unsigned row = 0; row < SOURCE_METER_ROWS; row++) {
		uint64_t *slot = &m->full[row][slot_of(m, row, source)];
		uint64_t full_ns = (*slot > now_ns ? *slot : now_ns) + m->interval_ns;
		if (full_ns - now_ns > m->depth_ns)
			continue;
		*slot = full_ns;
		has = true;
	}
	return has;
}

bool source_meter_wait(struct source_meter *m, const struct ip_addr *source, uint64_t first,
	uint64_t last)
{
	bool may = !source_meter_waits(m, source, first);

	for (unsigned row = 0; row < SOURCE_METER_ROWS && may; row++)
		m->full[row][slot_of(m, row, source)] = last + 1;
	return may;
}

bool source_meter_waits(const struct source_meter *m, const struct ip_addr *source, uint64_t first)
{
	for (unsigned row = 0; row < SOURCE_METER_ROWS; row++)
		if (m->full[row][slot_of(m, row, source)] <= first)
			return false;
	return true;
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
