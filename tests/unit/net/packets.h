/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets to test with, and an RFC 1071 checksum written the slow way. */
#ifndef NET_PACKETS_H
#define NET_PACKETS_H

#include <stddef.h>
#include <stdint.h>

#include "net/ip.h"

#define PACKET_MAX 70000

/* As a number: bytes 0x12 0x34 are 0x1234. 0 over bytes that include a right checksum. */
uint16_t naive_checksum(const uint8_t *bytes, size_t length, uint32_t sum);
/* Sum of the pseudo-header of an IPv4 or IPv6 packet, to start naive_checksum() with. */
uint32_t naive_pseudo(const uint8_t *packet, uint8_t protocol, uint32_t length);
/* bytes[i] = i * 7 + seed */
void fill_pattern(uint8_t *bytes, size_t length, uint8_t seed);

/* An IPv4 packet from 192.0.2.1 to 198.51.100.2 with that much patterned payload. Its length. */
size_t make_ipv4(uint8_t *packet, uint8_t protocol, size_t payload);
size_t make_ipv6(uint8_t *packet, uint8_t protocol, size_t payload);
/* An echo request in IPv4. */
size_t make_echo(uint8_t *packet, size_t payload);
/* Make the header checksum right again after a change. */
void repair(uint8_t *packet);

#endif
