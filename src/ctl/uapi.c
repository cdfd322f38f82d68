/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/uapi.h"

#include <errno.h>
#include <string.h>

#include "crypto/keytext.h"
#include "crypto/secret.h"
#include "util/clock.h"

#define OPS_FIRST 32

void uapi_request_init(struct uapi_request *r)
{
	memset(r, 0, sizeof(*r));
}

static void drop_ops(struct uapi_request *r)
{
	secret_free(r->ops);
	r->ops = NULL;
	r->count = r->capacity = 0;
}

void uapi_request_reset(struct uapi_request *r)
{
	drop_ops(r);
	secret_wipe(r, sizeof(*r));
	uapi_request_init(r);
}

static int add_op(struct uapi_request *r, const struct uapi_op *op)
{
	if (r->count == r->capacity) {
		size_t capacity = r->capacity ? r->capacity * 2 : OPS_FIRST;
		struct uapi_op *ops = secret_alloc(capacity * sizeof(*ops));
		if (!ops)
			return ENOMEM;
		if (r->count > 0)
			memcpy(ops, r->ops, r->count * sizeof(*ops));
		secret_free(r->ops);
		r->ops = ops;
		r->capacity = capacity;
	}
	r->ops[r->count++] = *op;
	return 0;
}

/* ---- values: true when the text is one ---- */

static bool value_key(struct uapi_op *op, const char *text)
{
	return key_from_hex(op->key, text) == 0;
}

static bool value_number(struct uapi_op *op, const char *text)
{
	uint64_t number;

	if (!line_number(text, UINT16_MAX, &number))
		return false;
	op->number = (uint16_t)number;
	return true;
}

static bool value_true(struct uapi_op *op, const char *text)
{
	return strcmp(text, "true") == 0;
}

static bool value_endpoint(struct uapi_op *op, const char *text)
{
	return endpoint_parse(&op->endpoint, text) == 0;
}

static bool value_prefix(struct uapi_op *op, const char *text)
{
	if (*text == '-') {
		op->kind = UAPI_ALLOWED_IP_REMOVE;
		text++;
	}
	if (prefix_parse(&op->prefix, text) != 0)
		return false;
	prefix_mask(&op->prefix); /* A46 */
	return true;
}

static const struct key {
	const char *name;
	bool of_device;
	enum uapi_op_kind kind;
	bool (*value)(struct uapi_op *op, const char *text);
} keys[] = {
	{"private_key", true, UAPI_PRIVATE_KEY, value_key},
	{"listen_port", true, UAPI_LISTEN_PORT, value_number},
	{"replace_peers", true, UAPI_REPLACE_PEERS, value_true},
	{"remove", false, UAPI_REMOVE, value_true},
	{"update_only", false, UAPI_UPDATE_ONLY, value_true},
	{"preshared_key", false, UAPI_PRESHARED_KEY, value_key},
	{"endpoint", false, UAPI_ENDPOINT, value_endpoint},
	{"persistent_keepalive_interval", false, UAPI_KEEPALIVE, value_number},
	{"replace_allowed_ips", false, UAPI_REPLACE_ALLOWED_IPS, value_true},
	{"allowed_ip", false, UAPI_ALLOWED_IP, value_prefix},
};

/* Our own copy of a key's name, for messages: what the client wrote may be anything. */
static const char *known_key(const char *name)
{
	static const char *const others[] = {"public_key", "fwmark", "protocol_version", "set", "get"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(name, keys[i].name) == 0)
			return keys[i].name;
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcmp(name, others[i]) == 0)
			return others[i];
	}
	return NULL;
}

/* Keys that are understood, but lead to nothing: only one value is right. */
static int take_constant(const struct uapi_request *r, const char *name, const char *value)
{
	/* There is no kernel routing that a mark could be for. */
	if (!r->in_peer && strcmp(name, "fwmark") == 0)
		return strcmp(value, "0") == 0 ? 0 : EINVAL;
	if (r->in_peer && strcmp(name, "protocol_version") == 0)
		return strcmp(value, "1") == 0 ? 0 : EINVAL;
	return EINVAL;
}

static int take_peer(struct uapi_request *r, const char *value)
{
	struct uapi_op op = {.kind = UAPI_PEER};

	r->in_peer = true;
	return value_key(&op, value) ? add_op(r, &op) : EINVAL;
}

