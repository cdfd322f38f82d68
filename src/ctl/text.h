/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Text that grows, for replies. The error is sticky: once memory ran out every later call does
 * nothing and text_ok() is false. Replies may hold keys, so memory is wiped before it is freed.
 */
#ifndef CTL_TEXT_H
#define CTL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
	char *bytes; /* NULL while empty; not terminated */
	size_t length;
	size_t capacity;
	bool failed;
};

void text_init(struct text *t);
void text_free(struct text *t);  /* wipes; the text is empty and usable again */
bool text_ok(const struct text *t);

void text_append(struct text *t, const char *bytes, size_t length);
/* At most 1 KiB a call: more is an error. */
void text_printf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
