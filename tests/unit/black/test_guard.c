/* SPDX-License-Identifier: BSD-3-Clause */
/* Handshake messages under load: who is let through, who is asked for proof, and who pays. */
#include <stdio.h>
#include <string.h>

#include "net/ethernet.h"
#include "net/frame.h"
#include "net/udp.h"
#include "rig.h"
#include "suites.h"
#include "util/bytes.h"
#include "wg/jar.h"
#include "wg/messages.h"

#define LOAD 8 /* messages that wait in a ring of 64 when load begins */

static struct rig rig;
static uint8_t frame[WIRE_FRAME_MAX], message[148];
static struct black_report report;

static const struct rig_options limited = {.links = 1, .mtu = 1500, .buffers = RIG_BUFFERS,
	.reports = 64, .handles = 1024, .limits = {40, 2, 0}};

static void arrive_from(uint32_t address, uint16_t port, uint16_t length)
{
	rig_arrive(&rig, frame, wire_udp(frame, address, port, OURS, LISTEN, message, length));
}

/* A sender without a cookie. */
static void stranger(uint32_t address, uint16_t port)
{
	rig_initiation(&rig, message);
	arrive_from(address, port, 148);
}

/* A sender that has one, or not yet. */
static void sends(struct jar *jar, uint32_t address, uint16_t port, uint16_t length)
{
	memset(message, 0x33, sizeof(message));
	put_le32(message, length == 148 ? MESSAGE_INITIATION : MESSAGE_RESPONSE);
	jar_add_macs(jar, message, length, rig.public_key, rig.now_ns);
	arrive_from(address, port, length);
}

static unsigned taken(struct ring *ring)
{
	unsigned n = 0;

	while (ring_receive(ring, &report, 1) == 1)
		n++;
	return n;
}

static unsigned passed(void)
{
	return taken(&rig.reports);
}

static unsigned proven(void)
{
	return taken(&rig.proven);
}

/* From as many sources, and left in the ring. */
static void make_load(void)
{
	for (uint32_t i = 0; i < LOAD; i++)
		stranger(0x0a090100 + i, 5000);
}

/* The cookie reply that black sent goes to its sender. */
static bool takes_cookie(struct jar *jar)
{
	size_t n = rig_sent(&rig);

	return n == 42 + 64 && jar_consume(jar, (const struct message_cookie *)(rig.frame + 42),
		rig.public_key, rig.now_ns) == 0;
}

static void load_begins(void)
{
	rig_open(&rig);
	make_load();
	CU_ASSERT_EQUAL(rig.stats.rx_handshake, LOAD);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	stranger(PEER, 40000);
	CU_ASSERT_EQUAL(rig.stats.drop_mac2, 1);
	CU_ASSERT_EQUAL(rig.stats.tx_cookie, 1);
	CU_ASSERT_EQUAL(rig_sent(&rig), 42 + 64);
	CU_ASSERT_EQUAL(passed(), LOAD);
	CU_ASSERT_EQUAL(proven(), 0);
	rig_close(&rig);
}

static void load_lingers(void)
{
	rig_open(&rig);
	make_load();
	stranger(PEER, 1); /* the ring is long now */
	CU_ASSERT_EQUAL(passed(), LOAD);
	rig.now_ns += CLOCK_SECOND - 1;
	stranger(PEER, 2);
	CU_ASSERT_EQUAL(rig.stats.drop_mac2, 2);
	CU_ASSERT_EQUAL(passed(), 0);
	rig.now_ns += 1; /* a second after it was long last, not after the last message */
	stranger(PEER, 3);
	CU_ASSERT_EQUAL(rig.stats.drop_mac2, 2);
	CU_ASSERT_EQUAL(passed(), 1);
	CU_ASSERT_EQUAL(wire_pop_all(&rig.wire), 2);
	rig_close(&rig);
}

