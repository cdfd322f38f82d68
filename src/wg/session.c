/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/session.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "crypto/secret.h"
#include "wg/messages.h"

/* A32: seconds before the end of a key at which the initiator renews it on receiving. */
#define RENEW_ON_RECEIVE (REJECT_AFTER_TIME - KEEPALIVE_TIMEOUT - REKEY_TIMEOUT)

static_assert(sizeof(struct receiving) == 64, "what a message in order needs is a line");

/* Clock readings of two threads may differ by a little: a key from the future is new. */
static uint64_t age(uint64_t birth_ns, uint64_t now_ns)
{
	return now_ns > birth_ns ? now_ns - birth_ns : 0;
}

/* ---- sending ---- */

static unsigned wipe_sending(struct sending *s)
{
	unsigned wiped = s->valid;

	secret_wipe(s, sizeof(*s));
	return wiped;
}

unsigned session_tx_install(struct sending *current, struct sending *next,
	const struct session_keys *keys)
{
	struct sending *to = keys->initiator ? current : next;
	unsigned wiped = wipe_sending(to);

	if (keys->initiator)
		wiped += wipe_sending(next);
	memcpy(to->key, keys->send, sizeof(to->key));
	to->birth_ns = keys->birth_ns;
	to->local_index = keys->local_index;
	to->remote_index = keys->remote_index;
	to->initiator = keys->initiator;
	to->valid = true;
	return wiped;
}

bool session_tx_confirm(struct sending *current, struct sending *next, uint32_t local_index)
{
	if (!next->valid || next->local_index != local_index)
		return false;
	*current = *next;
	wipe_sending(next);
	return true;
}

bool session_tx_claim(struct sending *c, uint64_t now_ns, uint64_t *counter, uint32_t *events)
{
	if (!c->valid || age(c->birth_ns, now_ns) >= REJECT_AFTER_TIME ||
		c->counter >= REJECT_AFTER_MESSAGES) {
		*events |= PEER_NEEDS_SESSION;
		return false;
	}
	*counter = c->counter++;
	if (c->counter > REKEY_AFTER_MESSAGES ||
		(c->initiator && age(c->birth_ns, now_ns) >= REKEY_AFTER_TIME))
		*events |= PEER_KEY_OLD_TX;
	return true;
}

unsigned session_tx_wipe(struct sending *current, struct sending *next)
{
	return wipe_sending(current) + wipe_sending(next);
}

unsigned session_tx_expire(struct sending *current, struct sending *next, uint64_t now_ns)
{
	unsigned wiped = 0;

	if (current->valid && age(current->birth_ns, now_ns) >= REJECT_AFTER_TIME)
		wiped += wipe_sending(current);
	if (next->valid && age(next->birth_ns, now_ns) >= REJECT_AFTER_TIME)
		wiped += wipe_sending(next);
	return wiped;
}

/* ---- receiving ---- */

static struct receiving *with_role(struct session_rx *s, enum receiving_role role)
{
	for (unsigned i = 0; i < RECEIVING_SLOTS; i++)
		if (s->slot[i].role == role)
			return &s->slot[i];
	return NULL;
}

/* Wipes the session with that role, if any, and adds its index to dropped[n]. */
static unsigned drop(struct session_rx *s, enum receiving_role role, uint32_t *dropped, unsigned n)
{
	struct receiving *r = with_role(s, role);

	if (!r)
		return n;
	dropped[n] = r->local_index;
	secret_wipe(r, sizeof(*r));
	return n + 1;
}

static void set_role(struct session_rx *s, enum receiving_role from, enum receiving_role to)
{
	struct receiving *r = with_role(s, from);

	if (r)
		r->role = to;
}

/*
 * Current ends, and becomes previous: messages may be under way under it. But when none ever came, the
 * other side has not taken it up, and still uses the one before: then that stays previous.
 */
static unsigned retire_current(struct session_rx *s, uint32_t *dropped, unsigned n)
{
	const struct receiving *current = with_role(s, RECEIVING_CURRENT);

	if (current && current->replay.greatest == 0 && with_role(s, RECEIVING_PREVIOUS))
		return drop(s, RECEIVING_CURRENT, dropped, n);
	n = drop(s, RECEIVING_PREVIOUS, dropped, n);
	set_role(s, RECEIVING_CURRENT, RECEIVING_PREVIOUS);
	return n;
}

