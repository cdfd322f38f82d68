/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TESTS_UNIT_UTIL_SUITES_H
#define TESTS_UNIT_UTIL_SUITES_H

#include "unit.h"

extern const struct unit_suite suite_addr;
extern const struct unit_suite suite_bytes;
extern const struct unit_suite suite_clock;
extern const struct unit_suite suite_cursor;
extern const struct unit_suite suite_log;

#endif
