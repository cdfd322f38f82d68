/* SPDX-License-Identifier: BSD-3-Clause */
/* The loop: a cold start until all sessions are up, then traffic, then a moment for what is late. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fleet.h"
#include "util/clock.h"

#define BURSTS_PER_ROUND  8
#define PROBES_PER_ROUND  32
#define TICKS_PER_ROUND   64
#define PACKETS_PER_ROUND 64
#define PROBE_AGAIN       CLOCK_SECOND
#define SETTLE            (200 * CLOCK_MS)
#define DRAIN             (3 * CLOCK_SECOND)

enum phase { PHASE_START, PHASE_SETTLE, PHASE_TRAFFIC, PHASE_DRAIN, PHASE_DONE };
static const char *const phase_names[] = {"start", "settle", "traffic", "drain", "done"};

struct pacer { /* so many requests a second, over all sites in turn */
	uint64_t per_second, total, done;
	bool down;
};

struct run {
	enum phase phase;
	uint64_t since_ns;    /* when the phase began */
	uint64_t cycle_ns;    /* when probing last began with the first site */
	uint32_t next_probe;
	struct pacer pacers[2];
	uint64_t progress_ns;
};

static void enter(struct run *r, enum phase phase, uint64_t now_ns)
{
	r->phase = phase;
	r->since_ns = now_ns;
}

/* ---- the wires ---- */

static void take_black(void *context, const struct wire_arrival *a)
{
	struct fleet *f = context;
	uint32_t site = a->to - keys_outer(0);

	if (site < f->options.sites)
		site_receive(f, &f->sites[site], a->bytes, a->length);
	else
		f->counts.strangers++;
}

static void take_red(void *context, const struct wire_arrival *a)
{
	struct fleet *f = context;
	struct packet p;

	if (packet_read(f, &p, a->bytes, a->length) && a->from == f->sites[p.site].inner)
		traffic_at_red(f, &p);
	else
		f->counts.strangers++;
}

static bool receive(struct fleet *f)
{
	unsigned n = 0;

	for (unsigned i = 0; i < BURSTS_PER_ROUND; i++) {
		f->now.boot_ns = clock_boot_ns();
		unsigned black = wire_receive(&f->black, take_black, f);
		unsigned red = wire_receive(&f->red, take_red, f);
		n += black + red;
		if (black < WIRE_BURST && red < WIRE_BURST)
			break;
	}
	return n > 0;
}

static void run_devices(struct fleet *f)
{
	uint32_t site;

	/* a site that something happens to meanwhile comes behind these: for the next round */
	uint32_t n = f->dirty_count;
	for (uint32_t i = 0; i < n; i++)
		site_look(f, &f->sites[f->dirty[i]]);
	f->dirty_count -= n;
	memmove(f->dirty, f->dirty + n, f->dirty_count * sizeof(*f->dirty));
	for (unsigned i = 0; i < TICKS_PER_ROUND; i++) {
		if (schedule_first(&f->schedule, &site) > f->now.boot_ns)
			break;
		site_tick(f, &f->sites[site]);
	}
}

/* ---- what is sent ---- */

static void probe_some(struct fleet *f, struct run *r)
{
	unsigned sent = 0;

	if (r->next_probe == f->options.sites) {
		if (f->now.boot_ns < r->cycle_ns + PROBE_AGAIN)
			return;
		r->next_probe = 0;
		r->cycle_ns = f->now.boot_ns;
	}
	while (sent < PROBES_PER_ROUND && r->next_probe < f->options.sites) {
		struct site *s = &f->sites[r->next_probe++];
		if (s->up_ns != 0)
			continue;
		if (f->options.start != START_SITES)
			traffic_probe(f, s, true);
		if (f->options.start != START_DAEMON)
			traffic_probe(f, s, false);
		sent++;
	}
}

static bool send_due(struct fleet *f, struct run *r, struct pacer *p)
{
	uint64_t due = (f->now.boot_ns - r->since_ns) / CLOCK_US * p->per_second / 1000000;
	unsigned sent = 0;

	if (due > p->total)
		due = p->total;
	while (p->done < due && sent++ < PACKETS_PER_ROUND) {
		uint32_t site = (uint32_t)(p->done % f->options.sites);
		traffic_request(f, &f->sites[site], p->down, p->done / f->options.sites);
		p->done++;
	}
	return p->done < p->total;
}

