/* SPDX-License-Identifier: BSD-3-Clause */
/* The red domain with the prefixes of all peers behind the tunnel. */
#include <string.h>

#include "bench.h"
#include "net/arp.h"
#include "red/red.h"
#include "util/bytes.h"

/* As ctl/plan.c has them. */
#define ZONE_BYTES      (26ul << 20)
#define PREFIX_BYTES    896ul
#define PREFIXES_LEAST  16384u
#define PREFIXES_A_PEER 3

static void create(struct red_edge *r, uint32_t max_prefixes)
{
	struct edge *e = &r->edge;
	struct red_config c = {
		.zone = &e->zone,
		.port = &e->port,
		.pool = &e->pool,
		.addresses = {{{4, {0}}, 24}},
		.address_count = 1,
		.tunnel_mtu = BENCH_MTU,
		.max_prefixes = max_prefixes,
		.crypt = {{e->to, e->from, &e->crypt_bell}},
		.crypt_count = 1,
		.from_control = e->orders,
		.stats = &r->stats,
	};

	put_be32(c.addresses[0].addr.bytes, RED_ADDRESS);
	e->domain = red_create(&c);
	if (!e->domain)
		bench_fail("no memory for red");
	e->poll = red_poll;
}

/* The hosts ask for their router, which so knows them. */
static void meet_hosts(struct edge *e, uint64_t now_ns)
{
	for (unsigned i = 0; i < BENCH_HOSTS; i++) {
		struct rte_mbuf *m = edge_buffer(e);
		uint8_t *frame = (uint8_t *)rte_pktmbuf_append(m, ARP_FRAME_LEN);
		if (!frame)
			bench_fail("no room in a buffer");
		arp_build_request(frame, edge_network_mac, packet_host(i), RED_ADDRESS);
		edge_arrive(e, &m, 1);
	}
	e->poll(e->domain, now_ns);
	edge_collect(e);
}

void red_edge_open(struct red_edge *r, uint32_t peers, uint64_t now_ns)
{
	uint32_t max = peers * PREFIXES_A_PEER * 2;

	if (max < PREFIXES_LEAST)
		max = PREFIXES_LEAST;
	edge_open(&r->edge, "red", ZONE_BYTES + max * PREFIX_BYTES, sizeof(struct red_order));
	create(r, max);
	meet_hosts(&r->edge, now_ns);
	for (uint32_t slot = 0; slot < peers; slot++) {
		struct red_order net = {.kind = RED_TUNNEL_ADD, .prefix = {{4, {0}}, 24}},
			host = {.kind = RED_TUNNEL_ADD, .prefix = {{4, {0}}, 32}};
		struct red_order net6 = {.kind = RED_TUNNEL_ADD, .prefix = {{6, {0xfd}}, 64}};
		put_be32(net.prefix.addr.bytes, packet_site(slot) & 0xffffff00);
		put_be32(host.prefix.addr.bytes, (172u << 24 | 16u << 16) + slot);
		put_be32(net6.prefix.addr.bytes + 4, slot);
		edge_order(&r->edge, &net, now_ns);
		edge_order(&r->edge, &host, now_ns);
		edge_order(&r->edge, &net6, now_ns);
	}
}

void red_edge_close(struct red_edge *r)
{
	red_destroy(r->edge.domain);
	edge_close(&r->edge);
}
