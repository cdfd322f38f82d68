/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/timers.h"

#include "fixture.h"
#include "suites.h"
#include "wg/messages.h"

#define S CLOCK_SECOND
#define T (5000 * S) /* some time */

static struct timers t;

static void reset(void)
{
	fixture_random(3);
	timers_init(&t);
}

/* Nothing fires up to `from`, and exactly `what` by `to`. */
static void check_fires(unsigned what, uint64_t from, uint64_t to)
{
	CU_ASSERT_EQUAL(timers_expire(&t, from), 0);
	CU_ASSERT_TRUE(timers_next(&t) > from && timers_next(&t) <= to);
	CU_ASSERT_EQUAL(timers_expire(&t, to), what);
}

static void silent_at_first(void)
{
	reset();
	CU_ASSERT_EQUAL(timers_next(&t), TIMER_OFF);
	CU_ASSERT_EQUAL(timers_expire(&t, UINT64_MAX - 1), 0);
}

static void retry(void)
{
	reset();
	CU_ASSERT_TRUE(timers_session_wanted(&t, T));
	timers_initiation_sent(&t, T);
	CU_ASSERT_FALSE(timers_session_wanted(&t, T + 1)); /* one is on its way */
	check_fires(TIMER_RETRY, T + 5 * S - 1, T + 5 * S + 333 * CLOCK_MS);
}

/* Over many rounds the jitter fills its range and does not leave it. */
static void jitter(void)
{
	uint64_t least = UINT64_MAX, most = 0;

	reset();
	for (unsigned i = 0; i < 1000; i++) {
		timers_initiation_sent(&t, T);
		uint64_t after = timers_next(&t) - T - 5 * S;
		least = after < least ? after : least;
		most = after > most ? after : most;
	}
	CU_ASSERT_TRUE(least < 2 * CLOCK_MS);
	CU_ASSERT_TRUE(most > 331 * CLOCK_MS && most < 333 * CLOCK_MS);
}

static void response_counts(void)
{
	reset();
	timers_response_sent(&t, T);
	CU_ASSERT_FALSE(timers_session_wanted(&t, T + 5 * S - 1)); /* deferred, not refused */
	check_fires(TIMER_RETRY, T + 5 * S - 1, T + 5 * S + 333 * CLOCK_MS);
	reset();
	timers_response_sent(&t, T);
	CU_ASSERT_TRUE(timers_session_wanted(&t, T + 5 * S));
}

static void response_moves_retry(void)
{
	reset();
	timers_session_wanted(&t, T);
	timers_initiation_sent(&t, T);
	timers_response_sent(&t, T + 4 * S);
	check_fires(TIMER_RETRY, T + 9 * S - 1, T + 9 * S + 333 * CLOCK_MS);
}

static void complete_ends_retry(void)
{
	reset();
	timers_session_wanted(&t, T);
	timers_initiation_sent(&t, T);
	timers_session_derived(&t, T + S);
	timers_handshake_complete(&t, T + S);
	CU_ASSERT_EQUAL(timers_expire(&t, T + 100 * S), 0);
}

static void outdated_wish(void)
{
	reset();
	timers_session_wanted(&t, T);
	timers_initiation_sent(&t, T);
	timers_handshake_complete(&t, T + 4 * S);
	CU_ASSERT_FALSE(timers_session_wanted(&t, T + 8 * S));
	CU_ASSERT_EQUAL(timers_next(&t), TIMER_OFF); /* and it is not deferred either */
	CU_ASSERT_TRUE(timers_session_wanted(&t, T + 9 * S));
}

/* Retries from T on; returns when and how they ended. */
static uint64_t attempts(unsigned *sent)
{
	*sent = 1;
	timers_session_wanted(&t, T);
	timers_initiation_sent(&t, T);
	for (;;) {
		uint64_t at = timers_next(&t);
		unsigned fired = timers_expire(&t, at);
		if (fired & TIMER_GIVE_UP)
			return at;
		CU_ASSERT_EQUAL(fired, TIMER_RETRY);
		timers_initiation_sent(&t, at);
		++*sent;
	}
}

static void gives_up(void)
{
	unsigned sent;

	reset();
	uint64_t at = attempts(&sent);
	CU_ASSERT_TRUE(at >= T + 90 * S && at < T + 96 * S);
	CU_ASSERT_TRUE(sent >= 17 && sent <= 18);
	check_fires(TIMER_ZERO, at + 540 * S - 1, at + 540 * S);
	CU_ASSERT_EQUAL(timers_next(&t), TIMER_OFF);
}

static void gives_up_keeps_zero(void)
{
	unsigned sent;

	reset();
	timers_session_derived(&t, T - 100 * S);
	attempts(&sent);
	check_fires(TIMER_ZERO, T + 440 * S - 1, T + 440 * S);
}

