/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose addresses are. What was found last is remembered: of destinations by crypt, of sources by each
 * peer, in the line that each of its messages changes anyway. With the address goes how many of its bits
 * decided, so that a site of many hosts is known when one of them is; and the number of the routes under
 * which that holds.
 */
#include <string.h>

#include <rte_common.h>

#include "crypt/state.h"
#include "util/bytes.h"

#define IPV4_SOURCE      12
#define IPV4_DESTINATION 16
#define IPV6_SOURCE      8
#define IPV6_DESTINATION 24

/* A stamp: the routes' number, by how much to shift what does not count away, the family. */
#define STAMP_NUMBER 7
#define STAMP_SHIFT  1
#define STAMP_IPV6   1u
#define SHIFT_MASK   (63u << STAMP_SHIFT)
/* Of routes without a number: like no stamp, once that is masked. */
#define NO_STAMP     SHIFT_MASK

static_assert(ALLOWEDIPS_NUMBERS == UINT32_MAX >> STAMP_NUMBER, "numbers fit in stamps");

/* Where packets go to many peers in turn, not every destination is remembered. */
#define MISSED 8

struct address {
	const uint8_t *bytes;
	uint64_t first; /* bits; those of IPv4 are followed by zeros */
	bool ipv6;
};

static struct address address_in(const uint8_t *header, unsigned at4, unsigned at6)
{
	struct address a = {.ipv6 = header[0] >> 4 == 6};

	a.bytes = header + (a.ipv6 ? at6 : at4);
	a.first = (uint64_t)get_be32(a.bytes) << 32;
	if (a.ipv6)
		a.first |= get_be32(a.bytes + 4);
	return a;
}

static bool is_known(const struct crypt *c, const struct route_key *known, const struct address *a)
{
	uint32_t stamp = known->stamp;
	uint64_t bits;

	memcpy(&bits, known->bits, sizeof(bits));
	return (stamp & ~SHIFT_MASK) == (c->routes_stamp | a->ipv6) &&
		(a->first ^ bits) >> (stamp >> STAMP_SHIFT & 63) == 0;
}

static void remember(const struct crypt *c, struct route_key *key, const struct address *a)
{
	unsigned decisive = a->ipv6 ? allowedips_decisive6(c->routes)
				    : allowedips_decisive4(c->routes, a->bytes);

	key->stamp = 0;
	if (c->routes_stamp == NO_STAMP || decisive == 0 || decisive > 64)
		return;
	memcpy(key->bits, &a->first, sizeof(key->bits));
	key->stamp = c->routes_stamp | (64 - decisive) << STAMP_SHIFT | a->ipv6;
}

static uint32_t look_up(const struct crypt *c, const struct address *a, uint32_t place)
{
	return a->ipv6 ? allowedips_lookup6(c->routes, a->bytes)
		       : allowedips_find4(c->routes, a->bytes, place);
}

/* A guess at what will be copied and believed later: it reads no further than the packet. */
static uint32_t prefetch(const struct crypt *c, const struct route_key *known, const uint8_t *packet,
	uint32_t length, unsigned at4, unsigned at6)
{
	if (!c->routes || length < 20)
		return 0;
	unsigned version = packet[0] >> 4;
	if (version != 4 && (version != 6 || length < 40))
		return 0;
	struct address a = address_in(packet, at4, at6);
	if (is_known(c, known, &a))
		return 0;
	if (!a.ipv6)
		return allowedips_prefetch4(c->routes, a.bytes);
	allowedips_prefetch6(c->routes, a.bytes);
	return 0;
}

uint32_t route_destination(struct crypt *c, const uint8_t header[static 40], uint32_t place)
{
	if (!c->routes)
		return ALLOWEDIPS_NONE;
	struct address a = address_in(header, IPV4_DESTINATION, IPV6_DESTINATION);
	if (is_known(c, &c->destination.key, &a)) {
		c->destination.missed = 0;
		return c->destination.slot;
	}
	uint32_t slot = look_up(c, &a, place);
	if (c->destination.missed++ % MISSED == 0) {
		c->destination.slot = slot;
		remember(c, &c->destination.key, &a);
	}
	return slot;
}

/* Apart, so that what is known costs little. */
static __rte_noinline bool search_source(struct crypt *c, uint32_t slot,
	const uint8_t header[static 40], uint32_t place)
{
	struct address a = address_in(header, IPV4_SOURCE, IPV6_SOURCE);

	c->sources_looked_up = true;
	if (look_up(c, &a, place) != slot)
		return false;
	remember(c, &c->config.reports[slot].rx.source, &a);
	return true;
}

bool route_is_source(struct crypt *c, uint32_t slot, const uint8_t header[static 40],
	uint32_t place)
{
	if (!c->routes)
		return false;
	struct address a = address_in(header, IPV4_SOURCE, IPV6_SOURCE);
	return is_known(c, &c->config.reports[slot].rx.source, &a) ||
		search_source(c, slot, header, place);
}

uint32_t route_prefetch_destination(const struct crypt *c, const uint8_t *packet, uint32_t length)
{
	return prefetch(c, &c->destination.key, packet, length, IPV4_DESTINATION, IPV6_DESTINATION);
}

uint32_t route_prefetch_source(const struct crypt *c, uint32_t slot, const uint8_t *packet,
	uint32_t length)
{
	return prefetch(c, &c->config.reports[slot].rx.source, packet, length, IPV4_SOURCE,
		IPV6_SOURCE);
}

/* Numbers begin again some day; then what is known under the old ones must go. */
static void forget_sources(struct crypt *c)
{
	for (uint32_t slot = 0; slot < c->config.max_peers; slot++)
		if (crypt_opens(c, slot))
			c->config.reports[slot].rx.source.stamp = 0;
}

void route_set(struct crypt *c, const struct allowedips *routes)
{
	uint32_t number = allowedips_number(routes);

	if (number <= c->routes_number)
		forget_sources(c);
	c->routes = routes;
	c->routes_number = number;
	c->routes_stamp = number > 0 ? number << STAMP_NUMBER : NO_STAMP;
	c->destination.key.stamp = 0;
}
