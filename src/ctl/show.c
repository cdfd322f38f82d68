/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/show.h"

#include "crypto/keytext.h"
#include "util/clock.h"

#ifndef ENCRYPTER_VERSION
#define ENCRYPTER_VERSION "unknown"
#endif

const char *show_version(void)
{
	return ENCRYPTER_VERSION;
}

void show_value(struct text *t, const char *key, const char *value)
{
	text_printf(t, "%s=", key);
	for (const char *at = value; *at; at++) {
		unsigned char byte = (unsigned char)*at;
		if (byte < 0x20 || byte == 0x7f || byte == '%')
			text_printf(t, "%%%02x", byte);
		else
			text_append(t, at, 1);
	}
	text_append(t, "\n", 1);
}

static void show_number(struct text *t, const char *key, uint64_t value)
{
	text_printf(t, "%s=%llu\n", key, (unsigned long long)value);
}

static void show_bool(struct text *t, const char *key, bool value)
{
	show_value(t, key, value ? "yes" : "no");
}

static void show_key(struct text *t, const char *key, const uint8_t public_key[static KEY_LEN])
{
	char base64[KEY_BASE64_LEN];

	key_to_base64(base64, public_key);
	show_value(t, key, base64);
}

void show_end(struct text *t, int number, const char *error)
{
	if (error)
		show_value(t, "error", error);
	text_printf(t, "errno=%d\n\n", number);
}

void show_device(struct text *t, const struct show_device *device)
{
	show_value(t, "name", device->name);
	if (device->public_key)
		show_key(t, "public_key", device->public_key);
	show_number(t, "listen_port", device->listen_port);
}

void show_peer(struct text *t, const struct show_peer *peer)
{
	const struct wg_peer_info *info = peer->info;
	char address[ADDR_TEXT_MAX];

	show_key(t, "peer", info->public_key);
	show_value(t, "peer_name", peer->name);
	show_value(t, "preshared_key", info->has_preshared_key ? "present" : "absent");
	if (info->endpoint.addr.family != 0)
		show_value(t, "endpoint", endpoint_format(&info->endpoint, address));
	if (peer->endpoint_name)
		show_value(t, "endpoint_name", peer->endpoint_name);
	show_number(t, "latest_handshake", info->last_handshake_wall_ns / CLOCK_SECOND);
	show_number(t, "rx_bytes", peer->rx_bytes);
	show_number(t, "tx_bytes", peer->tx_bytes);
	show_number(t, "persistent_keepalive", info->persistent_keepalive);
	for (uint32_t i = routes_first(peer->routes, peer->slot); i != ROUTES_NONE;
		i = routes_next(peer->routes, i))
		show_value(t, "allowed_ip", prefix_format(routes_at(peer->routes, i), address));
}

void show_status(struct text *t, const struct show_status *status)
{
	show_value(t, "name", status->name);
	show_value(t, "version", show_version());
	show_number(t, "pid", (uint64_t)status->pid);
	show_value(t, "mode", status->large ? "large" : "small");
	show_number(t, "uptime", status->uptime_s);
	show_bool(t, "ready", status->ready);
	show_value(t, "engine", status->engine);
	show_bool(t, "hugepages", status->hugepages);
	show_clock(t, status->clock_ahead_ns);
	show_number(t, "peers", status->peers);
	show_number(t, "peers_up", status->peers_up);
	show_bool(t, "attack", status->attack.ongoing);
	show_number(t, "attacks", status->attack.count);
	show_number(t, "attack_seconds", status->attack.seconds);
	show_number(t, "attack_messages", status->attack.messages);
	show_number(t, "attack_sources", status->attack.sources);
	show_number(t, "handshakes_stale", status->reports_stale);
}

void show_clock(struct text *t, uint64_t ahead_ns)
{
	show_number(t, "clock_ahead", ahead_ns / CLOCK_SECOND);
}

void show_domain(struct text *t, const char *name, uint64_t silent_ns)
{
	show_value(t, "domain", name);
	show_number(t, "silent_ms", silent_ns / CLOCK_MS);
}

static void add_up(struct crypt_stats *sum, const struct crypt_stats *of)
{
#define ADD(name, help) sum->name += __atomic_load_n(&of->name, __ATOMIC_RELAXED);
	CRYPT_COUNTERS(ADD)
#undef ADD
}

void show_stats(struct text *t, const struct black_stats *black, const struct red_stats *red,
	const struct crypt_stats *const threads[], unsigned crypt_count,
	const struct control_stats *control)
{
	struct crypt_stats sum = {0}, *crypt = &sum;

	for (unsigned i = 0; i < crypt_count; i++)
		add_up(&sum, threads[i]);
#define COUNTER(domain, name)                                                                      \
	show_number(t, #domain "." #name, __atomic_load_n(&domain->name, __ATOMIC_RELAXED));
#define BLACK_COUNTER(name, help) COUNTER(black, name)
#define RED_COUNTER(name, help)   COUNTER(red, name)
#define CRYPT_COUNTER(name, help) COUNTER(crypt, name)
#define CONTROL_COUNTER(name, help) COUNTER(control, name)
	BLACK_COUNTERS(BLACK_COUNTER)
	RED_COUNTERS(RED_COUNTER)
	CRYPT_COUNTERS(CRYPT_COUNTER)
	CONTROL_COUNTERS(CONTROL_COUNTER)
}
