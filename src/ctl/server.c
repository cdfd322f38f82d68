/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "crypto/secret.h"

#define CHUNKS_A_ROUND 16 /* of one client, so that no request keeps the others waiting */

int watch_set(struct watch *watch, int epoll_fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};
	int op = EPOLL_CTL_MOD;

	if (events == watch->events)
		return 0;
	if (events == 0)
		op = EPOLL_CTL_DEL;
	else if (watch->events == 0)
		op = EPOLL_CTL_ADD;
	watch->events = events;
	return epoll_ctl(epoll_fd, op, watch->fd, &event) == 0 ? 0 : -errno;
}

/* ---- clients ---- */

static void listen_when_room(struct server *server)
{
	/* All places taken: callers wait in the backlog; a refusal would make wg(8) unlink us. */
	bool room = server->client_count < SERVER_CLIENTS && server->deaf_until_ns == 0;

	watch_set(&server->watch, server->epoll_fd, room ? EPOLLIN : 0);
}

static void close_client(struct client *client)
{
	struct server *server = client->server;

	server->ops->closed(client);
	watch_set(&client->watch, server->epoll_fd, 0);
	close(client->watch.fd);
	text_free(&client->out);
	secret_wipe(client, sizeof(*client));
	client->watch.fd = -1;
	server->client_count--;
	listen_when_room(server);
}

static void want(struct client *client)
{
	uint32_t events = EPOLLERR; /* reported anyway: keeps the client in the set */

	if (!client->busy)
		events |= EPOLLIN;
	if (client->answered)
		events |= EPOLLOUT;
	watch_set(&client->watch, client->server->epoll_fd, events);
}

static void progress(struct client *client)
{
	client->deadline_ns = clock_boot_ns() + SERVER_SILENCE_NS;
}

/* Hands on what was read, until it is used up or a request is whole. */
static void feed(struct client *client)
{
	while (!client->busy && client->in_at < client->in_length) {
		client->in_at += client->server->ops->receive(
			client, client->in + client->in_at, client->in_length - client->in_at);
	}
	if (client->in_at == client->in_length) {
		secret_wipe(client->in, client->in_length);
		client->in_at = client->in_length = 0;
	}
}

/* True when there is more to write; false also when the client was closed (fd is -1). */
static bool write_out(struct client *client)
{
	while (client->out_at < client->out.length) {
		ssize_t sent = send(client->watch.fd, client->out.bytes + client->out_at,
			client->out.length - client->out_at, MSG_NOSIGNAL);
		if (sent < 0 && errno == EAGAIN)
			return true;
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0) {
			close_client(client);
			return false;
		}
		client->out_at += (size_t)sent;
		progress(client);
	}
	text_free(&client->out);
	client->out_at = 0;
	return false;
}

static void finish_answer(struct client *client)
{
	client->answered = client->busy = false;
	if (client->last) {
		close_client(client);
		return;
	}
	feed(client);
}

static void write_client(struct client *client)
{
	do {
		if (write_out(client) || client->watch.fd < 0)
			return;
	} while (client->server->ops->more(client) && text_ok(&client->out));
	if (text_ok(&client->out))
		finish_answer(client);
	else
		close_client(client); /* half an answer would be taken for a whole one */
}

void server_answer(struct client *client)
{
	if (!text_ok(&client->out)) {
		close_client(client);
		return;
	}
	client->answered = true;
	progress(client);
	want(client); /* written when the loop comes round: never within the caller */
}

