/* SPDX-License-Identifier: BSD-3-Clause */
/* Every way in which black drops what arrives, by the counter that says so: and only that one. */
#include <string.h>

#include "net/arp.h"
#include "net/ethernet.h"
#include "rig.h"
#include "suites.h"
#include "util/bytes.h"

static struct rig rig;
static uint8_t frame[WIRE_FRAME_MAX], message[WIRE_FRAME_MAX];

static void expect(const uint64_t *counter, size_t length)
{
	uint64_t before = *counter, all = rig_drops(&rig);

	rig_arrive(&rig, frame, length);
	rig_check_drop(&rig, counter, before, all);
}

static size_t data_frame(size_t length)
{
	rig_data(message, length, 7);
	return wire_udp(frame, PEER, 40000, OURS, LISTEN, message, length);
}

static void runts(void)
{
	rig_open(&rig);
	size_t n = data_frame(0);
	for (size_t i = 1; i < n - 8; i++)
		expect(&rig.stats.drop_runt, i);
	expect(&rig.stats.drop_ip_length, n - 1);
	wire_arp(frame, true, PEER, OURS);
	for (size_t i = 14; i < ARP_FRAME_LEN; i++)
		expect(&rig.stats.drop_runt, i);
	n = wire_ipv6(frame, "2001:db8::1", "2001:db8::2", 17, 0);
	for (size_t i = 14; i < n; i++)
		expect(&rig.stats.drop_runt, i);
	rig_close(&rig);
}

static void several_segments(void)
{
	rig_open(&rig);
	struct rte_mbuf *a = rte_pktmbuf_alloc(rig.pool.mempool);
	struct rte_mbuf *b = rte_pktmbuf_alloc(rig.pool.mempool);
	size_t n = data_frame(1000);
	memcpy(rte_pktmbuf_append(a, 600), frame, 600);
	memcpy(rte_pktmbuf_append(b, (uint16_t)(n - 600)), frame + 600, n - 600);
	CU_ASSERT_EQUAL(rte_pktmbuf_chain(a, b), 0);
	uint64_t all = rig_drops(&rig);
	wire_push_mbuf(&rig.wire, a);
	rig_poll(&rig);
	rig_check_drop(&rig, &rig.stats.drop_multi_segment, 0, all);
	rig_close(&rig);
}

static void vlans(void)
{
	rig_open(&rig);
	size_t n = data_frame(64);
	memmove(frame + 16, frame + 12, n - 12);
	put_be32(frame + 12, 0x81000005);
	expect(&rig.stats.drop_vlan, n + 4);
	put_be16(frame + 12, ETHERNET_TYPE_QINQ);
	expect(&rig.stats.drop_vlan, n + 4);
	/* a tag that the port took off */
	struct rte_mbuf *m = rte_pktmbuf_alloc(rig.pool.mempool);
	n = data_frame(64);
	memcpy(rte_pktmbuf_append(m, (uint16_t)n), frame, n);
	m->ol_flags = RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	uint64_t all = rig_drops(&rig);
	wire_push_mbuf(&rig.wire, m);
	rig_poll(&rig);
	rig_check_drop(&rig, &rig.stats.drop_vlan, 2, all);
	rig_close(&rig);
}

static void ethertypes(void)
{
	rig_open(&rig);
	size_t n = data_frame(64);
	put_be16(frame + 12, 0x88cc);
	expect(&rig.stats.drop_ethertype, n);
	put_be16(frame + 12, 60);
	expect(&rig.stats.drop_ethertype, n);
	rig_close(&rig);
}

static void other_stations(void)
{
	rig_open(&rig);
	size_t n = data_frame(64);
	frame[5] ^= 0x10;
	expect(&rig.stats.drop_not_ours_l2, n);
	n = data_frame(64);
	memset(frame, 0xff, 6); /* our address, but sent to all */
	expect(&rig.stats.drop_not_ours_l2, n);
	n = data_frame(64);
	memcpy(frame + 6, wire_ours, 6);
	expect(&rig.stats.drop_not_ours_l2, n);
	rig_close(&rig);
}

