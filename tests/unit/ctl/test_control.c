/* SPDX-License-Identifier: BSD-3-Clause */
/* Changes of the device: what the domains are told, in which order, and when the client is
 * answered. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control_rig.h"
#include "suites.h"

static struct rig rig;

static bool begin_with(unsigned ring)
{
	rig_add_peer(&rig, "siteB", 2, "10.0.2.0/24");
	rig_add_peer(&rig, "", 3, "10.0.3.0/24");
	endpoint_parse(&rig.file.peers[0].endpoint, "192.0.2.1:51820");
	if (!rig_start(&rig, ring)) {
		CU_FAIL(rig.error);
		return false;
	}
	rig_settle(&rig);
	return true;
}

static void begin(void)
{
	rig_open(&rig);
	CU_ASSERT_FATAL(begin_with(1024));
}

static void end(void)
{
	rig_close(&rig);
	CU_ASSERT_EQUAL(rig.tables, 0);
}

static uint32_t lookup(const struct rig *r, uint8_t a, uint8_t b, uint8_t c)
{
	return allowedips_lookup4(r->control->routing.active, (uint8_t[]){a, b, c, 1});
}

static bool red_knows(const char *text)
{
	struct ip_prefix p;

	prefix_parse(&p, text);
	for (unsigned i = 0; i < rig.red_count; i++) {
		if (prefix_equal(&rig.red[i], &p))
			return true;
	}
	return false;
}

__attribute__((format(printf, 1, 2))) static const char *set(const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return rig_ask(&rig, true, text);
}

/* ---- start ---- */

static void test_start(void)
{
	rig_open(&rig);
	rig.file.secure = &(struct ip_prefix){.addr = {.family = 4, .bytes = {10}}, .length = 8};
	rig.file.secure_count = 1;
	rig.hold_acks = true;
	CU_ASSERT_FATAL(begin_with(1024));
	uint32_t b = rig_slot(&rig, 2), other = rig_slot(&rig, 3);
	CU_ASSERT(rig_find(&rig, CRYPT_PEER, b) >= 0 && rig_find(&rig, CRYPT_PEER, other) >= 0);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_PEER), 3); /* siteB twice: then with its endpoint */
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_ROUTES), 1);
	CU_ASSERT(red_knows("10.0.0.0/8") && red_knows("10.0.2.0/24") && red_knows("10.0.3.0/24"));
	CU_ASSERT_FALSE(rig.control->ready); /* crypt has not said that it has the routes */
	rig_ack(&rig);
	rig.hold_acks = false;
	rig_settle(&rig);
	CU_ASSERT(rig.control->ready);
	CU_ASSERT_EQUAL(lookup(&rig, 10, 0, 2), b);
	CU_ASSERT_EQUAL(lookup(&rig, 10, 0, 3), other);
	unsigned identity = 0, endpoint = 0;
	for (unsigned i = 0; i < rig.black_count; i++) {
		identity += rig.black[i].kind == BLACK_IDENTITY && rig.black[i].length == 32;
		endpoint += rig.black[i].kind == BLACK_ENDPOINT && rig.black[i].slot == b;
	}
	CU_ASSERT(identity == 1 && endpoint == 1);
	end();
}

static void test_start_without_peers(void)
{
	rig_open(&rig);
	CU_ASSERT_FATAL(rig_start(&rig, 64));
	rig_settle(&rig);
	CU_ASSERT(rig.control->ready);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_ROUTES), 1); /* an empty table, not none */
	end();
}

static void test_too_many(void)
{
	rig_open(&rig);
	rig.config.max_peers = 3;
	for (uint8_t i = 2; i < 6; i++)
		rig_add_peer(&rig, "", i, NULL);
	CU_ASSERT_FALSE(rig_start(&rig, 64));
	CU_ASSERT_EQUAL(rig.status, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.error, "more than there is room for"));
	end();
}

