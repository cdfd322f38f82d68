/* SPDX-License-Identifier: BSD-3-Clause */
/* From the network to crypt and control. */
#include <string.h>

#include "black/state.h"
#include "net/arp.h"
#include "net/checksum.h"
#include "net/ethernet.h"
#include "rig.h"
#include "suites.h"
#include "util/bytes.h"

static struct rig rig;
static uint8_t frame[WIRE_FRAME_MAX], message[WIRE_FRAME_MAX];

static size_t data_frame(uint32_t from, uint16_t port, uint32_t to, size_t length,
	uint32_t receiver)
{
	rig_data(message, length, receiver);
	return wire_udp(frame, from, port, to, LISTEN, message, length);
}

static void data_to_crypt(void)
{
	static const size_t lengths[] = {32, 33, 48, 1452, 1472};

	rig_open(&rig);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		size_t n = data_frame(PEER, 40000, OURS, lengths[i], 7);
		rig_arrive(&rig, frame, n);
		CU_ASSERT_EQUAL_FATAL(rig.links[0].full_count, 1);
		const struct handle *h = &rig.links[0].full[0];
		CU_ASSERT_EQUAL(h->kind, HANDLE_FULL);
		CU_ASSERT_EQUAL(h->code, 4);
		CU_ASSERT_EQUAL(h->length, lengths[i]);
		CU_ASSERT_EQUAL(memcmp(rig_bytes(&rig, h), message, lengths[i]), 0);
		/* the outer header lies directly before */
		CU_ASSERT_EQUAL(memcmp(rig_bytes(&rig, h) - 28, frame + 14, 28), 0);
		rig_return(&rig, 0, USED_DONE);
	}
	CU_ASSERT_EQUAL(rig.stats.rx_data, 5);
	CU_ASSERT_EQUAL(rig.stats.rx_packets, 5);
	CU_ASSERT_EQUAL(rig.stats.rx_bytes, 5 * 42 + 32 + 33 + 48 + 1452 + 1472);
	rig_close(&rig);
}

static uint64_t tag_of(uint32_t from, uint16_t port, uint32_t to)
{
	rig_arrive(&rig, frame, data_frame(from, port, to, 32, 7));
	CU_ASSERT_EQUAL_FATAL(rig.links[0].full_count, 1);
	uint64_t tag = rig.links[0].full[0].tag;
	rig_return(&rig, 0, USED_DONE);
	return tag;
}

static void tags(void)
{
	rig_open(&rig);
	uint64_t tag = tag_of(PEER, 40000, OURS);
	CU_ASSERT_EQUAL(tag, (uint64_t)PEER << 16 | 40000);
	CU_ASSERT_EQUAL(tag_of(PEER, 40000, OURS), tag);
	CU_ASSERT_NOT_EQUAL(tag_of(PEER, 40001, OURS), tag);
	CU_ASSERT_NOT_EQUAL(tag_of(PEER + 1, 40000, OURS), tag);
	CU_ASSERT_EQUAL(tag_of(PEER, 40000, SECOND), 1ull << 48 | tag);
	rig_close(&rig);
}

static void order_and_links(void)
{
	static const struct rig_options two = {
		.links = 2, .mtu = 1500, .buffers = RIG_BUFFERS, .reports = 64, .handles = 1024};

	rig_open_with(&rig, &two);
	for (uint32_t i = 0; i < 100; i++) {
		size_t n = data_frame(PEER, 40000, OURS, 40 + i / 2, i % 2 << 31 | 1000);
		wire_push(&rig.wire, frame, n);
	}
	rig_poll(&rig);
	for (unsigned link = 0; link < 2; link++) {
		CU_ASSERT_EQUAL_FATAL(rig.links[link].full_count, 50);
		for (unsigned i = 0; i < 50; i++) {
			const struct handle *h = &rig.links[link].full[i];
			CU_ASSERT_EQUAL(h->length, 40 + i);
			CU_ASSERT_EQUAL(get_le32(rig_bytes(&rig, h) + 4), link << 31 | 1000);
		}
	}
	rig_close(&rig);
}

static void ethernet_padding(void)
{
	rig_open(&rig);
	size_t n = data_frame(PEER, 40000, OURS, 32, 7);
	memset(frame + n, 0xee, 18);
	rig_arrive(&rig, frame, n + 18);
	CU_ASSERT_EQUAL_FATAL(rig.links[0].full_count, 1);
	CU_ASSERT_EQUAL(rig.links[0].full[0].length, 32);
	rig_close(&rig);
}

