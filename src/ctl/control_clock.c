/* SPDX-License-Identifier: BSD-3-Clause */
/* The wall clock, as far as peers see it: time stamps that rise also over a restart (C30). */
#include <errno.h>

#include "ctl/control_state.h"
#include "util/log.h"

int control_open_clock(struct control *c, const struct config *config, char error[static 512])
{
	uint64_t kept_ns;

	if (config->state_directory[0] == '\0') {
		log_event(LOG_WARNING, "control", "no StateDirectory: a wall clock that is set back "
			"between two starts makes peers deaf to this device");
		return 0;
	}
	int rc = mark_open(&c->mark, config->state_directory, c->name, &kept_ns, error);
	if (rc != 0)
		return rc;
	uint64_t mark_ns = wg_stamps_begin(c->device, control_now(), kept_ns);
	rc = mark_start(&c->mark, mark_ns, error);
	if (rc == 0)
		wg_stamps_reserved(c->device, mark_ns);
	return rc;
}

/* Said when it begins, and when it ends. */
static void watch_doubt(struct control *c, struct wg_now now)
{
	uint64_t ahead_ns = wg_clock_doubt(c->device, now);
	bool doubted = ahead_ns != 0;

	if (doubted == c->clock_doubted)
		return;
	c->clock_doubted = doubted;
	if (doubted)
		log_event(LOG_WARNING, "control",
			"the wall clock is ahead of what is believed; time stamps go on without it "
			"ahead_s=%llu hint=\"if it is right: encrypterctl accept-clock\"",
			(unsigned long long)(ahead_ns / CLOCK_SECOND));
	else
		log_event(LOG_NOTICE, "control", "the wall clock is believed");
}

void control_watch_clock(struct control *c, struct wg_now now)
{
	if (!c->mark.open)
		return;
	wg_stamps_reserved(c->device, mark_kept(&c->mark));
	uint64_t mark_ns = wg_stamps_wanted(c->device, now);
	if (mark_ns != 0)
		mark_ask(&c->mark, mark_ns);
	watch_doubt(c, now);
}

void control_close_clock(struct control *c)
{
	mark_close(&c->mark, c->mark.open ? wg_stamps_end(c->device, control_now()) : 0);
}
