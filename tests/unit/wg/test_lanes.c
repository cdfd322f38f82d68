/* SPDX-License-Identifier: BSD-3-Clause */
/* Which crypt threads peers' sessions are for, and the indices that say so. */
#include "wg/lanes.h"

#include "fixture.h"
#include "suites.h"
#include "wg/indices.h"

#define PEERS 60

static struct pair p;
static struct peer *peer;

static uint32_t most(const struct lanes *l)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < l->count; i++)
		if (l->load[i].seal + l->load[i].open > n)
			n = l->load[i].seal + l->load[i].open;
	return n;
}

/* Directions are spread evenly, each kind by itself too, however many threads and peers there are. */
static void evenly(void)
{
	for (unsigned threads = 1; threads <= CRYPT_THREADS_MAX; threads++) {
		struct lane_pair pairs[PEERS] = {{0}};
		struct lanes l;
		lanes_init(&l, threads);
		for (unsigned i = 0; i < PEERS; i++) {
			lanes_choose(&l, &pairs[i]);
			CU_ASSERT(pairs[i].seal < threads && pairs[i].open < threads);
			CU_ASSERT_EQUAL(pairs[i].seal == pairs[i].open, threads == 1);
			CU_ASSERT(most(&l) <= (2 * (i + 1) + threads - 1) / threads + 1);
		}
		for (unsigned i = 0; i < threads; i++) {
			CU_ASSERT(l.load[i].seal + 1 >= PEERS / threads);
			CU_ASSERT(l.load[i].open + 1 >= PEERS / threads);
		}
	}
}

/* Peers go; those that come, or begin anew, take their places. */
static void rebalanced(void)
{
	struct lane_pair pairs[PEERS] = {{0}};
	struct lanes l;

	lanes_init(&l, 3);
	for (unsigned i = 0; i < PEERS; i++)
		lanes_choose(&l, &pairs[i]);
	for (unsigned i = 0; i < PEERS; i++)
		if (pairs[i].open == 0 || pairs[i].seal == 0)
			lanes_release(&l, &pairs[i]);
	CU_ASSERT_EQUAL(l.load[0].seal + l.load[0].open, 0);
	for (unsigned i = 0; i < PEERS; i++)
		if (!pairs[i].held)
			lanes_choose(&l, &pairs[i]);
	CU_ASSERT(most(&l) <= 2 * PEERS / 3 + 1);
}

static void stays_among_equals(void)
{
	struct lane_pair a = {.seal = 1, .open = 3};
	struct lanes l;

	lanes_init(&l, 4);
	for (unsigned i = 0; i < 10; i++) {
		lanes_choose(&l, &a);
		CU_ASSERT(a.seal == 1 && a.open == 3 && a.held);
	}
	lanes_hold(&l, &a);
	CU_ASSERT(l.load[1].seal == 1 && l.load[3].open == 1);
	lanes_release(&l, &a);
	lanes_release(&l, &a);
	CU_ASSERT(l.load[1].seal == 0 && l.load[3].open == 0);
}

/* What a peer had is busy now: of the idle ones it takes the first, and the first of the others. */
static void the_first_among_equals(void)
{
	struct lane_pair a = {.seal = 3, .open = 3};
	struct lanes l;

	lanes_init(&l, 5);
	l.load[0].seal = l.load[3].open = 4;
	lanes_choose(&l, &a);
	CU_ASSERT_EQUAL(a.open, 1);
	CU_ASSERT_EQUAL(a.seal, 2);
}

static void begin(unsigned threads)
{
	pair_init(&p, 9);
	wg_set_threads(p.device[0], threads);
	peer = pair_peer(&p, 0);
}

/* As an initiation does. */
static uint32_t draw(void)
{
	indices_place(p.device[0], peer);
	return indices_draw(p.device[0], peer);
}

static void indices_name_the_thread(void)
{
	for (unsigned threads = 1; threads <= CRYPT_THREADS_MAX; threads++) {
		begin(threads);
		for (unsigned i = 0; i < 4; i++) {
			uint32_t index = draw();
			CU_ASSERT_EQUAL(crypt_thread_of(index, threads), peer->lanes.open);
			indices_keep_session(p.device[0], peer, index, i, true);
		}
		pair_free(&p);
	}
	CU_ASSERT_EQUAL(crypt_thread_of(0, 3), 0);
	CU_ASSERT_EQUAL(crypt_thread_of(UINT32_MAX, 3), 2);
	CU_ASSERT_EQUAL(crypt_thread_of(UINT32_MAX, CRYPT_THREADS_MAX), CRYPT_THREADS_MAX - 1);
}

/* Everybody else is on the peer's thread: with a session it stays, without one it moves. */
static void kept_with_a_session(void)
{
	begin(3);
	struct wg_device *d = p.device[0];
	uint32_t index = draw();
	indices_keep_session(d, peer, index, 1, true);
	unsigned open = peer->lanes.open, seal = peer->lanes.seal;
	d->lanes.load[open].open += 100;
	d->lanes.load[seal].seal += 100;
	indices_release(d, draw());
	CU_ASSERT(peer->lanes.open == open && peer->lanes.seal == seal);
	indices_release_sessions(d, peer);
	indices_release(d, draw());
	CU_ASSERT_NOT_EQUAL(peer->lanes.open, open);
	CU_ASSERT_NOT_EQUAL(peer->lanes.open, seal);
	d->lanes.load[open].open -= 100;
	d->lanes.load[seal].seal -= 100;
	pair_free(&p);
}

