/* SPDX-License-Identifier: BSD-3-Clause */
/* From crypt and control to the network. */
#include <string.h>

#include <rte_ring.h>

#include "net/arp.h"
#include "net/checksum.h"
#include "net/ethernet.h"
#include "rig.h"
#include "suites.h"
#include "util/bytes.h"

static struct rig rig;
static uint8_t frame[WIRE_FRAME_MAX];

/* crypt's next message for a peer, and the frame it becomes; 0: none was sent. */
static size_t send_data(uint32_t slot, uint16_t length)
{
	CU_ASSERT_FATAL(rig_sealed(&rig, 0, slot, length));
	rig_poll(&rig);
	return rig_sent(&rig);
}

/* The second message finds the link address in the peer's path. */
static void resolve_peer(uint32_t slot, uint32_t address, uint32_t next_hop)
{
	rig_endpoint(&rig, slot, address, 5000);
	CU_ASSERT(rig_sealed(&rig, 0, slot, 32));
	rig_poll(&rig);
	rig_resolve(&rig, next_hop);
	CU_ASSERT_EQUAL(rig_sent(&rig), 42 + 32);
	CU_ASSERT_EQUAL(send_data(slot, 32), 42 + 32);
}

static void outer_header(void)
{
	uint16_t last_id = 0;

	rig_open(&rig);
	resolve_peer(3, PEER, PEER);
	for (uint16_t length = 32; length <= 1472; length = (uint16_t)(length + 96)) {
		CU_ASSERT_EQUAL_FATAL(send_data(3, length), 42u + length);
		const uint8_t *ip = rig.frame + 14;
		CU_ASSERT(mac_equal(rig.frame, wire_peer) && mac_equal(rig.frame + 6, wire_ours));
		CU_ASSERT_EQUAL(get_be16(rig.frame + 12), ETHERNET_TYPE_IPV4);
		CU_ASSERT_EQUAL(ip[0], 0x45);
		CU_ASSERT_EQUAL(ip[1], 0); /* A47 */
		CU_ASSERT_EQUAL(get_be16(ip + 2), 28 + length);
		CU_ASSERT_EQUAL(get_be16(ip + 6), 0); /* DF clear */
		CU_ASSERT_EQUAL(ip[8], 64);
		CU_ASSERT_EQUAL(ip[9], IP_PROTOCOL_UDP);
		CU_ASSERT_EQUAL(checksum_of(ip, 20), 0);
		CU_ASSERT_EQUAL(get_be32(ip + 12), OURS);
		CU_ASSERT_EQUAL(get_be32(ip + 16), PEER);
		CU_ASSERT_EQUAL(get_be16(ip + 20), LISTEN);
		CU_ASSERT_EQUAL(get_be16(ip + 22), 5000);
		CU_ASSERT_EQUAL(get_be16(ip + 24), 8 + length);
		CU_ASSERT_EQUAL(get_be16(ip + 26), 0); /* no UDP checksum */
		if (length > 32)
			CU_ASSERT_EQUAL(get_be16(ip + 4), (uint16_t)(last_id + 1));
		last_id = get_be16(ip + 4);
		CU_ASSERT_EQUAL(ip[28], 4);
		CU_ASSERT_EQUAL(ip[28 + length - 1], 0x44);
	}
	rig_close(&rig);
}

/* The id counter wraps, and carries run through the sum: the checksum is right for all of them. */
static void every_id(void)
{
	rig_open(&rig);
	resolve_peer(3, PEER, PEER);
	for (unsigned i = 0; i < 70000; i++) {
		size_t n = send_data(3, (uint16_t)(32 + i % 1024));
		if (n == 0 || checksum_of(rig.frame + 14, 20) != 0) {
			CU_FAIL_FATAL("wrong checksum");
		}
	}
	CU_ASSERT_EQUAL(rig.stats.tx_packets, 70003);
	rig_close(&rig);
}

