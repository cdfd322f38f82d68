/* SPDX-License-Identifier: BSD-3-Clause */
/* The way to a running encrypterd. Each says on stderr what went wrong. */
#ifndef ENCRYPTERCTL_IPC_H
#define ENCRYPTERCTL_IPC_H

#include "encrypterctl/reply.h"

/* instance NULL: the only one that runs. A descriptor, or minus the exit status. */
int ipc_open(const char *instance);
/* The socket on which it speaks WireGuard's own protocol. */
int ipc_open_uapi(const char *instance);
/*
 * Asks, with a file's path or NULL, and waits for the answer: an exit status. On 0 free reply->text.
 */
int ipc_ask(int fd, const char *verb, const char *file, struct reply *reply);
/* Sends a text and takes what comes until an empty line, whatever it says. On 0 free reply->text. */
int ipc_exchange(int fd, const char *request, struct reply *reply);
void ipc_close(int fd);

#endif
