/* SPDX-License-Identifier: BSD-3-Clause */
/* Endpoints by name: when they are asked for, whose answers are believed, which address is tried. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control_rig.h"
#include "ctl/names.h"
#include "suites.h"
#include "util/clock.h"

static struct names names;
static uint64_t now_ns;

static void begin(void)
{
	CU_ASSERT_EQUAL_FATAL(names_open(&names, 8, NAMES_IPV4), 0);
	now_ns = 1000 * CLOCK_SECOND;
}

static void end(void)
{
	names_close(&names);
}

static struct resolver_answer answer_of(uint32_t id, const char *const *texts)
{
	struct resolver_answer a;

	memset(&a, 0, sizeof(a));
	a.id = id;
	for (; *texts; texts++)
		addr_parse(&a.addresses[a.count++], *texts);
	return a;
}

/* Asks for what is due, and answers so; the peer asked for. */
static uint32_t resolve(const char *const *texts)
{
	struct resolver_request request;
	uint32_t slot;

	if (!names_ask(&names, now_ns, &request))
		return NAMES_NOBODY;
	struct resolver_answer a = answer_of(request.id, texts);
	names_answer(&names, now_ns, &a, sizeof(a), &slot);
	return slot;
}

static const char *turned(uint32_t *slot)
{
	static char text[ADDR_TEXT_MAX];
	struct endpoint endpoint;

	*slot = NAMES_NOBODY;
	return names_turn(&names, slot, &endpoint) ? endpoint_format(&endpoint, text) : "";
}

#define RESOLVE(...) resolve((const char *const[]){__VA_ARGS__, NULL})

static void test_text(void)
{
	static const char *const good[] = {"a:1", "vpn.example.org:51820", "xn--bcher-kva.example.:9",
		"my_host-1.lan:65535", "1a:1"};
	static const char *const bad[] = {"", "a", "a:", ":1", "a:0", "a:65536", "a:1x", "a b:1", "a..b:1",
		".a:1", "192.0.2.1:1", "[::1]:1", "a:b:1", "-a:1", "a%s:1", "a/b:1", "a\n:1"};
	char text[320];
	uint16_t port;
	size_t length;

	for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CU_ASSERT(names_parse(good[i], NULL, NULL));
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_FALSE(names_parse(bad[i], NULL, NULL));
	CU_ASSERT(names_parse("vpn.example.org:51820", &port, &length));
	CU_ASSERT_EQUAL(port, 51820);
	CU_ASSERT_EQUAL(length, 15);
	for (unsigned label = 63; label <= 64; label++) {
		snprintf(text, sizeof(text), "%0*d", (int)label, 0);
		text[0] = 'a';
		strcat(text, ".org:1");
		CU_ASSERT_EQUAL(names_parse(text, NULL, NULL), label == 63);
	}
	for (unsigned total = 253; total <= 254; total++) { /* with its port behind */
		memset(text, 'a', total);
		for (unsigned i = 50; i < total; i += 51)
			text[i] = '.';
		snprintf(text + total, 8, ":1");
		CU_ASSERT_EQUAL(names_parse(text, NULL, NULL), total == 253);
	}
}

static void test_first(void)
{
	struct resolver_request request;
	uint32_t slot;

	begin();
	CU_ASSERT_EQUAL(names_deadline(&names), UINT64_MAX);
	CU_ASSERT_EQUAL(names_set(&names, 3, "192.0.2.1:1", now_ns), -EINVAL);
	CU_ASSERT_EQUAL(names_set(&names, 8, "b:1", now_ns), -EINVAL);
	CU_ASSERT_EQUAL_FATAL(names_set(&names, 3, "b.example.org:51820", now_ns), 0);
	CU_ASSERT_STRING_EQUAL(names_text(&names, 3), "b.example.org:51820");
	CU_ASSERT_PTR_NULL(names_text(&names, 2));
	CU_ASSERT(names_deadline(&names) <= now_ns);
	CU_ASSERT(names_ask(&names, now_ns, &request));
	CU_ASSERT_STRING_EQUAL(request.host, "b.example.org");
	CU_ASSERT_FALSE(names_ask(&names, now_ns, &request)); /* one at a time */
	struct resolver_answer a =
		answer_of(request.id, (const char *const[]){"192.0.2.1", NULL});
	CU_ASSERT_EQUAL(names_answer(&names, now_ns, &a, sizeof(a), &slot), 0);
	CU_ASSERT_EQUAL(slot, 3);
	CU_ASSERT_STRING_EQUAL(turned(&slot), "192.0.2.1:51820");
	CU_ASSERT_EQUAL(slot, 3);
	CU_ASSERT_STRING_EQUAL(turned(&slot), ""); /* told once */
	CU_ASSERT_EQUAL(names_deadline(&names), UINT64_MAX);
	CU_ASSERT_FALSE(names_ask(&names, now_ns + 3600 * CLOCK_SECOND, &request));
	end();
}

