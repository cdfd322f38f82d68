/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Crypt threads that really run at once, while halves of peers go to and fro between them under packets:
 * nobody waits for ever, and every buffer comes back once for each time that it was lent. And while they
 * stay, what is sealed by one and opened by another comes in the order in which it was sent.
 */
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "crypt/state.h"
#include "rig.h"
#include "suites.h"
#include "util/bytes.h"

#define THREADS RIG_THREADS
#define PEERS   8
#define STEPS   4000
#define PATIENCE 2000000 /* rounds without anything: then somebody waits for ever */

static struct rig t[THREADS];
static _Atomic bool stop;
static struct {
	uint8_t holder[PEERS][3]; /* by half */
	bool lent[RIG_BUFFERS];
	uint16_t unused[RIG_BUFFERS];
	unsigned unused_count, wrong, sent_on;
	uint32_t random;
} s;

static void *run(void *argument)
{
	struct rig *r = argument;

	while (!atomic_load(&stop))
		if (crypt_poll(r->crypt, r->now_ns) == 0)
			sched_yield();
	return NULL;
}

static uint32_t draw(uint32_t below)
{
	s.random ^= s.random << 13;
	s.random ^= s.random >> 17;
	s.random ^= s.random << 5;
	return s.random % below;
}

static void lend(unsigned thread, const struct handle *h)
{
	while (ring_send(&t[thread].red.to, h, 1) == 0)
		sched_yield();
}

/* As red: what is sent on goes there, the rest is ours again. True when anything came. */
static bool take_back(void)
{
	struct handle h;
	bool any = false;

	for (unsigned i = 0; i < THREADS; i++) {
		while (ring_receive(&t[i].red.from, &h, 1) == 1) {
			any = true;
			if (h.index >= RIG_BUFFERS || h.kind != HANDLE_USED || !s.lent[h.index]) {
				s.wrong++;
			} else if (h.code == USED_ELSEWHERE) {
				struct handle again = {.index = h.index, .offset = 142, .length = 64,
					.kind = HANDLE_FULL};
				s.sent_on++;
				lend((unsigned)h.tag % THREADS, &again);
			} else {
				s.lent[h.index] = false;
				s.unused[s.unused_count++] = h.index;
			}
		}
	}
	return any;
}

static void tell(unsigned thread, const struct crypt_order *o)
{
	while (ring_send(&t[thread].orders, o, 1) == 0)
		take_back();
}

static void move(uint32_t slot, enum crypt_half half, unsigned to)
{
	uint8_t *holder = &s.holder[slot][half];
	struct crypt_order yield = {
		.kind = CRYPT_YIELD, .slot = slot, .half = (uint8_t)half, .to = (uint8_t)to};
	struct crypt_order take = {.kind = CRYPT_TAKE, .slot = slot, .half = (uint8_t)half};

	if (*holder == to)
		return;
	tell(*holder, &yield);
	tell(to, &take);
	*holder = (uint8_t)to;
}

static void send_packet(uint32_t slot)
{
	if (s.unused_count == 0)
		return;
	struct handle h = {.index = s.unused[--s.unused_count], .offset = 142, .length = 64,
		.kind = HANDLE_FULL};
	s.lent[h.index] = true;
	rig_write_packet(rig_bytes(&t[0].red, &h), 1, (uint8_t)slot, 64);
	lend(draw(THREADS), &h); /* which is often the wrong one */
}

static void begin(void)
{
	memset(&s, 0, sizeof(s));
	s.random = 0x2545f491;
	rig_open_threads(t, THREADS, "a", "sodium");
	for (uint32_t slot = 0; slot < PEERS; slot++)
		rig_peer(&t[0], slot, true);
	for (unsigned i = 0; i < RIG_BUFFERS; i++)
		s.unused[s.unused_count++] = (uint16_t)i;
	for (unsigned i = 0; i < THREADS; i++) /* what black lent, so that red's rings are read */
		for (uint16_t k = 0; k < 8; k++) {
			struct handle h = {.index = (uint16_t)(i * 8 + k), .kind = HANDLE_EMPTY};
			ring_send(&t[i].black.to, &h, 1);
		}
}

/* Those that are staged are given up; then nothing is out any more. */
static void settle(void)
{
	for (uint32_t slot = 0; slot < PEERS; slot++) {
		move(slot, CRYPT_SEALS, 0);
		move(slot, CRYPT_OPENS, 0);
	}
	for (unsigned quiet = 0; s.unused_count < RIG_BUFFERS && quiet < PATIENCE; quiet++) {
		struct crypt_order drop = {.kind = CRYPT_DROP_STAGED, .slot = quiet % PEERS};
		if (take_back())
			quiet = 0;
		else
			sched_yield();
		ring_send(&t[0].orders, &drop, 1);
	}
}