static void arp_malformed(void)
{
	rig_open(&rig);
	size_t n = wire_arp(frame, true, PEER, OURS);
	frame[15] = 6;
	expect(&rig.stats.drop_arp_malformed, n);
	wire_arp(frame, true, PEER, OURS);
	frame[21] = 3;
	expect(&rig.stats.drop_arp_malformed, n);
	rig_close(&rig);
}

static void arp_others(void)
{
	rig_open(&rig);
	expect(&rig.stats.drop_arp_others, wire_arp(frame, true, PEER, GATEWAY));
	expect(&rig.stats.drop_arp_others, wire_arp(frame, true, PEER, PEER)); /* an announcement */
	expect(&rig.stats.drop_arp_others, wire_arp(frame, true, OURS, OURS)); /* of our address! */
	expect(&rig.stats.drop_arp_others, wire_arp(frame, false, OURS, OURS));
	expect(&rig.stats.drop_arp_others, wire_arp(frame, true, SECOND, OURS));
	rig_close(&rig);
}

static void ip_headers(void)
{
	rig_open(&rig);
	size_t n = data_frame(64);
	frame[14] = 0x55;
	wire_repair(frame);
	expect(&rig.stats.drop_ip_header, n);
	n = data_frame(64);
	frame[14] = 0x44;
	expect(&rig.stats.drop_ip_header, n);
	n = data_frame(64);
	frame[14] = 0x46; /* options */
	wire_repair(frame);
	expect(&rig.stats.drop_ip_header, n);
	n = wire_ipv6(frame, "2001:db8::1", "2001:db8::2", 17, 64);
	frame[14] = 0x45;
	expect(&rig.stats.drop_ip_header, n);
	rig_close(&rig);
}

static void ip_lengths(void)
{
	rig_open(&rig);
	size_t n = data_frame(64);
	expect(&rig.stats.drop_ip_length, n - 1);
	put_be16(frame + 16, 19);
	wire_repair(frame);
	expect(&rig.stats.drop_ip_length, n);
	n = wire_ipv6(frame, "2001:db8::1", "2001:db8::2", 17, 64);
	expect(&rig.stats.drop_ip_length, n - 1);
	rig_close(&rig);
}

static void ip_checksums(void)
{
	rig_open(&rig);
	size_t n = data_frame(64);
	for (unsigned i = 14; i < 34; i++) {
		uint8_t bent = i == 14 || i == 16 || i == 17 ? 0 : 1; /* these say something else */
		if (!bent)
			continue;
		frame[i] ^= bent;
		expect(&rig.stats.drop_ip_checksum, n);
		frame[i] ^= bent;
	}
	rig_close(&rig);
}

static void ip_fragments(void)
{
	rig_open(&rig);
	for (unsigned field = 1; field < 0x4000; field = field * 2 + 1) {
		size_t n = data_frame(64);
		put_be16(frame + 20, (uint16_t)field);
		wire_repair(frame);
		expect(&rig.stats.drop_ip_fragment, n);
	}
	size_t n = wire_echo(frame, PEER, OURS, 64);
	put_be16(frame + 20, 0x2000);
	wire_repair(frame);
	expect(&rig.stats.drop_ip_fragment, n);
	rig_close(&rig);
}

static void ip_sources(void)
{
	static const uint32_t impossible[] = {0, 0x7f000001, 0xe0000001, 0xffffffff, OURS, SECOND,
		0xc0a801ff, 0xc0a80100};

	rig_open(&rig);
	for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++) {
		rig_data(message, 64, 7);
		expect(&rig.stats.drop_ip_source,
			wire_udp(frame, impossible[i], 40000, OURS, LISTEN, message, 64));
	}
	expect(&rig.stats.drop_ip_source, wire_ipv6(frame, "ff02::1", "2001:db8::2", 17, 64));
	rig_close(&rig);
}

static void not_ours(void)
{
	static const uint32_t others[] = {PEER, OURS + 1, 0xc0a801ff, 0xffffffff, 0xe0000001, FAR,
		0x7f000001, 0};

	rig_open(&rig);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		rig_data(message, 64, 7);
		expect(&rig.stats.drop_not_ours,
			wire_udp(frame, GATEWAY, 40000, others[i], LISTEN, message, 64));
	}
	expect(&rig.stats.drop_not_ours, wire_ipv6(frame, "2001:db8::1", "2001:db8::2", 17, 64));
	rig_close(&rig);
}

