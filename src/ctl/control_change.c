/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a change is committed. What it needs was measured and reserved before, so it is done whole;
 * it is done in parts, so that handshakes go on; one at a time, so that nobody sees a half of
 * another's.
 *
 * The order keeps traffic where it belongs. Routes of peers that go are withdrawn first; then crypt
 * wipes the peers and gives back what was staged for them; only after its ack may a slot be
 * another's. The routes as they are to be come last, in one swap.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "crypto/secret.h"
#include "ctl/control_state.h"
#include "util/log.h"

#define PORT_ANY_FIRST 49152 /* of the dynamic ports (RFC 6335) */
#define PORT_ANY_COUNT 16384

static uint32_t peer_count(const struct control *c)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < c->config.max_peers; i++)
		count += c->peers[i].use == PEER_USED;
	return count;
}

static int check_size(struct control *c, const struct change_size *size)
{
	uint32_t peers = peer_count(c) - size->removed;
	uint32_t tunnel = c->routing.tunnel.count + c->routing.secure_new;

	if (size->added > c->config.max_peers - peers || tunnel > c->config.max_prefixes ||
		size->tunnel_new > c->config.max_prefixes - tunnel)
		return -ENOSPC;
	return routing_reserve(c, size);
}

int control_change_begin(struct control *c, struct change *change, struct client *client)
{
	struct change_run *run = &c->run;
	struct change_size size;

	change_measure(change, &c->routing.master, &c->routing.tunnel, &size);
	int rc = check_size(c, &size);
	if (rc != 0) {
		change_free(change);
		return rc;
	}
	*run = (struct change_run){
		.change = *change,
		.stage = size.removed ? STAGE_UNROUTE : STAGE_DEVICE,
		.client = client,
		.by = client ? client->server->ops->name : NULL,
		.pid = client ? client->pid : 0,
		.uid = client ? client->uid : 0,
		.size = size,
	};
	secret_wipe(change, sizeof(*change)); /* moved */
	return 0;
}

/* ---- the stages: each returns true when it is done, false to be called again ---- */

static bool unroute(struct control *c)
{
	struct change *change = &c->run.change;

	for (; c->run.at < change->edit_count; c->run.at++) {
		if (change->edits[c->run.at].drop)
			routing_clear(&c->routing, change->edits[c->run.at].slot);
	}
	return routing_publish(c);
}

/* The next edit with room for its orders, within the bound of a round; NULL: none this time. */
static struct change_edit *next_edit(struct control *c, unsigned *done)
{
	struct change_run *run = &c->run;

	if (run->at == run->change.edit_count || *done == ROUND_EDITS || !control_roomy(c))
		return NULL;
	(*done)++;
	return &run->change.edits[run->at++];
}

static bool remove_peers(struct control *c)
{
	struct change_edit *edit;
	unsigned done = 0;

	while ((edit = next_edit(c, &done))) {
		if (!edit->drop)
			continue;
		control_forget_peer(c, edit->slot);
		wg_peer_remove(c->device, edit->slot);
		edit->slot = CHANGE_NONE;
	}
	return c->run.at == c->run.change.edit_count;
}

/* A54: nothing is sent or received under sessions of the former key. */
static void private_key_changed(struct control *c)
{
	control_tell_identity(c);
	for (uint32_t slot = 0; slot < c->config.max_peers; slot++)
		c->peers[slot].wipe_due = c->peers[slot].use == PEER_USED;
	c->run.wipe = true;
}

static bool set_device(struct control *c)
{
	const struct change *change = &c->run.change;
	uint32_t removed = UINT32_MAX;

	if (change->set_private_key) {
		bool none = secret_is_zero(change->private_key, sizeof(change->private_key));
		bool changed =
			wg_set_private_key(c->device, none ? NULL : change->private_key, &removed);
		if (removed != UINT32_MAX) { /* the plan should have removed it already */
			routing_clear(&c->routing, removed);
			control_forget_peer(c, removed);
		}
		if (changed)
			private_key_changed(c);
	}
	if (change->set_listen_port && change->listen_port != c->listen_port) {
		uint16_t any;
		c->run.moved_port = true;
		random_bytes(&any, sizeof(any));
		control_tell_port(c, change->listen_port
					     ? change->listen_port
					     : (uint16_t)(PORT_ANY_FIRST + any % PORT_ANY_COUNT));
	}
	return true;
}

static bool set_addresses(struct control *c)
{
	const struct change *change = &c->run.change;

	if (!change->set_addresses)
		return true;
	control_tell_addresses(c, change->addresses, change->address_count, &change->gateway,
		&change->gateway6);
	c->names.families = names_families(change->addresses, change->address_count);
	return true;
}