static void traffic_starts_anew(void)
{
	reset();
	timers_session_wanted(&t, T);
	timers_initiation_sent(&t, T);
	timers_initiation_sent(&t, T + 85 * S);
	CU_ASSERT_FALSE(timers_session_wanted(&t, T + 88 * S));
	CU_ASSERT_EQUAL(timers_expire(&t, T + 92 * S), TIMER_RETRY);
	timers_initiation_sent(&t, T + 174 * S);
	CU_ASSERT_EQUAL(timers_expire(&t, T + 180 * S), TIMER_GIVE_UP);
}

static void keepalive_is_no_traffic(void)
{
	reset();
	timers_session_wanted(&t, T);
	timers_initiation_sent(&t, T);
	timers_initiation_sent(&t, T + 85 * S);
	CU_ASSERT_FALSE(timers_keepalive_wanted_session(&t, T + 88 * S));
	CU_ASSERT_EQUAL(timers_expire(&t, T + 92 * S), TIMER_GIVE_UP);
	CU_ASSERT_TRUE(timers_keepalive_wanted_session(&t, T + 92 * S));
	timers_initiation_sent(&t, T + 92 * S);
	CU_ASSERT_EQUAL(timers_expire(&t, T + 98 * S), TIMER_RETRY); /* a new row of attempts */
}

static void unanswered(void)
{
	reset();
	timers_any_sent(&t, T);
	timers_data_sent(&t, T);
	timers_any_sent(&t, T + 14 * S);
	timers_data_sent(&t, T + 14 * S); /* the first counts */
	check_fires(TIMER_UNANSWERED, T + 15 * S - 1, T + 15 * S + 333 * CLOCK_MS);
	CU_ASSERT_EQUAL(timers_next(&t), TIMER_OFF);
	timers_data_sent(&t, T + 100 * S);
	uint64_t once = timers_next(&t);
	timers_any_received(&t, T + 100 * S);
	timers_data_sent(&t, T + 100 * S);
	CU_ASSERT_NOT_EQUAL(timers_next(&t), once); /* jitter */
}

static void answered(void)
{
	reset();
	timers_data_sent(&t, T);
	timers_any_received(&t, T + 14 * S);
	CU_ASSERT_EQUAL(timers_next(&t), TIMER_OFF);
	timers_data_sent(&t, T + 20 * S);
	check_fires(TIMER_UNANSWERED, T + 35 * S - 1, T + 36 * S);
}

static void keepalive(void)
{
	reset();
	timers_any_received(&t, T);
	timers_data_received(&t, T);
	timers_data_received(&t, T + 9 * S);
	check_fires(TIMER_KEEPALIVE, T + 10 * S - 1, T + 10 * S);
	timers_any_sent(&t, T + 10 * S);
	CU_ASSERT_EQUAL(timers_next(&t), TIMER_OFF); /* one */
}

static void no_keepalive(void)
{
	reset();
	timers_data_received(&t, T);
	timers_any_sent(&t, T + 9 * S);
	CU_ASSERT_EQUAL(timers_next(&t), TIMER_OFF);
	timers_any_received(&t, T + 20 * S); /* a keepalive: provokes none */
	CU_ASSERT_EQUAL(timers_next(&t), TIMER_OFF);
}

static void persistent(void)
{
	reset();
	CU_ASSERT_TRUE(timers_set_persistent(&t, 25, T));
	CU_ASSERT_FALSE(timers_set_persistent(&t, 25, T));
	check_fires(TIMER_PERSISTENT, T + 25 * S - 1, T + 25 * S);
	check_fires(TIMER_PERSISTENT, T + 50 * S - 1, T + 50 * S); /* A40 */
	timers_any_sent(&t, T + 60 * S);
	check_fires(TIMER_PERSISTENT, T + 85 * S - 1, T + 85 * S);
	timers_any_received(&t, T + 90 * S);
	check_fires(TIMER_PERSISTENT, T + 115 * S - 1, T + 115 * S);
	CU_ASSERT_FALSE(timers_set_persistent(&t, 0, T + 120 * S));
	CU_ASSERT_EQUAL(timers_next(&t), TIMER_OFF);
	CU_ASSERT_TRUE(timers_set_persistent(&t, 65535, T + 130 * S));
	CU_ASSERT_EQUAL(timers_next(&t), T + 130 * S + 65535 * S);
}

/* Whoever sets it again and again, also to others, puts nothing off. */
static void persistent_again(void)
{
	reset();
	timers_set_persistent(&t, 25, T);
	timers_set_persistent(&t, 25, T + 20 * S);
	timers_set_persistent(&t, 60, T + 21 * S);
	check_fires(TIMER_PERSISTENT, T + 25 * S - 1, T + 25 * S);
	timers_set_persistent(&t, 10, T + 30 * S);
	check_fires(TIMER_PERSISTENT, T + 40 * S - 1, T + 40 * S);
}

