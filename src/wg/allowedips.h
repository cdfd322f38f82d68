/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cryptokey routing: longest prefix match from an address to a peer's slot (A44-A46). A table is
 * filled by its owner, then published and never changed again, so that readers on other threads
 * need no lock; the next version is another table.
 */
#ifndef WG_ALLOWEDIPS_H
#define WG_ALLOWEDIPS_H

#include <stddef.h>
#include <stdint.h>

#include "util/addr.h"

#define ALLOWEDIPS_NONE    UINT32_MAX
#define ALLOWEDIPS_NUMBERS ((1u << 25) - 1)

struct allowedips;

/* Bytes that a table for at most `prefixes` prefixes (both families together) needs. */
size_t allowedips_bytes(uint32_t prefixes);
/* Make an empty table in `memory` (64-byte aligned, allowedips_bytes(prefixes) long). It holds no
 * pointer: it can be moved or copied as bytes. */
struct allowedips *allowedips_init(void *memory, uint32_t prefixes);
/* For readers that remember what they found: one that no other table has had lately, from 1 to
 * ALLOWEDIPS_NUMBERS. 0, as it is at first: remember nothing. */
void allowedips_set_number(struct allowedips *t, uint32_t number);
uint32_t allowedips_number(const struct allowedips *t);
/* Host bits are masked; a prefix that is present moves to `slot`. 0; -ENOSPC; -EINVAL (family). */
int allowedips_insert(struct allowedips *t, const struct ip_prefix *prefix, uint32_t slot);
/* Slot of the longest match, or ALLOWEDIPS_NONE. Address bytes in network order. */
uint32_t allowedips_lookup4(const struct allowedips *t, const uint8_t addr[static 4]);
uint32_t allowedips_lookup6(const struct allowedips *t, const uint8_t addr[static 16]);
/* How many of its first bits a lookup depends on: what begins like addr has the same answer. 12 to 32;
 * IPv6: 0 to 128, the same for all addresses. */
unsigned allowedips_decisive4(const struct allowedips *t, const uint8_t addr[static 4]);
unsigned allowedips_decisive6(const struct allowedips *t);
/* Asks for the memory that a lookup of addr will read, and waits for none: for a burst of lookups.
 * Of IPv4, where the answer is most likely. */
uint32_t allowedips_prefetch4(const struct allowedips *t, const uint8_t addr[static 4]);
void allowedips_prefetch6(const struct allowedips *t, const uint8_t addr[static 16]);
/* allowedips_lookup4(), which looks at that place first. Any other number is as right, and slower. */
uint32_t allowedips_find4(const struct allowedips *t, const uint8_t addr[static 4], uint32_t place);

#endif
