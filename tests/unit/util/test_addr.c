/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "util/addr.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct text_case {
	const char *in;
	const char *out; /* as it is written back; NULL when it must be refused */
};

static void addresses(void)
{
	static const struct text_case cases[] = {
		{"0.0.0.0", "0.0.0.0"},
		{"192.0.2.1", "192.0.2.1"},
		{"255.255.255.255", "255.255.255.255"},
		{"::", "::"},
		{"::1", "::1"},
		{"2001:db8::1", "2001:db8::1"},
		{"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
		{"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
		{"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
			"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
		{"", NULL},
		{" 192.0.2.1", NULL},
		{"192.0.2.1 ", NULL},
		{"192.0.2", NULL},
		{"192.0.2.1.5", NULL},
		{"192.0.2.256", NULL},
		{"192.0.2.-1", NULL},
		{"0300.0.2.1", NULL},
		{"0x7f.1", NULL},
		{"192.0.2.1/32", NULL},
		{"[2001:db8::1]", NULL},
		{"fe80::1%eth0", NULL},
		{"1::2::3", NULL},
		{"1:2:3:4:5:6:7", NULL},
		{"1:2:3:4:5:6:7:8:9", NULL},
		{"12345::", NULL},
		{"g::", NULL},
		{"localhost", NULL},
	};
	char text[ADDR_TEXT_MAX];

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ip_addr a = {.family = 99}, b;
		int error = addr_parse(&a, cases[i].in);
		CU_ASSERT_EQUAL(error, cases[i].out ? 0 : -EINVAL);
		if (error) {
			CU_ASSERT_EQUAL(a.family, 99); /* as it was */
			continue;
		}
		CU_ASSERT_STRING_EQUAL(addr_format(&a, text), cases[i].out);
		CU_ASSERT_EQUAL(addr_parse(&b, text), 0);
		CU_ASSERT(addr_equal(&a, &b));
	}
}

static void addresses_are_in_network_order(void)
{
	struct ip_addr a;
	const uint8_t rest[12] = {0};

	CU_ASSERT_EQUAL(addr_parse(&a, "1.2.3.4"), 0);
	CU_ASSERT_EQUAL(a.family, 4);
	CU_ASSERT_EQUAL(addr_bits(&a), 32);
	CU_ASSERT_EQUAL(memcmp(a.bytes, "\1\2\3\4", 4), 0);
	CU_ASSERT_EQUAL(memcmp(a.bytes + 4, rest, sizeof(rest)), 0);
	CU_ASSERT_EQUAL(addr_parse(&a, "102:304::f"), 0);
	CU_ASSERT_EQUAL(a.family, 6);
	CU_ASSERT_EQUAL(addr_bits(&a), 128);
	CU_ASSERT_EQUAL(memcmp(a.bytes, "\1\2\3\4", 4), 0);
	CU_ASSERT_EQUAL(a.bytes[15], 15);
}

static void prefixes(void)
{
	static const struct text_case cases[] = {
		{"192.0.2.1/24", "192.0.2.1/24"}, /* host bits are kept */
		{"192.0.2.1", "192.0.2.1/32"},
		{"0.0.0.0/0", "0.0.0.0/0"},
		{"10.0.0.0/8", "10.0.0.0/8"},
		{"10.0.0.0/32", "10.0.0.0/32"},
		{"::/0", "::/0"},
		{"2001:db8::/32", "2001:db8::/32"},
		{"2001:db8::1", "2001:db8::1/128"},
		{"2001:db8::1/128", "2001:db8::1/128"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
			"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"},
		{"10.0.0.0/33", NULL},
		{"2001:db8::/129", NULL},
		{"10.0.0.0/", NULL},
		{"10.0.0.0/-1", NULL},
		{"10.0.0.0/+8", NULL},
		{"10.0.0.0/ 8", NULL},
		{"10.0.0.0/8 ", NULL},
		{"10.0.0.0/8/8", NULL},
		{"10.0.0.0/0x8", NULL},
		{"10.0.0.0/255.0.0.0", NULL},
		{"10.0.0.0/4294967304", NULL},
		{"10.0.0.0/18446744073709551624", NULL},
		{"/8", NULL},
		{"", NULL},
		{"any", NULL},
		{"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000/8", NULL},
	};
	char text[ADDR_TEXT_MAX];

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ip_prefix a = {.length = 99}, b;
		int error = prefix_parse(&a, cases[i].in);
		CU_ASSERT_EQUAL(error, cases[i].out ? 0 : -EINVAL);
		if (error) {
			CU_ASSERT_EQUAL(a.length, 99);
			continue;
		}
		CU_ASSERT_STRING_EQUAL(prefix_format(&a, text), cases[i].out);
		CU_ASSERT_EQUAL(prefix_parse(&b, text), 0);
		CU_ASSERT(prefix_equal(&a, &b));
	}
}

static void endpoints(void)
{
	static const struct text_case cases[] = {
		{"192.0.2.1:51820", "192.0.2.1:51820"},
		{"192.0.2.1:1", "192.0.2.1:1"},
		{"192.0.2.1:65535", "192.0.2.1:65535"},
		{"[2001:db8::1]:51820", "[2001:db8::1]:51820"},
		{"[::]:1", "[::]:1"},
		{"[::ffff:192.0.2.1]:7", "[::ffff:192.0.2.1]:7"},
		{"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
			"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"},
		{"192.0.2.1:0", NULL},
		{"192.0.2.1:65536", NULL},
		{"192.0.2.1:4295019116", NULL},
		{"192.0.2.1:", NULL},
		{"192.0.2.1", NULL},
		{"192.0.2.1:-1", NULL},
		{"192.0.2.1:+1", NULL},
		{"192.0.2.1: 1", NULL},
		{"192.0.2.1:1 ", NULL},
		{"192.0.2.1:ssh", NULL},
		{":51820", NULL},
		{":", NULL},
		{"", NULL},
		{"[", NULL},
		{"[:", NULL},
		{"[:1", NULL},
		{"[]:1", NULL},
		{"[192.0.2.1]:51820", NULL},
		{"2001:db8::1:51820", NULL},
		{"[2001:db8::1]51820", NULL},
		{"[2001:db8::1]", NULL},
		{"[2001:db8::1]:", NULL},
		{"[2001:db8::1:51820", NULL},
		{"[[2001:db8::1]]:51820", NULL},
		{"[fe80::1%1]:51820", NULL},
		{"vpn.example.org:51820", NULL},
		{"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0]:8", NULL},
	};
	char text[ADDR_TEXT_MAX];

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct endpoint a = {.port = 99}, b;
		int error = endpoint_parse(&a, cases[i].in);
		CU_ASSERT_EQUAL(error, cases[i].out ? 0 : -EINVAL);
		if (error) {
			CU_ASSERT_EQUAL(a.port, 99);
			continue;
		}
		CU_ASSERT_STRING_EQUAL(endpoint_format(&a, text), cases[i].out);
		CU_ASSERT_EQUAL(endpoint_parse(&b, text), 0);
		CU_ASSERT(endpoint_equal(&a, &b));
	}
}

