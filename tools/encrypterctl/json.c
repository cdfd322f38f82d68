/* SPDX-License-Identifier: BSD-3-Clause */
#include "encrypterctl/json.h"

#include <stddef.h>
#include <string.h>

/* Bytes of the UTF-8 character at text, or 0 when there is none (RFC 3629). */
static size_t utf8_length(const unsigned char *text)
{
	static const struct {
		unsigned char first_min, first_max, second_min, second_max;
		size_t length;
	} forms[] = {
		{0xc2, 0xdf, 0x80, 0xbf, 2}, /* below 0xc2: an overlong form */
		{0xe0, 0xe0, 0xa0, 0xbf, 3}, /* again */
		{0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3}, /* no surrogates */
		{0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4}, /* and again */
		{0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4}, /* nothing above U+10FFFF */
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (text[0] < forms[i].first_min || text[0] > forms[i].first_max)
			continue;
		if (text[1] < forms[i].second_min || text[1] > forms[i].second_max)
			return 0;
		for (size_t k = 2; k < forms[i].length; k++) {
			/* the string's end is no such byte, so nothing beyond is read */
			if ((text[k] & 0xc0) != 0x80)
				return 0;
		}
		return forms[i].length;
	}
	return 0;
}

static size_t write_character(FILE *out, const unsigned char *at)
{
	if (*at == '"' || *at == '\\') {
		fprintf(out, "\\%c", *at);
	} else if (*at < 0x20 || *at == 0x7f) {
		fprintf(out, "\\u%04x", *at);
	} else if (*at < 0x80) {
		fputc(*at, out);
	} else {
		size_t length = utf8_length(at);
		if (length == 0) {
			fputs("\\ufffd", out);
			return 1;
		}
		fwrite(at, 1, length, out);
		return length;
	}
	return 1;
}

static void write_string(FILE *out, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	fputc('"', out);
	while (*at)
		at += write_character(out, at);
	fputc('"', out);
}

static void begin(struct json *j, const char *key)
{
	if (j->comma)
		fputc(',', j->out);
	j->comma = true;
	if (key) {
		write_string(j->out, key);
		fputc(':', j->out);
	}
}

void json_open(struct json *j, const char *key, char bracket)
{
	begin(j, key);
	fputc(bracket, j->out);
	j->comma = false;
}

void json_close(struct json *j, char bracket)
{
	fputc(bracket, j->out);
	j->comma = true;
}

void json_string(struct json *j, const char *key, const char *value)
{
	begin(j, key);
	if (value)
		write_string(j->out, value);
	else
		fputs("null", j->out);
}

void json_number(struct json *j, const char *key, uint64_t value)
{
	begin(j, key);
	fprintf(j->out, "%llu", (unsigned long long)value);
}

void json_bool(struct json *j, const char *key, bool value)
{
	begin(j, key);
	fputs(value ? "true" : "false", j->out);
}
