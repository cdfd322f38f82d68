/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/provider.h"
#include "dp/eal.h"

/* DPDK binds the thread that starts it to one core. Tests and fuzzers that run side by side would all
 * share that one, so the thread is freed again. */
void unit_eal(void)
{
	static bool started;
	struct eal_config config = {.name = "unit", .pages = ZONE_PAGES_SMALL, .cpu = sched_getcpu()};
	cpu_set_t cores;

	if (started)
		return;
	if (sched_getaffinity(0, sizeof(cores), &cores) != 0 || crypto_init() != 0 ||
	    eal_start(&config) != 0 || sched_setaffinity(0, sizeof(cores), &cores) != 0) {
		fprintf(stderr, "DPDK does not start here\n");
		abort();
	}
	started = true;
}

void unit_zone(struct zone *zone, const char *name, size_t mib)
{
	unit_eal();
	if (zone_create(zone, name, mib << 20, ZONE_PAGES_SMALL) != 0) {
		fprintf(stderr, "no memory for zone %s\n", name);
		abort();
	}
}
