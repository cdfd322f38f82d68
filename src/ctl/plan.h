/* SPDX-License-Identifier: BSD-3-Clause */
/* Which thread runs on which core, and how large the zones are: from the configuration alone. */
#ifndef CTL_PLAN_H
#define CTL_PLAN_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/config.h"

enum plan_thread { PLAN_CONTROL, PLAN_BLACK, PLAN_CRYPT, PLAN_RED, PLAN_THREADS };

struct plan {
	int cpu[PLAN_THREADS];
	bool shared[PLAN_THREADS]; /* another of our threads has the same cpu */
	uint32_t max_peers;
	uint32_t max_prefixes;     /* of red's table */
	size_t zone_bytes[PLAN_THREADS]; /* PLAN_CONTROL: 0 */
};

/*
 * `allowed`: the process's CPU affinity. Cores that the configuration names are taken as they are;
 * the others follow: a core each when there are enough, else all on one, since a wake-up across
 * cores costs far more than one on the same core. -ENOMEM with error text when a Memory is too
 * small.
 */
int plan_make(struct plan *plan, const struct config *config, const cpu_set_t *allowed,
	char error[static CONFIG_ERROR_MAX]);

#endif