/* Rings of one element, and a crypt that takes one order a round: all arrive, in order. */
static void test_full_rings(void)
{
	rig_open(&rig);
	for (unsigned i = 0; i < 300; i++) {
		char text[32];
		snprintf(text, sizeof(text), "10.%u.%u.0/24", i / 200, i % 200);
		struct config_peer *peer = rig_add_peer(&rig, "", 0, text);
		memcpy(peer->public_key, &i, sizeof(i));
		peer->public_key[31] = 1;
		endpoint_parse(&peer->endpoint, "192.0.2.1:51820");
	}
	CU_ASSERT_FATAL(rig_start(&rig, 1));
	unsigned most = 0;
	for (unsigned i = 0; i < 20000 && !rig.control->ready; i++) {
		rig_round(&rig);
		most = rig.control->to_crypt[0].count > most ? rig.control->to_crypt[0].count : most;
		rig_domains(&rig);
	}
	CU_ASSERT(rig.control->ready && !rig.control->failed);
	CU_ASSERT(most > 100 && most < OUTBOX_CAPACITY); /* it did queue */
	CU_ASSERT_EQUAL_FATAL(rig.order_count, 601);
	for (unsigned i = 0; i < 600; i++) {
		CU_ASSERT_EQUAL(rig.orders[i].kind, CRYPT_PEER);
		CU_ASSERT_EQUAL(rig.orders[i].slot, i / 2);
		CU_ASSERT_EQUAL(rig.orders[i].endpoint, i % 2);
	}
	CU_ASSERT_EQUAL(rig.orders[600].kind, CRYPT_ROUTES);
	CU_ASSERT_EQUAL(rig.red_count, 300);
	end();
}

/* ---- peers ---- */

static void test_add(void)
{
	begin();
	rig_forget(&rig);
	const char *answer =
		set("set=1\npublic_key=%s\nendpoint=192.0.2.9:1000\nallowed_ip=10.9.0.0/16\n"
		    "allowed_ip=10.0.2.0/24\n\n",
			rig_hex(9));
	CU_ASSERT_STRING_EQUAL(answer, "errno=0\n\n");
	uint32_t slot = rig_slot(&rig, 9);
	CU_ASSERT_NOT_EQUAL_FATAL(slot, UINT32_MAX);
	CU_ASSERT_EQUAL(lookup(&rig, 10, 9, 9), slot);
	CU_ASSERT_EQUAL(lookup(&rig, 10, 0, 2), slot); /* A46: moved away from siteB */
	CU_ASSERT(red_knows("10.9.0.0/16"));
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_ROUTES), 1);
	CU_ASSERT(rig_find(&rig, CRYPT_PEER, slot) < rig_find(&rig, CRYPT_ROUTES, 0));
	end();
}

static void test_coalesced(void)
{
	static char text[65536];
	size_t used = (size_t)snprintf(text, sizeof(text), "set=1\n");

	begin();
	rig_forget(&rig);
	for (unsigned i = 0; i < 100; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
			"public_key=%s\nallowed_ip=172.16.%u.0/24\nallowed_ip=172.17.%u.0/24\n",
			rig_hex((uint8_t)(100 + i)), i, i);
	snprintf(text + used, sizeof(text) - used, "\n");
	CU_ASSERT_STRING_EQUAL(rig_ask(&rig, true, text), "errno=0\n\n");
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_PEER), 100);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_ROUTES), 1);
	CU_ASSERT_EQUAL(lookup(&rig, 172, 17, 99), rig_slot(&rig, 199));
	CU_ASSERT_EQUAL(rig.tables, 1); /* the former one was freed */
	rig_forget(&rig);
	set("set=1\npublic_key=%s\npersistent_keepalive_interval=5\n\n", rig_hex(2));
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_ROUTES), 0); /* no route changed */
	end();
}

