/* SPDX-License-Identifier: BSD-3-Clause */
/* Our side of a handshake: initiations, when there is a reason and A33 allows them. */
#include <string.h>

#include "crypto/secret.h"
#include "wg/indices.h"
#include "wg/state.h"
#include "wg/timestamp.h"

static bool is_possible(const struct wg_device *d, struct peer *peer)
{
	return d->identity.set && peer->endpoint.addr.family != 0 && device_is_usable(d, peer);
}

void initiate_send(struct wg_device *d, struct peer *peer, struct wg_now now,
	struct wg_actions *actions)
{
	struct message_initiation message;
	uint8_t timestamp[WG_TIMESTAMP_LEN];
	uint32_t former = peer->initiation.local_index;
	bool had_former = peer->initiation.outstanding;
	uint32_t index;

	if (!is_possible(d, peer))
		return;
	if (!stamps_take(&d->stamps, now, &peer->stamped_ns)) { /* C30 */
		timers_initiation_sent(&peer->timers, now.boot_ns); /* the retry makes up for it */
		return;
	}
	timestamp_from_wall(timestamp, peer->stamped_ns);
	indices_place(d, peer); /* the former initiation is given up */
	index = indices_draw(d, peer);
	if (noise_create_initiation(&message, &peer->initiation, &d->identity, &peer->remote,
		    timestamp, index) != 0) {
		indices_release(d, index);
		return;
	}
	if (had_former)
		indices_release(d, former);
	jar_add_macs(&peer->jar, (uint8_t *)&message, sizeof(message), peer->remote.public_key,
		now.boot_ns);
	actions_add_send(actions, peer, &message, sizeof(message));
	peer->initiated_ns = now.boot_ns;
	peer->crossed = false;
	timers_initiation_sent(&peer->timers, now.boot_ns);
}

void initiate_keepalive(struct wg_device *d, struct peer *peer, struct wg_now now,
	struct wg_actions *actions)
{
	if (now.boot_ns < peer->usable_until_ns)
		actions_add(actions, WG_KEEPALIVE, peer->slot);
	else if (is_possible(d, peer) &&
		timers_keepalive_wanted_session(&peer->timers, now.boot_ns))
		initiate_send(d, peer, now, actions);
}
