/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/change.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/dh.h"
#include "crypto/secret.h"

#define EDITS_FIRST    8
#define PREFIXES_FIRST 16

void change_init(struct change *change)
{
	memset(change, 0, sizeof(*change));
	random_bytes(&change->seed, sizeof(change->seed));
}

void change_free(struct change *change)
{
	for (uint32_t i = 0; i < change->edit_count; i++)
		free(change->edits[i].endpoint_name);
	secret_free(change->edits);
	free(change->prefixes);
	free(change->buckets);
	secret_wipe(change, sizeof(*change));
}

/* ---- edits by public key: open addressing, never more than half full ---- */

static uint32_t *bucket_of(const struct change *change, const uint8_t key[static 32])
{
	uint64_t word;

	memcpy(&word, key, sizeof(word));
	uint32_t at = (uint32_t)(((word ^ change->seed) * 0x9e3779b97f4a7c15u) >> 32);
	for (;; at++) {
		uint32_t *bucket = &change->buckets[at & (change->bucket_count - 1)];
		if (*bucket == CHANGE_NONE ||
			memcmp(change->edits[*bucket].public_key, key, 32) == 0)
			return bucket;
	}
}

static int grow_edits(struct change *change)
{
	uint32_t capacity = change->edit_capacity ? change->edit_capacity * 2 : EDITS_FIRST;
	struct change_edit *edits = secret_alloc(capacity * sizeof(*edits));
	uint32_t *buckets = malloc(2 * capacity * sizeof(*buckets));

	if (!edits || !buckets) {
		secret_free(edits);
		free(buckets);
		return -ENOMEM;
	}
	if (change->edit_count > 0)
		memcpy(edits, change->edits, change->edit_count * sizeof(*edits));
	secret_free(change->edits);
	free(change->buckets);
	change->edits = edits;
	change->edit_capacity = capacity;
	change->buckets = buckets;
	change->bucket_count = 2 * capacity;
	memset(buckets, 0xff, 2 * capacity * sizeof(*buckets)); /* CHANGE_NONE */
	for (uint32_t i = 0; i < change->edit_count; i++)
		*bucket_of(change, edits[i].public_key) = i;
	return 0;
}

/* The edit of that peer, made when there is none. NULL: no memory. */
static struct change_edit *edit_of(
	struct change *change, const struct wg_device *device, const uint8_t key[static 32])
{
	uint32_t *bucket = change->bucket_count ? bucket_of(change, key) : NULL;

	if (bucket && *bucket != CHANGE_NONE)
		return &change->edits[*bucket]; /* needs no memory */
	if (change->edit_count == change->edit_capacity) {
		if (grow_edits(change) != 0)
			return NULL;
		bucket = bucket_of(change, key);
	}
	int64_t slot = wg_peer_find(device, key);
	struct change_edit *edit = &change->edits[change->edit_count];
	memset(edit, 0, sizeof(*edit));
	memcpy(edit->public_key, key, 32);
	edit->slot = slot < 0 ? CHANGE_NONE : (uint32_t)slot;
	edit->keep = slot >= 0;
	*bucket = change->edit_count++;
	return edit;
}

/* What the request said of the peer before is void. */
static void edit_remove(const struct change *change, struct change_edit *edit)
{
	struct change_edit clean = {.slot = edit->slot,
		.drop = edit->slot != CHANGE_NONE,
		.prefixes_from = change->prefix_count};

	memcpy(clean.public_key, edit->public_key, sizeof(clean.public_key));
	free(edit->endpoint_name);
	*edit = clean;
}

static int edit_prefix(struct change *change, const struct change_edit *edit,
	const struct ip_prefix *prefix, bool remove)
{
	if (change->prefix_count == change->prefix_capacity) {
		uint32_t capacity =
			change->prefix_capacity ? change->prefix_capacity * 2 : PREFIXES_FIRST;
		struct change_prefix *grown =
			realloc(change->prefixes, capacity * sizeof(*change->prefixes));
		if (!grown)
			return -ENOMEM;
		change->prefixes = grown;
		change->prefix_capacity = capacity;
	}
	change->prefixes[change->prefix_count++] = (struct change_prefix){
		.prefix = *prefix,
		.remove = remove,
		.edit = (uint32_t)(edit - change->edits),
	};
	return 0;
}

