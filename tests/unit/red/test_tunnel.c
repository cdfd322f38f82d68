/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of what is behind the tunnel, beside a linear scan. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "eal.h"
#include "red/state.h"
#include "suites.h"
#include "util/bytes.h"

static struct zone zone;
static struct tunnel tunnel;

static void open_tunnel(uint32_t prefixes)
{
	unit_zone(&zone, "red", 8);
	CU_ASSERT_EQUAL_FATAL(tunnel_create(&tunnel, &zone, prefixes, 1), 0);
}

static void close_tunnel(void)
{
	tunnel_destroy(&tunnel);
	zone_destroy(&zone);
}

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix p;

	CU_ASSERT_EQUAL_FATAL(prefix_parse(&p, text), 0);
	return p;
}

static int add(const char *text)
{
	struct ip_prefix p = prefix(text);

	return tunnel_add(&tunnel, &p, 0);
}

static int take_out(const char *text)
{
	struct ip_prefix p = prefix(text);

	return tunnel_remove(&tunnel, &p);
}

static bool covers(const char *text)
{
	struct ip_addr a;

	CU_ASSERT_EQUAL_FATAL(addr_parse(&a, text), 0);
	return a.family == 4 ? tunnel_covers4(&tunnel, get_be32(a.bytes)) :
			       tunnel_covers6(&tunnel, a.bytes);
}

static void boundaries(void)
{
	open_tunnel(16);
	CU_ASSERT(!covers("10.0.2.1") && !covers("fd00::1"));
	CU_ASSERT_EQUAL(add("10.0.2.77/24"), 0); /* host bits count for nothing */
	CU_ASSERT(covers("10.0.2.0") && covers("10.0.2.255"));
	CU_ASSERT(!covers("10.0.1.255") && !covers("10.0.3.0"));
	CU_ASSERT_EQUAL(add("192.0.2.1"), 0);
	CU_ASSERT(covers("192.0.2.1") && !covers("192.0.2.0") && !covers("192.0.2.2"));
	CU_ASSERT_EQUAL(add("fd00:2::/64"), 0);
	CU_ASSERT(covers("fd00:2::") && covers("fd00:2::ffff:ffff:ffff:ffff"));
	CU_ASSERT(!covers("fd00:2:0:1::"));
	CU_ASSERT_EQUAL(add("2001:db8::1/128"), 0);
	CU_ASSERT(covers("2001:db8::1") && !covers("2001:db8::2"));
	CU_ASSERT_EQUAL(add("0.0.0.0/0"), 0);
	CU_ASSERT_EQUAL(add("::/0"), 0);
	CU_ASSERT(covers("1.1.1.1") && covers("255.255.255.255") && covers("::1"));
	CU_ASSERT_EQUAL(take_out("0.0.0.0/0"), 0);
	CU_ASSERT(!covers("1.1.1.1") && covers("10.0.2.9") && covers("::1"));
	close_tunnel();
}

static void counted(void)
{
	open_tunnel(16);
	for (unsigned i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(add("10.0.2.0/24"), 0);
		CU_ASSERT_EQUAL(add("fd00:2::/64"), 0);
	}
	for (unsigned i = 0; i < 3; i++) {
		CU_ASSERT(covers("10.0.2.1") && covers("fd00:2::1"));
		CU_ASSERT_EQUAL(take_out("10.0.2.0/24"), 0);
		CU_ASSERT_EQUAL(take_out("fd00:2::/64"), 0);
	}
	CU_ASSERT(!covers("10.0.2.1") && !covers("fd00:2::1"));
	CU_ASSERT_EQUAL(take_out("10.0.2.0/24"), -ENOENT);
	CU_ASSERT_EQUAL(take_out("fd00:2::/64"), -ENOENT);
	CU_ASSERT_EQUAL(take_out("10.0.0.0/16"), -ENOENT);
	close_tunnel();
}

static void limits(void)
{
	struct ip_prefix wrong = {.addr.family = 4, .length = 33};
	char text[ADDR_TEXT_MAX];

	open_tunnel(64);
	for (unsigned i = 0; i < 64; i++) {
		snprintf(text, sizeof(text), i % 2 ? "10.%u.0.0/16" : "fd00:%u::/64", i);
		CU_ASSERT_EQUAL(add(text), 0);
	}
	CU_ASSERT_EQUAL(add("10.200.0.0/16"), -ENOSPC);
	CU_ASSERT_EQUAL(add("fd00:200::/64"), -ENOSPC);
	CU_ASSERT_EQUAL(add("10.1.0.0/16"), 0); /* one that is there */
	CU_ASSERT_EQUAL(take_out("10.3.0.0/16"), 0);
	CU_ASSERT_EQUAL(add("10.200.0.0/16"), 0);
	CU_ASSERT_EQUAL(tunnel_add(&tunnel, &wrong, 0), -EINVAL);
	wrong.addr.family = 0;
	CU_ASSERT_EQUAL(tunnel_add(&tunnel, &wrong, 0), -EINVAL);
	CU_ASSERT_EQUAL(tunnel_remove(&tunnel, &wrong), -ENOENT);
	close_tunnel();
}

