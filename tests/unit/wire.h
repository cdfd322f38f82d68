/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port without a wire: two rings under DPDK's ring driver. The test is the network on the other
 * side, at WIRE_PEER.
 */
#ifndef UNIT_WIRE_H
#define UNIT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dp/pool.h"
#include "dp/port.h"
#include "net/ip.h"

#define WIRE_FRAME_MAX 10000
#define WIRE_TX_RING   256

extern const uint8_t wire_ours[6], wire_peer[6];

struct wire {
	struct port port;
	struct pool *pool; /* the domain's: frames arrive in buffers of it */
	struct rte_ring *rx, *tx;
	char device[32];
};

/* mtu: what the port says of itself. */
void wire_open(struct wire *w, struct zone *zone, struct pool *pool, uint16_t mtu);
void wire_close(struct wire *w);

/* A frame arrives. */
void wire_push(struct wire *w, const void *frame, size_t length);
void wire_push_mbuf(struct wire *w, struct rte_mbuf *m);
/* The next frame that was sent, and its length; 0: none. */
size_t wire_pop(struct wire *w, uint8_t frame[static WIRE_FRAME_MAX]);
unsigned wire_pop_all(struct wire *w); /* how many there were */

/* Frames from the peer to us. Fields without length and checksum; their length is returned. */
size_t wire_ipv4(uint8_t *frame, const struct ipv4_fields *fields, const void *payload,
	size_t length);
size_t wire_udp(uint8_t *frame, uint32_t from, uint16_t from_port, uint32_t to, uint16_t to_port,
	const void *payload, size_t length);
size_t wire_echo(uint8_t *frame, uint32_t from, uint32_t to, size_t payload);
size_t wire_ipv6(uint8_t *frame, const char *from, const char *to, uint8_t protocol,
	size_t payload);
size_t wire_udp6(uint8_t *frame, const char *from, uint16_t from_port, const char *to,
	uint16_t to_port, const void *payload, size_t length); /* with a right checksum */
size_t wire_echo6(uint8_t *frame, const char *from, const char *to, size_t payload);
/* Neighbour discovery: `from` asks for `to`; `from` answers `to`, who asked for it. */
size_t wire_ask6(uint8_t *frame, const char *from, const char *to);
size_t wire_answer6(uint8_t *frame, const char *from, const char *to);
size_t wire_arp(uint8_t *frame, bool request, uint32_t from, uint32_t to);
/* Header checksum after a change. */
void wire_repair(uint8_t *frame);
void wire_repair6(uint8_t *frame, size_t length); /* ICMPv6's */
void wire_address6(uint8_t address[static 16], const char *text);
bool wire_is6(const uint8_t address[static 16], const char *text);

#endif