static void by_gateway(void)
{
	rig_open(&rig);
	rig_endpoint(&rig, 3, FAR, 5000);
	for (uint16_t i = 0; i < 5; i++)
		CU_ASSERT(rig_sealed(&rig, 0, 3, (uint16_t)(32 + i)));
	rig_poll(&rig);
	CU_ASSERT_EQUAL(rig.stats.tx_packets, 1);
	rig_resolve(&rig, GATEWAY);
	for (uint16_t i = 0; i < 5; i++) { /* A50: in order */
		CU_ASSERT_EQUAL(rig_sent(&rig), 42u + 32 + i);
		CU_ASSERT(mac_equal(rig.frame, wire_peer));
		CU_ASSERT_EQUAL(get_be32(rig.frame + 30), FAR);
		CU_ASSERT_EQUAL(checksum_of(rig.frame + 14, 20), 0);
	}
	CU_ASSERT_EQUAL(send_data(3, 100), 142);
	rig_close(&rig);
}

/* The initiations to hundreds of peers that follow a start find the gateway known. */
static void gateway_ahead(void)
{
	static const struct rig_options ahead = {.links = 1, .mtu = 1500, .buffers = RIG_BUFFERS,
		.reports = 64, .handles = 1024, .ask_ahead = true};

	rig_open_with(&rig, &ahead);
	rig_poll(&rig);
	CU_ASSERT_EQUAL(rig.stats.tx_packets, 1);
	rig_resolve(&rig, GATEWAY);
	rig_endpoint(&rig, 3, FAR, 5000);
	for (unsigned i = 0; i < 30; i++)
		CU_ASSERT(rig_sealed(&rig, 0, 3, 32));
	rig_poll(&rig);
	for (unsigned i = 0; i < 30; i++)
		CU_ASSERT_EQUAL(rig_sent(&rig), 42u + 32);
	CU_ASSERT_EQUAL(rig.stats.drop_neighbour, 0);
	rig_close(&rig);
}

static void follows_the_link_address(void)
{
	static const uint8_t moved[6] = {0x02, 0, 0, 0, 0, 9};

	rig_open(&rig);
	resolve_peer(3, PEER, PEER);
	/* The host announces another card; we ask, and go on as before until it answers. */
	size_t n = wire_arp(frame, true, PEER, PEER);
	memcpy(frame + 22, moved, 6);
	rig_arrive(&rig, frame, n);
	CU_ASSERT_EQUAL(rig_sent(&rig), ARP_FRAME_LEN);
	CU_ASSERT_EQUAL(send_data(3, 32), 74);
	CU_ASSERT(mac_equal(rig.frame, wire_peer));
	n = wire_arp(frame, false, PEER, OURS);
	memcpy(frame + 22, moved, 6);
	rig_arrive(&rig, frame, n);
	CU_ASSERT_EQUAL(send_data(3, 32), 74);
	CU_ASSERT(mac_equal(rig.frame, moved));
	rig_close(&rig);
}

static void asks_again(void)
{
	rig_open(&rig);
	resolve_peer(3, PEER, PEER);
	rig.now_ns += 31 * CLOCK_SECOND;
	rig_poll(&rig);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	CU_ASSERT(rig_sealed(&rig, 0, 3, 32)); /* in use after half a minute: is it still there? */
	rig_poll(&rig);
	unsigned asked = 0, sent = 0;
	for (size_t n; (n = rig_sent(&rig)) > 0;)
		n == ARP_FRAME_LEN ? asked++ : sent++;
	CU_ASSERT_EQUAL(asked, 1);
	CU_ASSERT_EQUAL(sent, 1);
	for (unsigned i = 0; i < 5; i++) { /* nobody answers */
		rig.now_ns += CLOCK_SECOND;
		rig_poll(&rig);
	}
	CU_ASSERT_EQUAL(wire_pop_all(&rig.wire), 2); /* two more tries */
	CU_ASSERT(rig_sealed(&rig, 0, 3, 32));
	rig_poll(&rig);
	rig_resolve(&rig, PEER);
	CU_ASSERT_EQUAL(rig_sent(&rig), 74);
	rig_close(&rig);
}

