/* SPDX-License-Identifier: BSD-3-Clause */
/* What crypt remembers of whose addresses are: it decides nothing that the routes do not. */
#include <string.h>

#include "rig.h"
#include "suites.h"
#include "util/bytes.h"
#include "wg/allowedips.h"

#define A_SIDE 1 /* 10.0.1.0/24 and fd00:1::/32 are behind site A: peer 1 of B */
#define B_SIDE 2
#define OTHER  3

static struct rig a, b;

static void open_pair(void)
{
	uint8_t message[64];
	uint16_t length;

	rig_open(&a, "a", "auto");
	rig_open(&b, "b", "auto");
	rig_peer(&a, B_SIDE, true);
	rig_peer(&b, A_SIDE, true);
	rig_lend(&a.black, 200);
	rig_lend(&b.red, 200);
	rig_session(&b, A_SIDE, 100, false);
	rig_session(&a, B_SIDE, 100, true);
	CU_ASSERT_FATAL(rig_sealed(&a, message, &length)); /* A25 */
}

static void close_pair(void)
{
	rig_close(&b);
	rig_close(&a);
}

/* An inner packet with that source goes from a to b. What is said of it is only whether it came out. */
static bool comes_out(const char *source)
{
	static uint8_t message[256];
	uint16_t length;
	struct ip_addr from;
	struct handle h = rig_packet(&a, A_SIDE, B_SIDE, 64);
	uint8_t *packet = rig_bytes(&a.red, &h);
	const uint8_t to[16] = {0xfd, 0, 0, B_SIDE};

	CU_ASSERT_EQUAL_FATAL(addr_parse(&from, source), 0);
	if (from.family == 4) {
		memcpy(packet + 12, from.bytes, 4);
	} else {
		memset(packet, 0, 40);
		packet[0] = 0x60;
		put_be16(packet + 4, 24);
		memcpy(packet + 8, from.bytes, 16);
		memcpy(packet + 24, to, 16);
	}
	rig_poll(&a);
	CU_ASSERT_FATAL(rig_sealed(&a, message, &length));
	uint64_t refused = b.stats->drop_inner_source;
	rig_message(&b, message, length, 1, 51820);
	rig_poll(&b);
	bool out = rig_count(&b.red, HANDLE_FILLED) == 1;
	CU_ASSERT_EQUAL(b.stats->drop_inner_source - refused, !out);
	return out;
}

/* Prefixes, the first of peer A_SIDE, the others OTHER's. */
static struct allowedips *table_of(struct rig *r, const char *first, const char *second,
	const char *third)
{
	const char *texts[] = {first, second, third};
	struct allowedips *t = allowedips_init(zone_alloc(&r->zone, allowedips_bytes(3)), 3);

	for (unsigned i = 0; i < 3; i++) {
		struct ip_prefix prefix;
		if (!texts[i])
			continue;
		CU_ASSERT_EQUAL_FATAL(prefix_parse(&prefix, texts[i]), 0);
		CU_ASSERT_EQUAL(allowedips_insert(t, &prefix, i == 0 ? A_SIDE : OTHER), 0);
	}
	return t;
}

static struct allowedips *table(const char *first, const char *second, const char *third)
{
	return table_of(&b, first, second, third);
}

static void other_sources(void)
{
	open_pair();
	for (unsigned i = 0; i < 2; i++) { /* the second time the peer is known by what it sent */
		CU_ASSERT(comes_out("10.0.1.1"));
		CU_ASSERT(comes_out("10.0.1.255"));
		CU_ASSERT_FALSE(comes_out("10.0.3.1"));
		CU_ASSERT_FALSE(comes_out("10.0.0.255"));
		CU_ASSERT_FALSE(comes_out("11.0.1.1"));
		CU_ASSERT(comes_out("fd00:1::1"));
		CU_ASSERT(comes_out("fd00:1:ffff::1"));
		CU_ASSERT_FALSE(comes_out("fd00:3::1"));
	}
	close_pair();
}

/* The same bits, in the other family. */
static void other_family(void)
{
	open_pair();
	rig_routes(&b, table("10.0.1.0/24", NULL, NULL));
	CU_ASSERT(comes_out("10.0.1.0"));
	CU_ASSERT_FALSE(comes_out("a00:100::"));
	CU_ASSERT_FALSE(comes_out("a00:100::1"));
	rig_routes(&b, table("a00:100::/32", NULL, NULL));
	CU_ASSERT(comes_out("a00:100::"));
	CU_ASSERT_FALSE(comes_out("10.0.1.0"));
	close_pair();
}

