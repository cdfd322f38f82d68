/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/indices.h"

#include "crypto/secret.h"

static bool has_session(const struct peer *peer)
{
	for (unsigned i = 0; i < PEER_SESSIONS; i++)
		if (peer->sessions[i].used)
			return true;
	return false;
}

void indices_place(struct wg_device *d, struct peer *peer)
{
	if (!has_session(peer))
		lanes_choose(&d->lanes, &peer->lanes);
}

/* As many tries as there are threads, on average. */
uint32_t indices_draw(struct wg_device *d, const struct peer *peer)
{
	uint32_t index;

	do
		random_bytes(&index, sizeof(index));
	while (crypt_thread_of(index, d->lanes.count) != peer->lanes.open ||
		index_table_insert(&d->indices, index, peer->slot) != 0);
	return index;
}

void indices_gave_up(struct wg_device *d, struct peer *peer)
{
	if (!has_session(peer))
		lanes_release(&d->lanes, &peer->lanes);
}

void indices_release(struct wg_device *d, uint32_t index)
{
	index_table_remove(&d->indices, index);
}

static void release_session(struct wg_device *d, struct peer *peer, unsigned i)
{
	if (peer->sessions[i].used)
		indices_release(d, peer->sessions[i].index);
	peer->sessions[i] = (struct peer_session){0};
	if (peer->current == i)
		peer->current = PEER_SESSIONS;
}

/* A free place, or that of the oldest session that is not current. */
static unsigned find_place(const struct peer *peer)
{
	unsigned oldest = PEER_SESSIONS;

	for (unsigned i = 0; i < PEER_SESSIONS; i++) {
		if (!peer->sessions[i].used)
			return i;
		if (i == peer->current)
			continue;
		if (oldest == PEER_SESSIONS ||
			peer->sessions[i].birth_ns < peer->sessions[oldest].birth_ns)
			oldest = i;
	}
	return oldest;
}

void indices_keep_session(struct wg_device *d, struct peer *peer, uint32_t index,
	uint64_t birth_ns, bool current)
{
	unsigned place;

	for (unsigned i = 0; i < PEER_SESSIONS; i++)
		if (peer->sessions[i].used &&
			birth_ns >= peer->sessions[i].birth_ns + REJECT_AFTER_TIME)
			release_session(d, peer, i);
	lanes_hold(&d->lanes, &peer->lanes);
	place = find_place(peer);
	release_session(d, peer, place);
	peer->sessions[place] = (struct peer_session){
		.birth_ns = birth_ns,
		.index = index,
		.used = true,
	};
	if (current)
		peer->current = (uint8_t)place;
}

void indices_confirm_session(struct peer *peer)
{
	unsigned newest = PEER_SESSIONS;

	for (unsigned i = 0; i < PEER_SESSIONS; i++)
		if (peer->sessions[i].used && (newest == PEER_SESSIONS ||
			peer->sessions[i].birth_ns >= peer->sessions[newest].birth_ns))
			newest = i;
	peer->current = (uint8_t)newest;
}

bool indices_has_session(const struct peer *peer, uint32_t index)
{
	for (unsigned i = 0; i < PEER_SESSIONS; i++)
		if (peer->sessions[i].used && peer->sessions[i].index == index)
			return true;
	return false;
}

void indices_release_sessions(struct wg_device *d, struct peer *peer)
{
	for (unsigned i = 0; i < PEER_SESSIONS; i++)
		release_session(d, peer, i);
	lanes_release(&d->lanes, &peer->lanes);
}

struct peer *indices_find(const struct wg_device *d, uint32_t index)
{
	uint32_t slot = index_table_lookup(&d->indices, index);

	return slot == INDEX_FREE ? NULL : peer_at(&d->peers, slot);
}
