/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#include <string.h>

#include "eal.h"
#include "net/arp.h"
#include "net/nd.h"
#include "unit.h"
#include "util/bytes.h"
#include "wg/cookie.h"

#define MUST(x) CU_ASSERT_FATAL(x)

struct black_stats rig_total;

static void add_ipv6(struct black_config *c)
{
	MUST(prefix_parse(&c->addresses[2], OURS6 "/64") == 0);
	MUST(prefix_parse(&c->addresses[3], SECOND6 "/64") == 0);
	MUST(addr_parse(&c->gateway6, GATEWAY6) == 0);
	c->address_count = 4;
}

void rig_open_with(struct rig *r, const struct rig_options *o)
{
	memset(r, 0, sizeof(*r));
	r->now_ns = RIG_START;
	memset(r->public_key, 0x42, 32);
	unit_zone(&r->zone, "black", o->buffers > 1024 ? 24 : 8);
	MUST(pool_create(&r->pool, "black", &r->zone, o->buffers, o->mtu) == 0);
	wire_open(&r->wire, &r->zone, &r->pool, o->mtu);
	r->wire.port.tx_ip_checksum = o->ip_checksum;
	r->wire.port.tx_udp_checksum = o->udp_offload;
	size_t report = sizeof(struct black_report), order = sizeof(struct black_order);
	MUST(ring_create(&r->reports, "reports", NULL, o->reports, report) == 0);
	MUST(ring_create(&r->proven, "proven", NULL, o->reports, report) == 0);
	MUST(ring_create(&r->orders, "orders", NULL, 256, order) == 0);
	MUST(bell_open(&r->control_bell) == 0);
	struct black_config c = {
		.zone = &r->zone,
		.port = &r->wire.port,
		.pool = &r->pool,
		.addresses = {{{4, {192, 168, 1, 10}}, 24}, {{4, {10, 9, 0, 1}}, 16}},
		.address_count = 2,
		.gateway = {4, {192, 168, 1, 100}},
		.ask_ahead = o->ask_ahead,
		.listen_port = LISTEN,
		.max_peers = RIG_PEERS,
		.crypt_count = o->links,
		.to_control = r->reports,
		.proven = r->proven,
		.from_control = r->orders,
		.control_bell = &r->control_bell,
		.stats = &r->stats,
		.attack = &r->attack,
		.limits = o->limits,
		.seed = {1, 2, 3, 4},
		.tag_seed = {5, 6},
		.now_ns = RIG_START,
	};
	c.udp_checksum = o->udp_checksum;
	if (o->ipv6)
		add_ipv6(&c);
	if (o->no_gateway)
		c.gateway.family = c.gateway6.family = 0;
	links_open(r->links, o->links, &r->zone, o->handles, c.crypt);
	r->black = black_create(&c);
	MUST(r->black != NULL);
	if (o->ipv6) {
		rig_poll(r);
		MUST(wire_pop_all(&r->wire) == 1); /* the groups that it listens to */
		memset(&r->stats, 0, sizeof(r->stats));
	}
	struct black_order identity = {.kind = BLACK_IDENTITY, .length = o->no_identity ? 0 : 32};
	memcpy(identity.data, r->public_key, 32);
	rig_order(r, &identity);
}

void rig_open(struct rig *r)
{
	static const struct rig_options usual = {
		.links = 1, .mtu = 1500, .buffers = RIG_BUFFERS, .reports = 64, .handles = 1024};

	rig_open_with(r, &usual);
}

void rig_check_whole(struct rig *r)
{
	static uint8_t frame[WIRE_FRAME_MAX];

	rig_poll(r);
	links_return_all(r->links);
	r->now_ns += 60 * CLOCK_SECOND; /* whatever waits for a neighbour is given up */
	for (unsigned i = 0; i < 5; i++) {
		r->now_ns += CLOCK_SECOND;
		rig_poll(r);
	}
	while (wire_pop(&r->wire, frame) > 0)
		;
	CU_ASSERT_EQUAL(rte_mempool_avail_count(r->pool.mempool) + links_empties(r->links),
		r->pool.count);
}

#define ADD_TO_TOTAL(name, help) rig_total.name += r->stats.name;

void rig_close(struct rig *r)
{
	rig_check_whole(r);
	BLACK_COUNTERS(ADD_TO_TOTAL)
	black_destroy(r->black);
	links_close(r->links);
	ring_destroy(&r->reports);
	ring_destroy(&r->proven);
	ring_destroy(&r->orders);
	bell_close(&r->control_bell);
	wire_close(&r->wire);
	pool_destroy(&r->pool);
	zone_destroy(&r->zone);
}

void rig_poll(struct rig *r)
{
	unsigned n;

	do {
		n = black_poll(r->black, r->now_ns);
		links_sort(r->links);
	} while (n > 0);
}

