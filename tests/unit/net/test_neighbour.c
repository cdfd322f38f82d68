/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "net/neighbour.h"
#include "suites.h"
#include "util/bytes.h"

#define START (100 * CLOCK_SECOND)

static const uint8_t mac_a[MAC_LEN] = {0x02, 0, 0, 0, 0, 0xa};
static const uint8_t mac_b[MAC_LEN] = {0x02, 0, 0, 0, 0, 0xb};

static struct neighbour_table *table;
static struct neighbour_work work;
static int packets[1024]; /* only their addresses are used */

static void open_table(uint32_t capacity, uint32_t pending)
{
	size_t bytes = neighbour_table_bytes(capacity);

	void *memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
	table = neighbour_table_init(memory, capacity, pending, 42);
}

static struct ip_addr host(uint32_t number)
{
	struct ip_addr a = {.family = 4};

	put_be32(a.bytes, 0x0a000000 + number);
	return a;
}

static bool hear(uint32_t number, const uint8_t *mac, enum neighbour_heard how, uint64_t now_ns)
{
	struct ip_addr a = host(number);

	return neighbour_hear(table, &a, mac, how, now_ns, &work);
}

static const uint8_t *lookup(uint32_t number, uint64_t now_ns)
{
	struct ip_addr a = host(number);

	return neighbour_lookup(table, &a, now_ns, &work);
}

static bool hold(uint32_t number, int packet, uint64_t now_ns)
{
	struct ip_addr a = host(number);

	return neighbour_hold(table, &a, &packets[packet], now_ns, &work);
}

static enum neighbour_state state(uint32_t number)
{
	struct ip_addr a = host(number);

	return neighbour_state_of(table, &a);
}

static void make_reachable(uint32_t number, const uint8_t *mac, uint64_t now_ns)
{
	CU_ASSERT(hold(number, 0, now_ns));
	CU_ASSERT(hear(number, mac, NEIGHBOUR_REPLY, now_ns));
	CU_ASSERT_EQUAL(state(number), NEIGHBOUR_IS_REACHABLE);
}

static void resolves(void)
{
	struct ip_addr a = host(1);

	open_table(8, 16);
	CU_ASSERT_PTR_NULL(lookup(1, START));
	CU_ASSERT_EQUAL(state(1), NEIGHBOUR_IS_FREE); /* a look makes no entry */
	CU_ASSERT(hold(1, 0, START));
	CU_ASSERT(work.ask && addr_equal(&work.addr, &a));
	CU_ASSERT_EQUAL(work.count, 0);
	CU_ASSERT(hold(1, 1, START));
	CU_ASSERT(!work.ask); /* once is enough */
	CU_ASSERT_PTR_NULL(lookup(1, START));
	CU_ASSERT(hear(1, mac_a, NEIGHBOUR_REPLY, START + 5));
	CU_ASSERT(work.resolved && mac_equal(work.mac, mac_a));
	CU_ASSERT_EQUAL(work.count, 2);
	CU_ASSERT_PTR_EQUAL(work.packets[0], &packets[0]); /* in their order */
	CU_ASSERT_PTR_EQUAL(work.packets[1], &packets[1]);
	CU_ASSERT_EQUAL(table->pending_total, 0);
	const uint8_t *mac = lookup(1, START + 6);
	CU_ASSERT(mac && mac_equal(mac, mac_a));
	CU_ASSERT(!work.ask);
	free(table);
}

static void gives_up(void)
{
	open_table(8, 16);
	CU_ASSERT(hold(1, 0, START));
	CU_ASSERT(hold(1, 1, START));
	CU_ASSERT(!neighbour_tick(table, START + CLOCK_SECOND - 1, &work));
	for (unsigned try = 1; try < NEIGHBOUR_TRIES; try++) {
		CU_ASSERT(neighbour_tick(table, START + try * CLOCK_SECOND, &work));
		CU_ASSERT(work.ask);
		CU_ASSERT_EQUAL(work.count, 0);
		CU_ASSERT(!neighbour_tick(table, START + try * CLOCK_SECOND, &work));
	}
	CU_ASSERT(neighbour_tick(table, START + NEIGHBOUR_TRIES * CLOCK_SECOND, &work));
	CU_ASSERT(!work.ask && !work.resolved);
	CU_ASSERT_EQUAL(work.count, 2);
	CU_ASSERT_EQUAL(state(1), NEIGHBOUR_IS_FREE);
	CU_ASSERT_EQUAL(table->pending_total, 0);
	CU_ASSERT(!neighbour_tick(table, START + NEIGHBOUR_TRIES * CLOCK_SECOND, &work));
	CU_ASSERT(hold(1, 0, START + 9 * CLOCK_SECOND)); /* and starts anew */
	CU_ASSERT(work.ask);
	free(table);
}

