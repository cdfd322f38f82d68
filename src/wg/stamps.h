/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which times this device says it sent its initiations at (A13, C30). A peer believes only what is
 * later than all it has seen from our key, for ever. So
 *
 *  - times never fall, whatever the wall clock does, nor from one life of the process to the next:
 *    they stay below a mark that has been written down before they are used, and a new life starts
 *    at the mark of the one before;
 *  - a wall clock that is far ahead is not followed, as the way back would take just as long: past
 *    an hour ahead of what the boot-time clock says, times go on without it until an administrator
 *    accepts it. That harms nobody: they need not be right, only rising.
 *
 * All times are in nanoseconds; wall times since 1970, rounded as timestamp_round() does.
 */
#ifndef WG_STAMPS_H
#define WG_STAMPS_H

#include <stdbool.h>
#include <stdint.h>

#include "wg/device.h"

#define STAMPS_LEAD    (3600 * CLOCK_SECOND) /* so far ahead the wall clock is believed */
#define STAMPS_HOLD    (60 * CLOCK_SECOND)   /* kept for times that must rise while a mark is awaited */
#define STAMPS_RESERVE (600 * CLOCK_SECOND)  /* how far ahead of the clock a mark is */

/* Zeroed: no mark and no doubt; for a device that need not outlive its process. */
struct stamps {
	uint64_t anchor_wall_ns; /* what the wall clock is measured by: a time that was good ... */
	uint64_t anchor_boot_ns; /* ... at this one */
	uint64_t floor_ns;       /* no peer's time is before it */
	uint64_t greatest_ns;    /* that was given out */
	uint64_t mark_ns;        /* all that are given out are before it */
	uint64_t wanted_ns;      /* the mark that was asked for */
	bool begun;
};

/*
 * With the mark that a former life left, or 0. Returns the one to write down now: before
 * stamps_reserved() has confirmed it no time is given out.
 */
uint64_t stamps_begin(struct stamps *s, struct wg_now now, uint64_t kept_mark_ns);
/* This mark has been written down and will be there after a crash. An older one than known: no change. */
void stamps_reserved(struct stamps *s, uint64_t mark_ns);
/*
 * A10, A13. A time for a peer whose last was *last_ns (0: none), into it. False when there is none before the
 * mark: then nothing has changed. The peer compares only with what we sent to it, so that times are
 * strictly rising per peer: a device with thousands of peers makes more initiations than there are
 * time stamps in a second.
 */
bool stamps_take(struct stamps *s, struct wg_now now, uint64_t *last_ns);
/* A peer that was given last_ns goes away: whoever takes its place is to start later. */
void stamps_retire(struct stamps *s, uint64_t last_ns);
/* A mark that is to be written down, soon; 0: none, or it was asked for already. */
uint64_t stamps_wanted(struct stamps *s, struct wg_now now);
/*
 * What to write down when the process ends: all times that were given out are before it, and it is not
 * long ago, as the next life measures the clock by it.
 */
uint64_t stamps_end(const struct stamps *s, struct wg_now now);
/* The administrator says that the wall clock is right. */
void stamps_accept(struct stamps *s, struct wg_now now);
/* How far the wall clock is ahead of what is believed; 0: it is believed. */
uint64_t stamps_doubt(const struct stamps *s, struct wg_now now);

#endif
