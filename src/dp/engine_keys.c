/* SPDX-License-Identifier: BSD-3-Clause */
#include "dp/engine_keys.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <rte_prefetch.h>

#include "crypto/secret.h"

#define GOLDEN 0x9e3779b97f4a7c15u /* 2^64 by the golden ratio: spreads neighbours (Knuth 6.4) */

static_assert(sizeof(struct engine_key) == 64, "a key's entry is one cache line");

int engine_keys_create(struct engine_keys *k, struct engine_device *device, struct zone *zone)
{
	*k = (struct engine_keys){.device = device};
	k->list = zone_alloc(zone, ENGINE_KEYS * sizeof(*k->list));
	return k->list ? 0 : -ENOMEM;
}

static void drop(struct engine_keys *k, struct engine_key *e)
{
	engine_device_end(k->device, e->session);
	secret_wipe(e, sizeof(*e));
}

void engine_keys_destroy(struct engine_keys *k)
{
	for (unsigned i = 0; k->list && i < ENGINE_KEYS; i++)
		drop(k, &k->list[i]);
	zone_free(k->list);
	k->list = NULL;
}

static struct engine_key *set_of(const struct engine_keys *k, const uint8_t *place, bool seal)
{
	uint64_t hash = ((uintptr_t)place + seal) * GOLDEN;

	return &k->list[(hash >> 32) % ENGINE_KEYS_SETS * ENGINE_KEYS_WAYS];
}

static bool is_for(const struct engine_key *e, const uint8_t *place, bool seal)
{
	return e->place == place && e->seal == seal;
}

static bool holds(const struct engine_key *e, const uint8_t *key)
{
	uint64_t a[4], b[4];

	memcpy(a, e->copy, sizeof(a));
	memcpy(b, key, sizeof(b));
	return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3])) == 0;
}

/* A new session in place of the set's oldest; NULL when this burst needs all of the set. */
static struct engine_key *make(struct engine_keys *k, struct engine_key *set, const uint8_t *place,
	bool seal)
{
	struct engine_key *e = &set[0];

	for (unsigned way = 1; way < ENGINE_KEYS_WAYS; way++)
		if (set[way].burst < e->burst)
			e = &set[way];
	if (e->burst == k->burst)
		return NULL;
	drop(k, e);
	e->place = place;
	e->seal = seal;
	memcpy(e->copy, place, sizeof(e->copy));
	e->session = engine_device_session(k->device, e->copy, seal);
	k->made = true;
	return e;
}

static void *find(struct engine_keys *k, const uint8_t *place, bool seal)
{
	struct engine_key *set = set_of(k, place, seal), *e = NULL;

	for (unsigned way = 0; way < ENGINE_KEYS_WAYS && !e; way++)
		if (is_for(&set[way], place, seal))
			e = &set[way];
	if (e && !holds(e, place)) {
		drop(k, e);
		e = NULL;
	}
	if (!e)
		e = make(k, set, place, seal);
	if (!e)
		return NULL;
	e->burst = k->burst;
	return e->session;
}

void engine_keys_find(struct engine_keys *k, const struct engine_job *jobs, unsigned n, bool seal,
	void **sessions)
{
	k->burst++;
	for (unsigned i = 0; i < n; i++)
		for (unsigned way = 0; way < ENGINE_KEYS_WAYS; way++)
			rte_prefetch0(&set_of(k, jobs[i].key, seal)[way]);
	for (unsigned i = 0; i < n; i++)
		sessions[i] = find(k, jobs[i].key, seal);
	if (k->made)
		secret_wipe_stack(); /* drivers copy keys */
	k->made = false;
}

void engine_keys_forget(struct engine_keys *k, const uint8_t *place)
{
	for (unsigned seal = 0; seal < 2; seal++) {
		struct engine_key *set = set_of(k, place, seal);
		for (unsigned way = 0; way < ENGINE_KEYS_WAYS; way++)
			if (is_for(&set[way], place, seal) && !holds(&set[way], place))
				drop(k, &set[way]);
	}
}
