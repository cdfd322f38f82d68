/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/fragment.h"

#include <errno.h>
#include <string.h>

#include "util/bytes.h"

int fragment_plan(struct fragment_plan *plan, const struct ip_packet *p, uint16_t mtu)
{
	if (p->fragment & IPV4_DONT_FRAGMENT)
		return -EMSGSIZE;
	if (p->header_length != IPV4_HEADER_LEN || mtu < IPV4_HEADER_LEN + 8)
		return -EINVAL;
	/* Beyond the largest packet there is nothing to reassemble. */
	if ((p->fragment & IPV4_OFFSET_MASK) * 8u + p->length > UINT16_MAX)
		return -EINVAL;
	memcpy(plan->header, p->bytes, IPV4_HEADER_LEN);
	plan->step = (uint16_t)((mtu - IPV4_HEADER_LEN) & ~7);
	plan->payload = (uint16_t)(p->length - IPV4_HEADER_LEN);
	plan->count = 1;
	for (uint32_t done = plan->step; done < plan->payload; done += plan->step)
		if (++plan->count > FRAGMENTS_MAX)
			return -EINVAL;
	return 0;
}

struct fragment fragment_build(const struct fragment_plan *plan, unsigned i,
	uint8_t header[static IPV4_HEADER_LEN])
{
	unsigned start = i * plan->step;
	bool last = i + 1 == plan->count;
	uint16_t length = last ? (uint16_t)(plan->payload - start) : plan->step;
	uint16_t fragment = get_be16(plan->header + 6);

	fragment = (uint16_t)(fragment + start / 8);
	if (!last)
		fragment |= IPV4_MORE_FRAGMENTS;
	memcpy(header, plan->header, IPV4_HEADER_LEN);
	put_be16(header + 2, (uint16_t)(IPV4_HEADER_LEN + length));
	put_be16(header + 6, fragment);
	ipv4_set_checksum(header, IPV4_HEADER_LEN);
	return (struct fragment){.offset = (uint16_t)(IPV4_HEADER_LEN + start), .length = length};
}
