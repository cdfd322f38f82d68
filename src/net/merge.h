/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames of one TCP or UDP flow that follow one another, put together to one that a kernel takes
 * as a whole and cuts again where it must (segmentation offload). What comes out of the cut is what
 * went in: only frames are joined that a cut of their sum would give, and only after their checksums
 * were found right, so that an error on the way cannot get a new, right checksum.
 */
#ifndef NET_MERGE_H
#define NET_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/transport.h"

struct merge_frame {
	const uint8_t *bytes;
	uint16_t length;
	bool ours;      /* we made it: its checksum, if any, and its IPv4 id need no look */
	uint8_t flags;  /* of TCP */
	uint16_t payload;
	struct transport transport;
};

struct merge_run {
	struct merge_frame first;
	uint16_t count;
	uint16_t last_payload;
	uint32_t payload;  /* in all */
	bool closed;       /* nothing more can follow */
	bool checked;      /* the first frame's checksum is right */
};

/* False: the frame is not of a kind that can be joined. f is filled in all the same. */
bool merge_look(struct merge_frame *f, const uint8_t *bytes, size_t length, bool ours);
/* Do both belong to one flow? Then their order is to be kept. */
bool merge_same_flow(const struct merge_frame *a, const struct merge_frame *b);

void merge_begin(struct merge_run *run, const struct merge_frame *first);
/* Adds f, of the same flow, to the run; false: it does not continue it. */
bool merge_add(struct merge_run *run, const struct merge_frame *f);

/*
 * The header of the whole, for a run of two frames or more: transport.header_length bytes. Its TCP
 * or UDP checksum covers the pseudo-header alone; the kernel, or its hardware, completes it.
 */
void merge_header(const struct merge_run *run, uint8_t header[static TRANSPORT_HEADER_MAX]);

#endif