/* An initiator confirms at once: one that has not done so by now has given its attempt up. */
static bool is_forsaken(const struct receiving *next, uint64_t now_ns)
{
	return age(next->birth_ns, now_ns) > REKEY_TIMEOUT;
}

/*
 * A24. The responder's new session replaces next. The initiator's is current; an unconfirmed next is
 * one that the other side may be sending under by now, so it becomes previous rather than the former
 * current, unless it was forsaken, or given up for this one (C8).
 */
static unsigned make_room(struct session_rx *s, const struct session_keys *keys, uint32_t *dropped)
{
	const struct receiving *next = with_role(s, RECEIVING_NEXT);

	if (!keys->initiator)
		return drop(s, RECEIVING_NEXT, dropped, 0);
	if (!next || keys->crossed || is_forsaken(next, keys->birth_ns))
		return retire_current(s, dropped, drop(s, RECEIVING_NEXT, dropped, 0));
	unsigned n = drop(s, RECEIVING_PREVIOUS, dropped, 0);
	n = drop(s, RECEIVING_CURRENT, dropped, n);
	set_role(s, RECEIVING_NEXT, RECEIVING_PREVIOUS);
	return n;
}

unsigned session_rx_install(struct session_rx *s, const struct session_keys *keys, unsigned *slot,
	uint32_t dropped[static RECEIVING_SLOTS])
{
	unsigned n = make_room(s, keys, dropped);
	struct receiving *r = with_role(s, RECEIVING_NONE);

	memset(r, 0, sizeof(*r));
	memcpy(r->key, keys->recv, sizeof(r->key));
	r->birth_ns = keys->birth_ns;
	r->local_index = keys->local_index;
	r->initiator = keys->initiator;
	r->role = keys->initiator ? RECEIVING_CURRENT : RECEIVING_NEXT;
	replay_init(&r->replay);
	*slot = (unsigned)(r - s->slot);
	return n;
}

bool session_rx_usable(const struct receiving *r, uint64_t counter, uint64_t now_ns)
{
	return r->role != RECEIVING_NONE && counter < REJECT_AFTER_MESSAGES &&
		age(r->birth_ns, now_ns) < REJECT_AFTER_TIME;
}

/* The first message under next: the other side has the session, so it is current now (A24). */
static void promote(struct session_rx *s, struct receiving *r, struct session_news *news)
{
	news->has_dropped = retire_current(s, &news->dropped, 0) != 0;
	news->events |= PEER_CONFIRMED;
	r->role = RECEIVING_CURRENT;
}

bool session_rx_accept(struct session_rx *s, struct session_rings *rings, struct receiving *r,
	uint64_t counter, uint64_t now_ns, struct session_news *news)
{
	if (!replay_accept(&r->replay, &rings->slot[r - s->slot], counter))
		return false;
	if (r->role == RECEIVING_NEXT)
		promote(s, r, news);
	if (r->initiator && !r->old_reported && r->role == RECEIVING_CURRENT &&
		age(r->birth_ns, now_ns) >= RENEW_ON_RECEIVE) {
		r->old_reported = true;
		news->events |= PEER_KEY_OLD_RX;
	}
	return true;
}

unsigned session_rx_wipe(struct session_rx *s, uint32_t dropped[static RECEIVING_SLOTS])
{
	unsigned n = drop(s, RECEIVING_PREVIOUS, dropped, 0);

	n = drop(s, RECEIVING_CURRENT, dropped, n);
	return drop(s, RECEIVING_NEXT, dropped, n);
}

unsigned session_rx_expire(struct session_rx *s, uint64_t now_ns,
	uint32_t dropped[static RECEIVING_SLOTS])
{
	unsigned n = 0;

	for (unsigned i = 0; i < RECEIVING_SLOTS; i++) {
		struct receiving *r = &s->slot[i];
		if (r->role == RECEIVING_NONE || age(r->birth_ns, now_ns) < REJECT_AFTER_TIME)
			continue;
		dropped[n++] = r->local_index;
		secret_wipe(r, sizeof(*r));
	}
	return n;
}
