/* SPDX-License-Identifier: BSD-3-Clause */
#include "control_rig.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "crypto/provider.h"
#include "util/log.h"

#define ELEMENT(type) ((uint32_t)(sizeof(type) + 3) / 4 * 4)

static void *table_alloc(void *context, size_t bytes)
{
	struct rig *r = context;
	void *table = NULL;

	if (r->refuse_tables && bytes >= allowedips_bytes(r->refuse_tables))
		return NULL;
	if (posix_memalign(&table, 64, bytes) != 0)
		return NULL;
	memset(table, 0, bytes);
	r->tables++;
	return table;
}

static struct rig *the_rig; /* table_free() has no context */

static void table_free(void *memory)
{
	the_rig->tables--;
	free(memory);
}

static uint64_t silence_ns(void *context, const char **name, unsigned i)
{
	const struct rig *r = context;

	*name = i == 0 ? "black" : i == 1 ? "red" : NULL;
	return i == 0 ? r->silence_ns : 0;
}

void rig_open(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	the_rig = r;
	log_set_level(LOG_ERROR);
	if (crypto_init() != 0)
		abort();
	snprintf(r->folder, sizeof(r->folder), "/tmp/unit-ctl-XXXXXX");
	if (!mkdtemp(r->folder))
		abort();
	snprintf(r->run_dir, sizeof(r->run_dir), "%s/run", r->folder);
	snprintf(r->uapi_dir, sizeof(r->uapi_dir), "%s/wireguard", r->folder);
	snprintf(r->file.name, sizeof(r->file.name), "siteA");
	r->file.listen_port = 51820;
	r->file.has_private_key = true;
	memset(r->file.private_key, 0x11, sizeof(r->file.private_key));
	r->reports = aligned_alloc(64, RIG_PEERS * sizeof(*r->reports));
	memset(r->reports, 0, RIG_PEERS * sizeof(*r->reports));
	for (unsigned i = 0; i < 4; i++)
		bell_open(&r->bells[i]);
}

struct config_peer *rig_add_peer(
	struct rig *r, const char *name, uint8_t fill, const char *allowed_ip)
{
	r->file.peers = realloc(r->file.peers, (r->file.peer_count + 1) * sizeof(*r->file.peers));
	struct config_peer *peer = &r->file.peers[r->file.peer_count++];

	memset(peer, 0, sizeof(*peer));
	snprintf(peer->name, sizeof(peer->name), "%s", name);
	memset(peer->public_key, fill, sizeof(peer->public_key));
	if (allowed_ip) {
		peer->allowed_ips = calloc(1, sizeof(*peer->allowed_ips));
		peer->allowed_ip_count = 1;
		prefix_parse(peer->allowed_ips, allowed_ip);
	}
	return peer;
}

static int make_crypt_rings(struct control_config *c, unsigned count)
{
	int rc = 0;

	for (unsigned i = 0; i < c->crypt_count && rc == 0; i++) {
		rc = ring_create(
			&c->crypt[i].to, "", NULL, count + 1, ELEMENT(struct crypt_order));
		if (rc == 0)
			rc = ring_create(&c->crypt[i].from, "", NULL, count + 1,
				ELEMENT(struct crypt_ack));
	}
	return rc;
}

static void make_rings(struct rig *r, unsigned count)
{
	struct control_config *c = &r->config;

	if (ring_create(&c->to_black, "", NULL, count + 1, ELEMENT(struct black_order)) != 0 ||
		ring_create(&c->from_black, "", NULL, count + 1, ELEMENT(struct black_report)) !=
			0 ||
		ring_create(&c->from_black_proven, "", NULL, count + 1,
			ELEMENT(struct black_report)) != 0 ||
		ring_create(&c->to_red, "", NULL, count + 1, ELEMENT(struct red_order)) != 0 ||
		make_crypt_rings(c, count) != 0)
		abort();
}

