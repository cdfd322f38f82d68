/* SPDX-License-Identifier: BSD-3-Clause */
/* What the host*.c files share. No other file includes it. */
#ifndef DP_HOST_INTERNAL_H
#define DP_HOST_INTERNAL_H

#include "dp/host.h"

/* host.c */
/* The address of ours that shares a network with it; NULL: none. */
const struct host_address *host_on_link(const struct host *h, uint32_t address);

/* host_addresses.c */
/* At most HOST_ADDRESS_MAX of them; family 0: no gateway. */
void host_take_addresses(struct host *h, const struct ip_prefix *addresses, unsigned count,
	const struct ip_addr *gateway, const struct ip_addr *gateway6);

/* host_address6.c */
void host_add6(struct host *h, const struct ip_prefix *prefix, unsigned index);
/* Unless there is one, or no IPv6 address at all. */
void host_add_link_local(struct host *h, unsigned index);
const struct host_address6 *host_on_link6(const struct host *h, const uint8_t address[static 16]);

/* host_arp.c */
void host_ask4(struct host *h, uint32_t target);
void host_receive_arp(struct host *h, struct rte_mbuf *m, const struct frame *f);

/* host_nd.c */
void host_ask6(struct host *h, const uint8_t target[static 16]);
void host_receive_nd(struct host *h, struct rte_mbuf *m, const struct frame *f);
/* To switches and routers, from time to time: the multicast groups of our addresses. */
void host_tell_groups(struct host *h);

/* host_send.c */
struct ip_addr host_ip4(uint32_t address);
struct ip_addr host_ip6(const uint8_t address[static 16]);
/* A link address was heard of. False when that was of no interest. */
bool host_hear(struct host *h, const struct ip_addr *addr, const uint8_t mac[static MAC_LEN],
	enum neighbour_heard how);
void host_neighbours_tick(struct host *h);
/*
 * All that goes to other networks goes to a gateway. Were it asked for only then, the initiations to
 * all peers that follow a start would wait for it, more of them than a neighbour's queue holds.
 */
void host_want_gateways(struct host *h);

#endif
