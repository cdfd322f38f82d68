/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON (RFC 8259), written as it goes. */
#ifndef ENCRYPTERCTL_JSON_H
#define ENCRYPTERCTL_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;
	bool comma; /* something stands before in the same object or list */
};

/* key: NULL within a list and at the top. */
void json_open(struct json *j, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json *j, char bracket);                 /* '}' or ']' */
/* Bytes that are no UTF-8 become U+FFFD. value NULL: null. */
void json_string(struct json *j, const char *key, const char *value);
void json_number(struct json *j, const char *key, uint64_t value);
void json_bool(struct json *j, const char *key, bool value);

#endif
