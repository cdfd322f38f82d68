/* SPDX-License-Identifier: BSD-3-Clause */
/* From red to black: find the peer, take a counter, encrypt from red's buffer into black's. */
#include <string.h>

#include <rte_prefetch.h>

#include "crypt/state.h"
#include "net/ecn.h"
#include "util/bytes.h"
#include "wg/allowedips.h"
#include "wg/messages.h"

/* Zero padding to a multiple of 16, but never beyond the tunnel's MTU (A43), nor a buffer's end. */
static uint16_t padded_length(const struct crypt *c, uint16_t offset, uint16_t length)
{
	uint32_t padded = (length + MESSAGE_PADDING - 1u) & ~(MESSAGE_PADDING - 1u);

	if (padded > c->config.tunnel_mtu)
		padded = length > c->config.tunnel_mtu ? length : c->config.tunnel_mtu;
	if (offset + padded > c->red.link.view.room || padded > c->sealable)
		padded = length;
	return (uint16_t)padded;
}

static void write_header(uint8_t *to, uint32_t remote_index, uint64_t counter)
{
	put_le32(to, MESSAGE_DATA);
	put_le32(to + 4, remote_index);
	put_le64(to + 8, counter);
}

/* The next place in the batch, which add_job() takes. */
static struct seal_meta *next_meta(struct crypt *c)
{
	return &c->seal[c->seal_count];
}

/* A job from `source` (padded bytes) into the black buffer that next_meta() names. */
static void add_job(struct crypt *c, const uint8_t *source, uint64_t counter)
{
	const struct seal_meta *meta = next_meta(c);
	const struct sending *session = &c->sending[meta->slot];
	uint8_t *message = c->black.link.view.buffers[meta->black] + MESSAGE_OFFSET;

	write_header(message, session->remote_index, counter);
	c->seal_jobs[c->seal_count++] = (struct engine_job){
		.key = session->key,
		.counter = counter,
		.src = source,
		.dst = message + sizeof(struct message_data),
		.length = meta->padded,
	};
	if (c->seal_count == BURST)
		seal_run(c);
}

/* A black buffer and a counter, or neither. */
static enum sealed claim(struct crypt *c, uint32_t slot, uint16_t *black, uint64_t *counter)
{
	uint32_t events = 0;

	*black = side_take_empty(&c->black);
	if (*black == NO_BUFFER) {
		stage_starve(c, slot);
		return SEALED_NO_BUFFER;
	}
	bool ok = session_tx_claim(&c->sending[slot], c->now_ns, counter, &events);
	if (events)
		report_wish(c, slot, events);
	if (ok)
		return SEALED;
	side_return_empty(&c->black, *black);
	return SEALED_NO_SESSION;
}

enum sealed seal_add(struct crypt *c, uint32_t slot, uint16_t red, uint16_t offset,
	uint16_t length)
{
	uint8_t *packet = c->red.link.view.buffers[red] + offset;
	struct seal_meta *meta = next_meta(c);
	uint64_t counter;

	meta->slot = slot;
	meta->red = red;
	meta->length = length;
	meta->padded = padded_length(c, offset, length);
	meta->outer_class = 0;
	if (c->config.outer_class_mask)
		meta->outer_class = ecn_traffic_class(packet) & c->config.outer_class_mask;
	enum sealed done = claim(c, slot, &meta->black, &counter);
	if (done != SEALED)
		return done;
	if (meta->padded != length)
		memset(packet + length, 0, meta->padded - length);
	add_job(c, packet, counter);
	return SEALED;
}

void seal_keepalive(struct crypt *c, uint32_t slot)
{
	struct seal_meta *meta = next_meta(c);
	uint64_t counter;

	*meta = (struct seal_meta){.slot = slot, .red = NO_BUFFER};
	enum sealed done = claim(c, slot, &meta->black, &counter);
	if (done == SEALED_NO_BUFFER)
		c->flags[slot] |= SENDER_KEEPALIVE;
	if (done != SEALED)
		return;
	c->stats->keepalives_sent++;
	add_job(c, c->black.link.view.buffers[meta->black], counter);
}

void seal_run(struct crypt *c)
{
	if (c->seal_count == 0)
		return;
	engine_seal(c->config.engine, c->seal_jobs, c->seal_count);
	for (unsigned i = 0; i < c->seal_count; i++)
		rte_prefetch0(&c->config.reports[c->seal[i].slot].tx);
	for (unsigned i = 0; i < c->seal_count; i++) {
		const struct seal_meta *m = &c->seal[i];
		uint16_t length = (uint16_t)(m->padded + MESSAGE_DATA_OVERHEAD);
		*side_give(c, &c->black, m->black) = (struct handle){
			.index = m->black,
			.offset = MESSAGE_OFFSET,
			.length = length,
			.kind = HANDLE_FILLED,
			.code = m->outer_class,
			.tag = m->slot,
		};
		report_sent(c, m->slot, length, m->red != NO_BUFFER);
		if (m->red == NO_BUFFER)
			continue;
		side_give_used(c, &c->red, m->red, USED_DONE);
		c->stats->sealed_packets++;
		c->stats->sealed_bytes += m->length;
	}
	c->seal_count = 0;
}