/* Around the parsers' own buffer: what is too long for it was no address anyway. */
static void long_texts_are_refused(void)
{
	char text[3 * ADDR_TEXT_MAX];

	for (size_t length = ADDR_TEXT_MAX - 3; length < ADDR_TEXT_MAX + 3; length++) {
		struct ip_addr a;
		struct ip_prefix p;
		struct endpoint e;

		memset(text, '1', length);
		text[length] = '\0';
		CU_ASSERT_EQUAL(addr_parse(&a, text), -EINVAL);
		CU_ASSERT_EQUAL(prefix_parse(&p, text), -EINVAL);
		strcpy(text + length, "/8");
		CU_ASSERT_EQUAL(prefix_parse(&p, text), -EINVAL);
		strcpy(text + length, ":8");
		CU_ASSERT_EQUAL(endpoint_parse(&e, text), -EINVAL);
		text[0] = '[';
		strcpy(text + length, "]:8");
		CU_ASSERT_EQUAL(endpoint_parse(&e, text), -EINVAL);
	}
}

static void none_has_a_text(void)
{
	struct endpoint none = {0};
	struct ip_prefix no_prefix = {0};
	char text[ADDR_TEXT_MAX];

	CU_ASSERT_STRING_EQUAL(addr_format(&none.addr, text), "(none)");
	CU_ASSERT_STRING_EQUAL(endpoint_format(&none, text), "(none)");
	CU_ASSERT_STRING_EQUAL(prefix_format(&no_prefix, text), "(none)");
	CU_ASSERT_EQUAL(addr_bits(&none.addr), 0);
}