static void handshake_messages(void)
{
	struct black_order o = {.kind = BLACK_SEND, .length = 148,
		.remote = {{4, {192, 168, 1, 20}}, 5000}};

	rig_open(&rig);
	resolve_peer(3, PEER, PEER);
	rig_initiation(&rig, o.data);
	rig_order(&rig, &o);
	CU_ASSERT_EQUAL(rig_sent(&rig), 42 + 148);
	CU_ASSERT_EQUAL(memcmp(rig.frame + 42, o.data, 148), 0);
	CU_ASSERT_EQUAL(get_be16(rig.frame + 36), 5000);
	CU_ASSERT_EQUAL(checksum_of(rig.frame + 14, 20), 0);
	CU_ASSERT_EQUAL(rig.frame[15], 0); /* A47 */
	rig_close(&rig);
}

/* The address that a message to `remote` leaves from, when control wants `local`. */
static uint32_t source_of(uint32_t remote, uint32_t local)
{
	struct black_order o = {.kind = BLACK_SEND, .length = 64, .remote = {{4, {0}}, 5000}};

	put_be32(o.remote.addr.bytes, remote);
	o.local.family = local ? 4 : 0;
	put_be32(o.local.bytes, local);
	rig_order(&rig, &o);
	size_t n = rig_sent(&rig);
	if (n == ARP_FRAME_LEN) {
		struct arp arp;
		arp_parse(&arp, rig.frame + 14, ARP_LEN);
		rig_arrive(&rig, frame, wire_arp(frame, false, arp.target, arp.sender));
		n = rig_sent(&rig);
	}
	CU_ASSERT_EQUAL(n, 42 + 64);
	return get_be32(rig.frame + 26);
}

static void source_addresses(void)
{
	rig_open(&rig);
	CU_ASSERT_EQUAL(source_of(PEER, 0), OURS);
	CU_ASSERT_EQUAL(source_of(PEER, SECOND), SECOND);
	CU_ASSERT_EQUAL(source_of(SECOND + 5, 0), SECOND);
	CU_ASSERT_EQUAL(source_of(SECOND + 5, OURS), OURS);
	CU_ASSERT_EQUAL(source_of(FAR, 0), OURS);
	CU_ASSERT_EQUAL(source_of(FAR, SECOND), SECOND);
	CU_ASSERT_EQUAL(source_of(FAR, 0x0a0a0a0a), OURS); /* not ours any more */
	/* and for data, where the peer reached us */
	struct black_order o = {.kind = BLACK_ENDPOINT, .slot = 9,
		.remote = {{4, {192, 168, 1, 20}}, 7}, .local = {4, {10, 9, 0, 1}}};
	rig_order(&rig, &o);
	CU_ASSERT_EQUAL(send_data(9, 32), 74);
	CU_ASSERT_EQUAL(get_be32(rig.frame + 26), SECOND);
	rig_close(&rig);
}

static void listen_port(void)
{
	struct black_order o = {.kind = BLACK_LISTEN, .remote.port = 12345};
	uint8_t message[32];

	rig_open(&rig);
	resolve_peer(3, PEER, PEER);
	rig_order(&rig, &o);
	CU_ASSERT_EQUAL(send_data(3, 32), 74);
	CU_ASSERT_EQUAL(get_be16(rig.frame + 34), 12345);
	rig_data(message, 32, 1);
	rig_arrive(&rig, frame, wire_udp(frame, PEER, 1, OURS, LISTEN, message, 32));
	CU_ASSERT_EQUAL(rig.links[0].full_count, 0);
	rig_arrive(&rig, frame, wire_udp(frame, PEER, 1, OURS, 12345, message, 32));
	CU_ASSERT_EQUAL(rig.links[0].full_count, 1);
	rig_close(&rig);
}

