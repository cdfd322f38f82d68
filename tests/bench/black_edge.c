/* SPDX-License-Identifier: BSD-3-Clause */
/* The black domain with an endpoint for each peer, all behind one gateway. */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "black/black.h"
#include "util/bytes.h"

#define REPORT_RING 4096
/* As ctl/plan.c has them. */
#define ZONE_BYTES (24ul << 20)
#define PEER_BYTES 192ul

static void open_reports(struct black_edge *b)
{
	char name[24];

	snprintf(name, sizeof(name), "%s-r", b->edge.name);
	int rc = ring_create(&b->reports, name, NULL, REPORT_RING, sizeof(struct black_report));
	snprintf(name, sizeof(name), "%s-p", b->edge.name);
	if (rc != 0 ||
		ring_create(&b->proven, name, NULL, REPORT_RING, sizeof(struct black_report)) != 0 ||
		bell_open(&b->control_bell) != 0)
		bench_fail("no memory for reports");
}

static void create(struct black_edge *b, uint32_t max_peers, uint64_t now_ns)
{
	struct edge *e = &b->edge;
	struct black_config c = {
		.zone = &e->zone,
		.port = &e->port,
		.pool = &e->pool,
		.addresses = {{{4, {0}}, 24}},
		.address_count = 1,
		.gateway = {4, {0}},
		.ask_ahead = true,
		.listen_port = PEER_PORT,
		.max_peers = max_peers,
		.crypt = {{e->to, e->from, &e->crypt_bell}},
		.crypt_count = 1,
		.to_control = b->reports,
		.proven = b->proven,
		.from_control = e->orders,
		.control_bell = &b->control_bell,
		.stats = &b->stats,
		.attack = &b->attack,
		.seed = {1, 2, 3, 4},
		.tag_seed = {5, 6},
		.now_ns = now_ns,
	};

	put_be32(c.addresses[0].addr.bytes, BLACK_ADDRESS);
	put_be32(c.gateway.bytes, BLACK_GATEWAY);
	e->domain = black_create(&c);
	if (!e->domain)
		bench_fail("no memory for black");
	e->poll = black_poll;
}

void black_edge_open(struct black_edge *b, uint32_t peers, uint32_t max_peers, uint64_t now_ns)
{
	edge_open(&b->edge, "black", ZONE_BYTES + max_peers * PEER_BYTES,
		sizeof(struct black_order));
	open_reports(b);
	create(b, max_peers, now_ns);
	for (uint32_t slot = 0; slot < peers; slot++) {
		struct black_order o = {.kind = BLACK_ENDPOINT, .slot = slot,
			.remote = {.addr.family = 4, .port = PEER_PORT}};
		put_be32(o.remote.addr.bytes, packet_peer(slot));
		edge_order(&b->edge, &o, now_ns);
	}
	b->edge.poll(b->edge.domain, now_ns); /* the gateway has answered */
}

void black_edge_close(struct black_edge *b)
{
	black_destroy(b->edge.domain);
	bell_close(&b->control_bell);
	ring_destroy(&b->proven);
	ring_destroy(&b->reports);
	edge_close(&b->edge);
}
