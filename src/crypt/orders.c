/* SPDX-License-Identifier: BSD-3-Clause */
/* What control asks for: peers, sessions, routes. Every order that it must wait for is acked. */
#include <string.h>

#include "crypt/state.h"
#include "crypto/secret.h"

#define ORDERS_PER_POLL 8

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

static void wipe_sessions(struct crypt *c, uint32_t slot)
{
	uint32_t dropped[RECEIVING_SLOTS];
	unsigned n = session_rx_wipe(&c->receivers[slot].session, dropped);

	open_forget(c, dropped, n);
	c->stats->sessions_wiped += session_tx_wipe(&c->senders[slot].session);
	seal_forget(c, slot);
}

static void clear_report(struct peer_report *r)
{
	atomic_store(&r->tx.events, 0);
	atomic_store(&r->tx.last_data_ns, 0);
	atomic_store(&r->tx.last_ns, 0);
	atomic_store(&r->tx.bytes, 0);
	atomic_store(&r->tx.packets, 0);
	atomic_store(&r->rx.events, 0);
	atomic_store(&r->rx.last_data_ns, 0);
	atomic_store(&r->rx.last_ns, 0);
	atomic_store(&r->rx.bytes, 0);
	atomic_store(&r->rx.packets, 0);
	r->rx.source_tag = 0;
	r->rx.source.stamp = 0;
}

static void remove_peer(struct crypt *c, uint32_t slot)
{
	wipe_sessions(c, slot);
	stage_drop(c, slot);
	c->flags[slot] = 0;
	clear_report(&c->config.reports[slot]);
}

static void install_rx(struct crypt *c, const struct crypt_order *o)
{
	uint32_t dropped[RECEIVING_SLOTS];
	unsigned slot;
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
	struct sender *s = &c->senders[o->slot];

	c->stats->sessions_wiped += session_tx_install(&s->session, &o->keys);
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

	if (session_tx_confirm(&c->senders[slot].session, index))
		seal_forget(c, slot);
	stage_flush(c, slot);
}

/* Whose the next packets are may have changed. */
static void set_routes(struct crypt *c, const struct allowedips *routes)
{
	route_set(c, routes);
	c->red.backlog.known = c->red.backlog.asked = c->red.backlog.head;
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
		set_peer(c, o);
		return;
	case CRYPT_KEEPALIVE:
		seal_keepalive(c, o->slot);
		return;
	case CRYPT_FLUSH:
		flush_confirmed(c, o->slot);
		return;
	case CRYPT_DROP_STAGED:
		stage_drop(c, o->slot);
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

unsigned orders_poll(struct crypt *c)
{
	struct crypt_order orders[ORDERS_PER_POLL];
	unsigned room = ring_free_count(&c->config.to_control);

	if (ring_empty(&c->config.from_control))
		return 0;
	unsigned n = ring_take(&c->config.from_control, orders,
		room < ORDERS_PER_POLL ? room : ORDERS_PER_POLL);
	for (unsigned i = 0; i < n; i++)
		if (orders[i].slot < c->config.max_peers)
			perform(c, &orders[i]);
	seal_run(c);
	secret_wipe(orders, sizeof(orders[0]) * n);
	return n;
}