static void begin_traffic(struct fleet *f, struct run *r)
{
	uint64_t per_second = (uint64_t)f->options.rate * f->options.sites;

	for (unsigned i = 0; i < 2; i++)
		r->pacers[i] = (struct pacer){
			.per_second = per_second,
			.total = per_second * f->options.seconds,
			.down = i == 0,
		};
	enter(r, PHASE_TRAFFIC, f->now.boot_ns);
}

/* Each pacer what it owes; is there more to come of either? */
static bool send_both(struct fleet *f, struct run *r)
{
	bool more = false;

	for (unsigned i = 0; i < 2; i++)
		more |= send_due(f, r, &r->pacers[i]);
	return more;
}

static void act(struct fleet *f, struct run *r)
{
	uint64_t passed_ns = f->now.boot_ns - r->since_ns;

	switch (r->phase) {
	case PHASE_START:
		probe_some(f, r);
		if (f->up == f->options.sites)
			enter(r, PHASE_SETTLE, f->now.boot_ns);
		else if (passed_ns > f->options.up_within * CLOCK_SECOND)
			enter(r, PHASE_DONE, f->now.boot_ns);
		break;
	case PHASE_SETTLE:
		if (passed_ns > SETTLE)
			begin_traffic(f, r);
		break;
	case PHASE_TRAFFIC:
		if (!send_both(f, r))
			enter(r, PHASE_DRAIN, f->now.boot_ns);
		break;
	case PHASE_DRAIN:
		if (passed_ns > DRAIN || traffic_complete(f))
			enter(r, PHASE_DONE, f->now.boot_ns);
		break;
	case PHASE_DONE:
		break;
	}
}

static void rest(struct fleet *f)
{
	struct pollfd fds[2] = {
		{.fd = f->black.fd, .events = POLLIN},
		{.fd = f->red.fd, .events = POLLIN},
	};
	struct timespec limit = {.tv_nsec = CLOCK_MS / 2};

	ppoll(fds, 2, &limit, NULL);
}

static void tell_progress(struct fleet *f, struct run *r)
{
	if (f->options.progress == 0 || f->now.boot_ns < r->progress_ns)
		return;
	report_progress(f, phase_names[r->phase]);
	r->progress_ns = f->now.boot_ns + f->options.progress * CLOCK_SECOND;
}

static void loop(struct fleet *f)
{
	struct run r = {.next_probe = f->options.sites};

	f->now.boot_ns = f->start_ns = clock_boot_ns();
	enter(&r, PHASE_START, f->start_ns);
	while (r.phase != PHASE_DONE) {
		f->now = (struct wg_now){clock_boot_ns(), clock_wall_ns()};
		bool busy = receive(f);
		run_devices(f);
		act(f, &r);
		wire_flush(&f->black);
		wire_flush(&f->red);
		tell_progress(f, &r);
		if (!busy && f->dirty_count == 0)
			rest(f);
	}
}

/* ---- begin and end ---- */

static int open_all(struct fleet *f)
{
	const struct options *o = &f->options;
	uint32_t red = (uint32_t)o->red.bytes[0] << 24 | (uint32_t)o->red.bytes[1] << 16 |
		(uint32_t)o->red.bytes[2] << 8 | o->red.bytes[3];

	f->sites = calloc(o->sites, sizeof(*f->sites));
	f->dirty = calloc(o->sites, 2 * sizeof(*f->dirty));
	f->black.fd = f->red.fd = -1;
	if (!f->sites || !f->dirty)
		return -1;
	int rc = schedule_init(&f->schedule, o->sites);
	for (uint32_t i = 0; i < o->sites && rc == 0; i++)
		rc = site_open(f, i);
	if (rc == 0)
		rc = wire_open(&f->black, 0, FLEET_PORT);
	return rc == 0 ? wire_open(&f->red, red, INNER_PORT) : rc;
}

static void close_all(struct fleet *f)
{
	wire_close(&f->black);
	wire_close(&f->red);
	for (uint32_t i = 0; f->sites && i < f->options.sites; i++)
		site_close(&f->sites[i]);
	schedule_free(&f->schedule);
	free(f->sites);
	free(f->dirty);
}

int fleet_run(struct fleet *f)
{
	int rc = open_all(f);

	if (rc == 0) {
		loop(f);
		f->lost = report_lost(f);
		report_print(f);
	}
	close_all(f);
	return rc;
}
