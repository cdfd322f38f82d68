/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/stamps.h"

#include "wg/timestamp.h"

#define LATEST (1ull << 63) /* in the year 2262: sums with it do not overflow */

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* A mark is a whole second, which rounding leaves as it is. */
static uint64_t whole_second(uint64_t ns)
{
	return (ns / CLOCK_SECOND + 1) * CLOCK_SECOND;
}

/* A wall clock that is too far ahead is not followed at all: else each restart would bring it nearer. */
static uint64_t believed(const struct stamps *s, struct wg_now now)
{
	uint64_t wall_ns = earlier(now.wall_ns, LATEST);
	uint64_t expected_ns = s->anchor_wall_ns + (now.boot_ns - s->anchor_boot_ns);

	return !s->begun || wall_ns <= expected_ns + STAMPS_LEAD ? wall_ns : expected_ns;
}

uint64_t stamps_doubt(const struct stamps *s, struct wg_now now)
{
	return earlier(now.wall_ns, LATEST) - believed(s, now);
}

void stamps_accept(struct stamps *s, struct wg_now now)
{
	s->anchor_wall_ns = earlier(now.wall_ns, LATEST);
	s->anchor_boot_ns = now.boot_ns;
}

uint64_t stamps_begin(struct stamps *s, struct wg_now now, uint64_t kept_mark_ns)
{
	uint64_t kept_ns = earlier(kept_mark_ns, LATEST);

	*s = (struct stamps){.begun = true, .floor_ns = kept_ns, .greatest_ns = kept_ns};
	stamps_accept(s, now);
	if (kept_ns != 0)
		s->anchor_wall_ns = kept_ns;
	s->wanted_ns = whole_second(later(believed(s, now), kept_ns) + STAMPS_HOLD);
	return s->wanted_ns;
}

void stamps_reserved(struct stamps *s, uint64_t mark_ns)
{
	s->mark_ns = later(s->mark_ns, mark_ns);
}

/* With a mark the clock is followed up to STAMPS_HOLD before it; the rest is for rising by steps. */
static uint64_t base(const struct stamps *s, struct wg_now now)
{
	uint64_t wall_ns = believed(s, now);

	if (s->begun && wall_ns + STAMPS_HOLD > s->mark_ns)
		wall_ns = s->mark_ns > STAMPS_HOLD ? s->mark_ns - STAMPS_HOLD : 0;
	return later(timestamp_round(wall_ns), s->floor_ns);
}

bool stamps_take(struct stamps *s, struct wg_now now, uint64_t *last_ns)
{
	uint64_t floor_ns = base(s, now);
	uint64_t stamp_ns = floor_ns;

	if (*last_ns != 0 && stamp_ns <= *last_ns)
		stamp_ns = timestamp_next(*last_ns);
	if (s->begun && stamp_ns >= s->mark_ns)
		return false;
	s->floor_ns = floor_ns;
	s->greatest_ns = later(s->greatest_ns, stamp_ns);
	*last_ns = stamp_ns;
	return true;
}

uint64_t stamps_end(const struct stamps *s, struct wg_now now)
{
	return whole_second(later(s->greatest_ns, believed(s, now)));
}

void stamps_retire(struct stamps *s, uint64_t last_ns)
{
	if (last_ns != 0)
		s->floor_ns = later(s->floor_ns, timestamp_next(last_ns));
}

/*
 * Marks are far ahead of the clock, so that writing one down is rare. They are not far ahead of times
 * that go on without the clock: those start at the mark, so every restart would push them on.
 */
uint64_t stamps_wanted(struct stamps *s, struct wg_now now)
{
	uint64_t wall_ns = believed(s, now);
	uint64_t known_ns = later(s->mark_ns, s->wanted_ns);
	uint64_t reach_ns = stamps_doubt(s, now) == 0 ? STAMPS_RESERVE : STAMPS_HOLD;

	if (!s->begun || (wall_ns + reach_ns / 2 < known_ns &&
		s->greatest_ns + STAMPS_HOLD / 2 < known_ns))
		return 0;
	s->wanted_ns =
		whole_second(later(wall_ns + reach_ns, s->greatest_ns + STAMPS_HOLD));
	return s->wanted_ns;
}