static void equality(void)
{
	struct ip_addr v4, v6;
	struct endpoint a, b;
	struct ip_prefix p, q;

	/* The same leading bytes, but not the same family. */
	CU_ASSERT_EQUAL(addr_parse(&v4, "32.1.13.184"), 0);
	CU_ASSERT_EQUAL(addr_parse(&v6, "2001:db8::"), 0);
	CU_ASSERT_FALSE(addr_equal(&v4, &v6));
	CU_ASSERT(endpoint_parse(&a, "192.0.2.1:1") == 0 && endpoint_parse(&b, "192.0.2.1:2") == 0);
	CU_ASSERT_FALSE(endpoint_equal(&a, &b));
	CU_ASSERT_EQUAL(endpoint_parse(&b, "192.0.2.2:1"), 0);
	CU_ASSERT_FALSE(endpoint_equal(&a, &b));
	CU_ASSERT(prefix_parse(&p, "10.0.0.0/8") == 0 && prefix_parse(&q, "10.0.0.0/9") == 0);
	CU_ASSERT_FALSE(prefix_equal(&p, &q));
	for (int byte = 0; byte < 16; byte++) {
		struct ip_addr other = v6;
		other.bytes[byte] ^= 1;
		CU_ASSERT_FALSE(addr_equal(&v6, &other));
	}
}

/* The slow and obvious way: bit by bit. */
static bool bit(const struct ip_addr *a, unsigned i)
{
	return a->bytes[i / 8] >> (7 - i % 8) & 1;
}

static struct ip_addr all_ones(unsigned family)
{
	struct ip_addr a = {.family = (uint8_t)family};

	memset(a.bytes, 0xff, family == 4 ? 4 : 16);
	return a;
}

static void masking(void)
{
	for (unsigned family = 4; family <= 6; family += 2) {
		unsigned bits = family == 4 ? 32 : 128;
		for (unsigned length = 0; length <= bits; length++) {
			struct ip_prefix p = {all_ones(family), (uint8_t)length};
			prefix_mask(&p);
			for (unsigned i = 0; i < bits; i++)
				CU_ASSERT_EQUAL(bit(&p.addr, i), i < length);
			CU_ASSERT_EQUAL(p.length, length);
		}
	}
}

static void containment(void)
{
	for (unsigned family = 4; family <= 6; family += 2) {
		unsigned bits = family == 4 ? 32 : 128;
		for (unsigned length = 0; length <= bits; length++) {
			struct ip_prefix p = {all_ones(family), (uint8_t)length};
			CU_ASSERT(prefix_contains(&p, &p.addr));
			for (unsigned i = 0; i < bits; i++) {
				struct ip_addr other = p.addr;
				other.bytes[i / 8] ^= (uint8_t)(0x80 >> i % 8);
				CU_ASSERT_EQUAL(prefix_contains(&p, &other), i >= length);
			}
		}
	}
}

static void families_do_not_mix(void)
{
	struct ip_prefix any4, any6, none = {0};
	struct ip_addr v4, v6, no_addr = {0};

	CU_ASSERT(prefix_parse(&any4, "0.0.0.0/0") == 0 && prefix_parse(&any6, "::/0") == 0);
	CU_ASSERT(addr_parse(&v4, "10.0.0.1") == 0 && addr_parse(&v6, "::10.0.0.1") == 0);
	CU_ASSERT(prefix_contains(&any4, &v4) && prefix_contains(&any6, &v6));
	CU_ASSERT(!prefix_contains(&any4, &v6) && !prefix_contains(&any6, &v4));
	CU_ASSERT(!prefix_contains(&none, &no_addr) && !prefix_contains(&none, &v4));
	CU_ASSERT_FALSE(prefix_contains(&any4, &no_addr));
}

static const struct unit_test tests[] = {
	{"addresses: parsed, refused, written back", addresses},
	{"addresses are in network order", addresses_are_in_network_order},
	{"prefixes: parsed, refused, written back", prefixes},
	{"endpoints: parsed, refused, written back", endpoints},
	{"long texts are refused", long_texts_are_refused},
	{"none has a text", none_has_a_text},
	{"equality", equality},
	{"A46: masking clears the host bits, at every length", masking},
	{"a prefix contains what shares its bits, at every length", containment},
	{"families do not mix", families_do_not_mix},
	{NULL, NULL},
};

const struct unit_suite suite_addr = {"addr", tests};
