/* SPDX-License-Identifier: BSD-3-Clause */
#include "red/red.h"

#include "red/state.h"

#define NEIGHBOURS            2048
#define COMPLAINTS_PER_SECOND 100 /* in all; "too big" to each source */
#define COMPLAINTS_BURST      50

static int init_host(struct red *r, const struct red_config *config)
{
	struct host_config host = {
		.zone = config->zone,
		.port = config->port,
		.pool = config->pool,
		.addresses = config->addresses,
		.address_count = config->address_count,
		.gateway = config->gateway,
		.gateway6 = config->gateway6,
		.ask_ahead = true, /* also: before somebody who sweeps the network has used up all questions */
		.router = true,
		.neighbours = NEIGHBOURS,
		.counters = {HOST_COUNTERS(HOST_COUNTER_AT, config->stats)},
	};

	return host_init(&r->host, &host);
}

static int init_lend(struct red *r, const struct red_config *config)
{
	struct lend_config lend = {
		.zone = config->zone,
		.pool = config->pool,
		.outgoing = &r->host.outgoing,
		.passed = &config->stats->rx_tunnel,
		.drop_handle = &config->stats->drop_handle,
		.drop_crypt_full = &config->stats->drop_crypt_full,
		.headroom = ETHERNET_HEADER_LEN,
		.ends = config->crypt,
		.link_count = config->crypt_count,
	};

	return lend_init(&r->lend, &lend);
}

struct red *red_create(const struct red_config *config)
{
	struct red *r = zone_alloc(config->zone, sizeof(*r));

	if (!r)
		return NULL;
	r->config = *config;
	r->stats = config->stats;
	if (meter_init(&r->complaints, COMPLAINTS_PER_SECOND, COMPLAINTS_BURST, 0) != 0 ||
		meter_sources_init(&r->too_big, COMPLAINTS_PER_SECOND, COMPLAINTS_BURST, config->seed,
			0) != 0 ||
		tunnel_create(&r->tunnel, config->zone, config->max_prefixes, config->crypt_count) != 0 ||
		init_host(r, config) != 0 || init_lend(r, config) != 0) {
		red_destroy(r);
		return NULL;
	}
	return r;
}

void red_destroy(struct red *r)
{
	if (!r)
		return;
	lend_fini(&r->lend);
	host_fini(&r->host);
	tunnel_destroy(&r->tunnel);
	zone_free(r);
}

unsigned red_poll(void *red, uint64_t now_ns)
{
	struct red *r = red;

	host_begin(&r->host, now_ns);
	unsigned n = red_opened(r);
	n += red_orders(r);
	n += red_receive(r);
	lend_supply(&r->lend);
	lend_flush(&r->lend);
	host_finish(&r->host);
	return n;
}
