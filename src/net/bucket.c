/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/bucket.h"

#include "util/clock.h"

void bucket_init(struct bucket *b, unsigned per_second, unsigned burst)
{
	b->interval_ns = CLOCK_SECOND / per_second;
	b->depth_ns = b->interval_ns * burst;
	b->full_ns = 0;
}

bool bucket_take(struct bucket *b, uint64_t now_ns)
{
	uint64_t full_ns = (b->full_ns > now_ns ? b->full_ns : now_ns) + b->interval_ns;

	if (full_ns - now_ns > b->depth_ns)
		return false;
	b->full_ns = full_ns;
	return true;
}
