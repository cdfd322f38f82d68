/* SPDX-License-Identifier: BSD-3-Clause */
/* The sockets, the instance's name, and the word to the service manager. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control_rig.h"
#include "suites.h"

static struct rig rig;

static void begin(void)
{
	rig_open(&rig);
	rig_add_peer(&rig, "siteB", 2, "10.0.2.0/24");
	CU_ASSERT_FATAL(rig_start(&rig, 64));
	rig_settle(&rig);
}

static void end(void)
{
	rig_close(&rig);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}

/* ---- the instance ---- */

static void test_files(void)
{
	mode_t before = umask(0);

	begin();
	const struct instance *i = &rig.control->instance;
	CU_ASSERT_EQUAL(mode_of(rig.run_dir), 0755);
	CU_ASSERT_EQUAL(mode_of(i->directory), 0700);
	CU_ASSERT_EQUAL(mode_of(i->control_socket), 0600);
	CU_ASSERT_EQUAL(mode_of(rig.uapi_dir), 0755);
	CU_ASSERT_EQUAL(mode_of(i->uapi_socket), 0600);
	struct instance copy = *i;
	end();
	umask(before);
	CU_ASSERT_EQUAL(mode_of(copy.directory), 0);
	CU_ASSERT_EQUAL(mode_of(copy.uapi_socket), 0);
}

static void test_name_taken(void)
{
	char error[512], pid[32];
	int status = 0;

	begin();
	snprintf(pid, sizeof(pid), "(pid %d)", (int)getpid());
	CU_ASSERT_PTR_NULL(control_create(&rig.config, error, &status));
	CU_ASSERT_EQUAL(status, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "instance 'siteA' is already running"));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, pid));
	/* the first one has not suffered */
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_ask(&rig, true, "get=1\n\n"), "errno=0\n\n"));
	/* another name is fine */
	snprintf(rig.file.name, sizeof(rig.file.name), "siteB");
	struct control *other = control_create(&rig.config, error, &status);
	CU_ASSERT_PTR_NOT_NULL(other);
	control_destroy(other);
	end();
}

static void test_names(void)
{
	static const char *const wrong[] = {"", ".", "..", ".hidden", "a/b", "a b", "a\nb"};
	char error[512];
	int status;

	rig_open(&rig);
	CU_ASSERT_FATAL(rig_start(&rig, 64));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(rig.file.name, sizeof(rig.file.name), "%s", wrong[i]);
		CU_ASSERT_PTR_NULL(control_create(&rig.config, error, &status));
		CU_ASSERT_EQUAL(status, 2);
	}
	end();
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 1) != 0)
		abort();
	return fd;
}

/* A dead daemon's sockets are replaced; a living program's are not. */
static void test_stale(void)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];

	rig_open(&rig);
	snprintf(path, sizeof(path), "%s/siteA.sock", rig.uapi_dir);
	mkdir(rig.uapi_dir, 0755);
	int fd = listen_at(path);
	CU_ASSERT_FALSE(rig_start(&rig, 64));
	CU_ASSERT_EQUAL(rig.status, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.error, "served by another program"));
	CU_ASSERT_EQUAL(access(path, F_OK), 0);
	close(fd); /* the file stays */
	CU_ASSERT(rig_start(&rig, 64));
	rig_settle(&rig);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_ask(&rig, true, "get=1\n\n"), "errno=0\n\n"));
	end();
}

/* ---- clients ---- */

/* wg(8) connects and closes to see whether somebody is there. */
static void test_probe(void)
{
	begin();
	for (unsigned i = 0; i < 40; i++) {
		int fd = rig_connect(&rig, true);
		CU_ASSERT_FATAL(fd >= 0);
		close(fd);
	}
	rig_settle(&rig);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig.control->uapi.client_count, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_ask(&rig, true, "get=1\n\n"), "errno=0\n\n"));
	end();
}

/* More clients than places: the rest waits, and gets in when the silent ones are sent away. */
static void test_crowd(void)
{
	int fds[SERVER_CLIENTS];

	begin();
	for (unsigned i = 0; i < SERVER_CLIENTS; i++)
		fds[i] = rig_connect(&rig, true);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig.control->uapi.client_count, SERVER_CLIENTS);
	int late = rig_connect(&rig, true);
	CU_ASSERT_FATAL(late >= 0);
	CU_ASSERT(rig_write(late, "get=1\n\n"));
	rig_settle(&rig);
	CU_ASSERT_STRING_EQUAL(rig_read(late), "");
	CU_ASSERT_PTR_NOT_NULL(
		strstr(rig_ask(&rig, false, "verb=version\n\n"), "errno=0")); /* own socket */
	rig.late_ns = 11 * CLOCK_SECOND;
	rig_round(&rig);
	rig.late_ns = 0;
	rig_settle(&rig);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_read(late), "errno=0\n\n"));
	char byte;
	for (unsigned i = 0; i < SERVER_CLIENTS; i++) {
		CU_ASSERT_EQUAL(read(fds[i], &byte, 1), 0); /* closed */
		close(fds[i]);
	}
	close(late);
	end();
}

