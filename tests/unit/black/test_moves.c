/* SPDX-License-Identifier: BSD-3-Clause */
/* Other IPv6 addresses of our own, while black runs; and peers that crypt sees move. */
#include <string.h>

#include "net/arp.h"
#include "net/ethernet.h"
#include "net/mld.h"
#include "net/nd.h"
#include "rig.h"
#include "suites.h"
#include "util/bytes.h"

#define NEW6     "2001:db8::11"   /* /64 */
#define ABROAD6  "2001:db8:2::10" /* /64 */
#define ROUTER6  "2001:db8:2::1"
#define NEAR6    "2001:db8:9::10" /* beside FAR6 */
#define MY_LINK6 "fe80::77"       /* a configured link-local address */

static struct rig rig;
static uint8_t frame[WIRE_FRAME_MAX], message[64];
static uint8_t next_hop[16]; /* that black asked for last; ::, when it did not ask */

static void open_rig(void)
{
	static const struct rig_options options = {.links = 1, .mtu = 1500,
		.buffers = RIG_BUFFERS, .reports = 64, .handles = 1024, .ipv6 = true};

	rig_open_with(&rig, &options);
}

/* ---- our own addresses ---- */

static void list(uint32_t index, const char *prefix)
{
	struct black_order o = {.kind = BLACK_ADDRESS, .slot = index};
	struct ip_prefix parsed;

	CU_ASSERT_EQUAL_FATAL(prefix_parse(&parsed, prefix), 0);
	o.local = parsed.addr;
	o.length = parsed.length;
	rig_order(&rig, &o);
}

static void complete(uint32_t count, const char *gateway6)
{
	struct black_order o = {.kind = BLACK_ADDRESSES, .slot = count};

	if (gateway6)
		CU_ASSERT_EQUAL_FATAL(addr_parse(&o.local, gateway6), 0);
	rig_order(&rig, &o);
}

static bool echoes(const char *address)
{
	size_t n = wire_echo6(frame, address[0] == 'f' ? "fe80::20" : PEER6, address, 8);

	rig_arrive(&rig, frame, n);
	size_t sent = rig_sent(&rig);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	return sent == n;
}

/* Does black answer who asks for the link address? */
static bool has_neighbour(const char *address)
{
	rig_arrive(&rig, frame, wire_ask6(frame, PEER6, address));
	return rig_sent(&rig) == ND_FRAME_LEN && rig.frame[54] == 136;
}

static uint64_t arrives(const char *from, const char *to)
{
	unsigned before = rig.links[0].full_count;

	rig_data(message, 32, 1);
	rig_arrive(&rig, frame, wire_udp6(frame, from, 4000, to, LISTEN, message, 32));
	return rig.links[0].full_count == before + 1 ? rig.links[0].full[before].tag : 0;
}

/* RFC 4861 7.2.6: to all nodes, unasked, and it takes the place of what they know. */
static void announced(const char *address)
{
	CU_ASSERT_EQUAL_FATAL(rig_sent(&rig), ND_FRAME_LEN);
	CU_ASSERT_EQUAL(memcmp(rig.frame, "\x33\x33\0\0\0\1", 6), 0);
	CU_ASSERT(wire_is6(rig.frame + 22, address) && wire_is6(rig.frame + 38, "ff02::1"));
	CU_ASSERT_EQUAL(rig.frame[21], 255);
	CU_ASSERT_EQUAL(rig.frame[54], 136);
	CU_ASSERT_EQUAL(rig.frame[58], 0x20); /* override; not solicited, no router */
	CU_ASSERT(wire_is6(rig.frame + 62, address));
	CU_ASSERT_EQUAL(memcmp(rig.frame + 78, "\2\1", 2), 0);
	CU_ASSERT(mac_equal(rig.frame + 80, wire_ours));
}

/* The groups that black listens to from now on: told at once, not half a minute later. */
static void told(unsigned groups, const char *source)
{
	CU_ASSERT_EQUAL_FATAL(rig_sent(&rig), MLD_FRAME_LEN(groups));
	CU_ASSERT_EQUAL(rig.frame[62], 143);
	CU_ASSERT(wire_is6(rig.frame + 22, source));
	CU_ASSERT_EQUAL(get_be16(rig.frame + 68), groups);
}