/* The answer comes after crypt's ack, and routes are withdrawn before the peer is. */
static void test_remove(void)
{
	char text[256];

	begin();
	uint32_t slot = rig_slot(&rig, 2);
	rig_forget(&rig);
	rig.hold_acks = true;
	int fd = rig_connect(&rig, true);
	snprintf(text, sizeof(text), "set=1\npublic_key=%s\nremove=true\n\n", rig_hex(2));
	CU_ASSERT(rig_write(fd, text));
	rig_settle(&rig);
	CU_ASSERT_EQUAL_FATAL(rig.order_count, 1);
	CU_ASSERT_EQUAL(rig.orders[0].kind, CRYPT_ROUTES);
	rig_ack(&rig);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(lookup(&rig, 10, 0, 2), ALLOWEDIPS_NONE);
	CU_ASSERT_EQUAL_FATAL(rig.order_count, 2);
	CU_ASSERT(rig.orders[1].kind == CRYPT_REMOVE && rig.orders[1].slot == slot);
	CU_ASSERT(rig.black_count == 1 && rig.black[0].kind == BLACK_NO_ENDPOINT);
	CU_ASSERT_EQUAL(rig_slot(&rig, 2), UINT32_MAX);
	CU_ASSERT_STRING_EQUAL(rig_read(fd), "");
	rig_ack(&rig);
	rig_settle(&rig);
	CU_ASSERT_STRING_EQUAL(rig_read(fd), "errno=0\n\n");
	CU_ASSERT(red_knows("10.0.2.0/24") || rig.red_count == 0); /* it stays behind the tunnel */
	CU_ASSERT_EQUAL(rig.control->routing.tunnel.count, 2);
	close(fd);
	end();
}

/* C32: what was routed to a peer that goes never reaches the one that takes its slot. */
static void test_slot_reuse(void)
{
	char text[512];

	rig_open(&rig);
	rig.config.max_peers = 2;
	CU_ASSERT_FATAL(begin_with(1024));
	uint32_t slot = rig_slot(&rig, 2);
	rig_forget(&rig);
	rig.hold_acks = true;
	int fd = rig_connect(&rig, true);
	snprintf(text, sizeof(text),
		"set=1\npublic_key=%s\nremove=true\npublic_key=%s\nallowed_ip=10.7.0.0/16\n\n",
		rig_hex(2), rig_hex(7));
	CU_ASSERT(rig_write(fd, text));
	for (unsigned i = 0; i < 3; i++) { /* routes, removal, routes */
		rig_settle(&rig);
		CU_ASSERT_EQUAL(rig_slot(&rig, 7), i < 2 ? UINT32_MAX : slot);
		rig_ack(&rig);
	}
	rig_settle(&rig);
	CU_ASSERT_STRING_EQUAL(rig_read(fd), "errno=0\n\n");
	CU_ASSERT_EQUAL(rig.orders[0].kind, CRYPT_ROUTES);
	CU_ASSERT_EQUAL(rig.orders[1].kind, CRYPT_REMOVE);
	CU_ASSERT_EQUAL(rig.orders[2].kind, CRYPT_PEER);
	CU_ASSERT_EQUAL(rig.orders[3].kind, CRYPT_ROUTES);
	CU_ASSERT_EQUAL(lookup(&rig, 10, 0, 2), ALLOWEDIPS_NONE);
	CU_ASSERT_EQUAL(lookup(&rig, 10, 7, 0), slot);
	close(fd);
	end();
}

static void test_replace_peers(void)
{
	begin();
	rig_forget(&rig);
	CU_ASSERT_STRING_EQUAL(
		set("set=1\nreplace_peers=true\npublic_key=%s\nallowed_ip=10.8.0.0/16\n\n",
			rig_hex(3)),
		"errno=0\n\n");
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_REMOVE), 2);
	CU_ASSERT_EQUAL(rig_slot(&rig, 2), UINT32_MAX);
	CU_ASSERT_EQUAL(lookup(&rig, 10, 0, 3), ALLOWEDIPS_NONE);
	CU_ASSERT_EQUAL(lookup(&rig, 10, 8, 0), rig_slot(&rig, 3));
	end();
}

/* syncconf: an unchanged peer's list comes again, with replace_allowed_ips. One swap, no gap. */
static void test_sync(void)
{
	begin();
	const struct allowedips *before = rig.control->routing.active;
	rig_forget(&rig);
	rig.hold_acks = true;
	char text[256];
	int fd = rig_connect(&rig, true);
	snprintf(text, sizeof(text),
		"set=1\npublic_key=%s\nreplace_allowed_ips=true\nallowed_ip=10.0.2.0/24\n\n",
		rig_hex(2));
	CU_ASSERT(rig_write(fd, text));
	rig_settle(&rig);
	CU_ASSERT_PTR_EQUAL(rig.control->routing.active, before);
	CU_ASSERT_EQUAL(lookup(&rig, 10, 0, 2), rig_slot(&rig, 2));
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_ROUTES), 1);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_REMOVE), 0);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_WIPE), 0);
	rig_ack(&rig);
	rig.hold_acks = false;
	rig_settle(&rig);
	CU_ASSERT_STRING_EQUAL(rig_read(fd), "errno=0\n\n");
	CU_ASSERT_EQUAL(lookup(&rig, 10, 0, 2), rig_slot(&rig, 2));
	close(fd);
	end();
}

