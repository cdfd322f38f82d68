/* SPDX-License-Identifier: BSD-3-Clause */
/* A crypt domain between black and red as the daemon makes it, and the orders by which control fills it. */
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
#define PREFIXES_A_PEER 3 /* a network and a host of IPv4, a network of IPv6 */
#define LOOK_EVERY      (100 * CLOCK_MS)

static void create_crypt(struct bench *b)
{
	struct site *s = &b->site;
	struct edge *black = &s->black.edge, *red = &s->red.edge;
	struct crypt_config c = {
		.zone = &s->zone,
		.engine = &s->engine,
		.number = b->number,
		.threads = b->threads,
		.first = s->first ? s->first->crypt : NULL,
		.tunnel_mtu = BENCH_MTU,
		.max_peers = b->max_peers,
		.black = {black->to, black->from, &black->bell, s->black_view},
		.red = {red->to, red->from, &red->bell, s->red_view},
		.from_control = s->orders,
		.to_control = s->acks,
		.control_bell = &s->control_bell,
		.reports = s->reports,
		.dirty = s->dirty,
		.stats = s->stats,
	};

	for (unsigned i = 0; i < b->threads; i++) /* nobody waits for one */
		c.bells[i] = &s->control_bell;
	s->crypt = crypt_create(&c);
	if (!s->crypt)
		bench_fail("no memory for crypt");
}

static void order(struct bench *b, const struct crypt_order *o)
{
	struct site *s = &b->site;
	struct crypt_ack ack;

	if (ring_send(&s->orders, o, 1) != 1)
		bench_fail("an order was not taken");
	crypt_poll(s->crypt, b->now_ns);
	while (ring_receive(&s->acks, &ack, 1) == 1)
		;
}

/* Odd numbers times a counter: no two are equal, and they lie as random ones do. */
static void add_session(struct bench *threads, uint32_t slot)
{
	struct bench *seals = &threads[slot % threads->threads];
	struct bench *opens = &threads[(slot + 1) % threads->threads];
	struct bench_peer *p = &threads->site.list[slot];
	const uint8_t kinds[] = {CRYPT_PEER, CRYPT_SESSION_RX, CRYPT_SESSION_TX};

	random_bytes(p->keys.send, sizeof(p->keys.send));
	random_bytes(p->keys.recv, sizeof(p->keys.recv));
	p->keys.local_index = (slot + 1) * 0x9e3779b1u;
	p->keys.remote_index = (slot + 1) * 0x85ebca6bu;
	p->keys.birth_ns = threads->now_ns;
	p->keys.initiator = true;
	for (unsigned i = 0; i < sizeof(kinds); i++) {
		struct crypt_order o = {
			.kind = kinds[i], .slot = slot, .endpoint = true, .keys = p->keys};
		order(kinds[i] == CRYPT_SESSION_RX ? opens : seals, &o);
	}
}

static void use_routes(struct bench *b, const struct allowedips *routes)
{
	struct crypt_order o = {.kind = CRYPT_ROUTES, .routes = routes};

	order(b, &o);
}

static void add_routes(struct bench *b)
{
	struct site *s = &b->site;
	uint32_t prefixes = b->peers * PREFIXES_A_PEER;
	void *memory = zone_alloc(&s->zone, allowedips_bytes(prefixes));

	if (!memory)
		bench_fail("no memory for routes");
	s->routes = allowedips_init(memory, prefixes);
	allowedips_set_number(s->routes, 1);
	for (uint32_t slot = 0; slot < b->peers; slot++) {
		struct ip_prefix net = {{4, {0}}, 24}, host = {{4, {0}}, 32}, net6 = {{6, {0xfd}}, 64};
		put_be32(net.addr.bytes, packet_site(slot) & 0xffffff00);
		put_be32(host.addr.bytes, (172u << 24 | 16u << 16) + slot);
		put_be32(net6.addr.bytes + 4, slot);
		if (allowedips_insert(s->routes, &net, slot) != 0 ||
			allowedips_insert(s->routes, &host, slot) != 0 ||
			allowedips_insert(s->routes, &net6, slot) != 0)
			bench_fail("routes do not fit");
	}
	use_routes(b, s->routes);
}

static void make_ring(struct site *s, unsigned number, struct ring *ring, const char *kind,
	uint32_t element)
{
	char name[32];

	snprintf(name, sizeof(name), "%s%u-%.16s", kind, number, s->zone.name);
	if (ring_create(ring, name, &s->zone, ORDERS, element) != 0)
		bench_fail("no memory for a ring");
}

