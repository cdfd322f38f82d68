/* SPDX-License-Identifier: BSD-3-Clause */
#include "dp/meter.h"

#include <errno.h>
#include <string.h>

#include <rte_cycles.h>

#include "util/clock.h"

/* rte_meter's time is the CPU's; ours goes on in suspend and is a parameter. Only the unit is its. */
static uint64_t cycles(uint64_t now_ns)
{
	return (uint64_t)((unsigned __int128)now_ns * rte_get_tsc_hz() / CLOCK_SECOND);
}

static int single_rate(struct rte_meter_srtcm_profile *profile, uint32_t per_second, uint32_t burst)
{
	struct rte_meter_srtcm_params params = {.cir = per_second, .cbs = burst};

	return rte_meter_srtcm_profile_config(profile, &params) == 0 ? 0 : -EINVAL;
}

static int fill(struct rte_meter_srtcm *state, struct rte_meter_srtcm_profile *profile,
	uint64_t now_ns)
{
	if (rte_meter_srtcm_config(state, profile) != 0)
		return -EINVAL;
	state->time = cycles(now_ns);
	return 0;
}

int meter_init(struct meter *m, uint32_t per_second, uint32_t burst, uint64_t now_ns)
{
	int rc = single_rate(&m->profile, per_second, burst);

	return rc == 0 ? fill(&m->state, &m->profile, now_ns) : rc;
}

static bool take(struct rte_meter_srtcm *state, struct rte_meter_srtcm_profile *profile,
	uint64_t now_ns)
{
	return rte_meter_srtcm_color_blind_check(state, profile, cycles(now_ns), 1) ==
		RTE_COLOR_GREEN;
}

bool meter_take(struct meter *m, uint64_t now_ns)
{
	return take(&m->state, &m->profile, now_ns);
}

int meter_parts_init(struct meter_parts *m, uint32_t committed, uint32_t excess, uint64_t now_ns)
{
	struct rte_meter_trtcm_rfc4115_params params = {
		.cir = committed, .cbs = committed, .eir = excess, .ebs = excess};

	m->limited = committed > 0;
	if (!m->limited)
		return 0;
	if (rte_meter_trtcm_rfc4115_profile_config(&m->profile, &params) != 0 ||
		rte_meter_trtcm_rfc4115_config(&m->state, &m->profile) != 0)
		return -EINVAL;
	m->state.time_tc = m->state.time_te = cycles(now_ns);
	return 0;
}

bool meter_parts_take(struct meter_parts *m, bool within_share, uint64_t now_ns)
{
	enum rte_color color = within_share ? RTE_COLOR_GREEN : RTE_COLOR_YELLOW;

	return !m->limited || rte_meter_trtcm_rfc4115_color_aware_check(&m->state, &m->profile,
		cycles(now_ns), 1, color) != RTE_COLOR_RED;
}

int meter_sources_init(struct meter_sources *m, uint32_t per_second, uint32_t burst,
	const uint64_t seed[static SOURCE_ROWS], uint64_t now_ns)
{
	int rc = single_rate(&m->profile, per_second, burst);

	memcpy(m->seed, seed, sizeof(m->seed));
	for (unsigned row = 0; row < SOURCE_ROWS; row++)
		for (unsigned slot = 0; slot < SOURCE_SLOTS && rc == 0; slot++)
			rc = fill(&m->bucket[row][slot], &m->profile, now_ns);
	return rc;
}

bool meter_sources_take(struct meter_sources *m, const struct ip_addr *source, uint64_t now_ns)
{
	bool has = false;

	for (unsigned row = 0; row < SOURCE_ROWS; row++) {
		uint64_t slot = source_hash(source, m->seed[row]) % SOURCE_SLOTS;
		has |= take(&m->bucket[row][slot], &m->profile, now_ns);
	}
	return has;
}