static void ages(void)
{
	open_table(8, 16);
	make_reachable(1, mac_a, START);
	uint32_t generation = table->generation;
	uint64_t now = START + NEIGHBOUR_REACHABLE;
	CU_ASSERT(!neighbour_tick(table, now - 1, &work));
	CU_ASSERT_EQUAL(state(1), NEIGHBOUR_IS_REACHABLE);
	CU_ASSERT(!neighbour_tick(table, now, &work));
	CU_ASSERT_EQUAL(state(1), NEIGHBOUR_IS_STALE);
	CU_ASSERT_NOT_EQUAL(table->generation, generation); /* so that the next use is seen */
	const uint8_t *mac = lookup(1, now);
	CU_ASSERT(mac && mac_equal(mac, mac_a) && work.ask); /* used, and asked about */
	CU_ASSERT_EQUAL(state(1), NEIGHBOUR_IS_PROBE);
	generation = table->generation;
	CU_ASSERT(hear(1, mac_a, NEIGHBOUR_REPLY, now + 1));
	CU_ASSERT_EQUAL(state(1), NEIGHBOUR_IS_REACHABLE);
	CU_ASSERT_EQUAL(table->generation, generation); /* nothing changed */
	free(table);
}

static void forgets_unused(void)
{
	open_table(8, 16);
	make_reachable(1, mac_a, START);
	uint64_t now = START + NEIGHBOUR_REACHABLE;
	neighbour_tick(table, now, &work);
	CU_ASSERT(!neighbour_tick(table, now + NEIGHBOUR_FORGET - 1, &work));
	CU_ASSERT_EQUAL(state(1), NEIGHBOUR_IS_STALE);
	neighbour_tick(table, now + NEIGHBOUR_FORGET, &work);
	CU_ASSERT_EQUAL(state(1), NEIGHBOUR_IS_FREE);
	free(table);
}

static void probe_fails(void)
{
	open_table(8, 16);
	make_reachable(1, mac_a, START);
	uint64_t now = START + NEIGHBOUR_REACHABLE;
	neighbour_tick(table, now, &work);
	lookup(1, now);
	uint32_t generation = table->generation;
	for (unsigned try = 1; try < NEIGHBOUR_TRIES; try++) {
		CU_ASSERT(neighbour_tick(table, now + try * CLOCK_SECOND, &work) && work.ask);
		CU_ASSERT_PTR_NOT_NULL(lookup(1, now + try * CLOCK_SECOND)); /* meanwhile in use */
		while (neighbour_tick(table, now + try * CLOCK_SECOND, &work))
			;
	}
	CU_ASSERT(!neighbour_tick(table, now + NEIGHBOUR_TRIES * CLOCK_SECOND, &work));
	CU_ASSERT_EQUAL(state(1), NEIGHBOUR_IS_FREE);
	CU_ASSERT_NOT_EQUAL(table->generation, generation);
	free(table);
}

static void strangers(void)
{
	open_table(8, 16);
	CU_ASSERT(!hear(1, mac_a, NEIGHBOUR_REPLY, START)); /* nobody asked */
	CU_ASSERT(!hear(1, mac_a, NEIGHBOUR_CLAIM, START));
	CU_ASSERT_EQUAL(state(1), NEIGHBOUR_IS_FREE);
	CU_ASSERT(hear(1, mac_a, NEIGHBOUR_REQUEST, START)); /* it asked for us */
	CU_ASSERT_EQUAL(state(1), NEIGHBOUR_IS_STALE);
	const uint8_t *mac = lookup(1, START);
	CU_ASSERT(mac && mac_equal(mac, mac_a) && work.ask);
	free(table);
}

/* Nobody remembers what was never handed out. */
static void strangers_bump_nothing(void)
{
	open_table(8, 16);
	uint32_t generation = table->generation;
	for (unsigned i = 0; i < 10; i++) {
		uint64_t now = START + i * 2 * NEIGHBOUR_REACHABLE;
		const uint8_t *mac = i % 2 ? mac_a : mac_b;
		CU_ASSERT(hear(1, mac, NEIGHBOUR_REQUEST, now));
		CU_ASSERT(hear(1, mac, NEIGHBOUR_REPLY, now));
		while (neighbour_tick(table, now + NEIGHBOUR_REACHABLE, &work))
			;
	}
	CU_ASSERT_EQUAL(table->generation, generation);
	free(table);
}

