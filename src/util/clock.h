/* SPDX-License-Identifier: BSD-3-Clause */
/* The two clocks. Only shells read them; the protocol core takes the time as a parameter. */
#ifndef UTIL_CLOCK_H
#define UTIL_CLOCK_H

#include <stdint.h>

/* In nanoseconds. (DPDK has NS_PER_S, an int.) */
#define CLOCK_SECOND 1000000000ull
#define CLOCK_MS     1000000ull
#define CLOCK_US     1000ull

uint64_t clock_boot_ns(void); /* CLOCK_BOOTTIME: goes on in suspend, never steps */
uint64_t clock_wall_ns(void); /* CLOCK_REALTIME since 1970, for TAI64N and for display only */

#endif
