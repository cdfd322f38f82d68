/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal.h"
#include "suites.h"

int main(int argc, char **argv)
{
	const struct unit_suite *const suites[] = {&suite_zone, &suite_ring, &suite_pool,
		&suite_bell, &suite_engine, &suite_lcore, &suite_meter, &suite_packet, NULL};

	unit_eal();
	return unit_main(argc, argv, suites);
}
