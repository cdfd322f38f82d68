/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What crypt reports of a peer's packets. A report covers the time since the one before, 100 ms at
 * most: bits say what happened, times when it happened last. So of the first of several packets one
 * only knows that it was in the interval, and a timer that counts from it (A36: unanswered data;
 * A37: data to be answered) fires late by at most the interval, never early. Where sending and
 * receiving fell into one interval, the later of the two decides who has answered whom.
 */
#include "wg/indices.h"
#include "wg/state.h"

#define ANY_SENT     (PEER_DATA_SENT | PEER_KEEPALIVE_SENT)
#define ANY_RECEIVED (PEER_DATA_RECEIVED | PEER_KEEPALIVE_RECEIVED)
#define WANT_SESSION (PEER_NEEDS_SESSION | PEER_KEY_OLD_TX | PEER_KEY_OLD_RX)

/* A24: the peer has the session that our response offered. */
static void session_confirmed(struct peer *peer, struct wg_now now, struct wg_actions *actions)
{
	uint64_t until = peer->responded_ns + REJECT_AFTER_TIME;

	actions_add(actions, WG_FLUSH, peer->slot);
	if (peer->responded_ns == 0)
		return; /* of a session that has been wiped meanwhile */
	if (until > peer->usable_until_ns)
		peer->usable_until_ns = until;
	indices_confirm_session(peer);
	peer->last_handshake_wall_ns = now.wall_ns;
	timers_handshake_complete(&peer->timers, now.boot_ns);
}

/* Each direction takes back what waited for it; then what came later still waits for an answer. */
static void packets_reported(struct timers *t, const struct wg_traffic *traffic)
{
	bool sent = traffic->events & ANY_SENT;
	bool received = traffic->events & ANY_RECEIVED;

	if (sent)
		timers_any_sent(t, traffic->last_tx_ns);
	if (received)
		timers_any_received(t, traffic->last_rx_ns);
	if ((traffic->events & PEER_DATA_SENT) &&
		(!received || traffic->last_data_tx_ns > traffic->last_rx_ns))
		timers_data_sent(t, traffic->last_data_tx_ns);
	if ((traffic->events & PEER_DATA_RECEIVED) &&
		(!sent || traffic->last_data_rx_ns > traffic->last_tx_ns))
		timers_data_received(t, traffic->last_data_rx_ns);
}

bool wg_peer_has_session(const struct wg_device *d, uint32_t slot, uint32_t local_index)
{
	const struct peer *peer = peer_at(&d->peers, slot);

	return peer && indices_has_session(peer, local_index);
}

void wg_traffic(struct wg_device *d, struct wg_now now, uint32_t slot,
	const struct wg_traffic *traffic, struct wg_actions *actions)
{
	struct peer *peer = peer_at(&d->peers, slot);

	if (!peer)
		return;
	if (traffic->events & PEER_CONFIRMED)
		session_confirmed(peer, now, actions);
	packets_reported(&peer->timers, traffic);
	if ((traffic->events & WANT_SESSION) &&
		timers_session_wanted(&peer->timers, now.boot_ns))
		initiate_send(d, peer, now, actions);
	device_reschedule(d, peer);
}