static void no_poison(void)
{
	open_table(8, 16);
	make_reachable(1, mac_a, START);
	for (unsigned how = NEIGHBOUR_REPLY; how <= NEIGHBOUR_CLAIM; how++) {
		CU_ASSERT(hear(1, mac_b, how, START + how));
		CU_ASSERT(work.ask); /* we ask instead of believing */
		CU_ASSERT_EQUAL(state(1), NEIGHBOUR_IS_PROBE);
		const uint8_t *mac = lookup(1, START + how);
		CU_ASSERT(mac && mac_equal(mac, mac_a));
		CU_ASSERT(hear(1, mac_b, NEIGHBOUR_CLAIM, START + how)); /* a claim is no answer */
		CU_ASSERT(!work.ask);
		CU_ASSERT(mac_equal(lookup(1, START + how), mac_a));
		CU_ASSERT(hear(1, mac_b, NEIGHBOUR_REQUEST, START + how)); /* nor is a question */
		CU_ASSERT(!work.ask && !work.resolved);
		CU_ASSERT_EQUAL(state(1), NEIGHBOUR_IS_PROBE);
		CU_ASSERT(mac_equal(lookup(1, START + how), mac_a));
		CU_ASSERT(hear(1, mac_a, NEIGHBOUR_REPLY, START + how));
		CU_ASSERT_EQUAL(state(1), NEIGHBOUR_IS_REACHABLE);
	}
	/* the same claim as before changes nothing and asks nothing */
	CU_ASSERT(hear(1, mac_a, NEIGHBOUR_CLAIM, START + 9));
	CU_ASSERT(!work.ask);
	CU_ASSERT_EQUAL(state(1), NEIGHBOUR_IS_REACHABLE);
	free(table);
}

static void moves(void)
{
	open_table(8, 16);
	make_reachable(1, mac_a, START);
	uint32_t generation = table->generation;
	hear(1, mac_b, NEIGHBOUR_CLAIM, START + 1); /* a standby gateway took over */
	CU_ASSERT(hear(1, mac_b, NEIGHBOUR_REPLY, START + 2));
	CU_ASSERT(mac_equal(lookup(1, START + 2), mac_b));
	CU_ASSERT_NOT_EQUAL(table->generation, generation);
	free(table);
}

/* ND's answers without the O flag: from a proxy, or from one of several hosts with one address. */
static void confirms(void)
{
	open_table(8, 16);
	CU_ASSERT(!hear(1, mac_a, NEIGHBOUR_CONFIRM, START)); /* nobody asked */
	hold(1, 1, START);
	CU_ASSERT(hear(1, mac_a, NEIGHBOUR_CONFIRM, START)); /* the first answer counts */
	CU_ASSERT(work.resolved && work.count == 1);
	CU_ASSERT_EQUAL(state(1), NEIGHBOUR_IS_REACHABLE);
	hear(1, mac_b, NEIGHBOUR_CLAIM, START + 1);
	CU_ASSERT_EQUAL(state(1), NEIGHBOUR_IS_PROBE);
	CU_ASSERT(hear(1, mac_b, NEIGHBOUR_CONFIRM, START + 2)); /* replaces nothing */
	CU_ASSERT(!work.resolved);
	CU_ASSERT_EQUAL(state(1), NEIGHBOUR_IS_PROBE);
	CU_ASSERT(mac_equal(lookup(1, START + 2), mac_a));
	CU_ASSERT(hear(1, mac_a, NEIGHBOUR_CONFIRM, START + 3));
	CU_ASSERT_EQUAL(state(1), NEIGHBOUR_IS_REACHABLE);
	free(table);
}

static void bounded_queue(void)
{
	open_table(8, 2 * NEIGHBOUR_PENDING + 3);
	for (uint32_t n = 1; n <= 2; n++) {
		for (int i = 0; i < NEIGHBOUR_PENDING; i++)
			CU_ASSERT(hold(n, i, START));
		CU_ASSERT(!hold(n, 99, START));
	}
	for (int i = 0; i < 3; i++)
		CU_ASSERT(hold(3, i, START));
	CU_ASSERT(!hold(3, 99, START)); /* all together */
	CU_ASSERT(!hold(4, 99, START));
	CU_ASSERT(work.ask); /* asked for all the same */
	CU_ASSERT(hear(1, mac_a, NEIGHBOUR_REPLY, START));
	CU_ASSERT_EQUAL(work.count, NEIGHBOUR_PENDING);
	CU_ASSERT(hold(4, 99, START));
	free(table);
}

static void full_of_strangers(void)
{
	open_table(32, 16);
	make_reachable(1000, mac_a, START);
	uint32_t generation = table->generation;
	for (uint32_t n = 0; n < 500; n++)
		CU_ASSERT(hear(n, mac_b, NEIGHBOUR_REQUEST, START + n));
	CU_ASSERT_EQUAL(state(1000), NEIGHBOUR_IS_REACHABLE);
	CU_ASSERT_EQUAL(table->generation, generation); /* nobody has to look again */
	/* what we need ourselves always finds a place */
	for (uint32_t n = 2000; n < 2010; n++)
		CU_ASSERT(hold(n, 1, START + 600));
	CU_ASSERT_EQUAL(state(1000), NEIGHBOUR_IS_REACHABLE);
	free(table);
}

