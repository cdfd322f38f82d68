/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv6 on the site's network: neighbour discovery, and what comes out of the tunnel. */
#include <string.h>

#include "net/checksum.h"
#include "net/ethernet.h"
#include "net/nd.h"
#include "red/state.h"
#include "net/neighbour.h"
#include "rig.h"
#include "suites.h"
#include "util/bytes.h"

static struct rig rig;
static uint8_t frame[WIRE_FRAME_MAX];

static const struct rig_options routed = {.links = 1, .mtu = 1500, .tunnel_mtu = RIG_MTU,
	.buffers = RIG_BUFFERS, .handles = 1024, .gateway = true};

/* A packet of the other site; it lies at frame + 14. */
static void from_tunnel(const char *to, size_t payload)
{
	size_t n = wire_ipv6(frame, REMOTE6, to, 17, payload);

	rig_opened(&rig, 0, frame + 14, n - 14);
}

static enum neighbour_state known(const char *address)
{
	struct ip_addr a = {.family = 6};

	wire_address6(a.bytes, address);
	return neighbour_state_of(rig.red->host.neighbours, &a);
}

static bool is_to(const uint8_t *mac)
{
	return mac_equal(rig.frame, mac) && mac_equal(rig.frame + 6, wire_ours) &&
		get_be16(rig.frame + 12) == ETHERNET_TYPE_IPV6;
}

/* ---- out of the tunnel ---- */

static void delivers(void)
{
	rig_open(&rig);
	from_tunnel(HOST6, 500);
	rig_resolve6(&rig, HOST6);
	for (unsigned i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(rig_sent(&rig), i == 0 ? 554 : 54 + 100 * (i - 1));
		CU_ASSERT(is_to(wire_peer));
		/* the hop was counted where it came in */
		CU_ASSERT_EQUAL(memcmp(rig.frame + 14, frame + 14, 40), 0);
		from_tunnel(HOST6, 100 * i);
	}
	CU_ASSERT_EQUAL(rig.stats.drop_neighbour, 0);
	rig_close(&rig);
}

static void trailing_bytes(void)
{
	rig_open(&rig);
	rig_arrive(&rig, frame, wire_ask6(frame, HOST6, OURS6));
	CU_ASSERT_EQUAL(rig_sent(&rig), ND_FRAME_LEN);
	size_t n = wire_ipv6(frame, REMOTE6, HOST6, 17, 10);
	rig_opened(&rig, 0, frame + 14, n - 14 + 6);
	size_t sent;
	while ((sent = rig_sent(&rig)) == ND_FRAME_LEN)
		; /* is it still there? */
	CU_ASSERT_EQUAL(sent, n);
	rig_close(&rig);
}

static void waits_in_order(void)
{
	rig_open(&rig);
	for (unsigned i = 0; i < NEIGHBOUR_PENDING + 2; i++)
		from_tunnel(HOST6, i);
	CU_ASSERT_EQUAL(rig.stats.drop_neighbour, 2); /* the others wait */
	rig_resolve6(&rig, HOST6);
	for (unsigned i = 0; i < NEIGHBOUR_PENDING; i++)
		CU_ASSERT_EQUAL(rig_sent(&rig), 54 + i);
	from_tunnel("fd00:1::b", 0); /* nobody is there */
	for (unsigned i = 0; i < 4; i++) {
		rig.now_ns += CLOCK_SECOND;
		rig_poll(&rig);
	}
	CU_ASSERT_EQUAL(rig.stats.drop_neighbour, 3);
	CU_ASSERT_EQUAL(wire_pop_all(&rig.wire), 3); /* it was asked for */
	rig_close(&rig);
}

static void asks_rightly(void)
{
	struct ip_packet p;
	struct nd nd;
	uint8_t ours[16], target[16], group[16];

	rig_open(&rig);
	from_tunnel(HOST6, 10);
	CU_ASSERT_EQUAL_FATAL(rig_sent(&rig), ND_FRAME_LEN);
	CU_ASSERT_EQUAL(ipv6_parse(&p, rig.frame + 14, ND_FRAME_LEN - 14), IP_FAULT_NONE);
	CU_ASSERT_EQUAL(nd_parse(&nd, &p), 0);
	wire_address6(ours, OURS6);
	wire_address6(target, HOST6);
	nd_solicited_node(group, target);
	CU_ASSERT_EQUAL(memcmp(nd.source, ours, 16), 0);
	CU_ASSERT_EQUAL(memcmp(nd.target, target, 16), 0);
	CU_ASSERT_EQUAL(memcmp(ipv6_destination(&p), group, 16), 0);
	CU_ASSERT(nd.has_mac && mac_equal(nd.mac, wire_ours));
	CU_ASSERT_EQUAL(memcmp(rig.frame, "\x33\x33\xff\0\0\x0a", 6), 0);
	rig_close(&rig);
}