static void another(void)
{
	open_rig();
	CU_ASSERT(echoes(OURS6) && echoes(LOCAL6));
	list(0, NEW6 "/64");
	CU_ASSERT(echoes(OURS6) && !echoes(NEW6)); /* not before the list is whole */
	complete(1, GATEWAY6);
	told(2, LOCAL6);
	CU_ASSERT(wire_is6(rig.frame + 74, "ff02::1:ff00:11"));
	announced(NEW6); /* the link-local address was ours before */
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	CU_ASSERT(echoes(NEW6) && arrives(PEER6, NEW6) && has_neighbour(NEW6));
	CU_ASSERT(!echoes(OURS6) && !arrives(PEER6, OURS6) && !has_neighbour(OURS6));
	CU_ASSERT(!echoes(SECOND6) && echoes(LOCAL6));
	complete(1, GATEWAY6); /* again: nothing is new, but listeners may be told */
	told(2, LOCAL6);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	rig_close(&rig);
}

/* The link-local address that was made comes and goes with the others. */
static void link_local(void)
{
	open_rig();
	list(0, "192.168.1.10/24");
	complete(1, NULL);
	CU_ASSERT(!echoes(LOCAL6) && !has_neighbour(LOCAL6) && !echoes(OURS6));
	rig.now_ns += 100 * CLOCK_SECOND;
	rig_poll(&rig);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0); /* nothing is listened to */
	list(0, "192.168.1.10/24");
	list(1, OURS6 "/64");
	complete(2, NULL);
	told(2, LOCAL6);
	announced(OURS6);
	announced(LOCAL6);
	CU_ASSERT(echoes(LOCAL6) && has_neighbour(LOCAL6));
	list(0, OURS6 "/64");
	list(1, MY_LINK6 "/64");
	complete(2, NULL);
	told(2, MY_LINK6);
	announced(MY_LINK6);
	CU_ASSERT(echoes(MY_LINK6) && !echoes(LOCAL6)); /* one is enough */
	rig_close(&rig);
}

/* The length of the frame with data to a slot; 0: none leaves. Next hops that black asks for answer. */
static size_t data_to(uint32_t slot)
{
	CU_ASSERT_FATAL(rig_sealed(&rig, 0, slot, 32));
	rig_poll(&rig);
	size_t n = rig_sent(&rig);
	memset(next_hop, 0, sizeof(next_hop));
	if (n == ND_FRAME_LEN) {
		struct nd asked = {.kind = ND_SOLICITATION};
		memcpy(asked.source, rig.frame + 22, 16);
		memcpy(asked.target, rig.frame + 62, 16);
		memcpy(next_hop, asked.target, 16);
		nd_build_advertisement(frame, wire_peer, &asked, wire_ours, false);
		rig_arrive(&rig, frame, ND_FRAME_LEN);
		n = rig_sent(&rig);
	} else if (n == ARP_FRAME_LEN) {
		rig_arrive(&rig, frame,
			wire_arp(frame, false, get_be32(rig.frame + 38), get_be32(rig.frame + 28)));
		n = rig_sent(&rig);
	}
	return n;
}

/* What slot 3 is sent comes from there, by a next hop that was not known. */
static bool leaves_from(const char *source, const char *by)
{
	return data_to(3) == 62 + 32 && wire_is6(rig.frame + 22, source) && wire_is6(next_hop, by);
}

static void ways(void)
{
	open_rig();
	rig_endpoint6(&rig, 3, FAR6, NULL);
	CU_ASSERT(leaves_from(OURS6, GATEWAY6));
	list(0, ABROAD6 "/64");
	complete(1, ROUTER6);
	wire_pop_all(&rig.wire);
	CU_ASSERT(leaves_from(OURS6, ROUTER6)); /* the source as before, until control says so */
	rig_endpoint6(&rig, 3, FAR6, NULL);
	CU_ASSERT(leaves_from(ABROAD6, "::"));
	/* Beside us from now on: not by the router any more. */
	list(0, ABROAD6 "/64");
	list(1, NEAR6 "/64");
	complete(2, ROUTER6);
	wire_pop_all(&rig.wire);
	rig_endpoint6(&rig, 3, FAR6, NULL);
	CU_ASSERT(leaves_from(NEAR6, FAR6));
	/* A52: reached at the other, until that is gone. */
	rig_endpoint6(&rig, 3, FAR6, ABROAD6);
	CU_ASSERT(leaves_from(ABROAD6, "::"));
	list(0, NEAR6 "/64");
	complete(1, NULL);
	wire_pop_all(&rig.wire);
	rig_endpoint6(&rig, 3, FAR6, ABROAD6);
	CU_ASSERT(leaves_from(NEAR6, "::"));
	list(0, NEAR6 "/128");
	complete(1, NULL);
	wire_pop_all(&rig.wire);
	rig_endpoint6(&rig, 3, FAR6, NULL);
	CU_ASSERT_EQUAL(data_to(3), 0);
	CU_ASSERT_EQUAL(rig.stats.drop_no_route, 1);
	rig_close(&rig);
}

