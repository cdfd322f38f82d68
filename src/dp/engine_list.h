/* SPDX-License-Identifier: BSD-3-Clause */
/* The engines there are. */
#ifndef DP_ENGINE_LIST_H
#define DP_ENGINE_LIST_H

#include "dp/engine.h"

extern const struct engine_ops engine_sodium;   /* whatever crypto provider is set */
extern const struct engine_ops engine_ipsec_mb; /* where intel-ipsec-mb was found (HAVE_IPSEC_MB) */

#endif
