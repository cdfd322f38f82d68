/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "dp/port.h"
#include "eal.h"
#include "suites.h"

static bool inside(const struct zone *z, const void *p, size_t n)
{
	const uint8_t *at = p, *base = z->base;

	return at >= base && at + n <= base + z->length;
}

static void memory_is_the_zones(void)
{
	struct zone a, b;

	unit_zone(&a, "a", 4);
	unit_zone(&b, "b", 4);
	CU_ASSERT_NOT_EQUAL(a.socket, b.socket);
	uint8_t *p = zone_alloc(&a, 1 << 20), *q = zone_alloc(&b, 1 << 20);
	CU_ASSERT(inside(&a, p, 1 << 20));
	CU_ASSERT(inside(&b, q, 1 << 20));
	CU_ASSERT_EQUAL((uintptr_t)p % 64, 0);
	for (size_t i = 0; i < 1 << 20; i++)
		CU_ASSERT_EQUAL_FATAL(p[i], 0);
	zone_free(p);
	zone_free(q);
	zone_destroy(&a);
	zone_destroy(&b);
}

static void full_zone(void)
{
	struct zone z;

	unit_zone(&z, "small", 2);
	CU_ASSERT_PTR_NULL(zone_alloc(&z, 4 << 20));
	void *p = zone_alloc(&z, 1 << 20);
	CU_ASSERT_PTR_NOT_NULL(p);
	CU_ASSERT_PTR_NULL(zone_alloc(&z, 1 << 20));
	zone_free(p);
	zone_destroy(&z);
}

/* "dd": the flag of mappings that stay out of core dumps; "dc": not copied to children. */
static bool flagged(const void *base, const char *flag)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	char line[512];
	bool in = false, found = false;

	while (f && fgets(line, sizeof(line), f)) {
		unsigned long from, to;
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			in = (unsigned long)(uintptr_t)base >= from &&
				(unsigned long)(uintptr_t)base < to;
		else if (in && strncmp(line, "VmFlags:", 8) == 0)
			found = strstr(line, flag) != NULL;
	}
	if (f)
		fclose(f);
	return found;
}

static void not_in_dumps(void)
{
	struct zone z;

	unit_zone(&z, "dump", 2);
	CU_ASSERT(flagged(z.base, " dd"));
	CU_ASSERT(flagged(z.base, " dc"));
	zone_destroy(&z);
}

/* On reserved hugepages ("ht"), or where the kernel may make huge ones of small ones ("hg"). */
static void few_pages(void)
{
	struct zone z;

	unit_eal();
	CU_ASSERT_EQUAL_FATAL(zone_create(&z, "few", 4 << 20, ZONE_PAGES_AUTO), 0);
	CU_ASSERT_EQUAL((uintptr_t)z.base % (2 << 20), 0);
	CU_ASSERT(flagged(z.base, z.page_size > 4096 ? " ht" : " hg"));
	CU_ASSERT(flagged(z.base, " dd"));
	CU_ASSERT(flagged(z.base, " dc"));
	zone_destroy(&z);
	unit_zone(&z, "many", 4);
	CU_ASSERT_EQUAL(z.page_size, 4096);
	CU_ASSERT(!flagged(z.base, " hg"));
	zone_destroy(&z);
}

static void names_are_unique(void)
{
	struct zone a, b;

	unit_zone(&a, "twice", 2);
	CU_ASSERT_EQUAL(zone_create(&b, "twice", 2 << 20, ZONE_PAGES_SMALL), -EEXIST);
	zone_destroy(&a);
}

/* The lower addresses are for those whose devices see no others; a virtual port has none. */
static void beside_virtual_ports(void)
{
	struct port port = {0};
	struct zone z;

	unit_eal();
	CU_ASSERT_EQUAL_FATAL(port_probe(&port, "net_null_zone"), 0);
	unit_zone(&z, "virtual", 4);
	CU_ASSERT((uintptr_t)z.base >= 1ul << 39);
	zone_destroy(&z);
	port_close(&port);
}

static const struct unit_test tests[] = {
	{"allocations lie in their zone, zeroed", memory_is_the_zones},
	{"a full zone says so", full_zone},
	{"left out of core dumps and children", not_in_dumps},
	{"on few pages, unless small ones are asked for", few_pages},
	{"a name is taken once", names_are_unique},
	{"anywhere, where no port is a PCI device", beside_virtual_ports},
	{NULL, NULL},
};

const struct unit_suite suite_zone = {"zone", tests};