/* The same number is another address: crypt must see that the peer reached us elsewhere. */
static void tags(void)
{
	uint64_t four, four_before = 0;

	open_rig();
	uint64_t before = arrives(PEER6, OURS6);
	CU_ASSERT_NOT_EQUAL(before, 0);
	CU_ASSERT_EQUAL(arrives(PEER6, OURS6), before);
	for (unsigned i = 0; i < 130; i++) { /* more than there are epochs */
		list(0, i % 2 ? OURS6 "/64" : NEW6 "/64");
		list(1, "192.168.1.10/24");
		complete(2, GATEWAY6);
		wire_pop_all(&rig.wire);
		uint64_t after = arrives(PEER6, i % 2 ? OURS6 : NEW6);
		CU_ASSERT_NOT_EQUAL(after, before);
		CU_ASSERT_EQUAL(after >> 63, 1); /* no IPv4 source's */
		before = after;
		rig_return(&rig, 0, USED_DONE);
		rig_arrive(&rig, frame, wire_udp(frame, PEER, 5000, OURS, LISTEN, message, 32));
		four = rig.links[0].full[rig.links[0].full_count - 1].tag;
		CU_ASSERT_EQUAL(four >> 63, 0);
		CU_ASSERT_NOT_EQUAL(four, four_before);
		four_before = four;
		rig_return(&rig, 0, USED_DONE);
	}
	rig_close(&rig);
}

/* ---- a peer that moves ---- */

/* Data leaves to there, from the address that was reached. */
static bool is_at(uint32_t slot, uint32_t address, uint16_t port, uint32_t from)
{
	return data_to(slot) == 42 + 32 && get_be32(rig.frame + 30) == address &&
	       get_be16(rig.frame + 36) == port && get_be32(rig.frame + 26) == from;
}

static bool is_at6(uint32_t slot, const char *address, const char *from)
{
	return data_to(slot) == 62 + 32 && wire_is6(rig.frame + 38, address) &&
	       wire_is6(rig.frame + 22, from);
}

/* A message of slot's peer, which crypt finds to be authentic and from elsewhere. */
static void moves_to(uint64_t slot, uint32_t from, uint16_t port, uint32_t to)
{
	rig_arrive(&rig, frame, wire_udp(frame, from, port, to, LISTEN, message, 32));
	CU_ASSERT_EQUAL_FATAL(rig.links[0].full_count, 1);
	rig_return_moved(&rig, 0, slot);
}

static void follows(void)
{
	rig_data(message, 32, 1);
	open_rig();
	rig_endpoint(&rig, 3, PEER, 5000);
	CU_ASSERT(is_at(3, PEER, 5000, OURS));
	moves_to(3, PEER, 5000, SECOND); /* only what it calls us */
	CU_ASSERT(is_at(3, PEER, 5000, SECOND));
	moves_to(3, FAR, 1, OURS);
	CU_ASSERT(is_at(3, FAR, 1, OURS));
	CU_ASSERT(arrives(FAR6, SECOND6));
	rig_return_moved(&rig, 0, 3); /* to the other family, */
	CU_ASSERT(is_at6(3, FAR6, SECOND6));
	CU_ASSERT(arrives(PEER6, OURS6));
	rig_return_moved(&rig, 0, 3);
	CU_ASSERT(is_at6(3, PEER6, OURS6));
	moves_to(3, PEER, 5001, OURS); /* and back */
	CU_ASSERT(is_at(3, PEER, 5001, OURS));
	/* Its message was on its way here when that address ceased to be ours. */
	rig_arrive(&rig, frame, wire_udp(frame, FAR, 7, SECOND, LISTEN, message, 32));
	list(0, "192.168.1.10/24");
	complete(1, NULL);
	wire_pop_all(&rig.wire);
	rig_return_moved(&rig, 0, 3);
	CU_ASSERT(data_to(3) == 0); /* and there is no gateway any more */
	CU_ASSERT_EQUAL(rig.stats.drop_no_route, 1);
	rig_close(&rig);
}

/* Who has no endpoint, or does not exist, does not get one that way. */
static void follows_nobody(void)
{
	struct black_order none = {.kind = BLACK_NO_ENDPOINT, .slot = 3};

	rig_data(message, 32, 1);
	open_rig();
	rig_endpoint(&rig, 4, PEER, 5000);
	moves_to(3, PEER, 6000, OURS);
	CU_ASSERT(data_to(3) == 0);
	rig_endpoint(&rig, 3, PEER, 5000);
	rig_order(&rig, &none);
	moves_to(3, PEER, 6000, OURS);
	CU_ASSERT(data_to(3) == 0);
	CU_ASSERT_EQUAL(rig.stats.drop_no_endpoint, 2);
	moves_to(RIG_PEERS, PEER, 6000, OURS);
	moves_to(UINT64_MAX, PEER, 6000, OURS);
	moves_to(1ull << 32 | 4, PEER, 6000, OURS);
	/* A port that cannot be answered: crypt never hears of it. */
	rig_arrive(&rig, frame, wire_udp(frame, PEER, 0, OURS, LISTEN, message, 32));
	CU_ASSERT_EQUAL(rig.links[0].full_count, 0);
	CU_ASSERT(is_at(4, PEER, 5000, OURS));
	/* A buffer that was lent to be filled says nothing of a peer. */
	struct handle h = rig.links[0].empty[--rig.links[0].empty_count];
	h.kind = HANDLE_USED;
	h.code = USED_MOVED;
	h.tag = 4;
	rig_give(&rig, 0, &h);
	CU_ASSERT(is_at(4, PEER, 5000, OURS));
	rig_close(&rig);
}

