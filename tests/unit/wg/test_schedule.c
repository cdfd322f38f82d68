/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/schedule.h"

#include <string.h>

#include "fixture.h"
#include "suites.h"

#define SLOTS 64

static uint64_t model_first(const uint64_t deadline[static SLOTS])
{
	uint64_t first = SCHEDULE_NEVER;

	for (unsigned i = 0; i < SLOTS; i++)
		if (deadline[i] < first)
			first = deadline[i];
	return first;
}

static void empty(void)
{
	struct schedule s;
	uint32_t slot;

	memset(&s, 0xa5, sizeof(s)); /* whatever lay there */
	CU_ASSERT_EQUAL(schedule_init(&s, 1), 0);
	CU_ASSERT_EQUAL(schedule_first(&s, &slot), SCHEDULE_NEVER);
	schedule_set(&s, 0, SCHEDULE_NEVER);
	CU_ASSERT_EQUAL(schedule_first(&s, &slot), SCHEDULE_NEVER);
	schedule_set(&s, 0, 5);
	CU_ASSERT_EQUAL(schedule_first(&s, &slot), 5);
	CU_ASSERT_EQUAL(slot, 0);
	schedule_set(&s, 0, SCHEDULE_NEVER);
	CU_ASSERT_EQUAL(schedule_first(&s, &slot), SCHEDULE_NEVER);
	schedule_free(&s);
}

/* Nobody is due before whoever stands above, and everybody knows where he stands. */
static bool is_in_order(const struct schedule *s)
{
	for (uint32_t i = 0; i < s->count; i++)
		if (s->place[s->heap[i].slot] != i ||
			s->heap[i].deadline_ns < s->heap[i > 0 ? (i - 1) / 2 : 0].deadline_ns)
			return false;
	return true;
}

static void against_a_list(void)
{
	uint64_t deadline[SLOTS];
	struct schedule s;

	fixture_random(11);
	CU_ASSERT_EQUAL(schedule_init(&s, SLOTS), 0);
	for (unsigned i = 0; i < SLOTS; i++)
		deadline[i] = SCHEDULE_NEVER;
	for (unsigned step = 0; step < 20000; step++) {
		uint32_t slot = (uint32_t)fixture_below(SLOTS), first;
		deadline[slot] = fixture_below(3) ? fixture_below(500) : SCHEDULE_NEVER;
		schedule_set(&s, slot, deadline[slot]);
		uint64_t at = schedule_first(&s, &first);
		CU_ASSERT_EQUAL(at, model_first(deadline));
		CU_ASSERT_TRUE(is_in_order(&s));
		if (at != SCHEDULE_NEVER)
			CU_ASSERT_EQUAL(deadline[first], at);
	}
	schedule_free(&s);
	CU_ASSERT_PTR_NULL(s.heap);
	CU_ASSERT_PTR_NULL(s.place);
}

static const struct unit_test tests[] = {
	{"A41: nothing scheduled", empty},
	{"A33: the earliest of many deadlines, like a linear search", against_a_list},
	{NULL, NULL},
};

const struct unit_suite suite_schedule = {"schedule", tests};
