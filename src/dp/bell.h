/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How one thread wakes another that sleeps: a flag that the sleeper sets and an eventfd that is
 * written only when the flag is set, so that a busy pipeline makes no system call.
 */
#ifndef DP_BELL_H
#define DP_BELL_H

#include <stdatomic.h>
#include <stdbool.h>

struct bell {
	_Atomic int asleep;
	int fd;        /* eventfd, non-blocking */
	unsigned owed; /* the sleeper's: flags that ringers cleared and whose writes it has not read */
} __attribute__((aligned(64)));

int bell_open(struct bell *b); /* -errno */
void bell_close(struct bell *b);

/* Producer: after sending to the sleeper's ring. */
void bell_ring(struct bell *b);
/* Sleeper: arm, look once more for work, then wait for fd to be readable; disarm after. */
void bell_arm(struct bell *b);
void bell_disarm(struct bell *b); /* also empties the eventfd */

#endif
