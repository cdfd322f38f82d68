/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

int main(int argc, char **argv)
{
	static const struct unit_suite *const suites[] = {
		&suite_cookie,
		&suite_checker,
		&suite_jar,
		&suite_ratelimit,
		&suite_index,
		&suite_indices,
		&suite_lanes,
		&suite_allowedips,
		&suite_replay,
		&suite_session,
		&suite_timestamp,
		&suite_stamps,
		&suite_noise,
		&suite_schedule,
		&suite_timers,
		&suite_peer,
		&suite_handshake,
		&suite_begin,
		&suite_recorded,
		&suite_cookie_reply,
		&suite_initiation,
		&suite_clockwork,
		&suite_admin,
		&suite_edges,
		&suite_hidden,
		&suite_memory,
		&suite_simulation,
		&suite_day,
		NULL,
	};

	return unit_main(argc, argv, suites);
}
