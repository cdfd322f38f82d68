/* SPDX-License-Identifier: BSD-3-Clause */
/* The replay window: RFC 6479's ring of 8192 bits, of which 8128 are usable (A28). */
#ifndef WG_REPLAY_H
#define WG_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#define REPLAY_BITS   8192
#define REPLAY_WINDOW (REPLAY_BITS - 64)

/*
 * The word that the greatest counter lies in is kept apart, beside it: messages that come in order
 * touch nothing else, and with thousands of peers each line of memory counts, and each page.
 */
struct replay {
	uint64_t greatest; /* one more than the greatest counter accepted; 0: none yet */
	uint64_t newest;   /* the ring's word of the greatest; the one in the ring is out of date */
};

struct replay_ring { /* whatever it holds at first */
	uint64_t words[REPLAY_BITS / 64];
};

void replay_init(struct replay *r);
/* Called only after the tag was verified, with one ring always. True when counter is new: it is then
 * marked. */
bool replay_accept(struct replay *r, struct replay_ring *ring, uint64_t counter);

#endif
