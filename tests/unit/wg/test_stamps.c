/* SPDX-License-Identifier: BSD-3-Clause */
/* Times for initiations, over clock steps and restarts. */
#include "wg/stamps.h"

#include "fixture.h"
#include "suites.h"
#include "wg/timestamp.h"

#define S    CLOCK_SECOND
#define DAY  (86400 * S)
#define YEAR (365 * DAY)

static struct stamps s;
static struct wg_now now;
static uint64_t kept_ns; /* on disk */
static uint64_t last_ns; /* of some peer, which is there for ever */

static void pass(uint64_t ns)
{
	now.boot_ns += ns;
	now.wall_ns += ns;
}

static void keep(uint64_t mark_ns)
{
	kept_ns = mark_ns;
	stamps_reserved(&s, mark_ns);
}

/* The process starts, or starts again: what it knew is lost. */
static void start(void)
{
	now.boot_ns = 77 * S; /* the machine may have been started again, too */
	keep(stamps_begin(&s, now, kept_ns));
}

static void first_start(void)
{
	now.wall_ns = START_WALL_NS;
	kept_ns = last_ns = 0;
	start();
}

/* Later than all before, and before what is on disk. A mark that is asked for is written at once. */
static void take(void)
{
	uint64_t before_ns = last_ns;

	CU_ASSERT_TRUE(stamps_take(&s, now, &last_ns));
	CU_ASSERT_TRUE(last_ns > before_ns);
	CU_ASSERT_TRUE(last_ns < kept_ns);
	CU_ASSERT_EQUAL(timestamp_round(last_ns), last_ns);
	uint64_t mark_ns = stamps_wanted(&s, now);
	if (mark_ns != 0)
		keep(mark_ns);
}

static void follows_the_clock(void)
{
	first_start();
	take();
	CU_ASSERT_EQUAL(last_ns, START_WALL_NS);
	for (unsigned i = 0; i < 1000; i++) {
		pass(120 * S);
		take();
		CU_ASSERT_EQUAL(last_ns, now.wall_ns);
		CU_ASSERT_EQUAL(stamps_doubt(&s, now), 0);
	}
}

/* Marks are whole seconds, far ahead, and asked for once. */
static void marks_are_rare(void)
{
	unsigned marks = 0;

	first_start();
	CU_ASSERT_EQUAL(kept_ns, START_WALL_NS + 61 * S);
	for (unsigned i = 0; i < 3600; i++) {
		uint64_t mark_ns = stamps_wanted(&s, now);
		CU_ASSERT_EQUAL(stamps_wanted(&s, now), 0);
		CU_ASSERT_EQUAL(mark_ns % S, 0);
		if (mark_ns != 0) {
			CU_ASSERT_TRUE(mark_ns > now.wall_ns + 600 * S);
			CU_ASSERT_TRUE(mark_ns <= now.wall_ns + 601 * S);
			keep(mark_ns);
			marks++;
		}
		take();
		pass(S);
	}
	CU_ASSERT_TRUE(marks >= 11 && marks <= 13);
}

/* Without an answer from the disk times go on, by steps, to the mark and not beyond. */
static void the_disk_is_slow(void)
{
	unsigned taken = 0;

	first_start();
	CU_ASSERT_NOT_EQUAL(stamps_wanted(&s, now), 0);
	while (stamps_take(&s, now, &last_ns) && taken < 10000) {
		CU_ASSERT_TRUE(last_ns < kept_ns);
		pass(5 * S);
		taken++;
	}
	CU_ASSERT_TRUE(taken >= 3600 && taken < 3700); /* 60 to the second */
	uint64_t before_ns = last_ns;
	CU_ASSERT_FALSE(stamps_take(&s, now, &last_ns));
	CU_ASSERT_EQUAL(last_ns, before_ns);
	keep(now.wall_ns + 600 * S);
	take();
	CU_ASSERT_EQUAL(last_ns, timestamp_round(now.wall_ns));
}

static void nothing_before_the_mark_is_kept(void)
{
	uint64_t other_ns = 0;

	now = (struct wg_now){.boot_ns = S, .wall_ns = START_WALL_NS};
	uint64_t mark_ns = stamps_begin(&s, now, 0);
	CU_ASSERT_FALSE(stamps_take(&s, now, &other_ns));
	CU_ASSERT_EQUAL(other_ns, 0);
	stamps_reserved(&s, mark_ns);
	CU_ASSERT_TRUE(stamps_take(&s, now, &other_ns));
	stamps_reserved(&s, S); /* old news */
	CU_ASSERT_TRUE(stamps_take(&s, now, &other_ns));
}

