/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events for control: bits in the peer's report, and a bit per peer that tells control where to
 * look. Events first, then the peer's bit; control takes them in the opposite order, so that none is
 * lost between.
 */
#include <string.h>

#include <rte_common.h>

#include "crypt/state.h"
#include "wg/messages.h"

static void mark_dirty(struct crypt *c, uint32_t slot)
{
	_Atomic uint64_t *word = &c->config.dirty[slot / 64];
	uint64_t bit = 1ull << slot % 64;

	if (!(atomic_load_explicit(word, memory_order_relaxed) & bit))
		atomic_fetch_or(word, bit);
}

static bool is_raised(_Atomic uint32_t *to, uint32_t events)
{
	return (atomic_load_explicit(to, memory_order_relaxed) & events) == events;
}

/*
 * A locked instruction only for a bit that control has taken since it was raised last. What control reads
 * for an urgent one (where the peer is now, which session was confirmed) is stored before we look: else
 * control could take the bit that we see, and read what was there before.
 */
static __rte_noinline void raise_events(struct crypt *c, uint32_t slot, _Atomic uint32_t *to,
	uint32_t events)
{
	if (events & PEER_EVENTS_URGENT)
		atomic_thread_fence(memory_order_seq_cst);
	if (is_raised(to, events))
		return;
	atomic_fetch_or(to, events);
	mark_dirty(c, slot);
	if (events & PEER_EVENTS_URGENT)
		c->wake_control = true;
}

void report_tx(struct crypt *c, uint32_t slot, uint32_t events)
{
	if (events)
		raise_events(c, slot, &c->config.reports[slot].tx.events, events);
}

void report_wish(struct crypt *c, uint32_t slot, uint32_t events)
{
	struct peer_report *r = &c->config.reports[slot];
	bool first = (events & PEER_NEEDS_SESSION) && !(c->flags[slot] & SENDER_STAGING);

	if (!first && c->now_ns - r->tx.wished_ns < REPORT_INTERVAL)
		return;
	r->tx.wished_ns = c->now_ns;
	report_tx(c, slot, events);
}

void report_rx(struct crypt *c, uint32_t slot, uint32_t events)
{
	if (events)
		raise_events(c, slot, &c->config.reports[slot].rx.events, events);
}

/* One writer: a plain addition, published for readers on other threads. */
static void add(_Atomic uint64_t *to, uint64_t n)
{
	uint64_t v = atomic_load_explicit(to, memory_order_relaxed);

	atomic_store_explicit(to, v + n, memory_order_relaxed);
}

void report_sent(struct crypt *c, uint32_t slot, uint32_t length, bool data)
{
	struct peer_report *r = &c->config.reports[slot];

	add(&r->tx.bytes, length);
	add(&r->tx.packets, 1);
	atomic_store_explicit(&r->tx.last_ns, c->now_ns, memory_order_relaxed);
	if (data)
		atomic_store_explicit(&r->tx.last_data_ns, c->now_ns, memory_order_relaxed);
	uint32_t event = data ? PEER_DATA_SENT : PEER_KEEPALIVE_SENT;
	if (!is_raised(&r->tx.events, event))
		raise_events(c, slot, &r->tx.events, event);
}

void report_received(struct crypt *c, uint32_t slot, uint32_t length, bool data)
{
	struct peer_report *r = &c->config.reports[slot];

	add(&r->rx.bytes, length);
	add(&r->rx.packets, 1);
	atomic_store_explicit(&r->rx.last_ns, c->now_ns, memory_order_relaxed);
	if (data)
		atomic_store_explicit(&r->rx.last_data_ns, c->now_ns, memory_order_relaxed);
	uint32_t event = data ? PEER_DATA_RECEIVED : PEER_KEEPALIVE_RECEIVED;
	if (!is_raised(&r->rx.events, event))
		raise_events(c, slot, &r->rx.events, event);
}

/* Source and destination out of the outer header, which lies right before the message. */
static void read_outer(const uint8_t *message, uint8_t family, struct endpoint *from,
	struct ip_addr *to)
{
	unsigned length = family == 6 ? 16 : 4;
	uint8_t outer[48]; /* the addresses and the UDP ports, copied once */
	unsigned bytes = 2 * length + 8;

	memcpy(outer, message - bytes, bytes);
	memset(from, 0, sizeof(*from));
	memset(to, 0, sizeof(*to));
	from->addr.family = to->family = family;
	memcpy(from->addr.bytes, outer, length);
	memcpy(to->bytes, outer + length, length);
	from->port = (uint16_t)(outer[2 * length] << 8 | outer[2 * length + 1]);
}

void report_moved(struct crypt *c, uint32_t slot, const struct open_meta *m)
{
	struct peer_report *r = &c->config.reports[slot];
	const uint8_t *message = c->black.link.view.buffers[m->black] + m->offset;
	uint32_t seq = atomic_load_explicit(&r->rx.moved_seq, memory_order_relaxed);

	atomic_store_explicit(&r->rx.moved_seq, seq + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	read_outer(message, m->family, &r->moved.remote, &r->moved.local);
	atomic_store_explicit(&r->rx.moved_seq, seq + 2, memory_order_release);
	r->rx.source_tag = m->tag;
	report_rx(c, slot, PEER_MOVED);
}
