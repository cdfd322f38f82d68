/* SPDX-License-Identifier: BSD-3-Clause */
/* TAI64N labels of initiations (whitepaper 5.4.2): big-endian, so memory order is time order. */
#ifndef WG_TIMESTAMP_H
#define WG_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "wg/messages.h"

/*
 * A13: 2^62 + 10 + seconds since 1970, then nanoseconds rounded down to a multiple of 2^24, which
 * hides when exactly the message was made.
 */
void timestamp_from_wall(uint8_t stamp[static WG_TIMESTAMP_LEN], uint64_t wall_ns);
/* The time that its label says: wall_ns rounded down in the same way. */
uint64_t timestamp_round(uint64_t wall_ns);
/* Of a rounded time the next one, whose label differs: about 17 ms later. */
uint64_t timestamp_next(uint64_t rounded_ns);
/* Is a strictly later than b? */
bool timestamp_after(const uint8_t a[static WG_TIMESTAMP_LEN],
	const uint8_t b[static WG_TIMESTAMP_LEN]);

#endif
