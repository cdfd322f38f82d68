/* SPDX-License-Identifier: BSD-3-Clause */
/* A domain's thread on its core: calls the domain's poll function, and rests when it finds nothing. */
#ifndef DP_LCORE_H
#define DP_LCORE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "dp/bell.h"
#include "dp/zone.h"

enum lcore_poll { LCORE_BUSY, LCORE_ADAPTIVE };

#define LCORE_NO_PORT     (-1)
#define LCORE_POLLED_PORT (-2)

struct lcore {
	/* set by the caller */
	char name[16];
	int cpu;
	bool shared;            /* other threads poll on the same cpu: never spin */
	enum lcore_poll mode;
	struct bell *bell;      /* rung by whoever sends to this thread */
	int wait_fd;            /* the port's; LCORE_NO_PORT; LCORE_POLLED_PORT: naps, no waiting */
	struct zone *zone;      /* its stack lies there */
	/* One round: returns how many packets or messages it handled; 0 lets the thread rest. */
	unsigned (*poll)(void *context, uint64_t now_ns);
	void *context;
	/* the thread's own */
	pthread_t thread;
	void *stack;
	bool running;
	_Atomic bool stop;
	_Atomic uint64_t beat_ns; /* last round, boot clock: a silent thread is noticed */
};

int lcore_start(struct lcore *l); /* -errno */
void lcore_stop(struct lcore *l); /* asks, wakes, joins */

#endif
