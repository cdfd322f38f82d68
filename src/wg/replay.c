/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/replay.h"

#include <string.h>

#include "wg/messages.h"

#define WORDS (REPLAY_BITS / 64)

void replay_init(struct replay *r)
{
	memset(r, 0, sizeof(*r));
}

/* The window moves on to `counter`'s word: the words between are empty, and so is the newest. */
static void advance(struct replay *r, struct replay_ring *ring, uint64_t counter)
{
	uint64_t to = counter / 64;
	uint64_t from = (r->greatest - 1) / 64;
	uint64_t steps = to - from;

	if (steps == 0)
		return;
	if (steps > WORDS)
		steps = WORDS;
	ring->words[from % WORDS] = r->newest;
	for (uint64_t i = 1; i <= steps; i++)
		ring->words[(from + i) % WORDS] = 0;
	r->newest = 0;
}

bool replay_accept(struct replay *r, struct replay_ring *ring, uint64_t counter)
{
	if (counter >= REJECT_AFTER_MESSAGES)
		return false;
	if (counter >= r->greatest) {
		if (r->greatest == 0)
			memset(ring, 0, sizeof(*ring));
		else
			advance(r, ring, counter);
		r->greatest = counter + 1;
	} else if (r->greatest - 1 - counter > REPLAY_WINDOW) {
		return false;
	}
	bool new = counter / 64 == (r->greatest - 1) / 64;
	uint64_t *word = new ? &r->newest : &ring->words[counter / 64 % WORDS];
	uint64_t bit = 1ull << counter % 64;

	if (*word & bit)
		return false;
	*word |= bit;
	return true;
}
