/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/lines.h"

#include <string.h>

#include "crypto/secret.h"

void lines_reset(struct lines *l)
{
	secret_wipe(l, sizeof(*l));
}

static void take_bytes(struct lines *l, const uint8_t *bytes, size_t length)
{
	if (length == 0 || l->bad)
		return;
	if (length >= sizeof(l->text) - l->length || memchr(bytes, 0, length)) {
		l->bad = true;
		return;
	}
	memcpy(l->text + l->length, bytes, length);
	l->length += length;
}

enum line_state lines_take(struct lines *l, const uint8_t *bytes, size_t length, size_t *taken)
{
	if (l->whole)
		lines_reset(l);
	const uint8_t *end = length ? memchr(bytes, '\n', length) : NULL;
	size_t part = end ? (size_t)(end - bytes) : length;

	take_bytes(l, bytes, part);
	*taken = end ? part + 1 : part;
	if (!end)
		return LINE_PARTIAL;
	l->whole = true;
	if (l->bad)
		l->length = 0;
	l->text[l->length] = '\0';
	return l->bad ? LINE_BAD : LINE_WHOLE;
}

char *line_value(char *line)
{
	char *equals = strchr(line, '=');

	if (!equals)
		return NULL;
	*equals = '\0';
	return equals + 1;
}

bool line_number(const char *text, uint64_t max, uint64_t *number)
{
	uint64_t value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		uint64_t digit = (uint64_t)(*text - '0');
		if (value > (max - digit) / 10) /* max >= 9 */
			return false;
		value = value * 10 + digit;
	}
	*number = value;
	return true;
}
