/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors to the hosts of the site. */
#include <string.h>

#include "net/checksum.h"
#include "net/ethernet.h"
#include "rig.h"
#include "suites.h"
#include "util/bytes.h"

static struct rig rig;
static uint8_t frame[WIRE_FRAME_MAX];

/* The frame that was sent is that error about `frame`, whose TTL may have gone down since. */
static void check_error4(uint8_t type, uint8_t code, uint16_t mtu, size_t about)
{
	size_t n = rig_sent(&rig);
	const uint8_t *ip = rig.frame + 14;
	size_t quoted = about - 14 < 548 ? about - 14 : 548;

	CU_ASSERT_EQUAL_FATAL(n, 14 + 28 + quoted);
	CU_ASSERT(mac_equal(rig.frame, wire_peer) && mac_equal(rig.frame + 6, wire_ours));
	CU_ASSERT_EQUAL(get_be16(rig.frame + 12), ETHERNET_TYPE_IPV4);
	CU_ASSERT_EQUAL(checksum_of(ip, 20), 0);
	CU_ASSERT_EQUAL(get_be16(ip + 2), n - 14);
	CU_ASSERT_EQUAL(ip[9], IP_PROTOCOL_ICMP);
	CU_ASSERT_EQUAL(get_be32(ip + 12), OURS);
	CU_ASSERT_EQUAL(get_be32(ip + 16), HOST);
	CU_ASSERT_EQUAL(ip[20], type);
	CU_ASSERT_EQUAL(ip[21], code);
	CU_ASSERT_EQUAL(get_be16(ip + 26), mtu);
	CU_ASSERT_EQUAL(checksum_of(ip + 20, n - 34), 0);
	CU_ASSERT_EQUAL(checksum_of(ip + 28, 20), 0);
	CU_ASSERT_EQUAL(memcmp(ip + 28, frame + 14, 8), 0);
	CU_ASSERT_EQUAL(memcmp(ip + 28 + 12, frame + 26, quoted - 12), 0);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
}

static void too_big(void)
{
	rig_open(&rig);
	size_t n = rig_frame(frame, REMOTE, RIG_MTU - 27, IPV4_DONT_FRAGMENT, 64);
	rig_arrive(&rig, frame, n);
	check_error4(3, 4, RIG_MTU, n);
	CU_ASSERT_EQUAL(rig.stats.tx_icmp_too_big, 1);
	CU_ASSERT_EQUAL(rig.stats.drop_too_big, 1);
	CU_ASSERT_EQUAL(rig.links[0].full_count, 0);
	rig_close(&rig);
}

static void ttl(void)
{
	rig_open(&rig);
	for (uint8_t t = 0; t <= 1; t++) {
		size_t n = rig_frame(frame, REMOTE, 100, 0, t);
		rig_arrive(&rig, frame, n);
		check_error4(11, 0, 0, n);
	}
	rig_arrive(&rig, frame, rig_frame(frame, REMOTE, 100, 0, 2));
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	CU_ASSERT_EQUAL(rig.links[0].full_count, 1);
	CU_ASSERT_EQUAL(rig.stats.tx_icmp_ttl, 2);
	rig_close(&rig);
}

static void refused(void)
{
	rig_open(&rig);
	size_t n = rig_frame(frame, NOWHERE, 1400, 0, 64);
	rig_arrive(&rig, frame, n);
	check_error4(3, 13, 0, n);
	CU_ASSERT_EQUAL(rig.stats.tx_icmp_unreachable, 1);
	rig_close(&rig);
}

static void no_peer(void)
{
	rig_open(&rig);
	size_t n = rig_frame(frame, REMOTE, 300, IPV4_DONT_FRAGMENT, 64);
	rig_arrive(&rig, frame, n);
	rig_return(&rig, 0, USED_NO_PEER);
	check_error4(3, 1, 0, n);
	CU_ASSERT_EQUAL(rig.stats.drop_no_peer, 1);
	rig_arrive(&rig, frame, n);
	rig_return(&rig, 0, USED_NO_ENDPOINT);
	check_error4(3, 1, 0, n);
	CU_ASSERT_EQUAL(rig.stats.drop_no_endpoint, 1);
	CU_ASSERT_EQUAL(rig.stats.tx_icmp_unreachable, 2);
	rig_arrive(&rig, frame, n); /* and none when all went well */
	rig_return(&rig, 0, USED_DONE);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	rig_close(&rig);
}

/* One error about a packet that was cut, not one for every piece. */
static void no_peer_for_fragments(void)
{
	rig_open(&rig);
	rig_arrive(&rig, frame, rig_frame(frame, REMOTE, 1472, 0, 64));
	CU_ASSERT_EQUAL_FATAL(rig.links[0].full_count, 2);
	rig_return(&rig, 0, USED_NO_PEER);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	rig_return(&rig, 0, USED_NO_PEER);
	CU_ASSERT_EQUAL(rig_sent(&rig), 14 + 576);
	CU_ASSERT_EQUAL(rig.frame[34], 3);
	CU_ASSERT_EQUAL(checksum_of(rig.frame + 34, 556), 0);
	CU_ASSERT_EQUAL(rig.stats.drop_no_peer, 2);
	rig_close(&rig);
}

