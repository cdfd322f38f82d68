/* SPDX-License-Identifier: BSD-3-Clause */
/* Ethernet II headers. */
#ifndef NET_ETHERNET_H
#define NET_ETHERNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "util/bytes.h"

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

extern const uint8_t mac_broadcast[MAC_LEN];

/* -EINVAL when the frame is shorter than a header. */
int ethernet_parse(struct ethernet *e, const uint8_t *frame, size_t length);

static inline void ethernet_build(uint8_t header[static ETHERNET_HEADER_LEN],
	const uint8_t destination[static MAC_LEN], const uint8_t source[static MAC_LEN],
	uint16_t type)
{
	memcpy(header, destination, MAC_LEN);
	memcpy(header + MAC_LEN, source, MAC_LEN);
	put_be16(header + 2 * MAC_LEN, type);
}

static inline bool mac_is_group(const uint8_t mac[static MAC_LEN]) /* broadcast and multicast */
{
	return mac[0] & 1;
}

/* Where frames for an IPv6 multicast address go (RFC 2464). */
static inline void mac_of_group6(uint8_t mac[static MAC_LEN], const uint8_t group[static 16])
{
	mac[0] = mac[1] = 0x33;
	memcpy(mac + 2, group + 12, 4);
}

static inline bool mac_equal(const uint8_t a[static MAC_LEN], const uint8_t b[static MAC_LEN])
{
	return memcmp(a, b, MAC_LEN) == 0;
}

#endif
