/* SPDX-License-Identifier: BSD-3-Clause */
/* Other addresses of our own, while black runs. */
#include <string.h>

#include "net/arp.h"
#include "rig.h"
#include "suites.h"
#include "util/bytes.h"

#define NEW     0xc0a8010b /* 192.168.1.11/24 */
#define ROUTER  0xac100101 /* 172.16.1.1 */
#define ABROAD  0xac100102 /* 172.16.1.2/24 */

static struct rig rig;
static uint8_t frame[WIRE_FRAME_MAX];

static void list(uint32_t index, uint32_t address, uint8_t length)
{
	struct black_order o = {
		.kind = BLACK_ADDRESS, .slot = index, .length = length, .local = {.family = 4}};

	put_be32(o.local.bytes, address);
	rig_order(&rig, &o);
}

static void complete(uint32_t count, uint32_t gateway)
{
	struct black_order o = {.kind = BLACK_ADDRESSES, .slot = count};

	o.remote.addr.family = gateway ? 4 : 0;
	put_be32(o.remote.addr.bytes, gateway);
	rig_order(&rig, &o);
}

static bool echoes(uint32_t address)
{
	unsigned sent = 0;

	rig_arrive(&rig, frame, wire_echo(frame, PEER, address, 8));
	while (rig_sent(&rig) > 0)
		sent++;
	return sent == 1;
}

static bool receives(uint32_t address)
{
	unsigned before = rig.links[0].full_count;
	uint8_t message[32];

	rig_data(message, sizeof(message), 1);
	rig_arrive(&rig, frame, wire_udp(frame, PEER, 5000, address, LISTEN, message, 32));
	return rig.links[0].full_count == before + 1;
}

/* Where the data to slot 3 leaves from; 0: it does not leave. */
static uint32_t data_source(uint32_t next_hop)
{
	size_t n;

	CU_ASSERT_FATAL(rig_sealed(&rig, 0, 3, 32));
	rig_poll(&rig);
	n = rig_sent(&rig);
	if (n == ARP_FRAME_LEN) {
		CU_ASSERT_EQUAL(get_be32(rig.frame + 38), next_hop);
		rig_arrive(&rig, frame, wire_arp(frame, false, next_hop, get_be32(rig.frame + 28)));
		n = rig_sent(&rig);
	}
	return n == 42 + 32 ? get_be32(rig.frame + 26) : 0;
}

static void announced(uint32_t address)
{
	struct arp arp;

	CU_ASSERT_EQUAL_FATAL(rig_sent(&rig), ARP_FRAME_LEN);
	CU_ASSERT_EQUAL(arp_parse(&arp, rig.frame + 14, ARP_LEN), 0);
	CU_ASSERT(arp.request && arp.sender == address && arp.target == address);
}

static void another(void)
{
	rig_open(&rig);
	CU_ASSERT(receives(OURS) && echoes(OURS));
	list(0, NEW, 24);
	CU_ASSERT(receives(OURS) && !receives(NEW)); /* not before the list is whole */
	complete(1, GATEWAY);
	announced(NEW);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	CU_ASSERT(receives(NEW) && echoes(NEW));
	CU_ASSERT(!receives(OURS) && !echoes(OURS) && !receives(SECOND));
	complete(1, GATEWAY); /* again: nothing is new, nothing is announced */
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	rig_close(&rig);
}

static void ways(void)
{
	rig_open(&rig);
	rig_endpoint(&rig, 3, FAR, 5000);
	CU_ASSERT_EQUAL(data_source(GATEWAY), OURS);
	list(0, ABROAD, 24);
	complete(1, ROUTER);
	announced(ABROAD);
	CU_ASSERT_EQUAL(data_source(GATEWAY), OURS); /* until control says so */
	rig_endpoint(&rig, 3, FAR, 5000);
	CU_ASSERT_EQUAL(data_source(ROUTER), ABROAD);
	/* Beside us from now on: not by the router any more. */
	list(0, ABROAD, 24);
	list(1, FAR + 1, 24);
	complete(2, ROUTER);
	announced(FAR + 1);
	rig_endpoint(&rig, 3, FAR, 5000);
	CU_ASSERT_EQUAL(data_source(FAR), FAR + 1);
	list(0, FAR + 1, 32);
	complete(1, 0);
	rig_endpoint(&rig, 3, FAR, 5000);
	uint64_t before = rig.stats.drop_no_route;
	CU_ASSERT_EQUAL(data_source(FAR), 0);
	CU_ASSERT_EQUAL(rig.stats.drop_no_route, before + 1);
	rig_close(&rig);
}

/* A52: an address that is not ours any more is not spoken from. */
static void gone(void)
{
	struct black_order o = {.kind = BLACK_ENDPOINT, .slot = 3,
		.remote = {{4, {192, 168, 1, 20}}, 7}, .local = {4, {10, 9, 0, 1}}};

	rig_open(&rig);
	rig_order(&rig, &o);
	CU_ASSERT_EQUAL(data_source(PEER), SECOND);
	list(0, OURS, 24);
	complete(1, GATEWAY);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	rig_order(&rig, &o);
	CU_ASSERT_EQUAL(data_source(PEER), OURS);
	rig_close(&rig);
}

/* The same number is another address: crypt must see that the peer reached us elsewhere. */
static void tags(void)
{
	rig_open(&rig);
	CU_ASSERT(receives(OURS));
	uint64_t before = rig.links[0].full[0].tag;
	list(0, NEW, 24);
	complete(1, GATEWAY);
	announced(NEW);
	CU_ASSERT(receives(NEW));
	uint64_t after = rig.links[0].full[1].tag;
	CU_ASSERT_NOT_EQUAL(before, after);
	CU_ASSERT_EQUAL(before << 8, after << 8);
	rig_close(&rig);
}

static void broken_lists(void)
{
	rig_open(&rig);
	complete(1, GATEWAY); /* of nothing */
	list(1, NEW, 24);
	complete(2, GATEWAY);
	complete(1, GATEWAY);
	list(0, NEW, 24);
	complete(2, GATEWAY);
	complete(0, GATEWAY);
	for (uint32_t i = 0; i < 20; i++)
		list(i, NEW + i, 24);
	complete(20, GATEWAY);
	CU_ASSERT_EQUAL(rig_sent(&rig), 0);
	CU_ASSERT(receives(OURS) && receives(SECOND) && !receives(NEW));
	rig_close(&rig);
}

static const struct unit_test tests[] = {
	{"other addresses are ours at once, and announced; the former ones are not", another},
	{"other gateways, and better ways", ways},
	{"A52: an address that is gone is not spoken from", gone},
	{"A51: the same number of another address is another source", tags},
	{"a list that is not whole changes nothing", broken_lists},
	{NULL, NULL},
};

const struct unit_suite suite_addresses = {"addresses", tests};
