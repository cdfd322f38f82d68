/* SPDX-License-Identifier: BSD-3-Clause */
/* Every way in which black drops what it is to send, by the counter that says so. */
#include "net/neighbour.h"
#include "rig.h"
#include "suites.h"

static struct rig rig;
static uint8_t frame[WIRE_FRAME_MAX];

static void to_send_too_large(void)
{
	rig_open(&rig);
	rig_endpoint(&rig, 1, PEER, 5000);
	CU_ASSERT(rig_sealed(&rig, 0, 1, 1473)); /* the port would cut or lose it */
	uint64_t all = rig_drops(&rig);
	rig_poll(&rig);
	rig_check_drop(&rig, &rig.stats.drop_size, 0, all);
	struct black_order o = {.kind = BLACK_SEND, .length = HANDSHAKE_MAX + 1,
		.remote = {{4, {192, 168, 1, 20}}, 5000}};
	rig_order(&rig, &o);
	rig_check_drop(&rig, &rig.stats.drop_size, 1, all + 1);
	rig_close(&rig);
}

static void no_endpoint(void)
{
	struct black_order o = {.kind = BLACK_NO_ENDPOINT, .slot = 5};

	rig_open(&rig);
	uint64_t all = rig_drops(&rig);
	CU_ASSERT(rig_sealed(&rig, 0, 5, 64));
	rig_poll(&rig);
	rig_check_drop(&rig, &rig.stats.drop_no_endpoint, 0, all);
	rig_endpoint(&rig, 5, PEER, 5000);
	rig_order(&rig, &o); /* it was taken away again */
	CU_ASSERT(rig_sealed(&rig, 0, 5, 64));
	rig_poll(&rig);
	rig_check_drop(&rig, &rig.stats.drop_no_endpoint, 1, all + 1);
	CU_ASSERT(rig_sealed(&rig, 0, RIG_PEERS, 64)); /* beyond the table */
	rig_poll(&rig);
	rig_check_drop(&rig, &rig.stats.drop_no_endpoint, 2, all + 2);
	o.slot = RIG_PEERS;
	o.kind = BLACK_ENDPOINT;
	rig_order(&rig, &o); /* touches nothing */
	rig_close(&rig);
}

static void no_route(void)
{
	static const struct rig_options lonely = {.links = 1, .mtu = 1500, .buffers = RIG_BUFFERS,
		.reports = 64, .handles = 1024, .no_gateway = true};
	static const uint32_t nowhere[] = {FAR, OURS, SECOND, 0xc0a801ff, 0xc0a80100, 0xe0000001,
		0xffffffff, 0x7f000001};
	struct black_order six = {
		.kind = BLACK_ENDPOINT, .slot = 1, .remote = {{6, {0xfd}}, 5000}};

	rig_open_with(&rig, &lonely);
	for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
		uint64_t all = rig_drops(&rig);
		rig_endpoint(&rig, 1, nowhere[i], 5000);
		CU_ASSERT(rig_sealed(&rig, 0, 1, 64));
		rig_poll(&rig);
		rig_check_drop(&rig, &rig.stats.drop_no_route, i, all);
	}
	uint64_t all = rig_drops(&rig), before = rig.stats.drop_no_route;
	rig_order(&rig, &six);
	CU_ASSERT(rig_sealed(&rig, 0, 1, 64));
	rig_poll(&rig);
	rig_check_drop(&rig, &rig.stats.drop_no_route, before, all);
	rig_close(&rig);
}

static void neighbour(void)
{
	rig_open(&rig);
	rig_endpoint(&rig, 1, PEER, 5000);
	for (unsigned i = 0; i < NEIGHBOUR_PENDING + 2; i++)
		CU_ASSERT(rig_sealed(&rig, 0, 1, 64));
	rig_poll(&rig);
	CU_ASSERT_EQUAL(rig.stats.drop_neighbour, 2); /* the others wait */
	for (unsigned i = 0; i < 4; i++) {
		rig.now_ns += CLOCK_SECOND;
		rig_poll(&rig);
	}
	CU_ASSERT_EQUAL(rig.stats.drop_neighbour, NEIGHBOUR_PENDING + 2);
	CU_ASSERT_EQUAL(rig_drops(&rig), NEIGHBOUR_PENDING + 2);
	CU_ASSERT_EQUAL(wire_pop_all(&rig.wire), 3); /* it was asked for */
	rig_close(&rig);
}

static void tx_full(void)
{
	rig_open(&rig);
	size_t n = wire_echo(frame, PEER, OURS, 64);
	for (unsigned i = 0; i < WIRE_TX_RING + 10; i++)
		rig_arrive(&rig, frame, n);
	CU_ASSERT_EQUAL(rig.stats.tx_packets, WIRE_TX_RING - 1);
	CU_ASSERT_EQUAL(rig.stats.tx_bytes, (WIRE_TX_RING - 1) * n);
	CU_ASSERT_EQUAL(rig.stats.drop_tx_full, 11);
	CU_ASSERT_EQUAL(rig_drops(&rig), 11);
	rig_close(&rig);
}

static void no_buffer(void)
{
	struct rte_mbuf *all[RIG_BUFFERS];
	struct black_order o = {.kind = BLACK_SEND, .length = 64,
		.remote = {{4, {192, 168, 1, 20}}, 5000}};
	unsigned n = 0;

	rig_open(&rig);
	rig_poll(&rig);
	while ((all[n] = rte_pktmbuf_alloc(rig.pool.mempool)) != NULL)
		n++;
	rig_order(&rig, &o);
	rig_check_drop(&rig, &rig.stats.drop_no_buffer, 0, 0);
	rte_pktmbuf_free_bulk(all, n);
	rig_close(&rig);
}

static void handle(void)
{
	struct handle h = {.index = RIG_BUFFERS, .kind = HANDLE_USED};

	rig_open(&rig);
	rig_give(&rig, 0, &h);
	rig_poll(&rig);
	rig_check_drop(&rig, &rig.stats.drop_handle, 0, 0);
	rig_close(&rig);
}

#define CHECK_REACHED(name, help)                                                                  \
	if (#name[0] == 'd' && rig_total.name == 0)                                                \
		CU_FAIL("never reached: " #name);

static void all_reached(void)
{
	CU_PASS("a counter that nothing reaches would be named");
	BLACK_COUNTERS(CHECK_REACHED)
}

static const struct unit_test tests[] = {
	{"drop_size, of what is to be sent", to_send_too_large},
	{"drop_no_endpoint", no_endpoint},
	{"drop_no_route", no_route},
	{"drop_neighbour", neighbour},
	{"drop_tx_full", tx_full},
	{"drop_no_buffer", no_buffer},
	{"drop_handle", handle},
	{"after \"drops\": no drop counter is left that nothing reaches", all_reached},
	{NULL, NULL},
};

const struct unit_suite suite_drops_sending = {"drops sending", tests};
