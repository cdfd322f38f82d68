/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ChaCha20-Poly1305 in bursts, out of place, with WireGuard's nonce and no associated data. Engines
 * differ in speed only; engine_open_best() checks a fast one against the crypto provider with known
 * answers and random lengths before it is used.
 */
#ifndef DP_ENGINE_H
#define DP_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "dp/zone.h"

#define ENGINE_BURST 32

struct engine_job {
	const uint8_t *key;  /* 32 bytes */
	uint64_t counter;
	const uint8_t *src;
	uint8_t *dst;        /* seal: length + 16 bytes; open: length bytes */
	uint32_t length;     /* of the plaintext */
	bool ok;             /* open: the tag held; else dst is zeroed */
};

struct engine;
struct engine_ops {
	const char *name;
	int (*create)(struct engine *e);
	void (*destroy)(struct engine *e);
	void (*seal)(struct engine *e, struct engine_job *jobs, unsigned n);
	void (*open)(struct engine *e, struct engine_job *jobs, unsigned n);
};

struct engine {
	const struct engine_ops *ops;
	struct zone *zone; /* where its state lies: crypt's */
	void *state;
};

/* name: "auto", "sodium", "ipsec-mb". -ENOENT: no such engine here; -EBADMSG: it failed its check. */
int engine_create(struct engine *e, const char *name, struct zone *zone);
void engine_destroy(struct engine *e);

/* n <= ENGINE_BURST. src and dst do not overlap. open: src holds length + 16 bytes. */
void engine_seal(struct engine *e, struct engine_job *jobs, unsigned n);
void engine_open(struct engine *e, struct engine_job *jobs, unsigned n);

#endif
