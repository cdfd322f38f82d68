/* SPDX-License-Identifier: BSD-3-Clause */
#include "black/attack.h"

#include <string.h>

#include "util/clock.h"

#define SECOND_MESSAGES 1000 /* of no use in a second: more than a broken peer makes */
#define QUIET_NS        (5 * CLOCK_SECOND)

void attack_init(struct attack *a, struct black_attack *report, uint64_t seed, uint64_t now_ns)
{
	memset(a, 0, sizeof(*a));
	a->report = report;
	a->seed = seed;
	a->second_ns = now_ns;
	source_census_clear(&a->sources, seed);
}

static void set(_Atomic uint64_t *field, uint64_t value)
{
	atomic_store_explicit(field, value, memory_order_relaxed);
}

static void begin(struct attack *a)
{
	a->ongoing = true;
	a->before = a->messages;
	set(&a->report->began_ns, a->second_ns);
	set(&a->report->ended_ns, 0);
}

static void end(struct attack *a)
{
	a->ongoing = false;
	set(&a->report->ended_ns, a->last_bad_ns);
}

static void tell(const struct attack *a, uint64_t messages)
{
	set(&a->report->messages, messages - a->before);
	set(&a->report->sources, source_census_count(&a->sources));
}

void attack_round(struct attack *a, uint64_t messages, bool loaded, uint64_t now_ns)
{
	bool begins = false;

	a->loaded |= loaded;
	if (now_ns < a->second_ns + CLOCK_SECOND)
		return;
	bool bad = a->loaded || messages - a->messages >= SECOND_MESSAGES;
	if (bad)
		a->last_bad_ns = now_ns;
	if (bad && !a->ongoing) {
		begin(a);
		begins = true;
	} else if (a->ongoing && now_ns >= a->last_bad_ns + QUIET_NS) {
		end(a);
	}
	if (a->ongoing)
		tell(a, messages);
	else
		source_census_clear(&a->sources, a->seed);
	if (begins) /* last: whoever sees it sees the rest */
		atomic_fetch_add_explicit(&a->report->count, 1, memory_order_release);
	a->messages = messages;
	a->second_ns = now_ns;
	a->loaded = loaded;
}
