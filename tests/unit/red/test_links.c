/* SPDX-License-Identifier: BSD-3-Clause */
/* Several crypt threads, as red sees them: which one packets are lent to. */
#include <string.h>

#include "eal.h"
#include "net/ethernet.h"
#include "red/links.h"
#include "red/state.h"
#include "rig.h"
#include "suites.h"
#include "util/bytes.h"

static struct rig rig;
static uint8_t frame[WIRE_FRAME_MAX];

static void open_rig(void)
{
	static const struct rig_options options = {.links = 2, .mtu = 1500, .tunnel_mtu = RIG_MTU,
		.buffers = RIG_BUFFERS, .handles = 1024};

	rig_open_with(&rig, &options);
}

static void order(uint8_t kind, const char *prefix, uint8_t link)
{
	struct red_order o = {.kind = kind, .link = link};

	CU_ASSERT_EQUAL_FATAL(prefix_parse(&o.prefix, prefix), 0);
	CU_ASSERT_EQUAL_FATAL(ring_send(&rig.orders, &o, 1), 1);
	rig_poll(&rig);
}

/* The link that `frame` is lent to; it is given back. */
static int link_of_frame(uint32_t length)
{
	rig_arrive(&rig, frame, length);
	for (unsigned link = 0; link < 2; link++) {
		if (rig.links[link].full_count == 0)
			continue;
		rig_return(&rig, link, USED_DONE);
		return (int)link;
	}
	return -1;
}

static int link_of(uint32_t address)
{
	return link_of_frame(rig_frame(frame, address, 64, 0, 64));
}

static int link_of6(const char *address)
{
	return link_of_frame(wire_ipv6(frame, HOST6, address, 17, 100));
}

static void by_prefix(void)
{
	open_rig();
	CU_ASSERT_EQUAL(link_of(REMOTE), 0);
	CU_ASSERT_EQUAL(link_of6(REMOTE6), 0);
	order(RED_TUNNEL_LINK, "10.0.2.0/24", 1);
	order(RED_TUNNEL_LINK, "fd00:2::/64", 1);
	CU_ASSERT_EQUAL(link_of(REMOTE), 1);
	CU_ASSERT_EQUAL(link_of(REMOTE), 1); /* remembered */
	CU_ASSERT_EQUAL(link_of6(REMOTE6), 1);
	order(RED_TUNNEL_ADD, "10.0.2.10/32", 0); /* the longest one decides */
	CU_ASSERT_EQUAL(link_of(REMOTE), 0);
	CU_ASSERT_EQUAL(link_of(REMOTE + 1), 1);
	order(RED_TUNNEL_ADD, "fd00:2::a/128", 0);
	CU_ASSERT_EQUAL(link_of6(REMOTE6), 0);
	order(RED_TUNNEL_DEL, "10.0.2.10/32", 0);
	CU_ASSERT_EQUAL(link_of(REMOTE), 1);
	order(RED_TUNNEL_ADD, "10.0.2.0/24", 1); /* twice, and still there after this: */
	order(RED_TUNNEL_DEL, "10.0.2.0/24", 0);
	CU_ASSERT_EQUAL(link_of(REMOTE), 1);
	rig_close(&rig);
}

static void wrong_orders(void)
{
	open_rig();
	order(RED_TUNNEL_LINK, "10.0.2.0/24", 2); /* there is no such link */
	order(RED_TUNNEL_LINK, "10.0.2.0/25", 1); /* nor prefix */
	order(RED_TUNNEL_ADD, "10.0.2.0/25", 200);
	CU_ASSERT_EQUAL(link_of(REMOTE), 0);
	rig_close(&rig);
}

/* The thread that sealed for the peer says who does now. */
static void sent_on(struct handle *first, unsigned n)
{
	struct rig_link *from = &rig.links[0];

	CU_ASSERT_EQUAL_FATAL(from->full_count, n);
	for (unsigned i = 0; i < n; i++) {
		struct handle h = {.index = from->full[i].index, .kind = HANDLE_USED,
			.code = USED_ELSEWHERE, .tag = 1};
		first[i] = from->full[i];
		rig_give(&rig, 0, &h);
	}
	from->full_count = 0;
	rig_poll(&rig);
}

static void elsewhere(void)
{
	struct handle first[40];

	open_rig();
	for (unsigned i = 0; i < 40; i++) {
		size_t n = rig_frame(frame, REMOTE, i, 0, 64);
		wire_push(&rig.wire, frame, n < 60 ? 60 : n); /* a short one is padded */
	}
	rig_poll(&rig);
	sent_on(first, 40);
	CU_ASSERT_EQUAL_FATAL(rig.links[1].full_count, 40);
	for (unsigned i = 0; i < 40; i++) /* in order, and as they were */
		CU_ASSERT_EQUAL(memcmp(&rig.links[1].full[i], &first[i], sizeof(first[i])), 0);
	CU_ASSERT_EQUAL(rig.stats.rx_tunnel, 80); /* counters never go down */
	CU_ASSERT_EQUAL(rig.stats.rx_elsewhere, 40);
	while (rig.links[1].full_count > 0)
		rig_return(&rig, 1, USED_DONE);
	rig_close(&rig);
}

