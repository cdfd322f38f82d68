/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The red port: a program of frames from the site's hosts, of packets that came out of the tunnel and
 * of packets that crypt gives back, through the whole domain. What goes into the tunnel belongs there
 * and fits; what leaves is sound; every frame has an outcome, and no buffer is lost.
 */
#include <string.h>

#include "fuzz.h"
#include "net/checksum.h"
#include "net/ethernet.h"
#include "net/ip.h"
#include "red/rig.h"
#include "util/bytes.h"

#define FRAME_MAX 1514
#define STEPS_MAX 64

static struct rig rig;
static const uint32_t hosts[] = {HOST, REMOTE, ROUTER, OURS, NOWHERE, 0x0a0001ff, 0xe0000001, 0};

static const char *const hosts6[] = {
	REMOTE6, HOST6, OURS6, "ff02::1", "fe80::1", "2001:db8::1", ROUTER6, LOCAL6};

/* Prefixes that come behind the tunnel and go again: of NOWHERE, and of one of hosts6. */
static const char *const more[] = {"198.51.100.0/24", "2001:db8::/32"};
static unsigned times[2]; /* that each was added and not removed */

static uint32_t pick_host(struct reader *r)
{
	uint8_t which = reader_u8(r);

	return which < 8 ? hosts[which] : reader_be32(r);
}

/* ---- what goes into the tunnel ---- */

static bool is_behind(const struct ip_packet *p)
{
	static const uint8_t prefix6[8] = {0xfd, 0, 0, 2}, more6[4] = {0x20, 0x01, 0x0d, 0xb8};

	if (p->version == 4)
		return p->destination >> 8 == REMOTE >> 8 ||
		       (times[0] > 0 && p->destination >> 8 == NOWHERE >> 8);
	return memcmp(ipv6_destination(p), prefix6, sizeof(prefix6)) == 0 ||
	       (times[1] > 0 && memcmp(ipv6_destination(p), more6, sizeof(more6)) == 0);
}

static void check_full(bool from_tunnel)
{
	struct ip_packet p;

	for (unsigned i = 0; i < rig.links[0].full_count; i++) {
		const struct handle *h = &rig.links[0].full[i];
		require(h->offset + h->length <= rig.pool.room, "a packet in its buffer");
		require(ip_parse(&p, rig_bytes(&rig, h), h->length) == IP_FAULT_NONE, "a packet");
		require(p.length == h->length && p.length <= RIG_MTU, "of a length that fits");
		require(from_tunnel || is_behind(&p), "what is sealed belongs behind the tunnel");
	}
}

static void check_sent(void)
{
	struct ip_packet p;
	size_t length;

	while ((length = rig_sent(&rig)) > 0) {
		const uint8_t *f = rig.frame;
		uint16_t type = get_be16(f + 12);
		require(length >= 34 && length <= FRAME_MAX, "a frame of a possible length");
		require(mac_equal(f + 6, wire_ours), "it comes from us");
		if (type == ETHERNET_TYPE_IPV4 || type == ETHERNET_TYPE_IPV6) {
			require(ip_parse(&p, f + 14, length - 14) == IP_FAULT_NONE, "a packet");
			require(p.length + 14u == length, "as long as its frame");
		} else {
			require(type == ETHERNET_TYPE_ARP, "nothing else is sent");
		}
	}
}

/* Each frame that arrives is counted as something, once or (a reply that finds no way) twice. */
#define ADD(name, help) + rig.stats.name
static uint64_t counted(void)
{
	return 0 RED_COUNTERS(ADD) - rig.stats.rx_packets - rig.stats.rx_bytes - rig.stats.tx_bytes -
	       rig.stats.tx_packets;
}

static void give_back_all(uint8_t code)
{
	while (rig.links[0].full_count > 0)
		rig_return(&rig, 0, code);
	check_sent();
}

static void arrive(const uint8_t *frame, size_t length, uint8_t code)
{
	uint64_t before = counted();

	rig_arrive(&rig, frame, length);
	require(counted() > before, "every frame is counted");
	check_full(false);
	check_sent();
	give_back_all(code % 3);
}

/* ---- steps ---- */

static void raw_frame(struct reader *r)
{
	static uint8_t frame[FRAME_MAX];
	size_t length = fuzz_piece(r, frame, sizeof(frame));

	arrive(frame, length, reader_u8(r));
}

/* UDP in IPv4, bent, and the header checksum put right again if so wanted. */
static void packet4(struct reader *r)
{
	static uint8_t frame[WIRE_FRAME_MAX];
	uint32_t to = pick_host(r);
	uint16_t payload = reader_be16(r) % 1473, fragment = reader_be16(r);
	uint8_t ttl = reader_u8(r), how = reader_u8(r);
	size_t length = rig_frame(frame, to, payload, fragment, ttl);

	fuzz_bend(r, frame, length);
	if (how & 1)
		wire_repair(frame);
	arrive(frame, length, reader_u8(r));
}

