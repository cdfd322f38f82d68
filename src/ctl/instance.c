/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "encrypter/ctl.h"

static bool name_usable(const char *name)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

	return *name && *name != '.' && name[strspn(name, allowed)] == '\0';
}

static bool join(char path[static INSTANCE_PATH_MAX], const char *directory, const char *file,
	const char *suffix)
{
	int length = snprintf(path, INSTANCE_PATH_MAX, "%s/%s%s", directory, file, suffix);

	return length > 0 && (size_t)length < INSTANCE_PATH_MAX;
}

int instance_shared_directory(const char *path)
{
	if (mkdir(path, 0755) == 0)
		return chmod(path, 0755) == 0 ? 0 : -errno; /* whatever the umask */
	return errno == EEXIST ? 0 : -errno;
}

static int make_own_directory(const char *path)
{
	struct stat st;

	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return -errno;
	if (lstat(path, &st) != 0)
		return -errno;
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid())
		return -EPERM;
	return chmod(path, 0700) == 0 ? 0 : -errno;
}

static int lock_holder(int fd)
{
	char text[16] = "";
	ssize_t length = pread(fd, text, sizeof(text) - 1, 0);

	return length > 0 ? atoi(text) : 0;
}

int instance_lock(const char *path, int *fd)
{
	struct stat st;

	for (;;) {
		*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (*fd < 0)
			return -errno;
		if (flock(*fd, LOCK_EX | LOCK_NB) != 0)
			return errno == EWOULDBLOCK ? -EEXIST : -errno;
		/* Its last holder took it away: a lock on a file that is gone keeps nobody out. */
		if (fstat(*fd, &st) == 0 && st.st_nlink > 0)
			return 0;
		close(*fd);
	}
}

static int take_lock(
	struct instance *instance, const char *name, char error[static INSTANCE_ERROR_MAX])
{
	int fd;
	int rc = instance_lock(instance->lock, &fd);

	if (rc == 0) {
		instance->lock_fd = fd;
		if (ftruncate(fd, 0) == 0)
			dprintf(fd, "%d\n", (int)getpid());
		return 0;
	}
	if (rc == -EEXIST)
		snprintf(error, INSTANCE_ERROR_MAX,
			"instance '%s' is already running (pid %d); "
			"choose another [Node] Name or stop it",
			name, lock_holder(fd));
	else
		snprintf(error, INSTANCE_ERROR_MAX,
			"%s: cannot be locked: %s; see that root can write there, or choose another "
			"[Node] Name", instance->lock, strerror(-rc));
	if (fd >= 0)
		close(fd);
	return rc;
}

static int make_directories(const struct instance *instance, const char *run_dir,
	const char *uapi_dir, char error[static INSTANCE_ERROR_MAX])
{
	const char *failed = run_dir;
	int rc = instance_shared_directory(run_dir);

	if (rc == 0) {
		failed = instance->directory;
		rc = make_own_directory(instance->directory);
	}
	if (rc == 0) {
		failed = uapi_dir;
		rc = instance_shared_directory(uapi_dir);
	}
	if (rc != 0)
		snprintf(error, INSTANCE_ERROR_MAX,
			"%s: cannot be used as a directory: %s; start encrypterd as root", failed,
			strerror(-rc));
	return rc;
}

int instance_open(struct instance *instance, const char *name, const char *run_dir,
	const char *uapi_dir, char error[static INSTANCE_ERROR_MAX])
{
	memset(instance, 0, sizeof(*instance));
	instance->lock_fd = -1;
	if (!name_usable(name) || !join(instance->directory, run_dir, name, "") ||
		!join(instance->lock, instance->directory, CTL_LOCK, "") ||
		!join(instance->control_socket, instance->directory, CTL_SOCKET, "") ||
		!join(instance->uapi_socket, uapi_dir, name, ".sock")) {
		snprintf(error, INSTANCE_ERROR_MAX,
			"'%s' cannot name an instance: letters, digits, '_', '-' and '.' can",
			name);
		return -EINVAL;
	}
	int rc = make_directories(instance, run_dir, uapi_dir, error);
	return rc == 0 ? take_lock(instance, name, error) : rc;
}

void instance_close(struct instance *instance)
{
	if (instance->lock_fd < 0)
		return;
	/* While the lock is held: nobody else can have made these anew. */
	unlink(instance->lock);
	rmdir(instance->directory);
	close(instance->lock_fd);
	instance->lock_fd = -1;
}

void instance_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof(address.sun_path))
		return;
	size_t length = strlen(path);
	memcpy(address.sun_path, path, length);
	if (path[0] == '@')
		address.sun_path[0] = '\0'; /* an abstract name */
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	socklen_t bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	ssize_t sent =
		sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, bytes);
	(void)sent; /* nobody to tell */
	close(fd);
}
