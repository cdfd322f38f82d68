/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Orders on their way into a ring. A full ring keeps nobody waiting and loses nothing: orders queue
 * here, in order, and whoever makes new ones asks first whether there is room.
 */
#ifndef CTL_OUTBOX_H
#define CTL_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dp/bell.h"
#include "dp/ring.h"

/*
 * Work that makes orders starts only below OUTBOX_ROOMY. The rest is for what cannot be put off:
 * acks are always taken, and each of the sessions being installed (INSTALLS_MAX) may still yield
 * a list of actions.
 */
#define OUTBOX_CAPACITY 2048
#define OUTBOX_ROOMY    512

struct outbox {
	struct ring ring;
	struct bell *bell; /* the receiver's */
	uint8_t *queue;    /* guarded memory: orders to crypt hold keys */
	uint32_t head, count;
	bool sent;         /* the receiver's bell is to be rung */
};

int outbox_open(struct outbox *o, const struct ring *ring, struct bell *bell); /* -ENOMEM */
void outbox_close(struct outbox *o);                                          /* wipes */

/* bytes <= the ring's element. False when even the queue is full: the order is lost. */
bool outbox_put(struct outbox *o, const void *order, size_t bytes);
/* Moves what the ring takes now, and rings the bell once for all that was sent since. */
void outbox_flush(struct outbox *o);
bool outbox_roomy(const struct outbox *o);
/* Everything was taken by the receiver. */
bool outbox_settled(const struct outbox *o);

#endif
