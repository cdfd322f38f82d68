/* SPDX-License-Identifier: BSD-3-Clause */
/* What control tells the other domains. */
#include <stdio.h>
#include <string.h>

#include "crypto/keytext.h"
#include "crypto/secret.h"
#include "ctl/control_state.h"
#include "util/log.h"
#include "wg/messages.h"

/* Everything that makes orders asks for room first, so this cannot happen; if it does, we stop. */
static void put(struct control *c, struct outbox *to, const void *order, size_t bytes)
{
	if (outbox_put(to, order, bytes))
		return;
	if (!c->failed)
		log_event(LOG_ERROR, "control", "an order was lost: a domain takes none; stopping");
	c->failed = true;
}

const char *control_peer_label(const struct control *c, uint32_t slot, char text[static 48])
{
	struct wg_peer_info info;

	if (c->peers[slot].name[0]) {
		snprintf(text, 48, "%s", c->peers[slot].name);
		return text;
	}
	wg_peer_info(c->device, slot, &info);
	key_to_base64(text, info.public_key);
	return text;
}

/* ---- to crypt ---- */

static void put_crypt(struct control *c, unsigned thread, const struct crypt_order *order)
{
	put(c, &c->to_crypt[thread], order, sizeof(*order));
}

unsigned control_tell_all(struct control *c, const struct crypt_order *order)
{
	for (unsigned i = 0; i < c->config.crypt_count; i++)
		put_crypt(c, i, order);
	return c->config.crypt_count;
}

void control_tell_crypt(struct control *c, enum crypt_order_kind kind, uint32_t slot)
{
	struct crypt_order order = {.kind = (uint8_t)kind, .slot = slot};

	put_crypt(c, c->holders[slot].seal, &order);
}

void control_tell_peer(struct control *c, uint32_t slot, bool endpoint)
{
	struct crypt_order order = {.kind = CRYPT_PEER, .slot = slot, .endpoint = endpoint};

	put_crypt(c, c->holders[slot].seal, &order);
}

void control_wipe_sessions(struct control *c, uint32_t slot)
{
	struct crypt_order order = {.kind = CRYPT_WIPE, .slot = slot};
	const struct holders *h = &c->holders[slot];
	uint32_t orders = h->seal == h->open ? 1 : 2;

	installs_drop(&c->installs, slot); /* a half of them would come after the wipe */
	c->peers[slot].wipe_due = false;
	c->peers[slot].up_until_ns = 0;
	c->peers[slot].wipes += orders;
	c->wipes += orders;
	put_crypt(c, h->open, &order);
	if (orders == 2)
		put_crypt(c, h->seal, &order);
}

void control_tell_session(struct control *c, enum crypt_order_kind kind, uint32_t slot,
	const struct session_keys *keys)
{
	struct crypt_order order = {.kind = (uint8_t)kind, .slot = slot, .keys = *keys};
	const struct holders *h = &c->holders[slot];

	put_crypt(c, kind == CRYPT_SESSION_RX ? h->open : h->seal, &order);
	secret_wipe(&order, sizeof(order));
}

/* What is told to the new holder after this finds the half there (boundary.h). */
static void move_half(
	struct control *c, uint32_t slot, enum crypt_half half, uint8_t *holder, unsigned to)
{
	struct crypt_order yield = {
		.kind = CRYPT_YIELD, .slot = slot, .half = (uint8_t)half, .to = (uint8_t)to};
	struct crypt_order take = {.kind = CRYPT_TAKE, .slot = slot, .half = (uint8_t)half};

	if (*holder == to)
		return;
	put_crypt(c, *holder, &yield);
	put_crypt(c, to, &take);
	*holder = (uint8_t)to;
	if (half == CRYPT_SEALS)
		routing_links_changed(c);
}

/* wg says which threads the peer's sessions are for; others than before when it had none left. */
static bool place_halves(struct control *c, const struct wg_action *action)
{
	struct holders *h = &c->holders[action->slot];
	unsigned seal, open;

	wg_peer_threads(c->device, action->slot, &seal, &open);
	if (crypt_thread_of(action->keys.local_index, c->config.crypt_count) != open) {
		log_event(LOG_ERROR, "control", "a session is for another crypt thread");
		return false;
	}
	move_half(c, action->slot, CRYPT_OPENS, &h->open, open);
	move_half(c, action->slot, CRYPT_SEALS, &h->seal, seal);
	return true;
}

static void install_session(struct control *c, const struct wg_action *action, struct wg_now now)
{
	/* Before it: later, the wipe would be this session's too. And who has the former ones wipes them. */
	if (c->peers[action->slot].wipe_due)
		control_wipe_sessions(c, action->slot);
	if (place_halves(c, action) &&
		installs_add(&c->installs, action->slot, &action->keys, now.boot_ns))
		control_tell_session(c, CRYPT_SESSION_RX, action->slot, &action->keys);
}

/* ---- to black ---- */