/* Whoever holds the other end of the socket pair gets nothing done with what is no answer. */
static void test_distrust(void)
{
	static const char *const unfit[] = {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1",
		"255.255.255.255", "2001:db8::1", NULL};
	struct resolver_request request;
	struct resolver_answer a = answer_of(0, (const char *const[]){"192.0.2.1", NULL}), bad;
	uint32_t slot;

	begin();
	CU_ASSERT_EQUAL(names_answer(&names, now_ns, &a, sizeof(a), &slot), -EPROTO); /* unasked */
	names_set(&names, 0, "b.example.org:1", now_ns);
	names_ask(&names, now_ns, &request);
	a.id = request.id;
	CU_ASSERT_EQUAL(names_answer(&names, now_ns, &a, sizeof(a) - 1, &slot), -EPROTO);
	CU_ASSERT_EQUAL(names_answer(&names, now_ns, &a, sizeof(a) + 1, &slot), -EPROTO);
	CU_ASSERT_EQUAL(names_answer(&names, now_ns, &a, 0, &slot), -EPROTO);
	bad = a;
	bad.id++;
	CU_ASSERT_EQUAL(names_answer(&names, now_ns, &bad, sizeof(bad), &slot), -EPROTO);
	bad = a;
	bad.count = RESOLVER_ADDRESSES + 1;
	CU_ASSERT_EQUAL(names_answer(&names, now_ns, &bad, sizeof(bad), &slot), -EPROTO);
	bad = a;
	bad.addresses[0].family = 7;
	CU_ASSERT_EQUAL(names_answer(&names, now_ns, &bad, sizeof(bad), &slot), -ENOENT);
	CU_ASSERT_EQUAL(names_answer(&names, now_ns, &a, sizeof(a), &slot), -EPROTO); /* twice */
	CU_ASSERT_STRING_EQUAL(turned(&slot), "");
	now_ns += 5 * CLOCK_SECOND;
	CU_ASSERT_EQUAL(resolve(unfit), 0);
	CU_ASSERT_STRING_EQUAL(turned(&slot), "");
	end();
}

static void test_failures(void)
{
	static const char *const none[] = {NULL};
	uint32_t slot;
	unsigned asked = 0;

	begin();
	names_set(&names, 0, "b.example.org:1", now_ns);
	for (unsigned second = 0; second < 600; second++, now_ns += CLOCK_SECOND)
		asked += resolve(none) == 0;
	CU_ASSERT(asked >= 12 && asked <= 15); /* after 5, 10, 20, 40, 60, 60, … s */
	now_ns += 60 * CLOCK_SECOND;
	CU_ASSERT_EQUAL(RESOLVE("192.0.2.1"), 0);
	CU_ASSERT_STRING_EQUAL(turned(&slot), "192.0.2.1:1");
	/* Once an address is known, a name server that is gone takes nothing away. */
	for (unsigned i = 0; i < 3; i++)
		names_attempt(&names, 0, now_ns);
	CU_ASSERT_EQUAL(resolve(none), 0);
	CU_ASSERT_STRING_EQUAL(turned(&slot), "");
	CU_ASSERT_EQUAL(names_deadline(&names), UINT64_MAX);
	end();
}