static void packet6(struct reader *r)
{
	static uint8_t frame[WIRE_FRAME_MAX];
	uint8_t which = reader_u8(r) % 8, protocol = reader_u8(r);
	size_t length = wire_ipv6(frame, HOST6, hosts6[which], protocol, reader_be16(r) % 1461);

	fuzz_bend(r, frame, length);
	arrive(frame, length, reader_u8(r));
}

static void arp(struct reader *r)
{
	uint8_t frame[64];
	uint8_t request = reader_u8(r);
	uint32_t from = pick_host(r), to = pick_host(r);
	size_t length = wire_arp(frame, request & 1, from, to);

	fuzz_bend(r, frame, length);
	arrive(frame, length, 0);
}

static void echo(struct reader *r)
{
	static uint8_t frame[WIRE_FRAME_MAX];
	uint32_t from = pick_host(r), to = pick_host(r);
	size_t length = wire_echo(frame, from, to, reader_be16(r) % 1400);

	if (fuzz_bend(r, frame, length) && reader_u8(r) & 1)
		wire_repair(frame);
	arrive(frame, length, reader_u8(r));
}

static void neighbour6(struct reader *r)
{
	uint8_t frame[128];
	uint8_t how = reader_u8(r);
	const char *from = hosts6[reader_u8(r) % 8], *to = hosts6[reader_u8(r) % 8];
	size_t length = how & 1 ? wire_ask6(frame, from, to) : wire_answer6(frame, from, to);

	if (fuzz_bend(r, frame, length) && how & 2)
		wire_repair6(frame, length);
	arrive(frame, length, 0);
}

static void echo6(struct reader *r)
{
	static uint8_t frame[WIRE_FRAME_MAX];
	const char *from = hosts6[reader_u8(r) % 8], *to = hosts6[reader_u8(r) % 8];
	size_t length = wire_echo6(frame, from, to, reader_be16(r) % 1400);

	if (fuzz_bend(r, frame, length))
		wire_repair6(frame, length);
	arrive(frame, length, reader_u8(r));
}

/* What was added twice must be removed twice. */
static void prefixes(struct reader *r)
{
	uint8_t how = reader_u8(r);
	unsigned which = how & 1;
	bool removes = how & 2;

	if (removes && times[which] == 0)
		return;
	rig_tunnel(&rig, removes ? RED_TUNNEL_DEL : RED_TUNNEL_ADD, more[which]);
	times[which] += removes ? -1u : 1;
}

static size_t opened6(struct reader *r, uint8_t *packet)
{
	static uint8_t frame[WIRE_FRAME_MAX];
	const char *from = hosts6[reader_u8(r) % 8], *to = hosts6[reader_u8(r) % 8];
	uint8_t protocol = reader_u8(r);
	size_t length = wire_ipv6(frame, from, to, protocol, reader_be16(r) % 1400);

	fuzz_bend(r, frame, length);
	memcpy(packet, frame + ETHERNET_HEADER_LEN, length - ETHERNET_HEADER_LEN);
	return length - ETHERNET_HEADER_LEN;
}

/* From a peer, who may be hostile: only what crypt checks (A44) holds. */
static void opened(struct reader *r)
{
	static uint8_t packet[WIRE_FRAME_MAX];
	uint8_t how = reader_u8(r);
	size_t length;

	if (rig.links[0].empty_count == 0)
		return;
	if (how & 1) {
		length = fuzz_piece(r, packet, 1440);
	} else if (how & 4) {
		length = opened6(r, packet);
	} else { /* an IPv4 packet without its frame, bent */
		static uint8_t frame[WIRE_FRAME_MAX];
		uint32_t from = pick_host(r), to = pick_host(r);
		length = wire_echo(frame, from, to, reader_be16(r) % 1400);
		if (fuzz_bend(r, frame, length) && how & 2)
			wire_repair(frame);
		length -= ETHERNET_HEADER_LEN;
		memcpy(packet, frame + ETHERNET_HEADER_LEN, length);
	}
	if (length > 1440)
		length = 1440;
	rig_opened(&rig, 0, packet, length);
	check_full(true);
	check_sent();
	give_back_all(USED_DONE);
}

static void time_passes(struct reader *r)
{
	rig.now_ns += reader_u8(r) * CLOCK_SECOND / 8;
	rig_poll(&rig);
	check_sent();
}

static void (*const steps[])(struct reader *r) = {
	raw_frame, packet4, packet6, arp, echo, opened, time_passes, neighbour6, echo6, prefixes};

static void remove_prefixes(void)
{
	for (unsigned i = 0; i < 2; i++)
		for (; times[i] > 0; times[i]--)
			rig_tunnel(&rig, RED_TUNNEL_DEL, more[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct reader r;

	if (!rig.red)
		rig_open(&rig);
	reader_init(&r, bytes, size);
	for (unsigned i = 0; i < STEPS_MAX && r.left > 0; i++)
		steps[reader_u8(&r) % (sizeof(steps) / sizeof(steps[0]))](&r);
	rig_check_whole(&rig);
	remove_prefixes();
	return 0;
}
