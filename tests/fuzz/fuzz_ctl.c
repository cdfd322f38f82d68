/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control socket, both ends: any bytes as a request to the daemon, and any bytes as an answer
 * to encrypterctl. Whatever the answer, its JSON must be JSON, and nothing but text may be printed.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/show.h"
#include "ctl/verb.h"
#include "encrypterctl/commands.h"
#include "fuzz.h"

/* ---- requests ---- */

static void check_request(const uint8_t *data, size_t size)
{
	struct verb_request whole = {0}, cut = {0};
	size_t taken = verb_request_feed(&whole, data, size);
	size_t taken_cut = 0;

	while (taken_cut < size && !cut.complete) {
		size_t n = verb_request_feed(&cut, data + taken_cut, 1);
		require(n == 1, "a byte is taken");
		taken_cut += n;
	}
	require(whole.complete == cut.complete && whole.verb == cut.verb,
		"cut or whole is the same");
	require(whole.too_long || taken == taken_cut, "up to the same byte");
	require(!whole.complete || whole.error || whole.verb != VERB_NONE, "a verb");
}

/* ---- a value, there and back ---- */

static void check_value(const uint8_t *data, size_t size)
{
	char *value = strndup((const char *)data, size);
	struct text text;
	struct reply_line line;

	text_init(&text);
	show_value(&text, "key", value);
	require(text_ok(&text) &&
			memchr(text.bytes, '\n', text.length) == text.bytes + text.length - 1,
		"one line");
	struct reply reply = {text.bytes, text.length};
	require(reply_find(&reply, "key", &line), "the line is found");
	char *back = reply_text(&line);
	require(strcmp(back, value) == 0, "a value comes back as it was");
	free(back);
	free(value);
	text_free(&text);
}

/* ---- JSON: a recogniser of what RFC 8259 allows, for the subset that is written ---- */

static const char *json_value(const char *at);

static const char *json_string_end(const char *at)
{
	require(*at == '"', "a string begins");
	for (at++; *at != '"'; at++) {
		require((unsigned char)*at >= 0x20, "no control character in a string");
		if (*at != '\\')
			continue;
		at++;
		require(*at == '"' || *at == '\\' || *at == 'u', "an escape");
		if (*at == 'u') {
			require(strspn(at + 1, "0123456789abcdef") >= 4, "four hex digits");
			at += 4;
		}
	}
	return at + 1;
}

static const char *json_members(const char *at, char end, bool named)
{
	for (bool first = true; *at != end; first = false) {
		if (!first) {
			require(*at == ',', "a comma");
			at++;
		}
		if (named) {
			at = json_string_end(at);
			require(*at == ':', "a colon");
			at++;
		}
		at = json_value(at);
	}
	return at + 1;
}

static const char *json_value(const char *at)
{
	static const char *const words[] = {"true", "false", "null"};

	if (*at == '{')
		return json_members(at + 1, '}', true);
	if (*at == '[')
		return json_members(at + 1, ']', false);
	if (*at == '"')
		return json_string_end(at);
	for (unsigned i = 0; i < 3; i++) {
		if (strncmp(at, words[i], strlen(words[i])) == 0)
			return at + strlen(words[i]);
	}
	size_t digits = strspn(at, "0123456789");
	require(digits > 0 && (digits == 1 || *at != '0'), "a value");
	return at + digits;
}

static void check_json(
	void (*print)(FILE *out, const struct reply *reply), const struct reply *reply)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	print(out, reply);
	fclose(out);
	require(strlen(text) == size, "no zero byte");
	require(strcmp(json_value(text), "\n") == 0, "one value and a newline");
	free(text);
}

static void check_reply(const uint8_t *data, size_t size)
{
	char *copy = fuzz_text(data, size); /* exact: a read beyond it is seen */
	struct reply reply = {copy, size};
	char *text;
	size_t length;

	check_json(print_show_json, &reply);
	check_json(print_status_json, &reply);
	check_json(print_stats_json, &reply);
	FILE *out = open_memstream(&text, &length);
	print_show(out, &reply, 1700000000);
	print_status(out, &reply);
	print_stats(out, &reply, true);
	fclose(out);
	free(text);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_request(data, size);
	check_value(data, size);
	check_reply(data, size);
	return 0;
}
