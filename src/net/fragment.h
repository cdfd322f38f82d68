/* SPDX-License-Identifier: BSD-3-Clause */
/* Cutting an IPv4 packet into fragments (RFC 791): where to cut, and what the headers say. */
#ifndef NET_FRAGMENT_H
#define NET_FRAGMENT_H

#include <stddef.h>
#include <stdint.h>

#include "net/ip.h"

#define FRAGMENTS_MAX 32

struct fragment_plan {
	uint8_t header[IPV4_HEADER_LEN]; /* of the whole packet, as it was */
	unsigned count;
	uint16_t step;    /* payload bytes of every fragment but the last: a multiple of 8 */
	uint16_t payload; /* of all together */
};

struct fragment {
	uint16_t offset; /* of its payload within the packet, header included */
	uint16_t length; /* of its payload */
};

/*
 * -EMSGSIZE: DF is set. -EINVAL: it has options, would need more than FRAGMENTS_MAX fragments or
 * end beyond 65535 bytes, or mtu leaves no room for 8 bytes. A packet that is a fragment itself is
 * cut further.
 */
int fragment_plan(struct fragment_plan *plan, const struct ip_packet *p, uint16_t mtu);
/* Writes the header of fragment i, 0 <= i < count, and says which bytes of the packet follow it. */
struct fragment fragment_build(const struct fragment_plan *plan, unsigned i,
	uint8_t header[static IPV4_HEADER_LEN]);

#endif
