/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The neighbour table under any sequence of use: four bytes a step (what, whom, link address,
 * time). No packet is lost or handed out twice, and the bounds hold.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "net/neighbour.h"

#define CAPACITY 8
#define PENDING  20
#define PACKETS  64

static struct neighbour_table *table;
static bool held[PACKETS];
static unsigned held_count;

static void take_back(const struct neighbour_work *work)
{
	require(work->count <= NEIGHBOUR_PENDING, "work is bounded");
	for (unsigned i = 0; i < work->count; i++) {
		bool *packet = work->packets[i];
		require(packet >= held && packet < held + PACKETS, "packets are ours");
		require(*packet, "no packet comes back twice");
		*packet = false;
		held_count--;
	}
}

static void hold(const struct ip_addr *addr, uint64_t now_ns)
{
	struct neighbour_work work;
	unsigned free_packet = 0;

	while (held[free_packet])
		free_packet++;
	bool kept = neighbour_hold(table, addr, &held[free_packet], now_ns, &work);
	take_back(&work);
	held[free_packet] = kept;
	held_count += kept;
}

static void step(const uint8_t bytes[4], uint64_t *now_ns)
{
	struct neighbour_work work = {0};
	struct ip_addr addr = {.family = 4, .bytes = {10, 0, 0, bytes[1] & 31}};
	uint8_t mac[MAC_LEN] = {2, 0, 0, 0, 0, bytes[2]};

	*now_ns += (uint64_t)bytes[3] * CLOCK_SECOND / 4;
	switch (bytes[0] % 6) {
	case 0:
		if (!neighbour_lookup(table, &addr, *now_ns, &work))
			hold(&addr, *now_ns);
		break;
	case 1:
		hold(&addr, *now_ns);
		break;
	case 2:
	case 3:
	case 4:
		neighbour_hear(table, &addr, mac,
			bytes[0] & 0x80 ? NEIGHBOUR_CONFIRM : bytes[0] % 6 - 2u, *now_ns, &work);
		break;
	default:
		while (neighbour_tick(table, *now_ns, &work))
			take_back(&work);
	}
	take_back(&work);
	require(held_count == table->pending_total && held_count <= PENDING, "packets are counted");
	require(table->generation != 0, "a generation is never 0");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t now_ns = CLOCK_SECOND;
	struct neighbour_work work;
	size_t bytes = (neighbour_table_bytes(CAPACITY) + 63) / 64 * 64;
	void *memory = aligned_alloc(64, bytes);

	if (!memory)
		abort();
	table = neighbour_table_init(memory, CAPACITY, PENDING, 1);
	memset(held, 0, sizeof(held));
	held_count = 0;
	for (; size >= 4; size -= 4, data += 4)
		step(data, &now_ns);
	/* left alone, everything ends */
	for (unsigned i = 0; i < 5; i++) {
		now_ns += CLOCK_SECOND;
		while (neighbour_tick(table, now_ns, &work))
			take_back(&work);
	}
	require(held_count == 0, "nothing waits for ever");
	free(memory);
	return 0;
}