/* A part of the peer's prefix is another's: also after addresses before and behind it were accepted. */
static void longer_inside(void)
{
	open_pair();
	rig_routes(&b, table("10.0.0.0/15", "10.1.2.64/26", "10.0.0.9/32"));
	CU_ASSERT(comes_out("10.1.2.63"));
	CU_ASSERT_FALSE(comes_out("10.1.2.64"));
	CU_ASSERT(comes_out("10.1.2.128"));
	CU_ASSERT_FALSE(comes_out("10.1.2.127"));
	CU_ASSERT(comes_out("10.0.0.8"));
	CU_ASSERT_FALSE(comes_out("10.0.0.9"));
	rig_routes(&b, table("10.0.0.0/8", "10.16.0.0/12", NULL));
	CU_ASSERT(comes_out("10.15.255.255"));
	CU_ASSERT_FALSE(comes_out("10.16.0.0"));
	rig_routes(&b, table("2001:db8::/32", "2001:db8:0:1::/64", NULL));
	CU_ASSERT(comes_out("2001:db8::ffff"));
	CU_ASSERT_FALSE(comes_out("2001:db8:0:1::"));
	rig_routes(&b, table("2001:db8::/32", "2001:db8::1:0:0:0/80", "2001:db8::9/128"));
	CU_ASSERT(comes_out("2001:db8::8"));
	CU_ASSERT_FALSE(comes_out("2001:db8::9"));
	CU_ASSERT_FALSE(comes_out("2001:db8::1:0:0:1"));
	close_pair();
}

/* Everything is one peer's: IPv6 then has no bit that matters. */
static void default_routes(void)
{
	open_pair();
	rig_routes(&b, table("::/0", NULL, NULL));
	CU_ASSERT(comes_out("2001:db8::1"));
	CU_ASSERT(comes_out("fd00::1"));
	CU_ASSERT_FALSE(comes_out("10.0.1.1"));
	rig_routes(&b, table("0.0.0.0/0", NULL, NULL));
	CU_ASSERT(comes_out("10.0.1.1"));
	CU_ASSERT(comes_out("250.0.1.1"));
	CU_ASSERT_FALSE(comes_out("fd00::1"));
	close_pair();
}

/* New routes, with or without a number: nothing is left of what was known under the old ones. */
static void new_routes(void)
{
	open_pair();
	CU_ASSERT(comes_out("10.0.1.1"));
	rig_routes(&b, table("10.0.2.0/24", "10.0.1.0/24", NULL));
	CU_ASSERT_FALSE(comes_out("10.0.1.1"));
	CU_ASSERT(comes_out("10.0.2.1"));
	b.routes_number = UINT32_MAX; /* 0 is next */
	rig_routes(&b, table("10.0.1.0/24", NULL, NULL));
	CU_ASSERT(comes_out("10.0.1.1"));
	CU_ASSERT_FALSE(comes_out("10.0.2.1"));
	CU_ASSERT_FALSE(comes_out("0.0.0.0"));
	CU_ASSERT_FALSE(comes_out("::"));
	b.routes_number = UINT32_MAX;
	rig_routes(&b, table("10.0.2.0/24", NULL, NULL));
	CU_ASSERT_FALSE(comes_out("10.0.1.1"));
	close_pair();
}

/* A number that comes again after all others stands for other routes. */
static void numbers_begin_again(void)
{
	open_pair();
	b.routes_number = ALLOWEDIPS_NUMBERS - 1;
	rig_routes(&b, table("10.0.1.0/24", NULL, NULL));
	CU_ASSERT(comes_out("10.0.1.1"));
	b.routes_number = 0;
	rig_routes(&b, table("10.0.2.0/24", NULL, NULL));
	b.routes_number = ALLOWEDIPS_NUMBERS - 1;
	rig_routes(&b, table("10.0.2.0/24", NULL, NULL));
	CU_ASSERT_FALSE(comes_out("10.0.1.1"));
	close_pair();
}

/* A slot that is another peer's now. */
static void new_peer(void)
{
	struct crypt_ack ack;

	open_pair();
	CU_ASSERT(comes_out("10.0.1.1"));
	CU_ASSERT_NOT_EQUAL(b.reports[A_SIDE].rx.source.stamp, 0);
	rig_order(&b, CRYPT_REMOVE, A_SIDE);
	CU_ASSERT(rig_ack(&b, &ack));
	CU_ASSERT_EQUAL(b.reports[A_SIDE].rx.source.stamp, 0);
	close_pair();
}