static void protocols(void)
{
	struct ipv4_fields tcp = {.ttl = 64, .protocol = 6, .source = PEER, .destination = OURS};

	rig_open(&rig);
	expect(&rig.stats.drop_protocol, wire_ipv4(frame, &tcp, message, 20));
	size_t n = wire_echo(frame, PEER, OURS, 64);
	frame[50] ^= 1; /* its own checksum */
	expect(&rig.stats.drop_protocol, n);
	n = wire_echo(frame, PEER, OURS, 64);
	frame[34] = 3; /* an error, for whatever we sent */
	expect(&rig.stats.drop_protocol, n);
	tcp.protocol = IP_PROTOCOL_ICMP;
	expect(&rig.stats.drop_protocol, wire_ipv4(frame, &tcp, message, 0));
	rig_close(&rig);
}

static void udp_lengths(void)
{
	static const uint16_t wrong[] = {0, 7, 8, 71, 73, 500, 0xffff};
	struct ipv4_fields udp = {.ttl = 64, .protocol = 17, .source = PEER, .destination = OURS};

	rig_open(&rig);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		size_t n = data_frame(64);
		put_be16(frame + 38, wrong[i]);
		expect(&rig.stats.drop_udp_length, n);
	}
	for (size_t i = 0; i < 8; i++)
		expect(&rig.stats.drop_udp_length, wire_ipv4(frame, &udp, message, i));
	rig_close(&rig);
}

static void udp_checksums(void)
{
	rig_open(&rig);
	rig_initiation(&rig, message);
	size_t n = wire_udp(frame, PEER, 40000, OURS, LISTEN, message, 148);
	put_be16(frame + 40, 0x1111);
	expect(&rig.stats.drop_udp_checksum, n);
	rig_close(&rig);
}

static void udp_ports(void)
{
	rig_open(&rig);
	rig_data(message, 64, 7);
	expect(&rig.stats.drop_udp_port,
		wire_udp(frame, PEER, LISTEN, OURS, LISTEN + 1, message, 64));
	expect(&rig.stats.drop_udp_port, wire_udp(frame, PEER, LISTEN, OURS, 0, message, 64));
	expect(&rig.stats.drop_udp_port, wire_udp(frame, PEER, 0, OURS, LISTEN, message, 64));
	rig_initiation(&rig, message);
	expect(&rig.stats.drop_udp_port, wire_udp(frame, PEER, 0, OURS, LISTEN, message, 148));
	rig_close(&rig);
}

static void types(void)
{
	rig_open(&rig);
	for (unsigned i = 0; i < 4; i++) { /* too short to have one */
		memset(message, 4, 4);
		expect(&rig.stats.drop_type,
			wire_udp(frame, PEER, 40000, OURS, LISTEN, message, i));
	}
	for (unsigned type = 0; type < 256; type++) {
		size_t n = data_frame(64);
		frame[42] = (uint8_t)type;
		if (type == 0 || type > 4)
			expect(&rig.stats.drop_type, n);
	}
	for (unsigned i = 1; i < 4; i++) { /* A1: reserved bytes */
		size_t n = data_frame(64);
		frame[42 + i] = 1;
		expect(&rig.stats.drop_type, n);
		rig_initiation(&rig, message);
		n = wire_udp(frame, PEER, 40000, OURS, LISTEN, message, 148);
		frame[42 + i] = 0x80;
		expect(&rig.stats.drop_type, n);
	}
	rig_close(&rig);
}

static void sizes(void)
{
	static const uint16_t exact[] = {0, 148, 92, 64};

	rig_open(&rig);
	for (uint32_t type = 1; type <= 3; type++) {
		for (size_t length = 4; length < 200; length++) {
			if (length == exact[type])
				continue;
			put_le32(memset(message, 0, 200), type);
			expect(&rig.stats.drop_size,
				wire_udp(frame, PEER, 40000, OURS, LISTEN, message, length));
		}
	}
	for (size_t length = 4; length < 32; length++)
		expect(&rig.stats.drop_size, data_frame(length));
	rig_close(&rig);
}

