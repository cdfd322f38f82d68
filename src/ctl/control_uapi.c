/* SPDX-License-Identifier: BSD-3-Clause */
/* The UAPI's clients: what was asked, when it is done, and the answer. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "ctl/control_state.h"
#include "util/log.h"

#define PEERS_AT_ONCE 64 /* of an answer: it is made as fast as it is read */

enum uapi_stage {
	UAPI_IDLE,
	UAPI_WAITING,  /* the request is whole; its turn has not come */
	UAPI_CHANGING, /* its change is being committed */
	UAPI_SHOWING,  /* the answer of a get is on its way */
};

struct uapi_client {
	struct control *control;
	struct uapi_request request;
	enum uapi_stage stage;
	uint64_t number;    /* of the request: first come, first served */
	uint32_t next_slot; /* of a get */
};

static void *uapi_opened(struct client *client, void *context)
{
	struct uapi_client *u = secret_alloc(sizeof(*u));

	if (!u)
		return NULL;
	u->control = context;
	uapi_request_init(&u->request);
	return u;
}

static void uapi_closed(struct client *client)
{
	struct uapi_client *u = client->state;

	if (u->stage == UAPI_CHANGING) /* goes on, with nobody to tell */
		u->control->run.client = NULL;
	uapi_request_reset(&u->request);
	secret_free(u);
}

static size_t uapi_receive(struct client *client, const uint8_t *bytes, size_t length)
{
	struct uapi_client *u = client->state;
	size_t taken = uapi_request_feed(&u->request, bytes, length);

	if (u->request.complete) {
		client->busy = true;
		client->last = u->request.too_long;
		u->stage = UAPI_WAITING;
		u->number = ++u->control->requests;
	}
	return taken;
}

static void answer_end(struct client *client, int error)
{
	struct uapi_client *u = client->state;

	uapi_format_end(&client->out, u->request.kind, error);
	uapi_request_reset(&u->request);
	u->stage = UAPI_IDLE;
}

static void answer(struct client *client, int error)
{
	answer_end(client, error);
	server_answer(client);
}

void control_uapi_changed(struct client *client, int error)
{
	answer(client, error);
}

/* ---- get ---- */

void control_peer_bytes(const struct control *c, uint32_t slot, const struct wg_peer_info *info,
	uint64_t *rx_bytes, uint64_t *tx_bytes)
{
	const struct peer_report *report = &c->config.reports[slot];
	uint64_t rx = atomic_load_explicit(&report->rx.bytes, memory_order_relaxed);
	uint64_t tx = atomic_load_explicit(&report->tx.bytes, memory_order_relaxed);

	/* crypt may clear its counters when a slot changes hands. */
	const struct peer_state *peer = &c->peers[slot];
	*rx_bytes = info->handshake_rx_bytes + rx - (rx >= peer->rx_base ? peer->rx_base : 0);
	*tx_bytes = info->handshake_tx_bytes + tx - (tx >= peer->tx_base ? peer->tx_base : 0);
}

/* Keys are for root (or whoever the daemon runs as), and only where the configuration says so. */
static bool may_see_keys(const struct client *client, const struct control *c)
{
	return c->uapi_secrets && (client->uid == 0 || client->uid == geteuid());
}

static void show_peer(struct client *client, const struct control *c, uint32_t slot)
{
	struct wg_peer_info info;
	uint8_t psk[32];
	struct uapi_peer peer = {.info = &info, .routes = &c->routing.master, .slot = slot};

	wg_peer_info(c->device, slot, &info);
	control_peer_bytes(c, slot, &info, &peer.rx_bytes, &peer.tx_bytes);
	if (may_see_keys(client, c) && wg_peer_preshared_key(c->device, slot, psk))
		peer.preshared_key = psk;
	uapi_format_peer(&client->out, &peer);
	secret_wipe(psk, sizeof(psk));
}

/* The next peers; then the end. */
static void show_more(struct client *client)
{
	struct uapi_client *u = client->state;
	const struct control *c = u->control;

	for (unsigned i = 0; i < PEERS_AT_ONCE; i++) {
		uint32_t slot = wg_peer_next(c->device, u->next_slot);
		if (slot == UINT32_MAX) {
			answer_end(client, 0);
			return;
		}
		show_peer(client, c, slot);
		u->next_slot = slot + 1;
	}
}

