/* SPDX-License-Identifier: BSD-3-Clause */
/* What the other domains tell control: acks, handshake messages, events of peers. */
#include <errno.h>
#include <string.h>

#include "crypto/secret.h"
#include "ctl/control_state.h"
#include "util/log.h"

/* ---- sessions ---- */

/* The session works both ways. Said once: the first time, and after a loss. */
static void session_up(struct control *c, uint32_t slot, struct wg_now now)
{
	struct peer_state *peer = &c->peers[slot];
	bool was_up = now.boot_ns < peer->up_until_ns;
	char label[48];

	peer->up_until_ns = now.boot_ns + REJECT_AFTER_TIME;
	peer->silent = false;
	names_up(&c->names, slot);
	log_event(was_up ? LOG_DEBUG : LOG_INFO, "control", "%s peer=%s",
		was_up ? "session renewed" : "handshake completed",
		control_peer_label(c, slot, label));
}

static void rx_installed(struct control *c, const struct crypt_ack *ack)
{
	struct install *install =
		installs_find(&c->installs, ack->slot, ack->local_index, INSTALL_RX);

	if (!install)
		return; /* given up meanwhile */
	control_tell_session(c, CRYPT_SESSION_TX, ack->slot, &install->keys);
	install->stage = INSTALL_TX;
	secret_wipe(install->keys.send, sizeof(install->keys.send));
	secret_wipe(install->keys.recv, sizeof(install->keys.recv));
}

static void tx_installed(struct control *c, const struct crypt_ack *ack, struct wg_now now)
{
	struct install *install =
		installs_find(&c->installs, ack->slot, ack->local_index, INSTALL_TX);

	if (!install)
		return;
	bool initiator = install->keys.initiator;
	installs_remove(&c->installs, install);
	wg_session_installed(c->device, now, ack->slot, ack->local_index, c->actions);
	control_perform(c, now);
	if (initiator) /* a responder knows when the first message comes (A25) */
		session_up(c, ack->slot, now);
}

/* All threads were told, so nothing of the peer is left anywhere once all have acked. */
static void peer_removed(struct control *c, uint32_t slot)
{
	if (c->peers[slot].use != PEER_REMOVING || --c->peers[slot].removals > 0)
		return;
	c->wipes -= c->peers[slot].wipes;
	memset(&c->peers[slot], 0, sizeof(c->peers[slot])); /* PEER_UNUSED */
	c->removals--;
}

static void sessions_wiped(struct control *c, uint32_t slot)
{
	if (c->peers[slot].wipes == 0)
		return;
	c->peers[slot].wipes--;
	c->wipes--;
}

static void take_ack(struct control *c, const struct crypt_ack *ack, struct wg_now now)
{
	if (ack->kind == CRYPT_ROUTES) {
		routing_acked(c, ack->routes);
		return;
	}
	if (ack->slot >= c->config.max_peers)
		return;
	switch (ack->kind) {
	case CRYPT_SESSION_RX:
		rx_installed(c, ack);
		break;
	case CRYPT_SESSION_TX:
		tx_installed(c, ack, now);
		break;
	case CRYPT_REMOVE:
		peer_removed(c, ack->slot);
		break;
	case CRYPT_WIPE:
		sessions_wiped(c, ack->slot);
		break;
	default:
		break;
	}
}

static bool take_acks_of(struct control *c, unsigned thread, struct wg_now now)
{
	struct crypt_ack ack;

	/* Also when our orders back up: crypt takes none while its acks are not taken. */
	for (unsigned i = 0; i < ROUND_ACKS; i++) {
		if (ring_receive(&c->config.crypt[thread].from, &ack, 1) == 0)
			return false;
		take_ack(c, &ack, now);
	}
	return true;
}

bool control_take_acks(struct control *c, struct wg_now now)
{
	bool more = false;

	for (unsigned i = 0; i < c->config.crypt_count; i++)
		more |= take_acks_of(c, i, now);
	return more;
}