static void offload(void)
{
	static const struct rig_options with = {.links = 1, .mtu = 1500, .buffers = RIG_BUFFERS,
		.reports = 64, .handles = 1024, .ip_checksum = true};
	struct rte_mbuf *m = NULL;

	rig_open_with(&rig, &with);
	resolve_peer(3, PEER, PEER);
	CU_ASSERT(rig_sealed(&rig, 0, 3, 64));
	rig_poll(&rig);
	CU_ASSERT_EQUAL_FATAL(rte_ring_sc_dequeue(rig.wire.tx, (void **)&m), 0);
	CU_ASSERT_EQUAL(m->ol_flags, RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM);
	CU_ASSERT_EQUAL(m->l2_len, 14);
	CU_ASSERT_EQUAL(m->l3_len, 20);
	CU_ASSERT_EQUAL(get_be16(rte_pktmbuf_mtod_offset(m, uint8_t *, 24)), 0);
	rte_pktmbuf_free(m);
	/* what black makes itself has its checksum, and the flags are gone with the next use */
	rig_arrive(&rig, frame, wire_echo(frame, PEER, OURS, 8));
	CU_ASSERT_EQUAL_FATAL(rte_ring_sc_dequeue(rig.wire.tx, (void **)&m), 0);
	CU_ASSERT_EQUAL(m->ol_flags, 0);
	CU_ASSERT_EQUAL(checksum_of(rte_pktmbuf_mtod_offset(m, uint8_t *, 14), 20), 0);
	rte_pktmbuf_free(m);
	rig_close(&rig);
}

static void supply(void)
{
	static const struct rig_options large = {
		.links = 2, .mtu = 1500, .buffers = 4096, .reports = 64, .handles = 4096};

	rig_open(&rig);
	rig_poll(&rig);
	CU_ASSERT_EQUAL(rig.links[0].empty_count, RIG_BUFFERS / 2); /* half stays for the port */
	rig_endpoint(&rig, 3, PEER, 5000);
	for (unsigned i = 0; i < 100; i++)
		CU_ASSERT(rig_sealed(&rig, 0, 3, 32));
	rig_poll(&rig);
	CU_ASSERT(rig.links[0].empty_count > RIG_BUFFERS / 2 - 32);
	CU_ASSERT(rig.links[0].empty_count <= RIG_BUFFERS / 2);
	for (unsigned i = 0; i < rig.links[0].empty_count; i++) {
		const struct handle *h = &rig.links[0].empty[i];
		CU_ASSERT(h->offset >= HANDLE_HEADROOM);
		CU_ASSERT_EQUAL(h->offset + h->length, rig.pool.room);
	}
	rig_close(&rig);
	rig_open_with(&rig, &large);
	rig_poll(&rig);
	CU_ASSERT_EQUAL(rig.links[0].empty_count, 512);
	CU_ASSERT_EQUAL(rig.links[1].empty_count, 512);
	rig_close(&rig);
}

static const struct unit_test tests[] = {
	{"A47, A48: the outer header of data messages", outer_header},
	{"the outer checksum is right for every id", every_id},
	{"by the gateway; what waited keeps its order (A50)", by_gateway},
	{"the gateway is found before it is needed", gateway_ahead},
	{"C32: a peer's new link address is used", follows_the_link_address},
	{"a neighbour in use is asked for again", asks_again},
	{"handshake messages of control", handshake_messages},
	{"A52: the address that a message leaves from", source_addresses},
	{"another listen port, both ways", listen_port},
	{"the IP checksum is left to a port that computes it", offload},
	{"crypt never runs out of empty buffers, nor the port", supply},
	{NULL, NULL},
};

const struct unit_suite suite_send = {"send", tests};
