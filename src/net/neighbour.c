/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/neighbour.h"

#include <string.h>

#define NONE          UINT16_MAX
#define CAPACITY_MAX  32768u
/* How many entries are looked at for the best victim: eviction costs the same in a full table. */
#define VICTIM_SEARCH 16

static uint32_t bucket_count(uint32_t capacity)
{
	uint32_t buckets = 1;

	while (buckets < capacity)
		buckets *= 2;
	return buckets;
}

/* The struct, the entries, the buckets; each on its own cache lines. */
static size_t header_bytes(void)
{
	return (sizeof(struct neighbour_table) + 63) & ~(size_t)63;
}

size_t neighbour_table_bytes(uint32_t capacity)
{
	if (capacity == 0 || capacity > CAPACITY_MAX)
		return 0;
	return header_bytes() + capacity * sizeof(struct neighbour) +
		bucket_count(capacity) * sizeof(uint16_t);
}

struct neighbour_table *neighbour_table_init(void *memory, uint32_t capacity, uint32_t pending_max,
	uint64_t seed)
{
	struct neighbour_table *t = memory;

	memset(memory, 0, neighbour_table_bytes(capacity));
	t->seed = seed;
	t->generation = 1;
	t->capacity = capacity;
	t->bucket_mask = bucket_count(capacity) - 1;
	t->pending_max = pending_max;
	t->entries = (struct neighbour *)((uint8_t *)memory + header_bytes());
	t->buckets = (uint16_t *)(t->entries + capacity);
	memset(t->buckets, 0xff, (t->bucket_mask + 1) * sizeof(uint16_t));
	t->free = NONE;
	for (uint32_t i = capacity; i-- > 0;) {
		t->entries[i].next = t->free;
		t->free = (uint16_t)i;
	}
	return t;
}

/* Keyed, so that a scan of chosen addresses does not end up in one chain. */
static uint16_t *bucket_of(const struct neighbour_table *t, const struct ip_addr *addr)
{
	uint64_t a, b;

	memcpy(&a, addr->bytes, 8);
	memcpy(&b, addr->bytes + 8, 8);
	uint64_t h = (a ^ t->seed) * 0x9e3779b97f4a7c15ull;
	h = ((h ^ h >> 29) + b) * 0xbf58476d1ce4e5b9ull;
	h = (h ^ h >> 32 ^ t->seed) * 0x94d049bb133111ebull;
	return &t->buckets[h >> 32 & t->bucket_mask];
}