static void by_gateway(void)
{
	uint8_t answer[ND_FRAME_LEN];

	rig_open_with(&rig, &routed);
	from_tunnel("fd00:1:0:5::1", 100); /* deeper in the site */
	rig_arrive(&rig, answer, wire_answer6(answer, ROUTER6, OURS6));
	CU_ASSERT_EQUAL(rig_sent(&rig), 154);
	CU_ASSERT(is_to(wire_peer));
	rig_close(&rig);
}

static void echo_through_the_tunnel(void)
{
	uint8_t us[16];

	rig_open(&rig);
	size_t n = wire_echo6(frame, REMOTE6, OURS6, 56) - 14;
	rig_opened(&rig, 0, frame + 14, n);
	CU_ASSERT_EQUAL_FATAL(rig.links[0].full_count, 1);
	const struct handle *h = &rig.links[0].full[0];
	const uint8_t *ip = rig_bytes(&rig, h);
	wire_address6(us, OURS6);
	CU_ASSERT_EQUAL(h->length, n);
	CU_ASSERT_EQUAL(memcmp(ip + 8, us, 16), 0);
	CU_ASSERT_EQUAL(ip[40], 129);
	uint64_t sum = checksum_add_pseudo6(0, ip, IP_PROTOCOL_ICMP6, 64);
	CU_ASSERT_EQUAL(checksum_fold(checksum_add(sum, ip + 40, 64)), 0);
	CU_ASSERT_EQUAL(rig.stats.rx_icmp_echo, 1);
	/* nobody is told when the tunnel does not take our own reply */
	rig_return(&rig, 0, USED_NO_ENDPOINT);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	rig_close(&rig);
}

static void drop_opened(const uint64_t *counter, size_t length)
{
	uint64_t before = *counter;

	rig_opened(&rig, 0, frame + 14, length - 14);
	CU_ASSERT_EQUAL(*counter, before + 1);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	CU_ASSERT_EQUAL(rig.links[0].full_count, 0);
}

/* A site with ::/0 among its AllowedIPs must not pass for a router or a neighbour of this one. */
static void nothing_of_the_link(void)
{
	rig_open_with(&rig, &routed);
	drop_opened(&rig.stats.drop_nd_others, wire_answer6(frame, ROUTER6, HOST6));
	drop_opened(&rig.stats.drop_nd_others, wire_ask6(frame, HOST6, OURS6));
	size_t n = wire_ask6(frame, "fe80::1", HOST6);
	frame[54] = 134; /* "I am your router" */
	wire_repair6(frame, n);
	drop_opened(&rig.stats.drop_nd_others, n);
	frame[54] = 137; /* "there is a better way" */
	wire_repair6(frame, n);
	drop_opened(&rig.stats.drop_nd_others, n);
	drop_opened(&rig.stats.drop_ip_source, wire_ipv6(frame, "fe80::1", HOST6, 17, 10));
	drop_opened(&rig.stats.drop_no_route, wire_ipv6(frame, REMOTE6, "fe80::a", 17, 10));
	drop_opened(&rig.stats.drop_no_route, wire_ipv6(frame, REMOTE6, LOCAL6, 17, 10));
	drop_opened(&rig.stats.drop_no_route, wire_ipv6(frame, REMOTE6, "ff02::1", 17, 10));
	drop_opened(&rig.stats.drop_no_route, wire_ipv6(frame, REMOTE6, "::1", 17, 10));
	drop_opened(&rig.stats.drop_ours, wire_ipv6(frame, REMOTE6, OURS6, 17, 10));
	rig_close(&rig);
}

/* Behind an extension header it could be anything: but 255 hops are left on the link alone. */
static void never_255_hops(void)
{
	rig_open(&rig);
	for (unsigned hops = 253; hops < 256; hops++) {
		size_t n = wire_ipv6(frame, REMOTE6, HOST6, 60, 64);
		frame[21] = (uint8_t)hops;
		rig_opened(&rig, 0, frame + 14, n - 14);
		if (hops == 253)
			rig_resolve6(&rig, HOST6);
		CU_ASSERT_EQUAL(rig_sent(&rig), n);
		CU_ASSERT_EQUAL(rig.frame[21], hops == 255 ? 254 : hops);
	}
	rig_close(&rig);
}

