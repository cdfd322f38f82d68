/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encrypterctl/commands.h"

#ifndef ENCRYPTER_VERSION
#define ENCRYPTER_VERSION "unknown"
#endif

static const struct command {
	const char *name;
	int (*function)(const struct invocation *in); /* NULL: not in this version */
	const char *arguments;
	const char *description;
} commands[] = {
	{"show", command_show, "[--json]", "the peers, as wg(8) shows them"},
	{"status", command_status, "[--json]", "how the daemon and its threads are"},
	{"stats", command_stats, "[--json] [--all]",
		"counters; without --all those that are not 0"},
	{"version", command_version, "", "the daemon's version"},
	{"accept-clock", command_accept_clock, "",
		"the wall clock is right, though it was far ahead"},
	{"genkey", command_genkey, "", "a new private key on stdout"},
	{"genpsk", command_genpsk, "", "a new preshared key on stdout"},
	{"pubkey", command_pubkey, "", "the public key of the private key on stdin"},
	{"check", command_check, "FILE", "is FILE a good configuration?"},
	{"reload", command_reload, "", "read the configuration file again"},
	{"syncconf", command_reload, "FILE", "make it what FILE says; what is the same stays"},
	{"setconf", command_reload, "FILE", "the same, with every peer made anew"},
	{"showconf", command_showconf, "", "the peers as a configuration, without keys"},
	{"peer", command_peer, "list", "names and keys of the peers"},
	{"peer", command_peer, "add KEY SETTING...", "and set KEY|NAME, remove KEY|NAME"},
	{"top", NULL, "", ""},
	{"metrics", NULL, "", ""},
	{"keystore", NULL, "", ""},
	{"zeroize", NULL, "", ""},
	{"selftest", NULL, "", ""},
	{"capture", NULL, "", ""},
	{"import", NULL, "", ""},
};

static void print_help(FILE *out)
{
	fputs("Usage: encrypterctl [-n NAME] VERB [ARGUMENT...]\n\n"
	      "  -n NAME    the instance; may be left out when only one is running\n\n",
		out);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct command *c = &commands[i];
		if (c->function)
			fprintf(out, "  %-12s %-17s %s\n", c->name, c->arguments, c->description);
	}
	fprintf(out, "  %-12s %-17s %s\n\nExit status: 0 done, 1 refused or failed, 2 usage.\n",
		"help", "", "this");
}

static int bad_usage(const char *what, const char *which)
{
	fprintf(stderr, "encrypterctl: %s%s; see encrypterctl help\n", what, which);
	return EXIT_USAGE;
}

static int run(const struct invocation *in)
{
	const char *name = in->arguments[0];

	if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		print_help(stdout);
		return EXIT_DONE;
	}
	if (strcmp(name, "--version") == 0) {
		puts(ENCRYPTER_VERSION);
		return EXIT_DONE;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(name, commands[i].name) != 0)
			continue;
		if (commands[i].function)
			return commands[i].function(in);
		fprintf(stderr, "encrypterctl: %s: not available in this version\n", name);
		return EXIT_USAGE;
	}
	return bad_usage(*name == '-' ? "unknown option " : "unknown verb ", name);
}

int main(int argc, char **argv)
{
	struct invocation in = {0};
	int at = 1;

	if (argc > at && strcmp(argv[at], "-n") == 0) {
		if (argc == at + 1)
			return bad_usage("-n needs a name", "");
		in.instance = argv[at + 1];
		at += 2;
	}
	if (argc <= at)
		return bad_usage("a verb is missing", "");
	in.count = argc - at;
	in.arguments = argv + at;
	int status = run(&in);
	if (fflush(stdout) != 0 && status == EXIT_DONE) {
		perror("encrypterctl: stdout");
		status = EXIT_FAILED;
	}
	return status;
}
