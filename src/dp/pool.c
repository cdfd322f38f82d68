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
/* Some devices (igb, em, ixgbe) use so much of a buffer as are whole KiB, and none of the rest. */
#define ROOM_STEP     1024
/* The two sizes that a zone's pages can have. */
#define SMALL_PAGE 4096u
#define HUGE_PAGE  (2u << 20)

static void number_mbuf(struct rte_mempool *mempool, void *opaque, void *object, unsigned i)
{
	struct pool *p = opaque;
	struct rte_mbuf *m = object;

	(void)mempool;
	*(uint16_t *)(m + 1) = (uint16_t)i;
	p->mbufs[i] = m;
}

static uint32_t room_for(uint16_t mtu)
{
	return RTE_PKTMBUF_HEADROOM + RTE_ALIGN_CEIL((uint32_t)mtu + FRAME_EXTRA, ROOM_STEP);
}

/* What DPDK asks for: objects do not lie across pages unless one is larger than a page. */
static size_t paged_bytes(size_t count, size_t object, size_t page)
{
	size_t each = page / object;

	return each > 0 ? (count + each - 1) / each * page : count * RTE_ALIGN_CEIL(object, page);
}

size_t pool_bytes(uint32_t count, uint16_t mtu)
{
	uint32_t room = room_for(mtu);

	if (room > UINT16_MAX)
		return 0;
	size_t object = rte_mempool_calc_obj_size(
		(uint32_t)sizeof(struct rte_mbuf) + PRIVATE_BYTES + room, 0, NULL);
	size_t small = paged_bytes(count, object, SMALL_PAGE);
	size_t huge = paged_bytes(count, object, HUGE_PAGE) + HUGE_PAGE; /* it begins with a page */
	/* and twice a list of them: ours, and the stack's */
	return RTE_MAX(small, huge) + 2 * count * sizeof(struct rte_mbuf *);
}

int pool_create(struct pool *p, const char *name, struct zone *zone, uint32_t count, uint16_t mtu)
{
	memset(p, 0, sizeof(*p));
	if (count == 0 || count > UINT16_MAX)
		return -EINVAL;
	p->count = count;
	p->room = room_for(mtu);
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
		/* the zone's last piece may have been too small for one buffer */
		int rc = rte_errno == ENOBUFS ? -ENOMEM : -rte_errno;
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
