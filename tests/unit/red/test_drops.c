/* SPDX-License-Identifier: BSD-3-Clause */
/* Every way in which red drops something, by the counter that says so: and only that one. */
#include <string.h>

#include "net/arp.h"
#include "net/ethernet.h"
#include "net/neighbour.h"
#include "rig.h"
#include "suites.h"
#include "util/bytes.h"

static struct rig rig;
static uint8_t frame[WIRE_FRAME_MAX];

#define ADD_DROP(name, help) + (#name[0] == 'd' ? rig.stats.name : 0)

static uint64_t all_drops(void)
{
	return 0 RED_COUNTERS(ADD_DROP);
}

/* One drop, counted there; crypt got nothing. */
static void check_drop(const uint64_t *counter, uint64_t before, uint64_t all_before)
{
	CU_ASSERT_EQUAL(*counter, before + 1);
	CU_ASSERT_EQUAL(all_drops(), all_before + 1);
	CU_ASSERT_EQUAL(rig.links[0].full_count, 0);
}

/* And nothing went out, errors included. */
static void expect(const uint64_t *counter, size_t length)
{
	uint64_t before = *counter, all = all_drops();

	rig_arrive(&rig, frame, length);
	check_drop(counter, before, all);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
}

/* An error may go out. */
static void expect_with_error(const uint64_t *counter, size_t length)
{
	uint64_t before = *counter, all = all_drops();

	rig_arrive(&rig, frame, length);
	check_drop(counter, before, all);
	wire_pop_all(&rig.wire);
}

static size_t good(size_t payload)
{
	return rig_frame(frame, REMOTE, payload, 0, 64);
}

static void runts(void)
{
	rig_open(&rig);
	good(0);
	for (size_t i = 1; i < 34; i++)
		expect(&rig.stats.drop_runt, i);
	size_t n = wire_ipv6(frame, HOST6, REMOTE6, 17, 0);
	for (size_t i = 14; i < n; i++)
		expect(&rig.stats.drop_runt, i);
	wire_arp(frame, true, HOST, OURS);
	for (size_t i = 14; i < ARP_FRAME_LEN; i++)
		expect(&rig.stats.drop_runt, i);
	rig_close(&rig);
}

static void several_segments(void)
{
	rig_open(&rig);
	struct rte_mbuf *a = rte_pktmbuf_alloc(rig.pool.mempool);
	struct rte_mbuf *b = rte_pktmbuf_alloc(rig.pool.mempool);
	size_t n = good(1000);
	memcpy(rte_pktmbuf_append(a, 100), frame, 100);
	memcpy(rte_pktmbuf_append(b, (uint16_t)(n - 100)), frame + 100, n - 100);
	CU_ASSERT_EQUAL(rte_pktmbuf_chain(a, b), 0);
	wire_push_mbuf(&rig.wire, a);
	rig_poll(&rig);
	check_drop(&rig.stats.drop_multi_segment, 0, 0);
	rig_close(&rig);
}

static void link_layer(void)
{
	rig_open(&rig);
	size_t n = good(64);
	put_be16(frame + 12, ETHERNET_TYPE_VLAN);
	expect(&rig.stats.drop_vlan, n);
	put_be16(frame + 12, 0x88cc);
	expect(&rig.stats.drop_ethertype, n);
	good(64);
	frame[3] ^= 1;
	expect(&rig.stats.drop_not_ours_l2, n);
	good(64);
	memset(frame, 0xff, 6); /* one host's packet, sent to all */
	expect(&rig.stats.drop_not_ours_l2, n);
	n = wire_ipv6(frame, HOST6, REMOTE6, 17, 10);
	memset(frame, 0xff, 6);
	expect(&rig.stats.drop_not_ours_l2, n);
	rig_close(&rig);
}

static void arp(void)
{
	rig_open(&rig);
	size_t n = wire_arp(frame, true, HOST, OURS);
	frame[17] = 1;
	expect(&rig.stats.drop_arp_malformed, n);
	expect(&rig.stats.drop_arp_others, wire_arp(frame, true, HOST, ROUTER));
	expect(&rig.stats.drop_arp_others, wire_arp(frame, true, OURS, OURS));
	rig_close(&rig);
}

