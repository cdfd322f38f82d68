/* SPDX-License-Identifier: BSD-3-Clause */
#include "util/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Decimal digits only, no sign or blank, at most max. -1 when it is not that. */
static long parse_number(const char *text, long max)
{
	long value = 0;

	if (*text == '\0')
		return -1;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		value = value * 10 + (*text - '0');
		if (value > max)
			return -1;
	}
	return value;
}

/* The length bytes before a separator, as a string of their own. -EINVAL when too long. */
static int copy_part(char part[static ADDR_TEXT_MAX], const char *text, size_t length)
{
	if (length >= ADDR_TEXT_MAX)
		return -EINVAL;
	memcpy(part, text, length);
	part[length] = '\0';
	return 0;
}

int addr_parse(struct ip_addr *addr, const char *text)
{
	struct ip_addr a = {0};

	if (inet_pton(AF_INET, text, a.bytes) == 1) {
		a.family = 4;
	} else {
		memset(a.bytes, 0, sizeof(a.bytes));
		if (inet_pton(AF_INET6, text, a.bytes) != 1)
			return -EINVAL;
		a.family = 6;
	}
	*addr = a;
	return 0;
}

int prefix_parse(struct ip_prefix *prefix, const char *text)
{
	const char *slash = strchr(text, '/');
	char part[ADDR_TEXT_MAX];
	struct ip_prefix p = {0};

	if (copy_part(part, text, slash ? (size_t)(slash - text) : strlen(text)) != 0 ||
		addr_parse(&p.addr, part) != 0)
		return -EINVAL;
	long bits = (long)addr_bits(&p.addr);
	long length = slash ? parse_number(slash + 1, bits) : bits;
	if (length < 0)
		return -EINVAL;
	p.length = (uint8_t)length;
	*prefix = p;
	return 0;
}

int endpoint_parse(struct endpoint *endpoint, const char *text)
{
	const char *colon = strrchr(text, ':');
	bool bracketed = text[0] == '[';
	char part[ADDR_TEXT_MAX];
	struct endpoint e = {0};

	if (!colon)
		return -EINVAL;
	const char *from = text + (bracketed ? 1 : 0);
	const char *to = colon - (bracketed ? 1 : 0);
	if (to < from || (bracketed && *to != ']'))
		return -EINVAL;
	if (copy_part(part, from, (size_t)(to - from)) != 0 || addr_parse(&e.addr, part) != 0)
		return -EINVAL;
	/* Without brackets an IPv6 address and its port cannot be told apart. */
	if (bracketed != (e.addr.family == 6))
		return -EINVAL;
	long port = parse_number(colon + 1, UINT16_MAX);
	if (port <= 0)
		return -EINVAL;
	e.port = (uint16_t)port;
	*endpoint = e;
	return 0;
}

const char *addr_format(const struct ip_addr *addr, char text[static ADDR_TEXT_MAX])
{
	int family = addr->family == 4 ? AF_INET : AF_INET6;

	if (addr_bits(addr) == 0 || !inet_ntop(family, addr->bytes, text, ADDR_TEXT_MAX))
		snprintf(text, ADDR_TEXT_MAX, "(none)");
	return text;
}

const char *prefix_format(const struct ip_prefix *prefix, char text[static ADDR_TEXT_MAX])
{
	addr_format(&prefix->addr, text);
	if (addr_bits(&prefix->addr) != 0) {
		size_t used = strlen(text);
		snprintf(text + used, ADDR_TEXT_MAX - used, "/%u", prefix->length);
	}
	return text;
}

const char *endpoint_format(const struct endpoint *endpoint, char text[static ADDR_TEXT_MAX])
{
	char addr[ADDR_TEXT_MAX];

	addr_format(&endpoint->addr, addr);
	switch (endpoint->addr.family) {
	case 4:
		snprintf(text, ADDR_TEXT_MAX, "%.15s:%u", addr, endpoint->port);
		break;
	case 6:
		snprintf(text, ADDR_TEXT_MAX, "[%.46s]:%u", addr, endpoint->port);
		break;
	default:
		memcpy(text, addr, ADDR_TEXT_MAX);
	}
	return text;
}

unsigned addr_bits(const struct ip_addr *addr)
{
	return addr->family == 4 ? 32 : addr->family == 6 ? 128 : 0;
}

bool addr_equal(const struct ip_addr *a, const struct ip_addr *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, addr_bits(a) / 8) == 0;
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && addr_equal(&a->addr, &b->addr);
}

bool prefix_equal(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return a->length == b->length && addr_equal(&a->addr, &b->addr);
}

/* The network bits of the byte at index i, under a prefix of so many bits. */
static uint8_t byte_mask(unsigned length, unsigned i)
{
	if (length >= 8 * (i + 1))
		return 0xff;
	if (length <= 8 * i)
		return 0;
	return (uint8_t)(0xff << (8 - length % 8));
}

void prefix_mask(struct ip_prefix *prefix)
{
	for (unsigned i = 0; i < sizeof(prefix->addr.bytes); i++)
		prefix->addr.bytes[i] &= byte_mask(prefix->length, i);
}

bool prefix_contains(const struct ip_prefix *prefix, const struct ip_addr *addr)
{
	unsigned bits = addr_bits(addr);
	uint8_t differ = 0;

	if (bits == 0 || prefix->addr.family != addr->family)
		return false;
	for (unsigned i = 0; i < bits / 8; i++)
		differ |= (prefix->addr.bytes[i] ^ addr->bytes[i]) & byte_mask(prefix->length, i);
	return differ == 0;
}