bool rig_start(struct rig *r, unsigned ring)
{
	if (!r->config.to_black.r) {
		if (r->config.crypt_count == 0)
			r->config.crypt_count = 1;
		make_rings(r, ring);
		r->config.config = &r->file;
		if (r->config.max_peers == 0)
			r->config.max_peers = RIG_PEERS;
		r->config.bell = &r->bells[0];
		r->config.black_bell = &r->bells[1];
		r->config.red_bell = &r->bells[2];
		for (unsigned i = 0; i < r->config.crypt_count; i++) {
			r->config.crypt[i].bell = &r->bells[3];
			r->config.crypt[i].stats = &r->crypt_stats[i];
		}
		r->config.reports = r->reports;
		r->config.dirty = r->dirty;
		r->config.black_stats = &r->black_stats;
		r->config.attack = &r->attack;
		r->config.red_stats = &r->red_stats;
		r->config.engine_name = "none";
		r->config.table_alloc = table_alloc;
		r->config.table_free = table_free;
		r->config.table_context = r;
		r->config.silence_ns = silence_ns;
		r->config.silence_context = r;
		r->config.run_dir = r->run_dir;
		r->config.uapi_dir = r->uapi_dir;
	}
	r->control = control_create(&r->config, r->error, &r->status);
	return r->control;
}

void rig_close(struct rig *r)
{
	control_destroy(r->control);
	ring_destroy(&r->config.to_black);
	ring_destroy(&r->config.from_black);
	ring_destroy(&r->config.from_black_proven);
	ring_destroy(&r->config.to_red);
	for (unsigned i = 0; i < r->config.crypt_count; i++) {
		ring_destroy(&r->config.crypt[i].to);
		ring_destroy(&r->config.crypt[i].from);
	}
	for (unsigned i = 0; i < 4; i++)
		bell_close(&r->bells[i]);
	for (unsigned i = 0; i < r->file.peer_count; i++)
		free(r->file.peers[i].allowed_ips);
	free(r->file.peers);
	free(r->reports);
	rmdir(r->uapi_dir);
	rmdir(r->run_dir);
	rmdir(r->folder);
}

static struct wg_now now(const struct rig *r)
{
	struct wg_now n = control_now();

	n.boot_ns += r->late_ns;
	n.wall_ns += r->late_ns;
	return n;
}

void rig_round(struct rig *r)
{
	struct epoll_event events[32];
	int n = epoll_wait(r->control->epoll_fd, events, 32, 0);

	for (int i = 0; i < n; i++) {
		struct watch *watch = events[i].data.ptr;
		watch->ready(watch->context, events[i].events);
	}
	control_round(r->control, now(r));
}

static void take_crypt_order(struct rig *r, unsigned thread, const struct crypt_order *o)
{
	unsigned *unacked = &r->thread_unacked[thread];

	if (r->order_count == 4096 || *unacked == 4096)
		abort();
	r->orders[r->order_count++] = (struct rig_order){
		.kind = o->kind,
		.slot = o->slot,
		.endpoint = o->endpoint,
		.local_index = o->keys.local_index,
		.routes = o->routes,
		.thread = thread,
		.half = o->half,
		.to = o->to,
	};
	if (o->kind == CRYPT_REMOVE || o->kind == CRYPT_SESSION_RX || o->kind == CRYPT_SESSION_TX ||
		o->kind == CRYPT_WIPE || o->kind == CRYPT_ROUTES)
		r->unacked[thread][(*unacked)++] = (struct crypt_ack){
			.kind = o->kind,
			.slot = o->slot,
			.local_index = o->keys.local_index,
			.routes = o->routes,
		};
}

void rig_ack_thread(struct rig *r, unsigned thread)
{
	struct crypt_ack *list = r->unacked[thread];
	unsigned *count = &r->thread_unacked[thread];
	unsigned n = ring_send(&r->config.crypt[thread].from, list, *count);

	memmove(list, list + n, (*count - n) * sizeof(list[0]));
	*count -= n;
}

void rig_ack(struct rig *r)
{
	for (unsigned i = 0; i < r->config.crypt_count; i++)
		rig_ack_thread(r, i);
}

static unsigned unacked(const struct rig *r)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < r->config.crypt_count; i++)
		sum += r->thread_unacked[i];
	return sum;
}

static bool acks_wait(const struct rig *r)
{
	for (unsigned i = 0; i < r->config.crypt_count; i++)
		if (!ring_empty(&r->config.crypt[i].from))
			return true;
	return false;
}

/* Prefixes and their links apart: most tests know of the former alone. */
static void take_red_order(struct rig *r, const struct red_order *o)
{
	if (o->kind == RED_TUNNEL_LINK)
		r->links[r->link_count++ % RIG_LINKS] = *o;
	else
		r->red[r->red_count++] = o->prefix;
}

