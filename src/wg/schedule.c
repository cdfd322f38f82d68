/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/schedule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SCHEDULE_ABSENT UINT32_MAX

int schedule_init(struct schedule *s, uint32_t slots)
{
	s->count = 0;
	s->heap = calloc(slots, sizeof(s->heap[0]));
	s->place = malloc(slots * sizeof(s->place[0]));
	if (!s->heap || !s->place) {
		schedule_free(s);
		return -ENOMEM;
	}
	memset(s->place, 0xff, slots * sizeof(s->place[0])); /* SCHEDULE_ABSENT */
	return 0;
}

void schedule_free(struct schedule *s)
{
	free(s->heap);
	free(s->place);
	memset(s, 0, sizeof(*s));
}

static void put(struct schedule *s, uint32_t at, struct schedule_entry entry)
{
	s->heap[at] = entry;
	s->place[entry.slot] = at;
}

static void sift_up(struct schedule *s, uint32_t at, struct schedule_entry entry)
{
	while (at > 0 && s->heap[(at - 1) / 2].deadline_ns > entry.deadline_ns) {
		put(s, at, s->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	put(s, at, entry);
}

static void sift_down(struct schedule *s, uint32_t at, struct schedule_entry entry)
{
	for (;;) {
		uint32_t child = 2 * at + 1;
		if (child >= s->count)
			break;
		if (child + 1 < s->count &&
			s->heap[child + 1].deadline_ns < s->heap[child].deadline_ns)
			child++;
		if (s->heap[child].deadline_ns >= entry.deadline_ns)
			break;
		put(s, at, s->heap[child]);
		at = child;
	}
	put(s, at, entry);
}

/* An entry whose place is `at` but whose deadline may belong above or below. */
static void settle(struct schedule *s, uint32_t at, struct schedule_entry entry)
{
	if (at > 0 && s->heap[(at - 1) / 2].deadline_ns > entry.deadline_ns)
		sift_up(s, at, entry);
	else
		sift_down(s, at, entry);
}

static void take_out(struct schedule *s, uint32_t at)
{
	struct schedule_entry last = s->heap[--s->count];

	s->place[s->heap[at].slot] = SCHEDULE_ABSENT;
	if (at != s->count)
		settle(s, at, last);
}

void schedule_set(struct schedule *s, uint32_t slot, uint64_t deadline_ns)
{
	struct schedule_entry entry = {.deadline_ns = deadline_ns, .slot = slot};
	uint32_t at = s->place[slot];

	if (deadline_ns == SCHEDULE_NEVER) {
		if (at != SCHEDULE_ABSENT)
			take_out(s, at);
		return;
	}
	if (at == SCHEDULE_ABSENT)
		sift_up(s, s->count++, entry);
	else if (s->heap[at].deadline_ns != deadline_ns)
		settle(s, at, entry);
}

uint64_t schedule_first(const struct schedule *s, uint32_t *slot)
{
	if (s->count == 0)
		return SCHEDULE_NEVER;
	*slot = s->heap[0].slot;
	return s->heap[0].deadline_ns;
}