/* A19, A4, A52: back to the sender, from the address that was asked, and never larger. */
static void the_reply(void)
{
	struct ethernet e;
	struct frame f;
	struct udp u;

	rig_open(&rig);
	make_load();
	for (unsigned i = 0; i < 2; i++) {
		uint16_t length = i ? 92 : 148;
		i ? rig_response(&rig, message) : rig_initiation(&rig, message);
		put_le32(message + 4, 0x01020300 + i);
		cookie_add_macs(message, length, rig.public_key);
		size_t asked =
			wire_udp(frame, FAR, 40000, SECOND, LISTEN, message, length);
		rig_arrive(&rig, frame, asked);
		size_t n = rig_sent(&rig);
		CU_ASSERT_FATAL(n > 0 && n <= asked);
		CU_ASSERT_EQUAL(frame_parse(&f, rig.frame, n, wire_peer), FRAME_IPV4);
		CU_ASSERT_EQUAL(ethernet_parse(&e, rig.frame, n), 0);
		CU_ASSERT(mac_equal(e.source, wire_ours));
		CU_ASSERT_EQUAL(f.ip.source, SECOND);
		CU_ASSERT_EQUAL(f.ip.destination, FAR);
		CU_ASSERT_EQUAL(udp_parse(&u, &f.ip), 0);
		CU_ASSERT_EQUAL(u.source, LISTEN);
		CU_ASSERT_EQUAL(u.destination, 40000);
		CU_ASSERT_EQUAL(u.length, 64);
		CU_ASSERT_EQUAL(get_le32(u.payload), MESSAGE_COOKIE);
		CU_ASSERT_EQUAL(get_le32(u.payload + 4), 0x01020300 + i);
	}
	passed();
	rig_close(&rig);
}

static void proof(void)
{
	for (unsigned i = 0; i < 2; i++) {
		struct jar jar = {0};
		uint16_t length = i ? 92 : 148;
		rig_open(&rig);
		make_load();
		sends(&jar, PEER, 40000, length);
		CU_ASSERT_FATAL(takes_cookie(&jar));
		sends(&jar, PEER, 40000, length);
		CU_ASSERT_EQUAL(rig_sent(&rig), 0);
		CU_ASSERT_EQUAL(proven(), 1);
		CU_ASSERT_EQUAL(report.length, length);
		CU_ASSERT_EQUAL(report.remote.port, 40000);
		CU_ASSERT_EQUAL(memcmp(report.data, message, length), 0);
		CU_ASSERT_EQUAL(rig.stats.rx_proven, 1);
		CU_ASSERT_EQUAL(passed(), LOAD);
		rig_close(&rig);
	}
}

/* C13: what proves one address and port proves no other. */
static void of_another(void)
{
	struct jar jar = {0};

	rig_open(&rig);
	make_load();
	sends(&jar, PEER, 40000, 148);
	CU_ASSERT_FATAL(takes_cookie(&jar));
	sends(&jar, PEER, 40001, 148);
	sends(&jar, PEER + 1, 40000, 148);
	CU_ASSERT_EQUAL(rig.stats.drop_mac2, 3);
	CU_ASSERT_EQUAL(wire_pop_all(&rig.wire), 2); /* they are told how to */
	CU_ASSERT_EQUAL(proven(), 0);
	sends(&jar, PEER, 40000, 148);
	CU_ASSERT_EQUAL(proven(), 1);
	passed();
	rig_close(&rig);
}

static void wrong_mac2(void)
{
	struct jar jar = {0};

	rig_open(&rig);
	/* A21: off load nobody looks at it */
	rig_initiation(&rig, message);
	memset(message + 132, 0x5a, 16);
	arrive_from(PEER, 40000, 148);
	CU_ASSERT_EQUAL(passed(), 1);
	make_load();
	sends(&jar, PEER, 40000, 148);
	CU_ASSERT_FATAL(takes_cookie(&jar));
	memset(message, 0x33, sizeof(message));
	put_le32(message, MESSAGE_INITIATION);
	jar_add_macs(&jar, message, 148, rig.public_key, rig.now_ns);
	message[147] ^= 1;
	arrive_from(PEER, 40000, 148);
	CU_ASSERT_EQUAL(rig.stats.drop_mac2, 2);
	CU_ASSERT_EQUAL(wire_pop_all(&rig.wire), 1);
	CU_ASSERT_EQUAL(proven(), 0);
	passed();
	rig_close(&rig);
}

/* A4: a wrong mac1 draws nothing, whatever mac2 is. */
static void wrong_mac1(void)
{
	rig_open(&rig);
	make_load();
	rig_initiation(&rig, message);
	message[120] ^= 1;
	arrive_from(PEER, 40000, 148);
	CU_ASSERT_EQUAL(rig.stats.drop_mac1, 1);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	passed();
	rig_close(&rig);
}

