/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypt/state.h"
#include "wg/allowedips.h"

/* A guess at what will be copied and believed later: it reads no further than the packet. */
void route_prefetch(const struct crypt *c, const uint8_t *packet, uint32_t length, unsigned at4,
	unsigned at6)
{
	if (!c->routes || length < 20)
		return;
	unsigned version = packet[0] >> 4;
	if (version == 4)
		allowedips_prefetch4(c->routes, packet + at4);
	else if (version == 6 && length >= 40)
		allowedips_prefetch6(c->routes, packet + at6);
}
