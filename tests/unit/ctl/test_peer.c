/* SPDX-License-Identifier: BSD-3-Clause */
/* What encrypterctl peer asks of the daemon. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "encrypterctl/commands.h"
#include "suites.h"

#define KEY_ONE  "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY_TWO  "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY_OWN  "AwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define HEX_REST "00000000000000000000000000000000000000000000000000000000000000"
#define HEX_ONE  "01" HEX_REST
#define HEX_TWO  "02" HEX_REST

/* One peer without a name, one with. */
static char shown[] = "name=siteA\npublic_key=" KEY_OWN "\npeer=" KEY_ONE "\npeer_name=\npeer=" KEY_TWO "\npeer_name=siteB\n";

static char *asked;

/* The words after `encrypterctl peer`, to NULL. What would be sent is in `asked`. */
static int ask(const char *word, ...)
{
	const struct reply reply = {shown, sizeof(shown) - 1};
	static char name[] = "peer";
	char *arguments[16] = {name};
	struct invocation in = {.count = 1, .arguments = arguments};
	size_t length;
	va_list words;

	va_start(words, word);
	for (const char *next = word; next && in.count < 16; next = va_arg(words, const char *))
		arguments[in.count++] = (char *)next;
	va_end(words);
	free(asked);
	FILE *out = open_memstream(&asked, &length);
	int status = peer_request(out, &in, &reply);
	fclose(out);
	return status;
}

static void test_who(void)
{
	CU_ASSERT_EQUAL(ask("remove", KEY_ONE, NULL), EXIT_DONE);
	CU_ASSERT_STRING_EQUAL(asked, "set=1\npublic_key=" HEX_ONE "\nremove=true\n\n");
	CU_ASSERT_EQUAL(ask("remove", "siteB", NULL), EXIT_DONE);
	CU_ASSERT_STRING_EQUAL(asked, "set=1\npublic_key=" HEX_TWO "\nremove=true\n\n");
	CU_ASSERT_EQUAL(ask("remove", "siteC", NULL), EXIT_FAILED);
	CU_ASSERT_EQUAL(ask("add", "siteC", NULL), EXIT_FAILED);
	CU_ASSERT_EQUAL(ask("add", KEY_ONE, NULL), EXIT_FAILED);
	CU_ASSERT_EQUAL(ask("add", KEY_OWN, NULL), EXIT_FAILED); /* A53 */
	CU_ASSERT_PTR_NULL(strstr(asked, "public_key"));
}

static void test_nobody(void)
{
	CU_ASSERT_EQUAL(ask("remove", "", NULL), EXIT_FAILED);
	CU_ASSERT_PTR_NULL(strstr(asked, "public_key"));
	CU_ASSERT_EQUAL(ask("set", "", "persistent-keepalive", "7", NULL), EXIT_FAILED);
	CU_ASSERT_PTR_NULL(strstr(asked, "public_key"));
	CU_ASSERT_EQUAL(ask("add", "", NULL), EXIT_FAILED);
}

static void test_settings(void)
{
	CU_ASSERT_EQUAL(ask("set", "siteB", "endpoint", "[2001:db8::1]:1000", "persistent-keepalive",
				"off", "allowed-ips", "10.7.0.0/16, fd00:7::/64,10.8.0.1", NULL), EXIT_DONE);
	CU_ASSERT_STRING_EQUAL(asked, "set=1\npublic_key=" HEX_TWO "\nupdate_only=true\n"
		"endpoint=[2001:db8::1]:1000\npersistent_keepalive_interval=0\n"
		"replace_allowed_ips=true\nallowed_ip=10.7.0.0/16\nallowed_ip=fd00:7::/64\n"
		"allowed_ip=10.8.0.1/32\n\n");
	CU_ASSERT_EQUAL(ask("set", "siteB", "endpoint", NULL), EXIT_USAGE);
	CU_ASSERT_EQUAL(ask("set", "siteB", "endpiont", "192.0.2.1:1", NULL), EXIT_USAGE);
}

