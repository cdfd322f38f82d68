/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes that arrive in pieces, as lines. */
#ifndef CTL_LINES_H
#define CTL_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_MAX_BYTES 256 /* with its end; the longest line of the UAPI has 79 */

enum line_state {
	LINE_PARTIAL, /* the bytes ended before the line did */
	LINE_WHOLE,   /* text is the line, terminated, without its newline */
	LINE_BAD,     /* the line is too long or holds a zero byte: text is empty */
};

struct lines {
	char text[LINE_MAX_BYTES];
	size_t length;
	bool bad;
	bool whole; /* text was handed out: the next byte starts a new line */
};

/* Takes bytes up to and with the next newline; *taken says how many. */
enum line_state lines_take(struct lines *l, const uint8_t *bytes, size_t length, size_t *taken);
void lines_reset(struct lines *l); /* wipes */

/* Splits "key=value" in place. NULL when there is no '='. */
char *line_value(char *line);
/* Decimal digits only, at most max. */
bool line_number(const char *text, uint64_t max, uint64_t *number);

#endif
