/* SPDX-License-Identifier: BSD-3-Clause */
/* encrypterctl show: the peers, as wg(8) shows them or as JSON. */
#include <stdlib.h>
#include <string.h>

#include "encrypterctl/commands.h"
#include "encrypterctl/json.h"

/* ---- as JSON ---- */

static void json_text(struct json *j, const char *key, const struct reply_line *line)
{
	char *text = reply_text(line);

	json_string(j, key, text);
	free(text);
}

static void peer_string(struct json *j, const struct reply *reply, struct reply_line from,
	const char *json_key, const char *key)
{
	struct reply_line line;

	if (reply_find_in_peer(reply, from, key, &line))
		json_text(j, json_key, &line);
	else
		json_string(j, json_key, NULL);
}

static void peer_number(struct json *j, const struct reply *reply, struct reply_line from,
	const char *json_key, const char *key)
{
	struct reply_line line;

	json_number(j, json_key, reply_find_in_peer(reply, from, key, &line) ? reply_number(&line) : 0);
}

static void peer_allowed_ips(struct json *j, const struct reply *reply, struct reply_line line)
{
	json_open(j, "allowed_ips", '[');
	while (reply_next(reply, &line) && !reply_key_is(&line, "peer")) {
		if (reply_key_is(&line, "allowed_ip"))
			json_text(j, NULL, &line);
	}
	json_close(j, ']');
}

static void peer_json(struct json *j, const struct reply *reply, struct reply_line from)
{
	struct reply_line line;

	json_open(j, NULL, '{');
	peer_string(j, reply, from, "name", "peer_name");
	json_text(j, "public_key", &from);
	json_bool(j, "preshared_key",
		reply_find_in_peer(reply, from, "preshared_key", &line) && line.value_length == 7 &&
			memcmp(line.value, "present", 7) == 0);
	peer_string(j, reply, from, "endpoint", "endpoint");
	peer_string(j, reply, from, "endpoint_name", "endpoint_name");
	peer_allowed_ips(j, reply, from);
	peer_number(j, reply, from, "latest_handshake", "latest_handshake");
	json_open(j, "transfer", '{');
	peer_number(j, reply, from, "rx", "rx_bytes");
	peer_number(j, reply, from, "tx", "tx_bytes");
	json_close(j, '}');
	peer_number(j, reply, from, "persistent_keepalive", "persistent_keepalive");
	json_close(j, '}');
}

void print_show_json(FILE *out, const struct reply *reply)
{
	struct json j = {.out = out};
	struct reply_line line = {0};

	json_open(&j, NULL, '{');
	peer_string(&j, reply, line, "name", "name");
	peer_string(&j, reply, line, "public_key", "public_key");
	peer_number(&j, reply, line, "listen_port", "listen_port");
	json_open(&j, "peers", '[');
	while (reply_next(reply, &line)) {
		if (reply_key_is(&line, "peer"))
			peer_json(&j, reply, line);
	}
	json_close(&j, ']');
	json_close(&j, '}');
	fputc('\n', out);
}

/* ---- for people ---- */

static void print_bytes(FILE *out, uint64_t bytes, const char *what)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	double value = (double)bytes / 1024;
	unsigned unit = 0;

	if (bytes < 1024) {
		fprintf(out, "%llu B %s", (unsigned long long)bytes, what);
		return;
	}
	for (; value >= 1024 && unit < 3; unit++)
		value /= 1024;
	fprintf(out, "%.2f %s %s", value, units[unit], what);
}

static void print_ago(FILE *out, uint64_t then, time_t now)
{
	static const struct {
		uint64_t seconds;
		const char *name;
	} units[] = {{365 * 86400, "year"}, {86400, "day"}, {3600, "hour"}, {60, "minute"},
		{1, "second"}};
	uint64_t left = (uint64_t)now > then ? (uint64_t)now - then : 0;
	const char *comma = "";

	if (left == 0) {
		fputs("now", out);
		return;
	}
	for (unsigned i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		uint64_t n = left / units[i].seconds;
		left %= units[i].seconds;
		if (n > 0) {
			fprintf(out, "%s%llu %s%s", comma, (unsigned long long)n, units[i].name,
				n > 1 ? "s" : "");
			comma = ", ";
		}
	}
	fputs(" ago", out);
}

