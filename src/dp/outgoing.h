/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What leaves a domain in bursts: frames to its port, and buffers back to its pool. All of them are
 * single buffers of the domain's own pool.
 */
#ifndef DP_OUTGOING_H
#define DP_OUTGOING_H

#include <stdint.h>
#include <rte_mbuf.h>

#include "dp/port.h"

#define OUTGOING_BURST 64

struct outgoing {
	struct port *port;
	struct rte_mempool *mempool;
	uint64_t *packets; /* counters: sent, */
	uint64_t *bytes;
	uint64_t *dropped; /* and not taken by the port */
	unsigned frame_count;
	unsigned free_count;
	struct rte_mbuf *frames[OUTGOING_BURST];
	struct rte_mbuf *freed[OUTGOING_BURST];
};

void outgoing_flush_frames(struct outgoing *o);
void outgoing_flush_freed(struct outgoing *o);
/* Both, at the end of a round. */
void outgoing_flush(struct outgoing *o);

/* Frames keep their order. */
static inline void outgoing_send(struct outgoing *o, struct rte_mbuf *m)
{
	if (o->frame_count == OUTGOING_BURST)
		outgoing_flush_frames(o);
	o->frames[o->frame_count++] = m;
}

static inline void outgoing_free(struct outgoing *o, struct rte_mbuf *m)
{
	if (o->free_count == OUTGOING_BURST)
		outgoing_flush_freed(o);
	o->freed[o->free_count++] = m;
}

/* Free and count: the one way in which a packet is dropped. */
static inline void outgoing_drop(struct outgoing *o, struct rte_mbuf *m, uint64_t *counter)
{
	++*counter;
	outgoing_free(o, m);
}

#endif