/* No descriptors left: callers wait, and the loop does not spin on them. */
static void test_no_descriptors(void)
{
	struct rlimit before, none;

	begin();
	int fd = rig_connect(&rig, true);
	CU_ASSERT_FATAL(fd >= 0 && rig_write(fd, "get=1\n\n"));
	getrlimit(RLIMIT_NOFILE, &before);
	none = before;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	rig_round(&rig);
	setrlimit(RLIMIT_NOFILE, &before);
	CU_ASSERT_EQUAL(rig.control->uapi.watch.events, 0);
	rig_settle(&rig);
	CU_ASSERT_STRING_EQUAL(rig_read(fd), "");
	rig.late_ns = 2 * CLOCK_SECOND;
	rig_settle(&rig);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_read(fd), "errno=0\n\n"));
	close(fd);
	end();
}

static void test_byte_by_byte(void)
{
	static const char text[] = "set=1\nlisten_port=77\n\nget=1\n\n";

	begin();
	int fd = rig_connect(&rig, true);
	for (unsigned i = 0; i < sizeof(text) - 1; i++) {
		CU_ASSERT_EQUAL(write(fd, text + i, 1), 1);
		rig_settle(&rig);
	}
	CU_ASSERT_EQUAL(strncmp(rig_read(fd), "errno=0\n\nlisten_port=77\n", 24), 0);
	close(fd);
	end();
}

/* Several requests in one write: answered one after the other, also after an error. */
static void test_pipelined(void)
{
	begin();
	int fd = rig_connect(&rig, true);
	CU_ASSERT(rig_write(
		fd, "set=1\nlisten_port=5\n\nset=1\nwrong\nmore=1\n\nget=1\n\nget=7\n\n"));
	rig_settle(&rig);
	const char *answer = rig_read(fd);
	CU_ASSERT_EQUAL(strncmp(answer, "errno=0\n\nerrno=-22\n\nlisten_port=5\n", 34), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, "allowed_ip=10.0.2.0/24\nerrno=0\n\nerrno=22\n\n"));
	close(fd);
	end();
}

/* The other side has said all and closed its half: it is answered, and let go after. */
static void test_half_closed(void)
{
	begin();
	int fd = rig_connect(&rig, true);
	CU_ASSERT(rig_write(fd, "get=1\n\n"));
	shutdown(fd, SHUT_WR);
	rig_settle(&rig);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_read(fd), "errno=0\n\n"));
	CU_ASSERT_EQUAL(rig.control->uapi.client_count, 0);
	close(fd);
	end();
}

static void test_unfinished(void)
{
	begin();
	int fd = rig_connect(&rig, true);
	CU_ASSERT(rig_write(fd, "set=1\nlisten_port=5\n"));
	rig_settle(&rig);
	close(fd);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig.control->listen_port, 51820);
	CU_ASSERT_EQUAL(rig.control->uapi.client_count, 0);
	end();
}

/* An answer larger than the socket takes, to a slow reader; 300 peers. */
static void test_slow_reader(void)
{
	static char all[1 << 20];
	size_t length = 0;

	rig_open(&rig);
	for (unsigned i = 0; i < 300; i++) {
		struct config_peer *peer = rig_add_peer(&rig, "", 0, NULL);
		memcpy(peer->public_key, &i, sizeof(i));
		peer->public_key[31] = 1;
	}
	CU_ASSERT_FATAL(rig_start(&rig, 1024));
	rig_settle(&rig);
	int fd = rig_connect(&rig, true);
	int size = 2048;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	rig_round(&rig);
	size = 4096;
	setsockopt(
		rig.control->uapi.clients[0].watch.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	CU_ASSERT(rig_write(fd, "get=1\n\n"));
	for (unsigned i = 0;
		i < 10000 && !(length > 9 && !memcmp(all + length - 9, "errno=0\n\n", 9)); i++) {
		rig_round(&rig);
		CU_ASSERT_FATAL(
			rig.control->uapi.clients[0].out.length < 65536); /* made as it is read */
		ssize_t got = read(fd, all + length, 1000);
		length += got > 0 ? (size_t)got : 0;
	}
	unsigned peers = 0;
	for (const char *at = all; (at = strstr(at, "public_key=")); at++)
		peers++;
	CU_ASSERT_EQUAL(peers, 300);
	close(fd);
	end();
}

static void test_secrets(void)
{
	char text[256];

	begin();
	snprintf(text, sizeof(text), "set=1\npublic_key=%s\npreshared_key=%s\n\n", rig_hex(2),
		rig_hex(0x99));
	CU_ASSERT_STRING_EQUAL(rig_ask(&rig, true, text), "errno=0\n\n");
	const char *answer = rig_ask(&rig, true, "get=1\n\n");
	CU_ASSERT_PTR_NULL(strstr(answer, "private_key"));
	CU_ASSERT_PTR_NULL(strstr(answer, "preshared_key"));
	answer = rig_ask(&rig, false, "verb=show\n\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, "\npreshared_key=present\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, "\npeer_name=siteB\n"));
	CU_ASSERT_PTR_NULL(strstr(answer, rig_hex(0x99)));
	end();

	rig_open(&rig);
	rig.file.uapi_secrets = true;
	struct config_peer *peer = rig_add_peer(&rig, "", 2, NULL);
	memset(peer->preshared_key, 0x99, sizeof(peer->preshared_key));
	peer->has_preshared_key = true;
	CU_ASSERT_FATAL(rig_start(&rig, 64));
	rig_settle(&rig);
	answer = rig_ask(&rig, true, "get=1\n\n");
	CU_ASSERT_EQUAL(strncmp(answer, "private_key=", 12), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, rig_hex(0x99)));
	end();
}