static void test_bad_settings(void)
{
	static const char *const bad[][2] = {
		{"endpoint", "vpn.example.org:51820"},
		{"endpoint", "192.0.2.1"},
		{"endpoint", "192.0.2.1:1\nremove=true"},
		{"allowed-ips", "10.7.0.0/33"},
		{"allowed-ips", "10.7.0.0/16,nonsense"},
		{"allowed-ips", "-10.7.0.0/16"},
		{"allowed-ips", "10.0000000000000000000000000000000000000000000000000000000000000000.0.0/8"},
		{"persistent-keepalive", "65536"},
		{"persistent-keepalive", "4294967297"},
		{"persistent-keepalive", "-1"},
		{"persistent-keepalive", ""},
		{"persistent-keepalive", "1\nremove=true"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_EQUAL(ask("set", "siteB", bad[i][0], bad[i][1], NULL), EXIT_FAILED);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	fputs(text, file);
	fclose(file);
}

static void test_preshared_key(void)
{
	char folder[] = "/tmp/unit-ctl.XXXXXX", path[64];

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/psk", folder);
	write_file(path, KEY_TWO "\n");
	CU_ASSERT_EQUAL(ask("set", "siteB", "preshared-key", path, NULL), EXIT_DONE);
	CU_ASSERT_PTR_NOT_NULL(strstr(asked, "\npreshared_key=" HEX_TWO "\n"));
	write_file(path, "");
	CU_ASSERT_EQUAL(ask("set", "siteB", "preshared-key", path, NULL), EXIT_DONE);
	CU_ASSERT_PTR_NOT_NULL(strstr(asked, "\npreshared_key=00" HEX_REST "\n"));
	write_file(path, "\n");
	CU_ASSERT_EQUAL(ask("set", "siteB", "preshared-key", path, NULL), EXIT_FAILED);
	CU_ASSERT_PTR_NULL(strstr(asked, "preshared_key"));
	static const char *const bad[] = {KEY_TWO "\nx", KEY_TWO "\n\nx", KEY_TWO "\n" KEY_TWO "\n"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_file(path, bad[i]);
		CU_ASSERT_EQUAL(ask("set", "siteB", "preshared-key", path, NULL), EXIT_FAILED);
		CU_ASSERT_PTR_NULL(strstr(asked, "preshared_key"));
	}
	write_file(path, KEY_TWO " \r\n\n\n"); /* as the daemon takes it */
	CU_ASSERT_EQUAL(ask("set", "siteB", "preshared-key", path, NULL), EXIT_DONE);
	CU_ASSERT_EQUAL(ask("set", "siteB", "preshared-key", folder, NULL), EXIT_FAILED);
	CU_ASSERT_PTR_NULL(strstr(asked, "preshared_key"));
	unlink(path);
	CU_ASSERT_EQUAL(ask("set", "siteB", "preshared-key", path, NULL), EXIT_FAILED);
	rmdir(folder);
}

static void test_errors(void)
{
	CU_ASSERT_PTR_NOT_NULL(strstr(peer_error(EINVAL), "not valid"));
	CU_ASSERT_PTR_NOT_NULL(strstr(peer_error(ENOSPC), "no room for more peers or prefixes"));
	CU_ASSERT_STRING_EQUAL(peer_error(ENOMEM), strerror(ENOMEM));
	free(asked);
	asked = NULL;
}

static const struct unit_test tests[] = {
	{"a peer by its key or its name", test_who},
	{"no word is not the name of a peer without one", test_nobody},
	{"every setting as it is sent", test_settings},
	{"a setting that is not valid is not sent", test_bad_settings},
	{"a preshared key is taken away by an empty file, not by one that cannot be read", test_preshared_key},
	{"the daemon's refusal in words", test_errors},
	{NULL, NULL},
};

const struct unit_suite suite_peer = {"peer", tests};