/* ---- handshake messages ---- */

/* Those that proved their address first: no flood of others is in their way (C11). */
static bool next_report(struct control *c, struct black_report *report)
{
	return ring_receive(&c->config.from_black_proven, report, 1) == 1 ||
		ring_receive(&c->config.from_black, report, 1) == 1;
}

/*
 * Its sender has given it up and sent another (A33), so an answer would be of no use. Without this a
 * queue that takes longer than that to go through would serve nobody at all.
 */
static bool is_stale(const struct black_report *report, struct wg_now now)
{
	return now.boot_ns > report->arrived_ns && now.boot_ns - report->arrived_ns > REKEY_TIMEOUT;
}

/* What wg_receive() said of a message. */
static void count(struct control *c, int error)
{
	struct control_stats *s = &c->stats;

	if (error == 0)
		s->rx_handshake++;
	else if (error == -ENOENT)
		s->drop_unknown++;
	else if (error == -EALREADY)
		s->drop_timestamp++;
	else if (error == -EBUSY)
		s->drop_flood++;
	else if (error == -ENOKEY)
		s->drop_no_key++;
	else if (error == -EPROTO)
		s->drop_malformed++;
	else
		s->drop_proof++;
}

static void take_report(struct control *c, const struct black_report *report, struct wg_now now)
{
	if (report->length > sizeof(report->data)) {
		c->stats.drop_malformed++;
		return;
	}
	if (is_stale(report, now)) {
		c->stats.drop_stale++;
		return;
	}
	int rc = wg_receive(c->device, now, &report->remote, &report->local, report->data,
		report->length, c->actions);
	count(c, rc);
	if (rc != 0)
		log_event(LOG_DEBUG, "control", "handshake message refused error=%d", -rc);
	control_perform(c, now);
}

bool control_take_reports(struct control *c, struct wg_now now)
{
	struct black_report report;

	for (unsigned i = 0; i < ROUND_REPORTS; i++) {
		if (!control_roomy(c) || installs_full(&c->installs))
			return false; /* acks go first; they ring the bell */
		if (!next_report(c, &report))
			return false;
		take_report(c, &report, now);
	}
	return true;
}

bool control_reports_wait(const struct control *c)
{
	return !ring_empty(&c->config.from_black_proven) || !ring_empty(&c->config.from_black);
}

/* ---- events of peers ---- */

/* crypt may be writing: then try again, and in the end leave it for the next look. */
static bool read_moved(struct peer_report *report, struct endpoint *remote, struct ip_addr *local)
{
	for (unsigned tries = 0; tries < 100; tries++) {
		uint32_t seq = atomic_load_explicit(&report->rx.moved_seq, memory_order_acquire);
		*remote = report->moved.remote;
		*local = report->moved.local;
		atomic_thread_fence(memory_order_acquire);
		if (!(seq & 1) &&
			atomic_load_explicit(&report->rx.moved_seq, memory_order_relaxed) == seq)
			return true;
	}
	return false;
}

static void take_moved(struct control *c, uint32_t slot)
{
	struct peer_report *report = &c->config.reports[slot];
	struct endpoint remote;
	struct ip_addr local;

	if (!read_moved(report, &remote, &local)) {
		atomic_fetch_or(&report->rx.events, PEER_MOVED);
		atomic_fetch_or(&c->config.dirty[slot / 64], 1ull << slot % 64);
		return;
	}
	if (addr_bits(&remote.addr) != 0 && remote.port != 0)
		wg_peer_moved(c->device, slot, &remote, &local, c->actions);
}

/* A time from before the peer was added is of another that had the slot. */
static uint64_t time_since(const _Atomic uint64_t *time_ns, uint64_t added_ns)
{
	uint64_t t = atomic_load_explicit(time_ns, memory_order_relaxed);

	return t >= added_ns ? t : 0;
}

