/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The black port: a program of frames, orders and packets to send, through the whole domain. Each
 * step is a byte that says what, then its fields. Handshake messages may get a right mac1, and mac2
 * with the cookie that came last, headers right checksums, so that none of them stops a frame; and
 * control may be busy, so that load begins. Every frame is counted once, what leaves is sound, what
 * control gets has the proofs that it must have, and no buffer is lost.
 */
#include <string.h>

#include "black/rig.h"
#include "crypto/blake2s.h"
#include "fuzz.h"
#include "net/checksum.h"
#include "net/ethernet.h"
#include "net/udp.h"
#include "util/bytes.h"
#include "wg/cookie.h"
#include "wg/jar.h"
#include "wg/messages.h"

#define FRAME_MAX   1514
#define STEPS_MAX   64
#define PAYLOAD_MAX (FRAME_MAX - ETHERNET_HEADER_LEN - IPV6_HEADER_LEN - UDP_HEADER_LEN)
#define WITH_COOKIE 0x80 /* mac2 by it */
#define WRONG_MAC1  0x40 /* and by it, too */

static struct rig rig;
static const uint32_t hosts[] = {PEER, GATEWAY, FAR, OURS, SECOND, 0xc0a80115, 0xc0a801ff, 0xffffffff};
static const char *const hosts6[] = {"2001:db8::20", "2001:db8::1", "2001:db8:9::9", "2001:db8::10",
	"2001:db8:1::10", "fe80::ff:fe00:2", "ff02::1", "::"};

static struct cookie_checker checker; /* mac1 once more */
static struct jar jar;                /* of one who asks, and is told */
static struct endpoint asker;         /* where it asked from */
static struct cookie {
	uint8_t bytes[COOKIE_LEN];
	struct endpoint owner;
} cookies[STEPS_MAX];                 /* that it got */
static unsigned cookie_count;
static unsigned busy;                 /* frames for which control reads no reports */

static uint32_t pick_host(struct reader *r)
{
	uint8_t which = reader_u8(r);

	return which < 8 ? hosts[which] : reader_be32(r);
}

static const char *pick_host6(struct reader *r)
{
	return hosts6[reader_u8(r) % 8];
}

/* ---- what is received is counted once ---- */

static uint64_t outcomes(void)
{
	return rig.stats.rx_handshake + rig.stats.rx_data + rig.stats.rx_arp + rig.stats.rx_nd +
	       rig.stats.rx_icmp_echo + rig_drops(&rig) - rig.stats.drop_no_endpoint -
	       rig.stats.drop_no_route - rig.stats.drop_neighbour - rig.stats.drop_tx_full -
	       rig.stats.drop_handle - rig.stats.drop_no_buffer;
}

static void check_report(const struct black_report *report)
{
	require(report->length == 148 || report->length == 92 || report->length == 64,
		"a message of a right size");
	require(report->data[0] >= 1 && report->data[0] <= 3 && report->data[1] == 0,
		"a handshake message");
	require(report->remote.addr.family == 4 || report->remote.addr.family == 6,
		"a remote address");
	require(report->local.family == report->remote.addr.family, "of one family");
	require(report->data[0] == MESSAGE_COOKIE ||
			cookie_check_mac1(&checker, report->data, report->length),
		"a right mac1 (A16)");
}

/* A18: a cookie is worth something for the address and port that it was sent to. */
static void check_proven(const struct black_report *report)
{
	const uint8_t *end = report->data + report->length - 16;
	uint8_t mac2[16];

	require(report->data[0] != MESSAGE_COOKIE, "a cookie reply proves nothing");
	for (unsigned i = 0; i < cookie_count; i++) {
		blake2s(mac2, 16, report->data, report->length - 16u, cookies[i].bytes, COOKIE_LEN);
		if (memcmp(mac2, end, 16) == 0 && endpoint_equal(&report->remote, &cookies[i].owner))
			return;
	}
	require(false, "a right mac2, from where its cookie was sent (A17)");
}

