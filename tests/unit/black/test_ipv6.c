/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv6 outside: endpoints, outer headers, neighbour discovery, and what is refused. */
#include <string.h>

#include <rte_ring.h>

#include "black/state.h"
#include "net/checksum.h"
#include "net/ethernet.h"
#include "net/icmp.h"
#include "net/nd.h"
#include "net/udp.h"
#include "net/neighbour.h"
#include "rig.h"
#include "suites.h"
#include "util/bytes.h"

static struct rig rig;
static uint8_t frame[WIRE_FRAME_MAX], message[WIRE_FRAME_MAX];

static struct rig_options usual(void)
{
	return (struct rig_options){.links = 1, .mtu = 1500, .buffers = RIG_BUFFERS,
		.reports = 64, .handles = 1024, .ipv6 = true};
}

static void open_rig(void)
{
	struct rig_options options = usual();

	rig_open_with(&rig, &options);
}

static size_t data_frame(const char *from, uint16_t port, const char *to, size_t length)
{
	rig_data(message, length, 7);
	return wire_udp6(frame, from, port, to, LISTEN, message, length);
}

static size_t send_data(uint32_t slot, uint16_t length, uint8_t traffic_class)
{
	struct rig_link *l = &rig.links[0];
	struct handle h = l->empty[--l->empty_count];

	h.kind = HANDLE_FILLED;
	h.offset = 128;
	h.length = length;
	h.tag = slot;
	h.code = traffic_class;
	rig_data(rig_bytes(&rig, &h), length, 0x01020304);
	rig_give(&rig, 0, &h);
	rig_poll(&rig);
	return rig_sent(&rig);
}

/* Slot 3 is PEER6, and known. */
static void open_to_peer(const struct rig_options *options)
{
	rig_open_with(&rig, options);
	rig_endpoint6(&rig, 3, PEER6, NULL);
	CU_ASSERT(rig_sealed(&rig, 0, 3, 32));
	rig_poll(&rig);
	rig_resolve6(&rig, PEER6);
	CU_ASSERT_EQUAL(rig_sent(&rig), 62 + 32);
}

static bool udp_right(const uint8_t *ip, size_t length)
{
	struct ip_packet p;
	struct udp u;

	return ip_parse(&p, ip, length) == IP_FAULT_NONE && udp_parse(&u, &p) == 0 &&
		u.has_checksum && udp_checksum_ok(&u, &p);
}

/* ---- sending ---- */

static void outer_header(void)
{
	struct rig_options options = usual();

	open_to_peer(&options);
	for (uint16_t length = 32; length <= 1452; length++) {
		CU_ASSERT_EQUAL_FATAL(send_data(3, length, 0), 62u + length);
		const uint8_t *ip = rig.frame + 14;
		CU_ASSERT(mac_equal(rig.frame, wire_peer) && mac_equal(rig.frame + 6, wire_ours));
		CU_ASSERT_EQUAL(get_be16(rig.frame + 12), ETHERNET_TYPE_IPV6);
		CU_ASSERT_EQUAL(get_be32(ip), 0x60000000); /* no traffic class, no flow label */
		CU_ASSERT_EQUAL(get_be16(ip + 4), 8 + length);
		CU_ASSERT_EQUAL(ip[6], IP_PROTOCOL_UDP);
		CU_ASSERT_EQUAL(ip[7], 64);
		CU_ASSERT(wire_is6(ip + 8, OURS6) && wire_is6(ip + 24, PEER6));
		CU_ASSERT_EQUAL(get_be16(ip + 40), LISTEN);
		CU_ASSERT_EQUAL(get_be16(ip + 42), 5000);
		CU_ASSERT_EQUAL(get_be16(ip + 44), 8 + length);
		CU_ASSERT(udp_right(ip, 48u + length));
		CU_ASSERT_EQUAL(ip[48], 4);
		CU_ASSERT_EQUAL(ip[48 + length - 1], 0x44);
	}
	rig_close(&rig);
}

static void by_gateway(void)
{
	open_rig();
	rig_endpoint6(&rig, 3, FAR6, NULL);
	for (uint16_t i = 0; i < 5; i++)
		CU_ASSERT(rig_sealed(&rig, 0, 3, (uint16_t)(32 + i)));
	rig_poll(&rig);
	rig_resolve6(&rig, GATEWAY6);
	for (uint16_t i = 0; i < 5; i++) { /* A50: in order */
		CU_ASSERT_EQUAL(rig_sent(&rig), 62u + 32 + i);
		CU_ASSERT(mac_equal(rig.frame, wire_peer));
		CU_ASSERT(wire_is6(rig.frame + 38, FAR6));
		CU_ASSERT(udp_right(rig.frame + 14, 48u + 32 + i));
	}
	rig_close(&rig);
}

