/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/control.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "ctl/control_state.h"
#include "util/log.h"

#define EVENTS_AT_ONCE 32

struct wg_now control_now(void)
{
	return (struct wg_now){.boot_ns = clock_boot_ns(), .wall_ns = clock_wall_ns()};
}

bool control_roomy(const struct control *c)
{
	for (unsigned i = 0; i < c->config.crypt_count; i++)
		if (!outbox_roomy(&c->to_crypt[i]))
			return false;
	return outbox_roomy(&c->to_black) && outbox_roomy(&c->to_red);
}

bool control_told_all(const struct control *c)
{
	for (unsigned i = 0; i < c->config.crypt_count; i++)
		if (c->to_crypt[i].count > 0)
			return false;
	return c->to_black.count == 0 && c->to_red.count == 0;
}

/* And were taken from there. */
static bool settled(const struct control *c)
{
	for (unsigned i = 0; i < c->config.crypt_count; i++)
		if (!outbox_settled(&c->to_crypt[i]))
			return false;
	return outbox_settled(&c->to_black) && outbox_settled(&c->to_red);
}

uint64_t control_silence_ns(const struct control *c, const char **name, unsigned i)
{
	*name = NULL;
	return c->config.silence_ns ? c->config.silence_ns(c->config.silence_context, name, i) : 0;
}

/* ---- a round ---- */

/* Rings to and from black and red lie where those can write. */
static void check_rings(struct control *c)
{
	const struct control_config *r = &c->config;
	bool intact = ring_intact(&r->to_black) && ring_intact(&r->from_black) &&
		ring_intact(&r->from_black_proven) && ring_intact(&r->to_red);

	for (unsigned i = 0; i < r->crypt_count; i++)
		intact = intact && ring_intact(&r->crypt[i].to) && ring_intact(&r->crypt[i].from);
	if (intact)
		return;
	log_event(LOG_ERROR, "control", "a ring's counters make no sense; stopping");
	c->failed = true;
}

static void flush(struct control *c)
{
	if (routing_tell_red(c))
		routing_tell_links(c);
	outbox_flush(&c->to_black);
	outbox_flush(&c->to_red);
	for (unsigned i = 0; i < c->config.crypt_count; i++)
		outbox_flush(&c->to_crypt[i]);
}

static bool run_timers(struct control *c, struct wg_now now)
{
	for (unsigned i = 0; i < ROUND_TICKS; i++) {
		if (!control_roomy(c) || wg_next_deadline(c->device) > now.boot_ns)
			return false;
		bool again = wg_tick(c->device, now, c->actions);
		control_perform(c, now);
		if (!again)
			return false;
	}
	return true;
}

/* A domain's thread that does not come round any more. Said once, and once when it is back. */
static void watch_domains(struct control *c)
{
	const char *name;

	for (unsigned i = 0; i < DOMAINS_MAX; i++) {
		uint64_t silent_ns = control_silence_ns(c, &name, i);
		if (!name)
			return;
		bool silent = silent_ns > SILENCE_MAX_NS;
		if (silent != c->domain_silent[i])
			log_event(silent ? LOG_ERROR : LOG_NOTICE, "control",
				"%s thread=%s silent_ms=%llu",
				silent ? "a thread does not answer" : "the thread answers again",
				name, (unsigned long long)(silent_ns / CLOCK_MS));
		c->domain_silent[i] = silent;
	}
}

/* Lazy events are looked at so often that timers which count from the first are in time (A36). */
static bool look_at_peers(struct control *c, struct wg_now now)
{
	if (now.boot_ns < c->traffic_due_ns)
		return false;
	watch_domains(c);
	control_watch_attack(c);
	control_watch_clock(c, now);
	if (installs_expire(&c->installs, now.boot_ns, INSTALL_LIFE_NS) > 0)
		log_event(LOG_ERROR, "control", "crypt did not take a session in time");
	if (control_take_traffic(c, now))
		return true;
	c->traffic_due_ns = now.boot_ns + REPORT_INTERVAL;
	return false;
}

static void announce_ready(struct control *c)
{
	if (c->ready || c->run.stage != STAGE_NONE || !settled(c))
		return;
	c->ready = true;
	log_event(LOG_NOTICE, "control", "ready name=%s pid=%d", c->name, (int)getpid());
	instance_notify("READY=1");
}

static void expire_clients(struct control *c, uint64_t now_ns)
{
	uint64_t uapi = server_expire(&c->uapi, now_ns);
	uint64_t ctl = server_expire(&c->ctl, now_ns);

	c->client_due_ns = uapi < ctl ? uapi : ctl;
}

/*
 * Changes are made one after the other, in the order in which they were asked for on either socket or by a
 * signal, so that nobody waits for ever. Who wants to see peers takes his turn too: halfway they would be
 * half old, half new.
 */
static void take_turns(struct control *c, struct wg_now now)
{
	control_ctl_answer(c, now);
	while (c->run.stage == STAGE_NONE) {
		uint64_t uapi = control_uapi_turn(c), ctl = control_ctl_turn(c);
		uint64_t first = uapi < ctl ? uapi : ctl;
		if (c->reload != 0 && c->reload < first)
			control_reload_step(c);
		else if (first == UINT64_MAX)
			return;
		else if (first == uapi)
			control_uapi_serve(c);
		else
			control_ctl_serve(c, now);
	}
}