void rig_domains(struct rig *r)
{
	union {
		struct crypt_order crypt;
		struct black_order black;
		struct red_order red;
	} o;

	for (unsigned i = 0; i < r->config.crypt_count; i++)
		while (r->order_count < 4096 && ring_receive(&r->config.crypt[i].to, &o, 1))
			take_crypt_order(r, i, &o.crypt);
	while (r->black_count < 2048 && ring_receive(&r->config.to_black, &o, 1))
		r->black[r->black_count++] = o.black;
	while (r->red_count < 2048 && ring_receive(&r->config.to_red, &o, 1))
		take_red_order(r, &o.red);
	if (!r->hold_acks)
		rig_ack(r);
}

void rig_settle(struct rig *r)
{
	unsigned quiet = 0;

	while (quiet < 4) {
		unsigned before = r->order_count + r->black_count + r->red_count + r->link_count + unacked(r);
		bool acks = acks_wait(r);
		rig_round(r);
		rig_domains(r);
		unsigned after = r->order_count + r->black_count + r->red_count + r->link_count + unacked(r);
		quiet = before == after && !acks ? quiet + 1 : 0;
	}
}

unsigned rig_count(const struct rig *r, enum crypt_order_kind kind)
{
	unsigned count = 0;

	for (unsigned i = 0; i < r->order_count; i++)
		count += r->orders[i].kind == kind;
	return count;
}

int rig_find(const struct rig *r, enum crypt_order_kind kind, uint32_t slot)
{
	for (unsigned i = 0; i < r->order_count; i++) {
		if (r->orders[i].kind == kind && r->orders[i].slot == slot)
			return (int)i;
	}
	return -1;
}

void rig_forget(struct rig *r)
{
	r->order_count = r->black_count = r->red_count = r->link_count = 0;
}

uint32_t rig_slot(const struct rig *r, uint8_t fill)
{
	uint8_t key[32];

	memset(key, fill, sizeof(key));
	int64_t slot = wg_peer_find(r->control->device, key);
	return slot < 0 ? UINT32_MAX : (uint32_t)slot;
}

void rig_event(struct rig *r, uint32_t slot, uint32_t tx, uint32_t rx)
{
	atomic_fetch_or(&r->reports[slot].tx.events, tx);
	atomic_fetch_or(&r->reports[slot].rx.events, rx);
	atomic_fetch_or(&r->dirty[slot / 64], 1ull << slot % 64);
	r->control->traffic_due_ns = 0; /* the bell */
}

uint32_t rig_confirm(struct rig *r, uint32_t slot)
{
	uint32_t index = r->orders[rig_find(r, CRYPT_SESSION_RX, slot)].local_index;

	atomic_store(&r->reports[slot].rx.confirmed_index, index);
	rig_event(r, slot, 0, PEER_CONFIRMED | PEER_DATA_RECEIVED);
	return index;
}

/* ---- clients ---- */

int rig_connect(const struct rig *r, bool uapi)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path =
		uapi ? r->control->instance.uapi_socket : r->control->instance.control_socket;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

bool rig_write(int fd, const char *text)
{
	return write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

const char *rig_read(int fd)
{
	static char text[1 << 20];
	size_t length = 0;
	ssize_t got;

	while ((got = read(fd, text + length, sizeof(text) - 1 - length)) > 0)
		length += (size_t)got;
	text[length] = '\0';
	return text;
}

const char *rig_ask(struct rig *r, bool uapi, const char *text)
{
	static char answer[1 << 20];
	int fd = rig_connect(r, uapi);

	answer[0] = '\0';
	size_t length = strlen(text), at = 0;
	for (unsigned i = 0; i < 10000 && !strstr(answer, "errno="); i++) {
		ssize_t n = at < length ? write(fd, text + at, length - at) : 0;
		at += n > 0 ? (size_t)n : 0;
		rig_round(r);
		rig_domains(r);
		strcat(answer, rig_read(fd));
	}
	close(fd);
	rig_round(r);
	return answer;
}

const char *rig_hex(uint8_t fill)
{
	static char hex[4][65];
	static unsigned next;
	char *text = hex[next++ % 4];

	for (unsigned i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", fill);
	return text;
}