static bool is_free(const struct lanes *l)
{
	return most(l) == 0;
}

static void given_up(void)
{
	begin(2);
	struct wg_device *d = p.device[0];
	uint32_t index = draw();
	CU_ASSERT_FALSE(is_free(&d->lanes));
	indices_gave_up(d, peer);
	CU_ASSERT_TRUE(is_free(&d->lanes));
	indices_keep_session(d, peer, index, 1, true); /* it answered at last */
	CU_ASSERT_FALSE(is_free(&d->lanes));
	indices_gave_up(d, peer); /* of a later handshake */
	CU_ASSERT_FALSE(is_free(&d->lanes));
	pair_free(&p);
}

/* A34: a peer that never answers, of a device that was told of no threads. */
static void never_answered(void)
{
	uint8_t message[148];

	pair_init(&p, 9);
	struct wg_device *d = p.device[0];
	uint64_t begun_ns = p.now.boot_ns;
	CU_ASSERT_EQUAL(d->lanes.count, 1);
	CU_ASSERT_TRUE(pair_initiate(&p, 0, message));
	do {
		CU_ASSERT_FALSE(is_free(&d->lanes));
		pair_next(&p, 0);
	} while (pair_count(&p, WG_DROP_STAGED) == 0);
	CU_ASSERT_TRUE(p.now.boot_ns >= begun_ns + 90 * CLOCK_SECOND);
	CU_ASSERT_TRUE(is_free(&d->lanes));
	pair_free(&p);
}

/* By handshakes of the real device; and what holds a thread lets go of it in the end. */
static void by_handshakes(void)
{
	struct session_keys keys[2];
	unsigned seal, open;

	begin(2);
	CU_ASSERT_TRUE(pair_establish(&p, 0, keys));
	wg_peer_threads(p.device[0], p.slot[0], &seal, &open);
	CU_ASSERT_EQUAL(crypt_thread_of(keys[0].local_index, 2), open);
	CU_ASSERT_EQUAL(seal, 1 - open);
	for (unsigned i = 0; i < 20; i++) { /* rekeys, begun by either side */
		pair_advance(&p, 121 * CLOCK_SECOND);
		CU_ASSERT_TRUE(pair_establish(&p, i % 2, keys));
		CU_ASSERT_EQUAL(crypt_thread_of(keys[0].local_index, 2), open);
	}
	CU_ASSERT_EQUAL(p.device[0]->lanes.load[open].open, 1);
	pair_forget(&p, 0);
	CU_ASSERT_TRUE(is_free(&p.device[0]->lanes));
	pair_advance(&p, 121 * CLOCK_SECOND);
	CU_ASSERT_TRUE(pair_establish(&p, 1, keys));
	CU_ASSERT_FALSE(is_free(&p.device[0]->lanes));
	wg_peer_remove(p.device[0], p.slot[0]);
	CU_ASSERT_TRUE(is_free(&p.device[0]->lanes));
	pair_free(&p);
}

/* C8: the other side's is answered, ours stays outstanding: both lead to one thread, whoever wins. */
static void crossing(void)
{
	uint8_t ours[148], theirs[148], response[92];
	struct session_keys keys;

	for (unsigned other = 0; other < 3; other++) {
		begin(3);
		CU_ASSERT_TRUE_FATAL(pair_initiate(&p, 0, ours));
		uint32_t index = peer->initiation.local_index;
		unsigned open = peer->lanes.open;
		p.device[0]->lanes.load[other].open += 10; /* others came meanwhile */
		CU_ASSERT_TRUE_FATAL(pair_initiate(&p, 1, theirs));
		CU_ASSERT_TRUE_FATAL(pair_respond(&p, 0, theirs, &keys, response));
		CU_ASSERT_TRUE(peer->initiation.outstanding);
		CU_ASSERT_EQUAL(peer->lanes.open, open);
		CU_ASSERT_EQUAL(crypt_thread_of(keys.local_index, 3), open);
		CU_ASSERT_EQUAL(crypt_thread_of(index, 3), open);
		pair_free(&p);
	}
}

static const struct unit_test tests[] = {
	{"A50: directions are spread evenly over the threads", evenly},
	{"A50: peers that come take the places of those that went", rebalanced},
	{"A50: among equals a peer stays where it is", stays_among_equals},
	{"A50: among other equals it takes the first", the_first_among_equals},
	{"A27, A50: indices name the thread that opens", indices_name_the_thread},
	{"A50: who has a session stays, who has none moves", kept_with_a_session},
	{"A35: handshakes that were given up hold no thread", given_up},
	{"A34, A50: a peer that never answers holds no thread", never_answered},
	{"C8, A50: initiations that cross lead to one thread", crossing},
	{"A50, A27: handshakes, rekeys, and an end", by_handshakes},
	{NULL, NULL},
};

const struct unit_suite suite_lanes = {"lanes", tests};
