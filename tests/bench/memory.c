/* SPDX-License-Identifier: BSD-3-Clause */
/* What a peer takes in memory: the difference between domains for many peers and for few. */
#include <malloc.h>

#include <rte_malloc.h>

#include "bench.h"
#include "wg/allowedips.h"
#include "wg/device.h"
#include "wg/index.h"
#include "wg/session.h"

static double used_in(const struct zone *zone)
{
	struct rte_malloc_socket_stats stats;

	if (rte_malloc_get_socket_stats(zone->socket, &stats) != 0)
		bench_fail("a zone has no statistics");
	return (double)stats.heap_allocsz_bytes;
}

static double used_by_libc(void)
{
	struct mallinfo2 m = mallinfo2();

	return (double)(m.uordblks + m.hblkhd);
}

static double control_peer(void)
{
	uint32_t few = 1024, many = 20480;
	double start = used_by_libc();
	struct wg_device *a = wg_device_create(few);
	double middle = used_by_libc();
	struct wg_device *b = wg_device_create(many);
	double end = used_by_libc();

	if (!a || !b)
		bench_fail("no memory for a device");
	wg_device_destroy(a);
	wg_device_destroy(b);
	return ((end - middle) - (middle - start)) / (many - few);
}

void bench_memory(const struct bench *few, const struct bench *many, struct bench_memory *m)
{
	double slots = (double)many->max_peers - few->max_peers;

	m->session = sizeof(struct sending) + sizeof(struct receiving) + sizeof(struct replay_ring) +
		2.0 * sizeof(struct index_entry);
	m->control_peer = control_peer();
	if (slots <= 0)
		return;
	/* without the routes: they are the prefixes' */
	double routes = (double)allowedips_bytes(many->peers * 3) -
		(double)allowedips_bytes(few->peers * 3);
	m->crypt_peer = (used_in(&many->site.zone) - used_in(&few->site.zone) - routes) / slots;
	m->black_peer = (used_in(&many->black.edge.zone) - used_in(&few->black.edge.zone)) / slots;
	m->red_prefix = (used_in(&many->red.edge.zone) - used_in(&few->red.edge.zone)) /
		((double)many->peers * 6 - 16384);
}
