/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ledger of the buffers that a domain lends to crypt, and the handles that cross: which buffer
 * is out, to which lcore, to be read (FULL) or to be filled (EMPTY). A lent buffer is not touched
 * until its handle is back, and only what was lent is taken back.
 */
#ifndef DP_LEND_H
#define DP_LEND_H

#include <stdint.h>
#include <rte_mbuf.h>

#include "dp/bell.h"
#include "dp/outgoing.h"
#include "dp/pool.h"
#include "dp/ring.h"
#include "encrypter/boundary.h"

#define LEND_LINKS CRYPT_THREADS_MAX
#define LEND_BURST 32
#define LEND_EMPTY 512 /* buffers lent to be filled, per link, when the pool is large enough */

struct lend_ends { /* of the rings to a crypt thread and back, and what wakes it */
	struct ring to;
	struct ring from;
	struct bell *bell;
};

struct lend_link { /* one crypt thread */
	struct ring to;
	struct ring from;
	struct bell *bell;
	uint32_t empties; /* lent to be filled */
	unsigned count;
	bool sent;
	struct handle out[2 * LEND_BURST];
};

struct lend {
	const struct pool *pool;
	struct outgoing *outgoing;
	uint64_t *passed; /* counters: FULL buffers that a ring took, */
	uint64_t *drop_handle;
	uint64_t *drop_crypt_full; /* and did not */
	uint16_t headroom; /* bytes needed before what crypt filled in */
	uint32_t to_buffer; /* from an mbuf to its buffer: the same in the whole pool */
	uint32_t quota;
	uint8_t *state;    /* by buffer: what is lent, and to whom */
	unsigned link_count;
	struct lend_link links[LEND_LINKS];
};

struct lend_config {
	struct zone *zone;
	const struct pool *pool;
	struct outgoing *outgoing;
	uint64_t *passed;
	uint64_t *drop_handle;
	uint64_t *drop_crypt_full;
	uint16_t headroom;
	const struct lend_ends *ends;
	unsigned link_count; /* 1 to LEND_LINKS */
};

int lend_init(struct lend *l, const struct lend_config *config); /* -ENOMEM, -EINVAL */
void lend_fini(struct lend *l);

/* Give the bytes of m to crypt. offset is from the start of m's buffer. Sent by lend_flush(). */
void lend_full(struct lend *l, unsigned link, struct rte_mbuf *m, uint16_t offset, uint16_t length,
	uint8_t code, uint64_t tag);
/* Send what was collected and wake who sleeps: once per round. */
void lend_flush(struct lend *l);
/* Keep every link supplied with buffers to fill; half of the pool stays at home. */
void lend_supply(struct lend *l);

/* A burst of handles out of a link, with the buffers they name on their way into the cache. */
unsigned lend_receive(struct lend *l, unsigned link, struct handle handles[static LEND_BURST]);
/*
 * The buffer of a handle from that link, ours again. FILLED: its data are what crypt wrote. USED:
 * its data are as we lent it; code is 0 unless it was lent FULL. NULL, counted, when the handle
 * names nothing that we lent.
 */
struct rte_mbuf *lend_take(struct lend *l, unsigned link, struct handle *h);

#endif
