/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "ctl/routes.h"
#include "suites.h"

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix p;

	if (prefix_parse(&p, text) != 0)
		abort();
	return p;
}

static bool set(struct routes *r, const char *text, uint32_t slot)
{
	struct ip_prefix p = prefix(text);

	CU_ASSERT_EQUAL_FATAL(routes_reserve(r, 1), 0);
	return routes_set(r, &p, slot);
}

static void test_moves(void)
{
	struct routes r;
	struct ip_prefix p = prefix("10.0.0.0/8");

	CU_ASSERT_EQUAL_FATAL(routes_init(&r, 2), 0);
	CU_ASSERT(set(&r, "10.1.2.3/8", 0));
	CU_ASSERT_FALSE(set(&r, "10.0.0.0/8", 0));
	CU_ASSERT(prefix_equal(routes_at(&r, routes_first(&r, 0)), &p));
	CU_ASSERT(set(&r, "10.0.0.0/8", 1));
	CU_ASSERT_EQUAL(routes_first(&r, 0), ROUTES_NONE);
	CU_ASSERT_EQUAL(routes_count(&r, 1), 1);
	CU_ASSERT_EQUAL(r.count, 1);
	CU_ASSERT_FALSE(routes_unset(&r, &p, 0));
	CU_ASSERT(routes_unset(&r, &p, 1));
	CU_ASSERT_FALSE(routes_has(&r, &p));
	routes_free(&r);
}

/* /0 of both families, and the same bytes with other lengths, are all different. */
static void test_distinct(void)
{
	static const char *const texts[] = {
		"0.0.0.0/0", "::/0", "0.0.0.0/1", "0.0.0.0/32", "::/32", "::/128"};
	struct routes r;

	CU_ASSERT_EQUAL_FATAL(routes_init(&r, 1), 0);
	for (unsigned i = 0; i < 6; i++)
		CU_ASSERT(set(&r, texts[i], 0));
	CU_ASSERT_EQUAL(r.count, 6);
	unsigned n = 0;
	for (uint32_t i = routes_first(&r, 0); i != ROUTES_NONE; i = routes_next(&r, i), n++) {
		struct ip_prefix expected = prefix(texts[n]);
		CU_ASSERT(prefix_equal(routes_at(&r, i), &expected));
	}
	CU_ASSERT_EQUAL(n, 6);
	routes_clear(&r, 0);
	CU_ASSERT_EQUAL(r.count, 0);
	routes_free(&r);
}

#define SLOTS    5
#define PREFIXES 64

static struct ip_prefix numbered(unsigned i)
{
	struct ip_prefix p = {
		.addr = {.family = i % 2 ? 6 : 4, .bytes = {10, (uint8_t)i}}, .length = 16};

	return p;
}

static void compare(const struct routes *r, const int owner[static PREFIXES])
{
	uint32_t count = 0, listed = 0;

	for (unsigned i = 0; i < PREFIXES; i++) {
		struct ip_prefix p = numbered(i);
		CU_ASSERT_EQUAL(routes_has(r, &p), owner[i] >= 0);
		count += owner[i] >= 0;
	}
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		uint32_t n = 0;
		for (uint32_t i = routes_first(r, slot); i != ROUTES_NONE;
			i = routes_next(r, i), n++)
			CU_ASSERT_EQUAL(owner[routes_at(r, i)->addr.bytes[1]], (int)slot);
		CU_ASSERT_EQUAL(n, routes_count(r, slot));
		listed += n;
	}
	CU_ASSERT_EQUAL(r->count, count);
	CU_ASSERT_EQUAL(listed, count);
}

