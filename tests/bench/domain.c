/* SPDX-License-Identifier: BSD-3-Clause */
/* A crypt domain as the daemon makes it, and the orders by which control fills it. */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "crypto/secret.h"
#include "util/bytes.h"
#include "util/clock.h"
#include "wg/allowedips.h"

#define ORDERS          1024
#define FIXED_BYTES     (8ul << 20)
#define PEER_BYTES      4608ul
#define PREFIX_BYTES    256ul
#define PREFIXES_PEER   3 /* a network and a host of IPv4, a network of IPv6 */
#define LOOK_EVERY      (100 * CLOCK_MS)

static void create_crypt(struct bench *b)
{
	struct crypt_config c = {
		.zone = &b->zone,
		.engine = &b->engine,
		.tunnel_mtu = 1420,
		.max_peers = b->max_peers,
		.black = {b->black.to, b->black.from, &b->black.bell, b->black.view},
		.red = {b->red.to, b->red.from, &b->red.bell, b->red.view},
		.from_control = b->orders,
		.to_control = b->acks,
		.control_bell = &b->control_bell,
		.reports = b->reports,
		.dirty = b->dirty,
		.stats = b->stats,
	};

	b->crypt = crypt_create(&c);
	if (!b->crypt)
		bench_fail("no memory for crypt");
}

static void order(struct bench *b, const struct crypt_order *o)
{
	struct crypt_ack ack;

	bench_side_supply(&b->black);
	bench_side_supply(&b->red);
	if (ring_send(&b->orders, o, 1) != 1)
		bench_fail("an order was not taken");
	while (crypt_poll(b->crypt, clock_boot_ns()) != 0)
		;
	while (ring_receive(&b->acks, &ack, 1) == 1)
		;
	bench_side_collect(&b->black);
	bench_side_collect(&b->red);
}

/* Odd numbers times a counter: no two are equal, and they lie as random ones do. */
static void add_session(struct bench *b, uint32_t slot)
{
	struct bench_peer *p = &b->list[slot];
	const uint8_t kinds[] = {CRYPT_PEER, CRYPT_SESSION_RX, CRYPT_SESSION_TX};

	random_bytes(p->keys.send, sizeof(p->keys.send));
	random_bytes(p->keys.recv, sizeof(p->keys.recv));
	p->keys.local_index = (slot + 1) * 0x9e3779b1u;
	p->keys.remote_index = (slot + 1) * 0x85ebca6bu;
	p->keys.birth_ns = clock_boot_ns();
	p->keys.initiator = true;
	for (unsigned i = 0; i < sizeof(kinds); i++) {
		struct crypt_order o = {
			.kind = kinds[i], .slot = slot, .endpoint = true, .keys = p->keys};
		order(b, &o);
	}
}

static void add_routes(struct bench *b)
{
	uint32_t prefixes = b->peers * PREFIXES_PEER;
	void *memory = zone_alloc(&b->zone, allowedips_bytes(prefixes));

	if (!memory)
		bench_fail("no memory for routes");
	b->routes = allowedips_init(memory, prefixes);
	for (uint32_t slot = 0; slot < b->peers; slot++) {
		struct ip_prefix net = {{4, {10}}, 24}, host = {{4, {172}}, 32};
		struct ip_prefix net6 = {{6, {0xfd}}, 64};
		put_be32(net.addr.bytes, 10u << 24 | slot << 8);
		put_be32(host.addr.bytes, (172u << 24 | 16u << 16) + slot);
		put_be32(net6.addr.bytes + 4, slot);
		if (allowedips_insert(b->routes, &net, slot) != 0 ||
			allowedips_insert(b->routes, &host, slot) != 0 ||
			allowedips_insert(b->routes, &net6, slot) != 0)
			bench_fail("routes do not fit");
	}
	struct crypt_order o = {.kind = CRYPT_ROUTES, .routes = b->routes};
	order(b, &o);
}

static void open_memory(struct bench *b)
{
	char name[24];
	size_t bytes = FIXED_BYTES + b->max_peers * PEER_BYTES +
		(size_t)b->peers * PREFIXES_PEER * PREFIX_BYTES;

	snprintf(name, sizeof(name), "crypt%u", b->peers);
	if (zone_create(&b->zone, name, bytes, ZONE_PAGES_AUTO) != 0)
		bench_fail("no memory for a zone");
	snprintf(name, sizeof(name), "black%u", b->peers);
	bench_side_open(&b->black, name, &b->zone);
	snprintf(name, sizeof(name), "red%u", b->peers);
	bench_side_open(&b->red, name, &b->zone);
	snprintf(name, sizeof(name), "orders%u", b->peers);
	int rc = ring_create(&b->orders, name, &b->zone, ORDERS, sizeof(struct crypt_order));
	snprintf(name, sizeof(name), "acks%u", b->peers);
	if (rc != 0 || ring_create(&b->acks, name, &b->zone, ORDERS, sizeof(struct crypt_ack)) != 0 ||
		bell_open(&b->control_bell) != 0 || engine_create(&b->engine, "auto", &b->zone) != 0)
		bench_fail("no memory for rings and engine");
	b->reports = zone_alloc(&b->zone, b->max_peers * sizeof(*b->reports));
	b->dirty = zone_alloc(&b->zone, (b->max_peers + 63) / 64 * sizeof(*b->dirty));
	b->stats = zone_alloc(&b->zone, sizeof(*b->stats));
	b->list = calloc(b->peers, sizeof(*b->list));
	if (!b->reports || !b->dirty || !b->stats || !b->list)
		bench_fail("no memory for tables");
}

void bench_open(struct bench *b, uint32_t peers)
{
	b->peers = peers;
	b->max_peers = peers * 2 > 1024 ? peers * 2 : 1024; /* as ctl/plan.c has it */
	b->random = 0x9e3779b97f4a7c15u;
	open_memory(b);
	create_crypt(b);
	add_routes(b);
	for (uint32_t slot = 0; slot < peers; slot++)
		add_session(b, slot);
	if (b->stats->sessions_installed != peers)
		bench_fail("a session was refused");
}

void bench_close(struct bench *b)
{
	crypt_destroy(b->crypt);
	engine_destroy(&b->engine);
	zone_free(b->routes);
	zone_free(b->stats);
	zone_free((void *)b->dirty);
	zone_free(b->reports);
	bell_close(&b->control_bell);
	ring_destroy(&b->acks);
	ring_destroy(&b->orders);
	bench_side_close(&b->red);
	bench_side_close(&b->black);
	zone_destroy(&b->zone);
	free(b->list);
}

uint32_t bench_draw(struct bench *b)
{
	b->random ^= b->random << 13;
	b->random ^= b->random >> 7;
	b->random ^= b->random << 17;
	return (uint32_t)((b->random >> 32) * b->peers >> 32);
}

void bench_control(struct bench *b)
{
	uint64_t now_ns = clock_boot_ns();

	if (now_ns - b->cleared_ns < LOOK_EVERY)
		return;
	b->cleared_ns = now_ns;
	for (uint32_t i = 0; i < (b->max_peers + 63) / 64; i++)
		atomic_store(&b->dirty[i], 0);
	for (uint32_t i = 0; i < b->peers; i++) {
		atomic_store(&b->reports[i].tx.events, 0);
		atomic_store(&b->reports[i].rx.events, 0);
	}
}
