/* SPDX-License-Identifier: BSD-3-Clause */
/* A token bucket without tokens: it remembers when it will be full again (GCRA). */
#ifndef NET_BUCKET_H
#define NET_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket {
	uint64_t interval_ns; /* one token comes back in that time */
	uint64_t depth_ns;    /* interval times the burst allowed */
	uint64_t full_ns;     /* when all tokens are back */
};

/* per_second and burst above 0. Starts full. */
void bucket_init(struct bucket *b, unsigned per_second, unsigned burst);
bool bucket_take(struct bucket *b, uint64_t now_ns); /* false: empty */

#endif