/* addr_equal() compares by family; here both are zero behind an IPv4 address. */
static bool same(const struct ip_addr *a, const struct ip_addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static struct neighbour *find(const struct neighbour_table *t, const struct ip_addr *addr)
{
	for (uint16_t i = *bucket_of(t, addr); i != NONE; i = t->entries[i].next)
		if (same(&t->entries[i].addr, addr))
			return &t->entries[i];
	return NULL;
}

/* Whoever remembers a link address must look again. */
static void bump(struct neighbour_table *t)
{
	if (++t->generation == 0)
		t->generation = 1;
}

static void begin(struct neighbour_work *work)
{
	work->count = 0;
	work->resolved = false;
	work->ask = false;
}

static void ask(struct neighbour *n, uint64_t now_ns, struct neighbour_work *work)
{
	n->due_ns = now_ns + NEIGHBOUR_RETRY;
	n->tries++;
	work->ask = true;
	work->addr = n->addr;
}

static void hand_out_pending(struct neighbour_table *t, struct neighbour *n,
	struct neighbour_work *work)
{
	work->count = n->pending_count;
	memcpy(work->packets, n->pending, n->pending_count * sizeof(n->pending[0]));
	t->pending_total -= n->pending_count;
	n->pending_count = 0;
}

static void unlink_entry(struct neighbour_table *t, const struct neighbour *n)
{
	uint16_t index = (uint16_t)(n - t->entries);
	uint16_t *link = bucket_of(t, &n->addr);

	while (*link != index)
		link = &t->entries[*link].next;
	*link = n->next;
}

/* What waited for it is for the caller to drop. */
static void forget(struct neighbour_table *t, struct neighbour *n, struct neighbour_work *work)
{
	hand_out_pending(t, n, work);
	/* Nobody can remember what was never handed out: a flood of strangers bumps nothing. */
	if (n->used && n->state != NEIGHBOUR_IS_INCOMPLETE)
		bump(t);
	unlink_entry(t, n);
	n->state = NEIGHBOUR_IS_FREE;
	n->next = t->free;
	t->free = (uint16_t)(n - t->entries);
}

/* The lower, the sooner an entry gives way. */
static unsigned worth(const struct neighbour *n)
{
	switch (n->state) {
	case NEIGHBOUR_IS_STALE:
		return n->used ? 2 : 0;
	case NEIGHBOUR_IS_INCOMPLETE:
		return 1;
	case NEIGHBOUR_IS_PROBE:
		return 3;
	default:
		return 4;
	}
}

/* The least worthy of the next few entries of a full table; among equals the one unused longest. */
static struct neighbour *find_victim(struct neighbour_table *t)
{
	struct neighbour *victim = NULL;

	for (unsigned i = 0; i < VICTIM_SEARCH && i < t->capacity; i++) {
		struct neighbour *n = &t->entries[t->hand];
		t->hand = t->hand + 1 == t->capacity ? 0 : t->hand + 1;
		if (!victim || worth(n) < worth(victim) ||
			(worth(n) == worth(victim) && n->used_ns < victim->used_ns))
			victim = n;
	}
	return victim;
}

/* An entry for addr. When nobody of ours needs it, only one that was never used gives way. */
static struct neighbour *create(struct neighbour_table *t, const struct ip_addr *addr, bool needed,
	uint64_t now_ns, struct neighbour_work *work)
{
	if (t->free == NONE) {
		struct neighbour *victim = find_victim(t);
		if (!needed && worth(victim) > 0)
			return NULL;
		forget(t, victim, work);
	}
	uint16_t index = t->free;
	struct neighbour *n = &t->entries[index];
	uint16_t *bucket = bucket_of(t, addr);
	t->free = n->next;
	*n = (struct neighbour){.addr = *addr, .used = needed, .used_ns = now_ns, .next = *bucket};
	*bucket = index;
	return n;
}

const uint8_t *neighbour_lookup(struct neighbour_table *t, const struct ip_addr *addr,
	uint64_t now_ns, struct neighbour_work *work)
{
	struct neighbour *n = find(t, addr);

	begin(work);
	if (!n || n->state == NEIGHBOUR_IS_INCOMPLETE)
		return NULL;
	n->used = true;
	n->used_ns = now_ns;
	if (n->state == NEIGHBOUR_IS_STALE) {
		n->state = NEIGHBOUR_IS_PROBE;
		n->tries = 0;
		ask(n, now_ns, work);
	}
	return n->mac;
}

/* An entry in the state of being asked for. */
static struct neighbour *create_wanted(struct neighbour_table *t, const struct ip_addr *addr,
	uint64_t now_ns, struct neighbour_work *work)
{
	struct neighbour *n = create(t, addr, true, now_ns, work);

	n->state = NEIGHBOUR_IS_INCOMPLETE;
	ask(n, now_ns, work);
	return n;
}

bool neighbour_hold(struct neighbour_table *t, const struct ip_addr *addr, void *packet,
	uint64_t now_ns, struct neighbour_work *work)
{
	struct neighbour *n = find(t, addr);

	begin(work);
	if (!n)
		n = create_wanted(t, addr, now_ns, work);
	n->used = true;
	n->used_ns = now_ns;
	if (n->state != NEIGHBOUR_IS_INCOMPLETE || n->pending_count == NEIGHBOUR_PENDING ||
		t->pending_total >= t->pending_max)
		return false;
	n->pending[n->pending_count++] = packet;
	t->pending_total++;
	return true;
}

void neighbour_want(struct neighbour_table *t, const struct ip_addr *addr, uint64_t now_ns,
	struct neighbour_work *work)
{
	if (!neighbour_lookup(t, addr, now_ns, work) && !find(t, addr))
		create_wanted(t, addr, now_ns, work);
}

/* A link address that we asked for. */
static void resolve(struct neighbour_table *t, struct neighbour *n,
	const uint8_t mac[static MAC_LEN], uint64_t now_ns, struct neighbour_work *work)
{
	if (n->used && n->state != NEIGHBOUR_IS_INCOMPLETE && !mac_equal(n->mac, mac))
		bump(t);
	memcpy(n->mac, mac, MAC_LEN);
	n->state = NEIGHBOUR_IS_REACHABLE;
	n->due_ns = now_ns + NEIGHBOUR_REACHABLE;
	hand_out_pending(t, n, work);
	work->resolved = true;
	memcpy(work->mac, mac, MAC_LEN);
}

static bool learn(struct neighbour_table *t, const struct ip_addr *addr,
	const uint8_t mac[static MAC_LEN], uint64_t now_ns, struct neighbour_work *work)
{
	struct neighbour *n = create(t, addr, false, now_ns, work);

	if (!n)
		return false;
	memcpy(n->mac, mac, MAC_LEN);
	n->state = NEIGHBOUR_IS_STALE;
	n->due_ns = now_ns + NEIGHBOUR_FORGET;
	return true;
}

bool neighbour_hear(struct neighbour_table *t, const struct ip_addr *addr,
	const uint8_t mac[static MAC_LEN], enum neighbour_heard how, uint64_t now_ns,
	struct neighbour_work *work)
{
	struct neighbour *n = find(t, addr);

	begin(work);
	if (!n)
		return how == NEIGHBOUR_REQUEST && learn(t, addr, mac, now_ns, work);
	/* Neither answers with another link address: it is being asked for already. */
	if ((how == NEIGHBOUR_CONFIRM || how == NEIGHBOUR_REQUEST) &&
		n->state == NEIGHBOUR_IS_PROBE && !mac_equal(n->mac, mac))
		return true;
	bool asked = n->state == NEIGHBOUR_IS_INCOMPLETE || n->state == NEIGHBOUR_IS_PROBE;
	if (asked && how != NEIGHBOUR_CLAIM) {
		resolve(t, n, mac, now_ns, work);
	} else if (!asked && !mac_equal(n->mac, mac)) {
		/* Nobody asked: keep what we know, but ask now. A host that moved will answer. */
		n->state = NEIGHBOUR_IS_PROBE;
		n->tries = 0;
		ask(n, now_ns, work);
	}
	return true;
}

static void tick_entry(struct neighbour_table *t, struct neighbour *n, uint64_t now_ns,
	struct neighbour_work *work)
{
	switch (n->state) {
	case NEIGHBOUR_IS_INCOMPLETE:
	case NEIGHBOUR_IS_PROBE:
		if (n->tries < NEIGHBOUR_TRIES)
			ask(n, now_ns, work);
		else
			forget(t, n, work);
		break;
	case NEIGHBOUR_IS_REACHABLE:
		n->state = NEIGHBOUR_IS_STALE;
		n->due_ns = now_ns + NEIGHBOUR_FORGET;
		if (n->used)
			bump(t); /* so that the next use is seen, and asks */
		break;
	case NEIGHBOUR_IS_STALE:
		forget(t, n, work);
		break;
	}
}

bool neighbour_tick(struct neighbour_table *t, uint64_t now_ns, struct neighbour_work *work)
{
	begin(work);
	while (t->cursor < t->capacity) {
		struct neighbour *n = &t->entries[t->cursor++];
		if (n->state == NEIGHBOUR_IS_FREE || now_ns < n->due_ns)
			continue;
		tick_entry(t, n, now_ns, work);
		if (work->ask || work->count)
			return true;
	}
	t->cursor = 0;
	return false;
}

enum neighbour_state neighbour_state_of(const struct neighbour_table *t, const struct ip_addr *addr)
{
	const struct neighbour *n = find(t, addr);

	return n ? (enum neighbour_state)n->state : NEIGHBOUR_IS_FREE;
}
