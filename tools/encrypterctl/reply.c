/* SPDX-License-Identifier: BSD-3-Clause */
#include "encrypterctl/reply.h"

#include <stdlib.h>
#include <string.h>

bool reply_next(const struct reply *reply, struct reply_line *line)
{
	while (line->next < reply->length) {
		const char *from = reply->text + line->next;
		const char *end = memchr(from, '\n', reply->length - line->next);
		size_t length = end ? (size_t)(end - from) : reply->length - line->next;
		const char *equals = memchr(from, '=', length);

		line->next += length + 1;
		if (!equals)
			continue;
		line->key = from;
		line->key_length = (size_t)(equals - from);
		line->value = equals + 1;
		line->value_length = length - line->key_length - 1;
		return true;
	}
	return false;
}

bool reply_key_is(const struct reply_line *line, const char *key)
{
	return line->key_length == strlen(key) && memcmp(line->key, key, line->key_length) == 0;
}

bool reply_value_is(const struct reply_line *line, const char *text)
{
	return line->value_length == strlen(text) &&
		memcmp(line->value, text, line->value_length) == 0;
}

uint64_t reply_number(const struct reply_line *line)
{
	uint64_t number = 0;

	for (size_t i = 0; i < line->value_length; i++) {
		char c = line->value[i];
		uint64_t digit = (uint64_t)(c - '0');
		if (c < '0' || c > '9' || number > (UINT64_MAX - digit) / 10)
			return 0;
		number = number * 10 + digit;
	}
	return number;
}

bool reply_find(const struct reply *reply, const char *key, struct reply_line *line)
{
	*line = (struct reply_line){0};
	while (reply_next(reply, line)) {
		if (reply_key_is(line, key))
			return true;
	}
	return false;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* A zero byte would cut the string short: it stays as it was written. */
static int escaped_byte(const char *at, size_t left)
{
	if (left < 3 || at[0] != '%' || hex_digit(at[1]) < 0 || hex_digit(at[2]) < 0)
		return 0;
	return hex_digit(at[1]) * 16 + hex_digit(at[2]);
}

bool reply_find_in_peer(const struct reply *reply, struct reply_line peer, const char *key,
	struct reply_line *line)
{
	*line = peer;
	while (reply_next(reply, line) && !reply_key_is(line, "peer")) {
		if (reply_key_is(line, key))
			return true;
	}
	return false;
}

char *reply_text(const struct reply_line *line)
{
	char *text = malloc(line->value_length + 1);
	size_t length = 0;

	if (!text)
		return NULL;
	for (size_t i = 0; i < line->value_length; i++) {
		int byte = escaped_byte(line->value + i, line->value_length - i);
		text[length++] = byte ? (char)byte : line->value[i];
		i += byte ? 2 : 0;
	}
	text[length] = '\0';
	return text;
}
