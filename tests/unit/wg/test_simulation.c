/* SPDX-License-Identifier: BSD-3-Clause */
/* Hours of two nodes with each other. */
#include <stdio.h>

#include "sim.h"
#include "suites.h"

#define S  CLOCK_SECOND
#define MS CLOCK_MS

static struct sim s;

static void bad_wire(void)
{
	s.loss_permille = 30;
	s.duplicate_permille = 20;
	s.delay_min_ns = 5 * MS;
	s.delay_max_ns = 250 * MS;
}

static void steady_wire(uint64_t delay_ns)
{
	s.delay_min_ns = delay_ns;
	s.delay_max_ns = delay_ns;
}

/* What must hold however bad the wire is. */
static void check_always(void)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct sim_counts *c = &s.node[i].counts;
		CU_ASSERT_EQUAL(c->delivered_twice, 0);
		CU_ASSERT_EQUAL(c->sealed_too_old, 0);
		CU_ASSERT_EQUAL(c->bad_mac1, 0);
	}
}

/* Nothing that the wire delivered was refused. */
static void check_nothing_refused(void)
{
	CU_ASSERT_EQUAL(s.node[0].counts.refused, 0);
	CU_ASSERT_EQUAL(s.node[1].counts.refused, 0);
}

static unsigned completed(void)
{
	return s.node[0].counts.completed + s.node[1].counts.completed;
}

static unsigned initiations(void)
{
	return s.node[0].counts.initiations + s.node[1].counts.initiations;
}

static void two_hours(void)
{
	for (uint64_t seed = 1; seed <= 3; seed++) {
		sim_init(&s, seed);
		bad_wire();
		sim_talk(&s, 0, 300 * MS);
		sim_run(&s, 3 * S);
		sim_talk(&s, 1, 500 * MS);
		sim_run(&s, 7200 * S - 3 * S);
		check_always();
		check_nothing_refused();
		CU_ASSERT_TRUE(completed() >= 56 && completed() <= 61);
		CU_ASSERT_TRUE(initiations() <= completed() + 20);
		for (unsigned i = 0; i < 2; i++) {
			unsigned most = s.node[i].counts.sent * 95 / 100;
			CU_ASSERT_TRUE(s.node[!i].counts.delivered > most);
			CU_ASSERT_EQUAL(s.node[i].counts.staged_dropped, 0);
		}
		printf("# seed %d: %u+%u sent, %u handshakes, %u initiations\n", (int)seed,
			s.node[0].counts.sent, s.node[1].counts.sent, completed(), initiations());
		sim_free(&s);
	}
}

/* One side only listens: it answers with keepalives, and nothing is taken for dead. */
static void one_is_silent(void)
{
	sim_init(&s, 4);
	steady_wire(30 * MS);
	sim_talk(&s, 0, S);
	sim_run(&s, 7200 * S);
	check_always();
	check_nothing_refused();
	CU_ASSERT_EQUAL(s.node[1].counts.delivered, s.node[0].counts.sent);
	CU_ASSERT_EQUAL(s.node[1].counts.sent, 0);
	CU_ASSERT_TRUE(s.node[1].counts.keepalives > 600 && s.node[1].counts.keepalives < 720);
	CU_ASSERT_EQUAL(s.node[1].counts.initiations, 0);
	CU_ASSERT_TRUE(completed() >= 58 && completed() <= 60);
	CU_ASSERT_EQUAL(initiations(), completed());
	sim_free(&s);
}

/* The initiator only listens: its key is renewed on receiving (A32), before it is too old. */
static void initiator_is_silent(void)
{
	sim_init(&s, 5);
	steady_wire(30 * MS);
	sim_send(&s, 0);
	sim_run(&s, S);
	sim_talk(&s, 1, S);
	sim_run(&s, 7200 * S);
	check_always();
	check_nothing_refused();
	CU_ASSERT_EQUAL(s.node[0].counts.delivered, s.node[1].counts.sent);
	CU_ASSERT_EQUAL(s.node[1].counts.initiations, 0);
	CU_ASSERT_EQUAL(s.node[1].counts.staged_dropped, 0);
	/* its keepalives count as sending (A31): the key lives for 120 to 130 s */
	CU_ASSERT_TRUE(completed() >= 55 && completed() <= 60);
	sim_free(&s);
}