static void follows_the_link_address(void)
{
	static const uint8_t moved[6] = {0x02, 0, 0, 0, 0, 9};
	struct rig_options options = usual();

	open_to_peer(&options);
	for (unsigned solicited = 0; solicited < 2; solicited++) {
		size_t n = wire_answer6(frame, PEER6, OURS6);
		frame[58] = solicited ? 0x60 : 0x20;
		memcpy(frame + 80, moved, 6);
		wire_repair6(frame, n);
		rig_arrive(&rig, frame, n);
		if (!solicited) /* an announcement: we ask, and go on as before until it answers */
			CU_ASSERT_EQUAL(rig_sent(&rig), ND_FRAME_LEN);
		CU_ASSERT_EQUAL(send_data(3, 32, 0), 94);
		CU_ASSERT(mac_equal(rig.frame, solicited ? moved : wire_peer));
	}
	rig_close(&rig);
}

static const uint8_t *source_of(const char *remote, const char *local)
{
	struct black_order o = {.kind = BLACK_SEND, .length = 64, .remote.port = 5000};

	o.remote.addr.family = 6;
	wire_address6(o.remote.addr.bytes, remote);
	if (local) {
		o.local.family = 6;
		wire_address6(o.local.bytes, local);
	}
	rig_order(&rig, &o);
	size_t n = rig_sent(&rig);
	if (n == ND_FRAME_LEN && rig.frame[54] == 135) {
		struct nd asked = {.kind = ND_SOLICITATION};
		memcpy(asked.source, rig.frame + 22, 16);
		memcpy(asked.target, rig.frame + 62, 16);
		nd_build_advertisement(frame, wire_peer, &asked, wire_ours, false);
		rig_arrive(&rig, frame, ND_FRAME_LEN);
		n = rig_sent(&rig);
	}
	CU_ASSERT_EQUAL(n, 62 + 64);
	CU_ASSERT(udp_right(rig.frame + 14, 48 + 64));
	return rig.frame + 22;
}

static void source_addresses(void)
{
	struct black_order four = {.kind = BLACK_ENDPOINT, .slot = 4, .remote.port = 5000,
		.local = {4, {192, 168, 1, 10}}};

	open_rig();
	CU_ASSERT(wire_is6(source_of(PEER6, NULL), OURS6));
	CU_ASSERT(wire_is6(source_of(PEER6, SECOND6), SECOND6));
	CU_ASSERT(wire_is6(source_of("2001:db8:1::20", NULL), SECOND6));
	CU_ASSERT(wire_is6(source_of("2001:db8:1::20", OURS6), OURS6));
	CU_ASSERT(wire_is6(source_of(FAR6, NULL), OURS6));
	CU_ASSERT(wire_is6(source_of(FAR6, SECOND6), SECOND6));
	CU_ASSERT(wire_is6(source_of(FAR6, "2001:db8::77"), OURS6)); /* not ours any more */
	CU_ASSERT(wire_is6(source_of("fe80::20", NULL), LOCAL6));
	/* and for data; an address of the other family is none */
	rig_endpoint6(&rig, 9, PEER6, SECOND6);
	CU_ASSERT_EQUAL(send_data(9, 32, 0), 94);
	CU_ASSERT(wire_is6(rig.frame + 22, SECOND6));
	four.remote.addr.family = 6;
	wire_address6(four.remote.addr.bytes, PEER6);
	rig_order(&rig, &four);
	CU_ASSERT_EQUAL(send_data(4, 32, 0), 94);
	CU_ASSERT(wire_is6(rig.frame + 22, OURS6));
	rig_close(&rig);
}

/* A peer that moves from one family to the other and back. */
static void changes_family(void)
{
	struct rig_options options = usual();

	open_to_peer(&options);
	rig_endpoint(&rig, 3, PEER, 5001);
	CU_ASSERT(rig_sealed(&rig, 0, 3, 32));
	rig_poll(&rig);
	rig_resolve(&rig, PEER);
	CU_ASSERT_EQUAL(rig_sent(&rig), 42 + 32);
	CU_ASSERT_EQUAL(get_be16(rig.frame + 36), 5001);
	rig_endpoint6(&rig, 3, PEER6, NULL);
	CU_ASSERT_EQUAL(send_data(3, 32, 0), 94);
	CU_ASSERT(udp_right(rig.frame + 14, 80));
	rig_close(&rig);
}

