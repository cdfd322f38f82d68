/* SPDX-License-Identifier: BSD-3-Clause */
/* Changes of more peers than one round deals with, under traffic. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control_rig.h"
#include "suites.h"
#include "wg/state.h"

#define MANY 101 /* more than three times ROUND_EDITS */

static struct rig rig;
static char *text; /* a request that is being put together */
static size_t used;
static int client = -1;

/* Peer i of a generation. */
static void make_key(uint8_t key[static 32], unsigned generation, unsigned i)
{
	memset(key, 0, 32);
	key[0] = (uint8_t)i;
	key[1] = (uint8_t)generation;
	key[31] = 1;
}

/* There is room for as many, so that others can only have their slots. */
static void begin(void)
{
	char prefix[32];

	rig_open(&rig);
	rig.config.max_peers = MANY;
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(prefix, sizeof(prefix), "10.1.%u.0/24", i);
		struct config_peer *peer = rig_add_peer(&rig, "", 0, prefix);
		make_key(peer->public_key, 1, i);
		endpoint_parse(&peer->endpoint, "192.0.2.1:51820");
	}
	CU_ASSERT_FATAL(rig_start(&rig, 1024));
	rig_settle(&rig);
	CU_ASSERT_FATAL(rig.control->ready);
	rig_forget(&rig);
	text = calloc(1, 1 << 16);
	used = 0;
}

static void end(void)
{
	CU_ASSERT_EQUAL(rig.control->run.stage, STAGE_NONE);
	CU_ASSERT_EQUAL(rig.control->removals + rig.control->wipes, 0);
	CU_ASSERT_FALSE(rig.control->failed);
	free(text);
	if (client >= 0)
		close(client);
	client = -1;
	rig_close(&rig);
	CU_ASSERT_EQUAL(rig.tables, 0);
}

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	used += (size_t)vsnprintf(text + used, (1 << 16) - used, format, arguments);
	va_end(arguments);
}

static void say_peer(unsigned generation, unsigned i)
{
	uint8_t key[32];

	make_key(key, generation, i);
	say("public_key=");
	for (unsigned k = 0; k < 32; k++)
		say("%02x", key[k]);
	say("\n");
}

/* Hands the request over; what control does with it comes round by round. */
static void ask(void)
{
	size_t at = 0;

	say("\n");
	client = rig_connect(&rig, true);
	while (at < used) {
		ssize_t n = write(client, text + at, used - at);
		at += n > 0 ? (size_t)n : 0;
		if (at < used)
			rig_round(&rig);
	}
}

/* Every peer has something to send all the time. */
static void round_under_traffic(void)
{
	for (uint32_t slot = 0; slot < MANY; slot++)
		rig_event(&rig, slot, PEER_NEEDS_SESSION, 0);
	rig_round(&rig);
	rig_domains(&rig);
}

static unsigned run_to_the_answer(void)
{
	unsigned rounds = 0;

	for (; rounds < 100; rounds++) {
		round_under_traffic();
		const char *answer = rig_read(client);
		if (answer[0]) {
			CU_ASSERT_STRING_EQUAL(answer, "errno=0\n\n");
			break;
		}
	}
	return rounds;
}

static uint32_t slot_of(unsigned generation, unsigned i)
{
	uint8_t key[32];

	make_key(key, generation, i);
	int64_t slot = wg_peer_find(rig.control->device, key);
	return slot < 0 ? UINT32_MAX : (uint32_t)slot;
}

static uint32_t lookup(unsigned second, unsigned third)
{
	return allowedips_lookup4(rig.control->routing.active,
		(uint8_t[]){10, (uint8_t)second, (uint8_t)third, 1});
}

static unsigned count_of(enum crypt_order_kind kind, uint32_t slot)
{
	unsigned n = 0;

	for (unsigned i = 0; i < rig.order_count; i++)
		n += rig.orders[i].kind == kind && rig.orders[i].slot == slot;
	return n;
}

