/* SPDX-License-Identifier: BSD-3-Clause */
/* The mark of time stamps on disk, and what control does with it. */
#include "ctl/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "control_rig.h"
#include "suites.h"
#include "unit.h"
#include "util/clock.h"
#include "util/log.h"

#define NS 1700000000000000000ull

static char folder[32], state[64], path[80], error[MARK_ERROR_MAX];
static struct mark m;

static void begin(void)
{
	log_set_level(LOG_ERROR);
	snprintf(folder, sizeof(folder), "/tmp/unit-mark-XXXXXX");
	if (!mkdtemp(folder))
		abort();
	snprintf(state, sizeof(state), "%s/state", folder);
	snprintf(path, sizeof(path), "%s/siteA.mark", state);
}

static void end(void)
{
	unlink(path);
	rmdir(state);
	rmdir(folder);
}

static void put(const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f)
		abort();
	fputs(text, f);
	fclose(f);
}

static uint64_t get(void)
{
	char text[64] = "";
	FILE *f = fopen(path, "r");

	if (!f)
		return 0;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	return strtoull(text, NULL, 10);
}

static void await_kept(uint64_t ns)
{
	const struct timespec tick = {.tv_nsec = 1000000};

	for (unsigned i = 0; i < 5000 && mark_kept(&m) != ns; i++)
		nanosleep(&tick, NULL);
	CU_ASSERT_EQUAL(mark_kept(&m), ns);
}

static void kept(void)
{
	uint64_t ns = 1;
	struct stat st;

	begin();
	CU_ASSERT_EQUAL(mark_open(&m, state, "siteA", &ns, error), 0);
	CU_ASSERT_EQUAL(ns, 0);
	CU_ASSERT_EQUAL(stat(state, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0700);
	CU_ASSERT_EQUAL(mark_start(&m, NS, error), 0);
	CU_ASSERT_EQUAL(get(), NS);
	CU_ASSERT_EQUAL(mark_kept(&m), NS);
	mark_ask(&m, NS + 1);
	await_kept(NS + 1);
	CU_ASSERT_EQUAL(get(), NS + 1);
	mark_close(&m, 0);
	CU_ASSERT_EQUAL(get(), NS + 1);
	CU_ASSERT_EQUAL(mark_open(&m, state, "siteA", &ns, error), 0);
	CU_ASSERT_EQUAL(ns, NS + 1);
	CU_ASSERT_EQUAL(mark_start(&m, NS + 5, error), 0);
	mark_close(&m, NS + 2); /* an orderly end may go back */
	CU_ASSERT_EQUAL(get(), NS + 2);
	CU_ASSERT_EQUAL(rmdir(state), -1); /* there is the mark, and nothing else: */
	CU_ASSERT_EQUAL(unlink(path), 0);
	CU_ASSERT_EQUAL(rmdir(state), 0);
	end();
}

static void no_mark(void)
{
	static const char *const junk[] = {"", "\n", "12", "12\n13\n", "abc\n", "0\n", "-5\n",
		"1e9\n", "99999999999999999999999\n", "18446744073709551616\n"};
	uint64_t ns;

	begin();
	mkdir(state, 0700);
	for (unsigned i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
		put(junk[i]);
		CU_ASSERT_EQUAL(mark_open(&m, state, "siteA", &ns, error), -EBADMSG);
		CU_ASSERT_PTR_NOT_NULL(strstr(error, path));
	}
	put("12\n");
	CU_ASSERT_EQUAL(mark_open(&m, state, "siteA", &ns, error), 0);
	CU_ASSERT_EQUAL(ns, 12);
	end();
}

static void nowhere_to_write(void)
{
	uint64_t ns;
	char deep[100];

	begin();
	snprintf(deep, sizeof(deep), "%s/not/there", folder);
	CU_ASSERT_EQUAL(mark_open(&m, deep, "siteA", &ns, error), -ENOENT);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "StateDirectory"));
	mkdir(state, 0700);
	mkdir(path, 0700); /* something else of that name */
	CU_ASSERT_TRUE(mark_open(&m, state, "siteA", &ns, error) < 0);
	rmdir(path);
	CU_ASSERT_EQUAL(mark_open(&m, state, "siteA", &ns, error), 0);
	rmdir(state);
	CU_ASSERT_EQUAL(mark_start(&m, NS, error), -ENOENT);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, path));
	mark_close(&m, NS); /* nothing was started */
	CU_ASSERT_EQUAL(get(), 0);
	end();
}

/* The disk fails while the daemon runs: what is not on disk does not count. */
static void writing_fails(void)
{
	uint64_t ns;

	begin();
	CU_ASSERT_EQUAL(mark_open(&m, state, "siteA", &ns, error), 0);
	CU_ASSERT_EQUAL(mark_start(&m, NS, error), 0);
	unlink(path);
	rmdir(state);
	mark_ask(&m, NS + 1);
	const struct timespec tick = {.tv_nsec = 50000000};
	nanosleep(&tick, NULL); /* time enough to do it wrong */
	CU_ASSERT_EQUAL(mark_kept(&m), NS);
	mkdir(state, 0700);
	mark_close(&m, NS + 2);
	CU_ASSERT_EQUAL(get(), NS + 2);
	end();
}

/* ---- control ---- */

static struct rig rig;