/* Both want a session at the same moment. One handshake is enough, over fast wires and slow. */
static void both_at_once(void)
{
	static const uint64_t delays[] = {50 * CLOCK_US, 5 * MS, 100 * MS, 400 * MS, 900 * MS};

	for (unsigned i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		sim_init(&s, 60 + i);
		steady_wire(delays[i]);
		sim_send(&s, 0);
		sim_send(&s, 1);
		sim_run(&s, 4 * S);
		CU_ASSERT_EQUAL(s.node[0].counts.delivered, 1);
		CU_ASSERT_EQUAL(s.node[1].counts.delivered, 1);
		CU_ASSERT_EQUAL(completed(), 1);
		CU_ASSERT_EQUAL(initiations(), 2);
		sim_run(&s, 100 * S);
		CU_ASSERT_EQUAL(initiations(), 2);
		check_always();
		check_nothing_refused();
		sim_free(&s);
	}
}

/* The same with a wire that loses a third of everything, many times. */
static void both_at_once_with_loss(void)
{
	for (uint64_t seed = 0; seed < 40; seed++) {
		sim_init(&s, 100 + seed);
		s.loss_permille = 333;
		s.delay_min_ns = 10 * MS;
		s.delay_max_ns = 200 * MS;
		sim_talk(&s, 0, S);
		sim_talk(&s, 1, S);
		sim_run(&s, 90 * S);
		CU_ASSERT_TRUE(s.node[0].counts.delivered > 10);
		CU_ASSERT_TRUE(s.node[1].counts.delivered > 10);
		check_always();
		sim_free(&s);
	}
}

static void restart_with_traffic(void)
{
	sim_init(&s, 7);
	steady_wire(20 * MS);
	sim_talk(&s, 0, 500 * MS);
	sim_talk(&s, 1, 500 * MS);
	sim_run(&s, 1000 * S);
	check_nothing_refused();
	for (unsigned i = 0; i < 2; i++) {
		sim_reset_counts(&s);
		sim_restart(&s, i);
		sim_run(&s, 3 * S); /* its own traffic makes it initiate */
		CU_ASSERT_TRUE(s.node[0].counts.delivered > 0);
		CU_ASSERT_TRUE(s.node[1].counts.delivered > 0);
		CU_ASSERT_EQUAL(completed(), 1);
		sim_reset_counts(&s);
		sim_run(&s, 500 * S);
		check_always();
		check_nothing_refused();
	}
	sim_free(&s);
}

/* Only the other side talks: it finds out within 15 s and the jitter (A36). */
static void restart_of_a_listener(void)
{
	sim_init(&s, 8);
	steady_wire(20 * MS);
	sim_talk(&s, 0, 500 * MS);
	sim_run(&s, 1000 * S);
	sim_reset_counts(&s);
	sim_restart(&s, 1);
	sim_run(&s, 4 * S); /* the last keepalive came at most 10 s before */
	CU_ASSERT_EQUAL(s.node[1].counts.delivered, 0);
	sim_run(&s, 12 * S);
	CU_ASSERT_TRUE(s.node[1].counts.delivered > 0);
	CU_ASSERT_EQUAL(s.node[0].counts.completed, 1);
	sim_reset_counts(&s);
	sim_run(&s, 500 * S);
	check_always();
	check_nothing_refused();
	sim_free(&s);
}

static void wall_clock_steps(void)
{
	static const int64_t steps[] = {-3600, 600, -30, 0, -86400, 7200};

	sim_init(&s, 9);
	steady_wire(20 * MS);
	sim_talk(&s, 0, 500 * MS);
	sim_talk(&s, 1, 700 * MS);
	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		sim_run(&s, 1200 * S);
		s.node[i % 2].wall_offset_ns = steps[i] * (int64_t)S;
	}
	check_always();
	check_nothing_refused();
	CU_ASSERT_TRUE(completed() >= 57 && completed() <= 61);
	CU_ASSERT_TRUE(initiations() <= completed() + 5); /* none was refused as a replay */
	sim_free(&s);
}

