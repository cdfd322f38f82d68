/* SPDX-License-Identifier: BSD-3-Clause */
/* encrypterctl showconf: the peers as they are, in the words of the configuration. */
#include <stdlib.h>

#include "encrypterctl/commands.h"

static void print(FILE *out, const char *key, const struct reply_line *line)
{
	fprintf(out, "%s = %.*s\n", key, (int)line->value_length, line->value);
}

static void print_peer(FILE *out, const struct reply *reply, struct reply_line from)
{
	struct reply_line line;

	fputs("\n[Peer]\n", out);
	if (reply_find_in_peer(reply, from, "peer_name", &line) && line.value_length > 0)
		print(out, "Name", &line);
	print(out, "PublicKey", &from);
	if (reply_find_in_peer(reply, from, "preshared_key", &line) && line.value_length == 7) /* "present" */
		fputs("# PresharedKey is set, and not shown\n", out);
	if (reply_find_in_peer(reply, from, "endpoint_name", &line) ||
		reply_find_in_peer(reply, from, "endpoint", &line))
		print(out, "Endpoint", &line);
	line = from;
	while (reply_next(reply, &line) && !reply_key_is(&line, "peer")) {
		if (reply_key_is(&line, "allowed_ip"))
			print(out, "AllowedIPs", &line);
	}
	if (reply_find_in_peer(reply, from, "persistent_keepalive", &line) && reply_number(&line) > 0)
		print(out, "PersistentKeepalive", &line);
}

void print_showconf(FILE *out, const struct reply *reply)
{
	struct reply_line line;

	if (reply_find(reply, "name", &line))
		fprintf(out, "# the peers of %.*s as they are now\n\n", (int)line.value_length,
			line.value);
	fputs("[Crypt]\n# the private key is not shown\n", out);
	if (reply_find(reply, "listen_port", &line))
		print(out, "ListenPort", &line);
	line = (struct reply_line){0};
	while (reply_next(reply, &line)) {
		if (reply_key_is(&line, "peer"))
			print_peer(out, reply, line);
	}
}

int command_showconf(const struct invocation *in)
{
	struct reply reply;
	int flags;
	int status = command_ask(in, "show", 0, &flags, &reply);

	if (status != EXIT_DONE)
		return status;
	print_showconf(stdout, &reply);
	free(reply.text);
	return EXIT_DONE;
}
