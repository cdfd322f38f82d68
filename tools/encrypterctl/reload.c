/* SPDX-License-Identifier: BSD-3-Clause */
/* encrypterctl reload, syncconf FILE, setconf FILE: the daemon reads a configuration. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "encrypterctl/commands.h"
#include "encrypterctl/ipc.h"

static int ask(const struct invocation *in, const char *file)
{
	struct reply reply;
	int fd = ipc_open(in->instance);

	if (fd < 0)
		return -fd;
	int status = ipc_ask(fd, in->arguments[0], file, &reply);
	ipc_close(fd);
	if (status == EXIT_DONE)
		free(reply.text);
	return status;
}

int command_reload(const struct invocation *in)
{
	if (strcmp(in->arguments[0], "reload") == 0) {
		int status = command_no_arguments(in);
		return status == EXIT_DONE ? ask(in, NULL) : status;
	}
	if (in->count != 2) {
		fprintf(stderr, "encrypterctl: %s takes a file\n", in->arguments[0]);
		return EXIT_USAGE;
	}
	char *path = realpath(in->arguments[1], NULL); /* the daemon works elsewhere */
	if (!path) {
		fprintf(stderr, "encrypterctl: %s: %s\n", in->arguments[1], strerror(errno));
		return EXIT_FAILED;
	}
	int status = ask(in, path);
	free(path);
	return status;
}
