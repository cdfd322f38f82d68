/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/routes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"

#define ROUTES_FIRST 64
#define ROUTES_MOST  (1u << 30)

int routes_init(struct routes *r, uint32_t slots)
{
	memset(r, 0, sizeof(*r));
	r->lists = calloc(slots ? slots : 1, sizeof(*r->lists));
	if (!r->lists)
		return -ENOMEM;
	for (uint32_t i = 0; i < slots; i++)
		r->lists[i] = (struct route_list){ROUTES_NONE, ROUTES_NONE, 0};
	r->slots = slots;
	r->free = ROUTES_NONE;
	random_bytes(&r->seed, sizeof(r->seed));
	return 0;
}

void routes_free(struct routes *r)
{
	free(r->lists);
	free(r->entries);
	free(r->buckets);
	memset(r, 0, sizeof(*r));
}

/* Every bit tells: those of an address in which neighbours differ are the highest of its words here. */
static uint64_t mix(uint64_t h)
{
	h = (h ^ h >> 32) * 0x9e3779b97f4a7c15u;
	h = (h ^ h >> 29) * 0xbf58476d1ce4e5b9u;
	return h ^ h >> 32;
}

static uint32_t bucket_of(const struct routes *r, const struct ip_prefix *prefix)
{
	uint64_t words[2];
	uint64_t h =
		r->seed ^ ((uint64_t)prefix->addr.family << 40) ^ ((uint64_t)prefix->length << 32);

	memcpy(words, prefix->addr.bytes, sizeof(words));
	return (uint32_t)mix(mix(h ^ words[0]) ^ words[1]) & (r->capacity - 1);
}

static void chain(struct routes *r, uint32_t i)
{
	uint32_t *bucket = &r->buckets[bucket_of(r, &r->entries[i].prefix)];

	r->entries[i].chain = *bucket;
	*bucket = i;
}

static void unchain(struct routes *r, uint32_t i)
{
	uint32_t *at = &r->buckets[bucket_of(r, &r->entries[i].prefix)];

	while (*at != i)
		at = &r->entries[*at].chain;
	*at = r->entries[i].chain;
}

static void link_last(struct routes *r, uint32_t i, uint32_t slot)
{
	struct route_list *list = &r->lists[slot];
	struct route *e = &r->entries[i];

	e->slot = slot;
	e->prev = list->last;
	e->next = ROUTES_NONE;
	if (list->last == ROUTES_NONE)
		list->first = i;
	else
		r->entries[list->last].next = i;
	list->last = i;
	list->count++;
}

static void unlink_entry(struct routes *r, uint32_t i)
{
	const struct route *e = &r->entries[i];
	struct route_list *list = &r->lists[e->slot];

	if (e->prev == ROUTES_NONE)
		list->first = e->next;
	else
		r->entries[e->prev].next = e->next;
	if (e->next == ROUTES_NONE)
		list->last = e->prev;
	else
		r->entries[e->next].prev = e->prev;
	list->count--;
}

static uint32_t find(const struct routes *r, const struct ip_prefix *masked)
{
	if (r->capacity == 0)
		return ROUTES_NONE;
	uint32_t i = r->buckets[bucket_of(r, masked)];

	while (i != ROUTES_NONE && !prefix_equal(&r->entries[i].prefix, masked))
		i = r->entries[i].chain;
	return i;
}

/* entries[0..used) keep their places: the caller's numbers stay good. */
static int grow(struct routes *r, uint32_t capacity)
{
	struct route *entries = realloc(r->entries, capacity * sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	r->entries = entries;
	uint32_t *buckets = malloc(capacity * sizeof(*buckets));
	if (!buckets)
		return -ENOMEM;
	free(r->buckets);
	r->buckets = buckets;
	r->capacity = capacity;
	memset(buckets, 0xff, capacity * sizeof(*buckets)); /* ROUTES_NONE */
	for (uint32_t i = 0; i < r->used; i++) {
		if (entries[i].slot != ROUTES_NONE)
			chain(r, i);
	}
	return 0;
}

int routes_reserve(struct routes *r, uint32_t more)
{
	if (more > ROUTES_MOST - r->count)
		return -ENOMEM;
	uint32_t capacity = r->capacity ? r->capacity : ROUTES_FIRST;

	while (capacity - r->count < more)
		capacity *= 2;
	return capacity == r->capacity ? 0 : grow(r, capacity);
}

static uint32_t take_entry(struct routes *r)
{
	uint32_t i = r->free;

	if (i != ROUTES_NONE)
		r->free = r->entries[i].next;
	else if (r->used < r->capacity)
		i = r->used++;
	return i;
}

bool routes_set(struct routes *r, const struct ip_prefix *prefix, uint32_t slot)
{
	struct ip_prefix masked = *prefix;

	prefix_mask(&masked);
	uint32_t i = find(r, &masked);
	if (i != ROUTES_NONE) {
		if (r->entries[i].slot == slot)
			return false;
		unlink_entry(r, i);
		link_last(r, i, slot);
		return true;
	}
	i = take_entry(r);
	if (i == ROUTES_NONE)
		return false;
	r->entries[i].prefix = masked;
	chain(r, i);
	link_last(r, i, slot);
	r->count++;
	return true;
}

static void drop(struct routes *r, uint32_t i)
{
	unchain(r, i);
	unlink_entry(r, i);
	r->entries[i].slot = ROUTES_NONE;
	r->entries[i].next = r->free;
	r->free = i;
	r->count--;
}

bool routes_unset(struct routes *r, const struct ip_prefix *prefix, uint32_t slot)
{
	struct ip_prefix masked = *prefix;

	prefix_mask(&masked);
	uint32_t i = find(r, &masked);
	if (i == ROUTES_NONE || r->entries[i].slot != slot)
		return false;
	drop(r, i);
	return true;
}

void routes_clear(struct routes *r, uint32_t slot)
{
	while (r->lists[slot].first != ROUTES_NONE)
		drop(r, r->lists[slot].first);
}

uint32_t routes_owner(const struct routes *r, const struct ip_prefix *prefix)
{
	struct ip_prefix masked = *prefix;

	prefix_mask(&masked);
	uint32_t i = find(r, &masked);
	return i == ROUTES_NONE ? ROUTES_NONE : r->entries[i].slot;
}

bool routes_has(const struct routes *r, const struct ip_prefix *prefix)
{
	return routes_owner(r, prefix) != ROUTES_NONE;
}

uint32_t routes_first(const struct routes *r, uint32_t slot)
{
	return r->lists[slot].first;
}

uint32_t routes_next(const struct routes *r, uint32_t entry)
{
	return r->entries[entry].next;
}

const struct ip_prefix *routes_at(const struct routes *r, uint32_t entry)
{
	return &r->entries[entry].prefix;
}

uint32_t routes_count(const struct routes *r, uint32_t slot)
{
	return r->lists[slot].count;
}
