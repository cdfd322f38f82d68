/* SPDX-License-Identifier: BSD-3-Clause */
#include "red/links.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "encrypter/boundary.h"

#define LINK_BITS  4
#define EPOCHS     (UINT32_MAX >> LINK_BITS)
#define PLACES_MIN 1024u

static_assert(CRYPT_THREADS_MAX <= 1 << LINK_BITS, "a link's number has its bits");

int links_create(struct links *l, struct zone *zone, uint32_t max_prefixes)
{
	uint32_t places = rte_align32pow2(max_prefixes < PLACES_MIN ? PLACES_MIN : max_prefixes);

	memset(l, 0, sizeof(*l));
	l->epoch = 1;
	l->mask4 = 2 * places - 1;
	l->mask6 = places / 2 - 1;
	l->recent4 = zone_alloc(zone, 2ul * places * sizeof(*l->recent4));
	l->recent6 = zone_alloc(zone, places / 2 * sizeof(*l->recent6));
	if (l->recent4 && l->recent6)
		return 0;
	links_destroy(l);
	return -ENOMEM;
}

void links_destroy(struct links *l)
{
	zone_free(l->recent4);
	zone_free(l->recent6);
	memset(l, 0, sizeof(*l));
}

void links_forget(struct links *l)
{
	if (l->epoch++ < EPOCHS)
		return;
	/* after 2^28 of them: what was remembered in the first epochs would hold again */
	memset(l->recent4, 0, ((size_t)l->mask4 + 1) * sizeof(*l->recent4));
	memset(l->recent6, 0, ((size_t)l->mask6 + 1) * sizeof(*l->recent6));
	l->epoch = 1;
}

static uint32_t place(uint64_t h, uint32_t mask)
{
	return (uint32_t)(h * 0x9e3779b97f4a7c15ull >> 32) & mask;
}

static uint64_t entry4(const struct links *l, uint32_t address, unsigned link)
{
	return (uint64_t)(l->epoch << LINK_BITS | link) << 32 | address;
}

bool links_find4(const struct links *l, uint32_t address, unsigned *link)
{
	uint64_t found = l->recent4[place(address, l->mask4)];

	*link = (unsigned)(found >> 32 & ((1 << LINK_BITS) - 1));
	return found == entry4(l, address, *link);
}

void links_remember4(struct links *l, uint32_t address, unsigned link)
{
	l->recent4[place(address, l->mask4)] = entry4(l, address, link);
}

static struct links6 *place6(const struct links *l, uint64_t high, uint64_t low)
{
	return &l->recent6[place(high * 31 + low, l->mask6)];
}

bool links_find6(const struct links *l, const uint8_t address[static 16], unsigned *link)
{
	uint64_t high = get_le64(address), low = get_le64(address + 8);
	const struct links6 *r = place6(l, high, low);

	*link = r->link;
	return r->high == high && r->low == low && r->epoch == l->epoch;
}

void links_remember6(struct links *l, const uint8_t address[static 16], unsigned link)
{
	uint64_t high = get_le64(address), low = get_le64(address + 8);

	*place6(l, high, low) =
		(struct links6){.high = high, .low = low, .epoch = l->epoch, .link = link};
}