static void traffic_class(void)
{
	struct rig_options options = usual();

	open_to_peer(&options);
	rig_endpoint(&rig, 5, PEER, 5001);
	rig_arrive(&rig, frame, wire_arp(frame, true, PEER, OURS));
	wire_pop_all(&rig.wire);
	send_data(5, 32, 0); /* asks whether the neighbour is still there */
	wire_pop_all(&rig.wire);
	for (unsigned i = 0; i < 256; i++) {
		CU_ASSERT_EQUAL(send_data(3, 32, (uint8_t)i), 94);
		CU_ASSERT_EQUAL(get_be32(rig.frame + 14), 6u << 28 | i << 20);
		CU_ASSERT(udp_right(rig.frame + 14, 80));
		CU_ASSERT_EQUAL(send_data(5, 32, (uint8_t)i), 74);
		CU_ASSERT_EQUAL(rig.frame[15], i);
		CU_ASSERT_EQUAL(checksum_of(rig.frame + 14, 20), 0);
	}
	/* the next one has none again */
	CU_ASSERT_EQUAL(send_data(3, 32, 0), 94);
	CU_ASSERT_EQUAL(get_be32(rig.frame + 14), 6u << 28);
	rig_close(&rig);
}

static void listen_port(void)
{
	struct black_order o = {.kind = BLACK_LISTEN, .remote.port = 12345};
	struct rig_options options = usual();

	open_to_peer(&options);
	rig_order(&rig, &o);
	CU_ASSERT_EQUAL(send_data(3, 32, 0), 94);
	CU_ASSERT_EQUAL(get_be16(rig.frame + 54), 12345);
	CU_ASSERT(udp_right(rig.frame + 14, 80));
	rig_close(&rig);
}

/* The port computes UDP's checksum, from the pseudo-header's sum on. */
static void offload(void)
{
	struct rig_options options = usual();
	struct rte_mbuf *m = NULL;

	options.udp_offload = true;
	open_to_peer(&options);
	CU_ASSERT(rig_sealed(&rig, 0, 3, 64));
	rig_poll(&rig);
	CU_ASSERT_EQUAL_FATAL(rte_ring_sc_dequeue(rig.wire.tx, (void **)&m), 0);
	CU_ASSERT_EQUAL(m->ol_flags, RTE_MBUF_F_TX_IPV6 | RTE_MBUF_F_TX_UDP_CKSUM);
	CU_ASSERT_EQUAL(m->l2_len, 14);
	CU_ASSERT_EQUAL(m->l3_len, 40);
	uint8_t *ip = rte_pktmbuf_mtod_offset(m, uint8_t *, 14);
	uint16_t sum = checksum_of(ip + 40, 72); /* what a port would put there */
	memcpy(ip + 46, &sum, 2);
	CU_ASSERT(udp_right(ip, 112));
	rte_pktmbuf_free(m);
	rig_close(&rig);
}

/* A48: the key that turns them on over IPv4, by the port or without. */
static void checksums_over_ipv4(void)
{
	for (unsigned i = 0; i < 4; i++) {
		struct rig_options options = usual();
		struct rte_mbuf *m = NULL;
		options.udp_checksum = true;
		options.udp_offload = i & 1;
		options.ip_checksum = i & 2;
		rig_open_with(&rig, &options);
		rig_endpoint(&rig, 3, PEER, 5000);
		CU_ASSERT(rig_sealed(&rig, 0, 3, 33));
		rig_poll(&rig);
		rig_resolve(&rig, PEER);
		CU_ASSERT_EQUAL_FATAL(rte_ring_sc_dequeue(rig.wire.tx, (void **)&m), 0);
		uint8_t *ip = rte_pktmbuf_mtod_offset(m, uint8_t *, 14);
		CU_ASSERT_EQUAL(m->ol_flags,
			(i ? RTE_MBUF_F_TX_IPV4 : 0) | (i & 1 ? RTE_MBUF_F_TX_UDP_CKSUM : 0) |
				(i & 2 ? RTE_MBUF_F_TX_IP_CKSUM : 0));
		CU_ASSERT(i == 0 || (m->l2_len == 14 && m->l3_len == 20));
		if (i & 1) {
			uint16_t sum = checksum_of(ip + 20, 41);
			memcpy(ip + 26, &sum, 2);
		}
		ipv4_set_checksum(ip, 20);
		CU_ASSERT(udp_right(ip, 61));
		rte_pktmbuf_free(m);
		rig_close(&rig);
	}
}

