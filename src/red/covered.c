/* SPDX-License-Identifier: BSD-3-Clause */
#include "red/covered.h"

#include <errno.h>

#include <rte_common.h>

#define WHOLE_BYTES (1u << 24 >> 3)

int covered_create(struct covered *c, struct zone *zone, uint32_t max_prefixes)
{
	uint32_t places = rte_align32pow2(max_prefixes < 64 ? 64 : max_prefixes);

	memset(c, 0, sizeof(*c));
	c->epoch = 1;
	c->mask4 = 2 * places - 1;
	c->mask6 = places / 2 - 1;
	c->whole = zone_alloc(zone, WHOLE_BYTES);
	c->recent4 = zone_alloc(zone, 2ul * places * sizeof(*c->recent4));
	c->recent6 = zone_alloc(zone, places / 2 * sizeof(*c->recent6));
	if (c->whole && c->recent4 && c->recent6)
		return 0;
	covered_destroy(c);
	return -ENOMEM;
}

void covered_destroy(struct covered *c)
{
	zone_free(c->whole);
	zone_free(c->recent4);
	zone_free(c->recent6);
	memset(c, 0, sizeof(*c));
}

void covered_forget(struct covered *c)
{
	if (++c->epoch != 0)
		return;
	/* after 2^32 of them: what was remembered in the first epochs would hold again */
	memset(c->recent4, 0, ((size_t)c->mask4 + 1) * sizeof(*c->recent4));
	memset(c->recent6, 0, ((size_t)c->mask6 + 1) * sizeof(*c->recent6));
	c->epoch = 1;
}

void covered_mark(struct covered *c, uint32_t address, uint8_t length, bool whole)
{
	uint32_t first = address >> 8, count = 1u << (COVERED_WHOLE4 - length);

	if (count >= 64) { /* then it is a multiple of 64, and so is first */
		memset(&c->whole[first / 64], whole ? 0xff : 0, count / 8);
		return;
	}
	uint64_t bits = ((1ull << count) - 1) << (first & 63);
	if (whole)
		c->whole[first / 64] |= bits;
	else
		c->whole[first / 64] &= ~bits;
}

void covered_remember4(struct covered *c, uint32_t address)
{
	c->recent4[covered_place(address, c->mask4)] = (uint64_t)c->epoch << 32 | address;
}

void covered_remember6(struct covered *c, const uint8_t address[static 16], uint8_t length)
{
	struct covered6 r = {.high = get_le64(address), .low = get_le64(address + 8),
		.epoch = c->epoch, .network = length <= COVERED_WHOLE6};

	if (r.network)
		r.low = 0;
	c->recent6[covered_place(r.high + r.low, c->mask6)] = r;
}
