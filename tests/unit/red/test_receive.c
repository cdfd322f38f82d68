/* SPDX-License-Identifier: BSD-3-Clause */
/* From the site's network into the tunnel. */
#include <string.h>

#include "net/arp.h"
#include "net/checksum.h"
#include "net/ethernet.h"
#include "rig.h"
#include "suites.h"
#include "util/bytes.h"

static struct rig rig;
static uint8_t frame[WIRE_FRAME_MAX], whole[WIRE_FRAME_MAX];

static void into_the_tunnel(void)
{
	rig_open(&rig);
	for (size_t payload = 0; payload <= RIG_MTU - 28; payload += 116) {
		size_t n = rig_frame(frame, REMOTE, payload, IPV4_DONT_FRAGMENT, 64);
		rig_arrive(&rig, frame, n);
		CU_ASSERT_EQUAL_FATAL(rig.links[0].full_count, 1);
		const struct handle *h = &rig.links[0].full[0];
		const uint8_t *ip = rig_bytes(&rig, h);
		CU_ASSERT_EQUAL(h->kind, HANDLE_FULL);
		CU_ASSERT_EQUAL(h->code, 0);
		CU_ASSERT_EQUAL(h->tag, 0);
		CU_ASSERT_EQUAL(h->length, n - 14);
		CU_ASSERT_EQUAL(ip[8], 63); /* a router's hop */
		CU_ASSERT_EQUAL(checksum_of(ip, 20), 0);
		CU_ASSERT_EQUAL(memcmp(ip + 12, frame + 26, n - 26), 0);
		rig_return(&rig, 0, USED_DONE);
	}
	CU_ASSERT_EQUAL(rig.stats.rx_tunnel, 13);
	CU_ASSERT_EQUAL(rig.stats.rx_packets, 13);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	rig_close(&rig);
}

static void ipv6(void)
{
	rig_open(&rig);
	size_t n = wire_ipv6(frame, HOST6, REMOTE6, 17, 1000);
	rig_arrive(&rig, frame, n);
	CU_ASSERT_EQUAL_FATAL(rig.links[0].full_count, 1);
	const struct handle *h = &rig.links[0].full[0];
	CU_ASSERT_EQUAL(h->length, 1040);
	CU_ASSERT_EQUAL(rig_bytes(&rig, h)[0], 0x60);
	CU_ASSERT_EQUAL(rig_bytes(&rig, h)[7], 63);
	rig_close(&rig);
}

static void padding(void)
{
	rig_open(&rig);
	size_t n = rig_frame(frame, REMOTE, 0, 0, 64);
	memset(frame + n, 0xee, 18);
	rig_arrive(&rig, frame, n + 18);
	CU_ASSERT_EQUAL_FATAL(rig.links[0].full_count, 1);
	CU_ASSERT_EQUAL(rig.links[0].full[0].length, 28);
	rig_close(&rig);
}

static void options(void)
{
	rig_open(&rig);
	size_t n = rig_frame(frame, REMOTE, 100, 0, 64);
	frame[14] = 0x46;
	memset(frame + 34, 1, 4);
	wire_repair(frame);
	rig_arrive(&rig, frame, n);
	CU_ASSERT_EQUAL_FATAL(rig.links[0].full_count, 1);
	CU_ASSERT_EQUAL(checksum_of(rig_bytes(&rig, &rig.links[0].full[0]), 24), 0);
	rig_close(&rig);
}

static void in_order(void)
{
	rig_open(&rig);
	for (unsigned i = 0; i < 100; i++)
		wire_push(&rig.wire, frame, rig_frame(frame, REMOTE, i, 0, 64));
	bell_arm(&rig.links[0].bell);
	rig_poll(&rig);
	CU_ASSERT(!atomic_load(&rig.links[0].bell.asleep));
	CU_ASSERT_EQUAL_FATAL(rig.links[0].full_count, 100);
	for (unsigned i = 0; i < 100; i++)
		CU_ASSERT_EQUAL(rig.links[0].full[i].length, 28 + i);
	rig_close(&rig);
}

/* What crypt got, put together again. */
static size_t reassemble(unsigned expected)
{
	size_t end = 0;

	CU_ASSERT_EQUAL_FATAL(rig.links[0].full_count, expected);
	for (unsigned i = 0; i < expected; i++) {
		const struct handle *h = &rig.links[0].full[i];
		const uint8_t *ip = rig_bytes(&rig, h);
		uint16_t field = get_be16(ip + 6);
		size_t at = (size_t)(field & IPV4_OFFSET_MASK) * 8;
		CU_ASSERT_EQUAL(checksum_of(ip, 20), 0);
		CU_ASSERT_EQUAL(get_be16(ip + 2), h->length);
		CU_ASSERT_EQUAL(get_be16(ip + 4), 0x4321);
		CU_ASSERT_EQUAL(ip[8], 63);
		CU_ASSERT(h->length <= RIG_MTU);
		CU_ASSERT_EQUAL(at, end);
		CU_ASSERT_EQUAL((field & IPV4_MORE_FRAGMENTS) != 0, i + 1 < expected);
		memcpy(whole + at, ip + 20, h->length - 20u);
		end += h->length - 20u;
	}
	return end;
}