/* What the tunnel takes but our port does not: the sender is told, through the tunnel. */
/* Through a tunnel of that MTU the error comes with that length. */
static void too_large_in(uint16_t tunnel_mtu, uint16_t length)
{
	const struct rig_options options = {.links = 1, .mtu = 1500, .tunnel_mtu = tunnel_mtu,
		.buffers = RIG_BUFFERS, .handles = 1024};
	uint16_t message = (uint16_t)(length - 40);
	uint8_t us[16], them[16];

	rig_open_with(&rig, &options);
	size_t n = wire_ipv6(frame, REMOTE6, HOST6, 17, 1461);
	rig_opened(&rig, 0, frame + 14, n - 14);
	CU_ASSERT_EQUAL(rig.stats.drop_too_big, 1);
	CU_ASSERT_EQUAL(rig.stats.tx_icmp_too_big, 1);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	CU_ASSERT_EQUAL_FATAL(rig.links[0].full_count, 1);
	const struct handle *h = &rig.links[0].full[0];
	const uint8_t *ip = rig_bytes(&rig, h);
	wire_address6(us, OURS6);
	wire_address6(them, REMOTE6);
	CU_ASSERT_EQUAL(h->length, length);
	CU_ASSERT_EQUAL(get_be16(ip + 4), message);
	CU_ASSERT_EQUAL(memcmp(ip + 8, us, 16), 0);
	CU_ASSERT_EQUAL(memcmp(ip + 24, them, 16), 0);
	CU_ASSERT_EQUAL(ip[40], 2);
	CU_ASSERT_EQUAL(get_be32(ip + 44), 1500);
	CU_ASSERT_EQUAL(memcmp(ip + 48, frame + 14, length - 48), 0);
	uint64_t sum = checksum_add_pseudo6(0, ip, IP_PROTOCOL_ICMP6, message);
	CU_ASSERT_EQUAL(checksum_fold(checksum_add(sum, ip + 40, message)), 0);
	rig_close(&rig);
}

static void too_large(void)
{
	too_large_in(RIG_MTU, 1280);
	too_large_in(1000, 1000);
}

/* ---- neighbour discovery ---- */

static void answers(void)
{
	struct ip_packet p;
	struct nd nd;

	rig_open(&rig);
	const char *const ours[] = {OURS6, LOCAL6};
	for (unsigned i = 0; i < 2; i++) {
		rig_arrive(&rig, frame, wire_ask6(frame, i ? "fe80::a" : HOST6, ours[i]));
		CU_ASSERT_EQUAL_FATAL(rig_sent(&rig), ND_FRAME_LEN);
		CU_ASSERT(is_to(wire_peer));
		CU_ASSERT_EQUAL(ipv6_parse(&p, rig.frame + 14, ND_FRAME_LEN - 14), IP_FAULT_NONE);
		CU_ASSERT_EQUAL(nd_parse(&nd, &p), 0);
		CU_ASSERT(nd.kind == ND_ADVERTISEMENT && nd.solicited && nd.override);
		CU_ASSERT(rig.frame[58] & 0x80); /* a router's */
		CU_ASSERT(nd.has_mac && mac_equal(nd.mac, wire_ours));
		CU_ASSERT_EQUAL(memcmp(nd.target, frame + 62, 16), 0);
	}
	CU_ASSERT_EQUAL(known(HOST6), NEIGHBOUR_IS_STALE);
	CU_ASSERT_EQUAL(known("fe80::a"), NEIGHBOUR_IS_STALE);
	CU_ASSERT_EQUAL(rig.stats.rx_nd, 2);
	/* a stranger is answered, and leaves no entry */
	rig_arrive(&rig, frame, wire_ask6(frame, "2001:db8::7", OURS6));
	CU_ASSERT_EQUAL(rig_sent(&rig), ND_FRAME_LEN);
	CU_ASSERT_EQUAL(known("2001:db8::7"), NEIGHBOUR_IS_FREE);
	rig_close(&rig);
}

/* Without its link address (RFC 4861 allows that): back the way it came. */
static void answers_without_option(void)
{
	rig_open(&rig);
	size_t n = wire_ask6(frame, HOST6, OURS6) - 8;
	put_be16(frame + 18, 24);
	wire_repair6(frame, n);
	rig_arrive(&rig, frame, n);
	CU_ASSERT_EQUAL(rig_sent(&rig), ND_FRAME_LEN);
	CU_ASSERT(is_to(wire_peer));
	CU_ASSERT_EQUAL(known(HOST6), NEIGHBOUR_IS_FREE);
	rig_close(&rig);
}

