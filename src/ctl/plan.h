/* SPDX-License-Identifier: BSD-3-Clause */
/* Which thread runs on which core, and how large the zones are: from the configuration alone. */
#ifndef CTL_PLAN_H
#define CTL_PLAN_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/config.h"

/* Threads, and the domains that they are of: crypt, the last, may have more than one. */
enum plan_thread { PLAN_CONTROL, PLAN_BLACK, PLAN_RED, PLAN_CRYPT, PLAN_DOMAINS };

#define PLAN_THREADS_MAX (PLAN_CRYPT + CRYPT_THREADS_MAX)

struct plan {
	unsigned threads;
	unsigned crypt_threads; /* the last ones of them */
	int cpu[PLAN_THREADS_MAX];
	bool shared[PLAN_THREADS_MAX]; /* another of our threads has the same cpu */
	uint32_t max_peers;
	uint32_t max_prefixes;         /* of red's table */
	size_t zone_bytes[PLAN_DOMAINS]; /* PLAN_CONTROL: 0 */
};

static inline enum plan_thread plan_domain(unsigned thread)
{
	return thread < PLAN_CRYPT ? (enum plan_thread)thread : PLAN_CRYPT;
}

/*
 * `allowed`: the process's CPU affinity. Cores that the configuration names are taken as they are;
 * the others follow: one each that nobody has when there are enough, else all on the first, since a
 * wake-up across cores costs far more than one on the same core. -ENOMEM with error text when a Memory
 * is too small.
 */
int plan_make(struct plan *plan, const struct config *config, const cpu_set_t *allowed,
	char error[static CONFIG_ERROR_MAX]);

#endif
