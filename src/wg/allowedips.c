/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One hash table for each family, of all prefixes whatever their length, and the set of lengths that
 * occur: for IPv4, among the prefixes that share an address with the same block. A lookup tries them
 * from the longest down. Administrators write few lengths, and mostly one for a range of addresses, so
 * that is a probe or two, where a tree takes a step for every doubling of the prefixes; and the probes of
 * one lookup do not wait for each other's memory, also when all lengths there are occur.
 *
 * Places are found by multiplication, not by a mask: a table is twice as long as it must be, and no more.
 * An entry of zeros is free. Nobody who could choose addresses to be looked up chooses prefixes.
 *
 * A place for IPv4 is a cache line of eight entries, all of which are compared. If they were looked at one
 * after the other, a CPU would often guess wrong how many.
 */
#include "wg/allowedips.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "util/bytes.h"

#define MARK_BITS 8
#define MARK_MASK ((1u << MARK_BITS) - 1)
#define SLOT_MAX  ((1u << (32 - MARK_BITS)) - 2)
#define SPARE     2 /* entries per prefix */
#define LINE      8 /* entries of a line */

struct line4 { /* filled from the first entry on */
	uint32_t key[LINE];   /* host order, host bits zero */
	uint32_t value[LINE]; /* the slot, then the mark: length + 1 */
};

struct entry6 {
	uint64_t key[2];
	uint32_t slot;
	uint32_t mark;
	uint64_t pad; /* never across two cache lines */
};

/* Addresses of one block begin with the same so many bits. */
#define BLOCK_BITS 12
#define BLOCKS     (1u << BLOCK_BITS)

/* What is mostly enough to know of a block: the greatest length + 1, or 0; and whether there are more. */
#define LONGEST_MASK 63u
#define LONGEST_MORE 64u

struct allowedips {
	uint32_t capacity; /* prefixes */
	uint32_t used;
	uint64_t lengths6[3]; /* bit n: there are prefixes of n bits */
	uint32_t number;
	uint8_t pad[28];
	uint8_t longest4[BLOCKS];  /* likewise, of those with addresses of that block: see below */
	uint64_t lengths4[BLOCKS];
	struct entry6 entries[]; /* SPARE * capacity of them, then lines for as many of IPv4 */
};

static_assert(sizeof(struct line4) == 64, "a cache line");
static_assert(sizeof(struct entry6) == 32, "two in a cache line");
static_assert(sizeof(struct allowedips) % 64 == 0, "the entries start on a cache line");
static_assert(offsetof(struct allowedips, lengths4) % 64 == 0, "and so do the lengths");

static inline uint32_t entry_count(const struct allowedips *t)
{
	return t->capacity * SPARE;
}

static inline uint32_t lines_for(uint32_t entries)
{
	return (entries + LINE - 1) / LINE;
}

static inline uint32_t line_count(const struct allowedips *t)
{
	return lines_for(entry_count(t));
}