static void test_control_socket(void)
{
	begin();
	const char *answer = rig_ask(&rig, false, "verb=status\n\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, "\nready=yes\n"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(answer, "\npeers=1\npeers_up=0\nattack=no\nattacks=0\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, "\ndomain=black\nsilent_ms=0\ndomain=red\n"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(rig_ask(&rig, false, "verb=stats\n\n"), "\ncrypt.sealed_packets=0\n"));
	answer = rig_ask(&rig, false, "verb=zeroize\n\n");
	CU_ASSERT_EQUAL(strncmp(answer, "error=unknown verb", 18), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, "\nerrno=22\n\n"));
	end();
}

/* ---- the service manager ---- */

static void notified(const char *name, bool abstract)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char text[64], path[110];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path + abstract, name, strlen(name));
	socklen_t length =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + abstract + strlen(name));
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&address, length), 0);
	snprintf(path, sizeof(path), "%s%s", abstract ? "@" : "", name);
	setenv("NOTIFY_SOCKET", path, 1);
	instance_notify("READY=1");
	unsetenv("NOTIFY_SOCKET");
	instance_notify("STOPPING=1"); /* to nobody */
	CU_ASSERT_EQUAL(recv(fd, text, sizeof(text), 0), 7);
	CU_ASSERT_EQUAL(memcmp(text, "READY=1", 7), 0);
	CU_ASSERT_EQUAL(recv(fd, text, sizeof(text), 0), -1);
	close(fd);
}

static void test_notify(void)
{
	char path[64], name[64];

	snprintf(path, sizeof(path), "/tmp/unit-ctl-%d.sock", (int)getpid());
	notified(path, false);
	unlink(path);
	snprintf(name, sizeof(name), "unit-ctl-%d", (int)getpid());
	notified(name, true);
	setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
	instance_notify("READY=1"); /* nobody there: no harm */
	unsetenv("NOTIFY_SOCKET");
}

/* ---- the loop itself ---- */

static void test_run(void)
{
	rig_open(&rig);
	CU_ASSERT_FATAL(rig_start(&rig, 64));
	control_stop(rig.control);
	CU_ASSERT_EQUAL(control_run(rig.control), 0);
	end();

	rig_open(&rig);
	CU_ASSERT_FATAL(rig_start(&rig, 64));
	raise(SIGHUP); /* logged, no more */
	raise(SIGTERM);
	CU_ASSERT_EQUAL(control_run(rig.control), 0);
	end();
}

static const struct unit_test tests[] = {
	{"U: folders and sockets have the right modes, whatever the umask, and go at the end",
		test_files},
	{"a name belongs to one instance", test_name_taken},
	{"names that are no file names", test_names},
	{"U: a dead daemon's socket is replaced, a living one's is not", test_stale},
	{"U: wg's probe: connect and close", test_probe},
	{"U: more clients than places", test_crowd},
	{"U: no descriptors left", test_no_descriptors},
	{"U: a request byte by byte", test_byte_by_byte},
	{"U: requests one after the other on a connection", test_pipelined},
	{"U: a client that has closed its half", test_half_closed},
	{"U: a request without its end changes nothing", test_unfinished},
	{"U: a slow reader of a long answer", test_slow_reader},
	{"U: secrets are shown only where the configuration says so", test_secrets},
	{"the control socket's verbs", test_control_socket},
	{"the word to the service manager, by path and by abstract name", test_notify},
	{"the loop ends on SIGTERM and on control_stop(), not on SIGHUP", test_run},
	{NULL, NULL},
};

const struct unit_suite suite_server = {"server", tests};
