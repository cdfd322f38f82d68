/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * encrypterctl peer: list, add, set, remove. Changes go over the socket of WireGuard's own protocol, and
 * last until the daemon ends or reads its file again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"
#include "encrypterctl/commands.h"
#include "encrypterctl/ipc.h"

static int list(const struct reply *reply)
{
	struct reply_line line = {0}, name;

	while (reply_next(reply, &line)) {
		if (!reply_key_is(&line, "peer"))
			continue;
		name = line;
		bool named = reply_next(reply, &name) && reply_key_is(&name, "peer_name") &&
			name.value_length > 0;
		printf("%.*s\t%.*s\n", (int)line.value_length, line.value,
			named ? (int)name.value_length : 6, named ? name.value : "(none)");
	}
	return EXIT_DONE;
}

static int send_request(const char *instance, const char *text)
{
	struct reply reply;
	struct reply_line line;
	int fd = ipc_open_uapi(instance);

	if (fd < 0)
		return -fd;
	int status = ipc_exchange(fd, text, &reply);
	ipc_close(fd);
	if (status != EXIT_DONE)
		return status;
	if (!reply_find(&reply, "errno", &line) || !reply_value_is(&line, "0")) {
		int number = reply_find(&reply, "errno", &line) ? abs(atoi(line.value)) : EPROTO;
		status = peer_refuse(peer_error(number), "refused");
	}
	free(reply.text);
	return status;
}

static int change(const struct invocation *in, const struct reply *shown)
{
	char *text = NULL;
	size_t length;
	struct reply_line line;
	char instance[64];

	if (!reply_find(shown, "name", &line) || line.value_length >= sizeof(instance))
		return EXIT_FAILED;
	snprintf(instance, sizeof(instance), "%.*s", (int)line.value_length, line.value);
	FILE *out = open_memstream(&text, &length);
	if (!out)
		return peer_refuse(strerror(errno), "memory");
	int status = peer_request(out, in, shown);
	if (fclose(out) != 0 && status == EXIT_DONE)
		status = peer_refuse(strerror(errno), "memory");
	if (status == EXIT_DONE)
		status = send_request(instance, text);
	if (text)
		secret_wipe(text, length);
	free(text);
	return status;
}

int command_peer(const struct invocation *in)
{
	const char *action = in->count > 1 ? in->arguments[1] : "";
	bool lists = strcmp(action, "list") == 0;
	const struct invocation show = {
		.instance = in->instance, .count = 1, .arguments = in->arguments};
	struct reply reply;
	int flags;

	if (lists ? in->count != 2 :
		    in->count < 3 || (strcmp(action, "add") != 0 && strcmp(action, "set") != 0 &&
					     strcmp(action, "remove") != 0))
		return peer_usage();
	int status = command_ask(&show, "show", 0, &flags, &reply);
	if (status != EXIT_DONE)
		return status;
	status = lists ? list(&reply) : change(in, &reply);
	free(reply.text);
	return status;
}