/* Each failure takes longer than the longest pause, for three of them together. */
static void test_slow_names(void)
{
	static const char *const none[] = {NULL};
	struct resolver_request request;
	unsigned asked[4] = {0};
	uint32_t slot;

	begin();
	for (uint32_t i = 0; i < 4; i++)
		names_set(&names, i, "b.example.org:1", now_ns);
	for (unsigned i = 0; i < 40; i++) {
		if (!names_ask(&names, now_ns, &request)) {
			now_ns = names_deadline(&names);
			continue;
		}
		now_ns += 25 * CLOCK_SECOND;
		struct resolver_answer a = answer_of(request.id, none);
		CU_ASSERT_EQUAL(names_answer(&names, now_ns, &a, sizeof(a), &slot), -ENOENT);
		CU_ASSERT_FATAL(slot < 4);
		asked[slot]++;
	}
	for (unsigned i = 0; i < 4; i++)
		CU_ASSERT(asked[i] >= 9);
	end();
}

static void test_lost_answer(void)
{
	struct resolver_request first, second;
	uint32_t slot;

	begin();
	names_set(&names, 0, "b.example.org:1", now_ns);
	names_set(&names, 1, "c.example.org:1", now_ns);
	CU_ASSERT(names_ask(&names, now_ns, &first));
	CU_ASSERT_EQUAL(names_deadline(&names), now_ns + 120 * CLOCK_SECOND);
	now_ns += 120 * CLOCK_SECOND;
	CU_ASSERT(names_ask(&names, now_ns, &second));
	CU_ASSERT_STRING_EQUAL(second.host, "c.example.org");
	struct resolver_answer a = answer_of(first.id, (const char *const[]){"192.0.2.1", NULL});
	now_ns += 100 * CLOCK_SECOND;
	CU_ASSERT_EQUAL(names_answer(&names, now_ns, &a, sizeof(a), &slot), -ESTALE);
	CU_ASSERT_EQUAL(slot, NAMES_NOBODY);
	CU_ASSERT_EQUAL(names_answer(&names, now_ns, &a, sizeof(a), &slot), -EPROTO); /* once */
	/* The resolver begins with the second now, */
	CU_ASSERT_EQUAL(names_deadline(&names), now_ns + 120 * CLOCK_SECOND);
	/* and the first is not forgotten */
	a = answer_of(second.id, (const char *const[]){"192.0.2.2", NULL});
	CU_ASSERT_EQUAL(names_answer(&names, now_ns, &a, sizeof(a), &slot), 0);
	now_ns = names_deadline(&names);
	CU_ASSERT_FATAL(names_ask(&names, now_ns, &first));
	CU_ASSERT_STRING_EQUAL(first.host, "b.example.org");
	/* One that comes when nothing is waited for any more. */
	now_ns += 120 * CLOCK_SECOND;
	names_clear(&names, 1);
	CU_ASSERT_FALSE(names_ask(&names, now_ns, &second));
	a = answer_of(first.id, (const char *const[]){"192.0.2.1", NULL});
	CU_ASSERT_EQUAL(names_answer(&names, now_ns, &a, sizeof(a), &slot), -ESTALE);
	CU_ASSERT_EQUAL(names_answer(&names, now_ns, &a, sizeof(a), &slot), -EPROTO);
	CU_ASSERT_STRING_EQUAL(turned(&slot), "");
	end();
}

static void test_changed_meanwhile(void)
{
	struct resolver_request request;
	uint32_t slot;

	begin();
	names_set(&names, 0, "b.example.org:1", now_ns);
	names_ask(&names, now_ns, &request);
	names_set(&names, 0, "c.example.org:2", now_ns); /* another name, before the answer came */
	struct resolver_answer a = answer_of(request.id, (const char *const[]){"192.0.2.1", NULL});
	CU_ASSERT_EQUAL(names_answer(&names, now_ns, &a, sizeof(a), &slot), 0);
	CU_ASSERT_EQUAL(slot, NAMES_NOBODY);
	CU_ASSERT_STRING_EQUAL(turned(&slot), "");
	CU_ASSERT_EQUAL(RESOLVE("192.0.2.2"), 0);
	names_clear(&names, 0); /* before it was turned to */
	CU_ASSERT_STRING_EQUAL(turned(&slot), "");
	CU_ASSERT_EQUAL(names_deadline(&names), UINT64_MAX);
	end();
}

