/* SPDX-License-Identifier: BSD-3-Clause */
/* What the administrator, or crypt in the peer's name, does to a device's peers. */
#include <errno.h>
#include <string.h>

#include "crypto/secret.h"
#include "wg/indices.h"
#include "wg/state.h"

int64_t wg_peer_add(struct wg_device *d, const uint8_t public_key[static 32])
{
	struct peer *peer;

	if (d->identity.set && memcmp(d->identity.public_key, public_key, 32) == 0)
		return -EADDRINUSE;
	int error = peer_create(&d->peers, public_key, &peer);
	if (error)
		return error;
	device_is_usable(d, peer);
	return peer->slot;
}

int64_t wg_peer_find(const struct wg_device *d, const uint8_t public_key[static 32])
{
	const struct peer *peer = peer_find(&d->peers, public_key);

	return peer ? (int64_t)peer->slot : -ENOENT;
}

void wg_peer_remove(struct wg_device *d, uint32_t slot)
{
	struct peer *peer = peer_at(&d->peers, slot);

	if (!peer)
		return;
	stamps_retire(&d->stamps, peer->stamped_ns);
	device_forget_keys(d, peer);
	schedule_set(&d->schedule, slot, SCHEDULE_NEVER);
	peer_destroy(&d->peers, peer);
}

uint32_t wg_peer_next(const struct wg_device *d, uint32_t from)
{
	const struct peer *peer = peer_next(&d->peers, from);

	return peer ? peer->slot : UINT32_MAX;
}

void wg_peer_info(const struct wg_device *d, uint32_t slot, struct wg_peer_info *info)
{
	const struct peer *peer = peer_at(&d->peers, slot);

	memset(info, 0, sizeof(*info));
	if (!peer)
		return;
	memcpy(info->public_key, peer->remote.public_key, sizeof(info->public_key));
	info->has_preshared_key = !secret_is_zero(peer->remote.preshared_key, 32);
	info->endpoint = peer->endpoint;
	info->persistent_keepalive =
		(uint16_t)(peer->timers.persistent_interval_ns / CLOCK_SECOND);
	info->last_handshake_wall_ns = peer->last_handshake_wall_ns;
	info->handshake_rx_bytes = peer->rx_bytes;
	info->handshake_tx_bytes = peer->tx_bytes;
}

bool wg_peer_preshared_key(const struct wg_device *d, uint32_t slot, uint8_t psk[static 32])
{
	const struct peer *peer = peer_at(&d->peers, slot);

	memset(psk, 0, 32);
	if (!peer || secret_is_zero(peer->remote.preshared_key, 32))
		return false;
	memcpy(psk, peer->remote.preshared_key, 32);
	return true;
}

void wg_peer_set_preshared_key(struct wg_device *d, uint32_t slot, const uint8_t *psk)
{
	struct peer *peer = peer_at(&d->peers, slot);

	if (!peer)
		return;
	if (psk)
		memcpy(peer->remote.preshared_key, psk, 32);
	else
		secret_wipe(peer->remote.preshared_key, 32);
}

void wg_peer_set_endpoint(struct wg_device *d, uint32_t slot, const struct endpoint *endpoint,
	struct wg_actions *actions)
{
	struct peer *peer = peer_at(&d->peers, slot);

	if (!peer)
		return;
	if (peer->endpoint.addr.family == 0 && endpoint->addr.family != 0)
		timers_endpoint_known(&peer->timers);
	if (!endpoint_equal(&peer->endpoint, endpoint))
		memset(&peer->local, 0, sizeof(peer->local));
	peer->endpoint = *endpoint;
	struct wg_action *action = actions_add(actions, WG_ENDPOINT, slot);
	action->endpoint = peer->endpoint;
	action->local = peer->local;
	device_reschedule(d, peer);
}

void wg_peer_moved(struct wg_device *d, uint32_t slot, const struct endpoint *endpoint,
	const struct ip_addr *local, struct wg_actions *actions)
{
	struct peer *peer = peer_at(&d->peers, slot);

	if (peer)
		device_move_peer(peer, endpoint, local, actions);
}

void wg_peer_readdressed(struct wg_device *d, uint32_t slot, const struct ip_prefix *ours,
	unsigned count, struct wg_actions *actions)
{
	struct peer *peer = peer_at(&d->peers, slot);
	bool still_ours = false;

	if (!peer || peer->endpoint.addr.family == 0)
		return;
	for (unsigned i = 0; i < count; i++)
		still_ours |= addr_equal(&ours[i].addr, &peer->local);
	if (!still_ours)
		memset(&peer->local, 0, sizeof(peer->local));
	struct wg_action *action = actions_add(actions, WG_ENDPOINT, slot);
	action->endpoint = peer->endpoint;
	action->local = peer->local;
}

void wg_peer_greet(struct wg_device *d, uint32_t slot, struct wg_now now, struct wg_actions *actions)
{
	const struct peer *peer = peer_at(&d->peers, slot);

	if (peer && now.boot_ns < peer->usable_until_ns)
		actions_add(actions, WG_KEEPALIVE, slot);
}

void wg_peer_set_keepalive(struct wg_device *d, uint32_t slot, uint16_t seconds, struct wg_now now,
	struct wg_actions *actions)
{
	struct peer *peer = peer_at(&d->peers, slot);

	if (!peer)
		return;
	if (timers_set_persistent(&peer->timers, seconds, now.boot_ns))
		initiate_keepalive(d, peer, now, actions);
	device_reschedule(d, peer);
}

uint64_t wg_stamps_begin(struct wg_device *d, struct wg_now now, uint64_t kept_mark_ns)
{
	return stamps_begin(&d->stamps, now, kept_mark_ns);
}

void wg_stamps_reserved(struct wg_device *d, uint64_t mark_ns)
{
	stamps_reserved(&d->stamps, mark_ns);
}

uint64_t wg_stamps_wanted(struct wg_device *d, struct wg_now now)
{
	return stamps_wanted(&d->stamps, now);
}

uint64_t wg_stamps_end(const struct wg_device *d, struct wg_now now)
{
	return stamps_end(&d->stamps, now);
}

void wg_accept_clock(struct wg_device *d, struct wg_now now)
{
	stamps_accept(&d->stamps, now);
}

uint64_t wg_clock_doubt(const struct wg_device *d, struct wg_now now)
{
	return stamps_doubt(&d->stamps, now);
}
