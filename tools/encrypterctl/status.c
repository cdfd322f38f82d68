/* SPDX-License-Identifier: BSD-3-Clause */
/* encrypterctl status and version: how the daemon is. */
#include <stdlib.h>
#include <string.h>

#include "encrypterctl/commands.h"
#include "encrypterctl/json.h"

static const char *const numbers[] = {"pid", "uptime", "clock_ahead", "peers", "peers_up", "silent_ms",
	"attacks", "attack_seconds", "attack_messages", "attack_sources", "handshakes_stale"};
static const char *const switches[] = {"ready", "hugepages", "attack"};

static bool is_one_of(const struct reply_line *line, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (reply_key_is(line, names[i]))
			return true;
	}
	return false;
}

static void member_json(struct json *j, const struct reply_line *line)
{
	char key[64];
	char *text = reply_text(line);

	snprintf(key, sizeof(key), "%.*s", (int)line->key_length, line->key);
	if (is_one_of(line, numbers, sizeof(numbers) / sizeof(numbers[0])))
		json_number(j, key, reply_number(line));
	else if (is_one_of(line, switches, sizeof(switches) / sizeof(switches[0])))
		json_bool(j, key, text && strcmp(text, "yes") == 0);
	else
		json_string(j, key, text);
	free(text);
}

/* {"name":…,"peers":…,"domains":[{"name":…,"silent_ms":…}]} */
void print_status_json(FILE *out, const struct reply *reply)
{
	struct json j = {.out = out};
	struct reply_line line = {0};
	bool in_domains = false;

	json_open(&j, NULL, '{');
	while (reply_next(reply, &line)) {
		if (reply_key_is(&line, "errno"))
			continue;
		if (reply_key_is(&line, "domain")) {
			if (in_domains)
				json_close(&j, '}');
			else
				json_open(&j, "domains", '[');
			in_domains = true;
			json_open(&j, NULL, '{');
			line.key = "name";
			line.key_length = strlen("name");
		}
		member_json(&j, &line);
	}
	if (in_domains) {
		json_close(&j, '}');
		json_close(&j, ']');
	}
	json_close(&j, '}');
	fputc('\n', out);
}

static const char *label_of(const struct reply_line *line)
{
	static const char *const labels[][2] = {
		{"name", "name"},
		{"version", "version"},
		{"pid", "process"},
		{"mode", "mode"},
		{"uptime", "uptime"},
		{"ready", "ready"},
		{"engine", "engine"},
		{"hugepages", "hugepages"},
	};

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (reply_key_is(line, labels[i][0]))
			return labels[i][1];
	}
	return NULL;
}

static void print_uptime(FILE *out, uint64_t s)
{
	fprintf(out, "%-10s %llu d %02u:%02u:%02u\n", "uptime", (unsigned long long)(s / 86400),
		(unsigned)(s / 3600 % 24), (unsigned)(s / 60 % 60), (unsigned)(s % 60));
}

/* Said only when there is something to do. */
static void print_clock(FILE *out, uint64_t ahead_s)
{
	if (ahead_s != 0)
		fprintf(out, "%-10s %llu s ahead, not believed: see accept-clock\n", "clock",
			(unsigned long long)ahead_s);
}

static void print_peers(FILE *out, const struct reply *reply)
{
	struct reply_line line;
	uint64_t total = reply_find(reply, "peers", &line) ? reply_number(&line) : 0;
	uint64_t up = reply_find(reply, "peers_up", &line) ? reply_number(&line) : 0;

	fprintf(out, "%-10s %llu up of %llu\n", "peers", (unsigned long long)up,
		(unsigned long long)total);
}

static unsigned long long number(const struct reply *reply, const char *key)
{
	struct reply_line line;

	return reply_find(reply, key, &line) ? reply_number(&line) : 0;
}

static void print_attack(FILE *out, const struct reply *reply, bool ongoing)
{
	unsigned long long attacks = number(reply, "attacks");

	fprintf(out, "%-10s ", "attack");
	if (attacks == 0)
		fprintf(out, "none so far\n");
	else
		fprintf(out, "%s; %llu so far, %s %llu s: %llu messages from about %llu sources\n",
			ongoing ? "now" : "none now", attacks,
			ongoing ? "this one for" : "the last one of",
			number(reply, "attack_seconds"), number(reply, "attack_messages"),
			number(reply, "attack_sources"));
}

void print_status(FILE *out, const struct reply *reply)
{
	struct reply_line line = {0};

	while (reply_next(reply, &line)) {
		const char *label = label_of(&line);
		if (reply_key_is(&line, "uptime"))
			print_uptime(out, reply_number(&line));
		else if (reply_key_is(&line, "clock_ahead"))
			print_clock(out, reply_number(&line));
		else if (reply_key_is(&line, "peers"))
			print_peers(out, reply);
		else if (reply_key_is(&line, "attack"))
			print_attack(out, reply, line.value_length == 3);
		else if (reply_key_is(&line, "domain"))
			fprintf(out, "%-10.*s ", (int)line.value_length, line.value);
		else if (reply_key_is(&line, "silent_ms"))
			fprintf(out, "last round %llu ms ago\n",
				(unsigned long long)reply_number(&line));
		else if (label)
			fprintf(out, "%-10s %.*s\n", label, (int)line.value_length, line.value);
	}
}

int command_status(const struct invocation *in)
{
	struct reply reply;
	int flags;
	int status = command_ask(in, "status", FLAG_JSON, &flags, &reply);

	if (status != EXIT_DONE)
		return status;
	if (flags & FLAG_JSON)
		print_status_json(stdout, &reply);
	else
		print_status(stdout, &reply);
	free(reply.text);
	return EXIT_DONE;
}

int command_accept_clock(const struct invocation *in)
{
	struct reply reply;
	struct reply_line line;
	int flags;
	int status = command_ask(in, "accept_clock", 0, &flags, &reply);

	if (status != EXIT_DONE)
		return status;
	if (reply_find(&reply, "clock_ahead", &line) && reply_number(&line) != 0)
		printf("accepted: the clock was %llu s ahead\n",
			(unsigned long long)reply_number(&line));
	else
		printf("the clock was believed already\n");
	free(reply.text);
	return EXIT_DONE;
}

int command_version(const struct invocation *in)
{
	struct reply reply;
	struct reply_line line;
	int flags;
	int status = command_ask(in, "version", 0, &flags, &reply);

	if (status != EXIT_DONE)
		return status;
	if (reply_find(&reply, "version", &line))
		printf("%.*s\n", (int)line.value_length, line.value);
	free(reply.text);
	return EXIT_DONE;
}
