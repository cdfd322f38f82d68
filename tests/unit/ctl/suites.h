/* SPDX-License-Identifier: BSD-3-Clause */
/* The suites of the control layer; one line each, in the order of main.c. */
#ifndef TESTS_UNIT_CTL_SUITES_H
#define TESTS_UNIT_CTL_SUITES_H

#include "unit.h"

extern const struct unit_suite suite_config;
extern const struct unit_suite suite_config_files;
extern const struct unit_suite suite_config_peers;
extern const struct unit_suite suite_uapi;
extern const struct unit_suite suite_mark;
extern const struct unit_suite suite_routes;
extern const struct unit_suite suite_change;
extern const struct unit_suite suite_names;
extern const struct unit_suite suite_show;
extern const struct unit_suite suite_peer;
extern const struct unit_suite suite_control;
extern const struct unit_suite suite_control_session;
extern const struct unit_suite suite_many;
extern const struct unit_suite suite_reload;
extern const struct unit_suite suite_server;
extern const struct unit_suite suite_plan;
extern const struct unit_suite suite_threads;

#endif