static void check_error6(uint8_t type, uint8_t code, uint32_t value)
{
	size_t n = rig_sent(&rig);
	const uint8_t *ip = rig.frame + 14;

	CU_ASSERT_FATAL(n > 62);
	CU_ASSERT(mac_equal(rig.frame, wire_peer));
	CU_ASSERT_EQUAL(get_be16(rig.frame + 12), ETHERNET_TYPE_IPV6);
	CU_ASSERT_EQUAL(get_be16(ip + 4), n - 54);
	CU_ASSERT_EQUAL(ip[6], IP_PROTOCOL_ICMP6);
	CU_ASSERT_EQUAL(ip[8 + 15], 0xfe);
	CU_ASSERT_EQUAL(memcmp(ip + 24, frame + 22, 16), 0);
	CU_ASSERT_EQUAL(ip[40], type);
	CU_ASSERT_EQUAL(ip[41], code);
	CU_ASSERT_EQUAL(get_be32(ip + 44), value);
	uint64_t sum = checksum_add_pseudo6(0, ip, IP_PROTOCOL_ICMP6, (uint32_t)(n - 54));
	CU_ASSERT_EQUAL(checksum_fold(checksum_add(sum, ip + 40, n - 54)), 0);
}

static void ipv6(void)
{
	rig_open(&rig);
	rig_arrive(&rig, frame, wire_ipv6(frame, HOST6, REMOTE6, 17, RIG_MTU - 39));
	check_error6(2, 0, RIG_MTU);
	size_t n = wire_ipv6(frame, HOST6, REMOTE6, 17, 100);
	frame[21] = 1;
	rig_arrive(&rig, frame, n);
	check_error6(3, 0, 0);
	rig_arrive(&rig, frame, wire_ipv6(frame, HOST6, "2001:db8::1", 17, 100));
	check_error6(1, 1, 0);
	rig_arrive(&rig, frame, wire_ipv6(frame, HOST6, REMOTE6, 17, 100));
	rig_return(&rig, 0, USED_NO_PEER);
	check_error6(1, 3, 0);
	rig_close(&rig);
}

/* Too narrow for IPv6, but configured so. */
static void ipv6_narrow(void)
{
	static const struct rig_options narrow = {.links = 1, .mtu = 700, .tunnel_mtu = 600,
		.buffers = RIG_BUFFERS, .handles = 1024};

	rig_open_with(&rig, &narrow);
	rig_arrive(&rig, frame, wire_ipv6(frame, HOST6, REMOTE6, 17, 700 - 40));
	check_error6(2, 0, 600);
	CU_ASSERT_EQUAL(get_be16(rig.frame + 14 + 4), 700 - 40); /* no longer than the port takes */
	rig_close(&rig);
}

static void never_about(void)
{
	struct ipv4_fields icmp = {
		.ttl = 64, .protocol = IP_PROTOCOL_ICMP, .source = HOST, .destination = NOWHERE};
	static const uint8_t error[8] = {3, 1};

	rig_open(&rig);
	rig_arrive(&rig, frame, wire_ipv4(frame, &icmp, error, sizeof(error)));
	rig_arrive(&rig, frame, rig_frame(frame, NOWHERE, 64, 100, 64)); /* a later fragment */
	CU_ASSERT_EQUAL(rig.stats.drop_refused, 2);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	CU_ASSERT_EQUAL(rig.stats.tx_icmp_unreachable, 0);
	rig_close(&rig);
}

static void not_too_often(void)
{
	rig_open(&rig);
	size_t n = rig_frame(frame, NOWHERE, 64, 0, 64);
	for (unsigned i = 0; i < 1000; i++)
		rig_arrive(&rig, frame, n);
	CU_ASSERT_EQUAL(rig.stats.drop_refused, 1000);
	CU_ASSERT_EQUAL(rig.stats.tx_icmp_unreachable, 50);
	CU_ASSERT_EQUAL(wire_pop_all(&rig.wire), 50);
	for (unsigned i = 0; i < 1000; i++) { /* within a second */
		rig.now_ns += CLOCK_MS;
		rig_arrive(&rig, frame, n);
		wire_pop_all(&rig.wire);
	}
	CU_ASSERT_EQUAL(rig.stats.tx_icmp_unreachable, 150);
	rig_close(&rig);
}

/* One host, too, cannot keep others from learning the size. */
static void too_big_for_each(void)
{
	rig_open(&rig);
	size_t n = rig_frame(frame, NOWHERE, 64, 0, 64);
	for (unsigned i = 0; i < 100; i++)
		rig_arrive(&rig, frame, n);
	wire_pop_all(&rig.wire);
	n = rig_frame(frame, REMOTE, RIG_MTU - 27, IPV4_DONT_FRAGMENT, 64);
	for (unsigned i = 0; i < 100; i++)
		rig_arrive(&rig, frame, n);
	CU_ASSERT_EQUAL(rig.stats.tx_icmp_too_big, 50);
	put_be32(frame + 26, HOST + 1);
	wire_repair(frame);
	rig_arrive(&rig, frame, n);
	CU_ASSERT_EQUAL(rig.stats.tx_icmp_too_big, 51);
	CU_ASSERT_EQUAL(wire_pop_all(&rig.wire), 51);
	rig_close(&rig);
}

static const struct unit_test tests[] = {
	{"A49: fragmentation needed, with the tunnel's MTU", too_big},
	{"time exceeded", ttl},
	{"refused: administratively prohibited", refused},
	{"A45: no peer, or one without endpoint: host unreachable", no_peer},
	{"A45: one error about a packet that was cut", no_peer_for_fragments},
	{"A45, A49: errors in IPv6", ipv6},
	{"A49: an error is no longer than what it goes through takes", ipv6_narrow},
	{"no errors about errors, nor about later fragments", never_about},
	{"a hundred a second at most", not_too_often},
	{"A49: fragmentation needed has a limit for each source", too_big_for_each},
	{NULL, NULL},
};

const struct unit_suite suite_complain = {"complain", tests};