struct model {
	struct ip_prefix prefixes[512];
	unsigned count;
};

static bool model_covers(const struct model *m, uint32_t address)
{
	struct ip_addr a = {.family = 4};

	put_be32(a.bytes, address);
	for (unsigned i = 0; i < m->count; i++)
		if (prefix_contains(&m->prefixes[i], &a))
			return true;
	return false;
}

/* Prefixes in a small space, so that they nest: that many bits of an address differ. */
static struct ip_prefix random_prefix(unsigned *seed, unsigned bits)
{
	struct ip_prefix p = {.addr.family = 4};

	*seed = *seed * 1103515245 + 12345;
	p.length = (uint8_t)(32 - bits + (*seed >> 8) % (bits + 1));
	put_be32(p.addr.bytes, 0x0a000000 + (uint32_t)((*seed >> 12) * 2654435761u >> (32 - bits)));
	return p;
}

static void beside_a_model_of(unsigned bits, unsigned most)
{
	static struct model m;
	unsigned seed = 99;

	open_tunnel(512);
	memset(&m, 0, sizeof(m));
	for (unsigned round = 0; round < 2000; round++) {
		struct ip_prefix p = random_prefix(&seed, bits);
		if (m.count < most && seed & 0x40000000) {
			CU_ASSERT_EQUAL_FATAL(tunnel_add(&tunnel, &p, 0), 0);
			m.prefixes[m.count++] = p;
		} else if (m.count > 0) {
			unsigned i = (seed >> 3) % m.count;
			CU_ASSERT_EQUAL_FATAL(tunnel_remove(&tunnel, &m.prefixes[i]), 0);
			m.prefixes[i] = m.prefixes[--m.count];
		}
		for (unsigned k = 0; k < 20; k++) {
			seed = seed * 1103515245 + 12345;
			uint32_t address = 0x0a000000 +
				(uint32_t)((seed >> 8) * 2654435761u >> (31 - bits));
			CU_ASSERT_EQUAL_FATAL(tunnel_covers4(&tunnel, address),
				model_covers(&m, address));
		}
	}
	close_tunnel();
}

static void beside_a_model(void)
{
	beside_a_model_of(12, 300);
	beside_a_model_of(18, 40); /* more networks than a word has bits */
	beside_a_model_of(27, 8);
}

/* Found once, it is answered without the tree: until it is taken out. */
static void remembered(void)
{
	static const char *const list[] = {"10.0.2.0/24", "10.0.0.0/8", "10.0.2.64/26",
		"10.0.2.65/32", "0.0.0.0/0"};
	static const char *const list6[] = {"fd00:2::/64", "fd00:2::/32", "fd00:2::/96", "fd00:2::41",
		"::/0"};

	open_tunnel(16);
	for (unsigned i = 0; i < 5; i++) {
		CU_ASSERT_EQUAL(add(list[i]), 0);
		CU_ASSERT_EQUAL(add(list6[i]), 0);
		CU_ASSERT(covers("10.0.2.65") && covers("fd00:2::41"));
		CU_ASSERT(covered_knows4(&tunnel.covered, 0x0a000241));
		CU_ASSERT_EQUAL(take_out(list[i]), 0);
		CU_ASSERT(!covers("10.0.2.65") && covers("fd00:2::41"));
		CU_ASSERT_EQUAL(take_out(list6[i]), 0);
		CU_ASSERT(!covers("10.0.2.65") && !covers("fd00:2::41"));
	}
	CU_ASSERT_EQUAL(add("10.0.0.0/8"), 0);
	CU_ASSERT_EQUAL(add("10.0.2.0/24"), 0);
	CU_ASSERT_EQUAL(take_out("10.0.2.0/24"), 0);
	CU_ASSERT(covered_knows4(&tunnel.covered, 0x0a000241)); /* the wider one has it too */
	CU_ASSERT_EQUAL(take_out("10.0.0.0/8"), 0);
	tunnel.covered.epoch = UINT32_MAX;
	CU_ASSERT_EQUAL(add("10.0.2.65/32"), 0);
	CU_ASSERT(covers("10.0.2.65"));
	CU_ASSERT_EQUAL(take_out("10.0.2.65/32"), 0);
	CU_ASSERT_EQUAL(tunnel.covered.epoch, 1);
	CU_ASSERT(!covers("10.0.2.65"));
	close_tunnel();
}

static const struct unit_test tests[] = {
	{"A46: first and last addresses, whole families, host bits", boundaries},
	{"what was added three times is taken out three times", counted},
	{"it takes as many prefixes as it was made for", limits},
	{"nested prefixes beside a linear scan", beside_a_model},
	{"what was found once is forgotten with its prefix", remembered},
	{NULL, NULL},
};

const struct unit_suite suite_tunnel = {"tunnel", tests};
