/* SPDX-License-Identifier: BSD-3-Clause */
/* Many sources for the tests of what counts them. */
#ifndef UNIT_ADDRESSES_H
#define UNIT_ADDRESSES_H

#include "util/addr.h"
#include "util/bytes.h"

static inline struct ip_addr v4(uint32_t address)
{
	struct ip_addr a = {.family = 4};

	put_be32(a.bytes, address);
	return a;
}

static inline struct ip_addr v6(uint32_t prefix, uint32_t host)
{
	struct ip_addr a = {.family = 6, .bytes = {0x20, 1}};

	put_be32(a.bytes + 4, prefix);
	put_be32(a.bytes + 12, host);
	return a;
}

#endif
