/* SPDX-License-Identifier: BSD-3-Clause */
/* The first look at a received frame, the same on both ports: what is it, and is it well formed? */
#ifndef NET_FRAME_H
#define NET_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/arp.h"
#include "net/ethernet.h"
#include "net/ip.h"
#include "net/nd.h"

enum frame_kind {
	FRAME_ARP,
	FRAME_IPV4,
	FRAME_IPV6,
	FRAME_ND,
	/* the others are to be dropped */
	FRAME_RUNT,
	FRAME_VLAN,
	FRAME_ETHERTYPE,
	FRAME_NOT_OURS,
	FRAME_ARP_MALFORMED,
	FRAME_ND_MALFORMED,
	FRAME_IP_HEADER,
	FRAME_IP_LENGTH,
	FRAME_IP_CHECKSUM,
	FRAME_IP_SOURCE,
	FRAME_KINDS,
};

struct frame {
	struct ethernet ethernet;
	bool group;          /* sent to more than us */
	union {
		struct arp arp;
		struct ip_packet ip;
		struct nd nd;
	};
};

/* length: of the one buffer that holds the frame. mac: our own. */
enum frame_kind frame_parse(struct frame *f, const uint8_t *bytes, size_t length,
	const uint8_t mac[static MAC_LEN]);
/* What a fault in an IP header makes of the packet; not IP_FAULT_NONE. */
enum frame_kind frame_of_fault(enum ip_fault fault);

#endif
