/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/verb.h"

#include <string.h>

#define VERB_NAME(name) [VERB_##name] = #name,
static const char *const names[] = {CTL_VERBS(VERB_NAME)};
#undef VERB_NAME

void verb_request_reset(struct verb_request *r)
{
	memset(r, 0, sizeof(*r));
}

static const char *take_verb(struct verb_request *r, const char *value)
{
	if (r->verb != VERB_NONE)
		return "more than one verb";
	for (unsigned i = 1; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i]) == 0) {
			r->verb = (enum verb)i;
			return NULL;
		}
	}
	return "unknown verb: this version of encrypterd does not have it";
}

static const char *take_file(struct verb_request *r, const char *value)
{
	size_t length = strlen(value);

	if (r->file[0] != '\0')
		return "more than one file";
	if (value[0] != '/' || length >= sizeof(r->file))
		return "a file is named by its whole path, of at most 239 bytes";
	memcpy(r->file, value, length + 1);
	return NULL;
}

static bool takes_file(enum verb verb)
{
	return verb == VERB_setconf || verb == VERB_syncconf;
}

static const char *take_line(struct verb_request *r, enum line_state state)
{
	char *line = r->lines.text;
	const char *value = state == LINE_WHOLE ? line_value(line) : NULL;

	if (!value)
		return "a line that is not key=value";
	if (strcmp(line, "verb") == 0)
		return take_verb(r, value);
	if (strcmp(line, "file") == 0)
		return take_file(r, value);
	return "unknown key: this version of encrypterd does not have it";
}

static void finish(struct verb_request *r)
{
	if (!r->error && r->verb == VERB_NONE)
		r->error = "no verb";
	if (!r->error && takes_file(r->verb) != (r->file[0] != '\0'))
		r->error = takes_file(r->verb) ? "which file?" : "this verb takes no file";
	r->complete = true;
}

size_t verb_request_feed(struct verb_request *r, const uint8_t *bytes, size_t length)
{
	size_t at = 0;

	while (!r->complete && at < length) {
		size_t taken;
		enum line_state state = lines_take(&r->lines, bytes + at, length - at, &taken);
		at += taken;
		r->bytes += taken;
		if (r->bytes > VERB_REQUEST_MAX) {
			r->error = "request too long";
			r->too_long = true;
			finish(r);
		} else if (state == LINE_WHOLE && r->lines.length == 0) {
			finish(r);
		} else if (state != LINE_PARTIAL && !r->error) {
			r->error = take_line(r, state);
		}
	}
	return at;
}