/* For want of room neither leaves, so no report tells of one: both timers go on, and neither keeps on firing. */
static void keepalives_unsent(void)
{
	reset();
	timers_set_persistent(&t, 15, T);
	timers_data_received(&t, T);
	check_fires(TIMER_KEEPALIVE, T + 10 * S - 1, T + 10 * S);
	check_fires(TIMER_PERSISTENT, T + 15 * S - 1, T + 15 * S);
	timers_data_received(&t, T + 16 * S);
	check_fires(TIMER_KEEPALIVE, T + 26 * S - 1, T + 26 * S);
	check_fires(TIMER_PERSISTENT, T + 30 * S - 1, T + 30 * S);
	CU_ASSERT_EQUAL(timers_next(&t), T + 45 * S);
}

/* A report that comes late does not put off what later ones brought forward. */
static void persistent_late_report(void)
{
	reset();
	timers_set_persistent(&t, 25, T);
	timers_any_sent(&t, T + 10 * S);
	timers_any_received(&t, T + 9 * S);
	CU_ASSERT_EQUAL(timers_next(&t), T + 35 * S);
}

static void zero(void)
{
	reset();
	timers_session_derived(&t, T);
	timers_session_derived(&t, T + 120 * S);
	check_fires(TIMER_ZERO, T + 660 * S - 1, T + 660 * S);
	CU_ASSERT_EQUAL(timers_next(&t), TIMER_OFF);
}

static void wiped(void)
{
	reset();
	timers_session_derived(&t, T);
	timers_data_sent(&t, T + 539 * S);
	timers_data_received(&t, T + 539 * S);
	check_fires(TIMER_ZERO, T + 539 * S, T + 540 * S);
	timers_keys_wiped(&t);
	CU_ASSERT_EQUAL(timers_next(&t), TIMER_OFF); /* nothing left to answer under */
}

static void stopped(void)
{
	reset();
	timers_set_persistent(&t, 25, T);
	timers_session_wanted(&t, T);
	timers_initiation_sent(&t, T);
	timers_session_derived(&t, T);
	timers_data_sent(&t, T);
	timers_data_received(&t, T);
	timers_identity_changed(&t, false);
	CU_ASSERT_EQUAL(timers_next(&t), TIMER_OFF);
	CU_ASSERT_TRUE(timers_session_wanted(&t, T)); /* nothing is remembered against it */
	timers_any_received(&t, T + S);
	CU_ASSERT_EQUAL(timers_next(&t), T + 26 * S); /* the setting holds */
}

static void identity_changes(void)
{
	reset();
	timers_session_wanted(&t, T);
	timers_initiation_sent(&t, T);
	timers_session_derived(&t, T);
	timers_data_sent(&t, T);
	timers_identity_changed(&t, true);
	CU_ASSERT_EQUAL(timers_expire(&t, T + 1), TIMER_RETRY); /* who waited need not wait more */
	CU_ASSERT_EQUAL(timers_next(&t), TIMER_OFF);
	timers_initiation_sent(&t, T);
	timers_identity_changed(&t, false);
	CU_ASSERT_EQUAL(timers_next(&t), TIMER_OFF);
}

/* Boot time goes on in suspend: everything is late at once, and fires once. */
static void after_suspend(void)
{
	reset();
	timers_set_persistent(&t, 1, T);
	timers_session_derived(&t, T);
	timers_data_sent(&t, T);
	timers_data_received(&t, T);
	CU_ASSERT_EQUAL(timers_expire(&t, T + 100000 * S),
		TIMER_ZERO | TIMER_UNANSWERED | TIMER_KEEPALIVE | TIMER_PERSISTENT);
	CU_ASSERT_EQUAL(timers_next(&t), T + 100001 * S);
}

/* To the nanosecond: the retry at 90 s is none any more. */
static void the_last_attempt(void)
{
	reset();
	t.attempts_since_ns = T;
	t.retry_ns = T;
	CU_ASSERT_EQUAL(timers_expire(&t, T + 90 * S - 1), TIMER_RETRY);
	t.retry_ns = T;
	t.keepalive_ns = T + 100 * S;
	CU_ASSERT_EQUAL(timers_expire(&t, T + 90 * S), TIMER_GIVE_UP);
	CU_ASSERT_EQUAL(t.keepalive_ns, TIMER_OFF);
}

