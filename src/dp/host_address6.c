/* SPDX-License-Identifier: BSD-3-Clause */
/* A host's IPv6 addresses, and where packets for others go. */
#include <string.h>

#include "dp/host_internal.h"

#define LINK_LOCAL_BITS 64

void host_add6(struct host *h, const struct ip_prefix *prefix, unsigned index)
{
	struct host_address6 *a = &h->addresses6[h->address6_count++];

	memcpy(a->address, prefix->addr.bytes, 16);
	a->length = prefix->length;
	a->index = (uint8_t)index;
}

void host_add_link_local(struct host *h, unsigned index)
{
	struct ip_prefix made = {.addr = {6, {0xfe, 0x80}}, .length = LINK_LOCAL_BITS};
	uint8_t *id = made.addr.bytes + 8;

	for (unsigned i = 0; i < h->address6_count; i++)
		if (ipv6_is_link_local(h->addresses6[i].address))
			return;
	if (h->address6_count == 0)
		return;
	memcpy(id, h->mac, 3);
	id[0] ^= 2; /* EUI-64 has that bit the other way round */
	id[3] = 0xff;
	id[4] = 0xfe;
	memcpy(id + 5, h->mac + 3, 3);
	host_add6(h, &made, index);
}

bool host_owns6(const struct host *h, const uint8_t address[static 16], unsigned *index)
{
	for (unsigned i = 0; i < h->address6_count; i++) {
		if (memcmp(h->addresses6[i].address, address, 16) != 0)
			continue;
		if (index)
			*index = h->addresses6[i].index;
		return true;
	}
	return false;
}

static bool shares_prefix(const struct host_address6 *a, const uint8_t address[static 16])
{
	unsigned whole = a->length / 8, rest = a->length % 8;

	if (memcmp(a->address, address, whole) != 0)
		return false;
	return rest == 0 || (a->address[whole] ^ address[whole]) >> (8 - rest) == 0;
}

const struct host_address6 *host_on_link6(const struct host *h, const uint8_t address[static 16])
{
	for (unsigned i = 0; i < h->address6_count; i++)
		if (shares_prefix(&h->addresses6[i], address))
			return &h->addresses6[i];
	return NULL;
}

bool host_route6(const struct host *h, const uint8_t destination[static 16],
	struct ip_addr *next_hop)
{
	if (h->address6_count == 0 || !ipv6_is_unicast(destination) ||
		host_owns6(h, destination, NULL))
		return false;
	if (host_on_link6(h, destination))
		*next_hop = host_ip6(destination);
	else if (!ipv6_is_link_local(destination)) /* those are for the link alone */
		*next_hop = h->gateway6;
	else
		return false;
	return next_hop->family == 6;
}

const uint8_t *host_source6_for(const struct host *h, const uint8_t destination[static 16])
{
	bool local = ipv6_is_link_local(destination);
	const struct host_address6 *a = host_on_link6(h, destination);

	for (unsigned i = 0; !a && i < h->address6_count; i++)
		if (ipv6_is_link_local(h->addresses6[i].address) == local)
			a = &h->addresses6[i];
	return a ? a->address : NULL;
}
