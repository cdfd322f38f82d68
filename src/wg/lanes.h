/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which crypt threads a peer's two directions are for: the ones with the fewest, and never one for
 * both where there are several. Chosen when the peer needs a session and has none, and kept until it
 * has none again: a direction that does not move stays in order (A50).
 */
#ifndef WG_LANES_H
#define WG_LANES_H

#include <stdbool.h>
#include <stdint.h>

#include "encrypter/boundary.h"

struct lane_pair { /* of a peer */
	uint8_t seal, open; /* numbers of crypt threads */
	bool held;          /* and it counts there */
};

struct lane_load { /* peers that count */
	uint32_t seal, open;
};

struct lanes {
	unsigned count; /* of threads, 1 at least */
	struct lane_load load[CRYPT_THREADS_MAX];
};

void lanes_init(struct lanes *l, unsigned count);
/* Anew, as if the peer had none yet; among equals it keeps what it had. */
void lanes_choose(struct lanes *l, struct lane_pair *p);
void lanes_hold(struct lanes *l, struct lane_pair *p);    /* it counts, if it did not */
void lanes_release(struct lanes *l, struct lane_pair *p); /* it counts no longer */

#endif