/* Where the first message to the peer is among what black was told; -1: there is none. */
static int first_message(uint32_t slot)
{
	for (unsigned i = 0; i < rig.black_count; i++)
		if (rig.black[i].kind == BLACK_SEND && rig.black[i].slot == slot)
			return (int)i;
	return -1;
}

static void each_once(enum crypt_order_kind kind)
{
	CU_ASSERT_EQUAL(rig_count(&rig, kind), MANY);
	for (uint32_t slot = 0; slot < MANY; slot++)
		CU_ASSERT_EQUAL(count_of(kind, slot), 1);
}

/* No order of a peer comes after the one that it goes, neither to crypt nor to black. */
static void nothing_after_the_end(void)
{
	for (uint32_t slot = 0; slot < MANY; slot++) {
		int last = rig_find(&rig, CRYPT_REMOVE, slot);
		bool gone = false;
		for (unsigned i = (unsigned)last + 1; i < rig.order_count; i++)
			CU_ASSERT(rig.orders[i].kind == CRYPT_ROUTES || rig.orders[i].slot != slot);
		for (unsigned i = 0; i < rig.black_count; i++) {
			CU_ASSERT(!gone || rig.black[i].slot != slot);
			gone |= rig.black[i].kind == BLACK_NO_ENDPOINT && rig.black[i].slot == slot;
		}
		CU_ASSERT_TRUE(gone);
	}
}

static void remove_all(void)
{
	begin();
	say("set=1\nreplace_peers=true\n");
	ask();
	run_to_the_answer();
	each_once(CRYPT_REMOVE);
	nothing_after_the_end();
	CU_ASSERT_EQUAL(rig.orders[0].kind, CRYPT_ROUTES); /* first nothing leads to them */
	CU_ASSERT_EQUAL(wg_peer_next(rig.control->device, 0), UINT32_MAX);
	for (unsigned i = 0; i < MANY; i++) {
		CU_ASSERT_EQUAL(rig.control->peers[i].use, PEER_UNUSED);
		CU_ASSERT_EQUAL(lookup(1, i), ALLOWEDIPS_NONE);
	}
	CU_ASSERT_EQUAL(rig.control->routing.master.count, 0);
	CU_ASSERT_EQUAL(wg_next_deadline(rig.control->device), UINT64_MAX);
	end();
}

/* crypt's last ack of a removal comes late: until then no slot is another's, also of those acked. */
static void replace_all(void)
{
	begin();
	say("set=1\nreplace_peers=true\n");
	for (unsigned i = 0; i < MANY; i++) {
		say_peer(2, i);
		say("endpoint=192.0.2.2:51820\nallowed_ip=10.2.%u.0/24\n", i);
	}
	ask();
	for (unsigned i = 0; i < 100 && rig_count(&rig, CRYPT_REMOVE) < MANY; i++) {
		rig.hold_acks = rig_count(&rig, CRYPT_REMOVE) >= MANY / 2;
		round_under_traffic();
	}
	CU_ASSERT_EQUAL_FATAL(rig_count(&rig, CRYPT_REMOVE), MANY);
	for (unsigned i = 0; i < 10; i++)
		round_under_traffic();
	CU_ASSERT_EQUAL(rig.control->run.stage, STAGE_REMOVED);
	CU_ASSERT(rig.control->removals > 0 && rig.control->removals < MANY);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_PEER), 0);
	nothing_after_the_end();
	rig.hold_acks = false;
	run_to_the_answer();
	each_once(CRYPT_REMOVE);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_PEER), 2 * MANY); /* the second time with an endpoint */
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_ROUTES), 2);
	for (unsigned i = 0; i < MANY; i++) {
		CU_ASSERT_EQUAL(slot_of(1, i), UINT32_MAX);
		CU_ASSERT_EQUAL(lookup(1, i), ALLOWEDIPS_NONE);
		CU_ASSERT_NOT_EQUAL(slot_of(2, i), UINT32_MAX);
		CU_ASSERT_EQUAL(lookup(2, i), slot_of(2, i));
	}
	end();
}

