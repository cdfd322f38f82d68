/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#include <string.h>

#include "eal.h"
#include "net/arp.h"
#include "net/nd.h"
#include "net/udp.h"
#include "unit.h"
#include "util/bytes.h"

#define MUST(x) CU_ASSERT_FATAL(x)

struct red_stats rig_total;

void rig_open_with(struct rig *r, const struct rig_options *o)
{
	memset(r, 0, sizeof(*r));
	r->now_ns = RIG_START;
	unit_zone(&r->zone, "red", 16);
	MUST(pool_create(&r->pool, "red", &r->zone, o->buffers, o->mtu) == 0);
	wire_open(&r->wire, &r->zone, &r->pool, o->mtu);
	MUST(ring_create(&r->orders, "orders", NULL, 256, sizeof(struct red_order)) == 0);
	struct red_config c = {
		.zone = &r->zone,
		.port = &r->wire.port,
		.pool = &r->pool,
		.addresses = {{{4, {10, 0, 1, 254}}, 24}, {{6, {0xfd, 0, 0, 1, [15] = 0xfe}}, 64}},
		.address_count = 2,
		.tunnel_mtu = o->tunnel_mtu,
		.max_prefixes = RIG_PREFIXES,
		.crypt_count = o->links,
		.from_control = r->orders,
		.stats = &r->stats,
	};
	if (o->gateway)
		c.gateway = (struct ip_addr){4, {10, 0, 1, 1}};
	links_open(r->links, o->links, &r->zone, o->handles, c.crypt);
	if (o->gateway)
		c.gateway6 = (struct ip_addr){6, {0xfd, 0, 0, 1, [15] = 1}};
	r->red = red_create(&c);
	MUST(r->red != NULL);
	rig_poll(r);
	if (o->gateway) /* it is asked for at once, in both families */
		MUST(rig_sent(r) == ARP_FRAME_LEN && rig_sent(r) == ND_FRAME_LEN);
	rig_report(r); /* which groups it listens to; not what the tests are about */
	memset(&r->stats, 0, sizeof(r->stats));
	if (!o->no_prefixes) {
		rig_tunnel(r, RED_TUNNEL_ADD, "10.0.2.0/24");
		rig_tunnel(r, RED_TUNNEL_ADD, "fd00:2::/64");
	}
}

void rig_open(struct rig *r)
{
	static const struct rig_options usual = {.links = 1, .mtu = 1500, .tunnel_mtu = RIG_MTU,
		.buffers = RIG_BUFFERS, .handles = 1024};

	rig_open_with(r, &usual);
}

void rig_check_whole(struct rig *r)
{
	rig_poll(r);
	links_return_all(r->links);
	for (unsigned i = 0; i < 5; i++) { /* whatever waits for a neighbour is given up */
		r->now_ns += CLOCK_SECOND;
		rig_poll(r);
	}
	wire_pop_all(&r->wire);
	CU_ASSERT_EQUAL(rte_mempool_avail_count(r->pool.mempool) + links_empties(r->links),
		r->pool.count);
}

#define ADD_TO_TOTAL(name, help) rig_total.name += r->stats.name;

void rig_close(struct rig *r)
{
	rig_check_whole(r);
	RED_COUNTERS(ADD_TO_TOTAL)
	red_destroy(r->red);
	links_close(r->links);
	ring_destroy(&r->orders);
	wire_close(&r->wire);
	pool_destroy(&r->pool);
	zone_destroy(&r->zone);
}

void rig_poll(struct rig *r)
{
	unsigned n;

	do {
		n = red_poll(r->red, r->now_ns);
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

void rig_tunnel(struct rig *r, uint8_t kind, const char *prefix)
{
	struct red_order o = {.kind = kind};

	MUST(prefix_parse(&o.prefix, prefix) == 0);
	MUST(ring_send(&r->orders, &o, 1) == 1);
	rig_poll(r);
}

void rig_resolve(struct rig *r, uint32_t address)
{
	uint8_t reply[ARP_FRAME_LEN];
	struct arp arp;
	size_t length = rig_sent(r);

	MUST(length == ARP_FRAME_LEN);
	MUST(arp_parse(&arp, r->frame + ETHERNET_HEADER_LEN, ARP_LEN) == 0);
	MUST(arp.request && arp.target == address);
	CU_ASSERT_EQUAL(arp.sender, OURS);
	rig_arrive(r, reply, wire_arp(reply, false, address, arp.sender));
}

size_t rig_report(struct rig *r)
{
	size_t length = rig_sent(r);

	MUST(length > 70 && r->frame[20] == 0 && r->frame[62] == 143);
	return length;
}

void rig_resolve6(struct rig *r, const char *address)
{
	uint8_t target[16], answer[ND_FRAME_LEN];

	MUST(rig_sent(r) == ND_FRAME_LEN);
	wire_address6(target, address);
	MUST(r->frame[54] == 135 && memcmp(r->frame + 62, target, 16) == 0);
	rig_arrive(r, answer, wire_answer6(answer, address, OURS6));
}

void rig_learn(struct rig *r, uint32_t address)
{
	uint8_t request[ARP_FRAME_LEN];

	rig_arrive(r, request, wire_arp(request, true, address, OURS));
	MUST(rig_sent(r) == ARP_FRAME_LEN);
}

uint8_t *rig_bytes(const struct rig *r, const struct handle *h)
{
	return (uint8_t *)pool_mbuf(&r->pool, h->index)->buf_addr + h->offset;
}

void rig_give(struct rig *r, unsigned link, const struct handle *h)
{
	links_give(&r->links[link], h);
}

void rig_opened(struct rig *r, unsigned link, const void *packet, size_t length)
{
	struct handle h;

	MUST(links_take_empty(&r->links[link], length, 0, &h));
	memcpy(rig_bytes(r, &h), packet, length);
	rig_give(r, link, &h);
	rig_poll(r);
}

void rig_return(struct rig *r, unsigned link, uint8_t code)
{
	links_give_used(&r->links[link], code, 0);
	rig_poll(r);
}

size_t rig_frame(uint8_t *frame, uint32_t destination, size_t payload, uint16_t fragment,
	uint8_t ttl)
{
	static uint8_t datagram[WIRE_FRAME_MAX];
	struct ipv4_fields fields = {.ttl = ttl, .protocol = IP_PROTOCOL_UDP, .fragment = fragment,
		.id = 0x4321, .source = HOST, .destination = destination};

	for (size_t i = 0; i < payload; i++)
		datagram[UDP_HEADER_LEN + i] = (uint8_t)(i * 7 + i / 256);
	udp_build(datagram, 4000, 9, (uint16_t)payload);
	return wire_ipv4(frame, &fields, datagram, UDP_HEADER_LEN + payload);
}
