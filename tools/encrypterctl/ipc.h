/* SPDX-License-Identifier: BSD-3-Clause */
/* The way to a running encrypterd. Each says on stderr what went wrong. */
#ifndef ENCRYPTERCTL_IPC_H
#define ENCRYPTERCTL_IPC_H

#include "encrypterctl/reply.h"

/* instance NULL: the only one that runs. A descriptor, or minus the exit status. */
int ipc_open(const char *instance);
/* Asks and waits for the answer: an exit status. On 0 free reply->text. */
int ipc_ask(int fd, const char *verb, struct reply *reply);
void ipc_close(int fd);

#endif
