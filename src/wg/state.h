/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files that make up a device share. Not for users of the device. */
#ifndef WG_STATE_H
#define WG_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "wg/device.h"
#include "wg/index.h"
#include "wg/noise.h"
#include "wg/peer.h"
#include "wg/schedule.h"
#include "wg/stamps.h"

struct wg_device { /* in guarded memory */
	struct noise_identity identity;
	struct peer_table peers;
	struct index_table indices; /* of handshakes and live sessions, to slots (A27) */
	struct lanes lanes;
	struct schedule schedule;
	struct stamps stamps; /* for our initiations (A13, C30) */
};

/* ---- actions.c ---- */

/* The next free one, zeroed but for kind and slot. Callers leave room for WG_ACTIONS_PER_CALL. */
struct wg_action *actions_add(struct wg_actions *actions, enum wg_action_kind kind, uint32_t slot);
bool actions_have_room(const struct wg_actions *actions);
/* A handshake message to where the peer is. */
void actions_add_send(struct wg_actions *actions, struct peer *peer, const void *message,
	uint16_t length);

/* ---- device.c ---- */

/* Called last by whatever may have changed a peer's timers. */
void device_reschedule(struct wg_device *d, const struct peer *peer);
/*
 * Whether there can be handshakes with the peer (A9). After our private key changed, a peer's
 * static-static is computed when it is needed: that of thousands at once would take too long (A54).
 */
bool device_is_usable(const struct wg_device *d, struct peer *peer);
/* Forget initiation, pending response and sessions; timers are the caller's. */
void device_forget_keys(struct wg_device *d, struct peer *peer);
/* A51. Emits WG_ENDPOINT when something changed. */
void device_move_peer(struct peer *peer, const struct endpoint *endpoint,
	const struct ip_addr *local, struct wg_actions *actions);

/* ---- initiate.c ---- */

/* Sends an initiation, unless there is no key, no endpoint, or the peer's key is of low order. */
void initiate_send(struct wg_device *d, struct peer *peer, struct wg_now now,
	struct wg_actions *actions);
/* A keepalive under the session, or an initiation when there is no session (A37, A38). */
void initiate_keepalive(struct wg_device *d, struct peer *peer, struct wg_now now,
	struct wg_actions *actions);

#endif