void seal_forget(struct crypt *c, uint32_t slot)
{
	engine_forget(c->config.engine, c->sending[slot].key);
}

/* Instead of a peer's slot, for what has none. */
#define NO_PACKET UINT32_MAX       /* it is no IP packet */
#define NO_PEER   (UINT32_MAX - 1) /* there is no such peer */

/* The peer that the packet's destination belongs to. The header is copied once, then believed. */
static uint32_t find_peer(struct crypt *c, const uint8_t *packet, uint16_t length, uint32_t place)
{
	uint8_t header[40];

	copy_header(header, packet, length);
	unsigned version = header[0] >> 4;
	if (!(version == 4 && length >= 20) && !(version == 6 && length >= 40))
		return NO_PACKET;
	uint32_t slot = route_destination(c, header, place);
	if (slot >= c->config.max_peers)
		return NO_PEER;
	if (slot == c->asked_sender)
		return slot;
	c->asked_sender = slot;
	c->red.backlog.mixed = true;
	rte_prefetch0(&c->flags[slot]);
	rte_prefetch0(&c->sending[slot]);
	rte_prefetch0(&c->config.reports[slot].tx);
	return slot;
}

static void refuse(struct crypt *c, const struct handle *h, uint32_t why)
{
	if (why == NO_PACKET) {
		c->stats->drop_ip_malformed_tx++;
		side_give_used(c, &c->red, h->index, USED_DONE);
	} else {
		c->stats->drop_no_peer++;
		side_give_used(c, &c->red, h->index, USED_NO_PEER);
	}
}

/* Behind what waits already, so that order is kept (A50). */
static void seal_or_stage(struct crypt *c, uint32_t slot, unsigned flags, const struct handle *h)
{
	enum sealed done = SEALED_NO_SESSION;

	if (flags & SENDER_STAGING) {
		stage_flush(c, slot);
		flags = c->flags[slot];
	}
	if (!(flags & SENDER_STAGING))
		done = seal_add(c, slot, h->index, h->offset, h->length);
	if (done != SEALED)
		stage_add(c, slot, h->index, h->offset, h->length);
}

/* Sealed, staged, or given back with the reason, or for the thread whose peer it is. */
static void process(struct crypt *c, const struct handle *h)
{
	uint32_t slot = (uint32_t)h->tag;

	if (slot >= c->config.max_peers) {
		refuse(c, h, slot);
		return;
	}
	unsigned flags = c->flags[slot];
	if (flags >> SEALER_SHIFT != c->config.number) {
		side_pass_on(c, h->index, flags >> SEALER_SHIFT);
	} else if (!(flags & SENDER_EXISTS)) {
		refuse(c, h, NO_PEER);
	} else if (!(flags & SENDER_ENDPOINT)) {
		c->stats->drop_no_endpoint++;
		side_give_used(c, &c->red, h->index, USED_NO_ENDPOINT);
	} else if (h->length > c->sealable) {
		c->stats->drop_handle_bounds++;
		side_give_used(c, &c->red, h->index, USED_DONE);
	} else {
		seal_or_stage(c, slot, flags, h);
	}
}

static const uint8_t *packet_of(const struct crypt *c, const struct handle *h)
{
	return c->red.link.view.buffers[h->index] + h->offset;
}

static void ask(struct crypt *c, uint32_t position)
{
	struct handle *h = backlog_at(&c->red.backlog, position);

	h->tag = route_prefetch_destination(c, packet_of(c, h), h->length);
}

/* Whose is it? The answer goes into our copy of the handle, where red has no tag. */
static void learn(struct crypt *c, uint32_t position)
{
	struct handle *h = backlog_at(&c->red.backlog, position);

	h->tag = find_peer(c, packet_of(c, h), h->length, (uint32_t)h->tag);
}

static void again(struct crypt *c, uint32_t position)
{
	uint64_t slot = backlog_at(&c->red.backlog, position)->tag;

	if (slot < c->config.max_peers)
		rte_prefetch0(&c->sending[slot]);
}

unsigned seal_poll(struct crypt *c)
{
	const struct handle *h;
	unsigned n = side_receive(c, &c->red), done = 0;

	if (c->starved_count > 0)
		n += stage_resume(c);
	backlog_look_ahead(c, &c->red.backlog, ask, learn, again);
	while (done < BURST && c->black.empty_count > 0 && (h = side_next(&c->red))) {
		process(c, h);
		done++;
	}
	seal_run(c);
	return n + done;
}