static bool reported(struct black_report *report)
{
	return ring_receive(&rig.reports, report, 1) == 1;
}

static void handshakes(void)
{
	static const uint16_t sizes[] = {148, 92, 64};
	struct black_report report;

	rig_open(&rig);
	for (unsigned i = 0; i < 3; i++) {
		if (i == 0)
			rig_initiation(&rig, message);
		else if (i == 1)
			rig_response(&rig, message);
		else
			put_le32(memset(message, 0x33, 64), 3);
		uint32_t to = i == 1 ? SECOND : OURS;
		size_t n = wire_udp(frame, PEER, 40001, to, LISTEN, message, sizes[i]);
		rig_arrive(&rig, frame, n);
		CU_ASSERT_FATAL(reported(&report));
		CU_ASSERT_EQUAL(report.length, sizes[i]);
		CU_ASSERT_EQUAL(memcmp(report.data, message, sizes[i]), 0);
		CU_ASSERT_EQUAL(report.remote.addr.family, 4);
		CU_ASSERT_EQUAL(get_be32(report.remote.addr.bytes), PEER);
		CU_ASSERT_EQUAL(report.remote.port, 40001);
		CU_ASSERT_EQUAL(get_be32(report.local.bytes), to);
		CU_ASSERT_EQUAL(report.local.family, 4);
	}
	CU_ASSERT_EQUAL(rig.stats.rx_handshake, 3);
	CU_ASSERT_EQUAL(rig.links[0].full_count, 0);
	rig_close(&rig);
}

static void right_udp_checksum(void)
{
	struct black_report report;

	rig_open(&rig);
	rig_initiation(&rig, message);
	size_t n = wire_udp(frame, PEER, 40001, OURS, LISTEN, message, 148);
	uint64_t sum = checksum_add_pseudo4(0, frame + 14, IP_PROTOCOL_UDP, 156);
	uint16_t checksum = checksum_fold(checksum_add(sum, frame + 34, 156));
	memcpy(frame + 40, &checksum, 2);
	rig_arrive(&rig, frame, n);
	CU_ASSERT(reported(&report));
	rig_close(&rig);
}

static void rings_bells(void)
{
	rig_open(&rig);
	bell_arm(&rig.links[0].bell);
	bell_arm(&rig.control_bell);
	rig_arrive(&rig, frame, wire_echo(frame, PEER, OURS, 8));
	CU_ASSERT(atomic_load(&rig.links[0].bell.asleep));
	CU_ASSERT(atomic_load(&rig.control_bell.asleep));
	rig_arrive(&rig, frame, data_frame(PEER, 40000, OURS, 32, 7));
	CU_ASSERT(!atomic_load(&rig.links[0].bell.asleep));
	CU_ASSERT(atomic_load(&rig.control_bell.asleep));
	rig_initiation(&rig, message);
	rig_arrive(&rig, frame, wire_udp(frame, PEER, 40001, OURS, LISTEN, message, 148));
	CU_ASSERT(!atomic_load(&rig.control_bell.asleep));
	rig_close(&rig);
}

static enum neighbour_state known(uint32_t address)
{
	struct ip_addr a = {.family = 4};

	put_be32(a.bytes, address);
	return neighbour_state_of(rig.black->host.neighbours, &a);
}

static void answers_arp(void)
{
	struct arp arp;

	rig_open(&rig);
	rig_arrive(&rig, frame, wire_arp(frame, true, PEER, OURS));
	CU_ASSERT_EQUAL_FATAL(rig_sent(&rig), ARP_FRAME_LEN);
	CU_ASSERT(mac_equal(rig.frame, wire_peer) && mac_equal(rig.frame + 6, wire_ours));
	CU_ASSERT_EQUAL(arp_parse(&arp, rig.frame + 14, ARP_LEN), 0);
	CU_ASSERT(!arp.request);
	CU_ASSERT_EQUAL(arp.sender, OURS);
	CU_ASSERT_EQUAL(arp.target, PEER);
	CU_ASSERT_EQUAL(rig.stats.rx_arp, 1);
	/* an address probe (RFC 5227) is answered, and leaves no entry */
	rig_arrive(&rig, frame, wire_arp(frame, true, 0, OURS));
	CU_ASSERT_EQUAL(rig_sent(&rig), ARP_FRAME_LEN);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	/* nor does a stranger who is not on our network */
	rig_arrive(&rig, frame, wire_arp(frame, true, FAR, OURS));
	CU_ASSERT_EQUAL(rig_sent(&rig), ARP_FRAME_LEN);
	CU_ASSERT_EQUAL(known(0), NEIGHBOUR_IS_FREE);
	CU_ASSERT_EQUAL(known(FAR), NEIGHBOUR_IS_FREE);
	CU_ASSERT_EQUAL(known(PEER), NEIGHBOUR_IS_STALE);
	/* the asker's link address is known now: nothing is asked before data can go */
	rig_endpoint(&rig, 1, PEER, 5000);
	CU_ASSERT(rig_sealed(&rig, 0, 1, 64));
	rig_poll(&rig);
	while (rig_sent(&rig) == ARP_FRAME_LEN)
		; /* asks to confirm it, later */
	CU_ASSERT_EQUAL(rig.stats.drop_neighbour, 0);
	CU_ASSERT_EQUAL(get_be16(rig.frame + 12), ETHERNET_TYPE_IPV4);
	rig_close(&rig);
}

