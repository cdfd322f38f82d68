/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

int main(int argc, char **argv)
{
	static const struct unit_suite *const suites[] = {
		&suite_addr,
		&suite_bytes,
		&suite_clock,
		&suite_cursor,
		&suite_log,
		NULL,
	};

	return unit_main(argc, argv, suites);
}
