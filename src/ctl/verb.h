/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests of the control socket (encrypter/ctl.h). Pure. */
#ifndef CTL_VERB_H
#define CTL_VERB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/lines.h"
#include "encrypter/ctl.h"

#define VERB_REQUEST_MAX 4096 /* bytes of one request */
#define VERB_FILE_MAX    240

#define VERB_ENUM(name) VERB_##name,
enum verb { VERB_NONE, CTL_VERBS(VERB_ENUM) };
#undef VERB_ENUM

struct verb_request {
	enum verb verb;
	char file[VERB_FILE_MAX]; /* "": none was named */
	bool complete;     /* the empty line came */
	bool too_long;     /* complete, but the rest was not read: close after the answer */
	const char *error; /* NULL, or what is wrong with it */
	size_t bytes;
	struct lines lines;
};

void verb_request_reset(struct verb_request *r);
/* Takes bytes until the request is complete; returns how many. */
size_t verb_request_feed(struct verb_request *r, const uint8_t *bytes, size_t length);

#endif
