/* SPDX-License-Identifier: BSD-3-Clause */
/* What the memory port itself takes, as a part of black's and red's figures. */
#include <rte_cycles.h>

#include "bench.h"

void stage_port(struct bench *b, uint16_t size, unsigned bursts, double *ticks)
{
	struct edge *e = &b->black.edge;
	struct rte_mbuf *mbufs[BENCH_BURST];
	struct stopwatch rx = {0}, tx = {0};

	for (unsigned i = 0; i < BENCH_BURST; i++)
		mbufs[i] = edge_buffer(e);
	for (unsigned i = 0; i < bursts; i++) {
		edge_arrive(e, mbufs, BENCH_BURST);
		uint64_t begin = rte_rdtsc_precise();
		unsigned n = port_rx(&e->port, mbufs, BENCH_BURST);
		uint64_t middle = rte_rdtsc_precise();
		n = port_tx(&e->port, mbufs, (uint16_t)n);
		stopwatch_add(&tx, rte_rdtsc_precise() - middle);
		stopwatch_add(&rx, middle - begin);
		if (n != BENCH_BURST ||
			rte_ring_sc_dequeue_bulk(e->tx, (void **)mbufs, n, NULL) != n)
			bench_fail("a port lost something");
	}
	rte_mempool_put_bulk(e->pool.mempool, (void **)mbufs, BENCH_BURST);
	ticks[STAGE_port_rx] = stopwatch_packet(&rx);
	ticks[STAGE_port_tx] = stopwatch_packet(&tx);
}
