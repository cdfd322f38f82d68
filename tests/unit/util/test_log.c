/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/log.h"

/* Stderr as a datagram socket: one write(2) is one message, so lines in pieces would show. */
struct capture {
	int saved;
	int end;
	char line[4096];
	ssize_t length; /* of the last message; -1 when there was none */
};

static void capture_begin(struct capture *c)
{
	int pair[2];

	fflush(stderr);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	c->saved = dup(STDERR_FILENO);
	CU_ASSERT_FATAL(c->saved >= 0 && dup2(pair[1], STDERR_FILENO) >= 0);
	close(pair[1]);
	c->end = pair[0];
}

static bool capture_next(struct capture *c)
{
	c->length = recv(c->end, c->line, sizeof(c->line) - 1, MSG_DONTWAIT);
	c->line[c->length < 0 ? 0 : c->length] = '\0';
	return c->length >= 0;
}

static void capture_end(struct capture *c)
{
	dup2(c->saved, STDERR_FILENO);
	close(c->saved);
	close(c->end);
}

static void a_line_is_level_domain_message(void)
{
	static const char *const expected[] = {
		"error control peer lost peer=3\n",
		"warning control peer lost peer=3\n",
		"notice control peer lost peer=3\n",
		"info control peer lost peer=3\n",
		"debug control peer lost peer=3\n",
	};
	struct capture c;

	log_set_level(LOG_DEBUG);
	capture_begin(&c);
	for (int level = LOG_ERROR; level <= LOG_DEBUG; level++) {
		log_event((enum log_level)level, "control", "peer lost peer=%d", 3);
		CU_ASSERT(capture_next(&c));
		CU_ASSERT_STRING_EQUAL(c.line, expected[level]);
		CU_ASSERT_FALSE(capture_next(&c));
	}
	capture_end(&c);
	log_set_level(LOG_INFO);
}

static void levels_above_the_set_one_are_silent(void)
{
	struct capture c;

	capture_begin(&c);
	for (int set = LOG_ERROR; set <= LOG_DEBUG; set++) {
		log_set_level((enum log_level)set);
		CU_ASSERT_EQUAL(log_get_level(), (enum log_level)set);
		for (int level = LOG_ERROR; level <= LOG_DEBUG; level++) {
			log_event((enum log_level)level, "main", "x");
			CU_ASSERT_EQUAL(capture_next(&c), level <= set);
		}
	}
	capture_end(&c);
	log_set_level(LOG_INFO);
}

static void control_characters_are_replaced(void)
{
	struct capture c;

	capture_begin(&c);
	for (int byte = 1; byte < 256; byte++) {
		bool control = byte < 0x20 || byte == 0x7f;
		char expected[] = "info main name=a_b\n";
		*strchr(expected, '_') = control ? '?' : (char)byte;
		log_event(LOG_INFO, "main", "name=a%cb", byte);
		CU_ASSERT(capture_next(&c));
		CU_ASSERT_STRING_EQUAL(c.line, expected);
		CU_ASSERT_FALSE(capture_next(&c));
	}
	capture_end(&c);
}

/* What a peer may choose must not forge a line of its own, in the domain neither. */
static void no_second_line(void)
{
	struct capture c;

	capture_begin(&c);
	log_event(LOG_INFO, "ma\nin", "%s", "a\nerror main forged\r\n\x1b[2J");
	CU_ASSERT(capture_next(&c));
	CU_ASSERT_STRING_EQUAL(c.line, "info ma?in a?error main forged???[2J\n");
	CU_ASSERT_FALSE(capture_next(&c));
	capture_end(&c);
}

/* U+009B is "control sequence introducer", in two bytes; U+00E9 and U+00A0 are text. */
static void controls_in_utf8_are_replaced(void)
{
	struct capture c;

	capture_begin(&c);
	log_event(LOG_INFO, "main", "%s", "caf\xc3\xa9 \xc2\x9b" "31m \xc2\xa0");
	CU_ASSERT(capture_next(&c));
	CU_ASSERT_STRING_EQUAL(c.line, "info main caf\xc3\xa9 ??31m \xc2\xa0\n");
	capture_end(&c);
}

/* Every length around the limit: 1024 bytes with the newline, "..." when something was cut. */
static void long_lines_are_cut(void)
{
	static const size_t head = sizeof("info main ") - 1;
	char text[2048], expected[1025];
	struct capture c;

	capture_begin(&c);
	for (size_t length = 1000; length < sizeof(text); length++) {
		memset(text, 'x', length);
		text[length] = '\0';
		memcpy(expected, "info main ", head);
		memset(expected + head, 'x', sizeof(expected) - head);
		size_t whole = head + length + 1;
		size_t size = whole < 1024 ? whole : 1024;
		if (whole > 1024)
			memcpy(expected + 1020, "...", 3);
		expected[size - 1] = '\n';
		expected[size] = '\0';

		log_event(LOG_INFO, "main", "%s", text);
		CU_ASSERT_FATAL(capture_next(&c));
		CU_ASSERT_STRING_EQUAL(c.line, expected);
		CU_ASSERT_FALSE(capture_next(&c));
	}
	capture_end(&c);
}

static void a_long_domain_is_cut(void)
{
	char domain[2000];
	struct capture c;

	memset(domain, 'd', sizeof(domain) - 1);
	domain[sizeof(domain) - 1] = '\0';
	capture_begin(&c);
	log_event(LOG_INFO, domain, "message");
	CU_ASSERT(capture_next(&c));
	CU_ASSERT_EQUAL(c.length, 1024);
	CU_ASSERT_EQUAL(c.line[1023], '\n');
	capture_end(&c);
}

static void errno_is_kept(void)
{
	struct capture c;

	capture_begin(&c);
	errno = ENOTTY;
	log_event(LOG_INFO, "main", "why: %m");
	CU_ASSERT_EQUAL(errno, ENOTTY);
	CU_ASSERT(capture_next(&c));
	CU_ASSERT_PTR_NOT_NULL(strstr(c.line, strerror(ENOTTY)));
	capture_end(&c);
}

/* A log that cannot be written must not turn into an error of whoever logs. */
static void errno_is_kept_when_writing_fails(void)
{
	int saved = dup(STDERR_FILENO), unwritable = open("/dev/null", O_RDONLY);

	CU_ASSERT_FATAL(saved >= 0 && unwritable >= 0 && dup2(unwritable, STDERR_FILENO) >= 0);
	errno = ENOTTY;
	log_event(LOG_INFO, "main", "to nobody");
	CU_ASSERT_EQUAL(errno, ENOTTY);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(unwritable);
}

static const struct unit_test tests[] = {
	{"a line is level, domain, message; one write", a_line_is_level_domain_message},
	{"levels above the set one are silent", levels_above_the_set_one_are_silent},
	{"control characters are replaced", control_characters_are_replaced},
	{"no second line out of a message", no_second_line},
	{"control characters in UTF-8 are replaced", controls_in_utf8_are_replaced},
	{"long lines are cut at 1 KiB", long_lines_are_cut},
	{"a long domain is cut", a_long_domain_is_cut},
	{"errno is kept", errno_is_kept},
	{"errno is kept when writing fails", errno_is_kept_when_writing_fails},
	{NULL, NULL},
};

const struct unit_suite suite_log = {"log", tests};