static void print_line(FILE *out, const char *label, const struct reply_line *line)
{
	fprintf(out, "  %s: %.*s\n", label, (int)line->value_length, line->value);
}

static void print_allowed_ips(FILE *out, const struct reply *reply, struct reply_line line)
{
	const char *comma = "";

	fputs("  allowed ips: ", out);
	while (reply_next(reply, &line) && !reply_key_is(&line, "peer")) {
		if (!reply_key_is(&line, "allowed_ip"))
			continue;
		fprintf(out, "%s%.*s", comma, (int)line.value_length, line.value);
		comma = ", ";
	}
	fprintf(out, "%s\n", *comma ? "" : "(none)");
}

static void print_traffic(FILE *out, const struct reply *reply, struct reply_line from, time_t now)
{
	struct reply_line line;

	if (reply_find_in_peer(reply, from, "latest_handshake", &line) && reply_number(&line) > 0) {
		fputs("  latest handshake: ", out);
		print_ago(out, reply_number(&line), now);
		fputc('\n', out);
	}
	uint64_t rx = reply_find_in_peer(reply, from, "rx_bytes", &line) ? reply_number(&line) : 0;
	uint64_t tx = reply_find_in_peer(reply, from, "tx_bytes", &line) ? reply_number(&line) : 0;
	if (rx == 0 && tx == 0)
		return;
	fputs("  transfer: ", out);
	print_bytes(out, rx, "received, ");
	print_bytes(out, tx, "sent\n");
}

static void print_peer(FILE *out, const struct reply *reply, struct reply_line from, time_t now)
{
	struct reply_line line;

	fprintf(out, "\npeer: %.*s\n", (int)from.value_length, from.value);
	if (reply_find_in_peer(reply, from, "peer_name", &line) && line.value_length > 0)
		print_line(out, "name", &line);
	if (reply_find_in_peer(reply, from, "preshared_key", &line) && line.value_length == 7)
		fputs("  preshared key: (hidden)\n", out); /* "present", not "absent" */
	if (reply_find_in_peer(reply, from, "endpoint", &line))
		print_line(out, "endpoint", &line);
	if (reply_find_in_peer(reply, from, "endpoint_name", &line))
		print_line(out, "endpoint by name", &line);
	print_allowed_ips(out, reply, from);
	print_traffic(out, reply, from, now);
	if (reply_find_in_peer(reply, from, "persistent_keepalive", &line) && reply_number(&line) > 0)
		fprintf(out, "  persistent keepalive: every %llu second%s\n",
			(unsigned long long)reply_number(&line),
			reply_number(&line) > 1 ? "s" : "");
}

void print_show(FILE *out, const struct reply *reply, time_t now)
{
	struct reply_line line;

	if (reply_find(reply, "name", &line))
		fprintf(out, "interface: %.*s\n", (int)line.value_length, line.value);
	if (reply_find(reply, "public_key", &line))
		print_line(out, "public key", &line);
	if (reply_find(reply, "listen_port", &line))
		print_line(out, "listening port", &line);
	line = (struct reply_line){0};
	while (reply_next(reply, &line)) {
		if (reply_key_is(&line, "peer"))
			print_peer(out, reply, line, now);
	}
}

int command_show(const struct invocation *in)
{
	struct reply reply;
	int flags;
	int status = command_ask(in, "show", FLAG_JSON, &flags, &reply);

	if (status != EXIT_DONE)
		return status;
	if (flags & FLAG_JSON)
		print_show_json(stdout, &reply);
	else
		print_show(stdout, &reply, time(NULL));
	free(reply.text);
	return EXIT_DONE;
}