static void secret_changes(void)
{
	struct jar jar = {0};

	rig_open(&rig);
	make_load();
	sends(&jar, PEER, 40000, 148);
	CU_ASSERT_FATAL(takes_cookie(&jar));
	rig.now_ns += 114 * CLOCK_SECOND; /* the ring is still long */
	sends(&jar, PEER, 40000, 148);
	CU_ASSERT_EQUAL(proven(), 1);
	struct jar kept = jar;
	rig.now_ns += 6 * CLOCK_SECOND; /* 120 s after the secret was drawn */
	kept.received_ns = rig.now_ns; /* a sender that does not forget */
	sends(&kept, PEER, 40000, 148);
	CU_ASSERT_EQUAL(proven(), 0);
	CU_ASSERT_TRUE(takes_cookie(&kept));
	passed();
	rig_close(&rig);
}

/* The ring to control, by other means than messages: those are kept from a ring that gets full. */
static bool guard_fills(unsigned n)
{
	while (n > 0 && ring_send(&rig.reports, &report, 1) == 1)
		n--;
	return n == 0;
}

/* C11: a ring that is full of what has no proof is not in the way of what has. */
static void full_ring(void)
{
	struct jar jar = {0};

	rig_open(&rig);
	make_load();
	sends(&jar, PEER, 40000, 148);
	CU_ASSERT_FATAL(takes_cookie(&jar));
	CU_ASSERT_FATAL(guard_fills(63 - LOAD));
	sends(&jar, PEER, 40000, 148);
	CU_ASSERT_EQUAL(proven(), 1);
	CU_ASSERT_EQUAL(passed(), 63);
	rig_close(&rig);
}

static void cookie_replies(unsigned n)
{
	put_le32(memset(message, 0, 148), MESSAGE_COOKIE);
	for (unsigned i = 0; i < n; i++)
		arrive_from(PEER + i, 40000, 64);
}

/* A20: we may be waiting for one ourselves; control knows whether it is good. */
static void cookie_replies_pass(void)
{
	rig_open(&rig);
	make_load();
	stranger(PEER, 1);
	CU_ASSERT_EQUAL(rig_sent(&rig), 42 + 64);
	CU_ASSERT_EQUAL(passed(), LOAD);
	cookie_replies(1);
	CU_ASSERT_EQUAL(passed(), 1);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	rig_close(&rig);
}

/* A22: they need no key, so no number of them is load: who comes then is not asked for proof. */
static void cookie_replies_are_no_load(void)
{
	rig_open(&rig);
	cookie_replies(100);
	CU_ASSERT_EQUAL(rig.stats.rx_handshake, LOAD / 2);
	CU_ASSERT_EQUAL(rig.stats.drop_limit, 100 - LOAD / 2);
	stranger(PEER, 40000);
	CU_ASSERT_EQUAL(rig.stats.tx_cookie, 0);
	CU_ASSERT_EQUAL(passed(), LOAD / 2 + 1);
	rig_close(&rig);
}

/* Who finds the ring full has no place in it, and so may come again when there is one. */
static void full_of_proven(void)
{
	static const struct rig_options small = {
		.links = 1, .mtu = 1500, .buffers = RIG_BUFFERS, .reports = 4, .handles = 1024};
	struct jar jars[4] = {0};

	rig_open_with(&rig, &small);
	stranger(PEER + 9, 1); /* one of three is load here */
	for (uint32_t i = 0; i < 4; i++) {
		sends(&jars[i], PEER + i, 40000, 148);
		CU_ASSERT_FATAL(takes_cookie(&jars[i]));
	}
	for (uint32_t i = 0; i < 4; i++)
		sends(&jars[i], PEER + i, 40000, 148);
	CU_ASSERT_EQUAL(rig.stats.rx_proven, 3);
	CU_ASSERT_EQUAL(rig.stats.drop_control_full, 1);
	CU_ASSERT_EQUAL(ring_receive(&rig.proven, &report, 1), 1);
	sends(&jars[3], PEER + 3, 40000, 148);
	CU_ASSERT_EQUAL(rig.stats.rx_proven, 4);
	CU_ASSERT_EQUAL(rig.stats.drop_source_limit, 0);
	CU_ASSERT_EQUAL(proven(), 3);
	passed();
	rig_close(&rig);
}

