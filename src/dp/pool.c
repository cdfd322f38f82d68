/* SPDX-License-Identifier: BSD-3-Clause */
#include "dp/pool.h"

#include <errno.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_ether.h>
#include <rte_mbuf_pool_ops.h>

#define PRIVATE_BYTES RTE_CACHE_LINE_SIZE
/* Beyond the payload: Ethernet and VLAN headers, and room for what WireGuard adds and pads. */
#define FRAME_EXTRA   128

static void number_mbuf(struct rte_mempool *mempool, void *opaque, void *object, unsigned i)
{
	struct pool *p = opaque;
	struct rte_mbuf *m = object;

	(void)mempool;
	*(uint16_t *)(m + 1) = (uint16_t)i;
	p->mbufs[i] = m;
}

int pool_create(struct pool *p, const char *name, struct zone *zone, uint32_t count, uint16_t mtu)
{
	memset(p, 0, sizeof(*p));
	if (count == 0 || count > UINT16_MAX)
		return -EINVAL;
	p->count = count;
	p->room = RTE_PKTMBUF_HEADROOM + RTE_ALIGN_CEIL((uint32_t)mtu + FRAME_EXTRA, 64);
	if (p->room > UINT16_MAX)
		return -EINVAL;
	p->mbufs = zone_alloc(zone, count * sizeof(*p->mbufs));
	if (!p->mbufs)
		return -ENOMEM;
	/* "stack": last in, first out, so that a lightly loaded pool stays in the cache. Its lock is
	 * never contended: one thread uses the pool. */
	p->mempool = rte_pktmbuf_pool_create_by_ops(
		name, count, 0, PRIVATE_BYTES, (uint16_t)p->room, zone->socket, "stack");
	if (!p->mempool) {
		int rc = -rte_errno;
		pool_destroy(p);
		return rc;
	}
	rte_mempool_obj_iter(p->mempool, number_mbuf, p);
	return 0;
}

void pool_destroy(struct pool *p)
{
	rte_mempool_free(p->mempool);
	zone_free(p->mbufs);
	memset(p, 0, sizeof(*p));
}

int pool_view_create(struct pool_view *v, const struct pool *p, struct zone *viewer)
{
	v->count = p->count;
	v->room = p->room;
	v->buffers = zone_alloc(viewer, p->count * sizeof(*v->buffers));
	v->held = zone_alloc(viewer, p->count);
	if (!v->buffers || !v->held) {
		pool_view_destroy(v);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < p->count; i++)
		v->buffers[i] = p->mbufs[i]->buf_addr;
	return 0;
}

void pool_view_destroy(struct pool_view *v)
{
	zone_free(v->buffers);
	zone_free(v->held);
	memset(v, 0, sizeof(*v));
}
