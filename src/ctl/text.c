/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"

#define TEXT_FIRST 1024
#define TEXT_LINE  1024

void text_init(struct text *t)
{
	memset(t, 0, sizeof(*t));
}

void text_free(struct text *t)
{
	if (t->bytes) {
		secret_wipe(t->bytes, t->capacity);
		free(t->bytes);
	}
	text_init(t);
}

bool text_ok(const struct text *t)
{
	return !t->failed;
}

/* Not realloc(): it would leave a copy of what may be a key behind. */
static bool reserve(struct text *t, size_t more)
{
	if (t->failed)
		return false;
	if (more <= t->capacity - t->length)
		return true;
	size_t capacity = t->capacity ? t->capacity : TEXT_FIRST;
	while (capacity - t->length < more)
		capacity *= 2;
	char *bytes = malloc(capacity);
	if (!bytes) {
		t->failed = true;
		return false;
	}
	if (t->bytes) {
		memcpy(bytes, t->bytes, t->length);
		secret_wipe(t->bytes, t->capacity);
		free(t->bytes);
	}
	t->bytes = bytes;
	t->capacity = capacity;
	return true;
}

void text_append(struct text *t, const char *bytes, size_t length)
{
	if (length == 0 || !reserve(t, length))
		return;
	memcpy(t->bytes + t->length, bytes, length);
	t->length += length;
}

void text_printf(struct text *t, const char *format, ...)
{
	va_list arguments;

	if (!reserve(t, TEXT_LINE))
		return;
	va_start(arguments, format);
	int length = vsnprintf(t->bytes + t->length, TEXT_LINE, format, arguments);
	va_end(arguments);
	if (length < 0 || length >= TEXT_LINE)
		t->failed = true;
	else
		t->length += (size_t)length;
}
