/* SPDX-License-Identifier: BSD-3-Clause */
/* A port in memory (two rings under DPDK's ring driver), and what a domain has around it. */
#include <stdio.h>
#include <string.h>

#include <rte_bus_vdev.h>
#include <rte_eth_ring.h>
#include <rte_ring.h>

#include "bench.h"
#include "net/arp.h"

/* As the daemon has them. */
#define BUFFERS     4096
#define HANDLE_RING 8192
#define ORDER_RING  1024
#define FRAMES      1024

const uint8_t edge_network_mac[6] = {2, 0, 0, 0, 0, 2};

static void open_port(struct edge *e, unsigned number)
{
	char name[32];

	snprintf(name, sizeof(name), "rx%u", number);
	e->rx = rte_ring_create(name, FRAMES, e->zone.socket, RING_F_SP_ENQ | RING_F_SC_DEQ);
	snprintf(name, sizeof(name), "tx%u", number);
	e->tx = rte_ring_create(name, FRAMES, e->zone.socket, RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (!e->rx || !e->tx)
		bench_fail("no memory for a port");
	snprintf(name, sizeof(name), "mem%u", number);
	int id = rte_eth_from_rings(name, &e->rx, 1, &e->tx, 1, 0);
	if (id < 0)
		bench_fail("DPDK's ring driver makes no port");
	snprintf(e->device, sizeof(e->device), "net_ring_mem%u", number);
	e->port = (struct port){.kind = PORT_VDEV, .id = (uint16_t)id, .mtu = 1500, .wait_fd = -1,
		.open = true, .mac = {{2, 0, 0, 0, 0, 1}}};
	if (port_start(&e->port, &e->pool) != 0)
		bench_fail("a port does not start");
}

static void make_ring(struct ring *ring, const char *kind, unsigned number, struct zone *zone,
	uint32_t count, uint32_t element)
{
	char name[32];

	snprintf(name, sizeof(name), "%s%u", kind, number);
	if (ring_create(ring, name, zone, count, element) != 0)
		bench_fail("no memory for a ring");
}

void edge_open(struct edge *e, const char *kind, size_t bytes, uint32_t order)
{
	static unsigned opened;
	unsigned number = ++opened;

	snprintf(e->name, sizeof(e->name), "%.8s%u", kind, number);
	if (zone_create(&e->zone, e->name, bytes, ZONE_PAGES_AUTO) != 0 ||
		pool_create(&e->pool, e->name, &e->zone, BUFFERS, 1500) != 0)
		bench_fail("no memory for buffers");
	open_port(e, number);
	make_ring(&e->to, "to", number, &e->zone, HANDLE_RING, sizeof(struct handle));
	make_ring(&e->from, "from", number, &e->zone, HANDLE_RING, sizeof(struct handle));
	make_ring(&e->orders, "orders", number, NULL, ORDER_RING, order);
	if (bell_open(&e->bell) != 0 || bell_open(&e->crypt_bell) != 0)
		bench_fail("no bells");
}

void edge_close(struct edge *e)
{
	edge_collect(e);
	port_close(&e->port);
	rte_vdev_uninit(e->device);
	rte_ring_free(e->rx);
	rte_ring_free(e->tx);
	bell_close(&e->crypt_bell);
	bell_close(&e->bell);
	ring_destroy(&e->orders);
	ring_destroy(&e->from);
	ring_destroy(&e->to);
	pool_destroy(&e->pool);
	zone_destroy(&e->zone);
}

struct rte_mbuf *edge_buffer(struct edge *e)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(e->pool.mempool);

	if (!m)
		bench_fail("a buffer was lost");
	return m;
}

void edge_arrive(struct edge *e, struct rte_mbuf **mbufs, unsigned n)
{
	if (rte_ring_sp_enqueue_bulk(e->rx, (void **)mbufs, n, NULL) != n)
		bench_fail("a port is full");
}

/* Of an ARP request: the answer, in its own buffer. */
static bool answer(struct edge *e, struct rte_mbuf *m)
{
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);
	struct arp arp;

	if (m->data_len < ARP_FRAME_LEN || get_be16(frame + 12) != ETHERNET_TYPE_ARP ||
		arp_parse(&arp, frame + ETHERNET_HEADER_LEN, ARP_LEN) != 0 || !arp.request)
		return false;
	arp_build_reply(frame, edge_network_mac, &arp);
	edge_arrive(e, &m, 1);
	return true;
}

unsigned edge_collect(struct edge *e)
{
	struct rte_mbuf *mbufs[BENCH_BURST];
	unsigned n, packets = 0;

	while ((n = rte_ring_sc_dequeue_burst(e->tx, (void **)mbufs, BENCH_BURST, NULL)) > 0) {
		unsigned back = 0;
		for (unsigned i = 0; i < n; i++)
			if (!answer(e, mbufs[i]))
				mbufs[back++] = mbufs[i];
		if (back > 0)
			rte_mempool_put_bulk(e->pool.mempool, (void **)mbufs, back);
		packets += back;
	}
	return packets;
}

void edge_order(struct edge *e, const void *order, uint64_t now_ns)
{
	if (ring_send(&e->orders, order, 1) != 1)
		bench_fail("an order was not taken");
	e->poll(e->domain, now_ns);
	edge_collect(e);
}

void edge_play_crypt(struct edge *e)
{
	struct handle handles[BENCH_BURST];
	unsigned n;

	while ((n = ring_receive(&e->to, handles, BENCH_BURST)) > 0) {
		unsigned used = 0;
		for (unsigned i = 0; i < n; i++) {
			if (handles[i].kind == HANDLE_EMPTY)
				e->empties[e->empty_count++] = handles[i].index;
			else
				handles[used++] = (struct handle){
					.index = handles[i].index, .kind = HANDLE_USED};
		}
		edge_give(e, handles, used);
	}
}

void edge_give(struct edge *e, const struct handle *handles, unsigned n)
{
	if (n > 0 && ring_send(&e->from, handles, n) != n)
		bench_fail("a ring is full");
}
