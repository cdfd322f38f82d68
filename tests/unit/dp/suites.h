/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DP_SUITES_H
#define DP_SUITES_H

#include "unit.h"

extern const struct unit_suite suite_bell, suite_engine, suite_lcore, suite_meter,
	suite_packet, suite_pool, suite_ring, suite_zone;

#endif
