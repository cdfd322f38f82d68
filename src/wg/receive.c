/* SPDX-License-Identifier: BSD-3-Clause */
/* Handshake messages from the wire. Nothing changes before a message has proven to be valid. */
#include <errno.h>
#include <string.h>

#include "crypto/secret.h"
#include "util/bytes.h"
#include "wg/indices.h"
#include "wg/state.h"
#include "wg/timestamp.h"

/* Initiations of both sides that are this close together have crossed on the wire. */
#define CROSSING CLOCK_SECOND

#define INITIATION_INTERVAL (CLOCK_SECOND / INITIATIONS_PER_SECOND)

struct arrival {
	struct wg_now now;
	const struct endpoint *from;
	const struct ip_addr *local;
	struct wg_actions *actions;
};

static void install(const struct arrival *a, struct peer *peer, const struct session_keys *keys)
{
	struct wg_action *action = actions_add(a->actions, WG_INSTALL, peer->slot);

	action->keys = *keys;
}

/* A message proved to come from the peer: it is alive, and there (A51). */
static void heard_from(const struct arrival *a, struct peer *peer, size_t length)
{
	peer->rx_bytes += length;
	device_move_peer(peer, a->from, a->local, a->actions);
	timers_any_received(&peer->timers, a->now.boot_ns);
}

/* A13, A14 */
static int check_freshness(const struct peer *peer, const struct noise_received *received,
	uint64_t now_ns)
{
	if (!timestamp_after(received->timestamp, peer->timestamp_seen))
		return -EALREADY;
	if (peer->consumed && now_ns < peer->consumed_ns + INITIATION_INTERVAL)
		return -EBUSY;
	return 0;
}

static int read_initiation(struct wg_device *d, const struct arrival *a,
	const struct message_initiation *message, struct noise_received *received,
	struct peer **peer)
{
	int error = noise_consume_initiation(received, &d->identity, message);

	if (error)
		return error;
	*peer = peer_find(&d->peers, received->static_public);
	if (!*peer)
		return -ENOENT;
	if (!device_is_usable(d, *peer))
		return -EBADMSG;
	error = noise_prove_initiation(received, &(*peer)->remote, message);
	return error ? error : check_freshness(*peer, received, a->now.boot_ns);
}

/*
 * C8: both sides have initiated at once. Were both to drop their own and answer, each would end the
 * handshake that the other completes, and they would meet again after the same 5 s. So the side with
 * the greater public key answers, but does not give up its own: the other side, or one that does not
 * know this rule, has given way and answers it; and should ours have been lost, it takes our answer.
 */
static bool crosses_ours(const struct wg_device *d, const struct peer *peer, uint64_t now_ns)
{
	return peer->initiation.outstanding && now_ns < peer->initiated_ns + CROSSING &&
		memcmp(d->identity.public_key, peer->remote.public_key, 32) > 0;
}

/* What the peer initiated takes the place of what we did. */
static void drop_initiation(struct wg_device *d, struct peer *peer)
{
	if (peer->initiation.outstanding)
		indices_release(d, peer->initiation.local_index);
	secret_wipe(&peer->initiation, sizeof(peer->initiation));
}

static void consumed(struct peer *peer, const struct noise_received *received, uint64_t now_ns)
{
	memcpy(peer->timestamp_seen, received->timestamp, sizeof(peer->timestamp_seen));
	peer->consumed_ns = now_ns;
	peer->consumed = true;
}

/*
 * The session goes to crypt; the response waits for it, as the peer may use the session as soon as
 * it has the response. One that was waiting is replaced (C10).
 */
static void hold_response(struct wg_device *d, const struct arrival *a, struct peer *peer,
	const struct message_response *message, const struct session_keys *keys)
{
	memcpy(peer->response.message, message, sizeof(*message));
	peer->response.local_index = keys->local_index;
	peer->response.pending = true;
	peer->responded_ns = a->now.boot_ns;
	indices_keep_session(d, peer, keys->local_index, keys->birth_ns, false);
	install(a, peer, keys);
	timers_session_derived(&peer->timers, a->now.boot_ns);
	timers_response_sent(&peer->timers, a->now.boot_ns);
}

static int answer(struct wg_device *d, const struct arrival *a, struct peer *peer,
	const struct noise_received *received)
{
	struct message_response message;
	struct session_keys keys = {.birth_ns = a->now.boot_ns};

	if (!peer->initiation.outstanding) /* else it stays where the index of that leads */
		indices_place(d, peer);
	uint32_t index = indices_draw(d, peer);
	if (noise_create_response(&message, &keys, received, &peer->remote, index) != 0) {
		indices_release(d, index);
		return -EBADMSG;
	}
	peer->crossed = crosses_ours(d, peer, a->now.boot_ns);
	if (!peer->crossed)
		drop_initiation(d, peer);
	consumed(peer, received, a->now.boot_ns);
	heard_from(a, peer, sizeof(struct message_initiation));
	hold_response(d, a, peer, &message, &keys);
	secret_wipe(&keys, sizeof(keys));
	return 0;
}

