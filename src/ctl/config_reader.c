/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/config_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct span {
	const char *at;
	size_t length;
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '_';
}

static struct span trim(struct span s)
{
	while (s.length > 0 && is_blank(s.at[0])) {
		s.at++;
		s.length--;
	}
	while (s.length > 0 && is_blank(s.at[s.length - 1]))
		s.length--;
	return s;
}

/* What is before and what is behind the first c; without one, all is before. */
static bool split(struct span s, char c, struct span *before, struct span *behind)
{
	const char *found = s.length > 0 ? memchr(s.at, c, s.length) : NULL;

	if (!found) {
		*before = trim(s);
		*behind = (struct span){NULL, 0};
		return false;
	}
	size_t length = (size_t)(found - s.at);
	*before = trim((struct span){s.at, length});
	*behind = trim((struct span){found + 1, s.length - length - 1});
	return true;
}

static bool is_word(struct span s)
{
	if (s.length == 0 || s.length > CONFIG_WORD_MAX)
		return false;
	for (size_t i = 0; i < s.length; i++) {
		if (!is_word_char(s.at[i]))
			return false;
	}
	return true;
}

__attribute__((format(printf, 2, 3)))
static char *fault(struct config_reader *r, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(r->fault, sizeof(r->fault), format, arguments);
	va_end(arguments);
	r->stopped = true;
	return NULL;
}

/* The next line of the file that says something, without its comment. */
static bool next_line(struct config_reader *r, struct span *line)
{
	while (r->at < r->end) {
		const char *feed = memchr(r->at, '\n', (size_t)(r->end - r->at));
		struct span s = {r->at, (size_t)((feed ? feed : r->end) - r->at)};
		struct span rest;

		r->at = feed ? feed + 1 : r->end;
		r->line++;
		if (memchr(s.at, '\0', s.length)) {
			fault(r, "the line has a zero byte; write the file as plain text (UTF-8)");
			return false;
		}
		split(s, '#', &s, &rest);
		split(s, ';', line, &rest);
		if (line->length > 0)
			return true;
	}
	return false;
}

static char *hand_out(struct config_reader *r, char *to, int size, const char *name,
	struct span value)
{
	int length = snprintf(to, (size_t)size, "%s = %.*s\n", name, (int)value.length, value.at);

	if (length >= size)
		return fault(r, "%s has a value of %zu characters, more than %zu; shorten it", name,
			value.length, (size_t)size - strlen(name) - sizeof(" = \n"));
	r->handed = true;
	return to;
}

static char *next_element(struct config_reader *r, char *to, int size)
{
	struct span list = {r->list, r->list_length};
	struct span element, rest;
	bool more = split(list, ',', &element, &rest);

	r->list = more ? rest.at : NULL;
	r->list_length = rest.length;
	if (element.length == 0)
		return fault(r, "%s has an empty element; take out the comma too much", r->name);
	return hand_out(r, to, size, r->name, element);
}

static char *begin_section(struct config_reader *r, char *to, int size, struct span line)
{
	if (line.length < 2 || line.at[line.length - 1] != ']')
		return fault(r, "the section's name is not closed; write it as [Name]");
	struct span name = trim((struct span){line.at + 1, line.length - 2});
	if (!is_word(name))
		return fault(r, "this is no section's name; there are [Node], [Black], [Red], "
			"[Crypt], [Peer] and [Rule]");
	r->announce = true;
	snprintf(to, (size_t)size, "[%.*s#%u]\n", (int)name.length, name.at, ++r->section);
	return to;
}

static char *begin_key(struct config_reader *r, char *to, int size, struct span line)
{
	struct span name, value;

	/* The text of such a line is not repeated: it may well be a key that was broken in two. */
	if (!split(line, '=', &name, &value))
		return fault(r, "this is neither [Section] nor Key = value; correct it, or put # "
			"before it");
	if (!is_word(name))
		return fault(r, "what is before the = is no key's name; write Key = value");
	snprintf(r->name, sizeof(r->name), "%.*s", (int)name.length, name.at);
	if (value.length == 0 || !r->is_list(r->name))
		return hand_out(r, to, size, r->name, value);
	r->list = value.at;
	r->list_length = value.length;
	return next_element(r, to, size);
}

void config_reader_init(struct config_reader *r, const char *text, size_t length,
	bool (*is_list)(const char *name))
{
	size_t mark = strlen(BYTE_ORDER_MARK);

	memset(r, 0, sizeof(*r));
	r->at = text;
	r->end = text + length;
	r->is_list = is_list;
	if (length >= mark && memcmp(text, BYTE_ORDER_MARK, mark) == 0)
		r->at += mark;
}

char *config_reader_next(char *to, int size, void *reader)
{
	struct config_reader *r = reader;
	struct span line;

	config_reader_finish(r);
	if (r->stopped)
		return NULL;
	if (r->announce) {
		r->announce = false;
		return hand_out(r, to, size, CONFIG_ANNOUNCEMENT, (struct span){"", 0});
	}
	if (r->list)
		return next_element(r, to, size);
	if (!next_line(r, &line))
		return NULL;
	return line.at[0] == '[' ? begin_section(r, to, size, line) : begin_key(r, to, size, line);
}

void config_reader_arrived(struct config_reader *r)
{
	r->handed = false;
}

void config_reader_stop(struct config_reader *r)
{
	r->stopped = true;
}

void config_reader_finish(struct config_reader *r)
{
	if (r->handed && !r->stopped)
		fault(r, "this line cannot be read as Key = value; correct it, or put # before it");
}