static void to_and_fro(void)
{
	pthread_t threads[THREADS];

	begin();
	atomic_store(&stop, false);
	for (unsigned i = 0; i < THREADS; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, run, &t[i]), 0);
	for (unsigned i = 0; i < STEPS; i++) {
		uint32_t slot = draw(PEERS);
		if (draw(4) == 0)
			move(slot, draw(2) ? CRYPT_SEALS : CRYPT_OPENS, draw(THREADS));
		send_packet(slot);
		take_back();
	}
	settle();
	atomic_store(&stop, true);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CU_ASSERT_EQUAL(s.unused_count, RIG_BUFFERS);
	CU_ASSERT_EQUAL(s.wrong, 0);
	CU_ASSERT(s.sent_on > STEPS / 10);
	for (uint32_t slot = 0; slot < PEERS; slot++) {
		CU_ASSERT_EQUAL(crypt_sealer(t[0].crypt, slot), 0);
		CU_ASSERT_EQUAL(t[0].crypt->openers[slot], 0);
		CU_ASSERT_EQUAL(t[0].crypt->queues[slot].staged_count, 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		CU_ASSERT_EQUAL(t[i].crypt->staged_total, 0);
	rig_close_threads(t, THREADS);
}

/*
 * Flows: each is sealed for as peer f by one thread, and what comes of it is opened for by another, as of
 * peer FLOWS + f. The test is red and black, and the wire between them.
 */
#define FLOWS     6
#define PACKETS   3000 /* of each */
#define UNDER_WAY 48   /* fewer than any thread has buffers lent */
#define LENT      64   /* of black's and of red's, by thread */

static struct {
	uint32_t sent[FLOWS], came[FLOWS];
	uint16_t unused[RIG_BUFFERS];
	unsigned unused_count, under_way, out_of_order, wrong;
} w;

static unsigned sealer(unsigned flow)
{
	return flow % THREADS;
}

static unsigned opener(unsigned flow)
{
	return (flow + 1 + flow / THREADS) % THREADS;
}

static void half_session(struct rig *r, uint8_t kind, uint32_t slot, unsigned flow)
{
	struct crypt_order o = {.kind = kind, .slot = slot,
		.keys = rig_keys(100 + 2 * flow, kind == CRYPT_SESSION_TX, r->now_ns)};
	struct crypt_ack ack;

	ring_send(&r->orders, &o, 1);
	rig_poll(r);
	CU_ASSERT(rig_ack(r, &ack) && ack.kind == kind && ack.slot == slot);
}

static void begin_flow(unsigned flow)
{
	rig_peer(&t[0], flow, true);
	rig_peer(&t[0], FLOWS + flow, true);
	if (sealer(flow) != 0)
		rig_move(&t[0], &t[sealer(flow)], flow, CRYPT_SEALS);
	if (opener(flow) != 0)
		rig_move(&t[0], &t[opener(flow)], FLOWS + flow, CRYPT_OPENS);
	half_session(&t[sealer(flow)], CRYPT_SESSION_TX, flow, flow);
	half_session(&t[opener(flow)], CRYPT_SESSION_RX, FLOWS + flow, flow);
}

static void begin_flows(void)
{
	memset(&w, 0, sizeof(w));
	s.random = 0x2545f491;
	rig_open_threads(t, THREADS, "a", "auto");
	for (unsigned i = 0; i < THREADS; i++) {
		t[i].black.next = t[i].red.next = (uint16_t)(i * LENT);
		rig_lend(&t[i].black, LENT);
		rig_lend(&t[i].red, LENT);
	}
	for (uint16_t i = THREADS * LENT; i < RIG_BUFFERS; i++)
		w.unused[w.unused_count++] = i;
	for (unsigned f = 0; f < FLOWS; f++)
		begin_flow(f);
}

/* Its number is in the packet. */
static void send_on(unsigned flow)
{
	if (w.unused_count == 0 || w.under_way >= UNDER_WAY || w.sent[flow] == PACKETS)
		return;
	struct handle h = {.index = w.unused[--w.unused_count], .offset = 142, .length = 64,
		.kind = HANDLE_FULL};
	uint8_t *packet = rig_bytes(&t[0].red, &h);
	rig_write_packet(packet, (uint8_t)(FLOWS + flow), (uint8_t)flow, 64);
	put_be32(packet + 24, w.sent[flow]++);
	w.under_way++;
	lend(sealer(flow), &h);
}

/* As red: a packet came out of the tunnel. */
static void arrived(unsigned thread, const struct handle *h)
{
	struct handle empty = {.index = h->index, .kind = HANDLE_EMPTY};
	const uint8_t *packet = rig_bytes(&t[0].red, h);
	unsigned flow = packet[14] - (unsigned)FLOWS;

	if (flow < FLOWS && thread == opener(flow)) {
		uint32_t number = get_be32(packet + 24);
		w.out_of_order += number != w.came[flow];
		w.came[flow] = number + 1;
	} else {
		w.wrong++;
	}
	w.under_way--;
	lend(thread, &empty);
}

static void as_red(unsigned thread)
{
	struct handle h;

	while (ring_receive(&t[thread].red.from, &h, 1) == 1) {
		if (h.kind == HANDLE_FILLED) {
			arrived(thread, &h);
			continue;
		}
		w.wrong += h.kind != HANDLE_USED || h.code != USED_DONE;
		w.unused[w.unused_count++] = h.index;
	}
}

/* As black, and as the wire: what was sealed comes to whom its receiver index names. */
static void as_black(unsigned thread)
{
	struct handle h;

	while (ring_receive(&t[thread].black.from, &h, 1) == 1) {
		unsigned to = h.index / LENT; /* where the empty one was lent */
		if (h.kind == HANDLE_FILLED) {
			uint8_t *message = rig_bytes(&t[0].black, &h);
			to = opener((get_le32(message + 4) - 101) / 2 % FLOWS);
			put_be32(message - 16, 192u << 24 | 2u << 8 | 1);
			put_be32(message - 12, 192u << 24 | 2u << 8 | 254);
			put_be16(message - 8, 51820);
			put_be16(message - 6, 51820);
			h = (struct handle){.index = h.index, .offset = h.offset,
				.length = h.length, .kind = HANDLE_FULL, .code = 4,
				.tag = 1ull << 16 | 51820};
		} else {
			h = (struct handle){.index = h.index, .kind = HANDLE_EMPTY};
		}
		while (ring_send(&t[to].black.to, &h, 1) == 0)
			sched_yield();
	}
}

static unsigned all(const uint32_t *numbers)
{
	unsigned sum = 0;

	for (unsigned f = 0; f < FLOWS; f++)
		sum += numbers[f];
	return sum;
}

static void flows_in_order(void)
{
	pthread_t threads[THREADS];
	uint64_t until = clock_boot_ns() + 60 * CLOCK_SECOND;

	begin_flows();
	atomic_store(&stop, false);
	for (unsigned i = 0; i < THREADS; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, run, &t[i]), 0);
	while (all(w.came) < FLOWS * PACKETS && clock_boot_ns() < until) {
		for (unsigned f = draw(FLOWS), n = 1 + draw(8); n > 0; n--)
			send_on(f); /* some in a row, which are in one burst then */
		for (unsigned i = 0; i < THREADS; i++) {
			as_red(i);
			as_black(i);
		}
		sched_yield();
	}
	atomic_store(&stop, true);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CU_ASSERT_EQUAL(w.out_of_order, 0);
	CU_ASSERT_EQUAL(w.wrong, 0);
	CU_ASSERT_EQUAL(all(w.came), FLOWS * PACKETS);
	for (unsigned i = 0; i < THREADS; i++)
		CU_ASSERT(t[i].stats->sealed_packets > PACKETS && t[i].stats->opened_packets > PACKETS);
	rig_close_threads(t, THREADS);
}

