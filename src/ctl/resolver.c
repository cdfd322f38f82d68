/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/control.h"

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "which architecture's system calls are these?"
#endif

#define NOBODY    65534
#define FILES_MAX 32
#define X32_CALLS 0x40000000u /* a second way to the same system calls, on x86-64 */

/* ---- the process ---- */

static bool add_address(struct resolver_answer *answer, const struct addrinfo *info)
{
	struct ip_addr addr = {0};

	if (info->ai_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)info->ai_addr;
		addr.family = 4;
		memcpy(addr.bytes, &in->sin_addr, 4);
	} else if (info->ai_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)info->ai_addr;
		addr.family = 6;
		memcpy(addr.bytes, &in->sin6_addr, 16);
	} else {
		return true;
	}
	answer->addresses[answer->count++] = addr;
	return answer->count < RESOLVER_ADDRESSES;
}

static void look_up(struct resolver_answer *answer, const char *host)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_protocol = IPPROTO_UDP};
	struct addrinfo *found = NULL;

	if (getaddrinfo(host, NULL, &hints, &found) != 0)
		return;
	for (const struct addrinfo *at = found; at && add_address(answer, at); at = at->ai_next)
		;
	freeaddrinfo(found);
}

static void serve(int fd)
{
	struct resolver_request request;

	while (recv(fd, &request, sizeof(request), 0) == (ssize_t)sizeof(request)) {
		struct resolver_answer answer;
		memset(&answer, 0, sizeof(answer));
		answer.id = request.id;
		request.host[sizeof(request.host) - 1] = '\0';
		look_up(&answer, request.host);
		if (send(fd, &answer, sizeof(answer), MSG_NOSIGNAL) < 0)
			return;
	}
}

/* Nothing is open but the socket; 0 to 2 lead nowhere. */
static bool close_others(int *fd)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(*fd, 3) < 0)
		return false;
	for (int i = 0; i < 3; i++) {
		if (dup2(null, i) < 0)
			return false;
	}
	*fd = 3;
	return syscall(SYS_close_range, 4u, ~0u, 0u) == 0;
}

static bool set_limits(void)
{
	const struct rlimit none = {0, 0}, files = {FILES_MAX, FILES_MAX};

	return setrlimit(RLIMIT_CORE, &none) == 0 && setrlimit(RLIMIT_MEMLOCK, &none) == 0 &&
		setrlimit(RLIMIT_NOFILE, &files) == 0;
}

static bool drop_rights(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};

	if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
				      setresuid(NOBODY, NOBODY, NOBODY) != 0))
		return false;
	return syscall(SYS_capset, &header, none) == 0 &&
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0;
}

/*
 * The C library may do what looking up names takes, whatever that is on this machine; but no other
 * program is started, no process traced, read or signalled, nothing mounted or loaded. It may fork: the
 * child has the same walls.
 */
#define REFUSE(name)                                                                               \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1),                                     \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

static bool set_filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_CALLS, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		REFUSE(execve), REFUSE(execveat), REFUSE(ptrace), REFUSE(process_vm_readv),
		REFUSE(process_vm_writev), REFUSE(kill), REFUSE(tkill), REFUSE(tgkill),
		REFUSE(rt_sigqueueinfo), REFUSE(rt_tgsigqueueinfo), REFUSE(pidfd_open),
		REFUSE(pidfd_getfd), REFUSE(pidfd_send_signal), REFUSE(mount), REFUSE(umount2),
		REFUSE(unshare), REFUSE(setns), REFUSE(chroot), REFUSE(bpf), REFUSE(init_module),
		REFUSE(finit_module), REFUSE(keyctl), REFUSE(add_key), REFUSE(request_key),
		REFUSE(perf_event_open), REFUSE(userfaultfd), REFUSE(io_uring_setup),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

/*
 * Names are asked for one after the other, so one whose servers are silent must not take minutes: each
 * server once, for 2 s. Whoever wants it otherwise says so in this variable.
 */
static void bound_lookups(void)
{
	setenv("RES_OPTIONS", "timeout:2 attempts:1", 0);
}

/* Without its walls it does not serve: control then says that names are not resolved. */
__attribute__((noreturn)) static void be_resolver(int fd, pid_t parent)
{
	prctl(PR_SET_NAME, "encrypter-names");
	bound_lookups();
	control_block_signals(); /* Ctrl-C is the daemon's, which ends this one */
	if (close_others(&fd) && set_limits() && drop_rights() && set_filter() &&
		/* last: a change of the user would have undone it */
		prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent)
		serve(fd);
	_exit(0);
}

/* ---- who starts it ---- */

int resolver_start(struct resolver *r)
{
	pid_t parent = getpid();
	int fds[2];

	*r = (struct resolver){.fd = -1};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
		return -errno;
	pid_t pid = fork();
	if (pid == 0)
		be_resolver(fds[1], parent);
	int error = errno;
	close(fds[1]);
	if (pid < 0 || fcntl(fds[0], F_SETFL, O_NONBLOCK) != 0) {
		close(fds[0]);
		return pid < 0 ? -error : -errno;
	}
	*r = (struct resolver){.pid = pid, .fd = fds[0]};
	return 0;
}

void resolver_stop(struct resolver *r)
{
	if (r->pid <= 0)
		return;
	close(r->fd);
	kill(r->pid, SIGKILL); /* it may be waiting for a name server */
	while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*r = (struct resolver){.fd = -1};
}
