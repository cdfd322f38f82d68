/* SPDX-License-Identifier: BSD-3-Clause */
/* encrypterctl stats: the counters of the domains. */
#include <stdlib.h>
#include <string.h>

#include "encrypter/stats.h"
#include "encrypterctl/commands.h"
#include "encrypterctl/json.h"

static const struct counter {
	const char *domain, *name, *help;
} counters[] = {
#define BLACK_COUNTER(name, help) {"black", #name, help},
#define RED_COUNTER(name, help)   {"red", #name, help},
#define CRYPT_COUNTER(name, help) {"crypt", #name, help},
#define CONTROL_COUNTER(name, help) {"control", #name, help},
	BLACK_COUNTERS(BLACK_COUNTER) RED_COUNTERS(RED_COUNTER) CRYPT_COUNTERS(CRYPT_COUNTER)
		CONTROL_COUNTERS(CONTROL_COUNTER)};

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789_"

/* False when it is no name, or too long. */
static bool copy_name(char *to, size_t size, const char *from, size_t length)
{
	if (length == 0 || length >= size)
		return false;
	memcpy(to, from, length);
	to[length] = '\0';
	return strspn(to, NAME_CHARACTERS) == length;
}

/* "black.rx_packets" into its two names; false when the line is no counter's. */
static bool split(const struct reply_line *line, char domain[static 16], char name[static 64])
{
	const char *dot = memchr(line->key, '.', line->key_length);

	if (!dot)
		return false;
	size_t first = (size_t)(dot - line->key);
	return copy_name(domain, 16, line->key, first) &&
	       copy_name(name, 64, dot + 1, line->key_length - first - 1);
}

/* One object per domain; the daemon sends each domain's counters together. */
void print_stats_json(FILE *out, const struct reply *reply)
{
	struct json j = {.out = out};
	struct reply_line line = {0};
	char domain[16], name[64], open[16] = "";

	json_open(&j, NULL, '{');
	while (reply_next(reply, &line)) {
		if (!split(&line, domain, name))
			continue;
		if (strcmp(open, domain) != 0) {
			if (*open)
				json_close(&j, '}');
			json_open(&j, domain, '{');
			memcpy(open, domain, sizeof(open));
		}
		json_number(&j, name, reply_number(&line));
	}
	if (*open)
		json_close(&j, '}');
	json_close(&j, '}');
	fputc('\n', out);
}

/* "" for a counter of a newer daemon. */
static const char *help_of(const char *domain, const char *name)
{
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		if (strcmp(counters[i].domain, domain) == 0 && strcmp(counters[i].name, name) == 0)
			return counters[i].help;
	}
	return "";
}

void print_stats(FILE *out, const struct reply *reply, bool all)
{
	struct reply_line line = {0};
	char domain[16], name[64], heading[16] = "";

	while (reply_next(reply, &line)) {
		if (!split(&line, domain, name))
			continue;
		uint64_t value = reply_number(&line);
		if (value == 0 && !all)
			continue;
		if (strcmp(heading, domain) != 0) {
			fprintf(out, "%s%s\n", *heading ? "\n" : "", domain);
			memcpy(heading, domain, sizeof(heading));
		}
		fprintf(out, "%16llu  %-22s %s\n", (unsigned long long)value, name,
			help_of(domain, name));
	}
}

int command_stats(const struct invocation *in)
{
	struct reply reply;
	int flags;
	int status = command_ask(in, "stats", FLAG_JSON | FLAG_ALL, &flags, &reply);

	if (status != EXIT_DONE)
		return status;
	if (flags & FLAG_JSON)
		print_stats_json(stdout, &reply);
	else
		print_stats(stdout, &reply, flags & FLAG_ALL);
	free(reply.text);
	return EXIT_DONE;
}