static void test_attempts(void)
{
	uint32_t slot;

	begin();
	names_set(&names, 0, "b.example.org:1", now_ns);
	CU_ASSERT_EQUAL(RESOLVE("192.0.2.1"), 0);
	turned(&slot);
	names_attempt(&names, 0, now_ns);
	CU_ASSERT_EQUAL(names_deadline(&names), UINT64_MAX); /* it may yet be answered */
	names_attempt(&names, 0, now_ns);
	CU_ASSERT_EQUAL(names_deadline(&names), UINT64_MAX);
	names_attempt(&names, 0, now_ns); /* two were not */
	CU_ASSERT_EQUAL(RESOLVE("192.0.2.1"), 0);
	CU_ASSERT_STRING_EQUAL(turned(&slot), ""); /* nothing new */
	names_attempt(&names, 0, now_ns);
	names_attempt(&names, 0, now_ns);
	CU_ASSERT_EQUAL(RESOLVE("192.0.2.9"), 0);
	CU_ASSERT_STRING_EQUAL(turned(&slot), "192.0.2.9:1");
	names_up(&names, 0);
	names_attempt(&names, 0, now_ns);
	names_attempt(&names, 0, now_ns);
	CU_ASSERT_EQUAL(names_deadline(&names), UINT64_MAX);
	names_gave_up(&names, 0, now_ns);
	CU_ASSERT_EQUAL(RESOLVE("192.0.2.7"), 0);
	CU_ASSERT_STRING_EQUAL(turned(&slot), "192.0.2.7:1");
	end();
}

/* A peer that answers is left alone, wherever it has moved. */
static void test_up_meanwhile(void)
{
	struct resolver_request request;
	uint32_t slot;

	begin();
	names_set(&names, 0, "b.example.org:1", now_ns);
	CU_ASSERT_EQUAL(RESOLVE("192.0.2.1"), 0);
	turned(&slot);
	for (unsigned i = 0; i < 3; i++)
		names_attempt(&names, 0, now_ns);
	CU_ASSERT(names_ask(&names, now_ns, &request));
	names_up(&names, 0);
	struct resolver_answer a = answer_of(request.id, (const char *const[]){"192.0.2.2", NULL});
	CU_ASSERT_EQUAL(names_answer(&names, now_ns, &a, sizeof(a), &slot), 0);
	CU_ASSERT_STRING_EQUAL(turned(&slot), "");
	end();
}

/* It called us, from wherever it is, before its name was known: what we hear of the name can wait. */
static void test_up_before_found(void)
{
	static const char *const none[] = {NULL};
	uint32_t slot;

	begin();
	names_set(&names, 0, "b.example.org:1", now_ns);
	CU_ASSERT_EQUAL(resolve(none), 0);
	names_up(&names, 0);
	now_ns += 5 * CLOCK_SECOND;
	CU_ASSERT_EQUAL(RESOLVE("192.0.2.1"), 0);
	CU_ASSERT_STRING_EQUAL(turned(&slot), "");
	names_attempt(&names, 0, now_ns);
	CU_ASSERT_STRING_EQUAL(turned(&slot), ""); /* it may yet be answered */
	names_up(&names, 0);
	names_attempt(&names, 0, now_ns);
	CU_ASSERT_STRING_EQUAL(turned(&slot), "");
	names_attempt(&names, 0, now_ns); /* it was not */
	CU_ASSERT_STRING_EQUAL(turned(&slot), "192.0.2.1:1");
	names_attempt(&names, 0, now_ns);
	CU_ASSERT_STRING_EQUAL(turned(&slot), ""); /* it is there already */
	end();
}

static void test_in_turn(void)
{
	static const char *const expected[] = {"192.0.2.2:1", "192.0.2.3:1", "192.0.2.1:1", "192.0.2.2:1"};
	uint32_t slot;

	begin();
	names_set(&names, 0, "b.example.org:1", now_ns);
	CU_ASSERT_EQUAL(RESOLVE("192.0.2.1", "127.0.0.1", "192.0.2.2", "192.0.2.2", "192.0.2.3"), 0);
	CU_ASSERT_STRING_EQUAL(turned(&slot), "192.0.2.1:1");
	names_attempt(&names, 0, now_ns);
	CU_ASSERT_STRING_EQUAL(turned(&slot), "");
	for (unsigned i = 0; i < 4; i++) {
		names_attempt(&names, 0, now_ns);
		CU_ASSERT_STRING_EQUAL(turned(&slot), expected[i]);
		/* the same ones in another order: the round goes on */
		RESOLVE("192.0.2.3", "192.0.2.1", "192.0.2.2");
		CU_ASSERT_STRING_EQUAL(turned(&slot), "");
	}
	end();
}

