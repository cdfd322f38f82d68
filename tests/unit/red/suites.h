/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef RED_SUITES_H
#define RED_SUITES_H

#include "unit.h"

extern const struct unit_suite suite_complain, suite_drops, suite_hostile, suite_ipv6, suite_links,
	suite_opened, suite_receive, suite_swept, suite_tunnel;

#endif