/* ---- refused whole ---- */

static void test_refused_whole(void)
{
	char text[512];

	rig_open(&rig);
	rig.config.max_peers = 3;
	rig.config.max_prefixes = 4;
	CU_ASSERT_FATAL(begin_with(1024));
	rig_forget(&rig);
	snprintf(text, sizeof(text),
		"set=1\nlisten_port=5\npublic_key=%s\npublic_key=%s\nallowed_ip=::/0\n\n",
		rig_hex(8), rig_hex(9));
	CU_ASSERT_STRING_EQUAL(rig_ask(&rig, true, text), "errno=-28\n\n"); /* ENOSPC: peers */
	CU_ASSERT_STRING_EQUAL(
		set("set=1\npublic_key=%s\nallowed_ip=10.1.0.0/16\nallowed_ip=10.2.0.0/16\n"
		    "allowed_ip=10.3.0.0/16\n\n",
			rig_hex(3)),
		"errno=-28\n\n"); /* prefixes */
	CU_ASSERT_STRING_EQUAL(
		set("set=1\nlisten_port=7\npublic_key=%s\nremove=maybe\n\n", rig_hex(2)),
		"errno=-22\n\n");
	rig.refuse_tables = 4;
	CU_ASSERT_STRING_EQUAL(set("set=1\nlisten_port=6\npublic_key=%s\nallowed_ip=10.1.0.0/16\n"
				   "allowed_ip=10.2.0.0/16\n\n",
				       rig_hex(3)),
		"errno=-12\n\n"); /* ENOMEM: routes */
	CU_ASSERT_EQUAL(rig.order_count + rig.black_count + rig.red_count, 0);
	CU_ASSERT_EQUAL(rig.control->listen_port, 51820);
	CU_ASSERT_EQUAL(rig.tables, 1);
	rig.refuse_tables = 0;
	CU_ASSERT_STRING_EQUAL(
		set("set=1\npublic_key=%s\nallowed_ip=10.1.0.0/16\nallowed_ip=10.2.0.0/16\n\n",
			rig_hex(3)),
		"errno=0\n\n");
	end();
}

/* ---- the device ---- */

static void test_private_key(void)
{
	char text[256];

	begin();
	rig_forget(&rig);
	CU_ASSERT_STRING_EQUAL(set("set=1\nprivate_key=%s\n\n", rig_hex(0x11)), "errno=0\n\n");
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_WIPE), 0); /* C25: the same key */
	CU_ASSERT_EQUAL(rig.black_count, 0); /* it would forget its cookies' secrets */
	rig.hold_acks = true;
	int fd = rig_connect(&rig, true);
	snprintf(text, sizeof(text), "set=1\nprivate_key=%s\n\n", rig_hex(0x44));
	CU_ASSERT(rig_write(fd, text));
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_WIPE), 2);
	CU_ASSERT_STRING_EQUAL(rig_read(fd), "");
	rig_ack(&rig);
	rig_settle(&rig);
	CU_ASSERT_STRING_EQUAL(rig_read(fd), "errno=0\n\n");
	uint8_t public[32];
	CU_ASSERT(wg_public_key(rig.control->device, public));
	const struct black_order *last = &rig.black[rig.black_count - 1];
	CU_ASSERT(last->kind == BLACK_IDENTITY && last->length == 32);
	CU_ASSERT_EQUAL(memcmp(last->data, public, 32), 0);
	close(fd);
	rig.hold_acks = false;
	CU_ASSERT_STRING_EQUAL(set("set=1\nprivate_key=%s\n\n", rig_hex(0)), "errno=0\n\n");
	CU_ASSERT_FALSE(wg_public_key(rig.control->device, public));
	last = &rig.black[rig.black_count - 1];
	CU_ASSERT(last->kind == BLACK_IDENTITY && last->length == 0);
	end();
}

