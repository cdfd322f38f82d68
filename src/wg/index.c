/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/index.h"

#include <errno.h>

/* A bijection of 32 bits (multiplications by odd numbers, shifted xors): no index is favoured. */
static uint32_t home_of(const struct index_table *t, uint32_t index)
{
	uint32_t h = index ^ t->seed;

	h = (h ^ h >> 16) * 0x85ebca6bu;
	h = (h ^ h >> 13) * 0xc2b2ae35u;
	return (h ^ h >> 16) & t->mask;
}

static uint32_t entries_for(uint32_t max_used)
{
	uint32_t entries = 2;

	while (entries / 2 < max_used)
		entries *= 2;
	return entries;
}

/* Where index is, or the free entry at which the search for it ended. */
static uint32_t place_of(const struct index_table *t, uint32_t index)
{
	uint32_t at = home_of(t, index);

	while (t->entries[at].value != INDEX_FREE && t->entries[at].index != index)
		at = (at + 1) & t->mask;
	return at;
}

size_t index_table_bytes(uint32_t max_used)
{
	return (size_t)entries_for(max_used) * sizeof(struct index_entry);
}

void index_table_init(struct index_table *t, struct index_entry *entries, uint32_t max_used,
	uint32_t seed)
{
	t->entries = entries;
	t->mask = entries_for(max_used) - 1;
	t->used = 0;
	t->max_used = max_used;
	t->seed = seed;
	for (uint32_t i = 0; i <= t->mask; i++)
		entries[i] = (struct index_entry){.index = 0, .value = INDEX_FREE};
}

int index_table_insert(struct index_table *t, uint32_t index, uint32_t value)
{
	struct index_entry *entry = &t->entries[place_of(t, index)];

	if (entry->value != INDEX_FREE)
		return -EEXIST;
	if (t->used >= t->max_used)
		return -ENOSPC;
	*entry = (struct index_entry){.index = index, .value = value};
	t->used++;
	return 0;
}

/* Close the gap: entries after it that a search starting at their home would no longer reach. */
static void close_gap(struct index_table *t, uint32_t gap)
{
	uint32_t at = gap;

	for (;;) {
		at = (at + 1) & t->mask;
		if (t->entries[at].value == INDEX_FREE)
			break;
		uint32_t from_home = (at - home_of(t, t->entries[at].index)) & t->mask;
		if (from_home < ((at - gap) & t->mask))
			continue;
		t->entries[gap] = t->entries[at];
		gap = at;
	}
	t->entries[gap] = (struct index_entry){.index = 0, .value = INDEX_FREE};
}

bool index_table_remove(struct index_table *t, uint32_t index)
{
	uint32_t at = place_of(t, index);

	if (t->entries[at].value == INDEX_FREE)
		return false;
	close_gap(t, at);
	t->used--;
	return true;
}

uint32_t index_table_lookup(const struct index_table *t, uint32_t index)
{
	return t->entries[place_of(t, index)].value;
}

uint32_t index_table_prefetch(const struct index_table *t, uint32_t index)
{
	uint32_t home = home_of(t, index);

	__builtin_prefetch(&t->entries[home]);
	return home;
}

uint32_t index_table_find(const struct index_table *t, uint32_t index, uint32_t place)
{
	const struct index_entry *e = &t->entries[place & t->mask];

	if (e->value != INDEX_FREE && e->index == index)
		return e->value;
	return index_table_lookup(t, index);
}
