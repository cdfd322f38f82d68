/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/index.h"

#include <errno.h>
#include <stdlib.h>

#include "fixture.h"
#include "suites.h"

#define MOST 500

static struct index_entry *make(struct index_table *t, uint32_t max_used, uint32_t seed)
{
	struct index_entry *entries = malloc(index_table_bytes(max_used));

	if (!entries)
		abort();
	index_table_init(t, entries, max_used, seed);
	return entries;
}

static void zero_is_an_index(void)
{
	struct index_table t;
	struct index_entry *entries = make(&t, 4, 1);

	CU_ASSERT_EQUAL(index_table_lookup(&t, 0), INDEX_FREE);
	CU_ASSERT_FALSE(index_table_remove(&t, 0));
	CU_ASSERT_EQUAL(index_table_insert(&t, 0, 0), 0);
	CU_ASSERT_EQUAL(index_table_lookup(&t, 0), 0);
	CU_ASSERT_EQUAL(index_table_insert(&t, 0, 7), -EEXIST);
	CU_ASSERT_EQUAL(index_table_lookup(&t, 0), 0);
	CU_ASSERT_TRUE(index_table_remove(&t, 0));
	CU_ASSERT_EQUAL(index_table_lookup(&t, 0), INDEX_FREE);
	free(entries);
}

static void no_more_than_asked(void)
{
	struct index_table t;

	for (uint32_t most = 0; most < 40; most++) {
		struct index_entry *entries = make(&t, most, 3);
		for (uint32_t i = 0; i < most; i++)
			CU_ASSERT_EQUAL(index_table_insert(&t, i, i), 0);
		CU_ASSERT_EQUAL(index_table_insert(&t, most, 0), -ENOSPC);
		CU_ASSERT_EQUAL(index_table_lookup(&t, most), INDEX_FREE);
		for (uint32_t i = 0; i < most; i++)
			CU_ASSERT_EQUAL(index_table_lookup(&t, i), i);
		free(entries);
	}
}

/* Beside a plain list: random insertions and removals among few indices, so that chains form. */
static void against_a_list(void)
{
	static uint32_t model[1024];
	struct index_table t;
	struct index_entry *entries = make(&t, MOST, 99);
	uint32_t used = 0;

	fixture_random(5);
	for (unsigned i = 0; i < 1024; i++)
		model[i] = INDEX_FREE;
	for (unsigned step = 0; step < 50000; step++) {
		uint32_t index = (uint32_t)fixture_below(1024);
		if (fixture_below(2) == 0) {
			int expected = model[index] != INDEX_FREE ? -EEXIST
				: used == MOST                    ? -ENOSPC
								  : 0;
			CU_ASSERT_EQUAL(index_table_insert(&t, index, step), expected);
			if (expected == 0)
				model[index] = step, used++;
		} else {
			CU_ASSERT_EQUAL(index_table_remove(&t, index), model[index] != INDEX_FREE);
			used -= model[index] != INDEX_FREE;
			model[index] = INDEX_FREE;
		}
		uint32_t other = (uint32_t)fixture_below(1024);
		CU_ASSERT_EQUAL(index_table_lookup(&t, other), model[other]);
		uint32_t place = index_table_prefetch(&t, other);
		CU_ASSERT_EQUAL(index_table_find(&t, other, place), model[other]);
		place = (uint32_t)fixture_below(1ull << 32);
		CU_ASSERT_EQUAL(index_table_find(&t, other, place), model[other]);
		CU_ASSERT_EQUAL(t.used, used);
	}
	free(entries);
}

/* The longest search: how many entries lie in a row. */
static uint32_t longest_run(const struct index_table *t)
{
	uint32_t run = 0, longest = 0;

	for (uint32_t i = 0; i <= t->mask; i++) {
		run = t->entries[i].value == INDEX_FREE ? 0 : run + 1;
		if (run > longest)
			longest = run;
	}
	return longest;
}

/* Whatever pattern the indices have, they spread. */
static void patterns_spread(void)
{
	static const uint32_t steps[] = {1, 2, 4096, 65536, 1u << 20, 0x01010101};
	struct index_table t;

	for (unsigned s = 0; s < sizeof(steps) / sizeof(steps[0]); s++) {
		struct index_entry *entries = make(&t, 4096, 0x12345678);
		for (uint32_t i = 0; i < 4096; i++)
			index_table_insert(&t, i * steps[s], i);
		CU_ASSERT_TRUE(longest_run(&t) < 64);
		free(entries);
	}
}

/* Memory for twice as many as there may be, rounded up to a power of two. */
static void sizes(void)
{
	static const uint32_t most[][2] = {
		{0, 2}, {1, 2}, {2, 4}, {3, 8}, {4, 8}, {5, 16}, {512, 1024}, {513, 2048}};

	for (unsigned i = 0; i < sizeof(most) / sizeof(most[0]); i++)
		CU_ASSERT_EQUAL(index_table_bytes(most[i][0]),
			most[i][1] * sizeof(struct index_entry));
}

static const struct unit_test tests[] = {
	{"A27, C4: index 0 is an index", zero_is_an_index},
	{"A27: a table takes what it was made for and not one more", no_more_than_asked},
	{"A27: like a list under random insertions and removals", against_a_list},
	{"A27, C14: no pattern of indices makes long searches", patterns_spread},
	{"A27: half of a table is free", sizes},
	{NULL, NULL},
};

const struct unit_suite suite_index = {"index", tests};