/* ---- control, with a resolver that the test plays ---- */

static void give_answer(struct rig *r, int fd, const char *const *texts, char host[static 256])
{
	struct resolver_request request;

	memset(&request, 0, sizeof(request));
	for (unsigned i = 0; i < 10 && recv(fd, &request, sizeof(request), MSG_DONTWAIT) <= 0; i++)
		rig_round(r);
	snprintf(host, 256, "%s", request.host);
	struct resolver_answer a = answer_of(request.id, texts);
	CU_ASSERT_EQUAL(send(fd, &a, sizeof(a), 0), (ssize_t)sizeof(a));
	rig_settle(r);
}

/* A control whose only peer has a name for its endpoint; the resolver is played at fds[1]. */
static void open_named(struct rig *r, struct resolver *resolver, int fds[static 2])
{
	static char name[] = "b.example.org:51820";

	rig_open(r);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
	resolver->fd = fds[0];
	r->config.resolver = resolver;
	r->file.black.address_count = 1;
	prefix_parse(&r->file.black.addresses[0], "192.0.2.100/24");
	rig_add_peer(r, "b", 2, "10.0.2.0/24")->endpoint_name = name;
	CU_ASSERT_FATAL(rig_start(r, 64));
	rig_settle(r);
}

static void test_control(void)
{
	static struct rig r;
	struct resolver resolver;
	char host[256];
	int fds[2];

	open_named(&r, &resolver, fds);
	CU_ASSERT_PTR_NULL(strstr(rig_ask(&r, false, "verb=show\n\n"), "\nendpoint="));
	give_answer(&r, fds[1], (const char *const[]){"192.0.2.2", NULL}, host);
	CU_ASSERT_STRING_EQUAL(host, "b.example.org");
	const char *shown = rig_ask(&r, false, "verb=show\n\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(shown, "\nendpoint=192.0.2.2:51820\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(shown, "\nendpoint_name=b.example.org:51820\n"));
	CU_ASSERT(r.black_count > 0 && r.black[r.black_count - 1].kind == BLACK_ENDPOINT);

	/* An address from wg takes its place. */
	char set[256];
	snprintf(set, sizeof(set), "set=1\npublic_key=%s\nendpoint=192.0.2.9:7\n\n", rig_hex(2));
	CU_ASSERT_STRING_EQUAL(rig_ask(&r, true, set), "errno=0\n\n");
	shown = rig_ask(&r, false, "verb=show\n\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(shown, "\nendpoint=192.0.2.9:7\n"));
	CU_ASSERT_PTR_NULL(strstr(shown, "\nendpoint_name="));

	/* The resolver ends: control goes on. */
	close(fds[1]);
	rig_settle(&r);
	CU_ASSERT_EQUAL(r.control->resolver_watch.fd, -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_ask(&r, false, "verb=show\n\n"), "errno=0"));
	rig_close(&r);
	close(fds[0]);
}

/* One that is busy for so long that its socket is full has not ended. */
static void test_control_busy(void)
{
	static struct rig r;
	struct resolver resolver;
	struct resolver_request request = {0};
	char host[256];
	int fds[2], filler;

	open_named(&r, &resolver, fds);
	give_answer(&r, fds[1], (const char *const[]){NULL}, host);
	filler = fds[0];
	while (send(filler, &request, sizeof(request), MSG_DONTWAIT) > 0)
		;
	CU_ASSERT_EQUAL(errno, EAGAIN);
	r.late_ns += 10 * CLOCK_SECOND; /* it is asked for again */
	rig_settle(&r);
	CU_ASSERT_EQUAL(r.control->resolver_watch.fd, fds[0]);
	while (recv(fds[1], &request, sizeof(request), MSG_DONTWAIT) > 0)
		;
	r.late_ns += 120 * CLOCK_SECOND; /* then that one is given up, */
	rig_settle(&r);
	r.late_ns += 60 * CLOCK_SECOND; /* and asked for again */
	give_answer(&r, fds[1], (const char *const[]){"192.0.2.2", NULL}, host);
	CU_ASSERT_STRING_EQUAL(host, "b.example.org");
	rig_close(&r);
	close(fds[0]);
	close(fds[1]);
}