static void ip_headers(void)
{
	rig_open(&rig);
	size_t n = good(64);
	frame[14] = 0x75;
	expect(&rig.stats.drop_ip_header, n);
	good(64);
	frame[14] = 0x43;
	expect(&rig.stats.drop_ip_header, n);
	good(64);
	expect(&rig.stats.drop_ip_length, n - 1);
	frame[24] ^= 1;
	expect(&rig.stats.drop_ip_checksum, n);
	n = wire_ipv6(frame, HOST6, REMOTE6, 17, 10);
	expect(&rig.stats.drop_ip_length, n - 1);
	frame[14] = 0x50;
	expect(&rig.stats.drop_ip_header, n);
	rig_close(&rig);
}

/* Out of the tunnel, for HOST. */
static void expect_opened(const uint64_t *counter, uint32_t from, size_t payload, uint16_t fragment)
{
	size_t n = rig_frame(frame, HOST, payload, fragment, 64);
	uint64_t before = *counter, all = all_drops();

	put_be32(frame + 26, from);
	wire_repair(frame);
	rig_opened(&rig, 0, frame + 14, n - 14);
	check_drop(counter, before, all);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
}

static void ip_sources(void)
{
	static const uint32_t impossible[] = {0, 0x7f000001, 0xe0000001, 0xffffffff, OURS,
		0x0a0001ff, 0x0a000100};

	rig_open(&rig);
	for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++) {
		size_t n = good(64);
		put_be32(frame + 26, impossible[i]);
		wire_repair(frame);
		expect(&rig.stats.drop_ip_source, n);
	}
	for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++)
		expect_opened(&rig.stats.drop_ip_source, impossible[i], 64, 0);
	uint64_t before = rig.stats.drop_ip_source, all = all_drops();
	rig_opened(&rig, 0, frame + 14, wire_ipv6(frame, OURS6, HOST6, 17, 10) - 14);
	check_drop(&rig.stats.drop_ip_source, before, all);
	expect(&rig.stats.drop_ip_source, wire_ipv6(frame, "::", REMOTE6, 17, 10));
	expect(&rig.stats.drop_ip_source, wire_ipv6(frame, "ff02::1", REMOTE6, 17, 10));
	expect(&rig.stats.drop_ip_source, wire_ipv6(frame, "fe80::1", REMOTE6, 17, 10));
	expect(&rig.stats.drop_ip_source, wire_ipv6(frame, OURS6, REMOTE6, 17, 10));
	rig_close(&rig);
}

static void ip_destinations(void)
{
	static const uint32_t none[] = {0, 0x7f000001, 0xe0000001, 0xefffffff, 0xffffffff,
		0x0a0001ff, 0x0a000100};

	rig_open(&rig);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		size_t n = rig_frame(frame, none[i], 64, 0, 64);
		expect(&rig.stats.drop_ip_destination, n);
		memset(frame, 0xff, 6);
		expect(&rig.stats.drop_ip_destination, n);
	}
	expect(&rig.stats.drop_ip_destination, wire_ipv6(frame, HOST6, "ff02::1", 17, 10));
	expect(&rig.stats.drop_ip_destination, wire_ipv6(frame, HOST6, "::1", 17, 10));
	expect(&rig.stats.drop_ip_destination, wire_ipv6(frame, "fe80::1", "fe80::2", 17, 10));
	rig_close(&rig);
}

static void ours(void)
{
	rig_open(&rig);
	expect(&rig.stats.drop_ours, rig_frame(frame, OURS, 64, 0, 64));
	expect(&rig.stats.drop_ours, wire_ipv6(frame, HOST6, OURS6, 17, 10));
	size_t n = wire_echo(frame, HOST, OURS, 64);
	frame[40] ^= 1;
	expect(&rig.stats.drop_ours, n);
	expect(&rig.stats.drop_ours, wire_echo(frame, HOST, OURS, 1500 - 27)); /* no port sends that */
	n = rig_frame(frame, OURS, 64, 0, 64); /* and out of the tunnel */
	put_be32(frame + 26, REMOTE);
	wire_repair(frame);
	uint64_t all = all_drops(), before = rig.stats.drop_ours;
	rig_opened(&rig, 0, frame + 14, n - 14);
	check_drop(&rig.stats.drop_ours, before, all);
	rig_close(&rig);
}