static void a_source_is_limited(void)
{
	struct jar jar = {0}, other = {0};

	rig_open(&rig);
	make_load();
	sends(&jar, PEER, 40000, 148);
	CU_ASSERT_FATAL(takes_cookie(&jar));
	sends(&other, PEER + 1, 40000, 148);
	CU_ASSERT_FATAL(takes_cookie(&other));
	for (unsigned i = 0; i < 9; i++)
		sends(&jar, PEER, 40000, 148);
	CU_ASSERT_EQUAL(proven(), 5);
	CU_ASSERT_EQUAL(rig.stats.drop_source_limit, 4);
	sends(&other, PEER + 1, 40000, 148);
	CU_ASSERT_EQUAL(proven(), 1);
	rig.now_ns += 50 * CLOCK_MS;
	sends(&jar, PEER, 40000, 148);
	CU_ASSERT_EQUAL(proven(), 1);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	passed();
	rig_close(&rig);
}

/* Who forges a source's address takes nothing of what is its. */
static void forged(void)
{
	struct jar jar = {0};

	rig_open(&rig);
	make_load();
	sends(&jar, PEER, 40000, 148);
	CU_ASSERT_FATAL(takes_cookie(&jar));
	for (unsigned i = 0; i < 100; i++) {
		rig_initiation(&rig, message);
		memset(message + 132, (int)(i + 1), 16);
		arrive_from(PEER, 40000, 148);
	}
	CU_ASSERT_EQUAL(rig.stats.drop_source_limit, 0);
	CU_ASSERT_EQUAL(wire_pop_all(&rig.wire), 100);
	sends(&jar, PEER, 40000, 148);
	CU_ASSERT_EQUAL(proven(), 1);
	passed();
	rig_close(&rig);
}

/* Proven ones that are too many for control: each source has one in the queue, and so its turn. */
static void each_its_turn(void)
{
	struct jar jars[20] = {0};

	rig_open(&rig);
	make_load();
	for (uint32_t i = 0; i < 20; i++) {
		sends(&jars[i], PEER + i, 40000, 148);
		CU_ASSERT_FATAL(takes_cookie(&jars[i]));
	}
	for (unsigned times = 0; times < 5; times++)
		for (uint32_t i = 0; i < 19; i++)
			sends(&jars[i], PEER + i, 40000, 148);
	/* the first eight places may go to anybody, then one for each */
	unsigned queued = (unsigned)rig.stats.rx_proven;
	CU_ASSERT(queued >= 19 && queued <= 8 + 19);
	sends(&jars[19], PEER + 19, 40000, 148);
	CU_ASSERT_EQUAL(rig.stats.rx_proven, queued + 1);
	/* control takes the first: its source may come again, the others still wait */
	CU_ASSERT_EQUAL(ring_receive(&rig.proven, &report, 1), 1);
	rig.now_ns += CLOCK_SECOND / 2;
	sends(&jars[19], PEER + 19, 40000, 148);
	CU_ASSERT_EQUAL(rig.stats.rx_proven, queued + 1);
	CU_ASSERT_EQUAL(proven(), queued);
	sends(&jars[19], PEER + 19, 40000, 148);
	CU_ASSERT_EQUAL(proven(), 1);
	passed();
	rig_close(&rig);
}

/*
 * 40 a second, of which 30 are for those that send no more than 2. One that floods is no load for these: they
 * are not asked for a cookie, and those that come when no more is left are refused.
 */
static void limit(void)
{
	rig_open_with(&rig, &limited);
	for (unsigned i = 0; i < 100; i++) {
		stranger(PEER, 40000); /* 2 within its share, 10 of the rest */
		passed();
	}
	CU_ASSERT_EQUAL(rig.stats.rx_handshake, 12);
	CU_ASSERT_EQUAL(rig.stats.drop_limit, 88);
	for (uint32_t i = 1; i < 50; i++) {
		stranger(PEER + i, 40000);
		passed();
	}
	CU_ASSERT_EQUAL(rig.stats.rx_handshake, 12 + 28);
	CU_ASSERT_EQUAL(rig.stats.tx_cookie, 0);
	CU_ASSERT_EQUAL(rig.stats.drop_limit, 88 + 21);
	rig.now_ns += CLOCK_SECOND;
	stranger(PEER, 40000);
	CU_ASSERT_EQUAL(passed(), 1);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	rig_close(&rig);
}

/* From many sources, with a wrong mac1: nothing of it gets to control. */
static void flood_of_strangers(void)
{
	for (uint32_t i = 0; i < 100; i++) {
		rig_initiation(&rig, message);
		message[120] ^= 1;
		arrive_from(0x0a090200 + i, 9, 148);
	}
}

