/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * By which link, that is to which crypt thread, packets to an address go: what the trees said lately,
 * since a lookup in them takes a thousand ticks and more. Needed where there are several links. What
 * it costs when more hosts are talked to than there are places is that lookup.
 */
#ifndef RED_LINKS_H
#define RED_LINKS_H

#include <stdbool.h>
#include <stdint.h>

#include "dp/zone.h"
#include "util/bytes.h"

struct links6 {
	uint64_t high, low;
	uint32_t epoch; /* as in `recent4` */
	uint32_t link;
};

struct links {
	uint64_t *recent4; /* an address, its link in the lowest 4 bits of the upper half, an epoch above */
	struct links6 *recent6;
	uint32_t mask4, mask6;
	uint32_t epoch;    /* of what is remembered, 28 bits; a new one when a link changes. Never 0 */
};

int links_create(struct links *l, struct zone *zone, uint32_t max_prefixes); /* -ENOMEM */
void links_destroy(struct links *l);
void links_forget(struct links *l); /* nothing that was remembered holds any longer */

/* True, with the link, when it is remembered. */
bool links_find4(const struct links *l, uint32_t address, unsigned *link);
bool links_find6(const struct links *l, const uint8_t address[static 16], unsigned *link);
void links_remember4(struct links *l, uint32_t address, unsigned link);
void links_remember6(struct links *l, const uint8_t address[static 16], unsigned link);

#endif
