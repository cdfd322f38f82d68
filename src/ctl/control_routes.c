/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cryptokey routing as crypt and red see it. crypt's table is replaced whole, so traffic never
 * meets a half-made one; red's list of prefixes behind the tunnel only grows.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/control_state.h"
#include "util/log.h"

int routing_open(struct control *c)
{
	struct routing *r = &c->routing;
	int rc = routes_init(&r->master, c->config.max_peers);

	r->changed = true; /* crypt has no table yet, not even an empty one */
	if (c->config.crypt_count > 1) {
		r->links = calloc(c->config.max_prefixes, sizeof(*r->links));
		rc = r->links ? rc : -ENOMEM;
	}
	return rc == 0 ? routes_init(&r->tunnel, 1) : rc;
}

static void free_table(struct control *c, void *table)
{
	if (table)
		c->config.table_free(table);
}

void routing_release(struct control *c)
{
	for (unsigned i = 0; i < 2; i++) {
		free_table(c, c->routing.spare[i]);
		c->routing.spare[i] = NULL;
	}
}

void routing_close(struct control *c)
{
	struct routing *r = &c->routing;

	routing_release(c);
	free_table(c, r->active);
	free_table(c, r->in_flight);
	routes_free(&r->master);
	routes_free(&r->tunnel);
	free(r->links);
}

static bool reserve_table(struct control *c, unsigned i, uint32_t prefixes)
{
	c->routing.spare_prefixes[i] = prefixes;
	c->routing.spare[i] =
		c->config.table_alloc(c->config.table_context, allowedips_bytes(prefixes));
	return c->routing.spare[i];
}

int routing_reserve(struct control *c, const struct change_size *size)
{
	struct routing *r = &c->routing;

	if (routes_reserve(&r->master, size->named) != 0 ||
		routes_reserve(&r->tunnel, size->tunnel_new + r->secure_new) != 0)
		return -ENOMEM;
	if (reserve_table(c, 0, size->routes_after) &&
		(size->removed == 0 || reserve_table(c, 1, size->routes_between)))
		return 0;
	routing_release(c);
	return -ENOMEM;
}

/* The smallest of the reserved ones that is large enough. */
static void *take_spare(struct routing *r)
{
	unsigned best = 2;

	for (unsigned i = 0; i < 2; i++) {
		if (r->spare[i] && r->spare_prefixes[i] >= r->master.count &&
			(best == 2 || r->spare_prefixes[i] < r->spare_prefixes[best]))
			best = i;
	}
	if (best == 2)
		return NULL;
	void *table = r->spare[best];
	r->spare[best] = NULL;
	return table;
}

static void fill(const struct control *c, struct allowedips *table)
{
	const struct routes *master = &c->routing.master;

	for (uint32_t slot = 0; slot < master->slots; slot++) {
		for (uint32_t i = routes_first(master, slot); i != ROUTES_NONE;
			i = routes_next(master, i))
			allowedips_insert(table, routes_at(master, i), slot);
	}
}

void routing_clear(struct routing *r, uint32_t slot)
{
	r->changed |= routes_count(&r->master, slot) > 0;
	routes_clear(&r->master, slot);
}

bool routing_publish(struct control *c)
{
	struct routing *r = &c->routing;

	if (r->in_flight)
		return false;
	if (!r->changed)
		return true;
	void *memory = take_spare(r);
	if (!memory) { /* was reserved when the change began */
		log_event(LOG_ERROR, "control",
			"no memory for routes prefixes=%u; raise [Crypt] Memory",
			(unsigned)r->master.count);
		c->failed = true;
		return true;
	}
	r->in_flight = allowedips_init(memory, r->master.count);
	r->number = r->number % ALLOWEDIPS_NUMBERS + 1;
	allowedips_set_number(r->in_flight, r->number);
	fill(c, r->in_flight);
	r->changed = false;
	struct crypt_order order = {.kind = CRYPT_ROUTES, .routes = r->in_flight};
	r->unacked = control_tell_all(c, &order);
	routing_links_changed(c);
	return true;
}

void routing_acked(struct control *c, const struct allowedips *routes)
{
	struct routing *r = &c->routing;

	if (!r->in_flight || routes != r->in_flight || --r->unacked > 0)
		return;
	free_table(c, r->active);
	r->active = r->in_flight;
	r->in_flight = NULL;
}

/* ---- to red ---- */

/* The peer to which most of a prefix belongs, that perhaps is no peer's any more, or ROUTES_NONE. */
static uint32_t owner_of(const struct routing *r, const struct ip_prefix *prefix)
{
	const struct allowedips *table = r->in_flight ? r->in_flight : r->active;
	uint32_t slot = routes_owner(&r->master, prefix);

	if (slot != ROUTES_NONE || !table)
		return slot;
	slot = prefix->addr.family == 4 ? allowedips_lookup4(table, prefix->addr.bytes) :
					  allowedips_lookup6(table, prefix->addr.bytes);
	return slot == ALLOWEDIPS_NONE ? ROUTES_NONE : slot;
}

/* By which link its packets go: to the thread that seals for the peer. */
static uint8_t link_of(const struct control *c, const struct ip_prefix *prefix)
{
	if (!c->routing.links)
		return 0;
	uint32_t slot = owner_of(&c->routing, prefix);
	return slot < c->config.max_peers ? c->holders[slot].seal : 0;
}

static bool tell_prefix(struct control *c, enum red_order_kind kind, uint32_t entry)
{
	const struct ip_prefix *prefix = routes_at(&c->routing.tunnel, entry);
	struct red_order order = {
		.kind = (uint8_t)kind, .prefix = *prefix, .link = link_of(c, prefix)};

	if (!outbox_put(&c->to_red, &order, sizeof(order)))
		return false;
	if (c->routing.links)
		c->routing.links[entry] = order.link;
	return true;
}

bool routing_tell_red(struct control *c)
{
	struct routing *r = &c->routing;

	/* Entries of `tunnel` are never dropped: they are numbered in the order of their coming. */
	while (r->tunnel_told < r->tunnel.count && outbox_roomy(&c->to_red)) {
		if (!tell_prefix(c, RED_TUNNEL_ADD, r->tunnel_told))
			break;
		r->tunnel_told++;
	}
	return r->tunnel_told == r->tunnel.count;
}

void routing_links_changed(struct control *c)
{
	if (c->routing.links)
		c->routing.links_left = c->routing.tunnel_told;
}

/* Around the list, from where the last look ended: also when it changes all the time, each has its turn. */
bool routing_tell_links(struct control *c)
{
	struct routing *r = &c->routing;

	for (unsigned i = 0; i < ROUND_PREFIXES && r->links_left > 0; i++, r->links_left--) {
		uint32_t entry = r->link_at < r->tunnel_told ? r->link_at : 0;
		if (r->links[entry] != link_of(c, routes_at(&r->tunnel, entry)) &&
			(!outbox_roomy(&c->to_red) || !tell_prefix(c, RED_TUNNEL_LINK, entry)))
			break;
		r->link_at = entry + 1;
	}
	return r->links_left == 0;
}
