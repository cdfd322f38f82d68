/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The mark below which our time stamps lie, on disk (C30, wg/stamps.h): STATE_DIR/NAME.mark, one line
 * of decimal nanoseconds since 1970. It is replaced as a whole and synced before it counts, so that a
 * crash leaves the one or the other. A thread of its own does that: no handshake waits for a disk.
 */
#ifndef CTL_MARK_H
#define CTL_MARK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define MARK_PATH_MAX  320
#define MARK_ERROR_MAX 512
#define MARK_RETRY_S   5 /* after a write that failed */

struct mark { /* zeroed: none, and nothing is ever written */
	char directory[MARK_PATH_MAX], path[MARK_PATH_MAX], new_path[MARK_PATH_MAX];
	bool open;
	bool failing;             /* writer: said once */
	_Atomic uint64_t kept_ns; /* writer: wo, control: ro: what is on disk */
	/* under the lock */
	uint64_t wanted_ns;
	bool stop;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t writer;
};

/*
 * Makes the directory if need be, and reads the mark: *kept_ns is 0 when there is none yet. Error text
 * and -errno when it cannot be read or is none (-EBADMSG).
 */
int mark_open(struct mark *m, const char *directory, const char *name, uint64_t *kept_ns,
	char error[static MARK_ERROR_MAX]);
/*
 * Writes the first mark, which takes as long as the disk does, and starts the writer. Error text and
 * -errno when there is no writing it: then nothing was started.
 */
int mark_start(struct mark *m, uint64_t ns, char error[static MARK_ERROR_MAX]);
/* To be written soon, and again until that succeeds. Does not wait. */
void mark_ask(struct mark *m, uint64_t ns);
/* The last that was written. */
uint64_t mark_kept(const struct mark *m);
/* Ends the writer and, when ns is not 0, writes that as the last one. */
void mark_close(struct mark *m, uint64_t ns);

#endif
