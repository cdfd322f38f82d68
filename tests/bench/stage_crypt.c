/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * crypt by itself as on a core of its own. Its sides are played over the rings of a black and a red
 * that rest meanwhile: they find as much lent to crypt as they have lent.
 */
#include <rte_cycles.h>

#include "bench.h"
#include "net/ethernet.h"
#include "net/ip.h"
#include "net/udp.h"
#include "wg/messages.h"

static uint16_t offset_of(const struct rte_mbuf *m, const uint8_t *at)
{
	return (uint16_t)(at - (const uint8_t *)m->buf_addr);
}

static void lend(struct edge *e, const struct handle *handles)
{
	if (ring_send(&e->to, handles, BENCH_BURST) != BENCH_BURST)
		bench_fail("a ring is full");
}

/* A burst of packets from red. */
static void send_packets(struct bench *b, uint16_t size)
{
	struct handle handles[BENCH_BURST];
	struct edge *e = &b->site.red.edge;

	for (unsigned i = 0; i < BENCH_BURST; i++) {
		struct rte_mbuf *m = edge_buffer(e);
		uint16_t length = packet_size(b, size);
		packet_to_site(b, e, m, length);
		handles[i] = (struct handle){.index = pool_index(m), .length = length,
			.offset = (uint16_t)(m->data_off + ETHERNET_HEADER_LEN),
			.kind = HANDLE_FULL};
	}
	lend(e, handles);
}

/* A burst of messages from black. */
static void send_messages(struct bench *b, uint16_t size)
{
	struct handle handles[BENCH_BURST];
	struct edge *e = &b->site.black.edge;
	uint8_t *messages[BENCH_BURST];
	uint16_t lengths[BENCH_BURST];
	uint32_t slots[BENCH_BURST];

	for (unsigned i = 0; i < BENCH_BURST; i++) {
		struct rte_mbuf *m = edge_buffer(e);
		slots[i] = bench_opens_for(b);
		lengths[i] = packet_size(b, size);
		uint32_t length = packet_padded(lengths[i]) + MESSAGE_DATA_OVERHEAD;
		messages[i] = packet_datagram(e, m, slots[i], (uint16_t)length);
		handles[i] = (struct handle){.index = pool_index(m), .length = (uint16_t)length,
			.offset = offset_of(m, messages[i]), .kind = HANDLE_FULL,
			.code = outer_code(4, 0),
			/* as black names them, so that a peer does not seem to move */
			.tag = (uint64_t)packet_peer(slots[i]) << 16 | PEER_PORT};
	}
	packet_seal(b, slots, messages, lengths);
	lend(e, handles);
}

/* What was used goes back to the pool, what was filled is lent again. How many were filled. */
static unsigned collect(struct edge *e)
{
	struct handle handles[BENCH_BURST];
	unsigned n, filled = 0;

	while ((n = ring_receive(&e->from, handles, BENCH_BURST)) > 0) {
		for (unsigned i = 0; i < n; i++) {
			struct handle *h = &handles[i];
			if (h->kind == HANDLE_FILLED) {
				struct handle again = {.index = h->index, .kind = HANDLE_EMPTY};
				filled += ring_send(&e->to, &again, 1);
			} else {
				rte_mempool_put(e->pool.mempool, e->pool.mbufs[h->index]);
			}
		}
	}
	return filled;
}

static double measure(struct bench *b, struct edge *to, uint16_t size, unsigned bursts,
	void (*send)(struct bench *b, uint16_t size))
{
	struct site *s = &b->site;
	struct edge *other = to == &s->red.edge ? &s->black.edge : &s->red.edge;
	struct stopwatch ticks = {0};

	for (unsigned i = 0; i < BENCH_DEPTH; i++)
		send(b, size);
	for (unsigned i = 0; i < bursts + BENCH_DEPTH; i++) {
		site_control(b);
		if (i < bursts)
			send(b, size);
		uint64_t now_ns = bench_tick(b), begin = rte_rdtsc_precise();
		crypt_poll(s->crypt, now_ns);
		uint64_t took = rte_rdtsc_precise() - begin;
		if (i < bursts)
			stopwatch_add(&ticks, took);
		if (collect(to) != BENCH_BURST)
			bench_fail("crypt did not pass a whole burst");
		collect(other);
	}
	return stopwatch_packet(&ticks);
}

void stage_crypt_seal(struct bench *b, uint16_t size, unsigned bursts, double *ticks)
{
	ticks[STAGE_crypt_seal] = measure(b, &b->site.black.edge, size, bursts, send_packets);
}

void stage_crypt_open(struct bench *b, uint16_t size, unsigned bursts, double *ticks)
{
	ticks[STAGE_crypt_open] = measure(b, &b->site.red.edge, size, bursts, send_messages);
}