static void refused(void)
{
	rig_open(&rig);
	expect_with_error(&rig.stats.drop_refused, rig_frame(frame, NOWHERE, 64, 0, 64));
	expect_with_error(&rig.stats.drop_refused, rig_frame(frame, ROUTER, 64, 0, 64));
	expect_with_error(&rig.stats.drop_refused, wire_ipv6(frame, HOST6, "2001:db8::1", 17, 10));
	rig_close(&rig);
}

static void ttl(void)
{
	rig_open(&rig);
	expect_with_error(&rig.stats.drop_ttl, rig_frame(frame, REMOTE, 64, 0, 1));
	expect_with_error(&rig.stats.drop_ttl, rig_frame(frame, REMOTE, 64, 0, 0));
	size_t n = wire_ipv6(frame, HOST6, REMOTE6, 17, 10);
	frame[21] = 1;
	expect_with_error(&rig.stats.drop_ttl, n);
	rig_close(&rig);
}

static void too_big(void)
{
	rig_open(&rig);
	expect_with_error(&rig.stats.drop_too_big,
		rig_frame(frame, REMOTE, RIG_MTU - 27, IPV4_DONT_FRAGMENT, 64));
	expect_with_error(&rig.stats.drop_too_big,
		wire_ipv6(frame, HOST6, REMOTE6, 17, RIG_MTU - 39));
	rig_close(&rig);
}

static void fragmented(void)
{
	static const struct rig_options tiny = {.links = 1, .mtu = 1500, .tunnel_mtu = 24,
		.buffers = RIG_BUFFERS, .handles = 1024};

	rig_open(&rig);
	size_t n = good(1472);
	frame[14] = 0x46; /* options */
	wire_repair(frame);
	expect(&rig.stats.drop_fragmented, n);
	n = rig_frame(frame, REMOTE, 1472, 8100, 64); /* would end beyond 65535 */
	expect(&rig.stats.drop_fragmented, n);
	rig_close(&rig);
	rig_open_with(&rig, &tiny); /* C22 */
	expect(&rig.stats.drop_fragmented, good(64));
	rig_close(&rig);
}

static void crypt_full(void)
{
	static const struct rig_options small = {
		.links = 1, .mtu = 1500, .tunnel_mtu = RIG_MTU, .buffers = 256, .handles = 128};
	struct handle h, filler = {.kind = HANDLE_EMPTY};

	rig_open_with(&rig, &small);
	size_t n = good(64);
	for (unsigned i = 0; i < 32; i++)
		wire_push(&rig.wire, frame, n);
	while (ring_send(&rig.links[0].to, &filler, 1) == 1)
		; /* crypt is slow */
	red_poll(rig.red, rig.now_ns);
	CU_ASSERT_EQUAL(rig.stats.drop_crypt_full, 32);
	CU_ASSERT_EQUAL(rig.stats.rx_tunnel, 0);
	CU_ASSERT_EQUAL(all_drops(), 32);
	while (ring_receive(&rig.links[0].to, &h, 1) == 1)
		;
	rig_arrive(&rig, frame, n);
	CU_ASSERT_EQUAL(rig.stats.rx_tunnel, 1);
	rig_close(&rig);
}

static void given_back(void)
{
	rig_open(&rig);
	rig_arrive(&rig, frame, good(64));
	rig_return(&rig, 0, USED_NO_PEER);
	check_drop(&rig.stats.drop_no_peer, 0, 0);
	rig_arrive(&rig, frame, good(64));
	rig_return(&rig, 0, USED_NO_ENDPOINT);
	check_drop(&rig.stats.drop_no_endpoint, 0, 1);
	rig_close(&rig);
}

static void no_route(void)
{
	static const uint32_t nowhere[] = {NOWHERE, REMOTE + 1, 0x0a0001ff, 0x0a000100, 0xe0000001,
		0xffffffff, 0x7f000001, 0};

	rig_open(&rig);
	for (unsigned i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
		size_t n = rig_frame(frame, nowhere[i], 64, 0, 64);
		put_be32(frame + 26, REMOTE);
		wire_repair(frame);
		rig_opened(&rig, 0, frame + 14, n - 14);
		check_drop(&rig.stats.drop_no_route, i, i);
	}
	size_t n = wire_ipv6(frame, REMOTE6, "2001:db8::1", 17, 10);
	uint64_t before = rig.stats.drop_no_route;
	rig_opened(&rig, 0, frame + 14, n - 14);
	check_drop(&rig.stats.drop_no_route, before, before);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	rig_close(&rig);
}

