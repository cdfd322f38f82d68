/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "eal.h"
#include "unit.h"
#include "util/bytes.h"
#include "wg/allowedips.h"

#define MUST(x) CU_ASSERT_FATAL(x)

static void open_pool(struct rig_side *s, const char *name)
{
	unit_zone(&s->zone, name, 6);
	MUST(pool_create(&s->pool, name, &s->zone, RIG_BUFFERS, 1500) == 0);
}

static void open_link(struct rig_side *s, struct zone *crypt, const char *name)
{
	char text[32];

	MUST(pool_view_create(&s->view, &s->pool, crypt) == 0);
	snprintf(text, sizeof(text), "%.20s-to", name);
	MUST(ring_create(&s->to, text, &s->zone, 1024, sizeof(struct handle)) == 0);
	snprintf(text, sizeof(text), "%.20s-from", name);
	MUST(ring_create(&s->from, text, &s->zone, 1024, sizeof(struct handle)) == 0);
	MUST(bell_open(&s->bell) == 0);
	s->next = 0;
}

static void close_link(struct rig_side *s)
{
	bell_close(&s->bell);
	ring_destroy(&s->from);
	ring_destroy(&s->to);
	pool_view_destroy(&s->view);
}

static void close_pool(struct rig_side *s)
{
	pool_destroy(&s->pool);
	zone_destroy(&s->zone);
}

static void make_crypt(struct rig *r)
{
	struct crypt_config c = {
		.zone = &r->zone,
		.engine = &r->engine,
		.number = r->number,
		.threads = r->threads,
		.first = r->first ? r->first->crypt : NULL,
		.tunnel_mtu = 1420,
		.max_peers = RIG_PEERS,
		.black = {r->black.to, r->black.from, &r->black.bell, r->black.view},
		.red = {r->red.to, r->red.from, &r->red.bell, r->red.view},
		.from_control = r->orders,
		.to_control = r->acks,
		.control_bell = &r->control_bell,
		.reports = r->reports,
		.dirty = r->dirty,
		.stats = r->stats,
	};

	for (unsigned i = 0; i < r->threads; i++)
		c.bells[i] = &(r->first ? r->first : r)->bells[i];
	r->crypt = crypt_create(&c);
	MUST(r->crypt != NULL);
}

static void use_routes(struct rig *r, const struct allowedips *t)
{
	struct crypt_order o = {.kind = CRYPT_ROUTES, .routes = t};
	struct crypt_ack ack;

	ring_send(&r->orders, &o, 1);
	rig_poll(r);
	MUST(rig_ack(r, &ack) && ack.kind == CRYPT_ROUTES && ack.routes == t);
	r->routes = t;
}

static void publish_routes(struct rig *r)
{
	struct allowedips *t = allowedips_init(
		zone_alloc(&r->zone, allowedips_bytes(2 * RIG_PEERS)), 2 * RIG_PEERS);

	for (uint32_t slot = 0; slot < RIG_PEERS; slot++) {
		struct ip_prefix v4 = {{4, {10, 0, (uint8_t)slot}}, 24};
		struct ip_prefix v6 = {{6, {0xfd, 0, 0, (uint8_t)slot}}, 32};
		MUST(allowedips_insert(t, &v4, slot) == 0);
		MUST(allowedips_insert(t, &v6, slot) == 0);
	}
	rig_routes(r, t);
}

void rig_routes(struct rig *r, struct allowedips *routes)
{
	const struct allowedips *former = r->routes;

	allowedips_set_number(routes, ++r->routes_number);
	use_routes(r, routes);
	zone_free((void *)(uintptr_t)former);
}

/* What all threads share. */
static void open_common(struct rig *r, const char *name)
{
	char text[32];

	snprintf(text, sizeof(text), "%.8s-crypt", name);
	unit_zone(&r->zone, text, 12);
	snprintf(text, sizeof(text), "%.8s-black", name);
	open_pool(&r->black, text);
	snprintf(text, sizeof(text), "%.8s-red", name);
	open_pool(&r->red, text);
	r->reports = zone_alloc(&r->zone, RIG_PEERS * sizeof(*r->reports));
	r->dirty = zone_alloc(&r->zone, RIG_PEERS / 64 * sizeof(*r->dirty));
	for (unsigned i = 0; i < RIG_THREADS; i++)
		MUST(bell_open(&r->bells[i]) == 0);
}