static void fragments(void)
{
	static const struct rig_options jumbo = {
		.links = 1, .mtu = 9000, .tunnel_mtu = RIG_MTU, .buffers = 256, .handles = 1024};

	rig_open(&rig);
	size_t n = rig_frame(frame, REMOTE, 1472, 0, 64);
	rig_arrive(&rig, frame, n);
	CU_ASSERT_EQUAL(reassemble(2), 1480);
	CU_ASSERT_EQUAL(memcmp(whole, frame + 34, 1480), 0);
	rig_close(&rig);
	rig_open_with(&rig, &jumbo);
	n = rig_frame(frame, REMOTE, 8972, 0, 64);
	rig_arrive(&rig, frame, n);
	CU_ASSERT_EQUAL(reassemble(7), 8980);
	CU_ASSERT_EQUAL(memcmp(whole, frame + 34, 8980), 0);
	rig_close(&rig);
}

/* 32 packets of 7 fragments are more handles than are collected for one ring transfer. */
static void many_fragments(void)
{
	static const struct rig_options jumbo = {
		.links = 1, .mtu = 9000, .tunnel_mtu = RIG_MTU, .buffers = 1024, .handles = 2048};

	rig_open_with(&rig, &jumbo);
	size_t n = rig_frame(frame, REMOTE, 8972, 0, 64);
	for (unsigned i = 0; i < 32; i++)
		wire_push(&rig.wire, frame, n);
	rig_poll(&rig);
	CU_ASSERT_EQUAL(rig.links[0].full_count, 32 * 7);
	CU_ASSERT_EQUAL(rig.stats.rx_tunnel, 32 * 7);
	rig_close(&rig);
}

static void serves(void)
{
	struct arp arp;

	rig_open(&rig);
	rig_arrive(&rig, frame, wire_arp(frame, true, HOST, OURS));
	CU_ASSERT_EQUAL_FATAL(rig_sent(&rig), ARP_FRAME_LEN);
	CU_ASSERT_EQUAL(arp_parse(&arp, rig.frame + 14, ARP_LEN), 0);
	CU_ASSERT(!arp.request && arp.sender == OURS && mac_equal(arp.sender_mac, wire_ours));
	size_t n = wire_echo(frame, HOST, OURS, 56);
	rig_arrive(&rig, frame, n);
	CU_ASSERT_EQUAL(rig_sent(&rig), n);
	CU_ASSERT_EQUAL(rig.frame[34], 0);
	CU_ASSERT_EQUAL(get_be32(rig.frame + 30), HOST);
	CU_ASSERT_EQUAL(checksum_of(rig.frame + 34, 64), 0);
	CU_ASSERT_EQUAL(rig.stats.rx_icmp_echo, 1);
	CU_ASSERT_EQUAL(rig.stats.rx_arp, 1);
	rig_close(&rig);
}

static void prefixes_come_and_go(void)
{
	static const struct rig_options closed = {.links = 1, .mtu = 1500, .tunnel_mtu = RIG_MTU,
		.buffers = RIG_BUFFERS, .handles = 1024, .no_prefixes = true};

	rig_open_with(&rig, &closed);
	size_t n = rig_frame(frame, REMOTE, 10, 0, 64);
	rig_arrive(&rig, frame, n);
	CU_ASSERT_EQUAL(rig.stats.rx_tunnel, 0); /* fail closed: nothing goes anywhere */
	rig_tunnel(&rig, RED_TUNNEL_ADD, "10.0.0.0/8");
	rig_arrive(&rig, frame, n);
	CU_ASSERT_EQUAL(rig.stats.rx_tunnel, 1);
	rig_tunnel(&rig, RED_TUNNEL_DEL, "10.0.0.0/8");
	rig_arrive(&rig, frame, n);
	CU_ASSERT_EQUAL(rig.stats.rx_tunnel, 1);
	CU_ASSERT_EQUAL(rig.stats.drop_refused, 2);
	rig_close(&rig);
}

static const struct unit_test tests[] = {
	{"packets for secure sites go to crypt, one hop further", into_the_tunnel},
	{"IPv6 goes the same way", ipv6},
	{"the frame's padding is not the packet's", padding},
	{"IPv4 options pass", options},
	{"A50: order is kept, and crypt is woken", in_order},
	{"A49: without DF, packets above the tunnel's MTU are cut", fragments},
	{"more fragments than a burst", many_fragments},
	{"ARP and echo for our own address", serves},
	{"nothing is behind the tunnel but what control says", prefixes_come_and_go},
	{NULL, NULL},
};

const struct unit_suite suite_receive = {"receive", tests};
