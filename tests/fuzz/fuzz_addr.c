/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses, prefixes and endpoints as text: what is accepted means the same when written back. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "util/addr.h"

/* The bytes beyond an IPv4 address are zero: they are hashed and compared with the rest. */
static bool is_clean(const struct ip_addr *a)
{
	static const uint8_t zero[12];

	return a->family == 6 || (a->family == 4 && memcmp(a->bytes + 4, zero, sizeof(zero)) == 0);
}

static void check_addr(const char *text)
{
	struct ip_addr a, b;
	char out[ADDR_TEXT_MAX], again[ADDR_TEXT_MAX];

	if (addr_parse(&a, text) != 0)
		return;
	require(is_clean(&a), "an address is clean");
	addr_format(&a, out);
	require(addr_parse(&b, out) == 0 && addr_equal(&a, &b), "an address comes back");
	require(strcmp(addr_format(&b, again), out) == 0, "an address has one text");
}

static bool bit(const struct ip_addr *a, unsigned i)
{
	return a->bytes[i / 8] >> (7 - i % 8) & 1;
}

static void check_masked(const struct ip_prefix *whole, const struct ip_prefix *masked)
{
	for (unsigned i = 0; i < addr_bits(&whole->addr); i++)
		require(bit(&masked->addr, i) == (i < whole->length && bit(&whole->addr, i)),
			"a mask clears the host bits and no other");
}

static void check_prefix(const char *text)
{
	struct ip_prefix a, b;
	char out[ADDR_TEXT_MAX];

	if (prefix_parse(&a, text) != 0)
		return;
	require(is_clean(&a.addr) && a.length <= addr_bits(&a.addr), "a prefix is clean");
	prefix_format(&a, out);
	require(prefix_parse(&b, out) == 0 && prefix_equal(&a, &b), "a prefix comes back");
	require(prefix_contains(&a, &a.addr), "a prefix contains its address");
	prefix_mask(&b);
	check_masked(&a, &b);
	require(prefix_contains(&a, &b.addr) && prefix_contains(&b, &a.addr), "masked or not");
}

static void check_endpoint(const char *text)
{
	struct endpoint a, b;
	char out[ADDR_TEXT_MAX];

	if (endpoint_parse(&a, text) != 0)
		return;
	require(is_clean(&a.addr) && a.port != 0, "an endpoint is clean");
	endpoint_format(&a, out);
	require(endpoint_parse(&b, out) == 0 && endpoint_equal(&a, &b), "an endpoint comes back");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	check_addr(text);
	check_prefix(text);
	check_endpoint(text);
	free(text);
	return 0;
}