static void expect_sending(uint64_t *counter, uint32_t slot, uint16_t length)
{
	uint64_t before = *counter, all = rig_drops(&rig);

	CU_ASSERT(rig_sealed(&rig, 0, slot, length));
	rig_poll(&rig);
	rig_check_drop(&rig, counter, before, all);
}

static void cannot_send(void)
{
	static const char *const nowhere[] = {FAR6, OURS6, LOCAL6, "::1", "::", "ff02::1",
		"::ffff:192.168.1.20"};
	struct rig_options lonely = usual();

	open_rig();
	rig_endpoint6(&rig, 3, PEER6, NULL);
	expect_sending(&rig.stats.drop_size, 3, 1453); /* the port would cut or lose it */
	rig_close(&rig);
	lonely.no_gateway = true;
	rig_open_with(&rig, &lonely);
	for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
		rig_endpoint6(&rig, 3, nowhere[i], NULL);
		expect_sending(&rig.stats.drop_no_route, 3, 64);
	}
	rig_close(&rig);
	lonely.ipv6 = false; /* there is not even a link-local address to speak from */
	lonely.no_gateway = false;
	rig_open_with(&rig, &lonely);
	rig_endpoint6(&rig, 3, PEER6, NULL);
	expect_sending(&rig.stats.drop_no_route, 3, 64);
	rig_endpoint6(&rig, 3, "fe80::20", NULL);
	expect_sending(&rig.stats.drop_no_route, 3, 64);
	rig_close(&rig);
}

static void nobody_answers(void)
{
	open_rig();
	rig_endpoint6(&rig, 3, PEER6, NULL);
	for (unsigned i = 0; i < NEIGHBOUR_PENDING + 2; i++)
		CU_ASSERT(rig_sealed(&rig, 0, 3, 64));
	rig_poll(&rig);
	CU_ASSERT_EQUAL(rig.stats.drop_neighbour, 2); /* the others wait */
	for (unsigned i = 0; i < 4; i++) {
		rig.now_ns += CLOCK_SECOND;
		rig_poll(&rig);
	}
	CU_ASSERT_EQUAL(rig.stats.drop_neighbour, NEIGHBOUR_PENDING + 2);
	CU_ASSERT_EQUAL(wire_pop_all(&rig.wire), 3); /* it was asked for */
	rig_close(&rig);
}

/* ---- receiving ---- */

static void data_to_crypt(void)
{
	static const size_t lengths[] = {32, 33, 48, 1452};

	open_rig();
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		for (uint8_t class = 0; class < 8; class++) {
			size_t n = data_frame(PEER6, 40000, OURS6, lengths[i]);
			frame[15] = (uint8_t)(class << 4);
			rig_arrive(&rig, frame, n);
			CU_ASSERT_EQUAL_FATAL(rig.links[0].full_count, 1);
			const struct handle *h = &rig.links[0].full[0];
			CU_ASSERT_EQUAL(h->kind, HANDLE_FULL);
			CU_ASSERT_EQUAL(outer_code_version(h->code), 6);
			CU_ASSERT_EQUAL(outer_code_ecn(h->code), class & 3);
			CU_ASSERT_EQUAL(h->length, lengths[i]);
			CU_ASSERT_EQUAL(memcmp(rig_bytes(&rig, h), message, lengths[i]), 0);
			/* the outer header lies directly before */
			CU_ASSERT_EQUAL(memcmp(rig_bytes(&rig, h) - 48, frame + 14, 48), 0);
			rig_return(&rig, 0, USED_DONE);
		}
	}
	CU_ASSERT_EQUAL(rig.stats.rx_data, 32);
	/* of the checksum it is enough that there is one: the tag decides */
	size_t n = data_frame(PEER6, 40000, OURS6, 64);
	frame[60] ^= 0x11;
	rig_arrive(&rig, frame, n);
	CU_ASSERT_EQUAL(rig.stats.rx_data, 33);
	rig_close(&rig);
}