static void mac1(void)
{
	static const struct rig_options locked = {.links = 1, .mtu = 1500, .buffers = RIG_BUFFERS,
		.reports = 64, .handles = 1024, .no_identity = true};

	rig_open(&rig);
	rig_initiation(&rig, message);
	size_t n = wire_udp(frame, PEER, 40000, OURS, LISTEN, message, 148);
	for (size_t i = 46; i < 42 + 132; i += 5) { /* what mac1 is over, and mac1 itself */
		frame[i] ^= 1;
		expect(&rig.stats.drop_mac1, n);
		frame[i] ^= 1;
	}
	rig_response(&rig, message);
	n = wire_udp(frame, PEER, 40000, OURS, LISTEN, message, 92);
	frame[60] ^= 1;
	expect(&rig.stats.drop_mac1, n);
	rig_close(&rig);
	/* without a key every handshake message is dropped, cookie replies included */
	rig_open_with(&rig, &locked);
	rig_initiation(&rig, message);
	expect(&rig.stats.drop_mac1, wire_udp(frame, PEER, 40000, OURS, LISTEN, message, 148));
	put_le32(memset(message, 0, 64), 3);
	expect(&rig.stats.drop_mac1, wire_udp(frame, PEER, 40000, OURS, LISTEN, message, 64));
	rig_close(&rig);
}

/* What the ring did not take came home: crypt cannot give it back once more. */
static void check_none_lent_full(void)
{
	for (uint32_t index = 0; index < rig.pool.count; index++) {
		struct handle h = {.index = (uint16_t)index, .kind = HANDLE_USED};
		unsigned i = 0;
		while (i < rig.links[0].empty_count && rig.links[0].empty[i].index != index)
			i++;
		if (i < rig.links[0].empty_count)
			continue;
		uint64_t before = rig.stats.drop_handle;
		rig_give(&rig, 0, &h);
		rig_poll(&rig);
		CU_ASSERT_EQUAL(rig.stats.drop_handle, before + 1);
	}
}

static void crypt_full(void)
{
	static const struct rig_options small = {
		.links = 1, .mtu = 1500, .buffers = 256, .reports = 64, .handles = 128};

	rig_open_with(&rig, &small);
	/* empty buffers took their share when it opened: from here on all is for data */
	size_t n = data_frame(64);
	for (unsigned i = 0; i < 32; i++)
		wire_push(&rig.wire, frame, n);
	struct handle filler = {.kind = HANDLE_EMPTY};
	while (ring_send(&rig.links[0].to, &filler, 1) == 1)
		; /* crypt is slow */
	black_poll(rig.black, rig.now_ns);
	CU_ASSERT_EQUAL(rig.stats.drop_crypt_full, 32);
	CU_ASSERT_EQUAL(rig.stats.rx_data, 0);
	CU_ASSERT_EQUAL(rig_drops(&rig), 32);
	struct handle h;
	while (ring_receive(&rig.links[0].to, &h, 1) == 1)
		;
	check_none_lent_full();
	rig_arrive(&rig, frame, n);
	CU_ASSERT_EQUAL(rig.stats.rx_data, 1);
	rig_close(&rig);
}

static const struct unit_test tests[] = {
	{"drop_runt", runts},
	{"C17: drop_multi_segment", several_segments},
	{"drop_vlan", vlans},
	{"drop_ethertype", ethertypes},
	{"drop_not_ours_l2", other_stations},
	{"drop_arp_malformed", arp_malformed},
	{"drop_arp_others", arp_others},
	{"drop_ip_header", ip_headers},
	{"drop_ip_length", ip_lengths},
	{"drop_ip_checksum", ip_checksums},
	{"drop_ip_fragment", ip_fragments},
	{"drop_ip_source", ip_sources},
	{"drop_not_ours", not_ours},
	{"A4: drop_protocol", protocols},
	{"drop_udp_length", udp_lengths},
	{"drop_udp_checksum", udp_checksums},
	{"drop_udp_port", udp_ports},
	{"A1: drop_type", types},
	{"A2: drop_size", sizes},
	{"A16: drop_mac1", mac1},
	{"drop_crypt_full", crypt_full},
	{NULL, NULL},
};

const struct unit_suite suite_drops = {"drops", tests};
