/* SPDX-License-Identifier: BSD-3-Clause */
/* encrypterctl check FILE: the daemon's own check, by the encrypterd that belongs to it. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "encrypterctl/commands.h"

/* In the build folder both lie together; installed they are in bin and in sbin. */
static const char *const places[] = {"encrypterd", "../sbin/encrypterd"};

static void run_daemon(const char *file)
{
	char self[PATH_MAX], path[PATH_MAX + 32];
	char name[] = "encrypterd", option[] = "-c", check[] = "--check";
	char *arguments[] = {name, option, (char *)(uintptr_t)file, check, NULL};
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length > 0) {
		self[length] = '\0';
		char *slash = strrchr(self, '/');
		for (size_t i = 0; slash && i < sizeof(places) / sizeof(places[0]); i++) {
			snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - self), self,
				places[i]);
			execv(path, arguments);
		}
	}
	execvp(name, arguments);
	fprintf(stderr, "encrypterctl: encrypterd cannot be run: %s\n", strerror(errno));
}

int command_check(const struct invocation *in)
{
	int status;

	if (in->count != 2) {
		fprintf(stderr, "encrypterctl: check takes one FILE\n");
		return EXIT_USAGE;
	}
	pid_t child = fork();
	if (child == 0) {
		run_daemon(in->arguments[1]);
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			child = -1;
	}
	if (child < 0) {
		perror("encrypterctl: check");
		return EXIT_FAILED;
	}
	/* The daemon's 2 is a bad configuration; ours would be a bad command line. */
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? EXIT_DONE : EXIT_FAILED;
}
