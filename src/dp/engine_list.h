/* SPDX-License-Identifier: BSD-3-Clause */
/* The engines there are. */
#ifndef DP_ENGINE_LIST_H
#define DP_ENGINE_LIST_H

#include <string.h>

#include "dp/engine.h"

extern const struct engine_ops engine_sodium;    /* whatever crypto provider is set */
extern const struct engine_ops engine_ipsec_mb;  /* where intel-ipsec-mb was found (HAVE_IPSEC_MB) */
extern const struct engine_ops engine_cryptodev; /* a virtual crypto device of DPDK's */

/* 32 zero bits, then the counter (whitepaper 5.4.6); little-endian machines only, like ipsec-mb. */
static inline void engine_nonce(uint8_t nonce[static 12], uint64_t counter)
{
	memset(nonce, 0, 4);
	memcpy(nonce + 4, &counter, 8);
}

#endif
