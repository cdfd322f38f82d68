/* SPDX-License-Identifier: BSD-3-Clause */
#include "dp/lcore.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>

#include <rte_lcore.h>
#include <rte_pause.h>

#include "util/clock.h"
#include "util/log.h"

#define STACK_BYTES     (256ul << 10)
/* On a core of its own a thread that finds nothing goes on polling for a while before it rests. */
#define SPIN_NS         (50 * CLOCK_US)
#define NAP_FIRST_NS    (20 * CLOCK_US)
#define NAP_LAST_NS     (800 * CLOCK_US)
/* How long a thread that can be woken sleeps at most: its own timers are a second apart. */
#define BLOCK_MAX_NS    (500 * CLOCK_MS)

struct rest {
	uint64_t idle_since_ns; /* 0: the last round found work */
	uint64_t nap_ns;
};

/* A port whose link goes down says so once; until that is read its socket is always readable. */
static void take_error(int fd)
{
	int error;
	socklen_t length = sizeof(error);

	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
}

/* Wait until the bell rings, the port has packets, or the time is over. */
static void wait_for_work(struct lcore *l, uint64_t max_ns)
{
	struct pollfd fds[2] = {
		{.fd = l->bell->fd, .events = POLLIN},
		{.fd = l->wait_fd, .events = POLLIN},
	};
	struct timespec limit = {.tv_nsec = (long)max_ns};

	ppoll(fds, l->wait_fd >= 0 ? 2 : 1, &limit, NULL);
	if (fds[1].revents & POLLERR)
		take_error(l->wait_fd);
}

/* A port that can only be polled: naps that grow with idleness, cut short by the bell. */
static uint64_t nap_length(struct lcore *l, struct rest *rest)
{
	if (l->wait_fd != LCORE_POLLED_PORT)
		return BLOCK_MAX_NS;
	rest->nap_ns = rest->nap_ns ? rest->nap_ns * 2 : NAP_FIRST_NS;
	if (rest->nap_ns > NAP_LAST_NS)
		rest->nap_ns = NAP_LAST_NS;
	return rest->nap_ns;
}

static void rest_adaptive(struct lcore *l, struct rest *rest, uint64_t now_ns)
{
	if (rest->idle_since_ns == 0)
		rest->idle_since_ns = now_ns;
	if (!l->shared && now_ns - rest->idle_since_ns < SPIN_NS) {
		rte_pause();
		return;
	}
	bell_arm(l->bell);
	/* Work that came before the flag was up rang no bell: look once more. */
	if (l->poll(l->context, now_ns) != 0)
		*rest = (struct rest){0};
	else if (!atomic_load(&l->stop))
		wait_for_work(l, nap_length(l, rest));
	bell_disarm(l->bell);
}

/*
 * On a shared CPU the threads take turns, a round each: what one has passed on is still in the cache when
 * the next one works on it, and does not wait until the kernel's time slice (milliseconds) is over.
 */
static void run(struct lcore *l)
{
	struct rest rest = {0};

	while (!atomic_load_explicit(&l->stop, memory_order_relaxed)) {
		uint64_t now_ns = clock_boot_ns();

		atomic_store_explicit(&l->beat_ns, now_ns, memory_order_relaxed);
		if (l->poll(l->context, now_ns) != 0) {
			rest = (struct rest){0};
		} else if (l->mode == LCORE_BUSY) {
			rte_pause();
		} else {
			rest_adaptive(l, &rest, now_ns);
			continue;
		}
		if (l->shared)
			sched_yield();
	}
}

static void *thread_main(void *argument)
{
	struct lcore *l = argument;

	if (rte_thread_register() != 0)
		log_event(LOG_ERROR, l->name, "thread could not be registered");
	else
		run(l);
	rte_thread_unregister();
	return NULL;
}

static int set_attributes(struct lcore *l, pthread_attr_t *attributes)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(l->cpu, &cpus);
	int rc = pthread_attr_setstack(attributes, l->stack, STACK_BYTES);
	if (rc == 0)
		rc = pthread_attr_setaffinity_np(attributes, sizeof(cpus), &cpus);
	return -rc;
}

int lcore_start(struct lcore *l)
{
	pthread_attr_t attributes;
	sigset_t all, before;

	l->stack = zone_alloc(l->zone, STACK_BYTES);
	if (!l->stack)
		return -ENOMEM;
	atomic_store(&l->stop, false);
	pthread_attr_init(&attributes);
	int rc = set_attributes(l, &attributes);
	if (rc == 0) {
		/* Signals are control's. */
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &before);
		rc = -pthread_create(&l->thread, &attributes, thread_main, l);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	pthread_attr_destroy(&attributes);
	if (rc != 0) {
		zone_free(l->stack);
		l->stack = NULL;
		return rc;
	}
	pthread_setname_np(l->thread, l->name);
	l->running = true;
	return 0;
}

void lcore_stop(struct lcore *l)
{
	if (!l->running)
		return;
	atomic_store(&l->stop, true);
	bell_ring(l->bell);
	pthread_join(l->thread, NULL);
	zone_free(l->stack);
	l->stack = NULL;
	l->running = false;
}
