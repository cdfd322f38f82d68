/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal.h"
#include "suites.h"

int main(int argc, char **argv)
{
	const struct unit_suite *const suites[] = {
		&suite_pipeline, &suite_route, &suite_outer, &suite_stage, &suite_hostile,
		&suite_threads, &suite_at_once, NULL};

	unit_eal();
	return unit_main(argc, argv, suites);
}
