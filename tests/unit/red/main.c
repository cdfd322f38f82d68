/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal.h"
#include "suites.h"

int main(int argc, char **argv)
{
	static const struct unit_suite *const suites[] = {
		&suite_tunnel,
		&suite_links,
		&suite_receive,
		&suite_complain,
		&suite_opened,
		&suite_ipv6,
		&suite_swept,
		&suite_drops,
		&suite_hostile,
		NULL,
	};

	unit_eal();
	return unit_main(argc, argv, suites);
}
