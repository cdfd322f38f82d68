/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP and ICMPv6 as a host and a router speak them: echo replies and errors (RFC 792, 1122, 1812,
 * 4443). Packets are changed in place.
 */
#ifndef NET_ICMP_H
#define NET_ICMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/ip.h"

#define ICMP_HEADER_LEN 8

enum icmp_error {
	ICMP_ERROR_HOST_UNREACHABLE, /* 3/1; IPv6 1/3 */
	ICMP_ERROR_PROHIBITED,       /* 3/13; IPv6 1/1 */
	ICMP_ERROR_TOO_BIG,          /* 3/4 with the next hop's MTU; IPv6 2/0 */
	ICMP_ERROR_TTL,              /* 11/0; IPv6 3/0 */
};

/* Bytes that an error puts before the packet it quotes. */
#define ICMP_ERROR_PREFIX4 (IPV4_HEADER_LEN + ICMP_HEADER_LEN)
#define ICMP_ERROR_PREFIX6 (IPV6_HEADER_LEN + ICMP_HEADER_LEN)
#define ICMP_ERROR_PREFIX  ICMP_ERROR_PREFIX6 /* the larger one */
/* An error is no longer than that (RFC 1812 4.3.2.3; IPv6 allows its minimum MTU). */
#define ICMP_ERROR_MAX4 576
#define ICMP_ERROR_MAX6 1280

/*
 * When p is a whole echo request without options or extension headers and with a right checksum,
 * turn bytes (the packet p was parsed from) into its reply. False, and nothing changed, when not.
 */
bool icmp_echo_reply(uint8_t *bytes, const struct ip_packet *p);

/* Computes and stores the checksum of the ICMPv6 message of `length` bytes behind an IPv6 header. */
void icmp6_set_checksum(uint8_t *packet, uint16_t length);

/*
 * May an error be sent about p? Not about errors, about fragments other than the first, nor where
 * source or destination is not one host (RFC 1122 3.2.2, RFC 4443 2.4).
 */
bool icmp_error_allowed(const struct ip_packet *p);

/*
 * Turn the packet at `packet` (p was parsed from it) into an error about itself, from our address
 * `source`: ICMP_ERROR_PREFIX4 or 6 bytes before the packet are written. Returns the length of the
 * error, which begins that much before `packet`. mtu counts with ICMP_ERROR_TOO_BIG only. In IPv6 the
 * error has `max` bytes at most (ICMP_ERROR_PREFIX6 or more): links too narrow for it may be on the way.
 */
size_t icmp_error_build4(uint8_t *packet, const struct ip_packet *p, enum icmp_error error,
	uint16_t mtu, uint32_t source, uint16_t id);
size_t icmp_error_build6(uint8_t *packet, const struct ip_packet *p, enum icmp_error error,
	uint16_t mtu, uint16_t max, const uint8_t source[static 16]);

#endif
