/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands of encrypterctl. Each returns its exit status. */
#ifndef ENCRYPTERCTL_COMMANDS_H
#define ENCRYPTERCTL_COMMANDS_H

#include <stdio.h>
#include <time.h>

#include "encrypterctl/reply.h"

#define EXIT_DONE   0
#define EXIT_FAILED 1 /* or refused */
#define EXIT_USAGE  2

struct invocation {
	const char *instance; /* NULL: the only one that runs */
	int count;            /* of arguments, the command's name first */
	char **arguments;
};

int command_show(const struct invocation *in);
int command_status(const struct invocation *in);
int command_stats(const struct invocation *in);
int command_version(const struct invocation *in);
int command_accept_clock(const struct invocation *in);
int command_genkey(const struct invocation *in);
int command_genpsk(const struct invocation *in);
int command_pubkey(const struct invocation *in);
int command_check(const struct invocation *in);
int command_reload(const struct invocation *in); /* and syncconf, setconf */
int command_showconf(const struct invocation *in);
int command_peer(const struct invocation *in);

#define FLAG_JSON 1
#define FLAG_ALL  2
/* Asks the daemon when the arguments are flags of `known`. On 0 free reply->text. */
int command_ask(const struct invocation *in, const char *verb, int known, int *flags,
	struct reply *reply);
/* A command without arguments was given some: says so. */
int command_no_arguments(const struct invocation *in);

/*
 * What `peer add`, `set` and `remove` send to the daemon whose `show` answered `shown`. When something is
 * wrong with it, stderr is told, and what was written is not to be sent.
 */
int peer_request(FILE *out, const struct invocation *in, const struct reply *shown);
const char *peer_error(int number);                    /* why the daemon refused it: an errno */
int peer_refuse(const char *what, const char *which);  /* EXIT_FAILED */
int peer_usage(void);                                  /* EXIT_USAGE */

/* What the commands print of an answer. */
void print_show(FILE *out, const struct reply *reply, time_t now);
void print_show_json(FILE *out, const struct reply *reply);
void print_status(FILE *out, const struct reply *reply);
void print_status_json(FILE *out, const struct reply *reply);
void print_showconf(FILE *out, const struct reply *reply);
void print_stats(FILE *out, const struct reply *reply, bool all);
void print_stats_json(FILE *out, const struct reply *reply);

#endif