/* The next peer with room for its orders, within the bound of a round; false: none this time. */
static bool next_peer(struct control *c, uint32_t *slot, unsigned *done)
{
	struct change_run *run = &c->run;

	while (run->at < c->config.max_peers && c->peers[run->at].use != PEER_USED)
		run->at++;
	if (run->at == c->config.max_peers || *done == ROUND_EDITS || !control_roomy(c))
		return false;
	(*done)++;
	*slot = run->at++;
	return true;
}

static bool tell_ways(struct control *c, struct wg_now now)
{
	const struct change *change = &c->run.change;
	uint32_t slot;
	unsigned done = 0;

	if (!change->set_addresses)
		return true;
	while (next_peer(c, &slot, &done)) {
		wg_peer_readdressed(
			c->device, slot, change->addresses, change->address_count, c->actions);
		control_perform(c, now);
	}
	return c->run.at == c->config.max_peers;
}

static bool greet_peers(struct control *c, struct wg_now now)
{
	uint32_t slot;
	unsigned done = 0;

	if (!c->run.change.set_addresses)
		return true;
	while (next_peer(c, &slot, &done)) {
		wg_peer_greet(c->device, slot, now, c->actions);
		control_perform(c, now);
	}
	return c->run.at == c->config.max_peers;
}

/* Of those that have not got a session under the new key meanwhile. */
static bool wipe_sessions(struct control *c)
{
	uint32_t slot;
	unsigned done = 0;

	if (!c->run.wipe)
		return true;
	while (next_peer(c, &slot, &done)) {
		if (c->peers[slot].wipe_due)
			control_wipe_sessions(c, slot);
	}
	return c->run.at == c->config.max_peers;
}

static int add_peer(struct control *c, struct change_edit *edit, struct wg_now now)
{
	int64_t slot = wg_peer_add(c->device, edit->public_key);

	if (slot < 0)
		return (int)slot;
	struct peer_report *report = &c->config.reports[slot];
	edit->slot = (uint32_t)slot;
	c->peers[slot] = (struct peer_state){
		.use = PEER_USED,
		.added_ns = now.boot_ns,
		.rx_base = atomic_load(&report->rx.bytes),
		.tx_base = atomic_load(&report->tx.bytes),
	};
	control_tell_peer(c, edit->slot, false);
	return 0;
}

static void set_endpoint(struct control *c, const struct change_edit *edit, struct wg_now now)
{
	static const struct endpoint none;
	struct peer_state *peer = &c->peers[edit->slot];
	const char *name = names_text(&c->names, edit->slot);
	bool same_name = name && edit->endpoint_name && strcmp(name, edit->endpoint_name) == 0;

	/* An address takes the place of a name, also of the same host. */
	if ((edit->set_endpoint || edit->from_file) && !same_name)
		names_clear(&c->names, edit->slot);
	/* A peer that moved is not called back by a file that says what it said before. */
	if (edit->set_endpoint &&
		!(edit->from_file && endpoint_equal(&peer->configured, &edit->endpoint)))
		wg_peer_set_endpoint(c->device, edit->slot, &edit->endpoint, c->actions);
	if (edit->set_endpoint || edit->from_file)
		peer->configured = edit->from_file ? edit->endpoint : none;
	if (edit->endpoint_name && !same_name &&
		names_set(&c->names, edit->slot, edit->endpoint_name, now.boot_ns) != 0)
		c->run.error = ENOMEM;
}

static void apply_edit(struct control *c, struct change_edit *edit, struct wg_now now)
{
	int rc = edit->slot == CHANGE_NONE ? add_peer(c, edit, now) : 0;

	if (rc == -EADDRINUSE) { /* A53: ourselves */
		log_event(LOG_NOTICE, "control", "peer ignored: it has our own key");
	} else if (rc != 0) {
		log_event(LOG_ERROR, "control", "peer could not be added error=%d", -rc);
		c->run.error = -rc;
	}
	if (rc != 0) {
		edit->keep = false; /* nor do its prefixes count */
		return;
	}
	if (edit->name[0] || edit->from_file)
		memcpy(c->peers[edit->slot].name, edit->name, sizeof(edit->name));
	if (edit->set_preshared_key)
		wg_peer_set_preshared_key(c->device, edit->slot, edit->preshared_key);
	set_endpoint(c, edit, now);
	if (edit->set_keepalive)
		wg_peer_set_keepalive(c->device, edit->slot, edit->keepalive, now, c->actions);
	control_perform(c, now);
	if (edit->replace_allowed_ips)
		routing_clear(&c->routing, edit->slot);
}

static bool apply_edits(struct control *c, struct wg_now now)
{
	struct change_edit *edit;
	unsigned done = 0;

	while ((edit = next_edit(c, &done))) {
		if (edit->keep)
			apply_edit(c, edit, now);
	}
	return c->run.at == c->run.change.edit_count;
}