static void read_client(struct client *client)
{
	for (unsigned i = 0; i < CHUNKS_A_ROUND && !client->busy; i++) {
		ssize_t length = recv(client->watch.fd, client->in, sizeof(client->in), 0);
		if (length < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (length <= 0) {
			close_client(client);
			return;
		}
		client->in_at = 0;
		client->in_length = (size_t)length;
		progress(client);
		feed(client);
	}
}

static void client_ready(void *context, uint32_t events)
{
	struct client *client = context;

	if (client->watch.fd < 0)
		return; /* closed earlier in this round */
	if ((events & (EPOLLHUP | EPOLLERR)) && (client->busy || (events & EPOLLERR))) {
		close_client(client); /* gone without waiting for the answer */
		return;
	}
	if (client->answered)
		write_client(client);
	else if (!client->busy)
		read_client(client);
	if (client->watch.fd >= 0)
		want(client);
}

/* ---- the socket ---- */

static struct client *free_place(struct server *server)
{
	for (unsigned i = 0; i < SERVER_CLIENTS; i++) {
		if (server->clients[i].watch.fd < 0)
			return &server->clients[i];
	}
	return NULL;
}

static void open_client(struct server *server, struct client *client, int fd)
{
	struct ucred who = {0};
	socklen_t length = sizeof(who);

	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length);
	client->watch = (struct watch){.ready = client_ready, .context = client, .fd = fd};
	client->server = server;
	client->pid = who.pid;
	client->uid = who.uid;
	text_init(&client->out);
	progress(client);
	client->state = server->ops->opened(client, server->context);
	if (!client->state || watch_set(&client->watch, server->epoll_fd, EPOLLIN) != 0) {
		if (client->state)
			server->ops->closed(client);
		close(fd);
		client->watch = (struct watch){.fd = -1};
		return;
	}
	server->client_count++;
}

static void server_ready(void *context, uint32_t events)
{
	struct server *server = context;
	struct client *client;

	while ((client = free_place(server))) {
		int fd = accept4(server->watch.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			/* Without descriptors the caller stays in the backlog for a while. */
			if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
				server->deaf_until_ns = clock_boot_ns() + CLOCK_SECOND;
			break;
		}
		open_client(server, client, fd);
	}
	listen_when_room(server);
}

/* A socket file that nobody serves is left over from a daemon that died. */
static int clear_stale(const struct sockaddr_un *address)
{
	struct stat st;

	if (lstat(address->sun_path, &st) != 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	int rc = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ? 0 : -errno;
	close(fd);
	if (rc != -ECONNREFUSED)
		return -EADDRINUSE;
	return unlink(address->sun_path) == 0 ? 0 : -errno;
}

static int open_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path) >=
		sizeof(address.sun_path))
		return -ENAMETOOLONG;
	int rc = clear_stale(&address);
	if (rc != 0)
		return rc;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* Until listen() nobody can connect: the mode is right before anybody gets in. */
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || chmod(path, 0600) != 0 ||
		listen(fd, SERVER_BACKLOG) != 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

int server_open(struct server *server, const char *path, const struct server_ops *ops,
	void *context, int epoll_fd)
{
	memset(server, 0, sizeof(*server));
	server->clients = secret_alloc(SERVER_CLIENTS * sizeof(*server->clients));
	if (!server->clients)
		return -ENOMEM;
	for (unsigned i = 0; i < SERVER_CLIENTS; i++)
		server->clients[i].watch.fd = -1;
	server->ops = ops;
	server->context = context;
	server->epoll_fd = epoll_fd;
	int fd = open_socket(path);
	server->watch = (struct watch){.ready = server_ready, .context = server, .fd = fd};
	int rc = fd < 0 ? fd : watch_set(&server->watch, epoll_fd, EPOLLIN);
	if (fd >= 0)
		snprintf(server->path, sizeof(server->path), "%s", path);
	if (rc != 0)
		server_close(server);
	return rc;
}

void server_close(struct server *server)
{
	if (!server->clients)
		return;
	for (unsigned i = 0; i < SERVER_CLIENTS; i++) {
		if (server->clients[i].watch.fd >= 0)
			close_client(&server->clients[i]);
	}
	if (server->watch.fd >= 0) {
		watch_set(&server->watch, server->epoll_fd, 0);
		close(server->watch.fd);
		unlink(server->path);
	}
	secret_free(server->clients);
	memset(server, 0, sizeof(*server));
}

uint64_t server_expire(struct server *server, uint64_t now_ns)
{
	uint64_t next = UINT64_MAX;

	if (server->deaf_until_ns != 0 && server->deaf_until_ns <= now_ns) {
		server->deaf_until_ns = 0;
		listen_when_room(server);
	}
	for (unsigned i = 0; i < SERVER_CLIENTS; i++) {
		struct client *client = &server->clients[i];
		if (client->watch.fd >= 0 && client->deadline_ns <= now_ns) {
			if (client->busy && !client->answered)
				server->ops->overdue(client);
			else
				close_client(client);
		}
		if (client->watch.fd >= 0 && client->deadline_ns < next)
			next = client->deadline_ns;
	}
	return next;
}