static uint64_t tag_of(const char *from, uint16_t port, const char *to)
{
	rig_arrive(&rig, frame, data_frame(from, port, to, 32));
	CU_ASSERT_EQUAL_FATAL(rig.links[0].full_count, 1);
	uint64_t tag = rig.links[0].full[0].tag;
	rig_return(&rig, 0, USED_DONE);
	return tag;
}

static void tags(void)
{
	open_rig();
	uint64_t tag = tag_of(PEER6, 40000, OURS6);
	CU_ASSERT_EQUAL(tag_of(PEER6, 40000, OURS6), tag);
	CU_ASSERT_EQUAL(tag >> 63, 1); /* no IPv4 source's */
	CU_ASSERT_NOT_EQUAL(tag_of(PEER6, 40001, OURS6), tag);
	CU_ASSERT_NOT_EQUAL(tag_of("2001:db8::21", 40000, OURS6), tag);
	CU_ASSERT_NOT_EQUAL(tag_of("3001:db8::20", 40000, OURS6), tag);
	CU_ASSERT_NOT_EQUAL(tag_of(PEER6, 40000, SECOND6), tag);
	CU_ASSERT_NOT_EQUAL(tag_of(PEER6, 40000, LOCAL6), tag);
	rig_close(&rig);
}

/* A hundred thousand sources have as many names, and another key other ones. */
static void names(void)
{
	static uint64_t seen[1 << 18];
	static const uint64_t seed[2] = {0x1234567890abcdef, 0xfedcba0987654321}, other[2] = {1, 2};
	uint8_t address[16] = {0x20, 1};
	unsigned same = 0;

	memset(seen, 0, sizeof(seen));
	for (uint32_t i = 0; i < 100000; i++) {
		put_be32(address + (i % 4) * 4, i);
		uint64_t tag = source_tag6(seed, address, i & 0xffff);
		uint32_t at = (uint32_t)tag & 0x3ffff;
		while (seen[at] != 0 && seen[at] != tag)
			at = (at + 1) & 0x3ffff;
		same += seen[at] == tag;
		seen[at] = tag;
		same += source_tag6(other, address, i & 0xffff) == tag;
	}
	CU_ASSERT_EQUAL(same, 0);
}

static void handshakes(void)
{
	static const uint16_t sizes[] = {148, 92, 64};
	struct black_report report;

	open_rig();
	for (unsigned i = 0; i < 3; i++) {
		if (i == 0)
			rig_initiation(&rig, message);
		else if (i == 1)
			rig_response(&rig, message);
		else
			put_le32(memset(message, 0x33, 64), 3);
		const char *to = i == 0 ? OURS6 : i == 1 ? SECOND6 : LOCAL6;
		rig_arrive(&rig, frame,
			wire_udp6(frame, PEER6, 40001, to, LISTEN, message, sizes[i]));
		CU_ASSERT_EQUAL_FATAL(ring_receive(&rig.reports, &report, 1), 1);
		CU_ASSERT_EQUAL(report.length, sizes[i]);
		CU_ASSERT_EQUAL(memcmp(report.data, message, sizes[i]), 0);
		CU_ASSERT_EQUAL(report.remote.addr.family, 6);
		CU_ASSERT(wire_is6(report.remote.addr.bytes, PEER6));
		CU_ASSERT_EQUAL(report.remote.port, 40001);
		CU_ASSERT_EQUAL(report.local.family, 6);
		CU_ASSERT(wire_is6(report.local.bytes, to)); /* A52 */
	}
	CU_ASSERT_EQUAL(rig.stats.rx_handshake, 3);
	rig_close(&rig);
}

static void expect(const uint64_t *counter, size_t length)
{
	uint64_t before = *counter, all = rig_drops(&rig);

	rig_arrive(&rig, frame, length);
	rig_check_drop(&rig, counter, before, all);
}

