/* SPDX-License-Identifier: BSD-3-Clause */
/* An answer of the daemon (encrypter/ctl.h), line by line. Pure. */
#ifndef ENCRYPTERCTL_REPLY_H
#define ENCRYPTERCTL_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reply {
	char *text; /* its lines, without the empty one at the end; terminated */
	size_t length;
};

struct reply_line {
	const char *key;
	size_t key_length;
	const char *value; /* as it came: printable */
	size_t value_length;
	size_t next;       /* where the next line starts; to begin with, zero the struct */
};

/* False at the end. Lines without '=' are passed over. */
bool reply_next(const struct reply *reply, struct reply_line *line);
bool reply_key_is(const struct reply_line *line, const char *key);
bool reply_value_is(const struct reply_line *line, const char *text);
/* 0 when the value is no number. */
uint64_t reply_number(const struct reply_line *line);
/* The first line of that key; false when there is none. */
bool reply_find(const struct reply *reply, const char *key, struct reply_line *line);
/* The first one among the lines of a peer, which begin at `peer`; they come in any order. */
bool reply_find_in_peer(const struct reply *reply, struct reply_line peer, const char *key,
	struct reply_line *line);
/* The value with its escapes undone, as a string to be freed; NULL: no memory. */
char *reply_text(const struct reply_line *line);

#endif