static void neighbour(void)
{
	rig_open(&rig);
	size_t n = rig_frame(frame, HOST, 64, 0, 64);
	put_be32(frame + 26, REMOTE);
	wire_repair(frame);
	for (unsigned i = 0; i < NEIGHBOUR_PENDING + 2; i++)
		rig_opened(&rig, 0, frame + 14, n - 14);
	CU_ASSERT_EQUAL(rig.stats.drop_neighbour, 2);
	for (unsigned i = 0; i < 4; i++) {
		rig.now_ns += CLOCK_SECOND;
		rig_poll(&rig);
	}
	CU_ASSERT_EQUAL(rig.stats.drop_neighbour, NEIGHBOUR_PENDING + 2);
	CU_ASSERT_EQUAL(all_drops(), NEIGHBOUR_PENDING + 2);
	CU_ASSERT_EQUAL(wire_pop_all(&rig.wire), 3);
	rig_close(&rig);
}

static void tx_full(void)
{
	rig_open(&rig);
	size_t n = wire_echo(frame, HOST, OURS, 64);
	for (unsigned i = 0; i < WIRE_TX_RING + 10; i++)
		rig_arrive(&rig, frame, n);
	CU_ASSERT_EQUAL(rig.stats.drop_tx_full, 11);
	CU_ASSERT_EQUAL(all_drops(), 11);
	rig_close(&rig);
}

static void no_buffer(void)
{
	static const struct rig_options lent_out = {
		.links = 1, .mtu = 1500, .tunnel_mtu = RIG_MTU, .buffers = 64, .handles = 1024};
	struct rte_mbuf *all[64];
	unsigned n = 0;

	rig_open_with(&rig, &lent_out);
	wire_push(&rig.wire, frame, good(1472));
	while ((all[n] = rte_pktmbuf_alloc(rig.pool.mempool)) != NULL)
		n++;
	rig_poll(&rig);
	check_drop(&rig.stats.drop_no_buffer, 0, 0); /* nothing to put the second half in */
	rte_pktmbuf_free_bulk(all, n);
	rig_close(&rig);
}

static void handle(void)
{
	struct handle h = {.index = RIG_BUFFERS, .kind = HANDLE_USED};

	rig_open(&rig);
	rig_give(&rig, 0, &h);
	rig_poll(&rig);
	check_drop(&rig.stats.drop_handle, 0, 0);
	rig_close(&rig);
}

#define CHECK_REACHED(name, help)                                                                  \
	if (#name[0] == 'd' && rig_total.name == 0)                                                \
		CU_FAIL("never reached: " #name);

static void all_reached(void)
{
	CU_PASS("a counter that nothing reaches would be named");
	RED_COUNTERS(CHECK_REACHED)
}

static const struct unit_test tests[] = {
	{"drop_runt", runts},
	{"C17: drop_multi_segment", several_segments},
	{"drop_vlan, drop_ethertype, drop_not_ours_l2", link_layer},
	{"drop_arp_malformed, drop_arp_others", arp},
	{"drop_ip_header, drop_ip_length, drop_ip_checksum", ip_headers},
	{"drop_ip_source", ip_sources},
	{"drop_ip_destination", ip_destinations},
	{"drop_ours", ours},
	{"drop_refused", refused},
	{"drop_ttl", ttl},
	{"A49: drop_too_big", too_big},
	{"drop_fragmented", fragmented},
	{"drop_crypt_full", crypt_full},
	{"A45: drop_no_peer, drop_no_endpoint", given_back},
	{"drop_no_route", no_route},
	{"drop_neighbour", neighbour},
	{"drop_tx_full", tx_full},
	{"drop_no_buffer", no_buffer},
	{"drop_handle", handle},
	{"no drop counter is left that nothing reaches", all_reached},
	{NULL, NULL},
};

const struct unit_suite suite_drops = {"drops", tests};
