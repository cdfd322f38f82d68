/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/replay.h"

#include <string.h>

#include "wg/messages.h"

#define WORDS (REPLAY_BITS / 64)

void replay_init(struct replay *r)
{
	memset(r, 0, sizeof(*r));
}

static uint64_t *word_of(struct replay *r, uint64_t counter)
{
	return &r->ring[counter / 64 % WORDS];
}

/* The window moves on to `counter`'s word: the words between are empty, and so is the newest. */
static void advance(struct replay *r, uint64_t counter)
{
	uint64_t to = counter / 64;
	uint64_t from = r->greatest ? (r->greatest - 1) / 64 : 0;
	uint64_t steps = to - from;

	if (steps == 0)
		return;
	if (steps > WORDS)
		steps = WORDS;
	r->ring[from % WORDS] = r->newest;
	for (uint64_t i = 1; i <= steps; i++)
		r->ring[(from + i) % WORDS] = 0;
	r->newest = 0;
}

bool replay_accept(struct replay *r, uint64_t counter)
{
	if (counter >= REJECT_AFTER_MESSAGES)
		return false;
	if (counter >= r->greatest) {
		advance(r, counter);
		r->greatest = counter + 1;
	} else if (r->greatest - 1 - counter > REPLAY_WINDOW) {
		return false;
	}
	bool new = counter / 64 == (r->greatest - 1) / 64;
	uint64_t *word = new ? &r->newest : word_of(r, counter);
	uint64_t bit = 1ull << counter % 64;

	if (*word & bit)
		return false;
	*word |= bit;
	return true;
}