/* C11: no key at all is needed to be above the limit. Who gets in once by luck has a cookie then. */
static void above_limit_is_load(void)
{
	struct jar jar = {0};

	rig_open_with(&rig, &limited);
	flood_of_strangers();
	sends(&jar, PEER, 40000, 148);
	CU_ASSERT_EQUAL(passed() + proven(), 0);
	rig.now_ns += CLOCK_SECOND / 2;
	sends(&jar, PEER, 40000, 148);
	CU_ASSERT_FATAL(takes_cookie(&jar));
	for (unsigned i = 0; i < 10; i++) {
		flood_of_strangers();
		sends(&jar, PEER, 40000, 148);
		CU_ASSERT_EQUAL(proven(), 1);
		rig.now_ns += CLOCK_SECOND / 2;
	}
	CU_ASSERT_EQUAL(passed(), 0);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	rig_close(&rig);
}

static void no_limit(void)
{
	rig_open(&rig); /* all three are 0 */
	for (unsigned i = 0; i < 10000; i++) {
		stranger(PEER, 40000);
		CU_ASSERT_EQUAL(passed(), 1);
	}
	rig_close(&rig);
}

/* C11: above the limit, what carries a right mac2 still gets through; nothing else does. */
static void proven_above_limit(void)
{
	struct jar jar = {0};

	rig_open_with(&rig, &limited);
	make_load();
	sends(&jar, PEER, 40000, 148);
	CU_ASSERT_FATAL(takes_cookie(&jar));
	for (uint32_t i = 0; i < 60; i++)
		stranger(FAR + i / 2, 9);
	wire_pop_all(&rig.wire);
	uint64_t before = rig.stats.drop_limit;
	CU_ASSERT(before > 0);
	sends(&jar, PEER, 40000, 148);
	CU_ASSERT_EQUAL(rig.stats.drop_limit, before);
	CU_ASSERT_EQUAL(proven(), 1);
	message[147] ^= 1;
	arrive_from(PEER, 40000, 148);
	CU_ASSERT_EQUAL(rig.stats.drop_limit, before + 1);
	sends(&jar, PEER, 40001, 148);
	CU_ASSERT_EQUAL(rig.stats.drop_limit, before + 2);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	passed();
	rig_close(&rig);
}

/* A message that says it has a cookie, which it has not. */
static void claims(uint32_t address, uint16_t port)
{
	rig_initiation(&rig, message);
	memset(message + 132, 0x5a, 16);
	arrive_from(address, port, 148);
}

/* C12: above the port's limit too mac2 is not looked at without end: here ten times a second. */
static void claims_above_limit(void)
{
	struct jar jar = {0};

	rig_open_with(&rig, &limited);
	make_load();
	sends(&jar, PEER, 40000, 148);
	CU_ASSERT_FATAL(takes_cookie(&jar));
	for (uint32_t i = 0; i < 60; i++)
		stranger(FAR + i / 2, 9);
	for (uint32_t i = 0; i < 100; i++) /* of one source: it leaves others what they need */
		claims(0x0a090200, 9);
	sends(&jar, PEER, 40000, 148);
	CU_ASSERT_EQUAL(proven(), 1);
	for (uint32_t i = 0; i < 100; i++)
		claims(0x0a090201 + i, 9);
	sends(&jar, PEER, 40000, 148);
	CU_ASSERT_EQUAL(proven(), 0); /* it is not known whether it is right */
	rig.now_ns += CLOCK_SECOND / 2;
	for (uint32_t i = 0; i < 100; i++)
		stranger(FAR + i / 2, 9);
	sends(&jar, PEER, 40000, 148);
	CU_ASSERT_EQUAL(proven(), 1);
	wire_pop_all(&rig.wire);
	passed();
	rig_close(&rig);
}

/* Nor below it: of 1000 messages 250 may be of that kind. */
static void claims_within_limit(void)
{
	static const struct rig_options o = {.links = 1, .mtu = 1500, .buffers = RIG_BUFFERS,
		.reports = 64, .handles = 1024, .limits = {1000, 0, 0}};

	rig_open_with(&rig, &o);
	make_load();
	for (uint32_t i = 0; i < 300; i++) {
		claims(FAR + i, 9);
		wire_pop_all(&rig.wire);
	}
	CU_ASSERT_EQUAL(rig.stats.tx_cookie, 250);
	CU_ASSERT_EQUAL(rig.stats.drop_limit, 50);
	stranger(PEER, 40000); /* who claims nothing is asked, as before */
	CU_ASSERT_EQUAL(rig.stats.tx_cookie, 251);
	wire_pop_all(&rig.wire);
	passed();
	rig_close(&rig);
}