static void take_reports(void)
{
	struct black_report report;

	while (ring_receive(&rig.reports, &report, 1) == 1)
		check_report(&report);
	while (ring_receive(&rig.proven, &report, 1) == 1) {
		check_report(&report);
		check_proven(&report);
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

static void check_sent4(const uint8_t *f, size_t length)
{
	require(checksum_of(f + 14, 20) == 0, "its header's checksum holds");
	require(get_be16(f + 16) + 14u == length, "its length is the frame's");
	require(get_be32(f + 26) == OURS || get_be32(f + 26) == SECOND, "our address");
}

static bool is_ours6(const uint8_t address[static 16])
{
	static const char *const ours[] = {"2001:db8::10", "2001:db8:1::10", "fe80::ff:fe00:1"};
	uint8_t own[16];

	for (unsigned i = 0; i < 3; i++) {
		wire_address6(own, ours[i]);
		if (memcmp(own, address, 16) == 0)
			return true;
	}
	return false;
}

static void check_sent6(const uint8_t *f, size_t length)
{
	require(f[14] >> 4 == 6 && get_be16(f + 18) + 54u == length, "its length is the frame's");
	require(is_ours6(f + 22), "our address");
}

/* The one who asks takes its cookie; any other reply does not open. */
static void take_cookie(const uint8_t *udp, size_t length)
{
	struct message_cookie reply;

	if (length != UDP_HEADER_LEN + sizeof(reply) || udp[UDP_HEADER_LEN] != MESSAGE_COOKIE)
		return;
	memcpy(&reply, udp + UDP_HEADER_LEN, sizeof(reply));
	if (jar_consume(&jar, &reply, rig.public_key, rig.now_ns) != 0)
		return;
	require(cookie_count < STEPS_MAX, "one reply for a message");
	memcpy(cookies[cookie_count].bytes, jar.cookie, COOKIE_LEN);
	cookies[cookie_count++].owner = asker;
}

static void check_sent(void)
{
	size_t length;

	while ((length = rig_sent(&rig)) > 0) {
		const uint8_t *f = rig.frame;
		uint16_t type = get_be16(f + 12);
		require(length >= 42 && length <= FRAME_MAX, "a frame of a possible length");
		require(mac_equal(f + 6, wire_ours), "it comes from us");
		if (type == ETHERNET_TYPE_IPV4) {
			check_sent4(f, length);
			take_cookie(f + 34, length - 34);
		} else if (type == ETHERNET_TYPE_IPV6) {
			check_sent6(f, length);
			take_cookie(f + 54, length - 54);
		}
	}
}

static void arrive(const uint8_t *frame, size_t length)
{
	uint64_t before = outcomes();
	uint64_t taken = rig.stats.rx_handshake + rig.stats.rx_data + rig.stats.rx_icmp_echo;
	uint64_t replies = rig.stats.tx_cookie;

	rig_arrive(&rig, frame, length);
	require(outcomes() == before + 1, "every frame has one outcome");
	require(rig.stats.tx_cookie <= replies + 1, "and draws one cookie reply at most");
	require((length >= 6 && mac_equal(frame, wire_ours)) ||
			taken == rig.stats.rx_handshake + rig.stats.rx_data +
				rig.stats.rx_icmp_echo,
		"no IP packet is taken that was not sent to us alone");
	if (busy > 0)
		busy--;
	else
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

/*
 * In UDP and IPv4, bent, and the header checksum put right again if so wanted; or in IPv6. Where it
 * comes from is noted in asker.
 */
static void datagram(struct reader *r, const uint8_t *payload, size_t length)
{
	static uint8_t frame[WIRE_FRAME_MAX];
	uint8_t which = reader_u8(r);
	uint32_t from = which < 8 ? hosts[which] : reader_be32(r);
	uint16_t from_port = reader_be16(r);
	uint8_t how = reader_u8(r);
	uint16_t port = how & 2 ? reader_be16(r) : LISTEN;
	bool six = how & 8;

	if (six) {
		length = wire_udp6(frame, hosts6[which % 8], from_port, hosts6[how & 1 ? 4 : 3], port,
			payload, length);
	} else {
		length = wire_udp(frame, from, from_port, how & 1 ? SECOND : OURS, port, payload,
			length);
	}
	if (fuzz_bend(r, frame, length) && how & 4 && !six)
		wire_repair(frame);
	memset(&asker, 0, sizeof(asker));
	asker.addr.family = six ? 6 : 4;
	memcpy(asker.addr.bytes, frame + (six ? 22 : 26), six ? 16 : 4);
	asker.port = get_be16(frame + (six ? 54 : 34));
	arrive(frame, length);
}

static void any_datagram(struct reader *r)
{
	static uint8_t payload[PAYLOAD_MAX];
	size_t length = fuzz_piece(r, payload, sizeof(payload));

	datagram(r, payload, length);
}

/* mac2 covers mac1: one who has a cookie can make it right although mac1 is wrong. */
static void add_macs(uint8_t *message, size_t length, bool wrong)
{
	jar_add_macs(&jar, message, length, rig.public_key, rig.now_ns);
	if (!wrong || !jar.has_cookie)
		return;
	message[length - 32] ^= 1;
	blake2s(message + length - 16, 16, message, length - 16, jar.cookie, COOKIE_LEN);
}

/* A handshake message of the right size, its mac1 right at first, and mac2 of the cookie that came. */
static void handshake(struct reader *r)
{
	static const uint16_t sizes[] = {0, 148, 92, 64};
	uint8_t message[148] = {0};
	uint8_t how = reader_u8(r);
	unsigned kind = 1 + (how & ~(WITH_COOKIE | WRONG_MAC1)) % 3;

	fuzz_piece(r, message, sizes[kind]);
	put_le32(message, kind);
	if (kind != MESSAGE_COOKIE && how & WITH_COOKIE)
		add_macs(message, sizes[kind], how & WRONG_MAC1);
	else if (kind != MESSAGE_COOKIE)
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

/* Whole, or a piece of the input behind an IPv6 header: extension headers, anything in ICMPv6. */
static void packet6(struct reader *r)
{
	static uint8_t frame[WIRE_FRAME_MAX], piece[PAYLOAD_MAX];
	uint8_t how = reader_u8(r);
	const char *from = pick_host6(r), *to = pick_host6(r);
	size_t length;

	if (how & 1) {
		length = wire_echo6(frame, from, to, reader_be16(r) % 1400);
	} else {
		uint8_t protocol = how & 2 ? IP_PROTOCOL_ICMP6 : reader_u8(r);
		size_t size = fuzz_piece(r, piece, sizeof(piece));
		length = wire_ipv6(frame, from, to, protocol, size);
		memcpy(frame + ETHERNET_HEADER_LEN + IPV6_HEADER_LEN, piece, size);
	}
	fuzz_bend(r, frame, length);
	if (how & 4 && length >= 58)
		wire_repair6(frame, length);
	arrive(frame, length);
}

static void neighbour6(struct reader *r)
{
	uint8_t frame[128];
	uint8_t how = reader_u8(r);
	const char *from = pick_host6(r), *to = pick_host6(r);
	size_t length = how & 1 ? wire_ask6(frame, from, to) : wire_answer6(frame, from, to);

	if (fuzz_bend(r, frame, length) && how & 2)
		wire_repair6(frame, length);
	arrive(frame, length);
}

static void endpoint6(struct reader *r)
{
	struct black_order o = {.kind = BLACK_ENDPOINT, .slot = reader_u8(r) % RIG_PEERS,
		.remote.addr.family = 6};

	wire_address6(o.remote.addr.bytes, pick_host6(r));
	o.remote.port = reader_be16(r);
	if (reader_u8(r) & 1) {
		o.local.family = 6;
		wire_address6(o.local.bytes, pick_host6(r));
	}
	rig_order(&rig, &o);
	check_sent();
}

static void control_is_busy(struct reader *r)
{
	busy = reader_u8(r);
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
	endpoint, control_sends, crypt_sends, time_passes, give_back, packet6, neighbour6, endpoint6,
	control_is_busy};

static void open_rig(void)
{
	static const struct rig_options options = {.links = 1, .mtu = 1500, .buffers = RIG_BUFFERS,
		.reports = 64, .handles = 1024, .limits = {40, 8, 10}, .ipv6 = true};

	rig_open_with(&rig, &options);
	cookie_checker_init(&checker, rig.public_key);
}

static void begin(void)
{
	if (!rig.black)
		open_rig();
	memset(&jar, 0, sizeof(jar));
	cookie_count = 0;
	busy = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct reader r;

	begin();
	reader_init(&r, bytes, size);
	for (unsigned i = 0; i < STEPS_MAX && r.left > 0; i++)
		steps[reader_u8(&r) % (sizeof(steps) / sizeof(steps[0]))](&r);
	take_reports();
	rig_check_whole(&rig);
	for (uint32_t slot = 0; slot < RIG_PEERS; slot++) {
		struct black_order none = {.kind = BLACK_NO_ENDPOINT, .slot = slot};
		rig_order(&rig, &none);
	}
	return 0;
}
