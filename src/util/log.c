/* SPDX-License-Identifier: BSD-3-Clause */
#include "util/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024 /* the newline included; no room is spent on a terminating zero */

static const char *const level_words[] = {
	[LOG_ERROR] = "error",
	[LOG_WARNING] = "warning",
	[LOG_NOTICE] = "notice",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

static _Atomic int threshold = LOG_INFO; /* any thread may log while control changes it */

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&threshold, (int)level, memory_order_relaxed);
}

enum log_level log_get_level(void)
{
	return (enum log_level)atomic_load_explicit(&threshold, memory_order_relaxed);
}

/* C0, DEL, and C1 as UTF-8 spells it: what could end the line early or drive a terminal. */
static bool is_control(unsigned char c, unsigned char before)
{
	return c < 0x20 || c == 0x7f || (before == 0xc2 && c >= 0x80 && c < 0xa0);
}

static void replace_controls(char *line, size_t length)
{
	unsigned char before = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)line[i];
		if (is_control(c, before)) {
			line[i] = '?';
			if (c >= 0x80)
				line[i - 1] = '?'; /* half a sequence would be no UTF-8 */
		}
		before = c;
	}
}

/* Bytes used so far, after a printf that returned n with room left at used. */
static size_t advance(size_t used, int n, size_t size)
{
	if (n < 0)
		return used;
	return (size_t)n < size - used ? used + (size_t)n : size - 1;
}

static void write_line(const char *line, size_t length)
{
	ssize_t n;

	do {
		n = write(STDERR_FILENO, line, length);
	} while (n < 0 && errno == EINTR);
}

void log_event(enum log_level level, const char *domain, const char *format, ...)
{
	if (level > log_get_level() || (unsigned)level > LOG_DEBUG)
		return;

	int caller_errno = errno;
	char line[LINE_MAX_BYTES];
	int n = snprintf(line, sizeof(line), "%s %s ", level_words[level], domain);
	size_t used = advance(0, n, sizeof(line));

	va_list args;
	va_start(args, format);
	n = vsnprintf(line + used, sizeof(line) - used, format, args);
	va_end(args);
	bool cut = n >= 0 && (size_t)n >= sizeof(line) - used;
	used = advance(used, n, sizeof(line));
	if (cut)
		memcpy(line + used - 3, "...", 3);

	replace_controls(line, used);
	line[used] = '\n'; /* over the terminating zero */
	write_line(line, used + 1);
	errno = caller_errno;
}