/* The session confirmed last, unless it was one that has been wiped meanwhile. */
static bool confirms(const struct control *c, uint32_t slot, const struct peer_report *report)
{
	return wg_peer_has_session(c->device, slot, atomic_load(&report->rx.confirmed_index));
}

/* True when it led to something. */
static bool take_events(struct control *c, uint32_t slot, struct wg_now now)
{
	struct peer_report *report = &c->config.reports[slot];
	uint32_t events =
		atomic_exchange(&report->tx.events, 0) | atomic_exchange(&report->rx.events, 0);
	const struct peer_state *peer = &c->peers[slot];

	if (events == 0 || peer->use != PEER_USED)
		return false;
	if (!confirms(c, slot, report))
		events &= ~(uint32_t)PEER_CONFIRMED;
	struct wg_traffic traffic = {
		.events = events,
		.last_data_tx_ns = time_since(&report->tx.last_data_ns, peer->added_ns),
		.last_tx_ns = time_since(&report->tx.last_ns, peer->added_ns),
		.last_data_rx_ns = time_since(&report->rx.last_data_ns, peer->added_ns),
		.last_rx_ns = time_since(&report->rx.last_ns, peer->added_ns),
	};
	if (events & PEER_MOVED)
		take_moved(c, slot);
	wg_traffic(c->device, now, slot, &traffic, c->actions);
	bool acted = c->actions->count > 0;
	control_perform(c, now);
	if (events & PEER_CONFIRMED)
		session_up(c, slot, now);
	return acted;
}

static uint32_t bitmap_words(const struct control *c)
{
	return (c->config.max_peers + 63) / 64;
}

/*
 * The bits go first, then the events: crypt raises them in the opposite order, so none is lost. False
 * when it stopped before a slot, which the next look starts with.
 */
static bool take_word(
	struct control *c, uint32_t word, uint64_t which, struct wg_now now, unsigned *acted)
{
	_Atomic uint64_t *dirty = &c->config.dirty[word];
	uint64_t bits = atomic_load_explicit(dirty, memory_order_acquire) & which;

	for (; bits != 0; bits &= bits - 1) { /* what is raised meanwhile is for the next look */
		unsigned bit = (unsigned)__builtin_ctzll(bits);
		uint32_t slot = word * 64 + bit;
		if (*acted == ROUND_PEERS || !control_roomy(c)) {
			c->traffic_slot = slot;
			return false;
		}
		atomic_fetch_and(dirty, ~(1ull << bit));
		if (slot < c->config.max_peers && take_events(c, slot, now))
			(*acted)++;
	}
	return true;
}

bool control_take_traffic(struct control *c, struct wg_now now)
{
	uint32_t words = bitmap_words(c), first = c->traffic_slot / 64;
	uint64_t onwards = UINT64_MAX << c->traffic_slot % 64;
	unsigned acted = 0;

	/* The first word twice: from the slot on, and in the end up to it. */
	for (uint32_t i = 0; i <= words; i++) {
		uint64_t which = i == 0 ? onwards : i < words ? UINT64_MAX : ~onwards;
		if (!take_word(c, (first + i) % words, which, now, &acted))
			return acted == ROUND_PEERS; /* else it waits for room */
	}
	return false;
}

bool control_urgent(const struct control *c)
{
	uint32_t words = bitmap_words(c);

	for (uint32_t word = 0; word < words; word++) {
		uint64_t bits = atomic_load(&c->config.dirty[word]);
		for (; bits != 0; bits &= bits - 1) {
			uint32_t slot = word * 64 + (uint32_t)__builtin_ctzll(bits);
			if (slot >= c->config.max_peers)
				break;
			const struct peer_report *report = &c->config.reports[slot];
			if ((atomic_load(&report->tx.events) | atomic_load(&report->rx.events)) &
				PEER_EVENTS_URGENT)
				return true;
		}
	}
	return false;
}
