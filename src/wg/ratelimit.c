/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/ratelimit.h"

#include <string.h>

#include "crypto/blake2s.h"
#include "crypto/secret.h"
#include "util/bytes.h"
#include "util/clock.h"

#define INTERVAL_NS (CLOCK_SECOND / 20)
#define BURST       5
#define DEPTH_NS    (INTERVAL_NS * BURST)

/*
 * A source may lie in any place of one small set, which a keyed hash chooses: looking one up costs
 * the same in a full table, and nobody can choose addresses that meet in one set.
 */
#define SET_PLACES 8

struct place {
	uint64_t prefix;  /* IPv4 address, or the first half of an IPv6 one */
	uint64_t full_ns; /* when all tokens are back. From then on the place is free again */
	uint8_t family;
};

struct ratelimit {
	uint32_t set_mask;
	uint8_t seed[16];
	struct place places[];
};

static uint32_t set_count(uint32_t sources)
{
	uint32_t sets = 1;

	while (sets * SET_PLACES < sources && sets < 1u << 24)
		sets *= 2;
	return sets;
}

size_t ratelimit_bytes(uint32_t sources)
{
	return sizeof(struct ratelimit) +
		(size_t)set_count(sources) * SET_PLACES * sizeof(struct place);
}

struct ratelimit *ratelimit_init(void *memory, uint32_t sources)
{
	struct ratelimit *r = memory;

	memset(memory, 0, ratelimit_bytes(sources));
	r->set_mask = set_count(sources) - 1;
	random_bytes(r->seed, sizeof(r->seed));
	return r;
}

static struct place wanted_place(const struct ip_addr *source)
{
	return (struct place){
		.prefix = source->family == 4 ? get_be32(source->bytes) : get_le64(source->bytes),
		.family = source->family,
	};
}

static uint32_t set_of(const struct ratelimit *r, const struct place *wanted)
{
	uint8_t source[9];
	uint32_t hash;

	put_le64(source, wanted->prefix);
	source[8] = wanted->family;
	blake2s((uint8_t *)&hash, sizeof(hash), source, sizeof(source), r->seed, sizeof(r->seed));
	return (hash & r->set_mask) * SET_PLACES;
}

static bool is_of(const struct place *p, const struct place *wanted)
{
	return p->prefix == wanted->prefix && p->family == wanted->family;
}

static bool has_token(const struct place *p, uint64_t now_ns)
{
	return p->full_ns <= now_ns || p->full_ns + INTERVAL_NS - now_ns <= DEPTH_NS;
}

/* The source's own place, or a free one; NULL: the set is full. */
static struct place *find(struct ratelimit *r, const struct place *wanted, uint64_t now_ns)
{
	struct place *set = &r->places[set_of(r, wanted)], *vacant = NULL;

	for (unsigned i = 0; i < SET_PLACES; i++) {
		struct place *p = &set[i];
		if (p->full_ns <= now_ns)
			vacant = p;
		else if (is_of(p, wanted))
			return p;
	}
	if (vacant) {
		*vacant = *wanted;
		vacant->full_ns = now_ns;
	}
	return vacant;
}

bool ratelimit_allow(struct ratelimit *r, const struct ip_addr *source, uint64_t now_ns)
{
	struct place wanted = wanted_place(source);
	struct place *p = find(r, &wanted, now_ns);

	if (!p || !has_token(p, now_ns))
		return false;
	p->full_ns += INTERVAL_NS;
	return true;
}

bool ratelimit_denies(const struct ratelimit *r, const struct ip_addr *source, uint64_t now_ns)
{
	struct place wanted = wanted_place(source);
	const struct place *set = &r->places[set_of(r, &wanted)];

	for (unsigned i = 0; i < SET_PLACES; i++)
		if (is_of(&set[i], &wanted) && !has_token(&set[i], now_ns))
			return true;
	return false;
}
