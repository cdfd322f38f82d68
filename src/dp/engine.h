/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ChaCha20-Poly1305 in bursts, out of place, with WireGuard's nonce and no associated data. Engines
 * differ in speed only; engine_create() checks each against the crypto provider with random keys and
 * lengths before it is used. An engine belongs to one thread.
 */
#ifndef DP_ENGINE_H
#define DP_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "dp/zone.h"

#define ENGINE_BURST 32

struct engine_job {
	const uint8_t *key;  /* 32 bytes; an engine may keep what it derives of them: engine_forget() */
	uint64_t counter;
	const uint8_t *src;
	uint8_t *dst;        /* seal: length + 16 bytes; open: length bytes */
	uint32_t length;     /* of the plaintext */
	bool ok;             /* open: the tag held; else dst is zeroed */
};

struct engine;
struct engine_ops {
	const char *name;
	const char *device; /* what names of devices begin with; such an engine is never chosen by auto */
	int (*create)(struct engine *e);
	void (*destroy)(struct engine *e);
	void (*seal)(struct engine *e, struct engine_job *jobs, unsigned n);
	void (*open)(struct engine *e, struct engine_job *jobs, unsigned n);
	void (*forget)(struct engine *e, const uint8_t *key); /* NULL: it keeps nothing of keys */
};

struct engine {
	const struct engine_ops *ops;
	char name[64];     /* of the engine, or of its device */
	struct zone *zone; /* where its state lies: crypt's */
	void *state;
};

/*
 * name: "auto", "ipsec-mb", "sodium", "cryptodev", or a virtual crypto device of DPDK's, "crypto_NAME"
 * with its arguments. -ENOENT: no such engine here; -EBADMSG: it failed its check; -ENODEV, -ENOTSUP:
 * no such device, or none for this; -ENOMEM.
 */
int engine_create(struct engine *e, const char *name, struct zone *zone);
void engine_destroy(struct engine *e); /* wipes */

/* n <= ENGINE_BURST. src and dst do not overlap. open: src holds length + 16 bytes. */
void engine_seal(struct engine *e, struct engine_job *jobs, unsigned n);
void engine_open(struct engine *e, struct engine_job *jobs, unsigned n);

/*
 * Called after the key at this place was wiped or replaced: nothing derived of the former one is left
 * then. A place that no job has named will do.
 */
void engine_forget(struct engine *e, const uint8_t *key);

#endif
