/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "crypt/state.h"

static bool is_known(const struct route_memo *memo, const uint8_t addr[static 4])
{
	return memo->slot != ALLOWEDIPS_NONE && memcmp(memo->addr, addr, sizeof(memo->addr)) == 0;
}

uint32_t route_lookup(const struct crypt *c, struct route_memo *memo, const uint8_t header[static 40],
	unsigned at4, unsigned at6)
{
	if (!c->routes)
		return ALLOWEDIPS_NONE;
	if (header[0] >> 4 == 6)
		return allowedips_lookup6(c->routes, header + at6);
	if (!is_known(memo, header + at4)) {
		memcpy(memo->addr, header + at4, sizeof(memo->addr));
		memo->slot = allowedips_lookup4(c->routes, header + at4);
	}
	return memo->slot;
}

/* A guess at what will be copied and believed later: it reads no further than the packet. */
void route_prefetch(const struct crypt *c, const struct route_memo *memo, const uint8_t *packet,
	uint32_t length, unsigned at4, unsigned at6)
{
	if (!c->routes || length < 20)
		return;
	unsigned version = packet[0] >> 4;
	if (version == 4 && !is_known(memo, packet + at4))
		allowedips_prefetch4(c->routes, packet + at4);
	else if (version == 6 && length >= 40)
		allowedips_prefetch6(c->routes, packet + at6);
}
