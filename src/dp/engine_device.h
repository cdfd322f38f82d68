/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A virtual crypto device of DPDK's for ChaCha20-Poly1305 out of place, with one queue, and its
 * sessions. Queue and sessions lie in the zone; what the driver takes by itself (for crypto_aesni_mb
 * the library's manager, which holds no keys) in DPDK's own heap. One thread uses it.
 */
#ifndef DP_ENGINE_DEVICE_H
#define DP_ENGINE_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_cryptodev.h>

#include "dp/zone.h"

/* Where an operation has its nonce: in the private part, behind what is DPDK's. */
#define ENGINE_DEVICE_NONCE (sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_sym_op))

struct engine_device {
	char name[64];
	uint8_t id;
	bool started;
	struct rte_mempool *sessions;
};

/*
 * spec: "crypto_NAME", or with arguments of the driver's behind a comma. -ENODEV: no such device can
 * be made; -ENOTSUP: it cannot do what is asked; -ENOMEM. The reason is logged.
 */
int engine_device_open(struct engine_device *d, const char *spec, struct zone *zone,
	uint32_t sessions);
void engine_device_close(struct engine_device *d);

/* NULL: none is left, or the driver has no memory. The caller wipes the stack (secret_wipe_stack()). */
void *engine_device_session(struct engine_device *d, const uint8_t key[static 32], bool seal);
void engine_device_end(struct engine_device *d, void *session); /* wipes; NULL is ignored */

#endif
