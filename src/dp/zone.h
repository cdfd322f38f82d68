/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A domain's own memory: one mapping (2 MiB pages, or 4 KiB ones), registered with DPDK as an external
 * malloc heap of its own. Pools, rings and tables of the domain lie in it.
 */
#ifndef DP_ZONE_H
#define DP_ZONE_H

#include <stdbool.h>
#include <stddef.h>

enum zone_pages { ZONE_PAGES_AUTO, ZONE_PAGES_HUGE, ZONE_PAGES_SMALL };

struct zone {
	char name[24];   /* "black", "crypt", "red" */
	void *base;
	size_t length;
	size_t page_size;
	int socket;      /* DPDK's number for the heap */
	bool registered;
};

/*
 * Bytes are rounded up to whole pages. AUTO takes huge pages when enough are reserved, else
 * small ones that the kernel may join to huge ones (page_size is 4096 then all the same). Zeroed, locked
 * where allowed, left out of core dumps and of children. -ENOMEM (HUGE and not enough pages, or no
 * memory), other -errno of DPDK's registration.
 */
int zone_create(struct zone *z, const char *name, size_t bytes, enum zone_pages pages);
/* Wipes and unmaps. All that was made in the zone must have been freed. */
void zone_destroy(struct zone *z);

/* Zeroed memory out of the zone; NULL when it is full. For set-up and control, not per packet. */
void *zone_alloc(struct zone *z, size_t bytes);
void zone_free(void *memory);

#endif
