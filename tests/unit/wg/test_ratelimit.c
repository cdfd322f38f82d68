/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/ratelimit.h"

#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "suites.h"
#include "util/bytes.h"
#include "util/clock.h"

#define NOW     (5000 * CLOCK_SECOND)
#define SOURCES 1024

static struct ratelimit *r;
static void *memory;

static void begin(uint32_t sources)
{
	size_t bytes = ratelimit_bytes(sources);

	fixture_random(7);
	memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
	memset(memory, 0xaa, bytes); /* it does not rely on what is there */
	r = ratelimit_init(memory, sources);
}

static void end(void)
{
	free(memory);
}

static bool allow(const char *source, uint64_t now_ns)
{
	struct ip_addr addr;

	CU_ASSERT_EQUAL_FATAL(addr_parse(&addr, source), 0);
	return ratelimit_allow(r, &addr, now_ns);
}

static bool allow4(uint32_t address, uint64_t now_ns)
{
	struct ip_addr addr = {.family = 4};

	put_be32(addr.bytes, address);
	return ratelimit_allow(r, &addr, now_ns);
}

static void five_at_once(void)
{
	begin(SOURCES);
	for (unsigned i = 0; i < 5; i++)
		CU_ASSERT_TRUE(allow("192.0.2.1", NOW));
	CU_ASSERT_FALSE(allow("192.0.2.1", NOW));
	CU_ASSERT_TRUE(allow("192.0.2.2", NOW));
	end();
}

static void twenty_a_second(void)
{
	unsigned passed = 0;

	begin(SOURCES);
	for (unsigned ms = 0; ms < 10000; ms++)
		passed += allow("192.0.2.1", NOW + ms * CLOCK_MS);
	CU_ASSERT_EQUAL(passed, 5 + 10 * 20 - 1); /* the next one is due at 10.000 s */
	end();
}

static void tokens_come_back(void)
{
	const uint64_t interval = 50 * CLOCK_MS;

	begin(SOURCES);
	for (unsigned i = 0; i < 5; i++)
		allow("192.0.2.1", NOW);
	CU_ASSERT_FALSE(allow("192.0.2.1", NOW + interval - 1));
	CU_ASSERT_TRUE(allow("192.0.2.1", NOW + interval));
	CU_ASSERT_FALSE(allow("192.0.2.1", NOW + interval));
	/* never more than five, however long it was quiet */
	for (unsigned i = 0; i < 7; i++)
		CU_ASSERT_EQUAL(allow("192.0.2.1", NOW + 3600 * CLOCK_SECOND), i < 5);
	end();
}

/* Being denied costs nothing: a source that insists gets its 20 a second. */
static void denial_is_free(void)
{
	begin(SOURCES);
	for (unsigned i = 0; i < 100000; i++)
		allow("192.0.2.1", NOW);
	CU_ASSERT_TRUE(allow("192.0.2.1", NOW + 50 * CLOCK_MS));
	end();
}

static void a_64_is_one_source(void)
{
	begin(SOURCES);
	for (unsigned i = 0; i < 5; i++)
		CU_ASSERT_TRUE(allow("2001:db8::1", NOW));
	CU_ASSERT_FALSE(allow("2001:db8::ffff:ffff:ffff:ffff", NOW));
	CU_ASSERT_TRUE(allow("2001:db8:0:1::1", NOW));
	CU_ASSERT_TRUE(allow("2001:db9::1", NOW));
	end();
}

/* An IPv6 /64 whose bytes are those of an IPv4 address is another source. */
static void families(void)
{
	struct ip_addr v4 = {.family = 4, .bytes = {1, 2, 3, 4}};
	struct ip_addr v6[2] = {{.family = 6, .bytes = {1, 2, 3, 4}},
		{.family = 6, .bytes = {0x04, 0x03, 0x02, 0x01}}};

	begin(1); /* all in one set */
	for (unsigned i = 0; i < 6; i++)
		ratelimit_allow(r, &v4, NOW);
	CU_ASSERT_FALSE(ratelimit_allow(r, &v4, NOW));
	CU_ASSERT_TRUE(ratelimit_allow(r, &v6[0], NOW));
	CU_ASSERT_TRUE(ratelimit_allow(r, &v6[1], NOW));
	end();
}

static void full_table(void)
{
	unsigned passed = 0;

	begin(SOURCES);
	for (uint32_t i = 0; i < 10000; i++)
		passed += allow4(0x0a000000 + i, NOW);
	CU_ASSERT(passed > SOURCES / 2 && passed <= SOURCES);
	/* whoever is in stays in; with time there is room again */
	CU_ASSERT_TRUE(allow4(0x0a000000, NOW));
	passed = 0;
	for (uint32_t i = 0; i < 100; i++)
		passed += allow4(0x0b000000 + i, NOW + 100 * CLOCK_MS);
	CU_ASSERT_EQUAL(passed, 100);
	end();
}

