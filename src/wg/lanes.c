/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/lanes.h"

#include <string.h>

void lanes_init(struct lanes *l, unsigned count)
{
	memset(l, 0, sizeof(*l));
	l->count = count;
}

/* Directions count alike; among equals the thread with fewer of this kind, then the former one. Of
 * those that are left the first is taken. */
static uint64_t cost(const struct lane_load *load, uint32_t of_this_kind, bool former)
{
	return ((uint64_t)load->seal + load->open) << 32 | (uint64_t)of_this_kind << 1 | !former;
}

static uint8_t choose_open(const struct lanes *l, uint8_t former)
{
	uint64_t least = UINT64_MAX;
	unsigned best = 0;

	for (unsigned i = 0; i < l->count; i++) {
		uint64_t c = cost(&l->load[i], l->load[i].open, i == former);
		if (c < least) {
			least = c;
			best = i;
		}
	}
	return (uint8_t)best;
}

/* Another than open; where there is one only, that one. */
static uint8_t choose_seal(const struct lanes *l, uint8_t former, uint8_t open)
{
	uint64_t least = UINT64_MAX;
	unsigned best = 0;

	for (unsigned i = 0; i < l->count; i++) {
		uint64_t c = cost(&l->load[i], l->load[i].seal, i == former);
		if (c < least && i != open) {
			least = c;
			best = i;
		}
	}
	return (uint8_t)best;
}

void lanes_choose(struct lanes *l, struct lane_pair *p)
{
	lanes_release(l, p);
	p->open = choose_open(l, p->open);
	p->seal = choose_seal(l, p->seal, p->open);
	lanes_hold(l, p);
}

void lanes_hold(struct lanes *l, struct lane_pair *p)
{
	if (p->held)
		return;
	l->load[p->seal].seal++;
	l->load[p->open].open++;
	p->held = true;
}

void lanes_release(struct lanes *l, struct lane_pair *p)
{
	if (!p->held)
		return;
	l->load[p->seal].seal--;
	l->load[p->open].open--;
	p->held = false;
}