static void restarts(void)
{
	first_start();
	for (unsigned i = 0; i < 100; i++) {
		take();
		pass(S * (i % 7));
		start(); /* a crash: the mark stays where it was */
	}
	/* many restarts in a row do not drive the times far ahead of the clock */
	CU_ASSERT_TRUE(last_ns < now.wall_ns + 100 * 61 * S + 601 * S);
	pass(7200 * S);
	take(); /* the mark is from before: this one has to stay below it */
	take();
	CU_ASSERT_EQUAL(last_ns, now.wall_ns);
}

static void restart_with_the_clock_back(void)
{
	first_start();
	pass(1000 * S);
	take();
	now.wall_ns -= DAY;
	take();
	start();
	take();
	for (unsigned i = 0; i < 1000; i++) {
		pass(120 * S);
		take();
	}
	start();
	take();
	CU_ASSERT_EQUAL(stamps_doubt(&s, now), 0);
	CU_ASSERT_TRUE(last_ns < now.wall_ns + DAY);
}

/* A year ahead and corrected: no time is so far ahead, and after it all is as before. */
static void a_year_ahead(void)
{
	first_start();
	take();
	now.wall_ns += YEAR;
	take();
	CU_ASSERT_EQUAL(stamps_doubt(&s, now), YEAR);
	for (unsigned i = 0; i < 10; i++) {
		pass(100 * S);
		take();
		start();
		take();
		CU_ASSERT_TRUE(stamps_doubt(&s, now) > YEAR - DAY);
		CU_ASSERT_TRUE(last_ns < START_WALL_NS + DAY);
		CU_ASSERT_TRUE(kept_ns < START_WALL_NS + DAY);
	}
	now.wall_ns -= YEAR;
	pass(3600 * S);
	take();
	take();
	CU_ASSERT_EQUAL(last_ns, now.wall_ns);
	CU_ASSERT_EQUAL(stamps_doubt(&s, now), 0);
}

/* Up to an hour is believed, to the second; and more when the administrator says so. */
static void doubt(void)
{
	first_start();
	pass(100 * S);
	now.wall_ns += 3600 * S;
	take();
	CU_ASSERT_EQUAL(stamps_doubt(&s, now), 0);
	now.wall_ns += 1;
	CU_ASSERT_EQUAL(stamps_doubt(&s, now), 3600 * S + 1);
	take(); /* it rises nevertheless */
	CU_ASSERT_TRUE(last_ns < START_WALL_NS + 3800 * S);
	now.wall_ns += YEAR;
	stamps_accept(&s, now);
	CU_ASSERT_EQUAL(stamps_doubt(&s, now), 0);
	take();
	take();
	CU_ASSERT_EQUAL(last_ns, timestamp_round(now.wall_ns));
}

static void every_peer_rises(void)
{
	uint64_t a_ns = 0, b_ns = 0;

	first_start();
	stamps_take(&s, now, &a_ns);
	stamps_take(&s, now, &b_ns);
	CU_ASSERT_EQUAL(a_ns, b_ns); /* thousands of peers do not drive each other ahead */
	stamps_take(&s, now, &a_ns);
	CU_ASSERT_EQUAL(a_ns, timestamp_next(b_ns));
	stamps_retire(&s, a_ns);
	b_ns = 0; /* another that takes its place, perhaps the same again */
	stamps_take(&s, now, &b_ns);
	CU_ASSERT_EQUAL(b_ns, timestamp_next(a_ns));
	stamps_retire(&s, 0);
	stamps_retire(&s, a_ns); /* does not bring the floor down */
	CU_ASSERT_TRUE(s.floor_ns == b_ns);
}

/* A process that ends in peace leaves a mark that is near. */
static void the_end(void)
{
	first_start();
	for (unsigned i = 0; i < 20; i++) {
		take();
		kept_ns = stamps_end(&s, now);
		CU_ASSERT_TRUE(kept_ns > last_ns && kept_ns <= last_ns + S);
		start();
	}
	CU_ASSERT_TRUE(last_ns < now.wall_ns + 21 * S);
	first_start(); /* never initiates: the next life is not to wonder at the clock */
	pass(30 * DAY);
	kept_ns = stamps_end(&s, now);
	pass(3500 * S);
	start();
	CU_ASSERT_EQUAL(stamps_doubt(&s, now), 0);
}