static void answers_echo(void)
{
	rig_open(&rig);
	for (size_t payload = 0; payload <= 1472; payload += 736) {
		size_t n = wire_echo(frame, FAR, SECOND, payload);
		rig_arrive(&rig, frame, n);
		CU_ASSERT_EQUAL_FATAL(rig_sent(&rig), n);
		CU_ASSERT(mac_equal(rig.frame, wire_peer) && mac_equal(rig.frame + 6, wire_ours));
		CU_ASSERT_EQUAL(get_be32(rig.frame + 26), SECOND);
		CU_ASSERT_EQUAL(get_be32(rig.frame + 30), FAR);
		CU_ASSERT_EQUAL(rig.frame[34], 0);
		CU_ASSERT_EQUAL(checksum_of(rig.frame + 14, 20), 0);
		CU_ASSERT_EQUAL(checksum_of(rig.frame + 34, 8 + payload), 0);
	}
	CU_ASSERT_EQUAL(rig.stats.rx_icmp_echo, 3);
	CU_ASSERT_EQUAL(rig.stats.tx_packets, 3);
	rig_close(&rig);
}

static void jumbo_frames(void)
{
	static const struct rig_options jumbo = {
		.links = 1, .mtu = 9000, .buffers = 256, .reports = 64, .handles = 1024};

	rig_open_with(&rig, &jumbo);
	rig_arrive(&rig, frame, data_frame(PEER, 40000, OURS, 9000 - 28, 7));
	CU_ASSERT_EQUAL_FATAL(rig.links[0].full_count, 1);
	CU_ASSERT_EQUAL(rig.links[0].full[0].length, 8972);
	rig_close(&rig);
}

/* Buffers of somebody else's pool are copied: only our own can be lent. */
static void foreign_buffers(void)
{
	struct pool other;

	rig_open(&rig);
	CU_ASSERT_EQUAL_FATAL(pool_create(&other, "other", &rig.zone, 64, 1500), 0);
	for (unsigned i = 0; i < 200; i++) {
		size_t n = data_frame(PEER, 40000, OURS, 300, 7);
		struct rte_mbuf *m = rte_pktmbuf_alloc(other.mempool);
		CU_ASSERT_PTR_NOT_NULL_FATAL(m);
		memcpy(rte_pktmbuf_append(m, (uint16_t)n), frame, n);
		wire_push_mbuf(&rig.wire, m);
		rig_poll(&rig);
		CU_ASSERT_EQUAL_FATAL(rig.links[0].full_count, 1);
		CU_ASSERT_EQUAL(memcmp(rig_bytes(&rig, &rig.links[0].full[0]), message, 300), 0);
		rig_return(&rig, 0, USED_DONE);
	}
	CU_ASSERT_EQUAL(rte_mempool_avail_count(other.mempool), 64);
	pool_destroy(&other);
	rig_close(&rig);
}

static const struct unit_test tests[] = {
	{"A2: data messages go to crypt, with their outer header before them", data_to_crypt},
	{"A51: the tag tells endpoints apart, and our addresses", tags},
	{"A50: order is kept, a receiver index has one lcore", order_and_links},
	{"the frame's padding is not the message's", ethernet_padding},
	{"A16, A52: handshake messages go to control, with both addresses", handshakes},
	{"a right UDP checksum is right", right_udp_checksum},
	{"bells ring for those who got something", rings_bells},
	{"ARP requests for us are answered and remembered", answers_arp},
	{"echo requests are answered the way they came", answers_echo},
	{"frames of 9000 bytes", jumbo_frames},
	{"C19: buffers that are not ours are never lent", foreign_buffers},
	{NULL, NULL},
};

const struct unit_suite suite_receive = {"receive", tests};