static void refused(void)
{
	static const uint8_t extensions[] = {0, 43, 50, 51, 60, 135, 139, 140};
	static const char *const others[] = {PEER6, "2001:db8::11", "ff02::1", "ff02::1:ff00:10",
		"2001:db8::", "::1", "fe80::10"};

	open_rig();
	for (size_t i = 0; i < sizeof(extensions); i++) {
		size_t n = data_frame(PEER6, 40000, OURS6, 64);
		frame[20] = extensions[i];
		expect(&rig.stats.drop_ip_extension, n);
	}
	size_t n = data_frame(PEER6, 40000, OURS6, 64);
	frame[20] = 44;
	expect(&rig.stats.drop_ip_fragment, n);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		expect(&rig.stats.drop_not_ours, data_frame(PEER6, 40000, others[i], 64));
	n = data_frame(PEER6, 40000, OURS6, 64);
	memcpy(frame, "\x33\x33\xff\0\0\x10", 6); /* our address, but sent to a group */
	expect(&rig.stats.drop_not_ours_l2, n);
	expect(&rig.stats.drop_ip_source, data_frame("ff02::1", 1, OURS6, 64));
	expect(&rig.stats.drop_ip_source, data_frame("::", 1, OURS6, 64));
	expect(&rig.stats.drop_ip_source, data_frame(SECOND6, 1, OURS6, 64));
	expect(&rig.stats.drop_ip_source, data_frame(LOCAL6, 1, OURS6, 64));
	expect(&rig.stats.drop_protocol, wire_ipv6(frame, PEER6, OURS6, 6, 20));
	expect(&rig.stats.drop_protocol, wire_ipv6(frame, PEER6, OURS6, 58, 0));
	n = wire_echo6(frame, PEER6, OURS6, 8);
	frame[54] = 3; /* an error, for whatever we sent */
	wire_repair6(frame, n);
	expect(&rig.stats.drop_protocol, n);
	rig_close(&rig);
}

static void udp(void)
{
	open_rig();
	for (unsigned i = 0; i < 2; i++) { /* data, and a handshake: none without a checksum */
		rig_initiation(&rig, message);
		size_t n = i ? wire_udp6(frame, PEER6, 1, OURS6, LISTEN, message, 148) :
			       data_frame(PEER6, 1, OURS6, 64);
		put_be16(frame + 60, 0);
		expect(&rig.stats.drop_udp_checksum, n);
	}
	rig_initiation(&rig, message);
	size_t n = wire_udp6(frame, PEER6, 1, OURS6, LISTEN, message, 148);
	frame[61] ^= 1;
	expect(&rig.stats.drop_udp_checksum, n);
	n = data_frame(PEER6, 1, OURS6, 64);
	put_be16(frame + 58, 71);
	expect(&rig.stats.drop_udp_length, n);
	for (size_t i = 0; i < 8; i++)
		expect(&rig.stats.drop_udp_length, wire_ipv6(frame, PEER6, OURS6, 17, i));
	rig_data(message, 64, 7);
	expect(&rig.stats.drop_udp_port,
		wire_udp6(frame, PEER6, 1, OURS6, LISTEN + 1, message, 64));
	expect(&rig.stats.drop_udp_port, data_frame(PEER6, 0, OURS6, 64));
	expect(&rig.stats.drop_size, data_frame(PEER6, 1, OURS6, 31));
	rig_close(&rig);
}

static void no_ipv6(void)
{
	rig_open(&rig);
	expect(&rig.stats.drop_not_ours, data_frame(PEER6, 40000, OURS6, 64));
	expect(&rig.stats.drop_not_ours, data_frame("fe80::1", 40000, LOCAL6, 64));
	expect(&rig.stats.drop_nd_others, wire_ask6(frame, PEER6, OURS6));
	expect(&rig.stats.drop_nd_others, wire_ask6(frame, "fe80::1", LOCAL6));
	rig.now_ns += 100 * CLOCK_SECOND;
	rig_poll(&rig);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0); /* and it tells of no groups */
	rig_close(&rig);
}

/* ---- neighbour discovery, as a host that forwards nothing ---- */

static void discovery(void)
{
	open_rig();
	rig_arrive(&rig, frame, wire_ask6(frame, PEER6, SECOND6));
	CU_ASSERT_EQUAL_FATAL(rig_sent(&rig), ND_FRAME_LEN);
	CU_ASSERT_EQUAL(rig.frame[54], 136);
	CU_ASSERT_EQUAL(rig.frame[58], 0x60); /* solicited, override, no router */
	CU_ASSERT(wire_is6(rig.frame + 62, SECOND6));
	CU_ASSERT_EQUAL(rig.stats.rx_nd, 1);
	/* the asker's link address is known now: nothing is asked before data can go */
	rig_endpoint6(&rig, 1, PEER6, NULL);
	CU_ASSERT(rig_sealed(&rig, 0, 1, 64));
	rig_poll(&rig);
	size_t n;
	while ((n = rig_sent(&rig)) == ND_FRAME_LEN)
		; /* asks to confirm it, later */
	CU_ASSERT_EQUAL(n, 62 + 64);
	expect(&rig.stats.drop_nd_others, wire_ask6(frame, PEER6, GATEWAY6));
	n = wire_ask6(frame, PEER6, OURS6);
	frame[21] = 254;
	expect(&rig.stats.drop_nd_malformed, n);
	n = wire_ask6(frame, GATEWAY6, OURS6);
	frame[54] = 134; /* "I am your router" */
	wire_repair6(frame, n);
	expect(&rig.stats.drop_nd_others, n);
	rig_close(&rig);
}

