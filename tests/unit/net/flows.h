/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames of a TCP or UDP flow as a wire has them, each with right lengths and checksums. */
#ifndef NET_FLOWS_H
#define NET_FLOWS_H

#include <stdint.h>

#include "net/transport.h"

#define FLOW_FRAME_MAX 70000

struct flow {
	unsigned version;  /* 4 or 6 */
	uint8_t protocol;
	unsigned options;  /* bytes of TCP options, a multiple of 4 */
	uint32_t sequence; /* of the next segment */
	uint16_t id;       /* of the next IPv4 packet; they count up */
};

struct flow_frame {
	uint32_t length;
	uint8_t bytes[FLOW_FRAME_MAX];
};

/* The next frame, with that much payload; flags are TCP's. */
void flow_next(struct flow *flow, struct flow_frame *f, uint32_t payload, uint8_t flags);
/* Makes lengths and checksums right again after a change. */
void flow_repair(struct flow_frame *f);
/* The TCP or UDP checksum (and IPv4's) is right, and the IP length is the frame's. */
int flow_is_right(const uint8_t *bytes, uint32_t length);

#endif
