/* SPDX-License-Identifier: BSD-3-Clause */
/* From black to red: find the session, decrypt from black's buffer into red's, then believe it. */
#include <string.h>

#include <rte_prefetch.h>

#include "crypt/state.h"
#include "net/ecn.h"
#include "util/bytes.h"
#include "wg/allowedips.h"
#include "wg/messages.h"

int open_remember(struct crypt *c, uint32_t index, uint32_t slot, unsigned number)
{
	c->memo.found = INDEX_FREE;
	return index_table_insert(&c->indices, index, slot * RECEIVING_SLOTS + number);
}

static struct receiving *session_at(const struct crypt *c, uint32_t found)
{
	return (struct receiving *)c->receivers + found;
}

static uint32_t slot_of(uint32_t found)
{
	return found / RECEIVING_SLOTS;
}

void open_forget(struct crypt *c, const uint32_t *indices, unsigned n)
{
	c->memo.found = INDEX_FREE;
	for (unsigned i = 0; i < n; i++) {
		uint32_t found = index_table_lookup(&c->indices, indices[i]);
		if (found != INDEX_FREE)
			engine_forget(c->config.engine, session_at(c, found)->key);
		index_table_remove(&c->indices, indices[i]);
	}
	c->stats->sessions_wiped += n;
}

static void give_back(struct crypt *c, uint16_t black)
{
	side_give_used(c, &c->black, black, USED_DONE);
}

static bool is_memo(const struct crypt *c, uint32_t index)
{
	return c->memo.found != INDEX_FREE && c->memo.index == index;
}

static uint32_t look_up(struct crypt *c, uint32_t index, uint32_t place)
{
	if (!is_memo(c, index)) {
		c->memo.index = index;
		c->memo.found = index_table_find(&c->indices, index, place);
	}
	return c->memo.found;
}

/* Black follows the peer before anything that answers it leaves: A52. */
static void give_back_moved(struct crypt *c, const struct open_meta *m)
{
	*side_give(c, &c->black, m->black) = (struct handle){
		.index = m->black,
		.kind = HANDLE_USED,
		.code = USED_MOVED,
		.tag = m->slot,
	};
	side_flush(c, &c->black);
}

/* Is what was found some rounds ago still so? Sessions come and go. */
static bool is_session(const struct crypt *c, uint32_t found, uint32_t index)
{
	if (found == INDEX_FREE)
		return false;
	const struct receiving *r = session_at(c, found);
	return r->role != RECEIVING_NONE && r->local_index == index;
}

/* The session that the message names, if it may be used. The header is a copy; `found` a hint. */
static struct receiving *find_session(struct crypt *c, const uint8_t header[static 16],
	uint32_t found, struct open_meta *m)
{
	m->index = get_le32(header + 4);
	if (!is_session(c, found, m->index))
		found = look_up(c, m->index, 0);
	if (found == INDEX_FREE) {
		c->stats->drop_index++;
		return NULL;
	}
	m->slot = slot_of(found);
	m->session = session_at(c, found);
	if (!session_rx_usable(m->session, get_le64(header + 8), c->now_ns)) {
		c->stats->drop_expired++;
		return NULL;
	}
	return m->session;
}

/* Checks a message and adds a job for it; false: dropped and counted, the buffer is to go back. */
static bool prepare(struct crypt *c, const struct handle *h, uint32_t found)
{
	const uint8_t *message = c->black.link.view.buffers[h->index] + h->offset;
	uint8_t family = outer_code_version(h->code) == 6 ? 6 : 4;
	unsigned outer = family == 6 ? 48 : 28;
	struct open_meta *m = &c->open[c->open_count];
	uint8_t header[sizeof(struct message_data)];

	if (h->length < MESSAGE_DATA_MIN || h->offset < outer ||
		h->length - MESSAGE_DATA_OVERHEAD + PACKET_OFFSET > c->red.link.view.room) {
		c->stats->drop_size++;
		return false;
	}
	memcpy(header, message, sizeof(header));
	if (get_le32(header) != MESSAGE_DATA) {
		c->stats->drop_size++;
		return false;
	}
	if (!find_session(c, header, found, m))
		return false;
	m->red = side_take_empty(&c->red); /* there is one: open_poll() looked */
	m->tag = h->tag;
	m->black = h->index;
	m->offset = h->offset;
	m->family = family;
	m->ecn = outer_code_ecn(h->code);
	m->moved = false;
	m->place = 0;
	c->open_jobs[c->open_count++] = (struct engine_job){
		.key = m->session->key,
		.counter = get_le64(header + 8),
		.src = message + sizeof(header),
		.dst = c->red.link.view.buffers[m->red] + PACKET_OFFSET,
		.length = h->length - (uint32_t)MESSAGE_DATA_OVERHEAD,
	};
	return true;
}

