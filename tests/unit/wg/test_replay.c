/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "suites.h"
#include "unit.h"
#include "wg/messages.h"
#include "wg/replay.h"

#define LIMIT (REPLAY_WINDOW + 1)

struct step {
	uint64_t counter;
	bool accepted;
};

static void play(const struct step *steps, unsigned n)
{
	static struct replay_ring ring;
	static struct replay r;

	memset(&ring, 0xa5, sizeof(ring));
	replay_init(&r);
	for (unsigned i = 0; i < n; i++)
		CU_ASSERT_EQUAL(replay_accept(&r, &ring, steps[i].counter), steps[i].accepted);
}

#define PLAY(...)                                                                                  \
	do {                                                                                       \
		const struct step steps[] = {__VA_ARGS__};                                         \
		play(steps, sizeof(steps) / sizeof(steps[0]));                                     \
	} while (0)

static void counter_zero(void)
{
	PLAY({0, true}, {0, false}, {1, true}, {1, false}, {0, false});
}

static void order(void)
{
	PLAY({9, true}, {8, true}, {7, true}, {7, false}, {9, false}, {10, true}, {0, true},
		{0, false});
}

static void window_edge(void)
{
	PLAY({LIMIT, true}, {LIMIT - REPLAY_WINDOW, true}, {LIMIT - REPLAY_WINDOW - 1, false});
	PLAY({LIMIT * 4, true}, {LIMIT * 4 - REPLAY_WINDOW, true},
		{LIMIT * 4 - REPLAY_WINDOW, false}, {LIMIT * 4 - REPLAY_WINDOW - 1, false},
		{LIMIT * 4 - REPLAY_WINDOW + 1, true});
}

static void jump(void)
{
	PLAY({0, true}, {1ull << 40, true}, {0, false}, {(1ull << 40) - 1, true},
		{(1ull << 40) - REPLAY_WINDOW, true}, {(1ull << 40) - REPLAY_WINDOW - 1, false},
		{(1ull << 40) + REPLAY_BITS, true}, {1ull << 40, false});
}

static void limit_of_counters(void)
{
	PLAY({REJECT_AFTER_MESSAGES - 1, true}, {REJECT_AFTER_MESSAGES, false},
		{UINT64_MAX, false}, {REJECT_AFTER_MESSAGES - 1, false});
}

/* Counters above 32 bits are different counters. */
static void wide_counters(void)
{
	PLAY({5, true}, {(1ull << 32) + 5, true}, {(1ull << 32) + 5, false},
		{(1ull << 33) + 5, true});
}

/* Beside a model that remembers everything. */
static void model(void)
{
	static struct replay_ring ring;
	static struct replay r;
	static bool seen[40000];
	uint64_t greatest = 0;
	bool any = false;

	memset(&ring, 0xa5, sizeof(ring));
	replay_init(&r);
	srand(1);
	for (unsigned i = 0; i < 40000; i++) {
		uint64_t c = (uint64_t)i / 2 + (unsigned)rand() % 12000;
		if (c >= 40000)
			continue;
		bool expect = !seen[c] && !(any && c + REPLAY_WINDOW < greatest);
		CU_ASSERT_EQUAL_FATAL(replay_accept(&r, &ring, c), expect);
		if (expect) {
			seen[c] = true;
			greatest = c > greatest ? c : greatest;
			any = true;
		}
	}
}

static const struct unit_test tests[] = {
	{"A28: counter 0 is valid, once", counter_zero},
	{"A28: out of order is accepted, twice is not", order},
	{"A28: 8128 back is inside the window, 8129 is not", window_edge},
	{"A28: a jump clears what it passes over", jump},
	{"A29: counters from 2^64-2^13-1 on are refused", limit_of_counters},
	{"C3: counters are 64 bits wide", wide_counters},
	{"A28: agrees with a model that remembers everything", model},
	{NULL, NULL},
};

const struct unit_suite suite_replay = {"replay", tests};
