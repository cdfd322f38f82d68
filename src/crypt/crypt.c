/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypt/crypt.h"

#include <rte_common.h>

#include "crypt/state.h"
#include "crypto/secret.h"
#include "util/clock.h"
#include "wg/messages.h"

#define SWEEP_EVERY   CLOCK_SECOND
#define SWEEP_AT_ONCE 64

static bool create_side(struct crypt *c, struct side *s, const struct crypt_side *link)
{
	s->link = *link;
	s->empty = zone_alloc(c->config.zone, link->view.count * sizeof(*s->empty));
	uint32_t places = rte_align32pow2(link->view.count + 1);
	s->backlog.mask = places - 1;
	s->backlog.list = zone_alloc(c->config.zone, places * sizeof(*s->backlog.list));
	return s->empty && s->backlog.list;
}

/* What all threads share. At first all peers are number 0's. */
static void share_tables(struct crypt *c)
{
	const struct crypt_config *config = &c->config;

	if (config->first) {
		c->sending = config->first->sending;
		c->sending_next = config->first->sending_next;
		c->receivers = config->first->receivers;
		c->rings = config->first->rings;
		c->queues = config->first->queues;
		c->flags = config->first->flags;
		c->openers = config->first->openers;
		return;
	}
	c->sending = zone_alloc(config->zone, config->max_peers * sizeof(*c->sending));
	c->sending_next = zone_alloc(config->zone, config->max_peers * sizeof(*c->sending_next));
	c->receivers = zone_alloc(config->zone, config->max_peers * sizeof(*c->receivers));
	c->rings = zone_alloc(config->zone, config->max_peers * sizeof(*c->rings));
	c->queues = zone_alloc(config->zone, config->max_peers * sizeof(*c->queues));
	c->flags = zone_alloc(config->zone, config->max_peers);
	c->openers = zone_alloc(config->zone, config->max_peers);
}

static bool create_tables(struct crypt *c)
{
	const struct crypt_config *config = &c->config;
	uint32_t sessions = config->max_peers * RECEIVING_SLOTS;
	uint32_t seed;

	share_tables(c);
	c->found = zone_alloc(config->zone, (c->black.backlog.mask + 1) * sizeof(*c->found));
	c->staged = zone_alloc(config->zone, config->red.view.count * sizeof(*c->staged));
	c->starved = zone_alloc(config->zone, (config->max_peers + 63) / 64 * sizeof(*c->starved));
	struct index_entry *entries = zone_alloc(config->zone, index_table_bytes(sessions));
	if (!c->sending || !c->sending_next || !c->receivers || !c->rings || !c->queues ||
		!c->flags || !c->openers || !c->found || !c->staged || !c->starved || !entries) {
		zone_free(entries);
		return false;
	}
	random_bytes(&seed, sizeof(seed));
	index_table_init(&c->indices, entries, sessions, seed);
	return true;
}

size_t crypt_peer_bytes(uint32_t max_peers)
{
	return 2 * sizeof(struct sending) + sizeof(struct receiver) +
		sizeof(struct session_rings) + sizeof(struct peer_report) + sizeof(struct queue) +
		2 * sizeof(uint8_t) +
		index_table_bytes(max_peers * RECEIVING_SLOTS) / max_peers;
}

struct crypt *crypt_create(const struct crypt_config *config)
{
	struct crypt *c = zone_alloc(config->zone, sizeof(*c));

	if (!c)
		return NULL;
	c->config = *config;
	c->stats = config->stats;
	c->staged_limit = config->red.view.count / 4 / config->threads;
	c->memo.found = INDEX_FREE;
	c->sealable = config->black.view.room - MESSAGE_OFFSET - (uint32_t)MESSAGE_DATA_OVERHEAD;
	if (create_side(c, &c->black, &config->black) && create_side(c, &c->red, &config->red) &&
		create_tables(c))
		return c;
	crypt_destroy(c);
	return NULL;
}

static void destroy_shared(struct crypt *c)
{
	if (c->config.first)
		return;
	if (c->sending)
		secret_wipe(c->sending, c->config.max_peers * sizeof(*c->sending));
	if (c->sending_next)
		secret_wipe(c->sending_next, c->config.max_peers * sizeof(*c->sending_next));
	if (c->receivers)
		secret_wipe(c->receivers, c->config.max_peers * sizeof(*c->receivers));
	zone_free(c->sending);
	zone_free(c->sending_next);
	zone_free(c->receivers);
	zone_free(c->rings);
	zone_free(c->queues);
	zone_free((void *)c->flags);
	zone_free((void *)c->openers);
}

void crypt_destroy(struct crypt *c)
{
	if (!c)
		return;
	destroy_shared(c);
	orders_forget(c);
	zone_free(c->found);
	zone_free(c->staged);
	zone_free(c->starved);
	zone_free(c->indices.entries);
	zone_free(c->black.empty);
	zone_free(c->black.backlog.list);
	zone_free(c->red.empty);
	zone_free(c->red.backlog.list);
	zone_free(c);
}

static void sweep_peer(struct crypt *c, uint32_t slot)
{
	uint32_t dropped[RECEIVING_SLOTS];

	if (crypt_opens(c, slot))
		open_forget(c, dropped,
			session_rx_expire(&c->receivers[slot].session, c->now_ns, dropped));
	if (!crypt_seals(c, slot))
		return;
	unsigned n = session_tx_expire(&c->sending[slot], &c->sending_next[slot], c->now_ns);
	c->stats->sessions_wiped += n;
	if (n > 0)
		seal_forget(c, slot);
}

/*
 * A30 by our own clock: keys past use are wiped, also when control is gone. A few peers a round; true
 * when there are more, for whose sake a thread that has nothing else to do does not rest.
 */
static bool sweep(struct crypt *c)
{
	if (c->sweep_next == 0) {
		if (c->now_ns - c->sweep_ns < SWEEP_EVERY)
			return false;
		c->sweep_ns = c->now_ns;
	}
	for (unsigned i = 0; i < SWEEP_AT_ONCE && c->sweep_next < c->config.max_peers; i++) {
		uint32_t slot = c->sweep_next++;
		if (c->flags[slot] & SENDER_EXISTS)
			sweep_peer(c, slot);
	}
	if (c->sweep_next >= c->config.max_peers)
		c->sweep_next = 0;
	return c->sweep_next != 0;
}

static void send_out(struct crypt *c, struct side *s)
{
	side_flush(c, s);
	if (s->out.sent)
		bell_ring(s->link.bell);
	s->out.sent = false;
}

unsigned crypt_poll(void *context, uint64_t now_ns)
{
	struct crypt *c = context;

	c->now_ns = now_ns;
	/* First black's, since what an order has us send needs its buffers. */
	unsigned n = side_receive(c, &c->black);
	n += orders_poll(c);
	n += open_poll(c);
	n += seal_poll(c);
	send_out(c, &c->black);
	send_out(c, &c->red);
	if (c->wake_control)
		bell_ring(c->config.control_bell);
	c->wake_control = false;
	return n + sweep(c);
}
