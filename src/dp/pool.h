/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A domain's packet buffers. The pool is touched by its owner's thread alone: last in, first out,
 * no lock. crypt sees the same buffers only through a pool_view: addresses in its own memory.
 */
#ifndef DP_POOL_H
#define DP_POOL_H

#include <stddef.h>
#include <stdint.h>
#include <rte_mbuf.h>

#include "dp/zone.h"

struct pool {
	struct rte_mempool *mempool;
	struct rte_mbuf **mbufs; /* by index; in the zone */
	uint32_t count;
	uint32_t room;           /* bytes of a buffer, headroom included */
};

struct pool_view {
	uint8_t **buffers; /* by index: start of each buffer; in the viewer's zone */
	uint8_t *held;     /* by index: the viewer holds it now */
	uint32_t count;
	uint32_t room;
};

/* Most that a pool takes of a zone, on pages of either size; 0: no buffer can be that long. */
size_t pool_bytes(uint32_t count, uint16_t mtu);
/* count <= 65535. mtu: the largest payload of a frame; room follows from it. */
int pool_create(struct pool *p, const char *name, struct zone *zone, uint32_t count, uint16_t mtu);
void pool_destroy(struct pool *p);
int pool_view_create(struct pool_view *v, const struct pool *p, struct zone *viewer);
void pool_view_destroy(struct pool_view *v);

/* Number of an mbuf of this pool. */
static inline uint16_t pool_index(const struct rte_mbuf *m)
{
	return *(const uint16_t *)(m + 1); /* the private area, written once by pool_create() */
}

/* The mbuf with that number, or NULL when there is none. */
static inline struct rte_mbuf *pool_mbuf(const struct pool *p, uint16_t index)
{
	return index < p->count ? p->mbufs[index] : NULL;
}

#endif
