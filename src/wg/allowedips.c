/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two path-compressed binary tries in one block of memory. A node stands for a prefix: one that was
 * inserted, or a fork ("glue") above two that were. A prefix costs at most two nodes. The nodes of
 * IPv4 (16 bytes: four in a cache line) are taken from the start of the arena, those of IPv6 (32
 * bytes) from its end; 64 bytes for every prefix are therefore enough for any mixture.
 */
#include "wg/allowedips.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "util/bytes.h"

#define NO_NODE     UINT32_MAX
#define SLOT_BITS   24
#define NO_SLOT     ((1u << SLOT_BITS) - 1) /* of a fork */
#define ARENA_SHARE 64                      /* bytes per prefix */

struct node4 {
	uint32_t key; /* host order, host bits zero */
	uint32_t child[2];
	uint32_t slot : SLOT_BITS;
	uint32_t length : 8;
};

struct node6 {
	uint64_t key[2];
	uint32_t child[2];
	uint32_t slot;
	uint32_t length;
};

struct allowedips {
	uint32_t capacity; /* prefixes */
	uint32_t used;
	uint32_t root4;
	uint32_t root6;
	uint32_t nodes4;
	uint32_t nodes6;
	uint8_t pad[40];
	uint8_t arena[];
};

static_assert(sizeof(struct node4) == 16, "four in a cache line");
static_assert(sizeof(struct node6) == 32, "two in a cache line");
static_assert(sizeof(struct allowedips) == 64, "the arena starts on a cache line");

/* The leading bits of an address of either family: IPv4 in the upper half of the first word. */
struct bits {
	uint64_t word[2];
	unsigned length;
};

static inline const struct node4 *node4_at(const struct allowedips *t, uint32_t at)
{
	return (const struct node4 *)t->arena + at;
}

static inline const struct node6 *node6_at(const struct allowedips *t, uint32_t at)
{
	return (const struct node6 *)(t->arena + (size_t)t->capacity * ARENA_SHARE) - 1 - at;
}

/* The first `length` bits set. */
static inline uint32_t mask32(unsigned length)
{
	return (uint32_t)(0xffffffff00000000ull >> length);
}

static inline uint64_t mask64(unsigned length)
{
	return length == 0 ? 0 : UINT64_MAX << (64 - length);
}

size_t allowedips_bytes(uint32_t prefixes)
{
	return sizeof(struct allowedips) + (size_t)prefixes * ARENA_SHARE;
}

struct allowedips *allowedips_init(void *memory, uint32_t prefixes)
{
	struct allowedips *t = memory;

	memset(t, 0, sizeof(*t));
	t->capacity = prefixes;
	t->root4 = NO_NODE;
	t->root6 = NO_NODE;
	return t;
}

/* ---- insertion, for both families ---- */

static void mask_bits(struct bits *b)
{
	unsigned first = b->length < 64 ? b->length : 64;

	b->word[0] &= mask64(first);
	b->word[1] &= mask64(b->length - first);
}

static int read_prefix(struct bits *b, const struct ip_prefix *prefix)
{
	unsigned all = addr_bits(&prefix->addr);

	if (all == 0 || prefix->length > all)
		return -EINVAL;
	b->word[0] = (uint64_t)get_be32(prefix->addr.bytes) << 32;
	b->word[1] = 0;
	if (all == 128) {
		b->word[0] |= get_be32(prefix->addr.bytes + 4);
		b->word[1] = (uint64_t)get_be32(prefix->addr.bytes + 8) << 32 |
			get_be32(prefix->addr.bytes + 12);
	}
	b->length = prefix->length;
	mask_bits(b);
	return 0;
}

static unsigned bit_of(const struct bits *b, unsigned i)
{
	return b->word[i / 64] >> (63 - i % 64) & 1;
}

/* How many leading bits two prefixes share. */
static unsigned common_length(const struct bits *a, const struct bits *b)
{
	uint64_t first = a->word[0] ^ b->word[0];
	uint64_t second = a->word[1] ^ b->word[1];
	unsigned common = first ? (unsigned)__builtin_clzll(first)
		: second        ? 64 + (unsigned)__builtin_clzll(second)
				: 128;

	if (common > a->length)
		common = a->length;
	return common < b->length ? common : b->length;
}

static struct bits node_bits(const struct allowedips *t, uint8_t family, uint32_t at)
{
	if (family == 4) {
		const struct node4 *n = node4_at(t, at);
		return (struct bits){{(uint64_t)n->key << 32, 0}, n->length};
	}
	const struct node6 *n = node6_at(t, at);
	return (struct bits){{n->key[0], n->key[1]}, n->length};
}

static uint32_t *node_child(struct allowedips *t, uint8_t family, uint32_t at, unsigned side)
{
	if (family == 4)
		return &((struct node4 *)node4_at(t, at))->child[side];
	return &((struct node6 *)node6_at(t, at))->child[side];
}

static uint32_t node_slot(const struct allowedips *t, uint8_t family, uint32_t at)
{
	return family == 4 ? node4_at(t, at)->slot : node6_at(t, at)->slot;
}