/* Somebody wants one of our addresses: all are told that it is taken. */
static void defends_addresses(void)
{
	rig_open(&rig);
	size_t n = wire_ask6(frame, "::", OURS6) - 8;
	put_be16(frame + 18, 24);
	wire_repair6(frame, n);
	rig_arrive(&rig, frame, n);
	CU_ASSERT_EQUAL_FATAL(rig_sent(&rig), ND_FRAME_LEN);
	CU_ASSERT(is_to((const uint8_t[6]){0x33, 0x33, 0, 0, 0, 1}));
	CU_ASSERT_EQUAL(rig.frame[58], 0xa0); /* router, override */
	CU_ASSERT_EQUAL(known("::"), NEIGHBOUR_IS_FREE);
	CU_ASSERT_EQUAL(rig.stats.rx_nd, 1);
	rig_close(&rig);
}

static void expect(const uint64_t *counter, size_t length)
{
	uint64_t before = *counter;

	rig_arrive(&rig, frame, length);
	CU_ASSERT_EQUAL(*counter, before + 1);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	CU_ASSERT_EQUAL(rig.links[0].full_count, 0);
}

static void of_others(void)
{
	rig_open(&rig);
	expect(&rig.stats.drop_nd_others, wire_ask6(frame, HOST6, "fd00:1::b"));
	expect(&rig.stats.drop_nd_others, wire_ask6(frame, HOST6, REMOTE6)); /* no proxy */
	expect(&rig.stats.drop_nd_others, wire_ask6(frame, OURS6, OURS6));
	expect(&rig.stats.drop_nd_others, wire_ask6(frame, LOCAL6, OURS6));
	expect(&rig.stats.drop_nd_others, wire_answer6(frame, HOST6, OURS6)); /* nobody asked */
	expect(&rig.stats.drop_nd_others, wire_answer6(frame, OURS6, HOST6)); /* our address! */
	CU_ASSERT_EQUAL(known(OURS6), NEIGHBOUR_IS_FREE);
	for (unsigned type = 133; type < 138; type++) {
		if (type == 135 || type == 136)
			continue;
		size_t n = wire_ask6(frame, "fe80::1", OURS6);
		frame[54] = (uint8_t)type;
		wire_repair6(frame, n);
		expect(&rig.stats.drop_nd_others, n);
	}
	rig_close(&rig);
}

/* Also to a remote address, as if it were to be forwarded: never into the tunnel (C33). */
static void malformed(void)
{
	uint8_t remote[16];

	rig_open(&rig);
	wire_address6(remote, REMOTE6);
	for (unsigned i = 0; i < 6; i++) {
		size_t n = wire_ask6(frame, HOST6, OURS6);
		if (i >= 3)
			memcpy(frame + 38, remote, 16);
		if (i % 3 == 0)
			frame[21] = 64;
		else if (i % 3 == 1)
			frame[55] = 1;
		else
			frame[79] = 0; /* an option without length */
		wire_repair6(frame, n);
		expect(&rig.stats.drop_nd_malformed, n);
	}
	size_t n = wire_ask6(frame, HOST6, OURS6);
	memcpy(frame + 38, remote, 16); /* a good one goes no further either */
	wire_repair6(frame, n);
	rig_arrive(&rig, frame, n);
	CU_ASSERT_EQUAL(rig.links[0].full_count, 0);
	rig_close(&rig);
}

/* What a neighbour said once is not replaced by what nobody asked for. */
static void no_poison(void)
{
	static const uint8_t moved[6] = {0x02, 0, 0, 0, 0, 9};

	rig_open(&rig);
	from_tunnel(HOST6, 0);
	rig_resolve6(&rig, HOST6);
	CU_ASSERT_EQUAL(rig_sent(&rig), 54);
	for (unsigned flags = 0; flags < 8; flags++) {
		size_t n = wire_answer6(frame, HOST6, OURS6);
		frame[58] = (uint8_t)(flags << 5);
		memcpy(frame + 80, moved, 6);
		wire_repair6(frame, n);
		rig_arrive(&rig, frame, n);
		/* we ask, and it answers as before */
		rig_resolve6(&rig, HOST6);
		from_tunnel(HOST6, 0);
		CU_ASSERT_EQUAL(rig_sent(&rig), 54);
		CU_ASSERT(is_to(wire_peer));
	}
	rig_close(&rig);
}

