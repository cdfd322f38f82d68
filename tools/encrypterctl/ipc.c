/* SPDX-License-Identifier: BSD-3-Clause */
#include "encrypterctl/ipc.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "encrypter/ctl.h"
#include "encrypterctl/commands.h"

#define REPLY_FIRST 65536
#define REPLY_MAX   (256ul << 20)
#define PATIENCE_S  15 /* the daemon itself gives up what has not moved for 10 */
#define NAMES_SHOWN 256

/* -errno when nobody listens there. */
static int connect_path(const char *folder, const char *instance, const char *end)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval patience = {.tv_sec = PATIENCE_S};
	int length = snprintf(
		address.sun_path, sizeof(address.sun_path), "%s/%s%s", folder, instance, end);

	if (length < 0 || (size_t)length >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		int rc = -errno;
		close(fd);
		return rc;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return fd;
}

static int connect_to(const char *instance)
{
	return connect_path(CTL_RUN_DIR, instance, "/" CTL_SOCKET);
}

static int no_connection(const char *instance, int error)
{
	if (error == ENOENT || error == ECONNREFUSED)
		fprintf(stderr, "encrypterctl: no encrypterd of the name '%s' is running\n",
			instance);
	else
		fprintf(stderr, "encrypterctl: %s: %s%s\n", instance, strerror(error),
			error == EACCES ? "; only root may ask" : "");
	return -EXIT_FAILED;
}

/* The descriptor of the only one that answers; counts all of them and collects their names. */
static int search(DIR *directory, unsigned *count, char names[static NAMES_SHOWN], int *error)
{
	const struct dirent *entry;
	int found = -1;
	size_t used = 0;

	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		int fd = connect_to(entry->d_name);
		if (fd < 0) {
			*error = fd == -EACCES ? EACCES : *error;
			continue;
		}
		int length = snprintf(
			names + used, NAMES_SHOWN - used, "%s%s", used ? ", " : "", entry->d_name);
		if (length > 0 && (size_t)length < NAMES_SHOWN - used)
			used += (size_t)length;
		if (++*count == 1)
			found = fd;
		else
			close(fd);
	}
	return found;
}

static int open_only(void)
{
	char names[NAMES_SHOWN] = "";
	unsigned count = 0;
	int error = ENOENT;
	int fd = -1;
	DIR *directory = opendir(CTL_RUN_DIR);

	if (directory) {
		fd = search(directory, &count, names, &error);
		closedir(directory);
	}
	if (count == 1)
		return fd;
	if (count == 0) {
		fprintf(stderr, "encrypterctl: %s\n",
			error == EACCES ? "only root may ask encrypterd"
					: "no encrypterd is running");
		return -EXIT_FAILED;
	}
	close(fd);
	fprintf(stderr,
		"encrypterctl: more than one encrypterd is running (%s): choose with -n NAME\n",
		names);
	return -EXIT_USAGE;
}

int ipc_open(const char *instance)
{
	if (!instance)
		return open_only();
	if (!*instance || *instance == '.' || strchr(instance, '/')) {
		fprintf(stderr, "encrypterctl: '%s' is no name of an instance\n", instance);
		return -EXIT_USAGE;
	}
	int fd = connect_to(instance);
	return fd >= 0 ? fd : no_connection(instance, -fd);
}

int ipc_open_uapi(const char *instance)
{
	int fd = connect_path(CTL_UAPI_DIR, instance, ".sock");

	return fd >= 0 ? fd : no_connection(instance, -fd);
}

void ipc_close(int fd)
{
	close(fd);
}

static bool send_all(int fd, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t sent = send(fd, text, length, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return false;
		text += sent;
		length -= (size_t)sent;
	}
	return true;
}

static bool ends(const struct reply *reply)
{
	return reply->length >= 2 && memcmp(reply->text + reply->length - 2, "\n\n", 2) == 0;
}