static void cookie_limit(void)
{
	static const struct rig_options o = {.links = 1, .mtu = 1500, .buffers = RIG_BUFFERS,
		.reports = 64, .handles = 1024, .limits = {0, 2, 8}};

	rig_open_with(&rig, &o);
	make_load();
	for (unsigned i = 0; i < 20; i++)
		stranger(PEER, 40000); /* 2 within its share, 2 of the rest */
	CU_ASSERT_EQUAL(rig.stats.tx_cookie, 4);
	CU_ASSERT_EQUAL(rig.stats.drop_cookie_limit, 16);
	CU_ASSERT_EQUAL(rig.stats.drop_mac2, 4);
	stranger(PEER + 1, 40000);
	CU_ASSERT_EQUAL(rig.stats.tx_cookie, 5);
	CU_ASSERT_EQUAL(wire_pop_all(&rig.wire), 5);
	passed();
	rig_close(&rig);
}

/* A reply is made of the frame that asked for it, and leaves by no table that could be filled. */
static void no_neighbours(void)
{
	rig_open(&rig);
	make_load();
	for (uint32_t i = 0; i < 200; i++)
		stranger(0xc0a80121 + i % 50, (uint16_t)(1000 + i)); /* beside us, and not there */
	size_t n;
	while ((n = rig_sent(&rig)) > 0) {
		CU_ASSERT_EQUAL(n, 42 + 64);
		CU_ASSERT(mac_equal(rig.frame, wire_peer));
	}
	CU_ASSERT_EQUAL(rig.stats.tx_cookie, 200);
	passed();
	rig_close(&rig);
}

/* C11: of two devices in one process one may be under load. */
static void two_devices(void)
{
	struct guard a, b;
	struct ring rings[4];
	struct black_stats stats = {0};
	struct black_attack attack = {0};
	struct endpoint from = {.addr = {.family = 4, .bytes = {192, 0, 2, 1}}, .port = 5};
	uint64_t *counter;
	char name[16];

	rig_open(&rig);
	for (unsigned i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "device%u", i);
		CU_ASSERT_EQUAL_FATAL(
			ring_create(&rings[i], name, NULL, 64, sizeof(report)), 0);
	}
	struct guard_config c = {.zone = &rig.zone, .stats = &stats, .report = &attack,
		.unproven = rings[0], .proven = rings[1], .now_ns = rig.now_ns};
	CU_ASSERT_EQUAL_FATAL(guard_init(&a, &c), 0);
	c.unproven = rings[2];
	c.proven = rings[3];
	CU_ASSERT_EQUAL_FATAL(guard_init(&b, &c), 0);
	cookie_checker_init(&a.checker, rig.public_key);
	cookie_checker_init(&b.checker, rig.public_key);
	rig_initiation(&rig, message);
	for (unsigned i = 0; i < LOAD; i++)
		CU_ASSERT_TRUE(guard_send(&a, &report, false));
	CU_ASSERT_EQUAL(guard_judge(&a, message, 148, &from, rig.now_ns, &counter), GUARD_REPLY);
	CU_ASSERT_EQUAL(guard_judge(&b, message, 148, &from, rig.now_ns, &counter), GUARD_PASS);
	/* A22: the ring of the proven counts as well */
	for (unsigned i = 0; i < LOAD; i++)
		CU_ASSERT_TRUE(guard_send(&b, &report, true));
	CU_ASSERT_EQUAL(guard_judge(&b, message, 148, &from, rig.now_ns, &counter), GUARD_REPLY);
	guard_fini(&a);
	guard_fini(&b);
	for (unsigned i = 0; i < 4; i++)
		ring_destroy(&rings[i]);
	rig_close(&rig);
}

/* ---- over IPv6 ---- */

static void sends6(struct jar *jar, const char *from, uint16_t port, const char *to)
{
	memset(message, 0x33, sizeof(message));
	put_le32(message, MESSAGE_INITIATION);
	jar_add_macs(jar, message, 148, rig.public_key, rig.now_ns);
	rig_arrive(&rig, frame, wire_udp6(frame, from, port, to, LISTEN, message, 148));
}

