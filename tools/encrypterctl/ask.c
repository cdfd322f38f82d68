/* SPDX-License-Identifier: BSD-3-Clause */
/* What the commands have in common. */
#include <string.h>

#include "encrypterctl/commands.h"
#include "encrypterctl/ipc.h"

static int flag_of(const char *argument)
{
	if (strcmp(argument, "--json") == 0)
		return FLAG_JSON;
	if (strcmp(argument, "--all") == 0)
		return FLAG_ALL;
	return 0;
}

static bool read_flags(const struct invocation *in, int known, int *flags)
{
	*flags = 0;
	for (int i = 1; i < in->count; i++) {
		int flag = flag_of(in->arguments[i]) & known;
		if (!flag) {
			fprintf(stderr, "encrypterctl: %s does not take '%s'\n", in->arguments[0],
				in->arguments[i]);
			return false;
		}
		*flags |= flag;
	}
	return true;
}

int command_ask(
	const struct invocation *in, const char *verb, int known, int *flags, struct reply *reply)
{
	if (!read_flags(in, known, flags))
		return EXIT_USAGE;
	int fd = ipc_open(in->instance);
	if (fd < 0)
		return -fd;
	int status = ipc_ask(fd, verb, NULL, reply);
	ipc_close(fd);
	return status;
}

int command_no_arguments(const struct invocation *in)
{
	int flags;

	return read_flags(in, 0, &flags) ? EXIT_DONE : EXIT_USAGE;
}
