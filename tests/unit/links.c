/* SPDX-License-Identifier: BSD-3-Clause */
#include "links.h"

#include <stdio.h>

#include "must.h"

void links_open(struct rig_link *links, unsigned count, struct zone *zone, unsigned handles,
	struct lend_ends *ends)
{
	char text[32];

	for (unsigned i = 0; i < count; i++) {
		struct rig_link *l = &links[i];
		snprintf(text, sizeof(text), "to-crypt%u", i);
		must(ring_create(&l->to, text, zone, handles, sizeof(struct handle)) == 0, "links: a ring");
		snprintf(text, sizeof(text), "from-crypt%u", i);
		must(ring_create(&l->from, text, zone, 1024, sizeof(struct handle)) == 0, "links: a ring");
		must(bell_open(&l->bell) == 0, "links: a bell");
		ends[i] = (struct lend_ends){l->to, l->from, &l->bell};
	}
}

void links_close(struct rig_link *links)
{
	for (unsigned i = 0; i < RIG_LINKS; i++) {
		if (!links[i].to.r)
			continue;
		ring_destroy(&links[i].to);
		ring_destroy(&links[i].from);
		bell_close(&links[i].bell);
	}
}

static void sort(struct rig_link *l)
{
	struct handle h;

	while (l->to.r && ring_receive(&l->to, &h, 1) == 1) {
		if (h.kind == HANDLE_EMPTY)
			l->empty[l->empty_count++] = h;
		else if (h.kind == HANDLE_FULL)
			l->full[l->full_count++] = h;
		else
			must(false, "links: the domain sent a handle of another kind");
	}
}

void links_sort(struct rig_link *links)
{
	for (unsigned i = 0; i < RIG_LINKS; i++)
		sort(&links[i]);
}

unsigned links_empties(const struct rig_link *links)
{
	unsigned count = 0;

	for (unsigned i = 0; i < RIG_LINKS; i++)
		count += links[i].empty_count;
	return count;
}

void links_give(struct rig_link *l, const struct handle *h)
{
	must(ring_send(&l->from, h, 1) == 1, "links: a ring is full");
}

void links_give_used(struct rig_link *l, uint8_t code, uint64_t tag)
{
	struct handle h = {.index = l->full[--l->full_count].index,
		.kind = HANDLE_USED, .code = code, .tag = tag};

	links_give(l, &h);
}

void links_return_all(struct rig_link *links)
{
	for (unsigned i = 0; i < RIG_LINKS; i++)
		while (links[i].full_count > 0)
			links_give_used(&links[i], USED_DONE, 0);
}

bool links_take_empty(struct rig_link *l, size_t length, uint64_t tag, struct handle *filled)
{
	if (l->empty_count == 0)
		return false;
	*filled = l->empty[--l->empty_count];
	filled->kind = HANDLE_FILLED;
	filled->offset = 128;
	filled->length = (uint16_t)length;
	filled->tag = tag;
	return true;
}
