/* SPDX-License-Identifier: BSD-3-Clause */
/* The suites of the protocol core; one line each, in the order of main.c. */
#ifndef TESTS_UNIT_WG_SUITES_H
#define TESTS_UNIT_WG_SUITES_H

#include "unit.h"

extern const struct unit_suite suite_cookie;
extern const struct unit_suite suite_checker;
extern const struct unit_suite suite_jar;
extern const struct unit_suite suite_ratelimit;
extern const struct unit_suite suite_index;
extern const struct unit_suite suite_indices;
extern const struct unit_suite suite_lanes;
extern const struct unit_suite suite_allowedips;
extern const struct unit_suite suite_replay;
extern const struct unit_suite suite_session;
extern const struct unit_suite suite_timestamp;
extern const struct unit_suite suite_stamps;
extern const struct unit_suite suite_noise;
extern const struct unit_suite suite_schedule;
extern const struct unit_suite suite_timers;
extern const struct unit_suite suite_peer;
extern const struct unit_suite suite_handshake;
extern const struct unit_suite suite_begin;
extern const struct unit_suite suite_recorded;
extern const struct unit_suite suite_cookie_reply;
extern const struct unit_suite suite_initiation;
extern const struct unit_suite suite_clockwork;
extern const struct unit_suite suite_admin;
extern const struct unit_suite suite_edges;
extern const struct unit_suite suite_hidden;
extern const struct unit_suite suite_memory;
extern const struct unit_suite suite_simulation;
extern const struct unit_suite suite_day;

#endif
