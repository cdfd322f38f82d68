/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The master list of prefixes: which peer each belongs to, and each peer's in the order in which
 * they came. A prefix belongs to one peer: giving it to another moves it (A46).
 */
#ifndef CTL_ROUTES_H
#define CTL_ROUTES_H

#include <stdbool.h>
#include <stdint.h>

#include "util/addr.h"

#define ROUTES_NONE UINT32_MAX

struct route {
	struct ip_prefix prefix;
	uint32_t slot;       /* ROUTES_NONE: the entry is free */
	uint32_t prev, next; /* of the same slot; next also links free entries */
	uint32_t chain;      /* of the same bucket */
};

struct route_list {
	uint32_t first, last;
	uint32_t count;
};

struct routes {
	struct route *entries;
	uint32_t *buckets;
	uint32_t capacity;   /* entries; also buckets: a power of two */
	uint32_t used;       /* entries that were ever used */
	uint32_t free;       /* first free one below `used` */
	uint32_t count;
	uint32_t slots;
	uint32_t seed;       /* so that nobody outside chooses chains */
	struct route_list *lists; /* by slot */
};

int routes_init(struct routes *r, uint32_t slots); /* -ENOMEM */
void routes_free(struct routes *r);

/* After it `more` calls of routes_set() cannot fail. -ENOMEM. */
int routes_reserve(struct routes *r, uint32_t more);
/* Host bits are masked. True when something changed. Needs room: routes_reserve(). */
bool routes_set(struct routes *r, const struct ip_prefix *prefix, uint32_t slot);
/* False when the prefix is not there or another slot's. */
bool routes_unset(struct routes *r, const struct ip_prefix *prefix, uint32_t slot);
void routes_clear(struct routes *r, uint32_t slot);
/* Whose the prefix itself is, or ROUTES_NONE. */
uint32_t routes_owner(const struct routes *r, const struct ip_prefix *prefix);
bool routes_has(const struct routes *r, const struct ip_prefix *prefix);

/* To walk the prefixes of a slot: from routes_first() until ROUTES_NONE. */
uint32_t routes_first(const struct routes *r, uint32_t slot);
uint32_t routes_next(const struct routes *r, uint32_t entry);
const struct ip_prefix *routes_at(const struct routes *r, uint32_t entry);
uint32_t routes_count(const struct routes *r, uint32_t slot);

#endif