static int receive_initiation(struct wg_device *d, const struct arrival *a,
	const struct message_initiation *message)
{
	struct noise_received received;
	struct peer *peer;
	int error = read_initiation(d, a, message, &received, &peer);

	if (error)
		goto out;
	error = answer(d, a, peer, &received);
	device_reschedule(d, peer);
out:
	secret_wipe(&received, sizeof(received));
	return error;
}

/* The peer proved to have the session: it may be used at once (A25; crypt sends what is staged). */
static void begin_session(struct wg_device *d, const struct arrival *a, struct peer *peer,
	const struct session_keys *keys)
{
	heard_from(a, peer, sizeof(struct message_response));
	indices_keep_session(d, peer, keys->local_index, keys->birth_ns, true);
	install(a, peer, keys);
	peer->usable_until_ns = keys->birth_ns + REJECT_AFTER_TIME;
	peer->last_handshake_wall_ns = a->now.wall_ns;
	timers_session_derived(&peer->timers, a->now.boot_ns);
	timers_handshake_complete(&peer->timers, a->now.boot_ns);
}

static int receive_response(struct wg_device *d, const struct arrival *a,
	const struct message_response *message)
{
	uint32_t index = get_le32(message->receiver_index);
	struct peer *peer = indices_find(d, index);
	struct session_keys keys = {.birth_ns = a->now.boot_ns};
	int error;

	/* A11; an index may also lead to a session, whose handshake is over */
	if (!peer || !peer->initiation.outstanding || peer->initiation.local_index != index)
		return -ENOENT;
	error = noise_consume_response(&keys, &peer->initiation, &d->identity, &peer->remote,
		message);
	if (error)
		return error;
	keys.crossed = peer->crossed;
	begin_session(d, a, peer, &keys);
	device_reschedule(d, peer);
	secret_wipe(&keys, sizeof(keys));
	return 0;
}

/*
 * A20: the index may be that of our initiation, or of a session, when it was our response that drew
 * the reply. The peer is not yet more than somebody who read our message: no endpoint moves, no timer
 * hears of it, and nothing is sent. The next message, when it is due, carries mac2.
 */
static int receive_cookie(struct wg_device *d, const struct arrival *a,
	const struct message_cookie *message)
{
	struct peer *peer = indices_find(d, get_le32(message->receiver_index));

	if (!peer)
		return -ENOENT;
	return jar_consume(&peer->jar, message, peer->remote.public_key, a->now.boot_ns);
}

static bool has_reserved_bits(const uint8_t *message)
{
	return (message[1] | message[2] | message[3]) != 0;
}

int wg_receive(struct wg_device *d, struct wg_now now, const struct endpoint *from,
	const struct ip_addr *local, const uint8_t *message, size_t length,
	struct wg_actions *actions)
{
	struct arrival a = {.now = now, .from = from, .local = local, .actions = actions};

	if (length < 4 || has_reserved_bits(message))
		return -EPROTO;
	if (!d->identity.set)
		return -ENOKEY;
	if (message[0] == MESSAGE_INITIATION && length == sizeof(struct message_initiation))
		return receive_initiation(d, &a, (const struct message_initiation *)message);
	if (message[0] == MESSAGE_RESPONSE && length == sizeof(struct message_response))
		return receive_response(d, &a, (const struct message_response *)message);
	if (message[0] == MESSAGE_COOKIE && length == sizeof(struct message_cookie))
		return receive_cookie(d, &a, (const struct message_cookie *)message);
	return -EPROTO;
}

void wg_session_installed(struct wg_device *d, struct wg_now now, uint32_t slot,
	uint32_t local_index, struct wg_actions *actions)
{
	struct peer *peer = peer_at(&d->peers, slot);

	if (!peer || !peer->response.pending || peer->response.local_index != local_index)
		return;
	/* Macs come last: a cookie that arrived meanwhile is used, and the next reply is to this. */
	jar_add_macs(&peer->jar, peer->response.message, sizeof(peer->response.message),
		peer->remote.public_key, now.boot_ns);
	actions_add_send(actions, peer, peer->response.message, sizeof(peer->response.message));
	peer->response.pending = false;
	timers_response_sent(&peer->timers, now.boot_ns);
	device_reschedule(d, peer);
}
