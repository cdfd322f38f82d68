/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/timestamp.h"

#include <string.h>

#include "util/bytes.h"
#include "util/clock.h"

#define TAI64_EPOCH 0x400000000000000aull
#define GRANULARITY (1u << 24)

static void write_stamp(uint8_t stamp[static WG_TIMESTAMP_LEN], uint64_t seconds,
	uint32_t nanoseconds)
{
	put_be32(stamp, (uint32_t)(seconds >> 32));
	put_be32(stamp + 4, (uint32_t)seconds);
	put_be32(stamp + 8, nanoseconds);
}

void timestamp_from_wall(uint8_t stamp[static WG_TIMESTAMP_LEN], uint64_t wall_ns)
{
	uint32_t nanoseconds = (uint32_t)(wall_ns % CLOCK_SECOND) & ~(GRANULARITY - 1);

	write_stamp(stamp, TAI64_EPOCH + wall_ns / CLOCK_SECOND, nanoseconds);
}

void timestamp_advance(uint8_t stamp[static WG_TIMESTAMP_LEN])
{
	uint64_t seconds = (uint64_t)get_be32(stamp) << 32 | get_be32(stamp + 4);
	uint32_t nanoseconds = get_be32(stamp + 8) + GRANULARITY;

	if (nanoseconds >= CLOCK_SECOND) {
		seconds++;
		nanoseconds = 0;
	}
	write_stamp(stamp, seconds, nanoseconds);
}

bool timestamp_after(const uint8_t a[static WG_TIMESTAMP_LEN],
	const uint8_t b[static WG_TIMESTAMP_LEN])
{
	return memcmp(a, b, WG_TIMESTAMP_LEN) > 0;
}