/*
 * A slot is another peer's: what crypt said of the former one before control could know that it is
 * gone is not said of this one, however much of it there is.
 */
static void in_order(void)
{
	struct black_order next = {.kind = BLACK_ENDPOINT, .slot = 3,
		.remote = {{4, {192, 168, 1, 20}}, 7000}};

	rig_data(message, 32, 1);
	open_rig();
	rig_endpoint(&rig, 3, PEER, 5000);
	CU_ASSERT(is_at(3, PEER, 5000, OURS));
	for (unsigned i = 0; i < 100; i++)
		rig_arrive(&rig, frame, wire_udp(frame, PEER, 6000, OURS, LISTEN, message, 32));
	CU_ASSERT_EQUAL_FATAL(rig.links[0].full_count, 100);
	for (unsigned i = 0; i < 99; i++)
		rig_return(&rig, 0, USED_DONE);
	rig_return_moved(&rig, 0, 3);
	rig_order(&rig, &next);
	CU_ASSERT(is_at(3, PEER, 7000, OURS));
	rig_close(&rig);
}

/* Of several crypt threads one opens and says so; what another one sealed then goes to the new place. */
static void before_others_answers(void)
{
	static const struct rig_options two = {.links = 2, .mtu = 1500, .buffers = RIG_BUFFERS,
		.reports = 64, .handles = 1024};

	for (unsigned opens = 0; opens < 2; opens++) {
		rig_open_with(&rig, &two);
		rig_endpoint(&rig, 3, PEER, 5000);
		rig_data(message, 32, opens << 31);
		rig_arrive(&rig, frame, wire_udp(frame, PEER, 5001, OURS, LISTEN, message, 32));
		CU_ASSERT_EQUAL_FATAL(rig.links[opens].full_count, 1);
		rig_return_moved(&rig, opens, 3);
		CU_ASSERT_TRUE(rig_sealed(&rig, 1 - opens, 3, 32));
		rig_poll(&rig);
		rig_resolve(&rig, PEER);
		CU_ASSERT(rig_sent(&rig) > 0);
		CU_ASSERT_EQUAL(get_be16(rig.frame + 36), 5001);
		rig_close(&rig);
	}
}

/* That news was given while black looked at the rings: it finds it before it sends. */
static void while_it_looks(void)
{
	static const struct rig_options two = {.links = 2, .mtu = 1500, .buffers = RIG_BUFFERS,
		.reports = 64, .handles = 1024};

	rig_open_with(&rig, &two);
	rig_endpoint(&rig, 3, PEER, 5000);
	rig_data(message, 32, 0);
	rig_arrive(&rig, frame, wire_udp(frame, PEER, 5001, OURS, LISTEN, message, 32));
	CU_ASSERT_TRUE(rig_sealed(&rig, 1, 3, 32));
	black_poll(rig.black, rig.now_ns); /* it has the answer, */
	rig_return_moved(&rig, 0, 3);      /* and not yet this */
	rig_poll(&rig);
	rig_resolve(&rig, PEER);
	CU_ASSERT(rig_sent(&rig) > 0);
	CU_ASSERT_EQUAL(get_be16(rig.frame + 36), 5001);
	rig_close(&rig);
}

static const struct unit_test tests[] = {
	{"other IPv6 addresses are ours at once, announced, and their groups told", another},
	{"the link-local address comes and goes with the others", link_local},
	{"A52: other IPv6 gateways, better ways, an address that is gone", ways},
	{"A51: after a change of addresses every source has another tag, in both families", tags},
	{"A51, A52: a peer is followed before it is answered, in both families", follows},
	{"A51: who has no endpoint does not get one by moving", follows_nobody},
	{"A51, A52: before another crypt thread's answer leaves", before_others_answers},
	{"A51, A52: also when the news comes while black looks", while_it_looks},
	{"C32: a slot's next peer does not inherit a move", in_order},
	{NULL, NULL},
};

const struct unit_suite suite_moves = {"moves", tests};
