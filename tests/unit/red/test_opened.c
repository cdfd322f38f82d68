/* SPDX-License-Identifier: BSD-3-Clause */
/* Out of the tunnel to the site's network. */
#include <string.h>

#include "net/arp.h"
#include "net/checksum.h"
#include "net/ethernet.h"
#include "rig.h"
#include "suites.h"
#include "util/bytes.h"

static struct rig rig;
static uint8_t frame[WIRE_FRAME_MAX];

/* A packet of the other site for `to`; it lies at frame + 14. */
static size_t from_tunnel(uint32_t to, size_t payload)
{
	size_t n = rig_frame(frame, to, payload, 0, 60);

	put_be32(frame + 26, REMOTE);
	wire_repair(frame);
	return n - 14;
}

static void delivers(void)
{
	rig_open(&rig);
	size_t n = from_tunnel(HOST, 500);
	rig_opened(&rig, 0, frame + 14, n);
	rig_resolve(&rig, HOST);
	for (unsigned i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(rig_sent(&rig), 14 + n);
		CU_ASSERT(mac_equal(rig.frame, wire_peer) && mac_equal(rig.frame + 6, wire_ours));
		CU_ASSERT_EQUAL(get_be16(rig.frame + 12), ETHERNET_TYPE_IPV4);
		/* not even the TTL is touched: the hop was counted where it came in */
		CU_ASSERT_EQUAL(memcmp(rig.frame + 14, frame + 14, n), 0);
		n = from_tunnel(HOST, 100 * i);
		rig_opened(&rig, 0, frame + 14, n);
	}
	CU_ASSERT_EQUAL(rig.stats.tx_packets, 1 + 4);
	CU_ASSERT_EQUAL(rig.stats.drop_neighbour, 0);
	rig_close(&rig);
}

static void trailing_bytes(void)
{
	rig_open(&rig);
	rig_learn(&rig, HOST);
	size_t n = from_tunnel(HOST, 10);
	rig_opened(&rig, 0, frame + 14, n + 12); /* A43: padding, should crypt leave it on */
	size_t sent;
	while ((sent = rig_sent(&rig)) == ARP_FRAME_LEN)
		;
	CU_ASSERT_EQUAL(sent, 14 + n);
	rig_close(&rig);
}

static void waits_in_order(void)
{
	rig_open(&rig);
	for (unsigned i = 0; i < 8; i++) {
		size_t n = from_tunnel(HOST, i);
		rig_opened(&rig, 0, frame + 14, n);
	}
	rig_resolve(&rig, HOST);
	for (unsigned i = 0; i < 8; i++)
		CU_ASSERT_EQUAL(rig_sent(&rig), 42 + i);
	rig_close(&rig);
}

static void two_hosts(void)
{
	static const uint8_t other[6] = {0x02, 0, 0, 0, 0, 7};

	rig_open(&rig);
	rig_learn(&rig, HOST);
	size_t n = wire_arp(frame, true, HOST + 1, OURS);
	memcpy(frame + 6, other, 6);
	memcpy(frame + 22, other, 6);
	rig_arrive(&rig, frame, n);
	wire_pop_all(&rig.wire);
	for (uint32_t i = 0; i < 20; i++) {
		n = from_tunnel(HOST + i % 2, 10);
		rig_opened(&rig, 0, frame + 14, n);
		size_t sent;
		while ((sent = rig_sent(&rig)) == ARP_FRAME_LEN)
			; /* are they still there? */
		CU_ASSERT_EQUAL(sent, 14 + n);
		CU_ASSERT(mac_equal(rig.frame, i % 2 ? other : wire_peer));
	}
	rig_close(&rig);
}

static void by_gateway(void)
{
	static const struct rig_options with = {.links = 1, .mtu = 1500, .tunnel_mtu = RIG_MTU,
		.buffers = RIG_BUFFERS, .handles = 1024, .gateway = true};
	uint8_t reply[ARP_FRAME_LEN];

	rig_open_with(&rig, &with);
	size_t n = from_tunnel(0x0a010101, 100); /* deeper in the site */
	rig_opened(&rig, 0, frame + 14, n);
	rig_arrive(&rig, reply, wire_arp(reply, false, ROUTER, OURS));
	CU_ASSERT_EQUAL(rig_sent(&rig), 14 + n);
	CU_ASSERT(mac_equal(rig.frame, wire_peer));
	rig_close(&rig);
}

static void echo_through_the_tunnel(void)
{
	rig_open(&rig);
	size_t n = wire_echo(frame, REMOTE, OURS, 56) - 14;
	rig_opened(&rig, 0, frame + 14, n);
	CU_ASSERT_EQUAL_FATAL(rig.links[0].full_count, 1);
	const struct handle *h = &rig.links[0].full[0];
	const uint8_t *ip = rig_bytes(&rig, h);
	CU_ASSERT_EQUAL(h->length, n);
	CU_ASSERT_EQUAL(get_be32(ip + 12), OURS);
	CU_ASSERT_EQUAL(get_be32(ip + 16), REMOTE);
	CU_ASSERT_EQUAL(ip[20], 0);
	CU_ASSERT_EQUAL(checksum_of(ip + 20, n - 20), 0);
	CU_ASSERT_EQUAL(rig.stats.rx_icmp_echo, 1);
	/* nobody is told when the tunnel does not take our own reply */
	rig_return(&rig, 0, USED_NO_ENDPOINT);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	CU_ASSERT_EQUAL(rig.stats.drop_no_endpoint, 1);
	rig_close(&rig);
}