/*
 * No handshake passes while a key grows old: it is used up to its end, not beyond. What is then on
 * the wire is lost, everything later waits for the next session.
 */
static void key_ends_in_flight(void)
{
	sim_init(&s, 14);
	steady_wire(500 * MS);
	sim_talk(&s, 0, 100 * MS);
	sim_run(&s, 60 * S);
	check_nothing_refused();
	s.no_handshakes = true;
	sim_run(&s, 123 * S);
	CU_ASSERT_TRUE(s.node[1].counts.refused > 0 && s.node[1].counts.refused < 20);
	CU_ASSERT_TRUE(s.node[0].staged_count > 5);
	s.no_handshakes = false;
	sim_run(&s, 7 * S);
	sim_talk(&s, 0, 0);
	sim_run(&s, S);
	CU_ASSERT_EQUAL(s.node[0].counts.staged_dropped, 0);
	CU_ASSERT_EQUAL(s.node[1].counts.delivered + s.node[1].counts.refused,
		s.node[0].counts.sent);
	check_always();
	sim_free(&s);
}

static void idle(void)
{
	sim_init(&s, 10);
	steady_wire(20 * MS);
	sim_talk(&s, 0, 500 * MS);
	sim_talk(&s, 1, 500 * MS);
	sim_run(&s, 100 * S);
	sim_talk(&s, 0, 0);
	sim_talk(&s, 1, 0);
	sim_run(&s, 30 * S); /* the last keepalive, if any */
	sim_reset_counts(&s);
	sim_run(&s, 3600 * S);
	for (unsigned i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(s.node[i].counts.messages, 0);
		CU_ASSERT_FALSE(s.node[i].tx.current.valid); /* A39 */
		CU_ASSERT_EQUAL(s.node[i].rx.slot[0].role, RECEIVING_NONE);
		CU_ASSERT_EQUAL(wg_next_deadline(s.node[i].device), UINT64_MAX);
	}
	sim_send(&s, 1);
	sim_run(&s, S);
	CU_ASSERT_EQUAL(s.node[0].counts.delivered, 1);
	sim_free(&s);
}

static void the_other_is_gone(void)
{
	sim_init(&s, 11);
	steady_wire(20 * MS);
	sim_talk(&s, 0, 500 * MS);
	sim_run(&s, 100 * S);
	s.loss_permille = 1000;
	sim_run(&s, 200 * S); /* the session ends, packets are staged */
	sim_talk(&s, 0, 0);
	uint64_t stopped = s.now_ns;
	CU_ASSERT_EQUAL(s.node[0].staged_count, STAGED_MAX);
	sim_reset_counts(&s);
	sim_run(&s, 3600 * S);
	CU_ASSERT_TRUE(s.node[0].counts.initiations >= 16 && s.node[0].counts.initiations <= 19);
	CU_ASSERT_EQUAL(s.node[0].counts.messages, s.node[0].counts.initiations);
	CU_ASSERT_TRUE(s.node[0].counts.last_message_ns < stopped + 96 * S);
	CU_ASSERT_EQUAL(s.node[0].counts.staged_dropped, STAGED_MAX);
	CU_ASSERT_EQUAL(s.node[0].staged_count, 0);
	CU_ASSERT_EQUAL(wg_next_deadline(s.node[0].device), UINT64_MAX);
	check_always();
	sim_free(&s);
}

/* One side's address changes: its next message tells the other where it is. */
static void one_moves(void)
{
	sim_init(&s, 12);
	steady_wire(20 * MS);
	sim_talk(&s, 0, 500 * MS);
	sim_talk(&s, 1, 500 * MS);
	sim_run(&s, 100 * S);
	for (unsigned i = 0; i < 4; i++) {
		endpoint_parse(&s.node[0].at, i % 2 ? "198.51.100.9:1" : "[2001:db8::9]:2");
		s.node[0].at.port = (uint16_t)(1000 + i);
		sim_run(&s, 3 * S);
		sim_reset_counts(&s);
		sim_run(&s, 60 * S);
		CU_ASSERT_TRUE(s.node[0].counts.delivered > 100);
		CU_ASSERT_TRUE(s.node[1].counts.delivered > 100);
		check_always();
		check_nothing_refused();
	}
	sim_free(&s);
}