static void asked_before(void)
{
	struct ip_addr a = {.family = 4, .bytes = {192, 0, 2, 1}};

	begin(SOURCES);
	for (unsigned i = 0; i < 100; i++)
		CU_ASSERT_FALSE(ratelimit_denies(r, &a, NOW)); /* asking takes nothing */
	for (unsigned ms = 0; ms < 3000; ms += 7) {
		bool denied = ratelimit_denies(r, &a, NOW + ms * CLOCK_MS);
		CU_ASSERT_EQUAL(ratelimit_allow(r, &a, NOW + ms * CLOCK_MS), !denied);
	}
	end();
}

static void smallest_table(void)
{
	unsigned passed = 0;

	begin(1);
	for (uint32_t i = 0; i < 100; i++)
		passed += allow4(i, NOW);
	CU_ASSERT_EQUAL(passed, 8);
	end();
}

static void seed_is_drawn(void)
{
	uint8_t drawn[16];

	memory = calloc(1, ratelimit_bytes(8));
	memset(drawn, 0x5a, sizeof(drawn));
	fixture_random(7);
	fixture_script(drawn, sizeof(drawn));
	r = ratelimit_init(memory, 8);
	CU_ASSERT_PTR_NOT_NULL(memmem(memory, 32, drawn, sizeof(drawn)));
	end();
}

/* What an address has behind its four bytes is not a part of it. */
static void four_bytes(void)
{
	struct ip_addr a = {.family = 4, .bytes = {192, 0, 2, 1}};

	begin(SOURCES);
	for (unsigned i = 0; i < 5; i++) {
		a.bytes[4 + i] = 1;
		CU_ASSERT_TRUE(ratelimit_allow(r, &a, NOW));
	}
	a.bytes[4] = 2;
	CU_ASSERT_FALSE(ratelimit_allow(r, &a, NOW));
	end();
}

/* Asking looks at the source's own tokens, at those of now, and at nothing behind the table. */
static void asked_exactly(void)
{
	struct ip_addr a = {.family = 4, .bytes = {192, 0, 2, 1}}, b = {.family = 4};
	struct behind {
		uint64_t prefix, full_ns;
		uint8_t family;
	} behind = {0, NOW + CLOCK_SECOND, 4};

	begin(1);
	memory = realloc(memory, ratelimit_bytes(1) + sizeof(behind));
	r = memory;
	memcpy((uint8_t *)memory + ratelimit_bytes(1), &behind, sizeof(behind));
	for (unsigned i = 0; i < 5; i++)
		CU_ASSERT_TRUE(ratelimit_allow(r, &a, NOW));
	CU_ASSERT_TRUE(ratelimit_denies(r, &a, NOW));
	CU_ASSERT_FALSE(ratelimit_denies(r, &b, NOW));
	CU_ASSERT_FALSE(ratelimit_denies(r, &a, NOW + 10 * CLOCK_SECOND));
	end();
}

/* A place is free as soon as its source has all its tokens back. */
static void places_come_back(void)
{
	begin(1);
	for (uint32_t i = 0; i < 8; i++)
		CU_ASSERT_TRUE(allow4(i, NOW));
	CU_ASSERT_FALSE(allow4(8, NOW + 50 * CLOCK_MS - 1));
	CU_ASSERT_TRUE(allow4(8, NOW + 50 * CLOCK_MS));
	end();
}

/* Memory for as many sources as were asked for, in sets, up to 2^27. */
static void sizes(void)
{
	size_t set = ratelimit_bytes(9) - ratelimit_bytes(8);

	CU_ASSERT_EQUAL(ratelimit_bytes(0), ratelimit_bytes(8));
	CU_ASSERT_EQUAL(ratelimit_bytes(16), ratelimit_bytes(9));
	CU_ASSERT_EQUAL(ratelimit_bytes(17), ratelimit_bytes(9) + 2 * set);
	CU_ASSERT_EQUAL(ratelimit_bytes(1u << 27), ratelimit_bytes(8) + ((1u << 24) - 1) * set);
	CU_ASSERT_EQUAL(ratelimit_bytes(UINT32_MAX), ratelimit_bytes(1u << 27));
}

static const struct unit_test tests[] = {
	{"A23: five at once", five_at_once},
	{"A23: twenty a second", twenty_a_second},
	{"A23: tokens come back one by one, up to five", tokens_come_back},
	{"A23: being denied costs no token", denial_is_free},
	{"A23: an IPv6 /64 is one source", a_64_is_one_source},
	{"A23: families are apart", families},
	{"A23: a full table denies", full_table},
	{"A23: the smallest table", smallest_table},
	{"A23: known beforehand", asked_before},
	{"A23: the table is bounded", sizes},
	{"A23: sets are chosen with a seed", seed_is_drawn},
	{"A23: an IPv4 address has four bytes", four_bytes},
	{"A23: known beforehand, exactly", asked_exactly},
	{"A23: a place is free when the tokens are back", places_come_back},
	{NULL, NULL},
};

const struct unit_suite suite_ratelimit = {"ratelimit", tests};
