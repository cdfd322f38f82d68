/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv4 and IPv6 headers. IPv4 addresses are numbers in host order; IPv6 ones stay in the packet. */
#ifndef NET_IP_H
#define NET_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/addr.h"

#define IPV4_HEADER_LEN 20 /* without options */
#define IPV6_HEADER_LEN 40

#define IP_PROTOCOL_ICMP  1
#define IP_PROTOCOL_TCP   6
#define IP_PROTOCOL_UDP   17
#define IP_PROTOCOL_FRAGMENT6 44
#define IP_PROTOCOL_ICMP6 58

#define IPV4_DONT_FRAGMENT  0x4000
#define IPV4_MORE_FRAGMENTS 0x2000
#define IPV4_OFFSET_MASK    0x1fff /* in units of 8 bytes */

struct ip_packet {
	const uint8_t *bytes;
	uint16_t length;       /* header included; what follows in the frame is padding */
	uint8_t version;       /* 4 or 6 */
	uint8_t header_length; /* IPv4: 20..60; IPv6: 40 */
	uint8_t protocol;      /* IPv6: of the first header after the fixed one */
	uint8_t ttl;
	uint16_t fragment;     /* IPv4: flags and offset; IPv6: 0 */
	uint32_t source;       /* IPv4 only */
	uint32_t destination;
};

enum ip_fault {
	IP_FAULT_NONE,
	IP_FAULT_SHORT,    /* fewer bytes than the header */
	IP_FAULT_HEADER,   /* version or header length */
	IP_FAULT_LENGTH,   /* total length below the header's, or beyond the bytes */
	IP_FAULT_CHECKSUM,
	IP_FAULT_SOURCE,   /* an address no packet can come from */
};

enum ip_fault ipv4_parse(struct ip_packet *p, const uint8_t *bytes, size_t length);
enum ip_fault ipv6_parse(struct ip_packet *p, const uint8_t *bytes, size_t length);
/* By the version in the first byte. */
enum ip_fault ip_parse(struct ip_packet *p, const uint8_t *bytes, size_t length);

static inline bool ip_is_fragment(const struct ip_packet *p) /* IPv4 */
{
	return (p->fragment & (IPV4_MORE_FRAGMENTS | IPV4_OFFSET_MASK)) != 0;
}

/* Also when it is not fragmented. */
static inline bool ip_is_first_fragment(const struct ip_packet *p)
{
	return (p->fragment & IPV4_OFFSET_MASK) == 0;
}

const uint8_t *ipv6_source(const struct ip_packet *p);      /* 16 bytes */
const uint8_t *ipv6_destination(const struct ip_packet *p);

struct ip_addr ip_source_addr(const struct ip_packet *p);
struct ip_addr ip_destination_addr(const struct ip_packet *p);

/* DSCP and ECN. */
static inline uint8_t ip_traffic_class(const struct ip_packet *p)
{
	return p->version == 4 ? p->bytes[1] : (uint8_t)(p->bytes[0] << 4 | p->bytes[1] >> 4);
}

/* Neither "this network", loopback, multicast, reserved nor broadcast; it knows no subnets. */
static inline bool ipv4_is_unicast(uint32_t address)
{
	uint32_t first = address >> 24;

	return first != 0 && first != 127 && first < 224;
}
/* Neither unspecified, loopback, multicast nor IPv4-mapped. */
bool ipv6_is_unicast(const uint8_t address[static 16]);
bool ipv6_is_link_local(const uint8_t address[static 16]);
/* A header that stands between IPv6's and the payload's (RFC 8200 4, IANA's list). */
bool ipv6_is_extension(uint8_t protocol);

struct ipv4_fields {
	uint8_t tos;
	uint8_t ttl;
	uint8_t protocol;
	uint16_t id;
	uint16_t fragment;
	uint16_t length;
	uint32_t source;
	uint32_t destination;
};

/* Without options. The checksum is set. */
void ipv4_build(uint8_t header[static IPV4_HEADER_LEN], const struct ipv4_fields *fields);
/* Traffic class and flow label are 0, the hop limit is 64. */
void ipv6_build(uint8_t header[static IPV6_HEADER_LEN], const uint8_t source[static 16],
	const uint8_t destination[static 16], uint8_t protocol, uint16_t payload_length);
void ipv6_set_hops(uint8_t header[static IPV6_HEADER_LEN], uint8_t hops);
/* DSCP and ECN; the flow label becomes 0. */
void ipv6_set_traffic_class(uint8_t header[static IPV6_HEADER_LEN], uint8_t traffic_class);
/* Computes and stores the checksum of a header of header_length bytes. */
void ipv4_set_checksum(uint8_t *header, unsigned header_length);
/* A router's hop; the caller saw that the TTL is above 1. The checksum follows (RFC 1624). */
void ipv4_decrement_ttl(uint8_t header[static IPV4_HEADER_LEN]);
void ipv6_decrement_hops(uint8_t header[static IPV6_HEADER_LEN]);

#endif
