/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A frame that a kernel passes on as one, and that a wire would carry as many: segments of one TCP
 * flow, or datagrams of one UDP flow (segmentation offload). Only the headers are made here; the
 * payload is cut by whoever copies it.
 */
#ifndef NET_SPLIT_H
#define NET_SPLIT_H

#include <stddef.h>
#include <stdint.h>

#include "net/transport.h"

struct split {
	struct transport transport;
	uint8_t header[TRANSPORT_HEADER_MAX];
	uint32_t payload; /* bytes in all */
	uint16_t size;    /* payload bytes of each piece but the last */
	uint16_t count;   /* pieces */
};

/*
 * frame: its first `have` bytes; total: its length. protocol: what the kernel says it is, size: how
 * it wants it cut. -EINVAL when the headers say otherwise, or there is nothing to cut.
 */
int split_plan(struct split *s, const uint8_t *frame, size_t have, uint32_t total,
	uint8_t protocol, uint16_t size);

/* Payload bytes of piece i. */
static inline uint16_t split_payload(const struct split *s, unsigned i)
{
	return i + 1u < s->count ? s->size : (uint16_t)(s->payload - (uint32_t)s->size * i);
}

/* Writes the headers of piece i, checksums included, before the payload that is there already. */
void split_finish(const struct split *s, unsigned i, uint8_t *frame);

#endif