/* What syncconf sends when nothing differs: no packet finds no peer, in no round. */
static void same_all(void)
{
	begin();
	say("set=1\n");
	for (unsigned i = 0; i < MANY; i++) {
		say_peer(1, i);
		say("replace_allowed_ips=true\nallowed_ip=10.1.%u.0/24\n", i);
	}
	ask();
	for (unsigned rounds = 0; rounds < 20; rounds++) {
		round_under_traffic();
		for (unsigned i = 0; i < MANY; i++)
			CU_ASSERT_EQUAL(lookup(1, i), slot_of(1, i));
	}
	CU_ASSERT_STRING_EQUAL(rig_read(client), "errno=0\n\n");
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_REMOVE) + rig_count(&rig, CRYPT_WIPE), 0);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_PEER), 0);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_ROUTES), 1);
	end();
}

/* All peers begin again under the new key, while their sessions are being wiped. */
static void key_of_all(void)
{
	begin();
	for (unsigned i = 0; i < 20; i++)
		round_under_traffic();
	for (uint32_t slot = 0; slot < MANY; slot++)
		CU_ASSERT(first_message(slot) >= 0); /* attempts under the former key */
	rig_forget(&rig);
	say("set=1\nprivate_key=%s\n", rig_hex(0x44));
	ask();
	unsigned rounds = run_to_the_answer();
	CU_ASSERT(rounds >= MANY / ROUND_EDITS);
	each_once(CRYPT_WIPE);
	for (unsigned i = 0; i < 20; i++)
		round_under_traffic();
	each_once(CRYPT_WIPE);
	for (uint32_t slot = 0; slot < MANY; slot++)
		CU_ASSERT(first_message(slot) >= 0); /* and they did not wait for 5 s */
	end();
}

static unsigned count_black(enum black_order_kind kind, uint32_t slot)
{
	unsigned n = 0;

	for (unsigned i = 0; i < rig.black_count; i++)
		n += rig.black[i].kind == kind && rig.black[i].slot == slot;
	return n;
}

/* Other addresses: black has all peers' new ways before the first of those with a session is greeted. */
static void ways_of_all(void)
{
	struct change change;

	begin();
	change_init(&change);
	change.set_addresses = true;
	change.address_count = 1;
	prefix_parse(&change.addresses[0], "192.0.2.9/24");
	for (uint32_t slot = 0; slot < MANY; slot += 2) /* by a handshake, but for the purpose here */
		peer_at(&rig.control->device->peers, slot)->usable_until_ns = UINT64_MAX;
	CU_ASSERT_EQUAL_FATAL(control_change_begin(rig.control, &change, NULL), 0);
	for (unsigned i = 0; i < 20 && rig.control->run.stage != STAGE_NONE; i++) {
		unsigned taken = rig.black_count; /* the list of addresses and, in the end, all ways */
		rig_round(&rig);
		rig_domains(&rig);
		CU_ASSERT(taken == 2 + MANY || rig_count(&rig, CRYPT_KEEPALIVE) == 0);
	}
	CU_ASSERT_EQUAL(rig.black[0].kind, BLACK_ADDRESS);
	CU_ASSERT_EQUAL(rig.black[1].kind, BLACK_ADDRESSES);
	for (uint32_t slot = 0; slot < MANY; slot++) {
		CU_ASSERT_EQUAL(count_black(BLACK_ENDPOINT, slot), 1);
		CU_ASSERT_EQUAL(count_of(CRYPT_KEEPALIVE, slot), slot % 2 == 0);
	}
	end();
}

static const struct unit_test tests[] = {
	{"C15, C32: a hundred peers removed at once, under traffic", remove_all},
	{"C32: a hundred peers replaced: no slot is another's before all acks", replace_all},
	{"U: syncconf of a hundred peers that are the same leaves no gap", same_all},
	{"A54: a new private key with a hundred peers that all have something to send", key_of_all},
	{"A51, A52: other black addresses, with a hundred peers", ways_of_all},
	{NULL, NULL},
};

const struct unit_suite suite_many = {"many", tests};
