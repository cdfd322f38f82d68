/* SPDX-License-Identifier: BSD-3-Clause */
/* One line an event on stderr: "level domain message key=value...". Never a secret. */
#ifndef UTIL_LOG_H
#define UTIL_LOG_H

enum log_level { LOG_ERROR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG };

/* Lines above this level are not written. Default LOG_INFO. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/*
 * domain is "main", "control", "black", "crypt", "red", "port", ...; the rest is printf's. One
 * write(2) per line, at most 1 KiB; control characters are replaced by '?'.
 */
void log_event(enum log_level level, const char *domain, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
