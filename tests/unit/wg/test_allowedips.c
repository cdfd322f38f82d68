/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/allowedips.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"
#include "fixture.h"
#include "suites.h"
#include "util/bytes.h"

static struct allowedips *make(uint32_t prefixes)
{
	size_t bytes = allowedips_bytes(prefixes);
	void *memory = aligned_alloc(64, (bytes + 63) & ~(size_t)63);

	if (!memory)
		abort();
	memset(memory, 0xa5, bytes);
	return allowedips_init(memory, prefixes);
}

static int insert(struct allowedips *t, const char *text, uint32_t slot)
{
	struct ip_prefix prefix;

	if (prefix_parse(&prefix, text) != 0)
		abort();
	return allowedips_insert(t, &prefix, slot);
}

static uint32_t find(const struct allowedips *t, const char *text)
{
	struct ip_addr addr;

	if (addr_parse(&addr, text) != 0)
		abort();
	return addr.family == 4 ? allowedips_lookup4(t, addr.bytes)
				: allowedips_lookup6(t, addr.bytes);
}

static void empty(void)
{
	struct allowedips *t = make(0);

	CU_ASSERT_EQUAL(find(t, "0.0.0.0"), ALLOWEDIPS_NONE);
	CU_ASSERT_EQUAL(find(t, "255.255.255.255"), ALLOWEDIPS_NONE);
	CU_ASSERT_EQUAL(find(t, "::"), ALLOWEDIPS_NONE);
	CU_ASSERT_EQUAL(insert(t, "10.0.0.0/8", 1), -ENOSPC);
	CU_ASSERT_EQUAL(find(t, "10.0.0.1"), ALLOWEDIPS_NONE);
	free(t);
}

/* Not even the first entry is read, which there is none of: the table ends where memory does. */
static void empty_to_the_end(void)
{
	struct allowedips *t = allowedips_init(secret_alloc(allowedips_bytes(0)), 0);
	const uint8_t addr[16] = {0};

	allowedips_set_number(t, ALLOWEDIPS_NUMBERS);
	CU_ASSERT_EQUAL(allowedips_lookup4(t, addr), ALLOWEDIPS_NONE);
	CU_ASSERT_EQUAL(allowedips_find4(t, addr, 0), ALLOWEDIPS_NONE);
	CU_ASSERT_EQUAL(allowedips_lookup6(t, addr), ALLOWEDIPS_NONE);
	CU_ASSERT_EQUAL(allowedips_decisive4(t, addr), 12);
	CU_ASSERT_EQUAL(allowedips_decisive6(t), 0);
	secret_free(t);
}

static void longest(void)
{
	struct allowedips *t = make(8);

	CU_ASSERT_EQUAL(insert(t, "10.0.0.0/8", 1), 0);
	CU_ASSERT_EQUAL(insert(t, "10.0.0.0/16", 2), 0);
	CU_ASSERT_EQUAL(insert(t, "10.0.0.128/25", 3), 0);
	CU_ASSERT_EQUAL(insert(t, "10.0.0.200/32", 4), 0);
	CU_ASSERT_EQUAL(insert(t, "2001:db8::/32", 5), 0);
	CU_ASSERT_EQUAL(insert(t, "2001:db8::1/128", 6), 0);
	CU_ASSERT_EQUAL(find(t, "10.255.0.1"), 1);
	CU_ASSERT_EQUAL(find(t, "10.0.0.127"), 2);
	CU_ASSERT_EQUAL(find(t, "10.0.0.128"), 3);
	CU_ASSERT_EQUAL(find(t, "10.0.0.200"), 4);
	CU_ASSERT_EQUAL(find(t, "10.0.0.201"), 3);
	CU_ASSERT_EQUAL(find(t, "11.0.0.0"), ALLOWEDIPS_NONE);
	CU_ASSERT_EQUAL(find(t, "2001:db8::1"), 6);
	CU_ASSERT_EQUAL(find(t, "2001:db8::2"), 5);
	CU_ASSERT_EQUAL(find(t, "2001:db9::"), ALLOWEDIPS_NONE);
	free(t);
}