static void send_message(struct control *c, const struct wg_action *action, struct wg_now now)
{
	struct black_order order = {.kind = BLACK_SEND,
		.slot = action->slot,
		.length = action->length,
		.remote = action->endpoint,
		.local = action->local};

	memcpy(order.data, action->data, action->length);
	put(c, &c->to_black, &order, sizeof(order));
	if (action->data[0] == MESSAGE_INITIATION)
		names_attempt(&c->names, action->slot, now.boot_ns);
}

/* Not when only our own address is another, nor when an administrator set it. */
static void log_move(struct control *c, const struct wg_action *action, struct wg_now now)
{
	struct peer_state *peer = &c->peers[action->slot];
	char text[ADDR_TEXT_MAX], label[48];

	if (endpoint_equal(&peer->endpoint, &action->endpoint) || c->run.stage != STAGE_NONE ||
		now.boot_ns < peer->moved_ns + MOVED_LOG_NS)
		return;
	peer->moved_ns = now.boot_ns;
	log_event(LOG_INFO, "control", "peer moved peer=%s endpoint=%s",
		control_peer_label(c, action->slot, label),
		endpoint_format(&action->endpoint, text));
}

/* A51: data that goes on to come from elsewhere is to be heard of. Before its first endpoint none came. */
static void tell_source(struct control *c, uint32_t slot)
{
	struct crypt_order order = {.kind = CRYPT_SOURCE, .slot = slot};

	put_crypt(c, c->holders[slot].open, &order);
}

static void tell_endpoint(struct control *c, const struct wg_action *action, struct wg_now now)
{
	struct black_order order = {.kind = BLACK_ENDPOINT,
		.slot = action->slot,
		.remote = action->endpoint,
		.local = action->local};
	struct endpoint *known = &c->peers[action->slot].endpoint;

	put(c, &c->to_black, &order, sizeof(order));
	if (known->addr.family == 0)
		control_tell_peer(c, action->slot, true);
	else
		tell_source(c, action->slot);
	log_move(c, action, now);
	*known = action->endpoint;
}

void control_forget_peer(struct control *c, uint32_t slot)
{
	struct black_order order = {.kind = BLACK_NO_ENDPOINT, .slot = slot};
	struct crypt_order remove = {.kind = CRYPT_REMOVE, .slot = slot};

	installs_drop(&c->installs, slot);
	names_clear(&c->names, slot);
	c->peers[slot].use = PEER_REMOVING;
	c->removals++;
	c->peers[slot].removals = control_tell_all(c, &remove);
	put(c, &c->to_black, &order, sizeof(order));
}

void control_tell_identity(struct control *c)
{
	struct black_order order = {.kind = BLACK_IDENTITY};

	if (wg_public_key(c->device, order.data))
		order.length = 32;
	put(c, &c->to_black, &order, sizeof(order));
}

void control_tell_port(struct control *c, uint16_t port)
{
	struct black_order order = {.kind = BLACK_LISTEN, .remote = {.port = port}};

	c->listen_port = port;
	put(c, &c->to_black, &order, sizeof(order));
}

void control_tell_addresses(struct control *c, const struct ip_prefix *addresses, unsigned count,
	const struct ip_addr *gateway, const struct ip_addr *gateway6)
{
	struct black_order complete = {.kind = BLACK_ADDRESSES,
		.slot = count,
		.remote = {.addr = *gateway},
		.local = *gateway6};

	for (unsigned i = 0; i < count; i++) {
		struct black_order order = {.kind = BLACK_ADDRESS,
			.slot = i,
			.length = addresses[i].length,
			.local = addresses[i].addr};
		put(c, &c->to_black, &order, sizeof(order));
	}
	put(c, &c->to_black, &complete, sizeof(complete));
}

/* ---- actions ---- */

static void give_up(struct control *c, uint32_t slot, struct wg_now now)
{
	char label[48];

	control_tell_crypt(c, CRYPT_DROP_STAGED, slot);
	names_gave_up(&c->names, slot, now.boot_ns);
	if (!c->peers[slot].silent)
		log_event(LOG_NOTICE, "control", "peer does not answer peer=%s",
			control_peer_label(c, slot, label));
	c->peers[slot].silent = true;
}

static void perform_one(struct control *c, const struct wg_action *action, struct wg_now now)
{
	switch (action->kind) {
	case WG_SEND:
		send_message(c, action, now);
		break;
	case WG_INSTALL:
		install_session(c, action, now);
		break;
	case WG_WIPE:
		control_wipe_sessions(c, action->slot);
		break;
	case WG_KEEPALIVE:
		control_tell_crypt(c, CRYPT_KEEPALIVE, action->slot);
		break;
	case WG_FLUSH:
		control_tell_crypt(c, CRYPT_FLUSH, action->slot);
		break;
	case WG_DROP_STAGED:
		give_up(c, action->slot, now);
		break;
	case WG_ENDPOINT:
		tell_endpoint(c, action, now);
		break;
	}
}

void control_perform(struct control *c, struct wg_now now)
{
	for (unsigned i = 0; i < c->actions->count; i++) {
		const struct wg_action *action = &c->actions->list[i];
		/* wg names none but its peers; any other slot would lead out of the tables. */
		if (action->slot < c->config.max_peers && c->peers[action->slot].use == PEER_USED)
			perform_one(c, action, now);
	}
	wg_actions_clear(c->actions);
}