static int take_setting(struct uapi_request *r, const char *name, const char *value)
{
	if (strcmp(name, "public_key") == 0)
		return take_peer(r, value);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(name, keys[i].name) != 0 || keys[i].of_device == r->in_peer)
			continue;
		struct uapi_op op = {.kind = (uint8_t)keys[i].kind};
		int error = keys[i].value(&op, value) ? add_op(r, &op) : EINVAL;
		secret_wipe(&op, sizeof(op));
		return error;
	}
	return take_constant(r, name, value);
}

/* The first line: what is wanted. */
static int take_verb(struct uapi_request *r, const char *name, const char *value)
{
	if (strcmp(name, "get") == 0)
		r->kind = UAPI_GET;
	else if (strcmp(name, "set") == 0)
		r->kind = UAPI_SET;
	return r->kind != UAPI_UNKNOWN && strcmp(value, "1") == 0 ? 0 : EINVAL;
}

static int take_line(struct uapi_request *r, char *line)
{
	const char *value = line_value(line);

	if (!value)
		return EINVAL;
	int error = EINVAL;
	if (!r->begun)
		error = take_verb(r, line, value);
	else if (r->kind == UAPI_SET)
		error = take_setting(r, line, value);
	if (error != 0)
		r->error_key = known_key(line);
	return error;
}

static void fail(struct uapi_request *r, int error)
{
	if (r->error == 0) {
		r->error = error;
		r->error_line = r->line;
	}
	drop_ops(r);
}

static void finish(struct uapi_request *r)
{
	if (!r->begun)
		fail(r, EINVAL);
	r->complete = true;
	lines_reset(&r->lines);
}

size_t uapi_request_feed(struct uapi_request *r, const uint8_t *bytes, size_t length)
{
	size_t at = 0;

	while (!r->complete && at < length) {
		size_t taken;
		enum line_state state = lines_take(&r->lines, bytes + at, length - at, &taken);
		at += taken;
		r->bytes += taken;
		r->line += state != LINE_PARTIAL;
		if (r->bytes > UAPI_REQUEST_MAX) {
			fail(r, E2BIG);
			r->too_long = true;
			finish(r);
		} else if (state == LINE_WHOLE && r->lines.length == 0) {
			finish(r);
		} else if (state != LINE_PARTIAL && r->error == 0) {
			int error = state == LINE_WHOLE ? take_line(r, r->lines.text) : EINVAL;
			if (error != 0)
				fail(r, error);
			r->begun = true;
		}
	}
	return at;
}

/* ---- answers ---- */

void uapi_format_end(struct text *t, enum uapi_kind kind, int error)
{
	/* wg(8) takes the number of a get for positive and that of a set for negative. */
	text_printf(t, "errno=%d\n\n", kind == UAPI_SET ? -error : error);
}

static void format_key(struct text *t, const char *name, const uint8_t key[static KEY_LEN])
{
	char hex[KEY_HEX_LEN];

	key_to_hex(hex, key);
	text_printf(t, "%s=%s\n", name, hex);
	secret_wipe(hex, sizeof(hex));
}

void uapi_format_device(struct text *t, const struct uapi_device *device)
{
	if (device->private_key)
		format_key(t, "private_key", device->private_key);
	text_printf(t, "listen_port=%u\n", (unsigned)device->listen_port);
}

void uapi_format_peer(struct text *t, const struct uapi_peer *peer)
{
	const struct wg_peer_info *info = peer->info;
	char address[ADDR_TEXT_MAX];

	format_key(t, "public_key", info->public_key);
	if (peer->preshared_key)
		format_key(t, "preshared_key", peer->preshared_key);
	text_printf(t, "protocol_version=1\n");
	if (info->endpoint.addr.family != 0)
		text_printf(t, "endpoint=%s\n", endpoint_format(&info->endpoint, address));
	text_printf(t, "last_handshake_time_sec=%llu\nlast_handshake_time_nsec=%llu\n",
		(unsigned long long)(info->last_handshake_wall_ns / CLOCK_SECOND),
		(unsigned long long)(info->last_handshake_wall_ns % CLOCK_SECOND));
	text_printf(t, "tx_bytes=%llu\nrx_bytes=%llu\npersistent_keepalive_interval=%u\n",
		(unsigned long long)peer->tx_bytes, (unsigned long long)peer->rx_bytes,
		(unsigned)info->persistent_keepalive);
	for (uint32_t i = routes_first(peer->routes, peer->slot); i != ROUTES_NONE;
		i = routes_next(peer->routes, i))
		text_printf(t, "allowed_ip=%s\n",
			prefix_format(routes_at(peer->routes, i), address));
}