/* What all threads share. */
static void open_common(struct bench *b)
{
	struct site *s = &b->site;
	char name[24];
	size_t bytes = (FIXED_BYTES + b->max_peers * PEER_BYTES) * b->threads +
		(size_t)b->peers * PREFIXES_A_PEER * PREFIX_BYTES;

	snprintf(name, sizeof(name), "crypt%u", b->peers);
	if (zone_create(&s->zone, name, bytes, ZONE_PAGES_AUTO) != 0)
		bench_fail("no memory for a zone");
	s->reports = zone_alloc(&s->zone, b->max_peers * sizeof(*s->reports));
	s->dirty = zone_alloc(&s->zone, (b->max_peers + 63) / 64 * sizeof(*s->dirty));
	s->list = calloc(b->peers, sizeof(*s->list));
	if (!s->reports || !s->dirty || !s->list)
		bench_fail("no memory for tables");
}

static void share_common(struct site *s, struct site *first)
{
	s->first = first;
	s->zone = first->zone;
	s->reports = first->reports;
	s->dirty = first->dirty;
	s->list = first->list;
}

static void open_memory(struct bench *b, const char *engine)
{
	struct site *s = &b->site;

	if (pool_view_create(&s->black_view, &s->black.edge.pool, &s->zone) != 0 ||
		pool_view_create(&s->red_view, &s->red.edge.pool, &s->zone) != 0)
		bench_fail("no memory for a zone");
	make_ring(s, b->number, &s->orders, "orders", sizeof(struct crypt_order));
	make_ring(s, b->number, &s->acks, "acks", sizeof(struct crypt_ack));
	if (bell_open(&s->control_bell) != 0 || engine_create(&s->engine, engine, &s->zone) != 0)
		bench_fail("the engine does not start");
	s->stats = zone_alloc(&s->zone, sizeof(*s->stats));
	if (!s->stats)
		bench_fail("no memory for tables");
}

/* crypt takes what was lent to it; the first messages of the new sessions leave. */
static void settle(struct bench *b)
{
	struct edge *black = &b->site.black.edge;

	while (crypt_poll(b->site.crypt, b->now_ns) + black->poll(black->domain, b->now_ns) != 0)
		edge_collect(black);
}

static void open_edges(struct bench *b)
{
	black_edge_open(&b->site.black, b->peers, b->max_peers, b->now_ns);
	red_edge_open(&b->site.red, b->peers, b->now_ns);
}

void site_open(struct bench *b, const char *engine)
{
	open_edges(b);
	open_common(b);
	open_memory(b, engine);
	create_crypt(b);
	add_routes(b);
}

void site_begin(struct bench *threads)
{
	uint64_t installed = 0;

	for (uint32_t slot = 0; slot < threads->peers; slot++)
		add_session(threads, slot);
	for (unsigned i = 0; i < threads->threads; i++) {
		installed += threads[i].site.stats->sessions_installed;
		settle(&threads[i]);
	}
	if (installed != threads->peers)
		bench_fail("a session was refused");
}

/* A half of the peer from the first thread to that one. */
static void move(struct bench *b, struct bench *first, uint32_t slot, enum crypt_half half)
{
	struct crypt_order yield = {.kind = CRYPT_YIELD, .slot = slot, .half = (uint8_t)half,
		.to = (uint8_t)b->number};

	order(first, &yield);
}

/* The first thread has all peers, and gives away what is not its own as the others come. */
void site_join(struct bench *b, const char *engine, struct bench *first)
{
	open_edges(b);
	share_common(&b->site, &first->site);
	open_memory(b, engine);
	create_crypt(b);
	use_routes(b, first->site.routes);
	for (uint32_t slot = 0; slot < b->peers; slot++) {
		if (slot % b->threads == b->number)
			move(b, first, slot, CRYPT_SEALS);
		if ((slot + 1) % b->threads == b->number)
			move(b, first, slot, CRYPT_OPENS);
	}
}

void site_close(struct site *s)
{
	crypt_destroy(s->crypt);
	engine_destroy(&s->engine);
	zone_free(s->stats);
	bell_close(&s->control_bell);
	ring_destroy(&s->acks);
	ring_destroy(&s->orders);
	pool_view_destroy(&s->red_view);
	pool_view_destroy(&s->black_view);
	red_edge_close(&s->red);
	black_edge_close(&s->black);
	if (s->first)
		return;
	zone_free(s->routes);
	zone_free((void *)s->dirty);
	zone_free(s->reports);
	zone_destroy(&s->zone);
	free(s->list);
}

void site_control(struct bench *b)
{
	struct site *s = &b->site;

	if (b->now_ns - b->cleared_ns < LOOK_EVERY)
		return;
	b->cleared_ns = b->now_ns;
	for (uint32_t i = 0; i < (b->max_peers + 63) / 64; i++)
		atomic_store(&s->dirty[i], 0);
	for (uint32_t i = 0; i < b->peers; i++) {
		atomic_store(&s->reports[i].tx.events, 0);
		atomic_store(&s->reports[i].rx.events, 0);
	}
}
