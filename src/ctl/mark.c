/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/log.h"

#define TEXT_MAX 24 /* 20 digits, a newline, one to see that there is more */

static int fail(char *error, const char *path, int rc)
{
	snprintf(error, MARK_ERROR_MAX,
		"%s: %s; time stamps could not rise over a restart without it: make it writable, or "
		"choose another [Node] StateDirectory",
		path, strerror(-rc));
	return rc;
}

/* ---- reading ---- */

/* Decimal digits and a newline, and nothing else. 0: it is none. */
static uint64_t parse(const char *text, ssize_t length)
{
	uint64_t ns = 0;

	if (length < 2 || text[length - 1] != '\n')
		return 0;
	for (ssize_t i = 0; i < length - 1; i++) {
		if (text[i] < '0' || text[i] > '9' || ns > (UINT64_MAX - 9) / 10)
			return 0;
		ns = ns * 10 + (uint64_t)(text[i] - '0');
	}
	return ns;
}

static int read_mark(const char *path, uint64_t *ns)
{
	char text[TEXT_MAX];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	*ns = 0;
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	ssize_t length = read(fd, text, sizeof(text));
	int rc = length < 0 ? -errno : 0;
	close(fd);
	if (rc != 0)
		return rc;
	*ns = parse(text, length);
	return *ns == 0 ? -EBADMSG : 0;
}

int mark_open(struct mark *m, const char *directory, const char *name, uint64_t *kept_ns,
	char error[static MARK_ERROR_MAX])
{
	memset(m, 0, sizeof(*m));
	snprintf(m->directory, sizeof(m->directory), "%s", directory);
	int length = snprintf(m->new_path, sizeof(m->new_path), "%s/%s.mark.new", directory, name);
	snprintf(m->path, sizeof(m->path), "%s/%s.mark", directory, name);
	if (length >= (int)sizeof(m->new_path))
		return fail(error, directory, -ENAMETOOLONG);
	if (mkdir(directory, 0700) != 0 && errno != EEXIST)
		return fail(error, directory, -errno);
	int rc = read_mark(m->path, kept_ns);
	if (rc == -EBADMSG)
		snprintf(error, MARK_ERROR_MAX,
			"%s: this is not a mark of time stamps; move it away: then they start from "
			"the wall clock",
			m->path);
	else if (rc != 0)
		fail(error, m->path, rc);
	return rc;
}

/* ---- writing ---- */

static int sync_path(const char *path, int flags)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
	int rc = fd < 0 || fsync(fd) != 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return rc;
}

static int write_new(const struct mark *m, uint64_t ns)
{
	char text[TEXT_MAX];
	int length = snprintf(text, sizeof(text), "%" PRIu64 "\n", ns);
	int fd = open(m->new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;
	ssize_t written = write(fd, text, (size_t)length);
	int rc = written < 0 ? -errno : written != length ? -ENOSPC : 0;
	if (rc == 0 && fsync(fd) != 0)
		rc = -errno;
	close(fd);
	return rc;
}

static int write_mark(const struct mark *m, uint64_t ns)
{
	int rc = write_new(m, ns);

	if (rc == 0 && rename(m->new_path, m->path) != 0)
		rc = -errno;
	return rc == 0 ? sync_path(m->directory, O_DIRECTORY) : rc;
}

/* Said when it begins and when it ends, not for each try. */
static void write_and_say(struct mark *m, uint64_t ns)
{
	int rc = write_mark(m, ns);

	if (rc == 0)
		atomic_store(&m->kept_ns, ns);
	if (rc != 0 && !m->failing)
		log_event(LOG_ERROR, "control",
			"the mark of time stamps cannot be written path=%s reason=\"%s\"", m->path,
			strerror(-rc));
	if (rc == 0 && m->failing)
		log_event(LOG_NOTICE, "control", "the mark of time stamps is written again path=%s",
			m->path);
	m->failing = rc != 0;
}

/* ---- the writer ---- */

/* Until there is something to write (and, after a failure, some time has passed), or the end. */
static bool await_work(struct mark *m)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += MARK_RETRY_S;
	while (!m->stop && (m->failing || m->wanted_ns == atomic_load(&m->kept_ns))) {
		if (!m->failing)
			pthread_cond_wait(&m->changed, &m->lock);
		else if (pthread_cond_timedwait(&m->changed, &m->lock, &until) == ETIMEDOUT)
			break;
	}
	return !m->stop;
}

static void *work(void *context)
{
	struct mark *m = context;

	pthread_mutex_lock(&m->lock);
	while (await_work(m)) {
		uint64_t ns = m->wanted_ns;
		pthread_mutex_unlock(&m->lock);
		write_and_say(m, ns);
		pthread_mutex_lock(&m->lock);
	}
	pthread_mutex_unlock(&m->lock);
	return NULL;
}

int mark_start(struct mark *m, uint64_t ns, char error[static MARK_ERROR_MAX])
{
	pthread_condattr_t attributes;
	int rc = write_mark(m, ns);

	if (rc != 0)
		return fail(error, m->path, rc);
	m->wanted_ns = ns;
	atomic_store(&m->kept_ns, ns);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC); /* the wall clock may step */
	pthread_cond_init(&m->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_mutex_init(&m->lock, NULL);
	rc = -pthread_create(&m->writer, NULL, work, m);
	if (rc != 0)
		return fail(error, m->path, rc);
	m->open = true;
	return 0;
}

void mark_ask(struct mark *m, uint64_t ns)
{
	if (!m->open)
		return;
	pthread_mutex_lock(&m->lock);
	m->wanted_ns = ns;
	pthread_cond_signal(&m->changed);
	pthread_mutex_unlock(&m->lock);
}

uint64_t mark_kept(const struct mark *m)
{
	return atomic_load(&m->kept_ns);
}

void mark_close(struct mark *m, uint64_t ns)
{
	if (!m->open)
		return;
	pthread_mutex_lock(&m->lock);
	m->stop = true;
	pthread_cond_signal(&m->changed);
	pthread_mutex_unlock(&m->lock);
	pthread_join(m->writer, NULL);
	if (ns != 0)
		write_and_say(m, ns);
	pthread_cond_destroy(&m->changed);
	pthread_mutex_destroy(&m->lock);
	m->open = false;
}
