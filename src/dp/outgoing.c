/* SPDX-License-Identifier: BSD-3-Clause */
#include "dp/outgoing.h"

void outgoing_flush_freed(struct outgoing *o)
{
	if (o->free_count > 0)
		rte_mempool_put_bulk(o->mempool, (void **)o->freed, o->free_count);
	o->free_count = 0;
}

void outgoing_flush_frames(struct outgoing *o)
{
	unsigned count = o->frame_count;
	uint64_t bytes = 0;

	if (count == 0)
		return;
	/* Summed up before: what the port took is no longer ours to read. */
	for (unsigned i = 0; i < count; i++)
		bytes += o->frames[i]->pkt_len;
	unsigned sent = port_tx(o->port, o->frames, (uint16_t)count);
	if (sent < count)
		sent += port_tx(o->port, o->frames + sent, (uint16_t)(count - sent));
	for (unsigned i = sent; i < count; i++) {
		bytes -= o->frames[i]->pkt_len;
		outgoing_drop(o, o->frames[i], o->dropped);
	}
	*o->packets += sent;
	*o->bytes += bytes;
	o->frame_count = 0;
}

void outgoing_flush(struct outgoing *o)
{
	outgoing_flush_frames(o);
	outgoing_flush_freed(o);
}
