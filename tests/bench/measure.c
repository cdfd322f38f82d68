/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include <rte_cycles.h>

#include "bench.h"
#include "util/bytes.h"
#include "util/clock.h"
#include "wg/messages.h"

static void write_packet(uint8_t *packet, uint16_t length, uint32_t source, uint32_t destination)
{
	memset(packet, 0, 20);
	packet[0] = 0x45;
	put_be16(packet + 2, length);
	put_be32(packet + 12, source);
	put_be32(packet + 16, destination);
}

static uint32_t address_of(uint32_t slot)
{
	return 10u << 24 | slot << 8 | 1;
}

static uint32_t padded(uint16_t length)
{
	uint32_t n = (length + 15u) & ~15u;

	return n > 1420 ? 1420 : n;
}

/* A burst of packets from red. */
static void send_packets(struct bench *b, uint16_t length)
{
	struct handle handles[BENCH_BURST];

	for (unsigned i = 0; i < BENCH_BURST; i++) {
		uint16_t index = bench_side_take(&b->red);
		write_packet(bench_side_bytes(&b->red, index), length, 0x0a010101,
			address_of(bench_draw(b)));
		handles[i] = (struct handle){.index = index, .offset = BENCH_OFFSET,
			.length = length, .kind = HANDLE_FULL};
	}
	if (ring_send(&b->red.to, handles, BENCH_BURST) != BENCH_BURST)
		bench_fail("a ring is full");
}

/* A burst of messages from black, sealed here with the keys of the other side. */
static void send_messages(struct bench *b, uint16_t length)
{
	static uint8_t plain[BENCH_BURST][2048];
	struct engine_job jobs[BENCH_BURST];
	struct handle handles[BENCH_BURST];

	for (unsigned i = 0; i < BENCH_BURST; i++) {
		uint32_t slot = bench_draw(b);
		struct bench_peer *p = &b->list[slot];
		uint16_t index = bench_side_take(&b->black);
		uint8_t *message = bench_side_bytes(&b->black, index);
		write_packet(plain[i], length, address_of(slot), 0x0a010101);
		put_le32(message, MESSAGE_DATA);
		put_le32(message + 4, p->keys.local_index);
		put_le64(message + 8, p->counter);
		jobs[i] = (struct engine_job){.key = p->keys.recv, .counter = p->counter++,
			.src = plain[i], .dst = message + 16, .length = padded(length)};
		handles[i] = (struct handle){.index = index, .offset = BENCH_OFFSET,
			.length = (uint16_t)(padded(length) + MESSAGE_DATA_OVERHEAD),
			.kind = HANDLE_FULL, .code = 4, .tag = slot + 1};
	}
	engine_seal(&b->engine, jobs, BENCH_BURST);
	if (ring_send(&b->black.to, handles, BENCH_BURST) != BENCH_BURST)
		bench_fail("a ring is full");
}

/* crypt's round for the burst. */
static uint64_t time_crypt(struct bench *b, struct bench_side *to)
{
	uint64_t now_ns = clock_boot_ns(), begin = rte_rdtsc_precise();

	crypt_poll(b->crypt, now_ns);
	uint64_t took = rte_rdtsc_precise() - begin;
	unsigned filled = bench_side_collect(to);
	bench_side_collect(to == &b->black ? &b->red : &b->black);
	if (filled != BENCH_BURST)
		bench_fail("crypt did not pass a whole burst");
	return took;
}

/* The engine alone, from and into the same buffers, with the keys of random peers. */
static uint64_t time_engine(struct bench *b, bool seal, uint16_t length)
{
	struct engine_job jobs[BENCH_BURST];
	uint16_t red[BENCH_BURST], black[BENCH_BURST];

	for (unsigned i = 0; i < BENCH_BURST; i++) {
		red[i] = bench_side_take(&b->red);
		black[i] = bench_side_take(&b->black);
		jobs[i] = (struct engine_job){.key = b->list[bench_draw(b)].keys.send,
			.src = bench_side_bytes(&b->red, red[i]),
			.dst = bench_side_bytes(&b->black, black[i]), .length = padded(length)};
	}
	uint64_t took = 0, begin = rte_rdtsc_precise();
	engine_seal(&b->engine, jobs, BENCH_BURST);
	took = rte_rdtsc_precise() - begin;
	for (unsigned i = 0; i < BENCH_BURST && !seal; i++) {
		jobs[i].src = bench_side_bytes(&b->black, black[i]);
		jobs[i].dst = bench_side_bytes(&b->red, red[i]);
	}
	if (!seal) {
		begin = rte_rdtsc_precise();
		engine_open(&b->engine, jobs, BENCH_BURST);
		took = rte_rdtsc_precise() - begin;
	}
	for (unsigned i = 0; i < BENCH_BURST; i++) {
		if (!jobs[i].ok)
			bench_fail("the engine refused what it had sealed");
		b->red.stack[b->red.free_count++] = red[i];
		b->black.stack[b->black.free_count++] = black[i];
	}
	return took;
}

static void send_burst(struct bench *b, enum bench_kind kind, uint16_t length)
{
	if (kind == BENCH_SEAL)
		send_packets(b, length);
	else if (kind == BENCH_OPEN)
		send_messages(b, length);
}

/* Empty buffers are there before the burst; that crypt takes their handles is timed, as it is work. */
static uint64_t time_burst(struct bench *b, enum bench_kind kind, uint16_t length)
{
	bench_control(b);
	switch (kind) {
	case BENCH_SEAL:
		bench_side_supply(&b->black);
		send_burst(b, kind, length);
		return time_crypt(b, &b->black);
	case BENCH_OPEN:
		bench_side_supply(&b->red);
		send_burst(b, kind, length);
		return time_crypt(b, &b->red);
	case BENCH_ENGINE_SEAL:
	case BENCH_ENGINE_OPEN:
	default:
		return time_engine(b, kind == BENCH_ENGINE_SEAL, length);
	}
}

static void drain(struct bench *b)
{
	unsigned n;

	do {
		bench_side_supply(&b->black);
		bench_side_supply(&b->red);
		n = crypt_poll(b->crypt, clock_boot_ns());
		bench_side_collect(&b->black);
		bench_side_collect(&b->red);
	} while (n > 0);
}

double bench_measure(struct bench *b, enum bench_kind kind, uint16_t length, unsigned bursts)
{
	uint64_t ticks = 0;

	/* under load there is more in the rings than crypt works on in a round */
	for (unsigned i = 0; i < BENCH_DEPTH; i++)
		send_burst(b, kind, length);
	for (unsigned i = 0; i < bursts; i++)
		ticks += time_burst(b, kind, length);
	drain(b);
	return (double)ticks / ((double)bursts * BENCH_BURST);
}
