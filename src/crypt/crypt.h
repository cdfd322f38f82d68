/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The crypt domain: the only place where plaintext becomes ciphertext and back. Believes nothing
 * that comes over a ring of black or red, and never touches an mbuf header.
 */
#ifndef CRYPT_CRYPT_H
#define CRYPT_CRYPT_H

#include <stddef.h>
#include <stdint.h>

#include "dp/bell.h"
#include "dp/engine.h"
#include "dp/pool.h"
#include "dp/ring.h"
#include "encrypter/boundary.h"
#include "encrypter/stats.h"

struct crypt_side { /* black's or red's */
	struct ring from;
	struct ring to;
	struct bell *bell;
	struct pool_view view;
};

struct crypt;

struct crypt_config {
	struct zone *zone;
	/* One of `threads`, 0 .. threads - 1; `first` is number 0, whose tables all share, or NULL for it */
	unsigned number, threads;
	struct crypt *first;
	struct bell *bells[CRYPT_THREADS_MAX]; /* by number: of the threads */
	struct engine *engine;
	uint16_t tunnel_mtu; /* padding never goes beyond (A43) */
	/* A47: the bits of inner traffic classes that outer headers get; with those of ECN, outer
	   marks are told to inner packets. 0: no channel either way */
	uint8_t outer_class_mask;
	uint32_t max_peers;
	struct crypt_side black;
	struct crypt_side red;
	struct ring from_control;     /* struct crypt_order */
	struct ring to_control;       /* struct crypt_ack */
	struct bell *control_bell;
	struct peer_report *reports;  /* max_peers of them, in the zone */
	_Atomic uint64_t *dirty;      /* bitmap over peers with events; max_peers bits, in the zone */
	struct crypt_stats *stats;    /* in the zone */
};

/*
 * Bytes of the zone that a peer takes when there is room for max_peers: both halves of its sessions
 * with three replay windows, its report, and its share of the index table. Its prefixes come on top.
 */
size_t crypt_peer_bytes(uint32_t max_peers);
struct crypt *crypt_create(const struct crypt_config *config); /* in the zone; NULL: no memory */
void crypt_destroy(struct crypt *c); /* the first one, the last to go, wipes all sessions */
unsigned crypt_poll(void *crypt, uint64_t now_ns);             /* struct lcore's poll */

#endif