/*
 * The first message under the responder's session: send under it too, what waited first. If another
 * thread sends, control tells it (CRYPT_FLUSH).
 */
static void confirm(struct crypt *c, uint32_t slot, uint32_t index)
{
	atomic_store(&c->config.reports[slot].rx.confirmed_index, index);
	if (!crypt_seals(c, slot))
		return;
	seal_run(c); /* what is in the batch has its key */
	if (!session_tx_confirm(&c->sending[slot], &c->sending_next[slot], index))
		return;
	seal_forget(c, slot);
	stage_flush(c, slot);
}

/* Tag and replay window hold? Then the peer is alive, and where it said it is. */
static bool accept_message(struct crypt *c, struct open_meta *m, const struct engine_job *job,
	struct session_news *news)
{
	if (!job->ok) {
		c->stats->drop_tag++;
		return false;
	}
	/* an earlier message of this burst may have ended the session */
	if (m->session->role == RECEIVING_NONE || m->session->local_index != m->index) {
		c->stats->drop_expired++;
		return false;
	}
	if (!session_rx_accept(&c->receivers[m->slot].session, &c->rings[m->slot], m->session,
		    job->counter, c->now_ns, news)) {
		c->stats->drop_replay++;
		return false;
	}
	if (news->has_dropped)
		open_forget(c, &news->dropped, 1);
	m->moved = m->tag != c->config.reports[m->slot].rx.source_tag;
	if (m->moved)
		report_moved(c, m->slot, m);
	return true;
}

/*
 * Length of the inner packet, or 0 with a counter: the version is 4 or 6, the length at least the
 * header and at most what was sealed, and the source one of the peer's (A44). One read of red's
 * memory.
 */
static uint16_t inner_length(struct crypt *c, const struct open_meta *m, const uint8_t *packet,
	uint32_t sealed)
{
	uint8_t header[40];
	uint32_t length, minimum;

	copy_header(header, packet, sealed);
	if (header[0] >> 4 == 4) {
		length = get_be16(header + 2);
		minimum = (header[0] & 15u) * 4;
		if (minimum < 20)
			minimum = UINT16_MAX + 1;
	} else if (header[0] >> 4 == 6) {
		length = get_be16(header + 4) + 40u;
		minimum = 40;
	} else {
		c->stats->drop_inner_version++;
		return 0;
	}
	if (length < minimum || length > sealed) {
		c->stats->drop_inner_length++;
		return 0;
	}
	if (!route_is_source(c, m->slot, header, m->place)) {
		c->stats->drop_inner_source++;
		return 0;
	}
	return (uint16_t)length;
}

/* A47: outer marks count only when the configuration says so. */
static bool accept_mark(struct crypt *c, const struct open_meta *m, uint8_t *packet)
{
	if ((c->config.outer_class_mask & ECN_MASK) == 0 || ecn_decapsulate(packet, m->ecn))
		return true;
	c->stats->drop_ecn++;
	return false;
}

/* What came out of an accepted message: a packet for red, or nothing (keepalive, or refused). */
static void deliver(struct crypt *c, const struct open_meta *m, const struct engine_job *job)
{
	uint16_t length = 0;

	if (job->length == 0)
		c->stats->keepalives_received++;
	else
		length = inner_length(c, m, job->dst, job->length);
	if (length == 0 || !accept_mark(c, m, job->dst)) {
		side_return_empty(&c->red, m->red);
		return;
	}
	*side_give(c, &c->red, m->red) = (struct handle){
		.index = m->red,
		.offset = PACKET_OFFSET,
		.length = length,
		.kind = HANDLE_FILLED,
	};
	c->stats->opened_packets++;
	c->stats->opened_bytes += length;
}