static void flood(void)
{
	rig_open(&rig);
	from_tunnel(HOST6, 0);
	rig_resolve6(&rig, HOST6);
	CU_ASSERT_EQUAL(rig_sent(&rig), 54);
	for (uint32_t i = 0; i < 20000; i++) { /* a whole /64 claims to be there */
		wire_ask6(frame, "fd00:1::1000", OURS6);
		put_be32(frame + 34, 0x10000 + i);
		wire_repair6(frame, ND_FRAME_LEN);
		rig_arrive(&rig, frame, ND_FRAME_LEN);
		CU_ASSERT_EQUAL(wire_pop_all(&rig.wire), 1);
	}
	from_tunnel(HOST6, 0);
	CU_ASSERT_EQUAL(rig_sent(&rig), 54); /* the host is still known */
	for (uint32_t i = 0; i < 20000; i++) { /* the other site looks for hosts that are not */
		size_t n = wire_ipv6(frame, REMOTE6, "fd00:1::2000", 17, 0);
		put_be32(frame + 50, 0x10000000 + i);
		rig_opened(&rig, 0, frame + 14, n - 14);
		CU_ASSERT(wire_pop_all(&rig.wire) <= 1);
	}
	CU_ASSERT(rig.stats.drop_neighbour > 19000);
	from_tunnel(HOST6, 0);
	CU_ASSERT_EQUAL(rig_sent(&rig), 54);
	rig_close(&rig);
}

/* ---- our own addresses ---- */

static void serves(void)
{
	static const char *const pairs[][2] = {{HOST6, OURS6}, {"fe80::a", LOCAL6},
		{"fe80::a", OURS6}, {HOST6, LOCAL6}};

	rig_open(&rig);
	for (unsigned i = 0; i < 4; i++) {
		uint8_t from[16], to[16];
		size_t n = wire_echo6(frame, pairs[i][0], pairs[i][1], 56);
		rig_arrive(&rig, frame, n);
		CU_ASSERT_EQUAL_FATAL(rig_sent(&rig), n);
		wire_address6(from, pairs[i][0]);
		wire_address6(to, pairs[i][1]);
		CU_ASSERT(is_to(wire_peer));
		CU_ASSERT_EQUAL(rig.frame[54], 129);
		CU_ASSERT_EQUAL(memcmp(rig.frame + 22, to, 16), 0);
		CU_ASSERT_EQUAL(memcmp(rig.frame + 38, from, 16), 0);
	}
	CU_ASSERT_EQUAL(rig.stats.rx_icmp_echo, 4);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	expect(&rig.stats.drop_ours, wire_ipv6(frame, HOST6, LOCAL6, 17, 10));
	rig_close(&rig);
}

static void tells_groups(void)
{
	rig_open(&rig);
	for (unsigned i = 0; i < 29; i++) {
		rig.now_ns += CLOCK_SECOND;
		rig_poll(&rig);
		CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	}
	rig.now_ns += CLOCK_SECOND;
	rig_poll(&rig);
	CU_ASSERT_EQUAL(rig_report(&rig), 14 + 40 + 8 + 8 + 2 * 20);
	CU_ASSERT_EQUAL(memcmp(rig.frame + 22, "\xfe\x80\0\0\0\0\0\0\0\0\0\xff\xfe\0\0\1", 16), 0);
	CU_ASSERT_EQUAL(memcmp(rig.frame + 74, "\xff\2\0\0\0\0\0\0\0\0\0\1\xff\0\0\xfe", 16), 0);
	CU_ASSERT_EQUAL(memcmp(rig.frame + 94, "\xff\2\0\0\0\0\0\0\0\0\0\1\xff\0\0\1", 16), 0);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	rig_close(&rig);
}

static const struct unit_test tests[] = {
	{"packets for hosts of the site, unchanged", delivers},
	{"C20: no byte more than the IP length", trailing_bytes},
	{"A50: what waits for a neighbour keeps its order", waits_in_order},
	{"a neighbour is asked for in its group", asks_rightly},
	{"by the site's gateway", by_gateway},
	{"our red address answers through the tunnel", echo_through_the_tunnel},
	{"C33: nothing of the link comes out of the tunnel", nothing_of_the_link},
	{"C33: nor what hides behind an extension header", never_255_hops},
	{"drop_too_big: longer than the port takes", too_large},
	{"solicitations are answered and remembered", answers},
	{"solicitations without a link address", answers_without_option},
	{"who tests one of our addresses is told", defends_addresses},
	{"drop_nd_others", of_others},
	{"C33: drop_nd_malformed", malformed},
	{"a neighbour's link address is not replaced unasked", no_poison},
	{"a flood of neighbours drives none out", flood},
	{"echo requests to all of our addresses", serves},
	{"the groups that we listen to are told twice a minute", tells_groups},
	{NULL, NULL},
};

const struct unit_suite suite_ipv6 = {"ipv6", tests};