/* A control whose former life left this mark; 0: none. */
static bool start_control(uint64_t kept_ns)
{
	char text[32];

	begin();
	rig_open(&rig);
	snprintf(rig.file.state_directory, sizeof(rig.file.state_directory), "%s", state);
	if (kept_ns != 0) {
		mkdir(state, 0700);
		snprintf(text, sizeof(text), "%" PRIu64 "\n", kept_ns);
		put(text);
	}
	return rig_start(&rig, 64);
}

static void control_keeps_a_mark(void)
{
	uint64_t now_ns = clock_wall_ns();

	CU_ASSERT_TRUE_FATAL(start_control(0));
	CU_ASSERT_TRUE(get() > now_ns + 59 * CLOCK_SECOND && get() < now_ns + 65 * CLOCK_SECOND);
	rig_settle(&rig);
	for (unsigned i = 0; i < 100 && get() < now_ns + 600 * CLOCK_SECOND; i++) {
		rig.late_ns += CLOCK_SECOND; /* so that control looks again */
		rig_round(&rig);
		const struct timespec tick = {.tv_nsec = 10000000};
		nanosleep(&tick, NULL);
	}
	CU_ASSERT_TRUE(get() > now_ns + 600 * CLOCK_SECOND);
	rig_close(&rig);
	CU_ASSERT_TRUE(get() < now_ns + 100 * CLOCK_SECOND); /* an orderly end */
	CU_ASSERT_TRUE(get() > now_ns);
	end();
}

static void control_doubts(void)
{
	uint64_t now_ns = clock_wall_ns();

	CU_ASSERT_TRUE_FATAL(start_control(now_ns - 86400 * CLOCK_SECOND));
	CU_ASSERT_TRUE(get() < now_ns - 86000 * CLOCK_SECOND);
	rig_settle(&rig);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_ask(&rig, false, "verb=status\n\n"), "clock_ahead=8640"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(rig_ask(&rig, false, "verb=accept_clock\n\n"), "clock_ahead=8640"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(rig_ask(&rig, false, "verb=status\n\n"), "clock_ahead=0\n"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(rig_ask(&rig, false, "verb=accept_clock\n\n"), "clock_ahead=0\n"));
	rig_close(&rig);
	CU_ASSERT_TRUE(get() > now_ns);
	end();
}

/* A pipe that takes no more: whoever opens it to write is still writing when it is looked at. */
static int make_full_pipe(const char *pipe_path)
{
	char junk[4096] = {0};
	int fd = mkfifo(pipe_path, 0600) == 0 ? open(pipe_path, O_RDWR | O_NONBLOCK) : -1;

	if (fd < 0)
		abort();
	while (write(fd, junk, sizeof(junk)) > 0)
		;
	return fd;
}

static void drain(int fd)
{
	char junk[4096];

	while (read(fd, junk, sizeof(junk)) > 0)
		;
}

static void *close_rig(void *context)
{
	rig_close(context);
	return NULL;
}

/* Another daemon of that name would read a mark, start from it, and then have it written over. */
static void last_mark_under_the_lock(void)
{
	char new_path[96];
	struct instance other;
	struct pollfd opened = {.fd = inotify_init1(IN_CLOEXEC), .events = POLLIN};
	pthread_t ending;

	CU_ASSERT_TRUE_FATAL(start_control(0)); /* no round: nothing but its end writes */
	snprintf(new_path, sizeof(new_path), "%s/siteA.mark.new", state);
	int full = make_full_pipe(new_path);
	CU_ASSERT_TRUE_FATAL(inotify_add_watch(opened.fd, new_path, IN_OPEN) >= 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&ending, NULL, close_rig, &rig), 0);
	CU_ASSERT_EQUAL(poll(&opened, 1, 10000), 1); /* it is being written */
	int rc = instance_open(&other, "siteA", rig.run_dir, rig.uapi_dir, error);
	CU_ASSERT_EQUAL(rc, -EEXIST);
	drain(full);
	pthread_join(ending, NULL);
	if (rc == 0)
		instance_close(&other);
	close(full);
	close(opened.fd);
	unlink(new_path);
	end();
}

static void control_refuses(void)
{
	CU_ASSERT_TRUE(start_control(0));
	rig_close(&rig);
	put("junk\n");
	rig_open(&rig);
	snprintf(rig.file.state_directory, sizeof(rig.file.state_directory), "%s", state);
	CU_ASSERT_FALSE(rig_start(&rig, 64));
	CU_ASSERT_EQUAL(rig.status, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.error, "not a mark"));
	rig_close(&rig);
	CU_ASSERT_EQUAL(get(), 0); /* and left as it was */
	end();
}

static const struct unit_test tests[] = {
	{"C30: a mark is kept, and replaced as a whole", kept},
	{"C30: what is no mark is not taken for one", no_mark},
	{"C30: no directory, no permission: said at the start", nowhere_to_write},
	{"C30: a disk that fails later", writing_fails},
	{"C30: control writes marks ahead, and a near one at its end", control_keeps_a_mark},
	{"C30: a clock a day ahead of the mark needs the administrator", control_doubts},
	{"C30: the last mark is written before another may take the name", last_mark_under_the_lock},
	{"C30: control does not start without its mark", control_refuses},
	{NULL, NULL},
};

const struct unit_suite suite_mark = {"mark", tests};