static void hex_of(char text[static 65], const uint8_t key[static 32])
{
	for (unsigned i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", key[i]);
}

static void test_own_key(void)
{
	uint8_t public[32];
	char hex[65];

	begin();
	CU_ASSERT_FATAL(wg_public_key(rig.control->device, public));
	hex_of(hex, public);
	rig_forget(&rig);
	CU_ASSERT_STRING_EQUAL(
		set("set=1\npublic_key=%s\nallowed_ip=10.5.0.0/16\n\n", hex), "errno=0\n\n");
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_PEER), 0);
	CU_ASSERT_EQUAL(wg_peer_find(rig.control->device, public), -2 /* ENOENT */);
	CU_ASSERT_EQUAL(lookup(&rig, 10, 5, 0), ALLOWEDIPS_NONE);
	/* The key goes, the peer may come; the key returns, and the peer goes like any other. */
	set("set=1\nprivate_key=%s\n\n", rig_hex(0x33));
	CU_ASSERT_STRING_EQUAL(
		set("set=1\npublic_key=%s\nallowed_ip=10.5.0.0/16\n\n", hex), "errno=0\n\n");
	int64_t slot = wg_peer_find(rig.control->device, public);
	CU_ASSERT_FATAL(slot >= 0);
	rig_forget(&rig);
	set("set=1\nprivate_key=%s\n\n", rig_hex(0x11));
	CU_ASSERT(rig_find(&rig, CRYPT_REMOVE, (uint32_t)slot) >= 0);
	CU_ASSERT_EQUAL(wg_peer_find(rig.control->device, public), -2);
	end();
}

static void test_listen_port(void)
{
	begin();
	rig_forget(&rig);
	CU_ASSERT_STRING_EQUAL(
		rig_ask(&rig, true, "set=1\nlisten_port=1234\nfwmark=0\n\n"), "errno=0\n\n");
	CU_ASSERT_FATAL(rig.black_count == 1);
	CU_ASSERT(rig.black[0].kind == BLACK_LISTEN && rig.black[0].remote.port == 1234);
	rig_ask(&rig, true, "set=1\nlisten_port=0\n\n"); /* any */
	CU_ASSERT(rig.black[1].kind == BLACK_LISTEN && rig.black[1].remote.port >= 49152);
	end();
}

/* ---- many at once ---- */

/* Two requests and a get at the same time: one after the other, and the get sees all of both. */
static void test_one_at_a_time(void)
{
	char text[256];
	int fds[3];

	begin();
	rig_forget(&rig);
	rig.hold_acks = true;
	for (unsigned i = 0; i < 3; i++)
		fds[i] = rig_connect(&rig, true);
	rig_round(&rig);
	for (unsigned i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "set=1\npublic_key=%s\nallowed_ip=10.%u.0.0/16\n\n",
			rig_hex((uint8_t)(20 + i)), 20 + i);
		CU_ASSERT(rig_write(fds[i], text));
		rig_round(&rig);
	}
	CU_ASSERT(rig_write(fds[2], "get=1\n\n"));
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_ROUTES), 1);
	CU_ASSERT_EQUAL(rig_slot(&rig, 21), UINT32_MAX);
	CU_ASSERT_STRING_EQUAL(rig_read(fds[2]), "");
	rig_ack(&rig);
	rig_settle(&rig);
	CU_ASSERT_STRING_EQUAL(rig_read(fds[0]), "errno=0\n\n");
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_ROUTES), 2);
	CU_ASSERT_STRING_EQUAL(rig_read(fds[2]), "");
	rig_ack(&rig);
	rig_settle(&rig);
	CU_ASSERT_STRING_EQUAL(rig_read(fds[1]), "errno=0\n\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_read(fds[2]), "allowed_ip=10.21.0.0/16\nerrno=0\n\n"));
	for (unsigned i = 0; i < 3; i++)
		close(fds[i]);
	end();
}