static void full_of_needs(void)
{
	unsigned dropped = 0;

	open_table(16, 64);
	for (uint32_t n = 0; n < 100; n++) {
		CU_ASSERT(hold(n, (int)n, START + n));
		CU_ASSERT(work.ask);
		CU_ASSERT(!work.resolved);
		dropped += work.count;
	}
	CU_ASSERT_EQUAL(dropped, 100 - 16);
	CU_ASSERT_EQUAL(table->pending_total, 16);
	/* a stranger finds no place among them */
	CU_ASSERT(!hear(5000, mac_a, NEIGHBOUR_REQUEST, START));
	free(table);
}

static void capacity_of_one(void)
{
	open_table(1, 4);
	make_reachable(1, mac_a, START);
	CU_ASSERT(hold(2, 1, START));
	CU_ASSERT_EQUAL(state(1), NEIGHBOUR_IS_FREE);
	CU_ASSERT(hear(2, mac_b, NEIGHBOUR_REPLY, START));
	CU_ASSERT(mac_equal(lookup(2, START), mac_b));
	CU_ASSERT_EQUAL(neighbour_table_bytes(0), 0);
	CU_ASSERT_EQUAL(neighbour_table_bytes(32769), 0);
	free(table);
}

/* Random use beside a plain array of what is known. */
static void beside_a_model(void)
{
	enum { HOSTS = 64 };
	uint8_t known[HOSTS] = {0}; /* last byte of the link address; 0: unknown */
	unsigned seed = 7;

	open_table(128, 1024);
	for (unsigned i = 0; i < 20000; i++) {
		seed = seed * 1103515245 + 12345;
		uint32_t n = seed >> 8 & (HOSTS - 1);
		uint8_t mac[MAC_LEN] = {2, 0, 0, 0, 0, (uint8_t)(1 + (seed >> 16 & 3))};
		const uint8_t *found = lookup(n, START);
		CU_ASSERT_EQUAL_FATAL(found ? found[5] : 0, known[n]);
		if (!found && seed & 0x100000)
			hold(n, (int)n, START);
		bool asked = state(n) == NEIGHBOUR_IS_INCOMPLETE || state(n) == NEIGHBOUR_IS_PROBE;
		hear(n, mac, NEIGHBOUR_REPLY, START);
		if (asked)
			known[n] = mac[5];
	}
	free(table);
}

static void want(uint32_t number, uint64_t now_ns)
{
	struct ip_addr a = host(number);

	neighbour_want(table, &a, now_ns, &work);
}

static void wanted(void)
{
	open_table(8, 16);
	want(1, START);
	CU_ASSERT(work.ask);
	CU_ASSERT_EQUAL(state(1), NEIGHBOUR_IS_INCOMPLETE);
	want(1, START);
	CU_ASSERT(!work.ask); /* once is enough */
	CU_ASSERT(hear(1, mac_a, NEIGHBOUR_REPLY, START));
	want(1, START + NEIGHBOUR_REACHABLE / 2);
	CU_ASSERT(!work.ask);
	neighbour_tick(table, START + NEIGHBOUR_REACHABLE + CLOCK_SECOND, &work);
	CU_ASSERT_EQUAL(state(1), NEIGHBOUR_IS_STALE);
	want(1, START + NEIGHBOUR_REACHABLE + CLOCK_SECOND);
	CU_ASSERT(work.ask); /* it stays known */
	CU_ASSERT_EQUAL(state(1), NEIGHBOUR_IS_PROBE);
	free(table);
}

static const struct unit_test tests[] = {
	{"ask, hold, resolve, release in order", resolves},
	{"three tries a second apart, then what waited is dropped", gives_up},
	{"reachable, stale, asked again when it is used", ages},
	{"what is not used is forgotten", forgets_unused},
	{"a neighbour that no longer answers goes", probe_fails},
	{"entries only from our need or from requests to us", strangers},
	{"whoever is never sent to changes no generation", strangers_bump_nothing},
	{"what is wanted is asked for, and kept", wanted},
	{"a claim does not replace what we know", no_poison},
	{"an answer that must not override confirms, and replaces nothing", confirms},
	{"a neighbour with a new link address is found again", moves},
	{"held packets are bounded, per neighbour and in all", bounded_queue},
	{"a flood of requests drives nobody out", full_of_strangers},
	{"a scan of our own drops the oldest", full_of_needs},
	{"the smallest table, and the sizes there are", capacity_of_one},
	{"random use beside a plain array", beside_a_model},
	{NULL, NULL},
};

const struct unit_suite suite_neighbour = {"neighbour", tests};
