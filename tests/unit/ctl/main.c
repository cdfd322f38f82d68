/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

int main(int argc, char **argv)
{
	static const struct unit_suite *const suites[] = {
		&suite_config,
		&suite_config_files,
		&suite_config_peers,
		&suite_uapi,
		&suite_routes,
		&suite_change,
		&suite_names,
		&suite_show,
		&suite_peer,
		&suite_control,
		&suite_control_session,
		&suite_many,
		&suite_server,
		&suite_mark,
		&suite_reload,
		&suite_plan,
		&suite_threads,
		NULL,
	};

	return unit_main(argc, argv, suites);
}
