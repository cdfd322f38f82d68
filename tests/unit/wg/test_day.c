/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Days of two nodes, with everything that goes wrong in one: the wire is cut, both ways or one, nodes
 * restart, wall clocks step, addresses change. A day is a row of episodes. In each the nodes talk for
 * a while in peace, then there is a fault, and then it is measured how long traffic takes to be back.
 *
 * DAYS=n in the environment runs n days on each wire, LONG=yes twenty; else it is one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"
#include "suites.h"

#define S   CLOCK_SECOND
#define MS  CLOCK_MS
#define DAY (86400 * S)

/* What is promised, from the end of a fault on. */
#define BACK_WITHIN  (15400 * MS)
#define BACK_PER_LOST (5400 * MS)
#define KEY_AGE_MOST (135 * S)

#define DENSE (10 * MS) /* between packets while it is measured: else one waits for the packet itself */

static struct sim s;

struct day {
	bool talks[2];
	uint64_t slack_ns; /* the bounds are for a wire of 10 ms; a longer one adds its three flights */
	unsigned episodes;
	unsigned late;
	uint64_t slowest_ns;        /* less what lost messages of handshakes account for */
	uint64_t oldest_key_ns;     /* while none was lost */
	uint64_t oldest_at_loss_ns; /* or some were */
};

static void talk(const struct day *d, uint64_t interval_ns)
{
	for (unsigned i = 0; i < 2; i++)
		sim_talk(&s, i, d->talks[i] ? interval_ns : 0);
}

static uint64_t between(uint64_t least, uint64_t most)
{
	return least + fixture_below(most - least);
}

static void keep_greatest(uint64_t *greatest, uint64_t value)
{
	if (value > *greatest)
		*greatest = value;
}

/* ---- in peace ---- */

/*
 * Nothing is lost that the wire delivered, nothing comes twice, and keys are renewed in time. What was
 * lost of a handshake puts off the renewal: a silent initiator's first message comes again after 10 s.
 */
static void check_peace(struct day *d)
{
	uint64_t most = KEY_AGE_MOST + s.handshakes_lost * BACK_WITHIN + d->slack_ns;

	for (unsigned i = 0; i < 2; i++) {
		const struct sim_counts *c = &s.node[i].counts;
		CU_ASSERT_EQUAL(c->delivered_twice, 0);
		CU_ASSERT_EQUAL(c->sealed_too_old, 0);
		CU_ASSERT_EQUAL(c->bad_mac1, 0);
		CU_ASSERT_EQUAL(c->refused, 0);
		CU_ASSERT_EQUAL(c->staged_dropped, 0);
		CU_ASSERT_TRUE(c->oldest_key_ns <= most);
		keep_greatest(s.handshakes_lost == 0 ? &d->oldest_key_ns : &d->oldest_at_loss_ns,
			c->oldest_key_ns);
	}
}

static void in_peace(struct day *d)
{
	sim_run(&s, 2 * S); /* what was sent under keys that are gone arrives, and is refused */
	sim_reset_counts(&s);
	sim_run(&s, between(30 * S, 600 * S));
	check_peace(d);
}

/* Nobody talks, for long enough that keys are wiped, or not. */
static void in_silence(struct day *d)
{
	talk(d, 0);
	sim_run(&s, between(1 * S, 1200 * S));
	talk(d, between(100 * MS, 500 * MS));
}

/* ---- faults ---- */

static void step_clock(unsigned side)
{
	static const int64_t steps_s[] = {1, 59, 600, 3500, 86400, 366 * 86400};
	int64_t step = steps_s[fixture_below(sizeof(steps_s) / sizeof(steps_s[0]))] * (int64_t)S;
	struct sim_node *n = &s.node[side];

	if (n->wall_offset_ns != 0)
		n->wall_offset_ns = 0; /* somebody has corrected it */
	else
		n->wall_offset_ns = fixture_below(2) ? step : -step;
}

/* Nobody learns where a side is that says nothing: the other would talk to its old place. */
static void move(const struct day *d, unsigned side)
{
	side = d->talks[side] ? side : !side;
	struct endpoint *at = &s.node[side].at;

	endpoint_parse(at, fixture_below(2) ? "198.51.100.9:1" : "[2001:db8::9]:2");
	at->port = (uint16_t)between(2000 + side * 1000, 3000 + side * 1000);
}

/* A cut of a second, of some minutes, or of so long that keys end and attempts are given up. */
static void cut(bool side0, bool side1)
{
	static const uint64_t longest[] = {3 * S, 60 * S, 200 * S, 900 * S};

	s.node[0].cut = side0;
	s.node[1].cut = side1;
	sim_run(&s, between(100 * MS, longest[fixture_below(4)]));
}

static void cut_and_restart(unsigned side)
{
	cut(true, true);
	sim_restart(&s, side);
	sim_run(&s, between(10 * MS, 100 * S));
}

static void restart_both(void)
{
	sim_restart(&s, 0);
	sim_run(&s, between(10 * MS, 10 * S));
	sim_restart(&s, 1);
}

static void fault(const struct day *d)
{
	unsigned side = (unsigned)fixture_below(2);

	switch (fixture_below(9)) {
	case 0:
	case 1:
		cut(true, true);
		break;
	case 2:
		cut(side == 0, side == 1);
		break;
	case 3:
		sim_restart(&s, side);
		break;
	case 4:
		restart_both();
		break;
	case 5:
		cut_and_restart(side);
		break;
	case 6:
		step_clock(side);
		break;
	case 7:
		step_clock(side);
		sim_restart(&s, side);
		break;
	case 8:
		move(d, side);
		break;
	}
}