static void persistent_keepalive(void)
{
	struct wg_actions actions = {0};

	sim_init(&s, 13);
	steady_wire(20 * MS);
	wg_peer_set_keepalive(s.node[0].device, s.node[0].slot, 25, sim_now(&s.node[0]), &actions);
	wg_actions_clear(&actions); /* lost: the retry makes up for it */
	sim_send(&s, 0);
	sim_run(&s, 3600 * S);
	/* nobody says anything, and yet there is a session at any time */
	CU_ASSERT_TRUE(s.node[0].counts.keepalives > 150 && s.node[0].counts.keepalives < 180);
	CU_ASSERT_TRUE(completed() >= 23 && completed() <= 30);
	sim_send(&s, 1);
	sim_run(&s, 30 * MS);
	CU_ASSERT_EQUAL(s.node[0].counts.delivered, 1);
	check_always();
	check_nothing_refused();
	sim_free(&s);
}

#define PEERS 150

/*
 * A device with many peers, all of which talk both ways: all are there at once, and no packet is lost
 * to any of their rekeys.
 */
static void many_peers(void)
{
	unsigned sent = 0, delivered = 0, handshakes = 0;

	sim_init_many(&s, 15, PEERS);
	steady_wire(20 * MS);
	for (unsigned i = 0; i < s.nodes; i++)
		sim_talk(&s, i, 2 * S);
	sim_run(&s, 5 * S);
	for (unsigned i = 0; i < s.nodes; i++)
		CU_ASSERT_TRUE(s.node[i].tx.current.valid);
	sim_run(&s, 600 * S);
	for (unsigned i = 0; i < s.nodes; i++)
		sim_talk(&s, i, 0);
	sim_run(&s, 1 * S);
	for (unsigned i = 0; i < s.nodes; i++) {
		const struct sim_counts *c = &s.node[i].counts;
		CU_ASSERT_EQUAL(c->refused, 0);
		CU_ASSERT_EQUAL(c->staged_dropped, 0);
		CU_ASSERT_EQUAL(c->delivered_twice, 0);
		CU_ASSERT_EQUAL(c->delivered, sim_other(&s.node[i])->counts.sent);
		CU_ASSERT_TRUE(c->oldest_key_ns < 135 * S);
		sent += c->sent;
		delivered += c->delivered;
		handshakes += c->completed;
	}
	CU_ASSERT_TRUE(handshakes >= 5 * PEERS && handshakes <= 6 * PEERS);
	printf("# %u peers: %u packets, %u delivered, %u handshakes\n", PEERS, sent, delivered,
		handshakes);
	sim_free(&s);
}

static const struct unit_test tests[] = {
	{"A24, A30, A31, A33: two hours of traffic both ways over a bad wire", two_hours},
	{"A36, A37, C6: one side only listens", one_is_silent},
	{"A31, A32: the initiator only listens", initiator_is_silent},
	{"C8: both initiate at once", both_at_once},
	{"C8, C9, A10, A33: both initiate at once, and a third is lost", both_at_once_with_loss},
	{"A13, A24, A36: one side restarts under traffic", restart_with_traffic},
	{"A36: a listener restarts", restart_of_a_listener},
	{"A13, A41, C29: the wall clock steps", wall_clock_steps},
	{"A30, A35, C7: a key ends while messages are under way", key_ends_in_flight},
	{"A4, A39: idle nodes fall silent, and wipe", idle},
	{"A34, A35, A42: the other side is gone", the_other_is_gone},
	{"A51: one side moves", one_moves},
	{"A38, A31: a persistent keepalive keeps a session", persistent_keepalive},
	{"C34: 150 peers through their rekeys, without loss", many_peers},
	{NULL, NULL},
};

const struct unit_suite suite_simulation = {"simulation", tests};
