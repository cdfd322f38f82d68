/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BLACK_SUITES_H
#define BLACK_SUITES_H

#include "unit.h"

extern const struct unit_suite suite_addresses, suite_attack, suite_drops, suite_drops_sending,
	suite_guard, suite_hostile, suite_ipv6, suite_moves, suite_receive, suite_send;

#endif
