/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

int main(int argc, char **argv)
{
	static const struct unit_suite *const suites[] = {
		&suite_config,
		&suite_config_files,
		&suite_config_peers,
		NULL,
	};

	return unit_main(argc, argv, suites);
}
