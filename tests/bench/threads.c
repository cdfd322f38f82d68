/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several crypt threads at once, on a CPU each: they share the peers, and each seals for some and opens
 * for others. What each costs beside the others, against the first by itself.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_lcore.h>

#include "run.h"

static struct bench benches[CRYPT_THREADS_MAX];

struct run {
	pthread_t thread;
	pthread_barrier_t *together;
	struct bench *bench;
	const struct options *options;
	uint16_t size;
	double seal, open; /* ticks a packet, median */
};

static void pin(unsigned number)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(number % (unsigned)sysconf(_SC_NPROCESSORS_ONLN), &one);
	if (pthread_setaffinity_np(pthread_self(), sizeof(one), &one) != 0)
		bench_fail("a thread has no CPU of its own");
}

static double median(double *list, unsigned count)
{
	qsort(list, count, sizeof(list[0]), bench_by_value);
	return list[count / 2];
}

static void both_ways(const struct run *r, double *ticks)
{
	stage_crypt_seal(r->bench, r->size, r->options->bursts, ticks);
	stage_crypt_open(r->bench, r->size, r->options->bursts, ticks);
}

static void *run(void *argument)
{
	double seal[ROUNDS_MAX], open[ROUNDS_MAX], ticks[STAGE_COUNT];
	struct run *r = argument;

	pin(r->bench->number);
	if (rte_thread_register() != 0)
		bench_fail("a thread could not be registered");
	both_ways(r, ticks); /* warm up */
	pthread_barrier_wait(r->together);
	for (unsigned i = 0; i < r->options->rounds; i++) {
		both_ways(r, ticks);
		seal[i] = ticks[STAGE_crypt_seal];
		open[i] = ticks[STAGE_crypt_open];
	}
	pthread_barrier_wait(r->together);
	rte_thread_unregister();
	r->seal = median(seal, r->options->rounds);
	r->open = median(open, r->options->rounds);
	return NULL;
}

/* The first n at once; the means of what they took. */
static void measure(const struct options *o, uint16_t size, unsigned n, double *seal, double *open)
{
	struct run runs[CRYPT_THREADS_MAX];
	pthread_barrier_t together;

	*seal = *open = 0;
	pthread_barrier_init(&together, NULL, n);
	for (unsigned i = 0; i < n; i++) {
		runs[i] = (struct run){.together = &together, .bench = &benches[i], .options = o,
			.size = size};
		if (pthread_create(&runs[i].thread, NULL, run, &runs[i]) != 0)
			bench_fail("no thread");
	}
	for (unsigned i = 0; i < n; i++) {
		pthread_join(runs[i].thread, NULL);
		*seal += runs[i].seal / n;
		*open += runs[i].open / n;
	}
	pthread_barrier_destroy(&together);
}

void threads_run(const struct options *o, const char *engine)
{
	unsigned n = o->crypt_threads;
	double seal, open, seal_all, open_all;

	for (unsigned i = 0; i < n; i++)
		bench_open_thread(&benches[i], o->peers[o->peer_count - 1], engine, &benches[0], i, n);
	site_begin(benches);
	printf("%u crypt threads, %u peers, ticks a packet; alone: the first by itself\n", n,
		benches[0].peers);
	printf("%6s %12s %12s %8s %12s %12s %8s\n", "bytes", "seal alone", "all", "times",
		"open alone", "all", "times");
	for (unsigned s = 0; s < o->size_count; s++) {
		uint16_t size = (uint16_t)o->sizes[s];
		measure(o, size, 1, &seal, &open);
		measure(o, size, n, &seal_all, &open_all);
		printf("%6u %12.0f %12.0f %8.2f %12.0f %12.0f %8.2f\n", size, seal, seal_all,
			n * seal / seal_all, open, open_all, n * open / open_all);
		fflush(stdout);
	}
	for (unsigned i = n; i-- > 0;)
		site_close(&benches[i].site);
}