static void without_a_mark(void)
{
	s = (struct stamps){0};
	now = (struct wg_now){.boot_ns = S, .wall_ns = START_WALL_NS};
	last_ns = 0;
	CU_ASSERT_TRUE(stamps_take(&s, now, &last_ns));
	now.wall_ns += YEAR;
	CU_ASSERT_TRUE(stamps_take(&s, now, &last_ns));
	CU_ASSERT_EQUAL(last_ns, now.wall_ns);
	CU_ASSERT_EQUAL(stamps_wanted(&s, now), 0);
	CU_ASSERT_EQUAL(stamps_doubt(&s, now), 0);
}

/* A wall clock or a mark beyond all reason overflows nothing. */
static void the_end_of_time(void)
{
	uint64_t other_ns = 0;

	now = (struct wg_now){.boot_ns = S, .wall_ns = UINT64_MAX};
	stamps_reserved(&s, stamps_begin(&s, now, UINT64_MAX));
	CU_ASSERT_TRUE(stamps_take(&s, now, &other_ns));
	CU_ASSERT_TRUE(other_ns >= 1ull << 63 && other_ns < (1ull << 63) + DAY);
}

/* Who is new is not told an earlier time than the others were, though the clock has stepped back. */
static void nobody_hears_of_the_past(void)
{
	uint64_t old = 0, new = 0;

	now = (struct wg_now){.boot_ns = 1000 * S, .wall_ns = START_WALL_NS};
	stamps_reserved(&s, stamps_begin(&s, now, 0));
	CU_ASSERT_TRUE(stamps_take(&s, now, &old));
	now.wall_ns -= 3000 * S;
	CU_ASSERT_TRUE(stamps_take(&s, now, &new));
	CU_ASSERT_EQUAL(new, old);
}

/* Times that have run ahead of the clock, step by step, are all before the last mark. */
static void the_end_is_after_all(void)
{
	uint64_t last = 0;

	now = (struct wg_now){.boot_ns = 1000 * S, .wall_ns = START_WALL_NS};
	stamps_reserved(&s, stamps_begin(&s, now, 0));
	for (unsigned i = 0; i < 300; i++)
		CU_ASSERT_TRUE(stamps_take(&s, now, &last));
	CU_ASSERT_TRUE(last > now.wall_ns + 4 * S);
	CU_ASSERT_TRUE(stamps_end(&s, now) > last);
}

/* A mark is wanted half of its reach before it, of the clock or of times that ran ahead of it. */
static void wanted_exactly(void)
{
	struct stamps as;

	now = (struct wg_now){.boot_ns = 1000 * S, .wall_ns = START_WALL_NS};
	stamps_begin(&s, now, 0);
	s.wanted_ns = s.mark_ns = now.wall_ns + STAMPS_RESERVE / 2;
	as = s;
	CU_ASSERT_NOT_EQUAL(stamps_wanted(&as, now), 0);
	s.wanted_ns = ++s.mark_ns;
	as = s;
	CU_ASSERT_EQUAL(stamps_wanted(&as, now), 0);
	s.greatest_ns = s.mark_ns - STAMPS_HOLD / 2 - 1;
	as = s;
	CU_ASSERT_EQUAL(stamps_wanted(&as, now), 0);
	s.greatest_ns++;
	as = s;
	CU_ASSERT_NOT_EQUAL(stamps_wanted(&as, now), 0);
}

static const struct unit_test tests[] = {
	{"A13, C30: times follow the clock", follows_the_clock},
	{"C30: marks are written down seldom, and ahead", marks_are_rare},
	{"C30: while a mark is awaited times rise, up to the one before", the_disk_is_slow},
	{"C30: nothing is given out before a mark is kept", nothing_before_the_mark_is_kept},
	{"C30: times rise over restarts, and stay near the clock", restarts},
	{"C30: a restart with the clock a day back", restart_with_the_clock_back},
	{"C30: a clock that is a year ahead, restarts, and a correction", a_year_ahead},
	{"C30: over an hour ahead the administrator is asked", doubt},
	{"A13: times rise for each peer, and for who takes its place", every_peer_rises},
	{"C30: an orderly end leaves a near mark", the_end},
	{"A13: without a mark the clock is followed", without_a_mark},
	{"C30: absurd clocks and marks", the_end_of_time},
	{"A13, C30: nobody hears of the past", nobody_hears_of_the_past},
	{"C30: what a life leaves behind is after all that it said", the_end_is_after_all},
	{"C30: when a mark is wanted, exactly", wanted_exactly},
	{NULL, NULL},
};

const struct unit_suite suite_stamps = {"stamps", tests};
