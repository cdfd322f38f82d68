/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NET_SUITES_H
#define NET_SUITES_H

#include "unit.h"

extern const struct unit_suite suite_answer, suite_arp, suite_checksum, suite_ecn,
	suite_ethernet, suite_fragment, suite_frame, suite_icmp, suite_ip, suite_merge, suite_mld,
	suite_nd, suite_neighbour, suite_source, suite_split, suite_udp;

#endif
