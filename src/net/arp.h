/* SPDX-License-Identifier: BSD-3-Clause */
/* ARP for IPv4 over Ethernet (RFC 826). Addresses in host order. */
#ifndef NET_ARP_H
#define NET_ARP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/ethernet.h"

#define ARP_LEN       28
#define ARP_FRAME_LEN (ETHERNET_HEADER_LEN + ARP_LEN)

struct arp {
	bool request; /* else a reply */
	uint8_t sender_mac[MAC_LEN];
	uint32_t sender;
	uint32_t target;
};

/* From the bytes after the Ethernet header; padding after is fine. -EINVAL: not what we speak. */
int arp_parse(struct arp *arp, const uint8_t *bytes, size_t length);
/* A whole frame: who has target? Tell sender. */
void arp_build_request(uint8_t frame[static ARP_FRAME_LEN], const uint8_t mac[static MAC_LEN],
	uint32_t sender, uint32_t target);
/* A whole frame that answers request: its target is at mac. */
void arp_build_reply(uint8_t frame[static ARP_FRAME_LEN], const uint8_t mac[static MAC_LEN],
	const struct arp *request);

#endif
