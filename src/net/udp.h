/* SPDX-License-Identifier: BSD-3-Clause */
/* UDP headers. */
#ifndef NET_UDP_H
#define NET_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/ip.h"

#define UDP_HEADER_LEN 8

struct udp {
	uint16_t source;
	uint16_t destination;
	bool has_checksum;      /* over IPv4 it may be left out */
	const uint8_t *payload;
	uint16_t length;        /* of the payload */
};

/* The datagram in an unfragmented packet. -EINVAL when its length and IP's disagree. */
int udp_parse(struct udp *u, const struct ip_packet *p);
/* Over the whole datagram; one without a checksum is right over IPv4, wrong over IPv6. */
bool udp_checksum_ok(const struct udp *u, const struct ip_packet *p);
/*
 * For a datagram of `length` bytes, header included, behind the IP header at `packet` (IPv4 without
 * options, or IPv6): its checksum, never 0 (its field must be zero), as it is stored with memcpy;
 * and what a port that computes it wants to find in the field, the sum of the pseudo-header.
 */
uint16_t udp_checksum(const uint8_t *packet, uint16_t length);
uint16_t udp_pseudo_sum(const uint8_t *packet, uint16_t length);
/* The checksum is left zero. */
void udp_build(uint8_t header[static UDP_HEADER_LEN], uint16_t source, uint16_t destination,
	uint16_t payload_length);

#endif
