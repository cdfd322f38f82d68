/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/peer.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/blake2s.h"
#include "crypto/secret.h"

#define SLAB_PEERS 32 /* a guarded allocation costs pages of its own */

/* Slabs end where a page ends: with whole cache lines they begin on one. */
static_assert(SLAB_PEERS * sizeof(struct peer) % 64 == 0, "slabs are aligned");

static uint32_t slab_count(uint32_t max)
{
	return max / SLAB_PEERS + (max % SLAB_PEERS != 0);
}

static uint32_t bucket_count(uint32_t max)
{
	uint32_t n = 16;

	while (n < max && n < 1u << 31)
		n *= 2;
	return n;
}

static uint32_t *bucket_of(const struct peer_table *t, const uint8_t public_key[static 32])
{
	uint32_t hash;

	blake2s((uint8_t *)&hash, sizeof(hash), public_key, 32, t->seed, sizeof(t->seed));
	return &t->buckets[hash & t->bucket_mask];
}

int peer_table_init(struct peer_table *t, uint32_t max)
{
	uint32_t buckets = bucket_count(max);

	memset(t, 0, sizeof(*t));
	t->max = max;
	t->bucket_mask = buckets - 1;
	t->slabs = calloc((size_t)slab_count(max) + 1, sizeof(t->slabs[0]));
	t->vacant = calloc((size_t)max + 1, sizeof(t->vacant[0]));
	t->chain = calloc((size_t)max + 1, sizeof(t->chain[0]));
	t->buckets = calloc(buckets, sizeof(t->buckets[0]));
	if (!t->slabs || !t->vacant || !t->chain || !t->buckets) {
		peer_table_free(t);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < buckets; i++)
		t->buckets[i] = PEER_NONE;
	for (uint32_t i = 0; i < max; i++)
		t->vacant[i] = max - 1 - i; /* low slots are taken first */
	t->vacant_count = max;
	random_bytes(t->seed, sizeof(t->seed));
	return 0;
}

void peer_table_free(struct peer_table *t)
{
	for (uint32_t i = 0; t->slabs && i < slab_count(t->max); i++)
		secret_free(t->slabs[i]);
	free(t->slabs);
	free(t->vacant);
	free(t->chain);
	free(t->buckets);
	memset(t, 0, sizeof(*t));
}

struct peer *peer_at(const struct peer_table *t, uint32_t slot)
{
	if (slot >= t->max || !t->slabs[slot / SLAB_PEERS])
		return NULL;
	struct peer *peer = &t->slabs[slot / SLAB_PEERS][slot % SLAB_PEERS];
	return peer->used ? peer : NULL;
}

struct peer *peer_find(const struct peer_table *t, const uint8_t public_key[static 32])
{
	uint32_t slot = *bucket_of(t, public_key);

	while (slot != PEER_NONE) {
		struct peer *peer = peer_at(t, slot);
		if (memcmp(peer->remote.public_key, public_key, 32) == 0)
			return peer;
		slot = t->chain[slot];
	}
	return NULL;
}

struct peer *peer_next(const struct peer_table *t, uint32_t from)
{
	while (from < t->max) {
		if (!t->slabs[from / SLAB_PEERS])
			return NULL; /* slabs are taken in order: there are none behind it */
		struct peer *peer = peer_at(t, from++);
		if (peer)
			return peer;
	}
	return NULL;
}

/* The slab's memory is zero: none of its peers is in use. The last one is as long as it need be. */
static int provide_slab(struct peer_table *t, uint32_t slot)
{
	struct peer **slab = &t->slabs[slot / SLAB_PEERS];
	uint32_t count = t->max - slot / SLAB_PEERS * SLAB_PEERS;

	if (count > SLAB_PEERS)
		count = SLAB_PEERS;
	if (!*slab)
		*slab = secret_alloc((count * sizeof(struct peer) + 63) & ~(size_t)63);
	return *slab ? 0 : -ENOMEM;
}

int peer_create(struct peer_table *t, const uint8_t public_key[static 32], struct peer **peer)
{
	if (peer_find(t, public_key))
		return -EEXIST;
	if (t->vacant_count == 0)
		return -ENOSPC;
	uint32_t slot = t->vacant[t->vacant_count - 1];
	if (provide_slab(t, slot) != 0)
		return -ENOMEM;
	t->vacant_count--;

	struct peer *p = &t->slabs[slot / SLAB_PEERS][slot % SLAB_PEERS];
	memcpy(p->remote.public_key, public_key, sizeof(p->remote.public_key));
	timers_init(&p->timers);
	p->current = PEER_SESSIONS;
	p->slot = slot;
	p->used = true;
	uint32_t *bucket = bucket_of(t, public_key);
	t->chain[slot] = *bucket;
	*bucket = slot;
	*peer = p;
	return 0;
}

void peer_destroy(struct peer_table *t, struct peer *peer)
{
	uint32_t slot = peer->slot;
	uint32_t *link = bucket_of(t, peer->remote.public_key);

	while (*link != slot)
		link = &t->chain[*link];
	*link = t->chain[slot];
	t->vacant[t->vacant_count++] = slot;
	secret_wipe(peer, sizeof(*peer));
}