#define MOVER 1
static _Atomic uint32_t seen; /* where control thinks that the peer is: its port */

/* As control does. */
static void *follow(void *argument)
{
	struct peer_report *report = &((struct rig *)argument)->reports[MOVER];

	while (!atomic_load(&stop)) {
		if (!(atomic_exchange(&report->rx.events, 0) & PEER_MOVED))
			continue;
		uint32_t seq;
		do {
			seq = atomic_load_explicit(&report->rx.moved_seq, memory_order_acquire);
			atomic_store(&seen, report->moved.remote.port);
			atomic_thread_fence(memory_order_acquire);
		} while ((seq & 1) || atomic_load(&report->rx.moved_seq) != seq);
	}
	return NULL;
}

static bool is_followed(uint32_t port)
{
	uint64_t until = 0;

	for (unsigned i = 1; atomic_load(&seen) != port; i++) {
		if (i % 1000 != 0)
			continue;
		sched_yield();
		until = until ? until : clock_boot_ns() + 5 * CLOCK_SECOND;
		if (clock_boot_ns() > until)
			return false;
	}
	return true;
}

/* The second of two moves comes while the first is being taken: what control knows then is the second. */
static void moves_at_once(void)
{
	struct open_meta m = {.black = 0, .offset = 200, .family = 4};
	pthread_t thread;
	bool followed = true;
	uint64_t until = clock_boot_ns() + CLOCK_SECOND;

	rig_open(&t[0], "a", "sodium");
	uint8_t *message = t[0].black.view.buffers[m.black] + m.offset;
	atomic_store(&stop, false);
	atomic_store(&seen, 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, follow, &t[0]), 0);
	for (uint32_t i = 1; followed && clock_boot_ns() < until; i++) {
		put_be16(message - 8, (uint16_t)(2 * i));
		report_moved(t[0].crypt, MOVER, &m);
		for (volatile unsigned k = 0; k < i % 64; k++)
			;
		put_be16(message - 8, (uint16_t)(2 * i + 1));
		report_moved(t[0].crypt, MOVER, &m);
		followed = is_followed((uint16_t)(2 * i + 1));
	}
	CU_ASSERT(followed);
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	rig_close(&t[0]);
}

static const struct unit_test tests[] = {
	{"A50: halves go to and fro between running threads, under packets", to_and_fro},
	{"A50: each flow in order, through a thread that seals and another that opens", flows_in_order},
	{"A51: two moves, one right after the other: control knows the second", moves_at_once},
	{NULL, NULL},
};

const struct unit_suite suite_at_once = {"at once", tests};