static void show(struct control *c, struct client *client)
{
	struct uapi_client *u = client->state;
	uint8_t private_key[32];
	struct uapi_device device = {.listen_port = c->listen_port};

	if (may_see_keys(client, c)) {
		log_event(LOG_NOTICE, "control", "keys shown by=uapi uid=%u pid=%d",
			(unsigned)client->uid, (int)client->pid);
		if (wg_private_key(c->device, private_key))
			device.private_key = private_key;
	}
	uapi_format_device(&client->out, &device);
	secret_wipe(private_key, sizeof(private_key));
	u->stage = UAPI_SHOWING;
	u->next_slot = 0;
	show_more(client);
	server_answer(client);
}

static bool uapi_more(struct client *client)
{
	struct uapi_client *u = client->state;

	if (u->stage != UAPI_SHOWING)
		return false;
	show_more(client);
	return true;
}

/* ---- turns ---- */

/* tables: the change was whole, and what it makes of crypt's tables had no room. */
static const char *reason_of(const struct uapi_request *r, int error, bool tables)
{
	switch (error) {
	case ENOSPC:
		return "more peers or prefixes than there is room for; remove some, or put them into the "
		       "configuration and restart encrypterd";
	case ENOMEM:
		return tables ? "no memory for it; raise [Crypt] Memory and restart encrypterd" :
				"no locked memory for the request; send it in parts, or raise the "
				"process's limit";
	case E2BIG:
		return "the request is too long; send it in parts";
	default:
		return r->error_key ? "that key does not belong there, or its value is not valid; "
				      "correct it" : "that line is not understood; correct it";
	}
}

/* Which line it was, and which key; never what it said. */
static void refuse(struct client *client, int error, bool tables)
{
	const struct uapi_client *u = client->state;
	const struct uapi_request *r = &u->request;
	char where[64] = "";

	if (r->error != 0)
		snprintf(where, sizeof(where), " line=%u key=%s", r->error_line,
			r->error_key ? r->error_key : "unknown");
	if (r->kind == UAPI_SET)
		log_event(LOG_WARNING, "control",
			"configuration refused by=uapi uid=%u pid=%d error=%d%s reason=\"%s\"",
			(unsigned)client->uid, (int)client->pid, error, where,
			reason_of(r, error, tables));
	answer(client, error);
}

static void begin_change(struct control *c, struct client *client)
{
	struct uapi_client *u = client->state;
	struct change change;

	change_init(&change);
	int rc = change_from_uapi(&change, c->device, u->request.ops, u->request.count);
	bool whole = rc == 0;
	if (!whole)
		change_free(&change);
	else
		rc = control_change_begin(c, &change, client);
	if (rc == 0) {
		u->stage = UAPI_CHANGING;
		return;
	}
	refuse(client, -rc, whole);
}

static struct client *first_waiting(const struct control *c)
{
	struct client *first = NULL;

	for (unsigned i = 0; i < SERVER_CLIENTS; i++) {
		struct client *client = &c->uapi.clients[i];
		const struct uapi_client *u = client->state;
		if (client->watch.fd < 0 || u->stage != UAPI_WAITING)
			continue;
		if (!first || u->number < ((const struct uapi_client *)first->state)->number)
			first = client;
	}
	return first;
}

uint64_t control_uapi_turn(const struct control *c)
{
	const struct client *client = first_waiting(c);

	return client ? ((const struct uapi_client *)client->state)->number : UINT64_MAX;
}

/* Also a get waits while a change is being committed: it would show a half of it. */
void control_uapi_serve(struct control *c)
{
	struct client *client = first_waiting(c);
	const struct uapi_client *u = client->state;

	if (u->request.error != 0)
		refuse(client, u->request.error, false);
	else if (u->request.kind == UAPI_GET)
		show(c, client);
	else
		begin_change(c, client);
}

static void uapi_overdue(struct client *client)
{
	struct uapi_client *u = client->state;

	if (control_change_moved(u->control, client))
		return;
	if (u->stage == UAPI_CHANGING)
		u->control->run.client = NULL;
	log_event(LOG_ERROR, "control", "no answer in time by=uapi pid=%d", (int)client->pid);
	answer(client, ETIMEDOUT);
}

const struct server_ops control_uapi_ops = {
	.name = "uapi",
	.opened = uapi_opened,
	.closed = uapi_closed,
	.receive = uapi_receive,
	.more = uapi_more,
	.overdue = uapi_overdue,
};
