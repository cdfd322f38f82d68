/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When each peer is to be looked at next: a binary heap of deadlines, so that the device's next
 * deadline is at hand and a peer's change costs a logarithm of their number.
 */
#ifndef WG_SCHEDULE_H
#define WG_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

struct schedule_entry {
	uint64_t deadline_ns;
	uint32_t slot;
};

struct schedule {
	struct schedule_entry *heap;
	uint32_t *place; /* of a slot in the heap; all ones: none */
	uint32_t count;
};

#define SCHEDULE_NEVER UINT64_MAX

/* For slots below `slots`. 0 or -ENOMEM. */
int schedule_init(struct schedule *s, uint32_t slots);
void schedule_free(struct schedule *s);
/* Moves a slot's deadline; SCHEDULE_NEVER takes it out. */
void schedule_set(struct schedule *s, uint32_t slot, uint64_t deadline_ns);
/* The earliest deadline, or SCHEDULE_NEVER; *slot is whose. */
uint64_t schedule_first(const struct schedule *s, uint32_t *slot);

#endif
