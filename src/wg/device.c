/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"
#include "wg/indices.h"
#include "wg/state.h"

static int create_indices(struct wg_device *d, uint32_t max_peers)
{
	uint32_t max_used = INDICES_MAX(max_peers);
	struct index_entry *entries = malloc(index_table_bytes(max_used));
	uint32_t seed;

	if (!entries)
		return -ENOMEM;
	random_bytes(&seed, sizeof(seed));
	index_table_init(&d->indices, entries, max_used, seed);
	return 0;
}

struct wg_device *wg_device_create(uint32_t max_peers)
{
	struct wg_device *d = NULL;

	if (max_peers > 0 && max_peers <= WG_PEERS_MAX)
		d = secret_alloc((sizeof(*d) + 63) & ~(size_t)63);
	if (!d) {
		errno = max_peers > 0 && max_peers <= WG_PEERS_MAX ? ENOMEM : EINVAL;
		return NULL;
	}
	lanes_init(&d->lanes, 1);
	if (peer_table_init(&d->peers, max_peers) != 0 ||
		schedule_init(&d->schedule, max_peers) != 0 ||
		create_indices(d, max_peers) != 0) {
		wg_device_destroy(d);
		errno = ENOMEM;
		return NULL;
	}
	return d;
}

void wg_device_destroy(struct wg_device *d)
{
	if (!d)
		return;
	peer_table_free(&d->peers);
	schedule_free(&d->schedule);
	free(d->indices.entries);
	secret_free(d);
}

void wg_set_threads(struct wg_device *d, unsigned threads)
{
	lanes_init(&d->lanes, threads);
}

void wg_peer_threads(const struct wg_device *d, uint32_t slot, unsigned *seal, unsigned *open)
{
	const struct peer *peer = peer_at(&d->peers, slot);

	*seal = peer ? peer->lanes.seal : 0;
	*open = peer ? peer->lanes.open : 0;
}

void device_reschedule(struct wg_device *d, const struct peer *peer)
{
	schedule_set(&d->schedule, peer->slot, timers_next(&peer->timers));
}

bool device_is_usable(const struct wg_device *d, struct peer *peer)
{
	if (!peer->precomputed)
		noise_precompute(&peer->remote, &d->identity);
	peer->precomputed = true;
	return peer->remote.usable;
}

void device_forget_keys(struct wg_device *d, struct peer *peer)
{
	if (peer->initiation.outstanding)
		indices_release(d, peer->initiation.local_index);
	indices_release_sessions(d, peer);
	secret_wipe(&peer->initiation, sizeof(peer->initiation));
	secret_wipe(&peer->response, sizeof(peer->response));
	peer->usable_until_ns = 0;
	peer->responded_ns = 0;
}

void device_move_peer(struct peer *peer, const struct endpoint *endpoint,
	const struct ip_addr *local, struct wg_actions *actions)
{
	if (endpoint_equal(&peer->endpoint, endpoint) && addr_equal(&peer->local, local))
		return;
	peer->endpoint = *endpoint;
	peer->local = *local;
	struct wg_action *action = actions_add(actions, WG_ENDPOINT, peer->slot);
	action->endpoint = *endpoint;
	action->local = *local;
}

/* ---- identity ---- */

static bool is_same_identity(const struct noise_identity *a, const struct noise_identity *b)
{
	return a->set == b->set && secret_equal(a->private_key, b->private_key, 32);
}

/* A54. Timers go on only as far as they make up for the sessions that are lost. */
static void identity_changed(struct wg_device *d, struct peer *peer)
{
	device_forget_keys(d, peer);
	secret_wipe(peer->remote.static_static, sizeof(peer->remote.static_static));
	peer->remote.usable = false;
	peer->precomputed = false;
	timers_identity_changed(&peer->timers, d->identity.set);
	device_reschedule(d, peer);
}

bool wg_set_private_key(struct wg_device *d, const uint8_t *private_key, uint32_t *removed)
{
	struct noise_identity wanted = {0};
	bool none = !private_key || secret_is_zero(private_key, 32);
	bool changed;

	*removed = PEER_NONE;
	noise_set_identity(&wanted, none ? NULL : private_key);
	changed = !is_same_identity(&wanted, &d->identity);
	if (changed) {
		struct peer *own = none ? NULL : peer_find(&d->peers, wanted.public_key);
		if (own) { /* A53 */
			*removed = own->slot;
			wg_peer_remove(d, own->slot);
		}
		d->identity = wanted;
		for (struct peer *p = peer_next(&d->peers, 0); p;
			p = peer_next(&d->peers, p->slot + 1))
			identity_changed(d, p);
	}
	secret_wipe(&wanted, sizeof(wanted));
	return changed;
}

bool wg_public_key(const struct wg_device *d, uint8_t public_key[static 32])
{
	memcpy(public_key, d->identity.public_key, sizeof(d->identity.public_key));
	return d->identity.set;
}

bool wg_private_key(const struct wg_device *d, uint8_t private_key[static 32])
{
	memcpy(private_key, d->identity.private_key, sizeof(d->identity.private_key));
	return d->identity.set;
}

/* ---- time ---- */

/* The way to the peer may have changed: do not insist on the address it once reached us at. */
static void forget_local(struct peer *peer, struct wg_actions *actions)
{
	struct ip_addr any = {0};
	struct endpoint same = peer->endpoint;

	device_move_peer(peer, &same, &any, actions);
}

/* A39 */
static void zero_keys(struct wg_device *d, struct peer *peer, struct wg_actions *actions)
{
	device_forget_keys(d, peer);
	timers_keys_wiped(&peer->timers);
	actions_add(actions, WG_WIPE, peer->slot);
}

static void fire(struct wg_device *d, struct peer *peer, struct wg_now now,
	struct wg_actions *actions)
{
	unsigned fired = timers_expire(&peer->timers, now.boot_ns);

	if (fired & TIMER_ZERO)
		zero_keys(d, peer, actions);
	if (fired & TIMER_GIVE_UP) {
		indices_gave_up(d, peer);
		actions_add(actions, WG_DROP_STAGED, peer->slot);
	}
	if (fired & (TIMER_RETRY | TIMER_UNANSWERED))
		forget_local(peer, actions);
	if (fired & TIMER_RETRY)
		initiate_send(d, peer, now, actions);
	if ((fired & TIMER_UNANSWERED) && timers_session_wanted(&peer->timers, now.boot_ns))
		initiate_send(d, peer, now, actions);
	if (fired & (TIMER_KEEPALIVE | TIMER_PERSISTENT))
		initiate_keepalive(d, peer, now, actions);
	device_reschedule(d, peer);
}

uint64_t wg_next_deadline(const struct wg_device *d)
{
	uint32_t slot;

	return schedule_first(&d->schedule, &slot);
}

bool wg_tick(struct wg_device *d, struct wg_now now, struct wg_actions *actions)
{
	uint32_t slot;

	while (schedule_first(&d->schedule, &slot) <= now.boot_ns) {
		if (!actions_have_room(actions))
			return true;
		fire(d, peer_at(&d->peers, slot), now, actions);
	}
	return false;
}
