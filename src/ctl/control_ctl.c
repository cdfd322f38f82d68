/* SPDX-License-Identifier: BSD-3-Clause */
/* The control socket's clients. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ctl/control_state.h"
#include "ctl/show.h"
#include "ctl/verb.h"
#include "util/log.h"

#define PEERS_AT_ONCE 64 /* of an answer: it is made as fast as it is read */

struct ctl_client {
	struct control *control;
	struct verb_request request;
	bool waiting;
	uint64_t number; /* of the request: first come, first served */
	bool changing; /* a change was begun, and answers when it is done */
	bool showing; /* peers, from next_slot on */
	uint32_t next_slot;
};

static void *ctl_opened(struct client *client, void *context)
{
	struct ctl_client *v = calloc(1, sizeof(*v));

	if (v)
		v->control = context;
	return v;
}

static void ctl_closed(struct client *client)
{
	const struct ctl_client *v = client->state;

	if (v->changing) /* it is done all the same */
		v->control->run.client = NULL;
	free(client->state);
}

static size_t ctl_receive(struct client *client, const uint8_t *bytes, size_t length)
{
	struct ctl_client *v = client->state;
	size_t taken = verb_request_feed(&v->request, bytes, length);

	if (v->request.complete) {
		client->busy = v->waiting = true;
		v->number = ++v->control->requests;
		client->last = v->request.too_long;
	}
	return taken;
}

static void answer_end(struct client *client, int number, const char *error)
{
	struct ctl_client *v = client->state;

	show_end(&client->out, number, error);
	verb_request_reset(&v->request);
	v->waiting = v->showing = v->changing = false;
}

/* ---- show ---- */

static void add_peer(struct client *client, const struct control *c, uint32_t slot)
{
	struct wg_peer_info info;
	struct show_peer peer = {.name = c->peers[slot].name,
		.info = &info,
		.endpoint_name = names_text(&c->names, slot),
		.routes = &c->routing.master,
		.slot = slot};

	wg_peer_info(c->device, slot, &info);
	control_peer_bytes(c, slot, &info, &peer.rx_bytes, &peer.tx_bytes);
	show_peer(&client->out, &peer);
}

static void add_peers(struct client *client)
{
	struct ctl_client *v = client->state;
	const struct control *c = v->control;

	for (unsigned i = 0; i < PEERS_AT_ONCE; i++) {
		uint32_t slot = wg_peer_next(c->device, v->next_slot);
		if (slot == UINT32_MAX) {
			answer_end(client, 0, NULL);
			return;
		}
		add_peer(client, c, slot);
		v->next_slot = slot + 1;
	}
}

static void do_show(struct client *client, const struct control *c)
{
	struct ctl_client *v = client->state;
	uint8_t public_key[32];
	struct show_device device = {.name = c->name, .listen_port = c->listen_port};

	if (wg_public_key(c->device, public_key))
		device.public_key = public_key;
	show_device(&client->out, &device);
	v->waiting = false;
	v->showing = true;
	v->next_slot = 0;
	add_peers(client);
}

static bool ctl_more(struct client *client)
{
	struct ctl_client *v = client->state;

	if (!v->showing)
		return false;
	add_peers(client);
	return true;
}

/* ---- status, stats, version ---- */

static void count_peers(const struct control *c, uint64_t now_ns, struct show_status *status)
{
	for (uint32_t i = 0; i < c->config.max_peers; i++) {
		if (c->peers[i].use != PEER_USED)
			continue;
		status->peers++;
		status->peers_up += now_ns < c->peers[i].up_until_ns;
	}
}

static void do_status(struct client *client, const struct control *c, struct wg_now now)
{
	struct show_status status = {
		.name = c->name,
		.pid = (int)getpid(),
		.large = c->mode == CONFIG_MODE_LARGE,
		.uptime_s = (now.boot_ns - c->start_ns) / CLOCK_SECOND,
		.ready = c->ready,
		.engine = c->config.engine_name ? c->config.engine_name : "",
		.hugepages = c->config.hugepages,
		.reports_stale = c->stats.drop_stale,
		.clock_ahead_ns = wg_clock_doubt(c->device, now),
	};
	const char *name;

	count_peers(c, now.boot_ns, &status);
	control_last_attack(c, now.boot_ns, &status.attack);
	show_status(&client->out, &status);
	for (unsigned i = 0; i < DOMAINS_MAX; i++) {
		uint64_t silent_ns = control_silence_ns(c, &name, i);
		if (!name)
			break;
		show_domain(&client->out, name, silent_ns);
	}
	answer_end(client, 0, NULL);
}

