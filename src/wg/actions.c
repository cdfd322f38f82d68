/* SPDX-License-Identifier: BSD-3-Clause */
#include <assert.h>
#include <string.h>

#include "crypto/secret.h"
#include "wg/state.h"

void wg_actions_clear(struct wg_actions *actions)
{
	secret_wipe(actions->list, actions->count * sizeof(actions->list[0]));
	actions->count = 0;
}

bool actions_have_room(const struct wg_actions *actions)
{
	return actions->count + WG_ACTIONS_PER_CALL <= WG_ACTIONS_MAX;
}

struct wg_action *actions_add(struct wg_actions *actions, enum wg_action_kind kind, uint32_t slot)
{
	assert(actions->count < WG_ACTIONS_MAX); /* a lost WG_WIPE would be worse than no service */
	struct wg_action *action = &actions->list[actions->count++];

	memset(action, 0, sizeof(*action));
	action->kind = kind;
	action->slot = slot;
	return action;
}

void actions_add_send(struct wg_actions *actions, struct peer *peer, const void *message,
	uint16_t length)
{
	struct wg_action *action = actions_add(actions, WG_SEND, peer->slot);

	action->endpoint = peer->endpoint;
	action->local = peer->local;
	action->length = length;
	memcpy(action->data, message, length);
	peer->tx_bytes += length;
}
