/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Quick answers for the table of what is behind the tunnel, whose trees take a thousand ticks and more
 * a lookup when there are thousands of prefixes. They only ever say yes: what is not known here is
 * looked up. IPv4 networks of 256 addresses that are covered as a whole have a bit each: 2 MiB, of
 * which the bits of neighbouring sites share a cache line. Addresses in longer prefixes, and IPv6 ones,
 * are remembered when they were found.
 */
#ifndef RED_COVERED_H
#define RED_COVERED_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "dp/zone.h"
#include "util/bytes.h"

#define COVERED_WHOLE4 24 /* the longest IPv4 prefix that has bits */
#define COVERED_WHOLE6 64 /* and the longest IPv6 one that is remembered by its network */

struct covered6 {
	uint64_t high, low; /* low is 0 in a network */
	uint32_t epoch;
	bool network; /* all of it is covered */
};

struct covered {
	uint64_t *whole;   /* by the first 24 bits of an address */
	uint64_t *recent4; /* epoch, and an address */
	struct covered6 *recent6;
	uint32_t mask4, mask6;
	uint32_t epoch;    /* of what is remembered; a new one when a prefix is taken out. Never 0 */
};

int covered_create(struct covered *c, struct zone *zone, uint32_t max_prefixes); /* -ENOMEM */
void covered_destroy(struct covered *c);

/* Nothing that was remembered holds any longer. */
void covered_forget(struct covered *c);
/* The bits of an IPv4 prefix of at most COVERED_WHOLE4 bits. */
void covered_mark(struct covered *c, uint32_t address, uint8_t length, bool whole);
/* An address was found, in a prefix of that length. */
void covered_remember4(struct covered *c, uint32_t address);
void covered_remember6(struct covered *c, const uint8_t address[static 16], uint8_t length);

static inline uint32_t covered_place(uint64_t h, uint32_t mask)
{
	return (uint32_t)(h * 0x9e3779b97f4a7c15ull >> 32) & mask;
}

static inline bool covered_knows4(const struct covered *c, uint32_t address)
{
	if (c->whole[address >> 14] >> (address >> 8 & 63) & 1)
		return true;
	return c->recent4[covered_place(address, c->mask4)] == ((uint64_t)c->epoch << 32 | address);
}

static inline bool covered_is6(const struct covered *c, uint64_t high, uint64_t low, bool network)
{
	const struct covered6 *r = &c->recent6[covered_place(high + low, c->mask6)];

	return r->high == high && r->low == low && r->epoch == c->epoch && r->network == network;
}

static inline bool covered_knows6(const struct covered *c, const uint8_t address[static 16])
{
	uint64_t high = get_le64(address), low = get_le64(address + 8);

	return covered_is6(c, high, 0, true) || covered_is6(c, high, low, false);
}

#endif