static bool apply_prefixes(struct control *c)
{
	const struct change *change = &c->run.change;
	struct routing *r = &c->routing;

	for (unsigned done = 0; c->run.at < change->prefix_count; c->run.at++) {
		const struct change_prefix *p = &change->prefixes[c->run.at];
		if (!change_prefix_counts(change, c->run.at))
			continue;
		if (done++ == ROUND_PREFIXES)
			return false;
		uint32_t slot = change->edits[p->edit].slot;
		if (p->remove)
			r->changed |= routes_unset(&r->master, &p->prefix, slot);
		else
			r->changed |= routes_set(&r->master, &p->prefix, slot);
		if (!p->remove)
			routes_set(&r->tunnel, &p->prefix, 0);
	}
	return true;
}

/* Who changed what: the audit's line. */
static void record(const struct control *c)
{
	const struct change_run *run = &c->run;
	char who[64] = "file";

	if (run->by)
		snprintf(who, sizeof(who), "%s uid=%u pid=%d", run->by, (unsigned)run->uid,
			(int)run->pid);
	log_event(LOG_NOTICE, "control",
		"configured by=%s peers_removed=%u peers_added=%u peers_set=%u routes=%u%s%s%s", who,
		(unsigned)run->size.removed, (unsigned)run->size.added, (unsigned)run->size.edited,
		(unsigned)c->routing.master.count,
		run->wipe ? " private_key=set" : "", run->moved_port ? " listen_port=set" : "",
		run->change.set_addresses ? " addresses=set" : "");
}

static void finish(struct control *c)
{
	struct change_run *run = &c->run;
	struct client *client = run->client;
	int error = run->error;

	record(c);
	change_free(&run->change);
	routing_release(c);
	*run = (struct change_run){.stage = STAGE_NONE};
	if (client)
		(client->server == &c->ctl ? control_ctl_changed : control_uapi_changed)(
			client, error);
}

static bool settled(struct control *c)
{
	return routing_tell_red(c) && !c->routing.in_flight && c->wipes == 0 && c->removals == 0 &&
	       control_told_all(c);
}

static bool stage_done(struct control *c, struct wg_now now)
{
	switch (c->run.stage) {
	case STAGE_UNROUTE:
		return unroute(c);
	case STAGE_UNROUTED:
		return !c->routing.in_flight;
	case STAGE_REMOVE:
		return remove_peers(c);
	case STAGE_DEVICE:
		return set_device(c);
	case STAGE_WIPE:
		return wipe_sessions(c);
	case STAGE_ADDRESSES:
		return set_addresses(c);
	case STAGE_WAYS:
		return tell_ways(c, now);
	case STAGE_WAYS_TOLD:
		return !c->run.change.set_addresses || outbox_settled(&c->to_black);
	case STAGE_GREET:
		return greet_peers(c, now);
	case STAGE_REMOVED:
		return c->removals == 0;
	case STAGE_EDIT:
		return apply_edits(c, now);
	case STAGE_PREFIXES:
		return apply_prefixes(c);
	case STAGE_ROUTE:
		return routing_publish(c);
	case STAGE_SETTLE:
		return settled(c);
	case STAGE_NONE:
		break;
	}
	return false;
}

/* For an ack or for room in a ring; both ring the bell or are tried again soon. */
static bool waits(const struct control *c)
{
	enum change_stage stage = c->run.stage;

	return stage == STAGE_UNROUTED || stage == STAGE_WAYS_TOLD || stage == STAGE_REMOVED || stage == STAGE_SETTLE ||
	       c->routing.in_flight || !control_roomy(c);
}

static void note_progress(struct control *c, struct wg_now now)
{
	struct change_run *run = &c->run;
	const uint32_t mark[4] = {run->stage, run->at, c->removals + c->wipes, c->routing.tunnel_told};

	if (run->moved_ns != 0 && memcmp(run->mark, mark, sizeof(mark)) == 0)
		return;
	memcpy(run->mark, mark, sizeof(mark));
	run->moved_ns = now.boot_ns;
}

bool control_change_moved(const struct control *c, struct client *client)
{
	uint64_t until_ns = c->run.moved_ns + SERVER_SILENCE_NS;

	if (c->run.stage == STAGE_NONE || until_ns <= client->deadline_ns)
		return false;
	client->deadline_ns = until_ns;
	return true;
}

bool control_change_step(struct control *c, struct wg_now now)
{
	if (c->run.stage != STAGE_NONE)
		note_progress(c, now);
	while (c->run.stage != STAGE_NONE && control_roomy(c) && !c->failed) {
		if (!stage_done(c, now))
			return !waits(c);
		c->run.at = 0;
		if (c->run.stage == STAGE_SETTLE) {
			finish(c);
			return true; /* the next one may wait already */
		}
		c->run.stage++;
	}
	return false;
}