/* Destinations likewise: to whom a packet goes is what the routes say, whatever went before. */
static void destinations(void)
{
	static const uint8_t to[] = {1, 1, 2, 1, 2, 2, 3, 200};
	struct handle h;

	rig_open(&a, "a", "auto");
	rig_lend(&a.black, 70);
	for (uint32_t slot = 1; slot <= OTHER; slot++) {
		rig_peer(&a, slot, true);
		rig_session(&a, slot, 100 * slot, true);
	}
	rig_count(&a.black, HANDLE_FILLED);
	for (unsigned together = 0; together < 2; together++) {
		for (unsigned i = 0; i < sizeof(to); i++) {
			rig_packet(&a, 9, to[i], 64);
			if (!together)
				rig_poll(&a);
		}
		rig_poll(&a);
		for (unsigned i = 0; i < sizeof(to) - 1; i++) {
			do {
				CU_ASSERT_EQUAL_FATAL(rig_receive(&a.black, &h, 1), 1);
			} while (h.kind != HANDLE_FILLED);
			CU_ASSERT_EQUAL(h.tag, to[i]);
		}
		CU_ASSERT_EQUAL(a.stats->drop_no_peer, together + 1);
	}
	rig_count(&a.black, HANDLE_FILLED);
	for (unsigned i = 0; i < 2; i++) { /* one prefix, by one number, of two owners */
		uint32_t owner = i == 0 ? A_SIDE : OTHER;
		a.routes_number = 6;
		rig_routes(&a, owner == A_SIDE ? table_of(&a, "10.0.9.0/24", NULL, NULL)
					       : table_of(&a, NULL, "10.0.9.0/24", NULL));
		rig_packet(&a, 1, 9, 64);
		rig_poll(&a);
		CU_ASSERT_FATAL(rig_find(&a.black, HANDLE_FILLED, &h));
		CU_ASSERT_EQUAL(h.tag, owner);
	}
	rig_close(&a);
}

/* A message from a's next packet, which waits in b for a buffer that red lends. */
static void wait_in_b(void)
{
	uint8_t message[256];
	uint16_t length;

	rig_packet(&a, A_SIDE, B_SIDE, 64);
	rig_poll(&a);
	CU_ASSERT_FATAL(rig_sealed(&a, message, &length));
	rig_message(&b, message, length, 1, 51820);
	rig_poll(&b);
}

/* Sessions were looked up for messages that wait; then they end, and others begin in their place. */
static void sessions_change_meanwhile(void)
{
	struct crypt_ack ack;

	rig_open(&a, "a", "auto");
	rig_open(&b, "b", "auto");
	rig_peer(&a, B_SIDE, true);
	rig_peer(&b, A_SIDE, true);
	rig_lend(&a.black, 16);
	rig_session(&a, B_SIDE, 100, true);
	rig_count(&a.black, HANDLE_FILLED);
	wait_in_b(); /* no session has that index */
	rig_session(&b, A_SIDE, 100, false);
	rig_lend(&b.red, 1);
	rig_poll(&b);
	CU_ASSERT_EQUAL(rig_count(&b.red, HANDLE_FILLED), 1);
	wait_in_b();
	rig_order(&b, CRYPT_WIPE, A_SIDE);
	CU_ASSERT(rig_ack(&b, &ack));
	rig_session(&b, A_SIDE, 300, false);
	rig_lend(&b.red, 1);
	rig_poll(&b);
	CU_ASSERT_EQUAL(rig_count(&b.red, HANDLE_FILLED), 0);
	CU_ASSERT_EQUAL(b.stats->drop_index, 1);
	CU_ASSERT_EQUAL(b.stats->drop_tag, 0);
	close_pair();
}

static const struct unit_test tests[] = {
	{"A44: a source that was accepted speaks for its peer's alone", other_sources},
	{"A44: nor for the same bits of the other family", other_family},
	{"A44, A45: nor for a longer prefix that is another peer's", longer_inside},
	{"A44, A46: default routes", default_routes},
	{"A44, A46: nor for anybody under other routes", new_routes},
	{"A46: the numbers of routes begin again", numbers_begin_again},
	{"A39, A44: nor for the next peer of the slot", new_peer},
	{"A45, A46: each packet goes to its own peer", destinations},
	{"A26, A39: a message that waits meets the sessions that there are then", sessions_change_meanwhile},
	{NULL, NULL},
};

const struct unit_suite suite_route = {"route", tests};