void rig_arrive(struct rig *r, const void *frame, size_t length)
{
	wire_push(&r->wire, frame, length);
	rig_poll(r);
}

size_t rig_sent(struct rig *r)
{
	return wire_pop(&r->wire, r->frame);
}

void rig_order(struct rig *r, const struct black_order *order)
{
	MUST(ring_send(&r->orders, order, 1) == 1);
	rig_poll(r);
}

void rig_endpoint(struct rig *r, uint32_t slot, uint32_t address, uint16_t port)
{
	struct black_order o = {
		.kind = BLACK_ENDPOINT, .slot = slot, .remote = {.addr.family = 4, .port = port}};

	put_be32(o.remote.addr.bytes, address);
	rig_order(r, &o);
}

void rig_endpoint6(struct rig *r, uint32_t slot, const char *address, const char *local)
{
	struct black_order o = {.kind = BLACK_ENDPOINT, .slot = slot,
		.remote = {.addr.family = 6, .port = 5000}};

	wire_address6(o.remote.addr.bytes, address);
	if (local) {
		o.local.family = 6;
		wire_address6(o.local.bytes, local);
	}
	rig_order(r, &o);
}

void rig_resolve(struct rig *r, uint32_t address)
{
	uint8_t reply[ARP_FRAME_LEN];
	struct arp arp;
	size_t length = rig_sent(r);

	MUST(length == ARP_FRAME_LEN);
	MUST(arp_parse(&arp, r->frame + ETHERNET_HEADER_LEN, ARP_LEN) == 0);
	MUST(arp.request && arp.target == address);
	CU_ASSERT(mac_equal(r->frame, mac_broadcast));
	rig_arrive(r, reply, wire_arp(reply, false, address, arp.sender));
}

void rig_resolve6(struct rig *r, const char *address)
{
	uint8_t answer[ND_FRAME_LEN];
	struct nd asked = {.kind = ND_SOLICITATION};

	MUST(rig_sent(r) == ND_FRAME_LEN);
	MUST(r->frame[54] == 135);
	CU_ASSERT(wire_is6(r->frame + 62, address));
	memcpy(asked.source, r->frame + 22, 16);
	memcpy(asked.target, r->frame + 62, 16);
	nd_build_advertisement(answer, wire_peer, &asked, wire_ours, false);
	rig_arrive(r, answer, ND_FRAME_LEN);
}

uint8_t *rig_bytes(const struct rig *r, const struct handle *h)
{
	return (uint8_t *)pool_mbuf(&r->pool, h->index)->buf_addr + h->offset;
}

void rig_give(struct rig *r, unsigned link, const struct handle *h)
{
	links_give(&r->links[link], h);
}

void rig_return(struct rig *r, unsigned link, uint8_t code)
{
	links_give_used(&r->links[link], code, 0);
}

void rig_return_moved(struct rig *r, unsigned link, uint64_t slot)
{
	links_give_used(&r->links[link], USED_MOVED, slot);
}

bool rig_sealed(struct rig *r, unsigned link, uint32_t slot, uint16_t length)
{
	struct handle h;

	if (!links_take_empty(&r->links[link], length, slot, &h))
		return false;
	rig_data(rig_bytes(r, &h), length, 0x01020304);
	rig_give(r, link, &h);
	return true;
}

#define ADD_DROP(name, help) + (#name[0] == 'd' ? r->stats.name : 0)

uint64_t rig_drops(const struct rig *r)
{
	return 0 BLACK_COUNTERS(ADD_DROP);
}

void rig_check_drop(struct rig *r, const uint64_t *counter, uint64_t before, uint64_t all_before)
{
	struct black_report report;

	CU_ASSERT_EQUAL(*counter, before + 1);
	CU_ASSERT_EQUAL(rig_drops(r), all_before + 1);
	CU_ASSERT_EQUAL(rig_sent(r), 0);
	CU_ASSERT_EQUAL(r->links[0].full_count, 0);
	CU_ASSERT_EQUAL(ring_receive(&r->reports, &report, 1), 0);
	CU_ASSERT_EQUAL(ring_receive(&r->proven, &report, 1), 0);
}

void rig_initiation(const struct rig *r, uint8_t message[static 148])
{
	memset(message, 0x11, 148);
	put_le32(message, 1);
	cookie_add_macs(message, 148, r->public_key);
}

void rig_response(const struct rig *r, uint8_t message[static 92])
{
	memset(message, 0x22, 92);
	put_le32(message, 2);
	cookie_add_macs(message, 92, r->public_key);
}

void rig_data(uint8_t *message, size_t length, uint32_t receiver)
{
	memset(message, 0x44, length);
	put_le32(message, 4);
	if (length >= 8)
		put_le32(message + 4, receiver);
}