/* A wish after a handshake is outdated, unless we have begun another one since. */
static void wishes_after_a_handshake(void)
{
	reset();
	timers_handshake_complete(&t, T);
	CU_ASSERT_FALSE(timers_keepalive_wanted_session(&t, T + 5 * S - 1));
	CU_ASSERT_TRUE(timers_keepalive_wanted_session(&t, T + 5 * S));
	timers_initiation_sent(&t, T + S);
	timers_session_wanted(&t, T + 2 * S);
	CU_ASSERT_EQUAL(t.attempts_since_ns, T + 2 * S);
	timers_handshake_complete(&t, T + 3 * S);
	timers_response_sent(&t, T + 4 * S);
	timers_session_wanted(&t, T + 5 * S);
	CU_ASSERT_EQUAL(t.attempts_since_ns, T + 5 * S);
	timers_handshake_complete(&t, T + 20 * S);
	timers_keys_wiped(&t);
	CU_ASSERT_TRUE(timers_session_wanted(&t, T + 21 * S));
}

/* A message of a handshake is a packet, too: what it answers needs no keepalive. */
static void handshakes_are_packets(void)
{
	reset();
	timers_set_persistent(&t, 25, T);
	timers_data_received(&t, T);
	timers_initiation_sent(&t, T + S);
	CU_ASSERT_EQUAL(t.keepalive_ns, TIMER_OFF);
	CU_ASSERT_EQUAL(t.persistent_ns, T + 26 * S);
	timers_data_received(&t, T + 2 * S);
	timers_response_sent(&t, T + 3 * S);
	CU_ASSERT_EQUAL(t.keepalive_ns, TIMER_OFF);
	CU_ASSERT_EQUAL(t.persistent_ns, T + 28 * S);
	t.retry_ns = T + 9 * S;
	timers_response_sent(&t, T + 4 * S);
	CU_ASSERT_EQUAL(t.retry_ns, T + 9 * S); /* late enough */
}

static void nothing_left(void)
{
	reset();
	CU_ASSERT_FALSE(timers_set_persistent(&t, 0, T));
	timers_session_derived(&t, T);
	timers_data_sent(&t, T);
	timers_data_received(&t, T);
	timers_keys_wiped(&t);
	CU_ASSERT_EQUAL(timers_next(&t), TIMER_OFF);
	CU_ASSERT_TRUE(timers_set_persistent(&t, 25, T));
	timers_identity_changed(&t, false);
	CU_ASSERT_EQUAL(timers_next(&t), TIMER_OFF);
	timers_identity_changed(&t, true);
	CU_ASSERT_EQUAL(timers_next(&t), 0);
}

/* The report that brings the news may be 100 ms late: the jitter leaves out as much, and no more. */
static void jitter_of_the_unanswered(void)
{
	uint64_t most = 0;

	reset();
	for (unsigned i = 0; i < 10000; i++) {
		t.unanswered_ns = TIMER_OFF;
		timers_data_sent(&t, T);
		uint64_t after = t.unanswered_ns - T - 15 * S;
		most = after > most ? after : most;
	}
	CU_ASSERT_TRUE(most > 232 * CLOCK_MS + 500 * CLOCK_US && most < 233 * CLOCK_MS);
}

static const struct unit_test tests[] = {
	{"A4, A41: a new peer's timers are silent", silent_at_first},
	{"A33: retry after 5 s and up to 333 ms", retry},
	{"A33: the jitter is uniform over its range", jitter},
	{"A33: a response that we sent defers an initiation by 5 s", response_counts},
	{"A33, C9: a response moves the retry and does not lose it", response_moves_retry},
	{"A33: no retry after the handshake", complete_ends_retry},
	{"A31, A35: a wish older than its fulfilment is ignored", outdated_wish},
	{"A34: 90 s of attempts, then the zeroing timer", gives_up},
	{"A34, A39: giving up does not put off an armed zeroing timer", gives_up_keeps_zero},
	{"A35: new traffic starts the 90 s anew", traffic_starts_anew},
	{"A35: a keepalive does not", keepalive_is_no_traffic},
	{"A36: 15 s from the first unanswered data", unanswered},
	{"A36, C6: an answer ends it; the next data starts it", answered},
	{"A37: one keepalive 10 s after data", keepalive},
	{"A37: none when something was sent, none for keepalives", no_keepalive},
	{"A38, A40: persistent keepalive", persistent},
	{"A40: keepalives that could not be sent", keepalives_unsent},
	{"A38: setting it again does not put it off", persistent_again},
	{"A38: reports out of order", persistent_late_report},
	{"A39: 540 s after the last new key", zero},
	{"A39: when the keys are gone, nothing waits for an answer", wiped},
	{"A41, A54: stopped", stopped},
	{"A54: another private key", identity_changes},
	{"A41, C29: after suspend each timer fires once", after_suspend},
	{"A34: the last attempt", the_last_attempt},
	{"A35, A38: wishes after a handshake", wishes_after_a_handshake},
	{"A37, A38: messages of handshakes are packets", handshakes_are_packets},
	{"A39, A54: no keys, no timers", nothing_left},
	{"A36: the jitter for unanswered data", jitter_of_the_unanswered},
	{NULL, NULL},
};

const struct unit_suite suite_timers = {"timers", tests};
