/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

int main(int argc, char **argv)
{
	static const struct unit_suite *const suites[] = {
		&suite_answer,
		&suite_arp,
		&suite_checksum,
		&suite_ecn,
		&suite_ethernet,
		&suite_fragment,
		&suite_frame,
		&suite_icmp,
		&suite_ip,
		&suite_merge,
		&suite_mld,
		&suite_nd,
		&suite_neighbour,
		&suite_source,
		&suite_split,
		&suite_udp,
		NULL,
	};

	return unit_main(argc, argv, suites);
}
