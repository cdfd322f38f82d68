/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Neighbour discovery over Ethernet (RFC 4861): solicitations and advertisements. What routers say
 * (router advertisements, redirects) is recognised and never believed: addresses and gateways come
 * from the configuration.
 */
#ifndef NET_ND_H
#define NET_ND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/ethernet.h"
#include "net/ip.h"

/* Every message that we make: the fixed part and one option, our link address. */
#define ND_LEN       32
#define ND_FRAME_LEN (ETHERNET_HEADER_LEN + IPV6_HEADER_LEN + ND_LEN)

enum nd_kind {
	ND_SOLICITATION,
	ND_ADVERTISEMENT,
	ND_ROUTER, /* of routers, or to them; nothing else in struct nd is set */
};

struct nd {
	enum nd_kind kind;
	uint8_t source[16];
	uint8_t target[16];
	bool probe;     /* a solicitation from nowhere: somebody asks whether target is free */
	bool solicited; /* of an advertisement: an answer to somebody's question */
	bool override;  /* of an advertisement: it may replace what is known */
	bool has_mac;   /* the sender's (solicitation) or the target's (advertisement) */
	uint8_t mac[MAC_LEN];
};

/* Is p neighbour discovery by its type (133 to 137), well formed or not? Without extension headers:
 * what hides behind them, fragments above all, is none (RFC 6980). */
bool nd_is_message(const struct ip_packet *p);
/* p is nd_is_message(). -EINVAL: to be dropped in silence (RFC 4861 6.1, 7.1.1, 7.1.2, 8.1). */
int nd_parse(struct nd *nd, const struct ip_packet *p);

/* The solicited-node multicast address that a host with this address listens to (RFC 4291 2.7.1). */
void nd_solicited_node(uint8_t group[static 16], const uint8_t address[static 16]);

/* A whole frame to target's solicited-node group: who has target? Tell source. */
void nd_build_solicitation(uint8_t frame[static ND_FRAME_LEN], const uint8_t mac[static MAC_LEN],
	const uint8_t source[static 16], const uint8_t target[static 16]);
/*
 * A whole frame that answers asked: its target, an address of ours, is at mac. To the asker at
 * to_mac; to all nodes when asked was a probe (RFC 4861 7.2.4). router: we forward packets.
 */
void nd_build_advertisement(uint8_t frame[static ND_FRAME_LEN], const uint8_t mac[static MAC_LEN],
	const struct nd *asked, const uint8_t to_mac[static MAC_LEN], bool router);

#endif