/* Beside a naive model: an array from prefix to owner. */
static void test_model(void)
{
	int owner[PREFIXES];
	struct routes r;

	srand(7);
	memset(owner, 0xff, sizeof(owner)); /* -1 */
	CU_ASSERT_EQUAL_FATAL(routes_init(&r, SLOTS), 0);
	for (unsigned round = 0; round < 20000; round++) {
		unsigned i = (unsigned)rand() % PREFIXES;
		uint32_t slot = (uint32_t)rand() % SLOTS;
		struct ip_prefix p = numbered(i);
		switch (rand() % 16) {
		case 0:
			routes_clear(&r, slot);
			for (unsigned k = 0; k < PREFIXES; k++)
				owner[k] = owner[k] == (int)slot ? -1 : owner[k];
			break;
		case 1 ... 7:
			CU_ASSERT_EQUAL(routes_unset(&r, &p, slot), owner[i] == (int)slot);
			owner[i] = owner[i] == (int)slot ? -1 : owner[i];
			break;
		default:
			CU_ASSERT_EQUAL_FATAL(routes_reserve(&r, 1), 0);
			CU_ASSERT_EQUAL(routes_set(&r, &p, slot), owner[i] != (int)slot);
			owner[i] = (int)slot;
			break;
		}
		if (round % 100 == 0)
			compare(&r, owner);
	}
	compare(&r, owner);
	routes_free(&r);
}

static void test_room(void)
{
	struct routes r;

	CU_ASSERT_EQUAL_FATAL(routes_init(&r, 1), 0);
	CU_ASSERT_EQUAL(routes_reserve(&r, 1000), 0);
	uint32_t capacity = r.capacity;
	for (uint32_t i = 0; i < 1000; i++) {
		struct ip_prefix p = {
			.addr = {.family = 4, .bytes = {10, 0, (uint8_t)(i >> 8), (uint8_t)i}},
			.length = 32};
		CU_ASSERT(routes_set(&r, &p, 0));
	}
	CU_ASSERT_EQUAL(r.capacity, capacity);
	CU_ASSERT_EQUAL(routes_reserve(&r, UINT32_MAX), -12 /* ENOMEM */);
	CU_ASSERT_EQUAL(r.count, 1000);
	routes_free(&r);
}

static unsigned longest_chain(const struct routes *r)
{
	unsigned longest = 0;

	for (uint32_t b = 0; b < r->capacity; b++) {
		unsigned length = 0;
		for (uint32_t i = r->buckets[b]; i != ROUTES_NONE; i = r->entries[i].chain)
			length++;
		if (length > longest)
			longest = length;
	}
	return longest;
}

/* Networks are numbered one after the other: whichever byte counts, no bucket gets them all. */
static void test_spread(void)
{
	static const struct {
		const char *first;
		uint8_t byte; /* the last one that counts */
	} series[] = {{"172.16.0.0/32", 3}, {"10.0.0.0/24", 2}, {"2001:db8::/128", 15},
		{"2001:db8::/64", 7}, {"2001:db8::/48", 5}, {"2001:db8::/112", 13}};

	for (unsigned s = 0; s < sizeof(series) / sizeof(series[0]); s++) {
		struct routes r;
		struct ip_prefix p = prefix(series[s].first);
		uint8_t high = p.addr.bytes[series[s].byte - 1];
		CU_ASSERT_EQUAL_FATAL(routes_init(&r, 1), 0);
		CU_ASSERT_EQUAL_FATAL(routes_reserve(&r, 32768), 0);
		for (unsigned i = 0; i < 32768; i++) {
			p.addr.bytes[series[s].byte] = (uint8_t)i;
			p.addr.bytes[series[s].byte - 1] = (uint8_t)(high + (i >> 8));
			routes_set(&r, &p, 0);
		}
		CU_ASSERT_EQUAL(r.count, 32768);
		CU_ASSERT(longest_chain(&r) < 16);
		routes_free(&r);
	}
}

static const struct unit_test tests[] = {
	{"A46: host bits are masked, a prefix set elsewhere moves", test_moves},
	{"A46: prefixes that look alike are different ones", test_distinct},
	{"A46: beside a naive model", test_model},
	{"C24: what was reserved can be used", test_room},
	{"N14: prefixes that follow each other are found without a search", test_spread},
	{NULL, NULL},
};

const struct unit_suite suite_routes = {"routes", tests};
