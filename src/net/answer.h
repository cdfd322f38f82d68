/* SPDX-License-Identifier: BSD-3-Clause */
/* An answer to a UDP datagram, made of its own frame: back the way it came, without any table. */
#ifndef NET_ANSWER_H
#define NET_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "net/frame.h"
#include "net/udp.h"

struct answer {
	const uint8_t *mac; /* ours */
	uint16_t id;        /* of the IPv4 packet */
	const void *payload;
	uint16_t length;    /* of the payload; at most that of the datagram's */
};

/*
 * frame is what f and u were parsed from, an unfragmented packet without IPv4 options; both are
 * void afterwards, payload lies elsewhere. Addresses and ports are exchanged; DSCP and ECN are zero, DF is clear; the UDP
 * checksum is set over IPv6 and zero over IPv4 (A48). The new length of the frame.
 */
size_t answer_udp(uint8_t *frame, const struct frame *f, const struct udp *u,
	const struct answer *a);

#endif
