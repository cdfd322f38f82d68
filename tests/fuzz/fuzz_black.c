/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The black port: a program of frames, orders and packets to send, through the whole domain. Each
 * step is a byte that says what, then its fields. Handshake messages may get a right mac1, headers
 * right checksums, so that neither stops a frame. Every frame is counted once, what leaves is sound,
 * and no buffer is lost.
 */
#include <string.h>

#include "black/rig.h"
#include "fuzz.h"
#include "net/checksum.h"
#include "net/ethernet.h"
#include "net/udp.h"
#include "util/bytes.h"
#include "wg/cookie.h"
#include "wg/messages.h"

#define FRAME_MAX   1514
#define STEPS_MAX   64
#define PAYLOAD_MAX (FRAME_MAX - ETHERNET_HEADER_LEN - IPV4_HEADER_LEN - UDP_HEADER_LEN)

static struct rig rig;
static const uint32_t hosts[] = {PEER, GATEWAY, FAR, OURS, SECOND, 0xc0a80115, 0xc0a801ff, 0xffffffff};

static uint32_t pick_host(struct reader *r)
{
	uint8_t which = reader_u8(r);

	return which < 8 ? hosts[which] : reader_be32(r);
}

/* ---- what is received is counted once ---- */

static uint64_t outcomes(void)
{
	return rig.stats.rx_handshake + rig.stats.rx_data + rig.stats.rx_arp +
	       rig.stats.rx_icmp_echo + rig_drops(&rig) - rig.stats.drop_no_endpoint -
	       rig.stats.drop_no_route - rig.stats.drop_neighbour - rig.stats.drop_tx_full -
	       rig.stats.drop_handle - rig.stats.drop_no_buffer;
}

static void take_reports(void)
{
	struct black_report report;

	while (ring_receive(&rig.reports, &report, 1) == 1) {
		require(report.length == 148 || report.length == 92 || report.length == 64,
			"a message of a right size");
		require(report.data[0] >= 1 && report.data[0] <= 3 && report.data[1] == 0,
			"a handshake message");
		require(report.remote.addr.family == 4 || report.remote.addr.family == 6,
			"a remote address");
		require(report.local.family == report.remote.addr.family, "of one family");
	}
}

static void check_full(void)
{
	for (unsigned i = 0; i < rig.links[0].full_count; i++) {
		const struct handle *h = &rig.links[0].full[i];
		require(h->offset >= (h->code == 6 ? 48u : 28u), "headers lie before the message");
		require(h->length >= MESSAGE_DATA_MIN && h->offset + h->length <= rig.pool.room,
			"a message in its buffer");
		require(get_le32(rig_bytes(&rig, h)) == MESSAGE_DATA, "a data message");
	}
}

/* ---- what is sent ---- */

static void check_sent(void)
{
	size_t length;

	while ((length = rig_sent(&rig)) > 0) {
		const uint8_t *f = rig.frame;
		uint16_t type = get_be16(f + 12);
		require(length >= 42 && length <= FRAME_MAX, "a frame of a possible length");
		require(mac_equal(f + 6, wire_ours), "it comes from us");
		if (type != ETHERNET_TYPE_IPV4)
			continue;
		require(checksum_of(f + 14, 20) == 0, "its header's checksum holds");
		require(get_be16(f + 16) + 14u == length, "its length is the frame's");
		require(get_be32(f + 26) == OURS || get_be32(f + 26) == SECOND, "our address");
	}
}

static void arrive(const uint8_t *frame, size_t length)
{
	uint64_t before = outcomes();
	uint64_t taken = rig.stats.rx_handshake + rig.stats.rx_data + rig.stats.rx_icmp_echo;

	rig_arrive(&rig, frame, length);
	require(outcomes() == before + 1, "every frame has one outcome");
	require((length >= 6 && mac_equal(frame, wire_ours)) ||
			taken == rig.stats.rx_handshake + rig.stats.rx_data +
				rig.stats.rx_icmp_echo,
		"no IP packet is taken that was not sent to us alone");
	take_reports();
	check_full();
	check_sent();
}

/* ---- steps ---- */

static void raw_frame(struct reader *r)
{
	static uint8_t frame[FRAME_MAX];

	arrive(frame, fuzz_piece(r, frame, sizeof(frame)));
}

