/* SPDX-License-Identifier: BSD-3-Clause */
/* Which thread runs on which core, and how large the zones are: from the configuration and the ports' MTUs. */
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

#define PLAN_MTU_USUAL    1500 /* Ethernet's */

struct plan {
	unsigned threads;
	unsigned crypt_threads; /* the last ones of them */
	int cpu[PLAN_THREADS_MAX];
	bool shared[PLAN_THREADS_MAX]; /* another of our threads has the same cpu */
	uint32_t max_peers;
	uint32_t max_prefixes;         /* of red's table */
	uint16_t buffer_mtu; /* for which black's and red's buffers are made */
	uint16_t tunnel_mtu;
	size_t zone_bytes[PLAN_DOMAINS]; /* PLAN_CONTROL: 0 */
};

static inline enum plan_thread plan_domain(unsigned thread)
{
	return thread < PLAN_CRYPT ? (enum plan_thread)thread : PLAN_CRYPT;
}

/*
 * `allowed`: the process's CPU affinity. Cores that the configuration names are taken as they are;
 * the others follow: one each that nobody has when there are enough, else all on the first, since a
 * wake-up across cores costs far more than one on the same core.
 */
void plan_make(struct plan *plan, const struct config *config, const cpu_set_t *allowed);
/*
 * The zones, once there are threads. The MTUs are those of the ports as the file limits them (plan_mtu());
 * pool_bytes tells what black's and red's buffers take each for an MTU, 0 when there are none for it. They
 * are made for the larger MTU of the two, since each pool takes what comes over its own wire and what
 * crypt puts into it for the other, and for no less than PLAN_MTU_USUAL. With error text: -ENOMEM when
 * a Memory is too small, -EINVAL when there are no buffers or is no tunnel with such an MTU.
 */
int plan_memory(struct plan *plan, const struct config *config, uint16_t black_mtu, uint16_t red_mtu,
	size_t (*pool_bytes)(uint16_t mtu), char error[static CONFIG_ERROR_MAX]);

/* What a port's MTU is taken for; before the port is known, of PLAN_MTU_USUAL. */
static inline uint16_t plan_mtu(const struct config_domain *domain, uint16_t mtu)
{
	return domain->mtu > 0 && domain->mtu < mtu ? domain->mtu : mtu;
}

#endif
