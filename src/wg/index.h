/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Session and handshake indices: from a random 32-bit index (A27) to a value of the owner's. Open
 * addressing with linear probing; one owner thread. Index 0 is as good as any other (C4).
 */
#ifndef WG_INDEX_H
#define WG_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct index_entry {
	uint32_t index;
	uint32_t value; /* INDEX_FREE: the entry is free */
};

#define INDEX_FREE UINT32_MAX

struct index_table {
	struct index_entry *entries;
	uint32_t mask;  /* entries - 1; a power of two */
	uint32_t used;
	uint32_t max_used;
	uint32_t seed;  /* random: whoever chooses indices does not choose chains */
};

/* Bytes of `entries` for at most `max_used` indices (load of a half at most). */
size_t index_table_bytes(uint32_t max_used);
/* `entries` is index_table_bytes(max_used) long and stays the caller's. */
void index_table_init(struct index_table *t, struct index_entry *entries, uint32_t max_used,
	uint32_t seed);
/* 0; -EEXIST when index is present; -ENOSPC at max_used. value is not INDEX_FREE. */
int index_table_insert(struct index_table *t, uint32_t index, uint32_t value);
bool index_table_remove(struct index_table *t, uint32_t index);
/* The value, or INDEX_FREE. */
uint32_t index_table_lookup(const struct index_table *t, uint32_t index);

/* Asks for the memory that a lookup will read, and waits for none: for a burst of lookups. Where the
 * answer is most likely. */
uint32_t index_table_prefetch(const struct index_table *t, uint32_t index);
/* index_table_lookup(), which looks at that place first. Any other number is as right, and slower. */
uint32_t index_table_find(const struct index_table *t, uint32_t index, uint32_t place);

#endif