/* Initiations that black was told to send since rig_forget(), and where the last one went. */
static unsigned initiations(const struct rig *r, char to[static ADDR_TEXT_MAX])
{
	unsigned count = 0;

	for (unsigned i = 0; i < r->black_count; i++) {
		if (r->black[i].kind != BLACK_SEND || r->black[i].data[0] != 1)
			continue;
		endpoint_format(&r->black[i].remote, to);
		count++;
	}
	return count;
}

/* The next attempt: when it comes, after 5 s and at most 333 ms, and where it goes. */
static const char *next_attempt(struct rig *r)
{
	static char to[ADDR_TEXT_MAX];

	rig_forget(r);
	strcpy(to, "none");
	r->late_ns += 4900 * CLOCK_MS;
	rig_settle(r);
	CU_ASSERT_EQUAL(initiations(r, to), 0);
	r->late_ns += 500 * CLOCK_MS;
	rig_settle(r);
	CU_ASSERT_EQUAL(initiations(r, to), 1);
	return to;
}

/* What the lab has to wait for, by the virtual clock: each attempt is counted, and the third asks. */
static void test_control_fails(void)
{
	static struct rig r;
	struct resolver resolver;
	char host[256], to[ADDR_TEXT_MAX];
	int fds[2];

	open_named(&r, &resolver, fds);
	give_answer(&r, fds[1], (const char *const[]){"192.0.2.2", NULL}, host);
	rig_forget(&r);
	rig_event(&r, rig_slot(&r, 2), PEER_NEEDS_SESSION, 0);
	rig_settle(&r);
	CU_ASSERT_EQUAL(initiations(&r, to), 1);
	CU_ASSERT_STRING_EQUAL(to, "192.0.2.2:51820");
	CU_ASSERT_STRING_EQUAL(next_attempt(&r), "192.0.2.2:51820");
	CU_ASSERT_EQUAL(recv(fds[1], host, sizeof(host), MSG_DONTWAIT), -1); /* nothing is asked yet */
	CU_ASSERT_STRING_EQUAL(next_attempt(&r), "192.0.2.2:51820");
	give_answer(&r, fds[1], (const char *const[]){"192.0.2.8", "192.0.2.9", NULL}, host);
	CU_ASSERT_STRING_EQUAL(host, "b.example.org");
	static const char *const turns[] = {"192.0.2.8:51820", "192.0.2.9:51820"};
	for (unsigned i = 0; i < 14; i++) { /* until they are given up, each in its turn */
		CU_ASSERT_STRING_EQUAL(next_attempt(&r), turns[i % 2]);
		if (i % 2)
			give_answer(&r, fds[1],
				(const char *const[]){"192.0.2.9", "192.0.2.8", NULL}, host);
	}
	r.late_ns += 20 * CLOCK_SECOND;
	rig_forget(&r);
	rig_settle(&r);
	CU_ASSERT_EQUAL(initiations(&r, to), 0);
	give_answer(&r, fds[1], (const char *const[]){"192.0.2.7", NULL}, host); /* A34 */
	rig_event(&r, rig_slot(&r, 2), PEER_NEEDS_SESSION, 0);
	rig_settle(&r);
	CU_ASSERT_EQUAL(initiations(&r, to), 1);
	CU_ASSERT_STRING_EQUAL(to, "192.0.2.7:51820");
	rig_close(&r);
	close(fds[0]);
	close(fds[1]);
}

/* ---- the process ---- */

static bool ask(int fd, uint32_t id, const char *host, struct resolver_answer *answer)
{
	struct resolver_request request = {.id = id};
	struct pollfd ready = {.fd = fd, .events = POLLIN};

	snprintf(request.host, sizeof(request.host), "%s", host);
	return send(fd, &request, sizeof(request), 0) == (ssize_t)sizeof(request) &&
	       poll(&ready, 1, 30000) == 1 &&
	       recv(fd, answer, sizeof(*answer), 0) == (ssize_t)sizeof(*answer);
}