static bool grow(struct reply *reply, size_t *capacity)
{
	if (reply->length + 1 < *capacity)
		return true;
	size_t larger = *capacity ? *capacity * 2 : REPLY_FIRST;
	char *text = larger <= REPLY_MAX ? realloc(reply->text, larger) : NULL;
	if (!text) {
		errno = ENOMEM;
		return false;
	}
	reply->text = text;
	*capacity = larger;
	return true;
}

/* Another connection to the daemon at the other end of this one, to its control socket. -errno. */
static int connect_again(int fd)
{
	struct sockaddr_un address = {0};
	socklen_t length = sizeof(address) - 1;
	char name[sizeof(address.sun_path)];

	if (getpeername(fd, (struct sockaddr *)&address, &length) != 0)
		return -errno;
	bool uapi = strncmp(address.sun_path, CTL_UAPI_DIR "/", strlen(CTL_UAPI_DIR "/")) == 0;
	size_t folder = strlen(uapi ? CTL_UAPI_DIR "/" : CTL_RUN_DIR "/");
	size_t end = strlen(uapi ? ".sock" : "/" CTL_SOCKET);
	size_t whole = strnlen(address.sun_path, sizeof(address.sun_path));
	if (whole <= folder + end)
		return -ENOENT;
	snprintf(name, sizeof(name), "%.*s", (int)(whole - folder - end), address.sun_path + folder);
	return connect_to(name);
}

/* A long change may go on: as long as the daemon answers others it will answer us, or give up. */
static bool is_alive(int fd)
{
	static const char request[] = "verb=version\n\n";
	char answer[64];
	int again = connect_again(fd);

	if (again < 0)
		return false;
	bool alive = send_all(again, request, strlen(request)) &&
		recv(again, answer, sizeof(answer), 0) > 0;
	close(again);
	return alive;
}

/* Until the empty line. False with errno. */
static bool receive_all(int fd, struct reply *reply)
{
	size_t capacity = 0;

	while (!ends(reply)) {
		if (!grow(reply, &capacity))
			return false;
		ssize_t got =
			recv(fd, reply->text + reply->length, capacity - reply->length - 1, 0);
		if (got < 0 && (errno == EINTR || (errno == EAGAIN && is_alive(fd))))
			continue;
		if (got < 0)
			return false;
		if (got == 0) {
			errno = ECONNRESET;
			return false;
		}
		reply->length += (size_t)got;
	}
	reply->text[--reply->length] = '\0';
	return true;
}

/* The last word of the answer: did it go well? */
static int verdict(const struct reply *reply)
{
	struct reply_line line;

	if (reply_find(reply, "errno", &line) && line.value_length == 1 && line.value[0] == '0')
		return EXIT_DONE;
	char *error = reply_find(reply, "error", &line) ? reply_text(&line) : NULL;
	fprintf(stderr, "encrypterctl: %s\n", error ? error : "the answer is not understood");
	free(error);
	return EXIT_FAILED;
}

int ipc_exchange(int fd, const char *request, struct reply *reply)
{
	*reply = (struct reply){0};
	if (!send_all(fd, request, strlen(request)) || !receive_all(fd, reply)) {
		fprintf(stderr, "encrypterctl: no answer: %s\n",
			errno == EAGAIN ? "the time is over" : strerror(errno));
		free(reply->text);
		reply->text = NULL;
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

int ipc_ask(int fd, const char *verb, const char *file, struct reply *reply)
{
	char request[512];
	int length = snprintf(request, sizeof(request), "verb=%s\n%s%s%s\n", verb, file ? "file=" : "",
		file ? file : "", file ? "\n" : "");

	if (length < 0 || (size_t)length >= sizeof(request)) {
		fprintf(stderr, "encrypterctl: the file's path is too long\n");
		return EXIT_FAILED;
	}
	int status = ipc_exchange(fd, request, reply);
	if (status != EXIT_DONE)
		return status;
	status = verdict(reply);
	if (status != EXIT_DONE) {
		free(reply->text);
		reply->text = NULL;
	}
	return status;
}
