/* SPDX-License-Identifier: BSD-3-Clause */
/* What control asks for: peers, sessions, routes. Every order that it must wait for is acked. */
#include <string.h>

#include "crypt/state.h"
#include "crypto/secret.h"

static void acknowledge(struct crypt *c, const struct crypt_order *o)
{
	struct crypt_ack ack = {
		.kind = o->kind,
		.slot = o->slot,
		.local_index = o->keys.local_index,
		.routes = o->routes,
	};

	/* orders are taken only while there is room for their acks */
	ring_send(&c->config.to_control, &ack, 1);
	c->wake_control = true;
}

static void wipe_tx(struct crypt *c, uint32_t slot)
{
	c->stats->sessions_wiped += session_tx_wipe(&c->sending[slot], &c->sending_next[slot]);
	seal_forget(c, slot);
	c->flags[slot] &= (uint8_t)~SENDER_KEEPALIVE;
}

static void wipe_rx(struct crypt *c, uint32_t slot)
{
	uint32_t dropped[RECEIVING_SLOTS];
	unsigned n = session_rx_wipe(&c->receivers[slot].session, dropped);

	open_forget(c, dropped, n);
}

static void wipe_sessions(struct crypt *c, uint32_t slot)
{
	if (crypt_opens(c, slot))
		wipe_rx(c, slot);
	if (crypt_seals(c, slot))
		wipe_tx(c, slot);
}

static void clear_sent(struct peer_report *r)
{
	atomic_store(&r->tx.events, 0);
	atomic_store(&r->tx.last_data_ns, 0);
	atomic_store(&r->tx.last_ns, 0);
	atomic_store(&r->tx.bytes, 0);
	atomic_store(&r->tx.packets, 0);
	r->tx.wished_ns = 0;
}

static void clear_received(struct peer_report *r)
{
	atomic_store(&r->rx.events, 0);
	atomic_store(&r->rx.last_data_ns, 0);
	atomic_store(&r->rx.last_ns, 0);
	atomic_store(&r->rx.bytes, 0);
	atomic_store(&r->rx.packets, 0);
	r->rx.source_tag = 0;
	r->rx.source.stamp = 0;
}

/* Control has sent the peer elsewhere: no source is the one that black knows (report_moved()). */
static void forget_source(struct crypt *c, uint32_t slot)
{
	if (crypt_opens(c, slot))
		c->config.reports[slot].rx.source_tag = 0;
}

static void remove_peer(struct crypt *c, uint32_t slot)
{
	wipe_sessions(c, slot);
	if (crypt_opens(c, slot))
		clear_received(&c->config.reports[slot]);
	if (!crypt_seals(c, slot))
		return;
	stage_drop(c, slot);
	c->flags[slot] &= (uint8_t)~SENDER_FLAGS;
	clear_sent(&c->config.reports[slot]);
}

static void install_rx(struct crypt *c, const struct crypt_order *o)
{
	uint32_t dropped[RECEIVING_SLOTS];
	unsigned slot;

	if (!crypt_opens(c, o->slot)) {
		c->stats->sessions_refused++;
		return;
	}
	unsigned n = session_rx_install(&c->receivers[o->slot].session, &o->keys, &slot, dropped);

	open_forget(c, dropped, n);
	/* control's indices are unique among the live ones, so this only fails by a fault of its own */
	if (open_remember(c, o->keys.local_index, o->slot, slot) == 0)
		c->stats->sessions_installed++;
	else
		c->stats->sessions_refused++;
}

/* A25: the initiator proves that it has the session, with what was staged or with a keepalive. */
static void install_tx(struct crypt *c, const struct crypt_order *o)
{
	if (!crypt_seals(c, o->slot)) {
		c->stats->sessions_refused++;
		return;
	}
	c->stats->sessions_wiped +=
		session_tx_install(&c->sending[o->slot], &c->sending_next[o->slot], &o->keys);
	seal_forget(c, o->slot);
	if (!o->keys.initiator)
		return;
	if (c->flags[o->slot] & SENDER_STAGING)
		stage_flush(c, o->slot);
	else
		seal_keepalive(c, o->slot);
}

static void set_peer(struct crypt *c, const struct crypt_order *o)
{
	c->flags[o->slot] &= (uint8_t)~SENDER_ENDPOINT;
	c->flags[o->slot] |= SENDER_EXISTS | (o->endpoint ? SENDER_ENDPOINT : 0);
}

