/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The neighbour table: link addresses of the hosts beside us, and the packets that wait for one
 * (RFC 826, 1122 2.3.2; the states are RFC 4861's). Pure: time comes in, and what must be done
 * comes out in struct neighbour_work.
 *
 * An entry exists because we had something to send, or since a host that is on-link asked for our
 * address; never because somebody announced something. Everything is bounded: entries, packets per
 * entry, packets in all.
 */
#ifndef NET_NEIGHBOUR_H
#define NET_NEIGHBOUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/ethernet.h"
#include "util/addr.h"
#include "util/clock.h"

#define NEIGHBOUR_PENDING    32
#define NEIGHBOUR_TRIES      3
#define NEIGHBOUR_RETRY      (1 * CLOCK_SECOND)
#define NEIGHBOUR_REACHABLE  (30 * CLOCK_SECOND)  /* trusted without asking again */
#define NEIGHBOUR_FORGET     (600 * CLOCK_SECOND) /* kept unused */

enum neighbour_state {
	NEIGHBOUR_IS_FREE,
	NEIGHBOUR_IS_INCOMPLETE, /* asked for, not known yet */
	NEIGHBOUR_IS_REACHABLE,
	NEIGHBOUR_IS_STALE,      /* good for sending, but ask when it is used */
	NEIGHBOUR_IS_PROBE,      /* in use while we ask whether it still holds */
};

/* How we heard of a link address. */
enum neighbour_heard {
	NEIGHBOUR_REPLY,   /* an answer to us */
	NEIGHBOUR_REQUEST, /* a request for our address, from an on-link host */
	NEIGHBOUR_CLAIM,   /* an announcement: a hint at most */
	NEIGHBOUR_CONFIRM, /* an answer that must not replace a link address that we know */
};

struct neighbour {
	struct ip_addr addr;
	uint8_t mac[MAC_LEN];
	uint8_t state;
	uint8_t tries;
	uint8_t pending_count;
	bool used;
	uint16_t next; /* in its hash chain, or in the list of free entries */
	uint64_t due_ns;
	uint64_t used_ns;
	void *pending[NEIGHBOUR_PENDING];
} __attribute__((aligned(64)));

struct neighbour_table {
	uint64_t seed;
	uint32_t generation; /* goes up when a known address changes, ages or vanishes; never 0 */
	uint32_t capacity;
	uint32_t bucket_mask;
	uint32_t pending_total;
	uint32_t pending_max;
	uint32_t hand;       /* where the search for a victim goes on */
	uint32_t cursor;     /* where neighbour_tick() goes on */
	uint16_t free;
	uint16_t *buckets;
	struct neighbour *entries;
};

/* What the caller must do after a call, in this order. */
struct neighbour_work {
	unsigned count; /* of packets: to be sent to mac when resolved, else to be dropped */
	bool resolved;
	bool ask;       /* send a request for addr */
	struct ip_addr addr;
	uint8_t mac[MAC_LEN];
	void *packets[NEIGHBOUR_PENDING];
};

/* capacity: 1..32768 entries. */
size_t neighbour_table_bytes(uint32_t capacity);
/* In `memory`, 64-byte aligned, neighbour_table_bytes(capacity) long. seed: random. */
struct neighbour_table *neighbour_table_init(void *memory, uint32_t capacity, uint32_t pending_max,
	uint64_t seed);

/* The link address to send to now, or NULL: then hold the packet. */
const uint8_t *neighbour_lookup(struct neighbour_table *t, const struct ip_addr *addr,
	uint64_t now_ns, struct neighbour_work *work);
/*
 * Keep packet until addr, which lookup did not know, is resolved. False when there is no room: it
 * stays the caller's.
 */
bool neighbour_hold(struct neighbour_table *t, const struct ip_addr *addr, void *packet,
	uint64_t now_ns, struct neighbour_work *work);
/*
 * addr is going to be sent to: ask for it now, when it is not known, so that the first packets need
 * not wait, or again when it has become stale.
 */
void neighbour_want(struct neighbour_table *t, const struct ip_addr *addr, uint64_t now_ns,
	struct neighbour_work *work);
/* False when that was of no interest. */
bool neighbour_hear(struct neighbour_table *t, const struct ip_addr *addr,
	const uint8_t mac[static MAC_LEN], enum neighbour_heard how, uint64_t now_ns,
	struct neighbour_work *work);
/* Timers, to be called about once a second, again while it returns true (there is work). */
bool neighbour_tick(struct neighbour_table *t, uint64_t now_ns, struct neighbour_work *work);

/* The state of addr's entry. */
enum neighbour_state neighbour_state_of(const struct neighbour_table *t,
	const struct ip_addr *addr);

#endif
