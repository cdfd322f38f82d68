/* SPDX-License-Identifier: BSD-3-Clause */
/* Congestion marks of tunnelled packets (RFC 6040), in the two low bits of the traffic class. */
#ifndef NET_ECN_H
#define NET_ECN_H

#include <stdbool.h>
#include <stdint.h>

#define ECN_MASK 3

enum ecn {
	ECN_NOT_CAPABLE = 0,
	ECN_CAPABLE_1 = 1,
	ECN_CAPABLE_0 = 2,
	ECN_CONGESTED = 3,
};

/* Traffic class of the IPv4 or IPv6 packet that begins with these two bytes. */
uint8_t ecn_traffic_class(const uint8_t packet[static 2]);
/*
 * At the tunnel's end: what the outer header's mark makes of the inner packet, a whole IPv4 or IPv6
 * header, is written into it; IPv4's checksum follows (RFC 6040 4.2, figure 4). False: the packet is
 * to be dropped, since congestion was met and its sender understands no mark.
 */
bool ecn_decapsulate(uint8_t *packet, enum ecn outer);

#endif