static void close_common(struct rig *r)
{
	zone_free((void *)(uintptr_t)r->routes);
	zone_free(r->dirty);
	zone_free(r->reports);
	for (unsigned i = 0; i < RIG_THREADS; i++)
		bell_close(&r->bells[i]);
	close_pool(&r->red);
	close_pool(&r->black);
	zone_destroy(&r->zone);
}

static void share_common(struct rig *r, const struct rig *first)
{
	r->zone = first->zone;
	r->black = first->black;
	r->red = first->red;
	r->reports = first->reports;
	r->dirty = first->dirty;
}

static void open_thread(struct rig *r, const char *name, const char *engine)
{
	char text[32];

	r->now_ns = RIG_START;
	snprintf(text, sizeof(text), "%.8s-black", name);
	open_link(&r->black, &r->zone, text);
	snprintf(text, sizeof(text), "%.8s-red", name);
	open_link(&r->red, &r->zone, text);
	snprintf(text, sizeof(text), "%.8s-orders", name);
	MUST(ring_create(&r->orders, text, &r->zone, 64, sizeof(struct crypt_order)) == 0);
	snprintf(text, sizeof(text), "%.8s-acks", name);
	MUST(ring_create(&r->acks, text, &r->zone, 64, sizeof(struct crypt_ack)) == 0);
	MUST(bell_open(&r->control_bell) == 0);
	r->stats = zone_alloc(&r->zone, sizeof(*r->stats));
	MUST(engine_create(&r->engine, engine, &r->zone) == 0);
	make_crypt(r);
}

static void close_thread(struct rig *r)
{
	crypt_destroy(r->crypt);
	engine_destroy(&r->engine);
	zone_free(r->stats);
	bell_close(&r->control_bell);
	ring_destroy(&r->acks);
	ring_destroy(&r->orders);
	close_link(&r->red);
	close_link(&r->black);
}

void rig_open_threads(struct rig *list, unsigned threads, const char *name, const char *engine)
{
	char text[32];

	memset(list, 0, threads * sizeof(*list));
	open_common(&list[0], name);
	for (unsigned i = 0; i < threads; i++) {
		struct rig *r = &list[i];
		r->number = i;
		r->threads = threads;
		if (i > 0) {
			r->first = &list[0];
			share_common(r, &list[0]);
		}
		snprintf(text, sizeof(text), "%.6s%u", name, i);
		open_thread(r, text, engine);
		r->black.next = r->red.next = (uint16_t)(i * RIG_BUFFERS / RIG_THREADS);
		if (i == 0)
			publish_routes(r);
		else
			use_routes(r, list[0].routes);
	}
}

void rig_close_threads(struct rig *list, unsigned threads)
{
	for (unsigned i = threads; i-- > 0;)
		close_thread(&list[i]);
	close_common(&list[0]);
}

void rig_open(struct rig *r, const char *name, const char *engine)
{
	rig_open_threads(r, 1, name, engine);
}

void rig_close(struct rig *r)
{
	rig_close_threads(r, 1);
}

void rig_move(struct rig *from, struct rig *to, uint32_t slot, enum crypt_half half)
{
	struct crypt_order yield = {.kind = CRYPT_YIELD, .slot = slot, .half = (uint8_t)half,
		.to = (uint8_t)to->number};
	struct crypt_order take = {.kind = CRYPT_TAKE, .slot = slot, .half = (uint8_t)half};

	ring_send(&from->orders, &yield, 1);
	ring_send(&to->orders, &take, 1);
	rig_poll(from);
	rig_poll(to);
}

void rig_poll(struct rig *r)
{
	while (crypt_poll(r->crypt, r->now_ns) != 0)
		;
}

void rig_lend(struct rig_side *s, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct handle h = {.index = s->next++ % RIG_BUFFERS, .kind = HANDLE_EMPTY};
		MUST(ring_send(&s->to, &h, 1) == 1);
	}
}

unsigned rig_receive(struct rig_side *s, struct handle *handles, unsigned max)
{
	return ring_receive(&s->from, handles, max);
}

bool rig_find(struct rig_side *s, uint8_t kind, struct handle *found)
{
	struct handle h;
	bool any = false;

	while (ring_receive(&s->from, &h, 1) == 1)
		if (h.kind == kind && !any) {
			*found = h;
			any = true;
		}
	return any;
}

