/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cryptokey routing as crypt and red see it. crypt's table is replaced whole, so traffic never
 * meets a half-made one; red's list of prefixes behind the tunnel only grows.
 */
#include <errno.h>
#include <string.h>

#include "ctl/control_state.h"
#include "util/log.h"

int routing_open(struct routing *r, uint32_t max_peers)
{
	int rc = routes_init(&r->master, max_peers);

	r->changed = true; /* crypt has no table yet, not even an empty one */
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
	if (!outbox_put(&c->to_crypt, &order, sizeof(order)))
		c->failed = true;
	return true;
}

void routing_acked(struct control *c, const struct allowedips *routes)
{
	struct routing *r = &c->routing;

	if (!r->in_flight || routes != r->in_flight)
		return;
	free_table(c, r->active);
	r->active = r->in_flight;
	r->in_flight = NULL;
}

bool routing_tell_red(struct control *c)
{
	struct routing *r = &c->routing;

	/* Entries of `tunnel` are never dropped: they are numbered in the order of their coming. */
	while (r->tunnel_told < r->tunnel.count && outbox_roomy(&c->to_red)) {
		struct red_order order = {
			.kind = RED_TUNNEL_ADD, .prefix = *routes_at(&r->tunnel, r->tunnel_told)};
		if (!outbox_put(&c->to_red, &order, sizeof(order)))
			break;
		r->tunnel_told++;
	}
	return r->tunnel_told == r->tunnel.count;
}
