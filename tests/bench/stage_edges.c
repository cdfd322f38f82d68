/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Black and red, each by itself as on a core of its own. A round of a domain is timed as a whole: also
 * that it takes back what crypt has used, and lends what crypt will fill.
 */
#include <rte_cycles.h>

#include "bench.h"
#include "wg/messages.h"

#define OFFSET 128 /* where crypt puts a message or a packet */

typedef void arrive_fn(struct bench *b, struct edge *e, uint16_t size);

static void data_arrives(struct bench *b, struct edge *e, uint16_t size)
{
	struct rte_mbuf *mbufs[BENCH_BURST];

	for (unsigned i = 0; i < BENCH_BURST; i++) {
		uint32_t slot = bench_draw(b, b->peers);
		uint32_t length = packet_padded(packet_size(b, size)) + MESSAGE_DATA_OVERHEAD;
		mbufs[i] = edge_buffer(e);
		packet_message(packet_datagram(e, mbufs[i], slot, (uint16_t)length), slot, 0);
	}
	edge_arrive(e, mbufs, BENCH_BURST);
}

static void packets_arrive(struct bench *b, struct edge *e, uint16_t size)
{
	struct rte_mbuf *mbufs[BENCH_BURST];

	for (unsigned i = 0; i < BENCH_BURST; i++) {
		mbufs[i] = edge_buffer(e);
		packet_to_site(b, e, mbufs[i], packet_size(b, size));
	}
	edge_arrive(e, mbufs, BENCH_BURST);
}

/* A burst out of what was lent to be filled; lengths are still those of packets. */
static void fill(struct bench *b, struct edge *e, uint16_t size, struct handle *handles)
{
	edge_play_crypt(e);
	if (e->empty_count < BENCH_BURST)
		bench_fail("nothing was lent");
	for (unsigned i = 0; i < BENCH_BURST; i++)
		handles[i] = (struct handle){.index = e->empties[--e->empty_count],
			.offset = OFFSET, .length = packet_size(b, size), .kind = HANDLE_FILLED};
}

static void messages_sealed(struct bench *b, struct edge *e, uint16_t size)
{
	struct handle handles[BENCH_BURST];

	fill(b, e, size, handles);
	for (unsigned i = 0; i < BENCH_BURST; i++) {
		struct handle *h = &handles[i];
		h->tag = bench_draw(b, b->peers);
		h->length = (uint16_t)(packet_padded(h->length) + MESSAGE_DATA_OVERHEAD);
		packet_message((uint8_t *)e->pool.mbufs[h->index]->buf_addr + OFFSET, 1, 1);
	}
	edge_give(e, handles, BENCH_BURST);
}

static void packets_opened(struct bench *b, struct edge *e, uint16_t size)
{
	struct handle handles[BENCH_BURST];

	fill(b, e, size, handles);
	for (unsigned i = 0; i < BENCH_BURST; i++)
		packet_write((uint8_t *)e->pool.mbufs[handles[i].index]->buf_addr + OFFSET,
			handles[i].length, packet_site(bench_draw(b, b->peers)),
			packet_host(bench_draw(b, BENCH_HOSTS)));
	edge_give(e, handles, BENCH_BURST);
}

/* counted: by the domain, of what passed. */
static double measure(struct bench *b, struct edge *e, uint16_t size, unsigned bursts,
	arrive_fn *arrive, const uint64_t *counted)
{
	struct stopwatch ticks = {0};
	uint64_t before = *counted;

	for (unsigned i = 0; i < bursts; i++) {
		arrive(b, e, size);
		uint64_t now_ns = bench_tick(b), begin = rte_rdtsc_precise();
		e->poll(e->domain, now_ns);
		stopwatch_add(&ticks, rte_rdtsc_precise() - begin);
		edge_collect(e);
		edge_play_crypt(e);
	}
	e->poll(e->domain, bench_tick(b)); /* the last ones that were used */
	if (*counted - before < (uint64_t)bursts * BENCH_BURST)
		bench_fail("a domain did not pass all packets");
	return stopwatch_packet(&ticks);
}

void stage_black_rx(struct bench *b, uint16_t size, unsigned bursts, double *ticks)
{
	ticks[STAGE_black_rx] = measure(b, &b->black.edge, size, bursts, data_arrives,
		&b->black.stats.rx_data);
}

void stage_black_tx(struct bench *b, uint16_t size, unsigned bursts, double *ticks)
{
	ticks[STAGE_black_tx] = measure(b, &b->black.edge, size, bursts, messages_sealed,
		&b->black.stats.tx_packets);
}

void stage_red_rx(struct bench *b, uint16_t size, unsigned bursts, double *ticks)
{
	ticks[STAGE_red_rx] = measure(b, &b->red.edge, size, bursts, packets_arrive,
		&b->red.stats.rx_tunnel);
}

void stage_red_tx(struct bench *b, uint16_t size, unsigned bursts, double *ticks)
{
	ticks[STAGE_red_tx] = measure(b, &b->red.edge, size, bursts, packets_opened,
		&b->red.stats.tx_packets);
}
