/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CRYPT_SUITES_H
#define CRYPT_SUITES_H

#include "unit.h"

extern const struct unit_suite suite_pipeline, suite_outer, suite_stage, suite_hostile, suite_route,
	suite_threads, suite_at_once;

#endif
