/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Multicast listener reports (MLDv2, RFC 3810): a switch that looks at them forwards a group's
 * frames only where somebody reported that it listens. Without one no neighbour would reach us
 * behind such a switch.
 */
#ifndef NET_MLD_H
#define NET_MLD_H

#include <stddef.h>
#include <stdint.h>

#include "net/ethernet.h"
#include "net/ip.h"

#define MLD_GROUPS_MAX 32
/* Ethernet, IPv6, a header that says "routers, look at this", the report's own, and the groups. */
#define MLD_FRAME_LEN(groups) (ETHERNET_HEADER_LEN + IPV6_HEADER_LEN + 8 + 8 + 20 * (size_t)(groups))

/*
 * A whole frame, MLD_FRAME_LEN(count) long: we listen to these groups, whatever the source. source:
 * our link-local address (RFC 3810 5.2.13). count: 1 to MLD_GROUPS_MAX.
 */
void mld_build_report(uint8_t *frame, const uint8_t mac[static MAC_LEN],
	const uint8_t source[static 16], const uint8_t (*groups)[16], unsigned count);

#endif