/* In UDP and IPv4, bent, and the header checksum put right again if so wanted. */
static void datagram(struct reader *r, const uint8_t *payload, size_t length)
{
	static uint8_t frame[WIRE_FRAME_MAX];
	uint32_t from = pick_host(r);
	uint16_t from_port = reader_be16(r);
	uint8_t how = reader_u8(r);

	length = wire_udp(frame, from, from_port, how & 1 ? SECOND : OURS,
		how & 2 ? reader_be16(r) : LISTEN, payload, length);
	if (fuzz_bend(r, frame, length) && how & 4)
		wire_repair(frame);
	arrive(frame, length);
}

static void any_datagram(struct reader *r)
{
	static uint8_t payload[PAYLOAD_MAX];
	size_t length = fuzz_piece(r, payload, sizeof(payload));

	datagram(r, payload, length);
}

/* A handshake message of the right size, its mac1 right at first. */
static void handshake(struct reader *r)
{
	static const uint16_t sizes[] = {0, 148, 92, 64};
	uint8_t message[148] = {0};
	unsigned kind = 1 + reader_u8(r) % 3;

	fuzz_piece(r, message, sizes[kind]);
	put_le32(message, kind);
	if (kind != MESSAGE_COOKIE)
		cookie_add_macs(message, sizes[kind], rig.public_key);
	fuzz_bend(r, message, sizes[kind]);
	datagram(r, message, sizes[kind]);
}

static void data(struct reader *r)
{
	static uint8_t message[PAYLOAD_MAX];
	size_t length = reader_be16(r) % (sizeof(message) + 1);

	rig_data(message, length < 4 ? 4 : length, reader_be32(r));
	datagram(r, message, length);
}

static void arp(struct reader *r)
{
	uint8_t frame[64];
	uint8_t request = reader_u8(r);
	uint32_t from = pick_host(r), to = pick_host(r);
	size_t length = wire_arp(frame, request & 1, from, to);

	fuzz_bend(r, frame, length);
	arrive(frame, length);
}

static void echo(struct reader *r)
{
	static uint8_t frame[WIRE_FRAME_MAX];
	uint32_t from = pick_host(r), to = pick_host(r);
	size_t length = wire_echo(frame, from, to, reader_be16(r) % 1400);

	if (fuzz_bend(r, frame, length) && reader_u8(r) & 1)
		wire_repair(frame);
	arrive(frame, length);
}

static void endpoint(struct reader *r)
{
	uint32_t slot = reader_u8(r) % RIG_PEERS;
	uint32_t address = pick_host(r);

	rig_endpoint(&rig, slot, address, reader_be16(r));
}

static void control_sends(struct reader *r)
{
	struct black_order o = {.kind = BLACK_SEND, .remote.addr.family = 4};

	put_be32(o.remote.addr.bytes, pick_host(r));
	o.remote.port = reader_be16(r);
	o.length = (uint16_t)fuzz_piece(r, o.data, sizeof(o.data));
	if (reader_u8(r) & 1) {
		o.local.family = 4;
		put_be32(o.local.bytes, pick_host(r));
	}
	rig_order(&rig, &o);
	check_sent();
}

static void crypt_sends(struct reader *r)
{
	uint32_t slot = reader_u8(r) % RIG_PEERS;
	uint16_t length = (uint16_t)(32 + reader_be16(r) % 1400);

	rig_sealed(&rig, 0, slot, length);
	rig_poll(&rig);
	check_sent();
}

static void time_passes(struct reader *r)
{
	rig.now_ns += reader_u8(r) * CLOCK_SECOND / 8;
	rig_poll(&rig);
	check_sent();
}

static void give_back(struct reader *r)
{
	for (unsigned n = reader_u8(r); n > 0 && rig.links[0].full_count > 0; n--)
		if (n % 2) /* some of their peers have moved */
			rig_return_moved(&rig, 0, n / 2);
		else
			rig_return(&rig, 0, USED_DONE);
	rig_poll(&rig);
}

static void (*const steps[])(struct reader *r) = {raw_frame, any_datagram, handshake, data, arp, echo,
	endpoint, control_sends, crypt_sends, time_passes, give_back};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct reader r;

	if (!rig.black)
		rig_open(&rig);
	reader_init(&r, bytes, size);
	for (unsigned i = 0; i < STEPS_MAX && r.left > 0; i++)
		steps[reader_u8(&r) % (sizeof(steps) / sizeof(steps[0]))](&r);
	rig_check_whole(&rig);
	for (uint32_t slot = 0; slot < RIG_PEERS; slot++) {
		struct black_order none = {.kind = BLACK_NO_ENDPOINT, .slot = slot};
		rig_order(&rig, &none);
	}
	return 0;
}
