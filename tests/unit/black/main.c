/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal.h"
#include "suites.h"

int main(int argc, char **argv)
{
	static const struct unit_suite *const suites[] = {
		&suite_receive,
		&suite_send,
		&suite_addresses,
		&suite_moves,
		&suite_guard,
		&suite_attack,
		&suite_ipv6,
		&suite_drops,
		&suite_drops_sending,
		&suite_hostile,
		NULL,
	};

	unit_eal();
	return unit_main(argc, argv, suites);
}
