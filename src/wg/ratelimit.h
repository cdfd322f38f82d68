/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A23: under load, how many handshake messages a source may have handled whose address is proven: 20 a
 * second, 5 at once, per IPv4 address or IPv6 /64. The table is bounded: a source for which there is
 * no room is denied. One owner thread; public inputs only.
 */
#ifndef WG_RATELIMIT_H
#define WG_RATELIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/addr.h"

struct ratelimit;

/* Bytes for that many sources (rounded up to a power of two). */
size_t ratelimit_bytes(uint32_t sources);
/* memory: ratelimit_bytes(sources), aligned to 64; it stays the caller's. Draws a random seed. */
struct ratelimit *ratelimit_init(void *memory, uint32_t sources);
/* May a message of this source be handled? now_ns: a clock that does not run backwards. */
bool ratelimit_allow(struct ratelimit *r, const struct ip_addr *source, uint64_t now_ns);
/* Would it not? Changes nothing, so it may be asked of a source that has not proven itself. */
bool ratelimit_denies(const struct ratelimit *r, const struct ip_addr *source, uint64_t now_ns);

#endif