/*
 * Of a peer that moved, black hears before anything follows that is for it: what waited for its session,
 * and what red, or another thread that seals, answers.
 */
static void conclude(struct crypt *c, struct open_meta *m, const struct engine_job *job)
{
	struct session_news news = {0};

	m->accepted = accept_message(c, m, job, &news);
	if (m->moved)
		give_back_moved(c, m);
	if (!m->accepted)
		return;
	if (news.events & PEER_CONFIRMED)
		confirm(c, m->slot, m->index);
	if (news.events)
		report_rx(c, m->slot, news.events);
	report_received(c, m->slot, job->length + (uint32_t)MESSAGE_DATA_OVERHEAD, job->length != 0);
}

/* The index that it names, believed for no more than looking ahead. False: there is none. */
static bool peek_index(const struct crypt *c, uint32_t position, uint32_t *index)
{
	const struct handle *h = backlog_at((struct backlog *)&c->black.backlog, position);

	if (h->length < MESSAGE_DATA_MIN)
		return false;
	*index = get_le32(c->black.link.view.buffers[h->index] + h->offset + 4);
	return true;
}

static void ask(struct crypt *c, uint32_t position)
{
	uint32_t index;

	if (peek_index(c, position, &index) && !is_memo(c, index))
		c->found[position & c->black.backlog.mask] =
			index_table_prefetch(&c->indices, index);
}

/* What it will need of its peer: a line of the session's, and one to report in. */
static void learn(struct crypt *c, uint32_t position)
{
	uint32_t *hint = &c->found[position & c->black.backlog.mask];
	uint32_t index, found = INDEX_FREE;

	if (peek_index(c, position, &index)) {
		if (is_memo(c, index)) { /* then it was just asked for */
			*hint = c->memo.found;
			return;
		}
		found = look_up(c, index, *hint);
	}
	*hint = found;
	c->black.backlog.mixed = true;
	if (found == INDEX_FREE)
		return;
	rte_prefetch0(session_at(c, found));
	rte_prefetch0(&c->config.reports[slot_of(found)].rx);
}

/* What was at hand before the cipher has given way to packets. */
static void prefetch_again(const struct crypt *c, const struct open_meta *m)
{
	rte_prefetch0(m->session);
	rte_prefetch0(&c->config.reports[m->slot].rx);
}

/* Where peers are known by what they sent before, no routes are asked for. */
static void prefetch_sources(struct crypt *c)
{
	if (!c->sources_looked_up)
		return;
	c->sources_looked_up = false;
	for (unsigned i = 0; i < c->open_count; i++)
		c->open[i].place = route_prefetch_source(c, c->open[i].slot, c->open_jobs[i].dst,
			c->open_jobs[i].length);
}

static void hand_over(struct crypt *c, const struct open_meta *m, const struct engine_job *job)
{
	if (m->accepted)
		deliver(c, m, job);
	else
		side_return_empty(&c->red, m->red);
	if (!m->moved)
		give_back(c, m->black);
}

/* In passes, each of which asks for what the next ones read. */
static void finish(struct crypt *c)
{
	for (unsigned i = 0; i < c->open_count; i++)
		prefetch_again(c, &c->open[i]);
	prefetch_sources(c);
	for (unsigned i = 0; i < c->open_count; i++)
		conclude(c, &c->open[i], &c->open_jobs[i]);
	for (unsigned i = 0; i < c->open_count; i++)
		hand_over(c, &c->open[i], &c->open_jobs[i]);
}

static void again(struct crypt *c, uint32_t position)
{
	uint32_t found = c->found[position & c->black.backlog.mask];

	if (found != INDEX_FREE)
		rte_prefetch0(session_at(c, found));
}

unsigned open_poll(struct crypt *c)
{
	const struct handle *h;
	unsigned done = 0;

	c->open_count = 0;
	backlog_look_ahead(c, &c->black.backlog, ask, learn, again);
	while (done < BURST && c->red.empty_count > 0 && (h = side_next(&c->black))) {
		if (!prepare(c, h, c->found[h - c->black.backlog.list]))
			give_back(c, h->index);
		done++;
	}
	engine_open(c->config.engine, c->open_jobs, c->open_count);
	finish(c);
	seal_run(c);
	return done;
}
