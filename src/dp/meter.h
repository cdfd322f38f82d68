/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Token buckets: DPDK's rte_meter, in events instead of bytes and with the time in nanoseconds, as all
 * of us have it. Each starts full. One owner thread, whose clock does not run backwards. EAL runs.
 */
#ifndef DP_METER_H
#define DP_METER_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_meter.h>

#include "net/source.h"

/* ---- one bucket: a single rate (RFC 2697) without excess ---- */

struct meter {
	struct rte_meter_srtcm_profile profile;
	struct rte_meter_srtcm state;
};

/* per_second and burst are above 0. -EINVAL: rte_meter takes them for no rate. */
int meter_init(struct meter *m, uint32_t per_second, uint32_t burst, uint64_t now_ns);
bool meter_take(struct meter *m, uint64_t now_ns); /* false: empty */

/*
 * ---- a limit in two parts: two rates (RFC 4115), with a second's worth of tokens each ----
 *
 * The committed part is for those who keep to their share; the excess part is for all, and what its
 * tokens are taken for does not touch the other.
 */
struct meter_parts {
	bool limited;
	struct rte_meter_trtcm_rfc4115_profile profile;
	struct rte_meter_trtcm_rfc4115 state;
};

/* committed 0: there is no limit. */
int meter_parts_init(struct meter_parts *m, uint32_t committed, uint32_t excess, uint64_t now_ns);
bool meter_parts_take(struct meter_parts *m, bool within_share, uint64_t now_ns);

/*
 * ---- a bucket for each source ----
 *
 * Each row has a bucket for every value of a hash, and each row has a hash of its own. A source has a
 * token when it has one in any row: with n others that used up theirs it is wronged once in
 * (SOURCE_SLOTS / n)^2 times.
 */
struct meter_sources {
	uint64_t seed[SOURCE_ROWS];
	struct rte_meter_srtcm_profile profile;
	struct rte_meter_srtcm bucket[SOURCE_ROWS][SOURCE_SLOTS];
};

/* memory holds a struct meter_sources; otherwise as meter_init(). */
int meter_sources_init(struct meter_sources *m, uint32_t per_second, uint32_t burst,
	const uint64_t seed[static SOURCE_ROWS], uint64_t now_ns);
/* False: the source has no token left. */
bool meter_sources_take(struct meter_sources *m, const struct ip_addr *source, uint64_t now_ns);

#endif
