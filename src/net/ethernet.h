/* SPDX-License-Identifier: BSD-3-Clause */
/* Ethernet II headers. */
#ifndef NET_ETHERNET_H
#define NET_ETHERNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAC_LEN             6
#define ETHERNET_HEADER_LEN 14

#define ETHERNET_TYPE_IPV4 0x0800
#define ETHERNET_TYPE_ARP  0x0806
#define ETHERNET_TYPE_VLAN 0x8100
#define ETHERNET_TYPE_IPV6 0x86dd
#define ETHERNET_TYPE_QINQ 0x88a8

struct ethernet {
	const uint8_t *destination; /* into the frame */
	const uint8_t *source;
	uint16_t type;
};

/* -EINVAL when the frame is shorter than a header. */
int ethernet_parse(struct ethernet *e, const uint8_t *frame, size_t length);
void ethernet_build(uint8_t header[static ETHERNET_HEADER_LEN],
	const uint8_t destination[static MAC_LEN], const uint8_t source[static MAC_LEN],
	uint16_t type);

bool mac_is_group(const uint8_t mac[static MAC_LEN]); /* broadcast and multicast */
bool mac_equal(const uint8_t a[static MAC_LEN], const uint8_t b[static MAC_LEN]);

extern const uint8_t mac_broadcast[MAC_LEN];

#endif
