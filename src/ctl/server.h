/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A Unix stream socket with a few clients, each of which asks and is answered in turn. Nothing here
 * blocks, and nothing knows what is asked: a protocol is a struct server_ops.
 */
#ifndef CTL_SERVER_H
#define CTL_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ctl/text.h"
#include "util/clock.h"

#define SERVER_CLIENTS    16
#define SERVER_BACKLOG    64
#define SERVER_CHUNK      4096
#define SERVER_SILENCE_NS (10 * CLOCK_SECOND)

/* What epoll's data points to. */
struct watch {
	void (*ready)(void *context, uint32_t events);
	void *context;
	int fd;
	uint32_t events; /* asked for; 0: not in the set */
};
/* events 0 takes it out of the set. -errno. */
int watch_set(struct watch *watch, int epoll_fd, uint32_t events);

struct server;

struct client {
	struct watch watch;     /* fd -1: this place is free */
	struct server *server;
	pid_t pid;
	uid_t uid;
	uint64_t deadline_ns;   /* it is let go when it stays silent until then */
	bool busy;              /* asked and not answered yet: nothing more is read */
	bool answered;          /* `out` holds the answer, or a part of it */
	bool last;              /* close after this answer */
	struct text out;
	size_t out_at;
	uint8_t in[SERVER_CHUNK];
	size_t in_at, in_length;
	void *state;            /* the protocol's */
};

struct server_ops {
	const char *name;
	void *(*opened)(struct client *client, void *context); /* its state; NULL: refuse */
	void (*closed)(struct client *client);
	/* Takes bytes of a request, returns how many (1 or more). Sets client->busy at its end. */
	size_t (*receive)(struct client *client, const uint8_t *bytes, size_t length);
	/* All of `out` was sent. True when more was added; false: the answer is complete. */
	bool (*more)(struct client *client);
	/* The deadline came while the client waited for an answer: give one, or set a later deadline. */
	void (*overdue)(struct client *client);
};

struct server {
	const struct server_ops *ops;
	void *context;
	int epoll_fd;
	struct watch watch;
	char path[108];
	unsigned client_count;
	uint64_t deaf_until_ns; /* accept() failed: callers wait; 0: it did not */
	struct client *clients; /* SERVER_CLIENTS, in guarded memory: requests hold keys */
};

/*
 * Listens at path, mode 0600; a socket that nobody serves is replaced. 0; -EADDRINUSE when somebody
 * does; -errno.
 */
int server_open(struct server *server, const char *path, const struct server_ops *ops,
	void *context, int epoll_fd);
void server_close(struct server *server); /* also takes the socket away */

/* The answer (or its first part) is in client->out: send it. */
void server_answer(struct client *client);
/* Lets clients go whose deadline is over; returns the next deadline, UINT64_MAX: there is none. */
uint64_t server_expire(struct server *server, uint64_t now_ns);

#endif