/* ---- the device ---- */

static int set_private_key(
	struct change *change, const struct wg_device *device, const uint8_t key[static 32])
{
	uint8_t public_key[32];
	int rc = 0;

	change->set_private_key = true;
	memcpy(change->private_key, key, 32);
	if (secret_is_zero(key, 32))
		return 0;
	dh_base(public_key, key);
	/* A53: a peer with that key goes, in good order like any other. */
	if (wg_peer_find(device, public_key) >= 0) {
		struct change_edit *edit = edit_of(change, device, public_key);
		if (edit)
			edit_remove(change, edit);
		else
			rc = -ENOMEM;
	}
	return rc;
}

static int replace_peers(struct change *change, const struct wg_device *device)
{
	struct wg_peer_info info;

	for (uint32_t slot = wg_peer_next(device, 0); slot != UINT32_MAX;
		slot = wg_peer_next(device, slot + 1)) {
		wg_peer_info(device, slot, &info);
		struct change_edit *edit = edit_of(change, device, info.public_key);
		if (!edit)
			return -ENOMEM;
		edit_remove(change, edit);
	}
	return 0;
}

/* ---- operations of the UAPI ---- */

struct section { /* of one UAPI_PEER */
	uint32_t edit; /* CHANGE_NONE: what follows is ignored */
	bool made;     /* by this section: update_only takes it back */
};

static int op_peer(struct change *change, const struct wg_device *device, struct section *at,
	const uint8_t key[static 32])
{
	struct change_edit *edit = edit_of(change, device, key);

	if (!edit)
		return -ENOMEM;
	at->edit = (uint32_t)(edit - change->edits);
	at->made = !edit->keep;
	edit->keep = true;
	return 0;
}

static void op_update_only(
	const struct change *change, struct change_edit *edit, struct section *at)
{
	if (!at->made)
		return;
	edit_remove(change, edit);
	at->edit = CHANGE_NONE;
}

static int op_of_peer(struct change *change, struct section *at, const struct uapi_op *op)
{
	if (at->edit == CHANGE_NONE)
		return 0;
	struct change_edit *edit = &change->edits[at->edit];

	switch ((enum uapi_op_kind)op->kind) {
	case UAPI_REMOVE:
		edit_remove(change, edit);
		at->edit = CHANGE_NONE;
		break;
	case UAPI_UPDATE_ONLY:
		op_update_only(change, edit, at);
		break;
	case UAPI_PRESHARED_KEY:
		edit->set_preshared_key = true;
		memcpy(edit->preshared_key, op->key, sizeof(edit->preshared_key));
		break;
	case UAPI_ENDPOINT:
		edit->set_endpoint = true;
		edit->endpoint = op->endpoint;
		break;
	case UAPI_KEEPALIVE:
		edit->set_keepalive = true;
		edit->keepalive = op->number;
		break;
	case UAPI_REPLACE_ALLOWED_IPS:
		edit->replace_allowed_ips = true;
		edit->prefixes_from = change->prefix_count;
		break;
	case UAPI_ALLOWED_IP:
	case UAPI_ALLOWED_IP_REMOVE:
		return edit_prefix(change, edit, &op->prefix, op->kind == UAPI_ALLOWED_IP_REMOVE);
	default:
		break;
	}
	return 0;
}

int change_from_uapi(struct change *change, const struct wg_device *device,
	const struct uapi_op *ops, size_t count)
{
	struct section at = {.edit = CHANGE_NONE};
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		const struct uapi_op *op = &ops[i];
		if (op->kind == UAPI_PRIVATE_KEY) {
			rc = set_private_key(change, device, op->key);
		} else if (op->kind == UAPI_LISTEN_PORT) {
			change->set_listen_port = true;
			change->listen_port = op->number;
		} else if (op->kind == UAPI_REPLACE_PEERS) {
			rc = replace_peers(change, device);
		} else if (op->kind == UAPI_PEER) {
			rc = op_peer(change, device, &at, op->key);
		} else {
			rc = op_of_peer(change, &at, op);
		}
	}
	return rc;
}

