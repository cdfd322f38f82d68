/* SPDX-License-Identifier: BSD-3-Clause */
/* IP addresses, prefixes and endpoints, as values. Bytes in network order, ports in host order. */
#ifndef UTIL_ADDR_H
#define UTIL_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ip_addr {
	uint8_t family;    /* 4, 6, or 0: none */
	uint8_t bytes[16]; /* the first 4 for IPv4, the rest zero */
};

struct ip_prefix {
	struct ip_addr addr;
	uint8_t length; /* bits: 0..32 or 0..128 */
};

struct endpoint {
	struct ip_addr addr;
	uint16_t port;
};

#define ADDR_TEXT_MAX 64 /* any of the three as text, with brackets, port or length, and its end */

/* Parse "192.0.2.1", "2001:db8::1". -EINVAL when it is none. */
int addr_parse(struct ip_addr *addr, const char *text);
/* Parse "192.0.2.1/24"; without "/n" the whole address. Host bits are kept. -EINVAL. */
int prefix_parse(struct ip_prefix *prefix, const char *text);
/* Parse "192.0.2.1:51820", "[2001:db8::1]:51820". -EINVAL (also for a host name or port 0). */
int endpoint_parse(struct endpoint *endpoint, const char *text);

const char *addr_format(const struct ip_addr *addr, char text[static ADDR_TEXT_MAX]);
const char *prefix_format(const struct ip_prefix *prefix, char text[static ADDR_TEXT_MAX]);
const char *endpoint_format(const struct endpoint *endpoint, char text[static ADDR_TEXT_MAX]);

unsigned addr_bits(const struct ip_addr *addr); /* 32, 128 or 0 */
bool addr_equal(const struct ip_addr *a, const struct ip_addr *b);
bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
bool prefix_equal(const struct ip_prefix *a, const struct ip_prefix *b);
void prefix_mask(struct ip_prefix *prefix); /* clear the host bits (A46) */
bool prefix_contains(const struct ip_prefix *prefix, const struct ip_addr *addr);

#endif