/* What the second thread refuses, its sender is told of, as ever. */
static void refused_there(void)
{
	struct handle first[1];

	open_rig();
	rig_learn(&rig, HOST);
	rig_arrive(&rig, frame, rig_frame(frame, REMOTE, 64, 0, 64));
	sent_on(first, 1);
	rig_return(&rig, 1, USED_NO_PEER);
	CU_ASSERT_EQUAL(rig.stats.drop_no_peer, 1);
	CU_ASSERT_EQUAL(rig.stats.tx_icmp_unreachable, 1);
	CU_ASSERT(rig_sent(&rig) > 0);
	rig_close(&rig);
}

/* To nobody, or to who sent it: crypt that does not work must not have packets go around for ever. */
static void hostile(void)
{
	static const uint64_t wrong[] = {0, 2, 16, UINT64_MAX, 1ull << 32 | 1};

	open_rig();
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		rig_arrive(&rig, frame, rig_frame(frame, REMOTE, 64, 0, 64));
		CU_ASSERT_EQUAL_FATAL(rig.links[0].full_count, 1);
		struct handle h = {.index = rig.links[0].full[0].index, .kind = HANDLE_USED,
			.code = USED_ELSEWHERE, .tag = wrong[i]};
		rig.links[0].full_count = 0;
		rig_give(&rig, 0, &h);
		rig_poll(&rig);
		CU_ASSERT_EQUAL(rig.stats.drop_handle, i + 1);
		CU_ASSERT_EQUAL(rig.links[0].full_count + rig.links[1].full_count, 0);
	}
	/* and one that was lent to the other thread */
	rig_arrive(&rig, frame, rig_frame(frame, REMOTE, 64, 0, 64));
	struct handle h = {.index = rig.links[0].full[0].index, .kind = HANDLE_USED,
		.code = USED_ELSEWHERE, .tag = 0};
	rig_give(&rig, 1, &h);
	rig_poll(&rig);
	CU_ASSERT_EQUAL(rig.stats.drop_handle, sizeof(wrong) / sizeof(wrong[0]) + 1);
	CU_ASSERT_EQUAL(rig.links[0].full_count, 1);
	rig_return(&rig, 0, USED_DONE);
	rig_close(&rig);
}

/* Fragments and our own answers take the way of their destination too. */
static void all_that_is_sealed(void)
{
	open_rig();
	order(RED_TUNNEL_LINK, "10.0.2.0/24", 1);
	rig_arrive(&rig, frame, rig_frame(frame, REMOTE, 1450, 0, 64));
	CU_ASSERT_EQUAL(rig.links[1].full_count, 2);
	while (rig.links[1].full_count > 0)
		rig_return(&rig, 1, USED_DONE);
	size_t n = wire_echo(frame, REMOTE, OURS, 8);
	rig_opened(&rig, 0, frame + ETHERNET_HEADER_LEN, n - ETHERNET_HEADER_LEN);
	CU_ASSERT_EQUAL(rig.links[0].full_count, 0);
	CU_ASSERT_EQUAL(rig.links[1].full_count, 1);
	rig_return(&rig, 1, USED_DONE);
	rig_close(&rig);
}

static void forgets(void)
{
	static const uint8_t address[16] = {0xfd, [15] = 1};
	struct zone zone;
	struct links l;
	unsigned link;

	unit_zone(&zone, "links", 4);
	CU_ASSERT_EQUAL_FATAL(links_create(&l, &zone, 64), 0);
	CU_ASSERT_FALSE(links_find4(&l, 0, &link));
	links_remember4(&l, 0, 15);
	links_remember6(&l, address, 7);
	CU_ASSERT(links_find4(&l, 0, &link) && link == 15);
	CU_ASSERT(links_find6(&l, address, &link) && link == 7);
	uint32_t epoch = l.epoch;
	l.epoch = UINT32_MAX >> 4; /* the last one */
	links_remember4(&l, 9, 1);
	links_forget(&l);
	CU_ASSERT_EQUAL(l.epoch, epoch);
	CU_ASSERT_FALSE(links_find4(&l, 0, &link));
	CU_ASSERT_FALSE(links_find4(&l, 9, &link));
	CU_ASSERT_FALSE(links_find6(&l, address, &link));
	links_destroy(&l);
	zone_destroy(&zone);
}

static const struct unit_test tests[] = {
	{"A50: packets go by the link of the longest prefix", by_prefix},
	{"orders of links that do not exist", wrong_orders},
	{"A50: what crypt sends on is lent to that thread, as it was and in order", elsewhere},
	{"A45: and may be refused there", refused_there},
	{"hostile: sent on to nobody, or to the sender", hostile},
	{"A50: fragments and our own answers too", all_that_is_sealed},
	{"what was remembered before a change holds no longer", forgets},
	{NULL, NULL},
};

const struct unit_suite suite_links = {"links", tests};
