/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the headers of a frame lie that carries TCP or UDP, for what concerns all of them at once:
 * frames that are taken apart (split.h) and put together (merge.h) where the other end is a kernel.
 */
#ifndef NET_TRANSPORT_H
#define NET_TRANSPORT_H

#include <stddef.h>
#include <stdint.h>

#include "net/ethernet.h"
#include "net/ip.h"
#include "net/udp.h"

#define TCP_HEADER_MAX       60
#define TRANSPORT_HEADER_MAX (ETHERNET_HEADER_LEN + 60 + TCP_HEADER_MAX)
#define TRANSPORT_PACKET_MAX 65535 /* an IP length has 16 bits */

#define TCP_SEQUENCE_AT 4
#define TCP_OFFSET_AT   12
#define TCP_FLAGS_AT    13
#define TCP_CHECKSUM_AT 16
#define UDP_LENGTH_AT   4
#define UDP_CHECKSUM_AT 6

#define TCP_FIN 0x01
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define TCP_CWR 0x80

struct transport {
	uint16_t l4_at;         /* of the TCP or UDP header, from the start of the frame */
	uint16_t header_length; /* Ethernet, IP and TCP or UDP together */
	uint8_t version;        /* 4 or 6 */
	uint8_t protocol;       /* IP_PROTOCOL_TCP or _UDP */
};

/*
 * Looks at headers only: lengths and checksums in them are not compared with anything. have: bytes
 * of the frame that are there. -EINVAL: not TCP or UDP directly in IP, a fragment, or cut short.
 */
int transport_parse(struct transport *t, const uint8_t *frame, size_t have);

/* The unfolded sum of the pseudo-header for l4_length bytes of TCP or UDP, header included. */
uint64_t transport_pseudo(const struct transport *t, const uint8_t *frame, uint32_t l4_length);

/* Where the checksum is, from the TCP or UDP header on. */
static inline uint16_t transport_checksum_at(const struct transport *t)
{
	return t->protocol == IP_PROTOCOL_TCP ? TCP_CHECKSUM_AT : UDP_CHECKSUM_AT;
}

/* Writes the lengths that the IP header and UDP's have for l4_length bytes, and IPv4's checksum. */
void transport_set_length(const struct transport *t, uint8_t *frame, uint32_t l4_length);

#endif