static void node_set_slot(struct allowedips *t, uint8_t family, uint32_t at, uint32_t slot)
{
	if (family == 4)
		((struct node4 *)node4_at(t, at))->slot = slot & NO_SLOT;
	else
		((struct node6 *)node6_at(t, at))->slot = slot;
}

static uint32_t node_new(struct allowedips *t, uint8_t family, const struct bits *b, uint32_t slot)
{
	uint32_t at;

	if (family == 4) {
		at = t->nodes4++;
		struct node4 *n = (struct node4 *)node4_at(t, at);
		n->key = (uint32_t)(b->word[0] >> 32);
		n->length = b->length & 0xff;
		n->child[0] = n->child[1] = NO_NODE;
	} else {
		at = t->nodes6++;
		struct node6 *n = (struct node6 *)node6_at(t, at);
		n->key[0] = b->word[0];
		n->key[1] = b->word[1];
		n->length = b->length;
		n->child[0] = n->child[1] = NO_NODE;
	}
	node_set_slot(t, family, at, slot);
	return at;
}

/* Puts a new prefix, which shares `common` bits with the node at *link, above it or beside it. */
static void split(struct allowedips *t, uint8_t family, uint32_t *link, const struct bits *b,
	unsigned common, uint32_t slot)
{
	struct bits below = node_bits(t, family, *link);
	struct bits fork = *b;
	uint32_t added = node_new(t, family, b, slot);
	uint32_t above = added;

	if (common < b->length) {
		fork.length = common;
		mask_bits(&fork);
		above = node_new(t, family, &fork, NO_SLOT);
		*node_child(t, family, above, bit_of(b, common)) = added;
	}
	*node_child(t, family, above, bit_of(&below, common)) = *link;
	*link = above;
}

/* The link at which the search for b ends: to its node, to a node to be split, or to none. */
static uint32_t *find_link(struct allowedips *t, uint8_t family, const struct bits *b,
	unsigned *common)
{
	uint32_t *link = family == 4 ? &t->root4 : &t->root6;

	while (*link != NO_NODE) {
		struct bits node = node_bits(t, family, *link);
		*common = common_length(b, &node);
		if (*common < node.length || node.length == b->length)
			break;
		link = node_child(t, family, *link, bit_of(b, node.length));
	}
	return link;
}

int allowedips_insert(struct allowedips *t, const struct ip_prefix *prefix, uint32_t slot)
{
	uint8_t family = prefix->addr.family;
	unsigned common = 0;
	struct bits b;

	if (slot >= NO_SLOT || read_prefix(&b, prefix) != 0)
		return -EINVAL;
	uint32_t *link = find_link(t, family, &b, &common);
	bool found = *link != NO_NODE && common == node_bits(t, family, *link).length;
	if (found && node_slot(t, family, *link) != NO_SLOT) {
		node_set_slot(t, family, *link, slot); /* A46: it moves */
		return 0;
	}
	if (t->used >= t->capacity)
		return -ENOSPC;
	t->used++;
	if (found)
		node_set_slot(t, family, *link, slot); /* a fork becomes a prefix */
	else if (*link == NO_NODE)
		*link = node_new(t, family, &b, slot);
	else
		split(t, family, link, &b, common, slot);
	return 0;
}

/* ---- lookup ---- */

uint32_t allowedips_lookup4(const struct allowedips *t, const uint8_t addr[static 4])
{
	uint32_t key = get_be32(addr);
	uint32_t best = NO_SLOT;
	uint32_t at = t->root4;

	while (at != NO_NODE) {
		const struct node4 *n = node4_at(t, at);
		unsigned length = n->length;
		if ((key ^ n->key) & mask32(length))
			break;
		best = n->slot != NO_SLOT ? n->slot : best;
		if (length == 32)
			break;
		at = n->child[key >> (31 - length) & 1];
	}
	return best == NO_SLOT ? ALLOWEDIPS_NONE : best;
}

static bool matches6(const struct node6 *n, const uint64_t key[static 2])
{
	unsigned length = n->length;

	if (length <= 64)
		return ((key[0] ^ n->key[0]) & mask64(length)) == 0;
	return key[0] == n->key[0] && ((key[1] ^ n->key[1]) & mask64(length - 64)) == 0;
}

uint32_t allowedips_lookup6(const struct allowedips *t, const uint8_t addr[static 16])
{
	uint64_t key[2] = {(uint64_t)get_be32(addr) << 32 | get_be32(addr + 4),
		(uint64_t)get_be32(addr + 8) << 32 | get_be32(addr + 12)};
	uint32_t best = NO_SLOT;
	uint32_t at = t->root6;

	while (at != NO_NODE) {
		const struct node6 *n = node6_at(t, at);
		unsigned length = n->length;
		if (!matches6(n, key))
			break;
		best = n->slot != NO_SLOT ? n->slot : best;
		if (length == 128)
			break;
		at = n->child[key[length / 64] >> (63 - length % 64) & 1];
	}
	return best == NO_SLOT ? ALLOWEDIPS_NONE : best;
}