static inline struct line4 *lines4(const struct allowedips *t)
{
	return (struct line4 *)(uintptr_t)(t->entries + entry_count(t));
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

static inline unsigned highest_bit(uint64_t bits)
{
	return 63 - (unsigned)__builtin_clzll(bits);
}

static inline uint64_t bit(unsigned n)
{
	return 1ull << n;
}

static inline uint32_t block_of(uint32_t key)
{
	return key >> (32 - BLOCK_BITS);
}

/* The lengths that may match, as a set of bits. */
static inline uint64_t lengths4(const struct allowedips *t, uint32_t key)
{
	return t->lengths4[block_of(key)];
}

/* The greatest of them; -1 when there is none. */
static inline int longest4(const struct allowedips *t, uint32_t key)
{
	return (int)(t->longest4[block_of(key)] & LONGEST_MASK) - 1;
}

/* Multiplication by odd numbers (the golden ratio; splitmix64), the upper half the better mixed. */
static inline uint64_t mix(uint64_t h)
{
	h *= 0x9e3779b97f4a7c15u;
	return (h ^ h >> 32) * 0xbf58476d1ce4e5b9u;
}

static inline uint32_t place(uint32_t count, uint64_t mixed)
{
	return (uint32_t)((mixed >> 32) * count >> 32);
}

static inline uint32_t home4(const struct allowedips *t, uint32_t key, unsigned length)
{
	return place(line_count(t), mix((uint64_t)length << 32 | key));
}

static inline uint32_t home6(const struct allowedips *t, const uint64_t key[static 2],
	unsigned length)
{
	return place(entry_count(t), mix(mix(key[0] + length) ^ key[1]));
}

static inline uint32_t after(uint32_t count, uint32_t at)
{
	return at + 1 == count ? 0 : at + 1;
}

/* The value of a prefix, or 0, without a branch: no more than one matches. */
static inline uint32_t value_in(const struct line4 *l, uint32_t key, unsigned length)
{
	uint32_t found = 0;

	for (unsigned i = 0; i < LINE; i++) {
		uint32_t same = (l->key[i] == key) & ((l->value[i] & MARK_MASK) == length + 1);
		found |= l->value[i] & (0u - same);
	}
	return found;
}

/* Likewise, from that line on to the first that is not full. There is one: half of all entries are free. */
static inline uint32_t search4(const struct allowedips *t, uint32_t at, uint32_t key, unsigned length)
{
	const struct line4 *lines = lines4(t);
	uint32_t found = value_in(&lines[at], key, length);

	while (found == 0 && lines[at].value[LINE - 1] != 0) {
		at = after(line_count(t), at);
		found = value_in(&lines[at], key, length);
	}
	return found;
}

static inline uint32_t find4(const struct allowedips *t, uint32_t key, unsigned length)
{
	return search4(t, home4(t, key, length), key, length);
}

static inline struct entry6 *find6(const struct allowedips *t, const uint64_t key[static 2],
	unsigned length)
{
	struct entry6 *entries = (struct entry6 *)(uintptr_t)t->entries;
	uint32_t at = home6(t, key, length);

	while (entries[at].mark != 0 && (entries[at].key[0] != key[0] ||
		entries[at].key[1] != key[1] || entries[at].mark != length + 1))
		at = after(entry_count(t), at);
	return &entries[at];
}

static inline void read_key6(uint64_t key[static 2], const uint8_t addr[static 16])
{
	key[0] = (uint64_t)get_be32(addr) << 32 | get_be32(addr + 4);
	key[1] = (uint64_t)get_be32(addr + 8) << 32 | get_be32(addr + 12);
}

static inline void mask_key6(uint64_t to[static 2], const uint64_t key[static 2], unsigned length)
{
	to[0] = key[0] & mask64(length < 64 ? length : 64);
	to[1] = key[1] & mask64(length < 64 ? 0 : length - 64);
}

/* ---- filling ---- */

size_t allowedips_bytes(uint32_t prefixes)
{
	uint32_t entries = prefixes * SPARE;
	size_t of_ipv4 = lines_for(entries) * sizeof(struct line4);

	return sizeof(struct allowedips) + entries * sizeof(struct entry6) + of_ipv4;
}

struct allowedips *allowedips_init(void *memory, uint32_t prefixes)
{
	struct allowedips *t = memory;

	memset(memory, 0, allowedips_bytes(prefixes));
	t->capacity = prefixes;
	return t;
}

void allowedips_set_number(struct allowedips *t, uint32_t number)
{
	t->number = number;
}

static bool take_room(struct allowedips *t)
{
	if (t->used == t->capacity)
		return false;
	t->used++;
	return true;
}

/* A short prefix has addresses of many blocks. */
static void add_length4(struct allowedips *t, uint32_t key, unsigned length)
{
	uint32_t last = block_of(key | ~mask32(length));

	for (uint32_t i = block_of(key); i <= last; i++) {
		t->lengths4[i] |= bit(length);
		unsigned longest = highest_bit(t->lengths4[i]);
		unsigned more = t->lengths4[i] == bit(longest) ? 0 : LONGEST_MORE;
		t->longest4[i] = (uint8_t)(more | (longest + 1));
	}
}

/* The line where a prefix is, or is to be, and its entry there: its own, or the first free one. */
static struct line4 *line_for(const struct allowedips *t, uint32_t key, unsigned length, unsigned *entry)
{
	uint32_t at = home4(t, key, length);

	for (;; at = after(line_count(t), at)) {
		struct line4 *l = &lines4(t)[at];
		for (unsigned i = 0; i < LINE; i++) {
			*entry = i;
			if (l->value[i] == 0 ||
				(l->key[i] == key && (l->value[i] & MARK_MASK) == length + 1))
				return l;
		}
	}
}

static int insert4(struct allowedips *t, const struct ip_prefix *prefix, uint32_t slot)
{
	uint32_t key = get_be32(prefix->addr.bytes) & mask32(prefix->length);
	unsigned i;
	struct line4 *l = line_for(t, key, prefix->length, &i);

	if (l->value[i] == 0 && !take_room(t))
		return -ENOSPC;
	l->key[i] = key;
	l->value[i] = slot << MARK_BITS | (prefix->length + 1u); /* one that is there moves (A46) */
	add_length4(t, key, prefix->length);
	return 0;
}

static int insert6(struct allowedips *t, const struct ip_prefix *prefix, uint32_t slot)
{
	uint64_t whole[2], key[2];

	read_key6(whole, prefix->addr.bytes);
	mask_key6(key, whole, prefix->length);
	struct entry6 *e = find6(t, key, prefix->length);
	if (e->mark == 0 && !take_room(t))
		return -ENOSPC;
	*e = (struct entry6){.key = {key[0], key[1]}, .slot = slot, .mark = prefix->length + 1u};
	t->lengths6[prefix->length / 64] |= bit(prefix->length % 64);
	return 0;
}

int allowedips_insert(struct allowedips *t, const struct ip_prefix *prefix, uint32_t slot)
{
	unsigned bits = addr_bits(&prefix->addr);

	if (bits == 0 || prefix->length > bits || slot > SLOT_MAX)
		return -EINVAL;
	if (t->capacity == 0)
		return -ENOSPC;
	return bits == 32 ? insert4(t, prefix, slot) : insert6(t, prefix, slot);
}

/* ---- lookup ---- */

uint32_t allowedips_lookup4(const struct allowedips *t, const uint8_t addr[static 4])
{
	uint32_t key = get_be32(addr);

	for (uint64_t left = lengths4(t, key); left != 0;) {
		unsigned length = highest_bit(left);
		uint32_t found = find4(t, key & mask32(length), length);
		if (found != 0)
			return found >> MARK_BITS;
		left ^= bit(length);
	}
	return ALLOWEDIPS_NONE;
}

uint32_t allowedips_lookup6(const struct allowedips *t, const uint8_t addr[static 16])
{
	uint64_t whole[2], key[2];

	read_key6(whole, addr);
	for (unsigned word = 3; word-- > 0;) {
		for (uint64_t left = t->lengths6[word]; left != 0;) {
			unsigned n = highest_bit(left);
			mask_key6(key, whole, word * 64 + n);
			const struct entry6 *e = find6(t, key, word * 64 + n);
			if (e->mark != 0)
				return e->slot;
			left ^= bit(n);
		}
	}
	return ALLOWEDIPS_NONE;
}

/* ---- what a lookup depends on ---- */

uint32_t allowedips_number(const struct allowedips *t)
{
	return t->number;
}

/* Those of the block and of the longest prefix that occurs in it. */
unsigned allowedips_decisive4(const struct allowedips *t, const uint8_t addr[static 4])
{
	int longest = longest4(t, get_be32(addr));

	return longest > BLOCK_BITS ? (unsigned)longest : BLOCK_BITS;
}

unsigned allowedips_decisive6(const struct allowedips *t)
{
	if (t->lengths6[2] != 0)
		return 128;
	if (t->lengths6[1] != 0)
		return 64 + highest_bit(t->lengths6[1]);
	return highest_bit(t->lengths6[0] | 1);
}

/* ---- ahead of a lookup: the places of the longest few prefixes there can be ---- */

#define AHEAD 4

static uint32_t prefetch4(const struct allowedips *t, uint32_t key, unsigned length)
{
	uint32_t home = home4(t, key & mask32(length), length);

	__builtin_prefetch(&lines4(t)[home]);
	return home;
}

uint32_t allowedips_prefetch4(const struct allowedips *t, const uint8_t addr[static 4])
{
	uint32_t key = get_be32(addr);
	int longest = longest4(t, key);

	if (longest < 0)
		return 0;
	if (t->longest4[block_of(key)] & LONGEST_MORE) {
		uint64_t left = lengths4(t, key);
		for (unsigned i = 1; i < AHEAD && (left ^= bit(highest_bit(left))) != 0; i++)
			prefetch4(t, key, highest_bit(left));
	}
	return prefetch4(t, key, (unsigned)longest);
}

uint32_t allowedips_find4(const struct allowedips *t, const uint8_t addr[static 4], uint32_t place)
{
	uint32_t key = get_be32(addr);
	int longest = longest4(t, key);

	if (longest < 0)
		return ALLOWEDIPS_NONE;
	uint32_t at = place < line_count(t) ? place : 0;
	uint32_t found = search4(t, at, key & mask32((unsigned)longest), (unsigned)longest);
	return found != 0 ? found >> MARK_BITS : allowedips_lookup4(t, addr);
}

void allowedips_prefetch6(const struct allowedips *t, const uint8_t addr[static 16])
{
	uint64_t whole[2], key[2];

	read_key6(whole, addr);
	for (unsigned word = 3, i = 0; word-- > 0;) {
		for (uint64_t left = t->lengths6[word]; left != 0 && i < AHEAD; i++) {
			unsigned n = highest_bit(left);
			mask_key6(key, whole, word * 64 + n);
			__builtin_prefetch(&t->entries[home6(t, key, word * 64 + n)]);
			left ^= bit(n);
		}
	}
}