static void echo(void)
{
	open_rig();
	for (size_t payload = 0; payload <= 1452; payload += 121) {
		size_t n = wire_echo6(frame, FAR6, SECOND6, payload);
		rig_arrive(&rig, frame, n);
		CU_ASSERT_EQUAL_FATAL(rig_sent(&rig), n);
		CU_ASSERT(mac_equal(rig.frame, wire_peer) && mac_equal(rig.frame + 6, wire_ours));
		CU_ASSERT_EQUAL(get_be16(rig.frame + 12), ETHERNET_TYPE_IPV6);
		CU_ASSERT(wire_is6(rig.frame + 22, SECOND6) && wire_is6(rig.frame + 38, FAR6));
		CU_ASSERT_EQUAL(rig.frame[54], 129);
	}
	rig_close(&rig);
}

/* Frames of chance, some of them nearly right: nothing is lost, everything is counted. */
static void noise(void)
{
	unsigned seed = 4711;
	struct black_report report;

	open_rig();
	for (unsigned i = 0; i < 30000; i++) {
		size_t n = i % 4 == 0 ? wire_ask6(frame, PEER6, OURS6) :
			i % 4 == 1 ? wire_answer6(frame, PEER6, OURS6) :
			i % 4 == 2 ? wire_echo6(frame, PEER6, OURS6, i % 64) :
				     data_frame(PEER6, 1, OURS6, 32 + i % 64);
		for (unsigned k = i % 5; k > 0; k--) {
			seed = seed * 1103515245 + 12345;
			frame[(seed >> 8) % n] ^= (uint8_t)(seed >> 20);
		}
		if (i % 3 && i % 4 != 3)
			wire_repair6(frame, n);
		rig_arrive(&rig, frame, i % 7 ? n : 1 + (seed >> 4) % n);
		wire_pop_all(&rig.wire);
		while (rig.links[0].full_count > 0)
			rig_return(&rig, 0, USED_DONE);
		while (ring_receive(&rig.reports, &report, 1) == 1)
			;
	}
	CU_ASSERT_EQUAL(rig.stats.rx_packets, 30000);
	CU_ASSERT(rig.stats.rx_data > 1000 && rig.stats.rx_nd > 1000);
	rig_close(&rig);
}

static const struct unit_test tests[] = {
	{"A47, A48, C20: the outer IPv6 header of data messages", outer_header},
	{"by the gateway; what waited keeps its order (A50)", by_gateway},
	{"C32: a peer's new link address is used", follows_the_link_address},
	{"A52: the address that a message leaves from", source_addresses},
	{"C32: a peer that changes its family", changes_family},
	{"A47: a traffic class that crypt gives, in both families", traffic_class},
	{"another listen port", listen_port},
	{"A48: UDP checksums are left to a port that computes them", offload},
	{"A48: UDP checksums over IPv4, where they are wanted", checksums_over_ipv4},
	{"drop_size, drop_no_route", cannot_send},
	{"drop_neighbour", nobody_answers},
	{"data messages go to crypt, with their outer header before them", data_to_crypt},
	{"A51: the tag tells endpoints apart, and our addresses", tags},
	{"A51: names of sources are many", names},
	{"A16, A52: handshake messages go to control, with both addresses", handshakes},
	{"drop_ip_extension, and what is not for us", refused},
	{"A48: drop_udp_checksum, drop_udp_length, drop_udp_port", udp},
	{"a site without IPv6 is silent in it", no_ipv6},
	{"C33: neighbour discovery is answered; drop_nd_others, drop_nd_malformed", discovery},
	{"echo requests are answered the way they came", echo},
	{"noise", noise},
	{NULL, NULL},
};

const struct unit_suite suite_ipv6 = {"ipv6", tests};