/* It goes back from the address that was asked, and is right in its headers. */
static bool takes_cookie6(struct jar *jar, const char *from, const char *to)
{
	struct frame f;
	struct udp u;
	size_t n = rig_sent(&rig);

	return n == 62 + 64 && frame_parse(&f, rig.frame, n, wire_peer) == FRAME_IPV6 &&
	       wire_is6(rig.frame + 22, from) && wire_is6(rig.frame + 38, to) &&
	       udp_parse(&u, &f.ip) == 0 && u.has_checksum && udp_checksum_ok(&u, &f.ip) &&
	       jar_consume(jar, (const struct message_cookie *)(rig.frame + 62), rig.public_key,
		       rig.now_ns) == 0;
}

static void over_ipv6(void)
{
	static const struct rig_options options = {.links = 1, .mtu = 1500,
		.buffers = RIG_BUFFERS, .reports = 64, .handles = 1024, .ipv6 = true};
	static const char *const others[] = {"2001:db8::21", "2001:db9::20", "2001:db8:0:1::20"};
	struct jar jar = {0}, neighbour = {0};

	rig_open_with(&rig, &options);
	make_load();
	sends6(&jar, PEER6, 40000, SECOND6);
	CU_ASSERT_FATAL(takes_cookie6(&jar, SECOND6, PEER6));
	/* good for one address, all 16 bytes of it, and one port */
	for (unsigned i = 0; i < 3; i++) {
		sends6(&jar, others[i], 40000, OURS6);
		CU_ASSERT_EQUAL(rig_sent(&rig), 62 + 64);
	}
	sends6(&jar, PEER6, 40001, OURS6);
	CU_ASSERT_EQUAL(rig_sent(&rig), 62 + 64);
	CU_ASSERT_EQUAL(proven(), 0);
	/* whichever of our addresses it comes to; and a /64 is one source */
	sends6(&neighbour, "2001:db8::21", 7, OURS6);
	CU_ASSERT_FATAL(takes_cookie6(&neighbour, OURS6, "2001:db8::21"));
	for (unsigned i = 0; i < 8; i++)
		sends6(i % 2 ? &jar : &neighbour, i % 2 ? PEER6 : "2001:db8::21",
			i % 2 ? 40000 : 7, i % 4 < 2 ? OURS6 : SECOND6);
	CU_ASSERT_EQUAL(proven(), 5);
	CU_ASSERT_EQUAL(rig.stats.drop_source_limit, 3);
	CU_ASSERT_EQUAL(report.remote.addr.family, 6);
	passed();
	rig_close(&rig);
}

static const struct unit_test tests[] = {
	{"A21, A22: under load from an eighth of the ring on", load_begins},
	{"A22: and for a second after", load_lingers},
	{"A4, A19, A52: the cookie reply", the_reply},
	{"A21: initiations and responses with a right mac2 pass, by a ring of their own", proof},
	{"A21, C13: a cookie is good for one address and port", of_another},
	{"A21: off load mac2 is ignored, under load a wrong one draws a cookie reply", wrong_mac2},
	{"A4, A16: under load too a wrong mac1 draws nothing", wrong_mac1},
	{"A18: cookies end with the secret", secret_changes},
	{"C11: a flood without proof does not block what has it", full_ring},
	{"A20: cookie replies pass under load", cookie_replies_pass},
	{"A20, A22: cookie replies are no load", cookie_replies_are_no_load},
	{"drop_control_full: who finds no place has no turn", full_of_proven},
	{"A23: under load a source has twenty a second, five at once", a_source_is_limited},
	{"A23: forged messages use up nothing of a source's", forged},
	{"C12: of many that are proven each has its turn", each_its_turn},
	{"C12: HandshakeLimit, and what is kept of it for those within their share", limit},
	{"A22, C11: to be above the limit is load", above_limit_is_load},
	{"limits of 0 are none", no_limit},
	{"C11: the limit does not stop what carries a cookie", proven_above_limit},
	{"C12: so many claims to have a cookie are looked at above the limit", claims_above_limit},
	{"C12: and so many below it", claims_within_limit},
	{"C12: CookieLimit, and what is kept of it for those within their share", cookie_limit},
	{"C12: cookie replies need no neighbour table", no_neighbours},
	{"A22, C11: load is a device's own", two_devices},
	{"A18, A19, A23, A52: cookies and limits over IPv6", over_ipv6},
	{NULL, NULL},
};

const struct unit_suite suite_guard = {"guard", tests};