unsigned rig_count(struct rig_side *s, uint8_t kind)
{
	struct handle h;
	unsigned n = 0;

	while (ring_receive(&s->from, &h, 1) == 1)
		n += h.kind == kind;
	return n;
}

uint8_t *rig_bytes(const struct rig_side *s, const struct handle *h)
{
	return s->view.buffers[h->index] + h->offset;
}

void rig_peer(struct rig *r, uint32_t slot, bool endpoint)
{
	struct crypt_order o = {.kind = CRYPT_PEER, .slot = slot, .endpoint = endpoint};

	ring_send(&r->orders, &o, 1);
	rig_poll(r);
}

void rig_order(struct rig *r, uint8_t kind, uint32_t slot)
{
	struct crypt_order o = {.kind = kind, .slot = slot};

	ring_send(&r->orders, &o, 1);
	rig_poll(r);
}

bool rig_ack(struct rig *r, struct crypt_ack *ack)
{
	return ring_receive(&r->acks, ack, 1) == 1;
}

struct session_keys rig_keys(uint32_t seed, bool initiator, uint64_t birth_ns)
{
	struct session_keys k = {
		.local_index = initiator ? seed : seed + 1,
		.remote_index = initiator ? seed + 1 : seed,
		.birth_ns = birth_ns,
		.initiator = initiator,
	};
	uint8_t forth[32], back[32];

	for (unsigned i = 0; i < 32; i++) {
		forth[i] = (uint8_t)(seed * 7 + i * 13);
		back[i] = (uint8_t)(seed * 5 + i * 11 + 1);
	}
	memcpy(k.send, initiator ? forth : back, 32);
	memcpy(k.recv, initiator ? back : forth, 32);
	return k;
}

void rig_session(struct rig *r, uint32_t slot, uint32_t seed, bool initiator)
{
	const uint8_t kinds[] = {CRYPT_SESSION_RX, CRYPT_SESSION_TX};

	for (unsigned i = 0; i < 2; i++) {
		struct crypt_order o = {.kind = kinds[i], .slot = slot,
			.keys = rig_keys(seed, initiator, r->now_ns)};
		struct crypt_ack ack;
		ring_send(&r->orders, &o, 1);
		rig_poll(r);
		MUST(rig_ack(r, &ack) && ack.kind == kinds[i] && ack.slot == slot &&
			ack.local_index == o.keys.local_index);
	}
}

void rig_write_packet(uint8_t *packet, uint8_t from, uint8_t to, uint16_t length)
{
	memset(packet, 0, 20);
	packet[0] = 0x45;
	put_be16(packet + 2, length);
	packet[8] = 64;
	packet[9] = 17;
	put_be32(packet + 12, 10u << 24 | (uint32_t)from << 8 | 1);
	put_be32(packet + 16, 10u << 24 | (uint32_t)to << 8 | 1);
	for (unsigned i = 20; i < length; i++)
		packet[i] = (uint8_t)(i * 31 + from);
}

struct handle rig_packet(struct rig *r, uint8_t from, uint8_t to, uint16_t length)
{
	struct handle h = {
		.index = r->red.next++ % RIG_BUFFERS,
		.offset = 142,
		.length = length,
		.kind = HANDLE_FULL,
	};

	rig_write_packet(rig_bytes(&r->red, &h), from, to, length);
	MUST(ring_send(&r->red.to, &h, 1) == 1);
	return h;
}

struct handle rig_message(struct rig *r, const void *message, uint16_t length, uint8_t last,
	uint16_t port)
{
	struct handle h = {
		.index = r->black.next++ % RIG_BUFFERS,
		.offset = 170,
		.length = length,
		.kind = HANDLE_FULL,
		.code = 4,
		.tag = (uint64_t)last << 16 | port,
	};
	uint8_t *at = rig_bytes(&r->black, &h);

	memcpy(at, message, length);
	put_be32(at - 16, 192u << 24 | 2u << 8 | last);
	put_be32(at - 12, 192u << 24 | 2u << 8 | 254);
	put_be16(at - 8, port);
	put_be16(at - 6, 51820);
	MUST(ring_send(&r->black.to, &h, 1) == 1);
	return h;
}

bool rig_sealed(struct rig *r, uint8_t *message, uint16_t *length)
{
	struct handle h;

	if (!rig_find(&r->black, HANDLE_FILLED, &h))
		return false;
	*length = h.length;
	memcpy(message, rig_bytes(&r->black, &h), h.length);
	return true;
}