static void flush_confirmed(struct crypt *c, uint32_t slot)
{
	uint32_t index = atomic_load(&c->config.reports[slot].rx.confirmed_index);

	if (session_tx_confirm(&c->sending[slot], &c->sending_next[slot], index))
		seal_forget(c, slot);
	stage_flush(c, slot);
}

/* Whose the next packets are may have changed. */
static void set_routes(struct crypt *c, const struct allowedips *routes)
{
	route_set(c, routes);
	c->red.backlog.known = c->red.backlog.asked = c->red.backlog.head;
}

/* A half goes to another thread, which may wait for it. Its sessions, if there still are any, end. */
static void yield(struct crypt *c, const struct crypt_order *o)
{
	if (o->to >= c->config.threads)
		return;
	if (o->half == CRYPT_OPENS && crypt_opens(c, o->slot)) {
		wipe_rx(c, o->slot);
		c->config.reports[o->slot].rx.source.stamp = 0; /* holds under our routes */
		/* What is known of messages that wait may point to its sessions: they are the other's. */
		c->black.backlog.known = c->black.backlog.asked = c->black.backlog.head;
		c->openers[o->slot] = o->to;
	} else if (o->half == CRYPT_SEALS && crypt_seals(c, o->slot)) {
		wipe_tx(c, o->slot);
		stage_pass_on(c, o->slot, o->to);
		c->flags[o->slot] = (uint8_t)((c->flags[o->slot] & SENDER_FLAGS) |
			o->to << SEALER_SHIFT);
	}
	bell_ring(c->config.bells[o->to]);
}

/* What concerns the sending half alone, and is not acked. */
static void perform_sending(struct crypt *c, const struct crypt_order *o)
{
	if (!crypt_seals(c, o->slot))
		return;
	switch ((enum crypt_order_kind)o->kind) {
	case CRYPT_PEER:
		set_peer(c, o);
		break;
	case CRYPT_KEEPALIVE:
		seal_keepalive(c, o->slot);
		break;
	case CRYPT_FLUSH:
		flush_confirmed(c, o->slot);
		break;
	case CRYPT_DROP_STAGED:
		stage_drop(c, o->slot);
		break;
	default:
		break;
	}
}

/*
 * What an earlier order gave to seal points to its key, which this one may wipe or replace: a packet would
 * leave sealed under zeros, or under the next key with a counter that comes again.
 */
static void perform(struct crypt *c, const struct crypt_order *o)
{
	seal_run(c);
	switch ((enum crypt_order_kind)o->kind) {
	case CRYPT_PEER:
	case CRYPT_KEEPALIVE:
	case CRYPT_FLUSH:
	case CRYPT_DROP_STAGED:
		perform_sending(c, o);
		return;
	case CRYPT_YIELD:
		yield(c, o);
		return;
	case CRYPT_TAKE:
		return;
	case CRYPT_SOURCE:
		forget_source(c, o->slot);
		return;
	case CRYPT_REMOVE:
		remove_peer(c, o->slot);
		break;
	case CRYPT_SESSION_RX:
		install_rx(c, o);
		break;
	case CRYPT_SESSION_TX:
		install_tx(c, o);
		break;
	case CRYPT_WIPE:
		wipe_sessions(c, o->slot);
		break;
	case CRYPT_ROUTES:
		set_routes(c, o->routes);
		break;
	}
	acknowledge(c, o);
}

/* Who yields to us rings our bell. */
static bool must_wait(const struct crypt *c, const struct crypt_order *o)
{
	if (o->kind != CRYPT_TAKE)
		return false;
	return o->half == CRYPT_OPENS ? !crypt_opens(c, o->slot) : !crypt_seals(c, o->slot);
}

/* As many as there is room for the acks of. */
static void take_orders(struct crypt *c)
{
	unsigned room = ring_free_count(&c->config.to_control);

	c->orders.next = 0;
	c->orders.count = ring_take(&c->config.from_control, c->orders.list,
		room < ORDERS_PER_POLL ? room : ORDERS_PER_POLL);
}

unsigned orders_poll(struct crypt *c)
{
	unsigned done = 0;

	if (c->orders.next == c->orders.count) {
		if (ring_empty(&c->config.from_control))
			return 0;
		take_orders(c);
	}
	for (; c->orders.next < c->orders.count; c->orders.next++, done++) {
		struct crypt_order *o = &c->orders.list[c->orders.next];
		if (o->slot < c->config.max_peers) {
			if (must_wait(c, o))
				break;
			perform(c, o);
		}
		secret_wipe(o, sizeof(*o));
	}
	seal_run(c);
	return done;
}

void orders_forget(struct crypt *c)
{
	secret_wipe(&c->orders, sizeof(c->orders));
}
