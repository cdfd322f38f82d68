/* SPDX-License-Identifier: BSD-3-Clause */
/* What an instance has of the file system: its directory, its lock, the places of its sockets. */
#ifndef CTL_INSTANCE_H
#define CTL_INSTANCE_H

#include <sys/un.h>

#define INSTANCE_ERROR_MAX 512
#define INSTANCE_PATH_MAX  (sizeof(((struct sockaddr_un *)0)->sun_path))

struct instance {
	int lock_fd; /* -1: none */
	char directory[INSTANCE_PATH_MAX];
	char lock[INSTANCE_PATH_MAX];
	char control_socket[INSTANCE_PATH_MAX];
	char uapi_socket[INSTANCE_PATH_MAX];
};

/*
 * Makes run_dir (0755), run_dir/NAME (0700), uapi_dir (0755), and takes the lock. 0; -EEXIST when
 * the name is in use, -EINVAL when it is not a file name, -errno; error says why and what to do.
 */
int instance_open(struct instance *instance, const char *name, const char *run_dir,
	const char *uapi_dir, char error[static INSTANCE_ERROR_MAX]);
/*
 * The lock of a file that only we may open, made when it is missing. The kernel lets go of it when the
 * process ends, however it does; who holds it takes the file away when done, then closes *fd. 0; -EEXIST:
 * somebody else has it; -errno. *fd is -1, or to be closed on failure too.
 */
int instance_lock(const char *path, int *fd);
/* 0755 when it is made now; one that is there is left as it is: it is shared with others. 0 or -errno. */
int instance_shared_directory(const char *path);
/* Gives the lock back and takes the directory of the name away. */
void instance_close(struct instance *instance);

/* Tells the service manager ("READY=1"), when there is one that asked for it ($NOTIFY_SOCKET). */
void instance_notify(const char *state);

#endif
