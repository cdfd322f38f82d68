/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The device's sessions, and for which key each is. Jobs name a key by the place where it lies; the copy
 * of it that is kept here tells when another one has come to that place, so a session is never used for
 * the wrong key, whoever forgot to say so. There are as many as stay in the processor's cache, and one
 * that is not there is made in less time than it takes to fetch it from memory. All lies in the zone.
 */
#ifndef DP_ENGINE_KEYS_H
#define DP_ENGINE_KEYS_H

#include "dp/engine.h"
#include "dp/engine_device.h"

#define ENGINE_KEYS_WAYS 4
#define ENGINE_KEYS_SETS 256
#define ENGINE_KEYS      (ENGINE_KEYS_WAYS * ENGINE_KEYS_SETS)

struct engine_key { /* one cache line */
	const uint8_t *place; /* NULL: free */
	uint8_t copy[32];
	void *session;        /* NULL: there was none to be had */
	uint64_t burst : 63;  /* that used it last */
	uint64_t seal : 1;
} __attribute__((aligned(64)));

struct engine_keys {
	struct engine_device *device;
	struct engine_key *list; /* sets one after the other */
	uint64_t burst;
	bool made;               /* a session, in this burst */
};

int engine_keys_create(struct engine_keys *k, struct engine_device *device,
	struct zone *zone);                      /* -ENOMEM */
void engine_keys_destroy(struct engine_keys *k); /* wipes */

/* The sessions of a burst's keys; NULL where there is none to be had. */
void engine_keys_find(struct engine_keys *k, const struct engine_job *jobs, unsigned n, bool seal,
	void **sessions);
/* As engine_forget(). */
void engine_keys_forget(struct engine_keys *k, const uint8_t *place);

#endif