/* A peer's tunnel may be wider than ours: what came in through it need not fit into it again. */
static void no_echo_above_the_tunnels_mtu(void)
{
	size_t n;

	rig_open(&rig);
	n = wire_echo(frame, REMOTE, OURS, RIG_MTU - 28) - 14;
	rig_opened(&rig, 0, frame + 14, n);
	CU_ASSERT_EQUAL(rig.links[0].full_count, 1);
	n = wire_echo(frame, REMOTE, OURS, RIG_MTU - 27) - 14;
	rig_opened(&rig, 0, frame + 14, n);
	n = wire_echo6(frame, REMOTE6, OURS6, RIG_MTU - 47) - 14;
	rig_opened(&rig, 0, frame + 14, n);
	CU_ASSERT_EQUAL(rig.links[0].full_count, 1);
	CU_ASSERT_EQUAL(rig.stats.drop_ours, 2);
	rig_close(&rig);
}

/* Our port's MTU is below the tunnel's. */
static const struct rig_options narrow = {.links = 1, .mtu = 1300, .tunnel_mtu = RIG_MTU,
	.buffers = RIG_BUFFERS, .handles = 1024};

static void cut(void)
{
	rig_open_with(&rig, &narrow);
	rig_learn(&rig, HOST);
	size_t n = from_tunnel(HOST, 1392); /* 1420 in all */
	rig_opened(&rig, 0, frame + 14, n);
	size_t done = 0, sent;
	for (unsigned i = 0; i < 2; i++) {
		while ((sent = rig_sent(&rig)) == ARP_FRAME_LEN)
			; /* is it still there? */
		const uint8_t *ip = rig.frame + 14;
		CU_ASSERT_FATAL(sent > 34 && sent <= 14 + 1300);
		CU_ASSERT(mac_equal(rig.frame, wire_peer) && mac_equal(rig.frame + 6, wire_ours));
		CU_ASSERT_EQUAL(get_be16(rig.frame + 12), ETHERNET_TYPE_IPV4);
		CU_ASSERT_EQUAL(get_be16(ip + 2), sent - 14);
		CU_ASSERT_EQUAL(get_be16(ip + 6), (i == 0 ? IPV4_MORE_FRAGMENTS : 0) | done / 8);
		CU_ASSERT_EQUAL(ip[8], 60); /* the hop was counted where it came in */
		CU_ASSERT_EQUAL(checksum_of(ip, 20), 0);
		CU_ASSERT_EQUAL(memcmp(ip + 20, frame + 34 + done, sent - 34), 0);
		done += sent - 34;
	}
	CU_ASSERT_EQUAL(done, n - 20);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	CU_ASSERT_EQUAL(rig.links[0].full_count, 0);
	rig_close(&rig);
}

static void too_big(void)
{
	rig_open_with(&rig, &narrow);
	size_t n = rig_frame(frame, HOST, 1392, IPV4_DONT_FRAGMENT, 60);
	put_be32(frame + 26, REMOTE);
	wire_repair(frame);
	rig_opened(&rig, 0, frame + 14, n - 14);
	CU_ASSERT_EQUAL(rig.stats.drop_too_big, 1);
	CU_ASSERT_EQUAL(rig.stats.tx_icmp_too_big, 1);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	CU_ASSERT_EQUAL_FATAL(rig.links[0].full_count, 1);
	const struct handle *h = &rig.links[0].full[0];
	const uint8_t *ip = rig_bytes(&rig, h);
	CU_ASSERT_EQUAL(h->length, 576);
	CU_ASSERT_EQUAL(checksum_of(ip, 20), 0);
	CU_ASSERT_EQUAL(get_be32(ip + 12), OURS);
	CU_ASSERT_EQUAL(get_be32(ip + 16), REMOTE);
	CU_ASSERT_EQUAL(get_be16(ip + 20), 0x0304);
	CU_ASSERT_EQUAL(get_be16(ip + 26), 1300);
	CU_ASSERT_EQUAL(checksum_of(ip + 20, 556), 0);
	CU_ASSERT_EQUAL(memcmp(ip + 28, frame + 14, 548), 0);
	/* nobody is told when the tunnel does not take it */
	rig_return(&rig, 0, USED_NO_PEER);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	rig_close(&rig);
}

static void supply(void)
{
	static const struct rig_options two = {
		.links = 2, .mtu = 1500, .tunnel_mtu = RIG_MTU, .buffers = 512, .handles = 1024};

	rig_open_with(&rig, &two);
	rig_learn(&rig, HOST);
	CU_ASSERT_EQUAL(rig.links[0].empty_count, 128);
	CU_ASSERT_EQUAL(rig.links[1].empty_count, 128);
	size_t n = from_tunnel(HOST, 10);
	for (unsigned i = 0; i < 1000; i++) { /* from both, for ever */
		rig_opened(&rig, i % 2, frame + 14, n);
		wire_pop_all(&rig.wire);
		CU_ASSERT_FATAL(rig.links[i % 2].empty_count > 128 - 33);
	}
	rig_close(&rig);
}

static const struct unit_test tests[] = {
	{"packets for hosts of the site, unchanged", delivers},
	{"C20: no byte more than the IP length", trailing_bytes},
	{"A50: what waits for a neighbour keeps its order", waits_in_order},
	{"two hosts in turn", two_hosts},
	{"by the site's gateway", by_gateway},
	{"our red address answers through the tunnel", echo_through_the_tunnel},
	{"A49: an answer that the tunnel is too narrow for is not sent", no_echo_above_the_tunnels_mtu},
	{"A49: what our port does not take is cut", cut},
	{"A49: what it does not take and must not be cut: the sender is told", too_big},
	{"crypt never runs out of empty buffers", supply},
	{NULL, NULL},
};

const struct unit_suite suite_opened = {"opened", tests};
