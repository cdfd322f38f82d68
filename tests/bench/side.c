/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

#define RING 4096

void bench_fail(const char *what)
{
	fprintf(stderr, "encrypter-bench: %s\n", what);
	exit(1);
}

void bench_side_open(struct bench_side *s, const char *name, struct zone *crypt)
{
	char text[24];

	if (zone_create(&s->zone, name, 8 << 20, ZONE_PAGES_AUTO) != 0 ||
		pool_create(&s->pool, name, &s->zone, BENCH_BUFFERS, 1500) != 0 ||
		pool_view_create(&s->view, &s->pool, crypt) != 0)
		bench_fail("no memory for buffers");
	snprintf(text, sizeof(text), "%.16s-to", name);
	int rc = ring_create(&s->to, text, &s->zone, RING, sizeof(struct handle));
	snprintf(text, sizeof(text), "%.16s-from", name);
	if (rc != 0 || ring_create(&s->from, text, &s->zone, RING, sizeof(struct handle)) != 0 ||
		bell_open(&s->bell) != 0)
		bench_fail("no memory for rings");
	s->stack = calloc(BENCH_BUFFERS, sizeof(*s->stack));
	if (!s->stack)
		bench_fail("no memory");
	for (uint16_t i = 0; i < BENCH_BUFFERS; i++)
		s->stack[s->free_count++] = i;
}

void bench_side_close(struct bench_side *s)
{
	free(s->stack);
	bell_close(&s->bell);
	ring_destroy(&s->from);
	ring_destroy(&s->to);
	pool_view_destroy(&s->view);
	pool_destroy(&s->pool);
	zone_destroy(&s->zone);
}

uint16_t bench_side_take(struct bench_side *s)
{
	if (s->free_count == 0)
		bench_fail("a buffer was lost");
	return s->stack[--s->free_count];
}

void bench_side_supply(struct bench_side *s)
{
	for (; s->lent < BENCH_EMPTY; s->lent++) {
		struct handle h = {.index = bench_side_take(s), .kind = HANDLE_EMPTY};
		if (ring_send(&s->to, &h, 1) != 1)
			bench_fail("a ring is full");
	}
}

unsigned bench_side_collect(struct bench_side *s)
{
	struct handle handles[BENCH_BURST];
	unsigned n, filled = 0;

	while ((n = ring_receive(&s->from, handles, BENCH_BURST)) > 0) {
		for (unsigned i = 0; i < n; i++) {
			s->stack[s->free_count++] = handles[i].index;
			filled += handles[i].kind == HANDLE_FILLED;
		}
	}
	s->lent -= filled;
	return filled;
}

uint8_t *bench_side_bytes(const struct bench_side *s, uint16_t index)
{
	return s->view.buffers[index] + BENCH_OFFSET;
}