/* ---- and after them ---- */

static bool all_back(const struct day *d)
{
	return (!d->talks[0] || s.node[1].back_ns != 0) && (!d->talks[1] || s.node[0].back_ns != 0);
}

static void check_back(struct day *d, unsigned side)
{
	const struct sim_node *n = &s.node[side];
	uint64_t at_ns = n->back_ns ? n->back_ns : s.now_ns + DAY; /* never */
	uint64_t took = at_ns - s.mark_ns;
	uint64_t lost = n->back_lost * BACK_PER_LOST;

	if (!d->talks[!side])
		return;
	d->late += took > BACK_WITHIN + lost + d->slack_ns;
	keep_greatest(&d->slowest_ns, took > lost ? took - lost : 0);
}

/*
 * C30: however far ahead a clock was for a time, no peer has seen a time stamp that is far ahead: so
 * also a node that lost its mark would be heard again. (An hour is believed, and marks are ahead.)
 */
static void check_stamps(void)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct sim_node *n = &s.node[i];
		const struct peer *peer = peer_at(&n->device->peers, n->slot);
		CU_ASSERT_TRUE(peer->stamped_ns < START_WALL_NS + s.now_ns + 3 * 3600 * S);
		CU_ASSERT_TRUE(peer->stamped_ns < n->mark_ns);
	}
}

static void heal(struct day *d)
{
	talk(d, DENSE);
	sim_run(&s, 2 * DENSE);
	s.node[0].cut = s.node[1].cut = false;
	sim_mark(&s);
	for (unsigned i = 0; i < 1000 && !all_back(d); i++)
		sim_run(&s, 100 * MS);
	check_back(d, 0);
	check_back(d, 1);
	check_stamps();
}

static void episode(struct day *d)
{
	unsigned who = (unsigned)fixture_below(4);

	d->episodes++;
	d->talks[0] = who != 0;
	d->talks[1] = who != 1;
	talk(d, between(200 * MS, 1000 * MS));
	if (fixture_below(8) == 0)
		in_silence(d);
	sim_mark(&s); /* what is lost from here on may show in an old key below */
	sim_run(&s, 20 * S); /* what was silent before may have let its key grow old */
	in_peace(d);
	fault(d);
	heal(d);
	talk(d, between(200 * MS, 1000 * MS));
}

static unsigned days(void)
{
	const char *text = getenv("DAYS"), *is_long = getenv("LONG");

	if (text)
		return (unsigned)atoi(text);
	return is_long && strcmp(is_long, "yes") == 0 ? 20 : 1;
}

struct wire {
	const char *name;
	unsigned seed;
	unsigned permille; /* lost, and as many doubled */
	uint64_t delay_min_ns, delay_max_ns; /* different: messages overtake each other */
};

static void report(const struct day *d, const struct wire *w, const char *seeds, unsigned seed)
{
	printf("# %s wire, %s %u: %u episodes, slowest %.3f s, oldest key %.1f s, where messages "
		"of handshakes were lost %.1f s\n", w->name, seeds, seed, d->episodes,
		(double)d->slowest_ns / S, (double)d->oldest_key_ns / S,
		(double)d->oldest_at_loss_ns / S);
}

static struct day run_day(const struct wire *w, unsigned seed)
{
	struct day d = {0};

	sim_init(&s, seed);
	s.loss_permille = s.duplicate_permille = w->permille;
	s.delay_min_ns = w->delay_min_ns;
	s.delay_max_ns = w->delay_max_ns;
	d.slack_ns = 3 * (s.delay_max_ns - 10 * MS);
	uint64_t until = s.now_ns + DAY;
	while (s.now_ns < until)
		episode(&d);
	CU_ASSERT_EQUAL(d.late, 0);
	CU_ASSERT_TRUE(d.episodes > 100);
	report(&d, w, "seed", seed);
	sim_free(&s);
	return d;
}

static void run_days(const struct wire *w)
{
	struct day worst = {0};

	for (unsigned i = 0; i < days(); i++) {
		struct day d = run_day(w, w->seed + i);
		worst.episodes += d.episodes;
		keep_greatest(&worst.slowest_ns, d.slowest_ns);
		keep_greatest(&worst.oldest_key_ns, d.oldest_key_ns);
		keep_greatest(&worst.oldest_at_loss_ns, d.oldest_at_loss_ns);
	}
	CU_ASSERT_TRUE(worst.slowest_ns > 0 && worst.oldest_key_ns > 120 * S);
	if (days() > 1)
		report(&worst, w, "all from seed", w->seed);
}

static void on_a_good_wire(void)
{
	run_days(&(struct wire){"a good", 1000, 0, 10 * MS, 10 * MS});
}

static void on_a_bad_wire(void)
{
	run_days(&(struct wire){"a bad", 2000, 30, 0, 10 * MS});
}

static void on_a_long_wire(void)
{
	run_days(&(struct wire){"a bad and long", 3000, 30, 5 * MS, 250 * MS});
}

static const struct unit_test tests[] = {
	{"A31, A36, C6, C9, C29, C30: a day of faults: traffic is back within 15.4 s", on_a_good_wire},
	{"A24, A33, C7, C8, C30: and within 5.4 s more for each handshake message lost", on_a_bad_wire},
	{"A24, A33, C7, C8, C30: and on a long wire that loses, doubles and reorders", on_a_long_wire},
	{NULL, NULL},
};

const struct unit_suite suite_day = {"day", tests};