bool control_round(struct control *c, struct wg_now now)
{
	check_rings(c);
	if (c->failed)
		return false;
	bool more = control_take_acks(c, now);
	more |= control_take_reports(c, now);
	more |= look_at_peers(c, now);
	more |= run_timers(c, now);
	take_turns(c, now);
	more |= control_change_step(c, now);
	control_names_step(c, now);
	expire_clients(c, now.boot_ns);
	flush(c);
	announce_ready(c);
	return more;
}

/* ---- the loop ---- */

static bool backlog(const struct control *c)
{
	return !control_told_all(c) || c->routing.tunnel_told < c->routing.tunnel.count ||
	       c->routing.links_left > 0;
}

uint64_t control_sleep_ns(struct control *c, uint64_t now_ns)
{
	uint64_t due_ns = c->traffic_due_ns;
	uint64_t timer_ns = control_roomy(c) ? wg_next_deadline(c->device) : UINT64_MAX;

	if (timer_ns < due_ns)
		due_ns = timer_ns;
	if (c->client_due_ns < due_ns)
		due_ns = c->client_due_ns;
	if (control_names_deadline(c) < due_ns)
		due_ns = control_names_deadline(c);
	if (backlog(c) && now_ns + BACKLOG_RETRY_NS < due_ns)
		due_ns = now_ns + BACKLOG_RETRY_NS;
	if (c->run.stage == STAGE_WAYS_TOLD && now_ns + BACKLOG_RETRY_NS < due_ns)
		due_ns = now_ns + BACKLOG_RETRY_NS;
	if (!c->ready && now_ns + READY_RETRY_NS < due_ns)
		due_ns = now_ns + READY_RETRY_NS; /* nobody rings when a ring was emptied */
	return due_ns > now_ns ? due_ns - now_ns : 0;
}

bool control_has_work(struct control *c)
{
	for (unsigned i = 0; i < c->config.crypt_count; i++)
		if (!ring_empty(&c->config.crypt[i].from))
			return true;
	if (!control_roomy(c))
		return false;
	if (control_reports_wait(c) && !installs_full(&c->installs))
		return true;
	if (!control_urgent(c))
		return false;
	c->traffic_due_ns = 0;
	return true;
}

static void wait_for_events(struct control *c, uint64_t sleep_ns)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	/* Rounded up: a round before the deadline would find nothing due. */
	int timeout_ms = (int)((sleep_ns + CLOCK_MS - 1) / CLOCK_MS);
	int n = epoll_wait(c->epoll_fd, events, EVENTS_AT_ONCE, timeout_ms);

	for (int i = 0; i < n; i++) {
		struct watch *watch = events[i].data.ptr;
		watch->ready(watch->context, events[i].events);
	}
}

int control_run(struct control *c)
{
	while (!atomic_load(&c->stop) && !c->failed) {
		bool more = control_round(c, control_now());

		bell_arm(c->config.bell);
		/* What came before the flag was up rang no bell: look once more. */
		more = more || control_has_work(c);
		wait_for_events(c, more ? 0 : control_sleep_ns(c, clock_boot_ns()));
		bell_disarm(c->config.bell);
	}
	log_event(LOG_NOTICE, "control", "stopping name=%s", c->name);
	instance_notify("STOPPING=1");
	return c->failed ? 1 : 0;
}

void control_stop(struct control *c)
{
	uint64_t one = 1;

	atomic_store(&c->stop, true);
	ssize_t written = write(c->stop_fd, &one, sizeof(one));
	(void)written; /* a full counter wakes the loop as well */
}

/* ---- what wakes it ---- */

static void bell_ready(void *context, uint32_t events)
{
	struct control *c = context;

	c->traffic_due_ns = 0; /* the eventfd is emptied by bell_disarm() */
}

static void stop_ready(void *context, uint32_t events)
{
	struct control *c = context;

	atomic_store(&c->stop, true);
}

static void signal_ready(void *context, uint32_t events)
{
	struct control *c = context;
	struct signalfd_siginfo info;

	while (read(c->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP) {
			if (c->reload == 0)
				c->reload = ++c->requests;
			continue;
		}
		log_event(LOG_NOTICE, "control", "signal number=%u from_pid=%u",
			(unsigned)info.ssi_signo, (unsigned)info.ssi_pid);
		atomic_store(&c->stop, true);
	}
}

static void our_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
}

void control_block_signals(void)
{
	sigset_t set;

	our_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int control_open_loop(struct control *c)
{
	sigset_t set;

	our_signals(&set);
	c->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	c->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	c->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (c->epoll_fd < 0 || c->signal_fd < 0 || c->stop_fd < 0)
		return -errno;
	c->bell_watch = (struct watch){bell_ready, c, c->config.bell->fd, 0};
	c->signal_watch = (struct watch){signal_ready, c, c->signal_fd, 0};
	c->stop_watch = (struct watch){stop_ready, c, c->stop_fd, 0};
	int rc = watch_set(&c->bell_watch, c->epoll_fd, EPOLLIN);
	if (rc == 0)
		rc = watch_set(&c->signal_watch, c->epoll_fd, EPOLLIN);
	return rc == 0 ? watch_set(&c->stop_watch, c->epoll_fd, EPOLLIN) : rc;
}

void control_close_loop(struct control *c)
{
	int fds[] = {c->epoll_fd, c->signal_fd, c->stop_fd};

	for (unsigned i = 0; i < 3; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
}
