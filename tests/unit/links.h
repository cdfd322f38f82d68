/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the test plays crypt to black or red: the links to its threads, and what the domain lent. */
#ifndef UNIT_LINKS_H
#define UNIT_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dp/lend.h"

#define RIG_LINKS 2

struct rig_link {
	struct ring to, from; /* as the domain sees them */
	struct bell bell;
	struct handle empty[4096];
	unsigned empty_count;
	struct handle full[4096];
	unsigned full_count;
};

/* The first `count` of RIG_LINKS; `handles`: size of the rings to crypt. */
void links_open(struct rig_link *links, unsigned count, struct zone *zone, unsigned handles,
	struct lend_ends *ends);
void links_close(struct rig_link *links);

/* What the domain sent, into empty and full. */
void links_sort(struct rig_link *links);
unsigned links_empties(const struct rig_link *links);

void links_give(struct rig_link *l, const struct handle *h);
/* Crypt is done with the FULL buffer that it got last. */
void links_give_used(struct rig_link *l, uint8_t code, uint64_t tag);
void links_return_all(struct rig_link *links); /* and with all others */
/* The EMPTY buffer that it got last, as one that holds so many bytes. False: it has none. */
bool links_take_empty(struct rig_link *l, size_t length, uint64_t tag, struct handle *filled);

#endif