static void extremes(void)
{
	struct allowedips *t = make(8);

	insert(t, "0.0.0.0/0", 1);
	insert(t, "255.255.255.255/32", 2);
	insert(t, "0.0.0.0/32", 3);
	insert(t, "::/0", 4);
	insert(t, "::/128", 5);
	insert(t, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", 6);
	insert(t, "8000::/1", 7);
	CU_ASSERT_EQUAL(find(t, "0.0.0.0"), 3);
	CU_ASSERT_EQUAL(find(t, "0.0.0.1"), 1);
	CU_ASSERT_EQUAL(find(t, "255.255.255.255"), 2);
	CU_ASSERT_EQUAL(find(t, "255.255.255.254"), 1);
	CU_ASSERT_EQUAL(find(t, "::"), 5);
	CU_ASSERT_EQUAL(find(t, "::1"), 4);
	CU_ASSERT_EQUAL(find(t, "7fff::"), 4);
	CU_ASSERT_EQUAL(find(t, "8000::"), 7);
	CU_ASSERT_EQUAL(find(t, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), 6);
	free(t);
}

/* Forks that fall on, before and after the boundary between the two words of an IPv6 key. */
static void word_boundary(void)
{
	struct allowedips *t = make(6);

	insert(t, "2001:db8:0:1::/64", 1);
	insert(t, "2001:db8:0:1:8000::/65", 2);
	insert(t, "2001:db8:0:1:c000::/66", 3);
	insert(t, "2001:db8:0:0::/63", 4);
	CU_ASSERT_EQUAL(find(t, "2001:db8:0:1::1"), 1);
	CU_ASSERT_EQUAL(find(t, "2001:db8:0:1:8000::1"), 2);
	CU_ASSERT_EQUAL(find(t, "2001:db8:0:1:c000::1"), 3);
	CU_ASSERT_EQUAL(find(t, "2001:db8:0:0:c000::1"), 4);
	CU_ASSERT_EQUAL(find(t, "2001:db8:0:2::"), ALLOWEDIPS_NONE);
	free(t);
}

static void masked(void)
{
	struct allowedips *t = make(3);

	CU_ASSERT_EQUAL(insert(t, "10.1.2.3/8", 1), 0);
	CU_ASSERT_EQUAL(insert(t, "10.0.0.0/8", 2), 0); /* the same prefix */
	CU_ASSERT_EQUAL(insert(t, "2001:db8::ffff/33", 3), 0);
	CU_ASSERT_EQUAL(find(t, "10.200.0.1"), 2);
	CU_ASSERT_EQUAL(find(t, "2001:db8:7fff::"), 3);
	CU_ASSERT_EQUAL(insert(t, "192.0.2.77/0", 4), 0);
	CU_ASSERT_EQUAL(find(t, "1.1.1.1"), 4);
	free(t);
}

/* A prefix that moves needs no room; a fork that becomes a prefix does. */
static void moves(void)
{
	struct allowedips *t = make(3);

	insert(t, "10.0.0.0/24", 1);
	insert(t, "10.0.1.0/24", 2);
	CU_ASSERT_EQUAL(find(t, "10.0.2.1"), ALLOWEDIPS_NONE);
	CU_ASSERT_EQUAL(insert(t, "10.0.0.0/23", 3), 0);
	CU_ASSERT_EQUAL(insert(t, "10.0.0.0/24", 2), 0);
	CU_ASSERT_EQUAL(insert(t, "10.0.0.0/23", 4), 0);
	CU_ASSERT_EQUAL(insert(t, "10.0.2.0/24", 5), -ENOSPC);
	CU_ASSERT_EQUAL(find(t, "10.0.0.1"), 2);
	CU_ASSERT_EQUAL(find(t, "10.0.1.1"), 2);
	CU_ASSERT_EQUAL(find(t, "10.0.2.1"), ALLOWEDIPS_NONE);
	free(t);
}

static void refused(void)
{
	struct allowedips *t = make(2);
	struct ip_prefix bad = {.addr = {.family = 5}, .length = 0};

	CU_ASSERT_EQUAL(allowedips_insert(t, &bad, 1), -EINVAL);
	bad.addr.family = 0;
	CU_ASSERT_EQUAL(allowedips_insert(t, &bad, 1), -EINVAL);
	bad = (struct ip_prefix){.addr = {.family = 4}, .length = 33};
	CU_ASSERT_EQUAL(allowedips_insert(t, &bad, 1), -EINVAL);
	bad = (struct ip_prefix){.addr = {.family = 6}, .length = 129};
	CU_ASSERT_EQUAL(allowedips_insert(t, &bad, 1), -EINVAL);
	CU_ASSERT_EQUAL(insert(t, "10.0.0.0/8", 1u << 24), -EINVAL);
	CU_ASSERT_EQUAL(insert(t, "10.0.0.0/8", (1u << 24) - 2), 0);
	CU_ASSERT_EQUAL(find(t, "10.0.0.1"), (1u << 24) - 2);
	free(t);
}

/* The families share one block: whatever the mixture, what was promised fits. */
static void full_of_either(void)
{
	for (unsigned fours = 0; fours <= 100; fours += 25) {
		struct allowedips *t = make(100);
		struct ip_prefix p = {.length = 32};
		for (uint32_t i = 0; i < 100; i++) {
			p.addr = (struct ip_addr){.family = i < fours ? 4 : 6};
			p.addr.bytes[0] = (uint8_t)(i * 41);
			p.addr.bytes[3] = (uint8_t)i;
			CU_ASSERT_EQUAL(allowedips_insert(t, &p, i), 0);
		}
		for (uint32_t i = 0; i < 100; i++) {
			uint8_t a[16] = {(uint8_t)(i * 41), 0, 0, (uint8_t)i};
			uint32_t found = i < fours ? allowedips_lookup4(t, a)
						   : allowedips_lookup6(t, a);
			CU_ASSERT_EQUAL(found, i);
		}
		free(t);
	}
}

static void can_be_copied(void)
{
	struct allowedips *t = make(4), *copy = make(4);

	insert(t, "10.0.0.0/8", 1);
	insert(t, "2001:db8::/32", 2);
	memcpy(copy, t, allowedips_bytes(4));
	allowedips_init(t, 4);
	CU_ASSERT_EQUAL(find(copy, "10.9.9.9"), 1);
	CU_ASSERT_EQUAL(find(copy, "2001:db8:1::"), 2);
	CU_ASSERT_EQUAL(find(t, "10.9.9.9"), ALLOWEDIPS_NONE);
	free(t);
	free(copy);
}

/* ---- beside a list that is searched from end to end ---- */

#define MODEL_MAX 400

struct model {
	struct ip_prefix prefix[MODEL_MAX];
	uint32_t slot[MODEL_MAX];
	unsigned count;
};

static int model_insert(struct model *m, struct ip_prefix prefix, uint32_t slot)
{
	prefix_mask(&prefix);
	for (unsigned i = 0; i < m->count; i++) {
		if (prefix_equal(&m->prefix[i], &prefix)) {
			m->slot[i] = slot;
			return 0;
		}
	}
	if (m->count == MODEL_MAX)
		return -ENOSPC;
	m->prefix[m->count] = prefix;
	m->slot[m->count++] = slot;
	return 0;
}

static uint32_t model_find(const struct model *m, const struct ip_addr *addr)
{
	uint32_t best = ALLOWEDIPS_NONE;
	int length = -1;

	for (unsigned i = 0; i < m->count; i++) {
		if (m->prefix[i].length > length && prefix_contains(&m->prefix[i], addr)) {
			length = m->prefix[i].length;
			best = m->slot[i];
		}
	}
	return best;
}

/* Few distinct bits, so that prefixes nest and collide; every length is as likely as any. */
static struct ip_addr draw_addr(uint8_t family)
{
	struct ip_addr a = {.family = family};
	unsigned bytes = family == 4 ? 4 : 16;

	for (unsigned i = 0; i < bytes; i++)
		a.bytes[i] = (uint8_t)(fixture_below(4) ? fixture_below(2) * 0x80 : fixture_draw());
	return a;
}

static struct ip_addr draw_near(const struct model *m, uint8_t family)
{
	struct ip_addr a = m->prefix[fixture_below(m->count)].addr;

	if (a.family != family || fixture_below(3) == 0)
		return draw_addr(family);
	unsigned bit = (unsigned)fixture_below(addr_bits(&a));
	a.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
	return a;
}

static uint32_t look_up(const struct allowedips *t, const struct ip_addr *a)
{
	return a->family == 4 ? allowedips_lookup4(t, a->bytes) : allowedips_lookup6(t, a->bytes);
}

/* Wherever it begins to look, and with a guess at where that should be. */
static bool found_from_anywhere(const struct allowedips *t, const struct ip_addr *a, uint32_t slot)
{
	if (a->family != 4)
		return true;
	uint32_t guess = allowedips_prefetch4(t, a->bytes);
	return allowedips_find4(t, a->bytes, guess) == slot &&
		allowedips_find4(t, a->bytes, (uint32_t)fixture_below(2 * MODEL_MAX)) == slot &&
		allowedips_find4(t, a->bytes, UINT32_MAX) == slot;
}

/* Another address that begins like this one, as far as is said to matter, has the same answer. */
static bool beginning_decides(const struct allowedips *t, const struct ip_addr *a, uint32_t slot)
{
	unsigned bits = addr_bits(a);
	unsigned decisive = a->family == 4 ? allowedips_decisive4(t, a->bytes)
					   : allowedips_decisive6(t);
	struct ip_addr other = *a;

	if (decisive > bits || (a->family == 4 && decisive < 12))
		return false;
	for (unsigned bit = decisive; bit < bits; bit++)
		if (fixture_below(2))
			other.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
	return look_up(t, &other) == slot;
}

static void against_a_list(void)
{
	static struct model m;

	for (uint64_t seed = 0; seed < 6; seed++) {
		struct allowedips *t = make(MODEL_MAX);
		m.count = 0;
		fixture_random(seed);
		for (uint32_t step = 0; step < 1500; step++) {
			struct ip_prefix p = {.addr = draw_addr(fixture_below(2) ? 4 : 6)};
			p.length = (uint8_t)fixture_below(addr_bits(&p.addr) + 1);
			if (fixture_below(4) == 0 && m.count > 0)
				p = m.prefix[fixture_below(m.count)]; /* one that is there moves */
			CU_ASSERT_EQUAL(allowedips_insert(t, &p, step), model_insert(&m, p, step));
			for (unsigned i = 0; i < 8; i++) {
				struct ip_addr a = draw_near(&m, i % 2 ? 4 : 6);
				uint32_t found = look_up(t, &a);
				CU_ASSERT_EQUAL(found, model_find(&m, &a));
				CU_ASSERT(found_from_anywhere(t, &a, found));
				CU_ASSERT(beginning_decides(t, &a, found));
			}
		}
		CU_ASSERT_EQUAL(m.count, MODEL_MAX); /* the limit was met too */
		free(t);
	}
}

/* Lengths are known by blocks of 12 bits: prefixes of fewer bits, of so many, and of more. */
static void block_boundary(void)
{
	struct allowedips *t = make(6);
	const uint8_t far[4] = {99, 0, 0, 1}, near[4] = {10, 32, 0, 1};

	CU_ASSERT_EQUAL(allowedips_decisive6(t), 0);
	insert(t, "10.0.0.0/10", 1);
	insert(t, "10.16.0.0/12", 2);
	insert(t, "10.32.0.0/13", 3);
	insert(t, "10.32.1.0/24", 4);
	insert(t, "2001:db8::/48", 5);
	CU_ASSERT_EQUAL(find(t, "9.255.255.255"), ALLOWEDIPS_NONE);
	CU_ASSERT_EQUAL(find(t, "10.0.0.0"), 1);
	CU_ASSERT_EQUAL(find(t, "10.15.255.255"), 1);
	CU_ASSERT_EQUAL(find(t, "10.16.0.0"), 2);
	CU_ASSERT_EQUAL(find(t, "10.31.255.255"), 2);
	CU_ASSERT_EQUAL(find(t, "10.32.0.0"), 3);
	CU_ASSERT_EQUAL(find(t, "10.32.1.255"), 4);
	CU_ASSERT_EQUAL(find(t, "10.40.0.0"), 1);
	CU_ASSERT_EQUAL(find(t, "10.63.255.255"), 1);
	CU_ASSERT_EQUAL(find(t, "10.64.0.0"), ALLOWEDIPS_NONE);
	CU_ASSERT_EQUAL(allowedips_decisive4(t, far), 12);
	CU_ASSERT_EQUAL(allowedips_decisive4(t, near), 24);
	CU_ASSERT_EQUAL(allowedips_decisive6(t), 48);
	free(t);
}

/* The longest prefix of the address's block of 12 bits, whether or not there are others. */
static void decisive_of_ipv4(void)
{
	const uint8_t addr[4] = {10, 0, 0, 1};
	struct ip_prefix prefix = {{4, {10, 0, 0, 0}}, 0};

	for (unsigned others = 0; others < 2; others++) {
		for (unsigned length = 0; length <= 32; length++) {
			struct allowedips *t = make(2);
			prefix.length = (uint8_t)length;
			if (others)
				insert(t, "0.0.0.0/0", 1);
			CU_ASSERT_EQUAL(allowedips_insert(t, &prefix, 2), 0);
			CU_ASSERT_EQUAL(allowedips_decisive4(t, addr), length < 12 ? 12 : length);
			free(t);
		}
	}
}

static void decisive_of_ipv6(void)
{
	struct allowedips *t = make(130);
	struct ip_prefix prefix = {{6, {0x20, 1}}, 0};

	allowedips_set_number(t, ALLOWEDIPS_NUMBERS);
	insert(t, "10.0.0.0/32", 1);
	CU_ASSERT_EQUAL(allowedips_decisive6(t), 0);
	for (unsigned length = 0; length <= 128; length++) {
		prefix.length = (uint8_t)length;
		CU_ASSERT_EQUAL(allowedips_insert(t, &prefix, length), 0);
		CU_ASSERT_EQUAL(allowedips_decisive6(t), length);
	}
	free(t);
}

static bool is_found(const struct allowedips *t, uint8_t last, uint32_t slot)
{
	const uint8_t addr[4] = {10, 0, 0, last};

	if (allowedips_find4(t, addr, allowedips_prefetch4(t, addr)) != slot)
		return false;
	for (uint32_t place = 0; place < 10; place++)
		if (allowedips_find4(t, addr, place) != slot)
			return false;
	return true;
}

/* Found under a shorter prefix, when the longest of its block is another's. */
static void shorter_than_the_longest(void)
{
	struct allowedips *t = make(4);

	CU_ASSERT_TRUE(is_found(t, 1, ALLOWEDIPS_NONE));
	insert(t, "10.0.0.1/32", 1);
	CU_ASSERT_TRUE(is_found(t, 1, 1));
	CU_ASSERT_TRUE(is_found(t, 2, ALLOWEDIPS_NONE));
	insert(t, "0.0.0.0/0", 2);
	CU_ASSERT_TRUE(is_found(t, 1, 1));
	CU_ASSERT_TRUE(is_found(t, 2, 2));
	insert(t, "10.0.0.0/24", 3);
	insert(t, "10.0.0.128/25", 4);
	CU_ASSERT_TRUE(is_found(t, 1, 1));
	CU_ASSERT_TRUE(is_found(t, 2, 3));
	CU_ASSERT_TRUE(is_found(t, 128, 4));
	free(t);
	t = make(1);
	insert(t, "0.0.0.0/0", 0);
	CU_ASSERT_TRUE(is_found(t, 1, 0));
	free(t);
}

static void numbers(void)
{
	struct allowedips *t = make(1);

	CU_ASSERT_EQUAL(allowedips_number(t), 0);
	allowedips_set_number(t, ALLOWEDIPS_NUMBERS);
	CU_ASSERT_EQUAL(allowedips_number(t), ALLOWEDIPS_NUMBERS);
	free(t);
}

/* A table is filled anew when peers change: what a removed peer had is free, or another's. */
static void rebuilt_without_a_peer(void)
{
	struct allowedips *t = make(3);

	insert(t, "10.0.0.0/8", 1);
	insert(t, "10.1.0.0/16", 2);
	free(t);
	t = make(3);
	insert(t, "10.0.0.0/8", 1);
	CU_ASSERT_EQUAL(find(t, "10.1.0.1"), 1);
	insert(t, "10.1.0.0/16", 3);
	CU_ASSERT_EQUAL(find(t, "10.1.0.1"), 3);
	free(t);
}

/* Full tables of three lines: in some of them more prefixes belong in a line than fit, also in the last. */
static void more_than_a_line(void)
{
	struct ip_prefix p = {{4, {0}}, 32};
	uint8_t addresses[12][4];

	for (uint64_t seed = 0; seed < 3000; seed++) {
		struct allowedips *t = make(12);
		fixture_random(seed);
		for (uint32_t i = 0; i < 12; i++) {
			put_be32(addresses[i], (uint32_t)fixture_below(UINT32_MAX));
			memcpy(p.addr.bytes, addresses[i], 4);
			CU_ASSERT_EQUAL(allowedips_insert(t, &p, i), 0);
		}
		for (uint32_t i = 0; i < 12; i++) {
			CU_ASSERT_EQUAL(allowedips_lookup4(t, addresses[i]), i);
			CU_ASSERT_EQUAL(allowedips_find4(t, addresses[i], i % 4), i);
			addresses[i][3] ^= 1;
			CU_ASSERT_EQUAL(allowedips_lookup4(t, addresses[i]), ALLOWEDIPS_NONE);
		}
		CU_ASSERT_EQUAL(allowedips_insert(t, &p, 20), 0); /* one that is there moves */
		CU_ASSERT_EQUAL(allowedips_lookup4(t, p.addr.bytes), 20);
		free(t);
	}
}

static void sizes(void)
{
	const size_t fixed = 64 + 9 * 4096; /* a set of lengths for each block of addresses */

	CU_ASSERT_EQUAL(allowedips_bytes(0), fixed);
	/* of IPv4 eight in a line */
	CU_ASSERT_EQUAL(allowedips_bytes(1), fixed + 2 * 32 + 64);
	CU_ASSERT_EQUAL(allowedips_bytes(4), fixed + 8 * 32 + 64);
	CU_ASSERT_EQUAL(allowedips_bytes(5), fixed + 10 * 32 + 128);
	CU_ASSERT_EQUAL(allowedips_bytes(130000), fixed + 130000u * 80);
}

/* A table of one prefix has one line for IPv4; what lies behind it is not read. */
static void nothing_behind_the_table(void)
{
	struct behind {
		uint32_t key[8], slot_and_mark[8];
	} *behind;
	size_t bytes = allowedips_bytes(1);
	uint8_t *memory = aligned_alloc(64, (bytes + 127) & ~(size_t)63);
	uint8_t addr[4] = {10, 0, 0, 0};
	struct ip_prefix prefix = {{4, {10, 0, 0, 0}}, 32};

	if (!memory)
		abort();
	behind = (struct behind *)(memory + bytes);
	for (unsigned there = 0; there < 8; there++) {
		struct allowedips *t = allowedips_init(memory, 1);
		prefix.addr.bytes[3] = (uint8_t)there;
		CU_ASSERT_EQUAL(allowedips_insert(t, &prefix, 5), 0);
		for (unsigned i = 0; i < 64; i++) {
			addr[3] = (uint8_t)i;
			*behind = (struct behind){{0x0a000000u + i}, {77 << 8 | 33}};
			uint32_t slot = i == there ? 5 : ALLOWEDIPS_NONE;
			CU_ASSERT_EQUAL(allowedips_lookup4(t, addr), slot);
			for (uint32_t place = 0; place < 4; place++)
				CU_ASSERT_EQUAL(allowedips_find4(t, addr, place), slot);
		}
	}
	/* Nor a line's last values with what lies behind them: a slot of 5 is the address 0.0.5.33 here. */
	struct allowedips *t = allowedips_init(memory, 1);
	prefix.addr = (struct ip_addr){4, {0, 0, 0, 1}};
	CU_ASSERT_EQUAL(allowedips_insert(t, &prefix, 5), 0);
	*behind = (struct behind){{77 << 8 | 33}, {0}};
	const uint8_t mistaken[4] = {0, 0, 5, 33};
	CU_ASSERT_EQUAL(allowedips_lookup4(t, mistaken), ALLOWEDIPS_NONE);
	free(memory);
}

static const struct unit_test tests[] = {
	{"A44, A45: an empty table", empty},
	{"A44, A45: an empty table at the end of memory", empty_to_the_end},
	{"A44, A45: the longest match wins", longest},
	{"A46: /0, /1, /32 and /128", extremes},
	{"A45: IPv6 prefixes about 64 bits long", word_boundary},
	{"A46: host bits are masked", masked},
	{"A46: a prefix that is there moves", moves},
	{"A46: unknown families, lengths and slots are refused", refused},
	{"A46: any mixture of families fits", full_of_either},
	{"A46: a table may be copied as bytes", can_be_copied},
	{"A44, A45, A46: like a linear search, for random prefixes", against_a_list},
	{"A46, C32: a removed peer's prefixes are free", rebuilt_without_a_peer},
	{"A45: prefixes about 12 bits long, and how much of an address decides", block_boundary},
	{"A44, A45: the longest prefix about an IPv4 address decides", decisive_of_ipv4},
	{"A44, A45: the longest IPv6 prefix decides", decisive_of_ipv6},
	{"A44, A45: under a shorter prefix than the longest of the block", shorter_than_the_longest},
	{"A46: a table's number", numbers},
	{"A46: half of a table is free", sizes},
	{"A45, A46: more prefixes in a place than it holds", more_than_a_line},
	{"A45: nothing behind the table is taken for a prefix", nothing_behind_the_table},
	{NULL, NULL},
};

const struct unit_suite suite_allowedips = {"allowedips", tests};
