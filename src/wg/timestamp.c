/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/timestamp.h"

#include <string.h>

#include "util/bytes.h"
#include "util/clock.h"

#define TAI64_EPOCH 0x400000000000000aull
#define GRANULARITY (1u << 24)

static uint32_t rounded_nanoseconds(uint64_t wall_ns)
{
	return (uint32_t)(wall_ns % CLOCK_SECOND) & ~(GRANULARITY - 1);
}

void timestamp_from_wall(uint8_t stamp[static WG_TIMESTAMP_LEN], uint64_t wall_ns)
{
	uint64_t seconds = TAI64_EPOCH + wall_ns / CLOCK_SECOND;

	put_be32(stamp, (uint32_t)(seconds >> 32));
	put_be32(stamp + 4, (uint32_t)seconds);
	put_be32(stamp + 8, rounded_nanoseconds(wall_ns));
}

uint64_t timestamp_round(uint64_t wall_ns)
{
	return wall_ns / CLOCK_SECOND * CLOCK_SECOND + rounded_nanoseconds(wall_ns);
}

uint64_t timestamp_next(uint64_t rounded_ns)
{
	uint64_t nanoseconds = rounded_ns % CLOCK_SECOND + GRANULARITY;

	return nanoseconds < CLOCK_SECOND ? rounded_ns + GRANULARITY
					  : (rounded_ns / CLOCK_SECOND + 1) * CLOCK_SECOND;
}

bool timestamp_after(const uint8_t a[static WG_TIMESTAMP_LEN],
	const uint8_t b[static WG_TIMESTAMP_LEN])
{
	return memcmp(a, b, WG_TIMESTAMP_LEN) > 0;
}
