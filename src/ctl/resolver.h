/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names are looked up by a process of its own, which is forked before any key is read and has no
 * rights: what a name server answers is parsed there by the C library, far from everything that
 * matters. It takes requests and gives answers of fixed size over a socket pair; control believes an
 * answer only as far as it checked it (names.h).
 *
 * It resolves as every program of the network namespace does in which the daemon was started, over
 * the kernel's network: never through the ports.
 */
#ifndef CTL_RESOLVER_H
#define CTL_RESOLVER_H

#include <stdint.h>
#include <sys/types.h>

#include "util/addr.h"

#define RESOLVER_HOST_MAX  256 /* with its end; a name has at most 253 characters (RFC 1035) */
#define RESOLVER_ADDRESSES 8   /* of an answer; the others are left out */

struct resolver_request {
	uint32_t id;
	char host[RESOLVER_HOST_MAX]; /* terminated */
};

struct resolver_answer {
	uint32_t id;    /* of the request */
	uint8_t count;  /* 0: there is no address */
	struct ip_addr addresses[RESOLVER_ADDRESSES];
};

struct resolver {
	pid_t pid; /* 0: none */
	int fd;    /* SOCK_SEQPACKET, does not block; -1: none */
};

/* To be called before there is a second thread and before a key is read. -errno. */
int resolver_start(struct resolver *r);
/* Ends the process and waits for it. */
void resolver_stop(struct resolver *r);

#endif