/* ---- the configuration ---- */

static int add_config_peer(
	struct change *change, const struct wg_device *device, const struct config_peer *peer)
{
	struct change_edit *edit = edit_of(change, device, peer->public_key);
	int rc = 0;

	if (!edit)
		return -ENOMEM;
	edit->keep = true;
	edit->from_file = true;
	memcpy(edit->name, peer->name, sizeof(edit->name));
	edit->set_preshared_key = peer->has_preshared_key;
	memcpy(edit->preshared_key, peer->preshared_key, sizeof(edit->preshared_key));
	edit->set_endpoint = peer->endpoint.addr.family != 0;
	edit->endpoint = peer->endpoint;
	if (peer->endpoint_name) {
		edit->endpoint_name = strdup(peer->endpoint_name);
		rc = edit->endpoint_name ? 0 : -ENOMEM;
	}
	edit->set_keepalive = peer->persistent_keepalive != 0;
	edit->keepalive = peer->persistent_keepalive;
	for (unsigned i = 0; i < peer->allowed_ip_count && rc == 0; i++)
		rc = edit_prefix(change, edit, &peer->allowed_ips[i], false);
	return rc;
}

int change_from_config(
	struct change *change, const struct wg_device *device, const struct config *config)
{
	int rc = 0;

	if (config->has_private_key)
		rc = set_private_key(change, device, config->private_key);
	for (unsigned i = 0; i < config->peer_count && rc == 0; i++)
		rc = add_config_peer(change, device, &config->peers[i]);
	return rc;
}

static void stay(struct change_edit *edit, const struct wg_device *device)
{
	struct wg_peer_info info;

	if (edit->slot == CHANGE_NONE)
		return;
	wg_peer_info(device, edit->slot, &info);
	edit->drop = false;
	edit->replace_allowed_ips = true;
	edit->set_preshared_key = true; /* zeroes when there is none */
	edit->set_keepalive = edit->keepalive != info.persistent_keepalive;
}

int change_to_config(struct change *change, const struct wg_device *device,
	const struct config *config, bool anew)
{
	int rc = replace_peers(change, device);

	if (rc == 0)
		rc = change_from_config(change, device, config);
	change->set_listen_port = true;
	change->listen_port = config->listen_port;
	for (unsigned i = 0; i < config->peer_count && rc == 0 && !anew; i++)
		stay(edit_of(change, device, config->peers[i].public_key), device);
	return rc;
}

/* ---- its size ---- */

bool change_prefix_counts(const struct change *change, uint32_t i)
{
	const struct change_edit *edit = &change->edits[change->prefixes[i].edit];

	return edit->keep && i >= edit->prefixes_from;
}

static void measure_edit(
	const struct change_edit *edit, const struct routes *routes, struct change_size *size)
{
	bool stays = edit->keep && !edit->drop && edit->slot != CHANGE_NONE;

	if (edit->drop) {
		size->removed++;
		size->routes_between -= routes_count(routes, edit->slot);
	}
	if (stays)
		size->edited++;
	else if (edit->keep)
		size->added++;
	if (stays && edit->replace_allowed_ips)
		size->routes_after -= routes_count(routes, edit->slot);
}

void change_measure(const struct change *change, const struct routes *routes,
	const struct routes *tunnel, struct change_size *size)
{
	memset(size, 0, sizeof(*size));
	size->routes_between = routes->count;
	for (uint32_t i = 0; i < change->edit_count; i++)
		measure_edit(&change->edits[i], routes, size);
	size->routes_after += size->routes_between; /* modulo 2^32 until here */
	for (uint32_t i = 0; i < change->prefix_count; i++) {
		const struct change_prefix *p = &change->prefixes[i];
		if (p->remove || !change_prefix_counts(change, i))
			continue;
		size->named++;
		if (!routes_has(tunnel, &p->prefix))
			size->tunnel_new++;
	}
	size->routes_after += size->named;
}