static void do_stats(struct client *client, const struct control *c)
{
	const struct crypt_stats *crypt[CRYPT_THREADS_MAX];

	for (unsigned i = 0; i < c->config.crypt_count; i++)
		crypt[i] = c->config.crypt[i].stats;
	show_stats(&client->out, c->config.black_stats, c->config.red_stats, crypt,
		c->config.crypt_count, &c->stats);
	answer_end(client, 0, NULL);
}

static void do_version(struct client *client)
{
	show_value(&client->out, "version", show_version());
	answer_end(client, 0, NULL);
}

static void do_accept_clock(struct client *client, struct control *c, struct wg_now now)
{
	uint64_t ahead_ns = wg_clock_doubt(c->device, now);

	wg_accept_clock(c->device, now);
	log_event(LOG_NOTICE, "control", "the wall clock was accepted by=ctl ahead_s=%llu",
		(unsigned long long)(ahead_ns / CLOCK_SECOND));
	show_clock(&client->out, ahead_ns);
	answer_end(client, 0, NULL);
}

/* ---- reload, syncconf, setconf ---- */

void control_ctl_changed(struct client *client, int error)
{
	answer_end(client, error, error ? "not all of it could be done; see the log" : NULL);
	server_answer(client);
}

/* False: it failed and was answered. */
static bool do_reload(struct client *client, struct control *c)
{
	struct ctl_client *v = client->state;
	char error[CONFIG_ERROR_MAX], path[CONFIG_PATH_MAX];
	bool named = v->request.verb != VERB_reload;

	snprintf(path, sizeof(path), "%s", named ? v->request.file : c->running->path);
	enum reload_how how = v->request.verb == VERB_setconf ? RELOAD_ANEW : RELOAD_SYNC;
	int rc = control_reload(c, path, how, client, error);
	if (rc != 0) {
		answer_end(client, -rc, error);
		return false;
	}
	v->waiting = false;
	v->changing = true;
	return true;
}

static void answer(struct client *client, struct control *c, struct wg_now now)
{
	const struct ctl_client *v = client->state;

	if (v->request.error) {
		answer_end(client, EINVAL, v->request.error);
	} else {
		switch (v->request.verb) {
		case VERB_show:
			do_show(client, c);
			break;
		case VERB_status:
			do_status(client, c, now);
			break;
		case VERB_stats:
			do_stats(client, c);
			break;
		case VERB_accept_clock:
			do_accept_clock(client, c, now);
			break;
		case VERB_reload:
		case VERB_syncconf:
		case VERB_setconf:
			if (do_reload(client, c))
				return;
			break;
		case VERB_version:
		case VERB_NONE:
			do_version(client);
			break;
		}
	}
	server_answer(client);
}

static bool awaits_change(enum verb verb)
{
	return verb == VERB_show || verb == VERB_reload || verb == VERB_syncconf ||
	       verb == VERB_setconf;
}

/* Of those that take turns, or of the others; NULL: none. */
static struct client *first_waiting(const struct control *c, bool turns)
{
	struct client *first = NULL;

	for (unsigned i = 0; i < SERVER_CLIENTS; i++) {
		struct client *client = &c->ctl.clients[i];
		const struct ctl_client *v = client->state;
		if (client->watch.fd < 0 || !v->waiting || awaits_change(v->request.verb) != turns)
			continue;
		if (!first || v->number < ((const struct ctl_client *)first->state)->number)
			first = client;
	}
	return first;
}

uint64_t control_ctl_turn(const struct control *c)
{
	const struct client *client = first_waiting(c, true);

	return client ? ((const struct ctl_client *)client->state)->number : UINT64_MAX;
}

void control_ctl_serve(struct control *c, struct wg_now now)
{
	answer(first_waiting(c, true), c, now);
}

void control_ctl_answer(struct control *c, struct wg_now now)
{
	struct client *client;

	while ((client = first_waiting(c, false)))
		answer(client, c, now);
}

static void ctl_overdue(struct client *client)
{
	const struct ctl_client *v = client->state;

	if (control_change_moved(v->control, client))
		return;
	if (v->changing)
		v->control->run.client = NULL;
	answer_end(client, ETIMEDOUT, "a change is being made and does not come to its end");
	server_answer(client);
}

const struct server_ops control_ctl_ops = {
	.name = "ctl",
	.opened = ctl_opened,
	.closed = ctl_closed,
	.receive = ctl_receive,
	.more = ctl_more,
	.overdue = ctl_overdue,
};
