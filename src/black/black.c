/* SPDX-License-Identifier: BSD-3-Clause */
#include "black/black.h"

#include <string.h>

#include "black/state.h"

/* Next hops of an outer network are few: peers beside us, and the gateway. */
#define NEIGHBOURS 512

static int init_host(struct black *b, const struct black_config *config)
{
	struct host_config host = {
		.zone = config->zone,
		.port = config->port,
		.pool = config->pool,
		.addresses = config->addresses,
		.address_count = config->address_count,
		.gateway = config->gateway,
		.ask_ahead = config->ask_ahead,
		.gateway6 = config->gateway6,
		.neighbours = NEIGHBOURS,
		.counters = {HOST_COUNTERS(HOST_COUNTER_AT, config->stats)},
	};

	return host_init(&b->host, &host);
}

static int init_lend(struct black *b, const struct black_config *config)
{
	struct lend_config lend = {
		.zone = config->zone,
		.pool = config->pool,
		.outgoing = &b->host.outgoing,
		.passed = &config->stats->rx_data,
		.drop_handle = &config->stats->drop_handle,
		.drop_crypt_full = &config->stats->drop_crypt_full,
		.headroom = HANDLE_HEADROOM,
		.ends = config->crypt,
		.link_count = config->crypt_count,
	};

	return lend_init(&b->lend, &lend);
}

static int init_guard(struct black *b, const struct black_config *config)
{
	struct guard_config guard = {
		.zone = config->zone,
		.stats = config->stats,
		.report = config->attack,
		.unproven = config->to_control,
		.proven = config->proven,
		.limits = config->limits,
		.now_ns = config->now_ns,
	};

	memcpy(guard.seed, config->seed, sizeof(guard.seed));
	return guard_init(&b->guard, &guard);
}

struct black *black_create(const struct black_config *config)
{
	struct black *b = zone_alloc(config->zone, sizeof(*b));

	if (!b)
		return NULL;
	b->config = *config;
	b->stats = config->stats;
	b->listen_port = config->listen_port;
	b->paths = zone_alloc(config->zone, config->max_peers * sizeof(*b->paths));
	if (!b->paths || init_host(b, config) != 0 || init_lend(b, config) != 0 ||
		init_guard(b, config) != 0) {
		black_destroy(b);
		return NULL;
	}
	return b;
}

void black_destroy(struct black *b)
{
	if (!b)
		return;
	guard_fini(&b->guard);
	lend_fini(&b->lend);
	host_fini(&b->host);
	zone_free(b->paths);
	zone_free(b);
}

unsigned black_poll(void *black, uint64_t now_ns)
{
	struct black *b = black;

	host_begin(&b->host, now_ns);
	unsigned n = black_sealed(b);
	n += black_orders(b);
	n += black_receive(b);
	lend_supply(&b->lend);
	lend_flush(&b->lend);
	guard_round(&b->guard, now_ns);
	if (b->reported)
		bell_ring(b->config.control_bell);
	b->reported = false;
	host_finish(&b->host);
	return n;
}