static void status_line(pid_t pid, const char *key, char *value, size_t size)
{
	char path[64], line[256];
	size_t length = strlen(key);

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *file = fopen(path, "r");
	value[0] = '\0';
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, key, length) == 0 && line[length] == ':')
			snprintf(value, size, "%.*s", (int)strcspn(line + length + 2, "\n"), line + length + 2);
	}
	if (file)
		fclose(file);
}

static void test_process(void)
{
	struct resolver resolver;
	struct resolver_answer answer;
	char value[256];

	CU_ASSERT_EQUAL_FATAL(resolver_start(&resolver), 0);
	/* A numeric host asks nobody. */
	CU_ASSERT_FATAL(ask(resolver.fd, 77, "192.0.2.7", &answer));
	CU_ASSERT_EQUAL(answer.id, 77);
	CU_ASSERT_EQUAL(answer.count, 1);
	CU_ASSERT_EQUAL(answer.addresses[0].family, 4);
	CU_ASSERT_EQUAL(memcmp(answer.addresses[0].bytes, "\xc0\0\2\7", 4), 0);
	CU_ASSERT_FATAL(ask(resolver.fd, 78, "2001:db8::5", &answer));
	CU_ASSERT_EQUAL(answer.addresses[0].family, 6);
	CU_ASSERT_EQUAL(answer.addresses[0].bytes[15], 5);
	CU_ASSERT_FATAL(ask(resolver.fd, 79, "", &answer));
	CU_ASSERT_EQUAL(answer.count, 0);
	status_line(resolver.pid, "CapEff", value, sizeof(value));
	CU_ASSERT_STRING_EQUAL(value, "0000000000000000");
	status_line(resolver.pid, "CapPrm", value, sizeof(value));
	CU_ASSERT_STRING_EQUAL(value, "0000000000000000");
	status_line(resolver.pid, "NoNewPrivs", value, sizeof(value));
	CU_ASSERT_STRING_EQUAL(value, "1");
	status_line(resolver.pid, "Seccomp", value, sizeof(value));
	CU_ASSERT_STRING_EQUAL(value, "2");
	if (geteuid() == 0) {
		status_line(resolver.pid, "Uid", value, sizeof(value));
		CU_ASSERT_STRING_EQUAL(value, "65534\t65534\t65534\t65534");
	}
	/* A request of another size is no request: it ends. */
	CU_ASSERT_EQUAL(send(resolver.fd, "x", 1, 0), 1);
	struct pollfd gone = {.fd = resolver.fd, .events = POLLIN};
	CU_ASSERT_EQUAL(poll(&gone, 1, 10000), 1);
	CU_ASSERT(gone.revents & POLLHUP);
	resolver_stop(&resolver);
	CU_ASSERT_EQUAL(resolver.fd, -1);
}

static const struct unit_test tests[] = {
	{"what is a name with a port", test_text},
	{"a name is asked for once, and its address told once", test_first},
	{"answers that nobody asked for, or that are none, change nothing", test_distrust},
	{"a name without an address is asked for again, ever more seldom", test_failures},
	{"names that fail slowly keep no other one waiting", test_slow_names},
	{"an answer that does not come holds up nobody for ever", test_lost_answer},
	{"an answer to a name that was replaced is nobody's", test_changed_meanwhile},
	{"A34: names are asked for again when handshakes fail", test_attempts},
	{"A51: a peer that answers is not turned away from where it is", test_up_meanwhile},
	{"A51: nor one that was there before its name was found", test_up_before_found},
	{"several addresses are tried in turn", test_in_turn},
	{"control asks, sets the endpoint, and outlives the resolver", test_control},
	{"a resolver that is busy for long is no dead one", test_control_busy},
	{"A34: control asks when attempts fail and when they are given up, and tries each address",
		test_control_fails},
	{"the resolver's process: answers, and has no rights", test_process},
	{NULL, NULL},
};

const struct unit_suite suite_names = {"names", tests};