/* Who asked hangs up: the change is made all the same, and the next one is served. */
static void test_client_gone(void)
{
	char text[256];

	begin();
	rig.hold_acks = true;
	int fd = rig_connect(&rig, true);
	snprintf(text, sizeof(text), "set=1\npublic_key=%s\nremove=true\n\n", rig_hex(2));
	CU_ASSERT(rig_write(fd, text));
	rig_settle(&rig);
	close(fd);
	rig_settle(&rig);
	CU_ASSERT_PTR_NULL(rig.control->run.client);
	rig.hold_acks = false;
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig_slot(&rig, 2), UINT32_MAX);
	CU_ASSERT_STRING_EQUAL(set("set=1\npublic_key=%s\n\n", rig_hex(5)), "errno=0\n\n");
	end();
}

/* crypt says nothing: the client is told so, and no slot is given away. */
static void test_no_ack(void)
{
	char text[256];

	begin();
	rig.hold_acks = true;
	int fd = rig_connect(&rig, true);
	snprintf(text, sizeof(text), "set=1\npublic_key=%s\nremove=true\n\n", rig_hex(2));
	CU_ASSERT(rig_write(fd, text));
	rig_settle(&rig);
	rig.late_ns = 11 * CLOCK_SECOND;
	rig_settle(&rig);
	CU_ASSERT_STRING_EQUAL(rig_read(fd), "errno=-110\n\n");
	CU_ASSERT_NOT_EQUAL(rig.control->run.stage, STAGE_NONE);
	close(fd);
	end();
}

/* As long as something moves the answer is yet to come, however long it takes. */
static void test_long_change(void)
{
	static char text[200 * 96];
	size_t used = (size_t)snprintf(text, sizeof(text), "set=1\n");

	begin();
	for (unsigned i = 0; i < 200; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "public_key=%s\n", rig_hex((uint8_t)(i + 10)));
	snprintf(text + used, sizeof(text) - used, "allowed_ip=10.200.0.0/16\n\n");
	int fd = rig_connect(&rig, true), other = rig_connect(&rig, false);
	CU_ASSERT(rig_write(fd, text));
	for (unsigned i = 0; i < 100 && rig.control->run.stage == STAGE_NONE; i++)
		rig_round(&rig);
	CU_ASSERT(rig_write(other, "verb=show\n\n"));
	unsigned rounds = 0;
	rig.hold_acks = true; /* so that it does not end within the loop */
	for (; rounds < 100 && rig.control->run.stage != STAGE_SETTLE; rounds++) {
		rig.late_ns += 9 * CLOCK_SECOND;
		rig_round(&rig);
		rig_domains(&rig);
	}
	CU_ASSERT(rounds > 3 && rounds < 100);
	CU_ASSERT_STRING_EQUAL(rig_read(fd), "");
	CU_ASSERT_STRING_EQUAL(rig_read(other), "");
	rig.late_ns = 0; /* an answer's time is by the true clock */
	rig.hold_acks = false;
	rig_ack(&rig);
	rig_settle(&rig);
	CU_ASSERT_STRING_EQUAL(rig_read(fd), "errno=0\n\n");
	CU_ASSERT_EQUAL(strncmp(rig_read(other), "name=siteA\n", 11), 0);
	close(fd);
	close(other);
	end();
}

static const struct unit_test tests[] = {
	{"start: peers, routes, prefixes; ready after crypt's ack", test_start},
	{"start: no peers: an empty table", test_start_without_peers},
	{"start: more peers than there is room for", test_too_many},
	{"C24: full rings lose nothing and keep the order", test_full_rings},
	{"A46: a peer is added, a prefix moves", test_add},
	{"routes: one table for a request of a hundred peers, none for no route", test_coalesced},
	{"C15: removal is answered after crypt's ack", test_remove},
	{"C32: a slot is another's only when nothing leads to it any more", test_slot_reuse},
	{"U: replace_peers", test_replace_peers},
	{"U: syncconf's replace_allowed_ips is one swap", test_sync},
	{"U: refused whole: too many, wrong, no memory", test_refused_whole},
	{"A54, C25: a new private key wipes all sessions, the same one none", test_private_key},
	{"A53: a peer with our own key", test_own_key},
	{"U: listen_port", test_listen_port},
	{"U: one change at a time, first come first served", test_one_at_a_time},
	{"U: a client that does not wait", test_client_gone},
	{"U: a crypt that does not ack", test_no_ack},
	{"a change that goes on is not given up, nor who waits for it", test_long_change},
	{NULL, NULL},
};

const struct unit_suite suite_control = {"control", tests};
