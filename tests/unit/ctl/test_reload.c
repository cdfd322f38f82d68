/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration read again: what differs is applied, what cannot change is refused with its line. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_rig.h"
#include "control_rig.h"
#include "crypto/keytext.h"
#include "ctl/config_internal.h"
#include "suites.h"

static struct rig rig;
static struct config config; /* that the daemon started with */
static char conf_path[64], key_path[64], other_path[64], error[CONFIG_ERROR_MAX];

#define NODE   "[Node]\n"
#define PEER_B "[Peer]\nName = b\nPublicKey = " KEY_B "\nEndpoint = 192.0.2.2:2\nAllowedIPs = 10.0.2.0/24\n"
#define PEER_C "[Peer]\nName = c\nPublicKey = " KEY_C "\nEndpoint = 192.0.2.3:3\nAllowedIPs = 10.0.3.0/24\n"

static void put(const char *path, const char *head, const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file || fprintf(file, "%s%s", head, text) < 0 || fclose(file) != 0 ||
		chmod(path, 0600) != 0)
		abort();
}

/*
 * A daemon that keeps nothing: one of that name may run here, and so may this test once more. That
 * takes a second line, so that what follows is one line further down than in the text.
 */
static void put_config(const char *path, const char *text)
{
	bool said = strstr(text, "\nStateDirectory") != NULL;
	size_t node = !said && strncmp(text, NODE, strlen(NODE)) == 0 ? strlen(NODE) : 0;

	put(path, node ? NODE "StateDirectory = none\n" : "", text + node);
}

/* A daemon that was started with the one file, and read the other. */
static void begin_as(const char *first, const char *text)
{
	rig_open(&rig);
	snprintf(conf_path, sizeof(conf_path), "%s/site.conf", rig.folder);
	snprintf(key_path, sizeof(key_path), "%s/key", rig.folder);
	snprintf(other_path, sizeof(other_path), "%s/other.conf", rig.folder);
	put(key_path, "", "ERERERERERERERERERERERERERERERERERERERERERE=\n");
	put_config(conf_path, first);
	if (config_load(&config, conf_path, error) != 0)
		abort();
	rig.file = config;
	CU_ASSERT_FATAL(rig_start(&rig, 256));
	rig_settle(&rig);
	put_config(conf_path, text);
	CU_ASSERT_STRING_EQUAL(rig_ask(&rig, false, "verb=reload\n\n"), "errno=0\n\n");
	rig_settle(&rig);
	rig_forget(&rig);
}

static void begin(const char *text)
{
	begin_as(SITE, text);
}

static void end(void)
{
	unlink(conf_path);
	unlink(key_path);
	unlink(other_path);
	rig.file.peers = NULL; /* they are config's */
	rig.file.peer_count = 0;
	rig_close(&rig);
	config_free(&config);
}

static const char *reload(const char *text)
{
	put_config(conf_path, text);
	const char *answer = rig_ask(&rig, false, "verb=reload\n\n");
	rig_settle(&rig);
	return answer;
}

static const char *show(void)
{
	return rig_ask(&rig, false, "verb=show\n\n");
}

static bool shows(const char *text)
{
	return strstr(show(), text) != NULL;
}

static uint32_t slot_of(const char *base64)
{
	uint8_t key[32];

	key_from_base64(key, base64);
	int64_t slot = wg_peer_find(rig.control->device, key);
	return slot < 0 ? UINT32_MAX : (uint32_t)slot;
}

static bool crypt_heard_of(uint32_t slot)
{
	for (unsigned i = 0; i < rig.order_count; i++) {
		if (rig.orders[i].slot == slot && rig.orders[i].kind != CRYPT_ROUTES)
			return true;
	}
	return false;
}

/* ---- what cannot change ---- */

static void test_fixed(void)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *what;
	} wrong[] = {
		{"[Node]\nName = siteB\n[Black]\nPort = iface:wan0\nAddress = 192.168.1.10/24\n"
		 "[Red]\nPort = iface:lan0\nAddress = 10.0.1.254/24\n[Crypt]\nPrivateKeyFile = key\n",
			2, "[Node] Name cannot change"},
		{"[Node]\nName = siteA\nPoll = busy\n[Black]\nPort = iface:wan0\n"
		 "Address = 192.168.1.10/24\n[Red]\nPort = iface:lan0\nAddress = 10.0.1.254/24\n"
		 "[Crypt]\nPrivateKeyFile = key\n",
			3, "[Node] Poll cannot change"},
		{"[Node]\nName = siteA\n[Black]\nPort = iface:wan1\nAddress = 192.168.1.10/24\n"
		 "[Red]\nPort = iface:lan0\nAddress = 10.0.1.254/24\n[Crypt]\nPrivateKeyFile = key\n",
			4, "[Black] Port cannot change"},
		{"[Node]\nName = siteA\n[Black]\nPort = iface:wan0\nAddress = 192.168.1.10/24\n"
		 "[Red]\nPort = iface:lan0\nMemory = 127M\nAddress = 10.0.1.254/24\n"
		 "[Crypt]\nPrivateKeyFile = key\n",
			8, "[Red] Memory cannot change"},
		{"[Node]\nName = siteA\n[Black]\nPort = iface:wan0\nMtu = 1400\nAddress = 192.168.1.10/24\n"
		 "[Red]\nPort = iface:lan0\nAddress = 10.0.1.254/24\n[Crypt]\nPrivateKeyFile = key\n",
			5, "[Black] Mtu cannot change"},
		{"[Node]\nName = siteA\n[Black]\nPort = iface:wan0\nAddress = 192.168.1.10/24\n"
		 "[Red]\nPort = iface:lan0\nMtu = 9000\nAddress = 10.0.1.254/24\n"
		 "[Crypt]\nPrivateKeyFile = key\n",
			8, "[Red] Mtu cannot change"},
		{"[Node]\nName = siteA\n[Black]\nPort = iface:wan0\nAddress = 192.168.1.10/24\n"
		 "[Red]\nPort = iface:lan0\nAddress = 10.0.1.253/24\n[Crypt]\nPrivateKeyFile = key\n",
			8, "[Red] Address cannot change"},
		{SITE "Engine = sodium\n", 11, "[Crypt] Engine cannot change"},
		{SITE "Memory = 128M\n", 11, "[Crypt] Memory cannot change"},
		{SITE "Cores = 0\n", 11, "[Crypt] Cores cannot change"},
	};
	char place[512];

	begin(SITE PEER_B);
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const char *answer = reload(wrong[i].text);
		snprintf(place, sizeof(place), "error=%s:%u: %s while encrypterd runs", conf_path,
			wrong[i].line + 1, wrong[i].what);
		CU_ASSERT_EQUAL(strncmp(answer, place, strlen(place)), 0);
		CU_ASSERT_PTR_NOT_NULL(strstr(answer, "\nerrno=22\n\n"));
		CU_ASSERT_EQUAL(rig.order_count + rig.black_count + rig.red_count, 0);
	}
	/* What was given and is left out: its section's line. */
	CU_ASSERT_PTR_NOT_NULL(strstr(reload(SITE PEER_B "AllowedIPs = 10.0.2.0/33\n"), "site.conf:17: "));
	CU_ASSERT(shows("peer_name=b\n"));
	CU_ASSERT_STRING_EQUAL(reload(SITE PEER_B), "errno=0\n\n");
	end();
}

/* The thread that reads the file again has a core of its own, which need not be one of those in it. */
static void test_cores(void)
{
	char text[512];
	cpu_set_t mine, one;
	int cpus[2], count = 0;

	sched_getaffinity(0, sizeof(mine), &mine);
	for (int i = 0; i < CPU_SETSIZE && count < 2; i++) {
		if (CPU_ISSET(i, &mine))
			cpus[count++] = i;
	}
	if (count < 2) {
		printf("# not tested: this machine has one CPU\n");
		return;
	}
	snprintf(text, sizeof(text), SITE "Cores = %d\n" PEER_B, cpus[1]);
	begin_as(text, text);
	CPU_ZERO(&one);
	CPU_SET(cpus[0], &one);
	sched_setaffinity(0, sizeof(one), &one);
	CU_ASSERT_STRING_EQUAL(reload(text), "errno=0\n\n");
	snprintf(text, sizeof(text), SITE "Cores = 8191\n" PEER_B); /* no such CPU: another one, at least */
	CU_ASSERT_PTR_NOT_NULL(strstr(reload(text), "[Crypt] Cores cannot change"));
	sched_setaffinity(0, sizeof(mine), &mine);
	end();
}

/* ---- every key: done, or refused ---- */

static const struct {
	enum config_section section;
	const char *line; /* as the daemon was started with; "": it had none */
	const char *other;
	const char *refused; /* a part of the answer; NULL: it is done */
} every_key[] = {
	{SECTION_NODE, "Name = siteA", "Name = siteB", "cannot change"},
	{SECTION_NODE, "", "Core = 0", "cannot change"},
	{SECTION_NODE, "", "Mode = large", "cannot change"},
	{SECTION_NODE, "", "Hugepages = off", "cannot change"},
	{SECTION_NODE, "", "Poll = busy", "cannot change"},
	{SECTION_NODE, "", "UapiSecrets = yes", NULL},
	{SECTION_NODE, "StateDirectory = none", "StateDirectory = /nowhere", "cannot change"},
	{SECTION_BLACK, "Port = iface:wan0", "Port = iface:wan1", "cannot change"},
	{SECTION_BLACK, "", "Core = 0", "cannot change"},
	{SECTION_BLACK, "Address = 192.168.1.10/24", "Address = 192.168.1.11/24", NULL},
	{SECTION_BLACK, "", "Gateway = 192.168.1.1", NULL},
	{SECTION_BLACK, "", "Mtu = 1400", "cannot change"},
	{SECTION_BLACK, "", "UdpChecksum = yes", "cannot change"},
	{SECTION_BLACK, "", "Memory = 96M", "cannot change"},
	{SECTION_BLACK, "", "HandshakeLimit = 7", "cannot change"},
	{SECTION_BLACK, "", "HandshakeLimitPerSource = 7", "cannot change"},
	{SECTION_BLACK, "", "CookieLimit = 7", "cannot change"},
	{SECTION_RED, "Port = iface:lan0", "Port = iface:lan1", "cannot change"},
	{SECTION_RED, "", "Core = 0", "cannot change"},
	{SECTION_RED, "Address = 10.0.1.254/24", "Address = 10.0.1.253/24", "cannot change"},
	{SECTION_RED, "", "Gateway = 10.0.1.1", "cannot change"},
	{SECTION_RED, "", "Mtu = 1400", "cannot change"},
	{SECTION_RED, "", "Secure = 10.99.0.0/16", NULL},
	{SECTION_RED, "", "Memory = 96M", "cannot change"},
	{SECTION_CRYPT, "", "Cores = 0", "cannot change"},
	{SECTION_CRYPT, "", "Engine = sodium", "cannot change"},
	{SECTION_CRYPT, "", "ListenPort = 7", NULL},
	{SECTION_CRYPT, "PrivateKeyFile = key", "PrivateKeyFile = other.conf", NULL},
	{SECTION_CRYPT, "", "PrivateKey = " PSK, "does not belong into this file"},
	{SECTION_CRYPT, "", "KeyStore = x", "not supported"},
	{SECTION_CRYPT, "", "Dscp = copy", "cannot change"},
	{SECTION_CRYPT, "", "Ecn = copy", "cannot change"},
	{SECTION_CRYPT, "", "Memory = 96M", "cannot change"},
	{SECTION_PEER, "Name = b", "Name = bb", NULL},
	{SECTION_PEER, "PublicKey = " KEY_B, "PublicKey = " KEY_C, NULL},
	{SECTION_PEER, "", "PresharedKey = " PSK, NULL},
	{SECTION_PEER, "", "PresharedKeyFile = other.conf", NULL},
	{SECTION_PEER, "", "Endpoint = 192.0.2.9:9", NULL},
	{SECTION_PEER, "", "AllowedIPs = 10.9.0.0/16", NULL},
	{SECTION_PEER, "", "PersistentKeepalive = 9", NULL},
	{SECTION_RULE, "", "From = any", "not enforced"},
	{SECTION_RULE, "", "To = any", "not enforced"},
	{SECTION_RULE, "", "Protocol = tcp", "not enforced"},
	{SECTION_RULE, "", "Port = 80", "Port needs Protocol"},
	{SECTION_RULE, "", "Action = deny", "not enforced"},
};

#define EVERY_KEY (sizeof(every_key) / sizeof(every_key[0]))

/* The file that the daemon was started with, but for the key of that number (EVERY_KEY: none). */
static const char *site_with(size_t changed)
{
	static char text[2048];
	int used = 0;

	for (enum config_section s = 0; s < SECTION_COUNT; s++) {
		if (s == SECTION_RULE && (changed == EVERY_KEY || every_key[changed].section != s))
			continue;
		used += snprintf(text + used, sizeof(text) - (size_t)used, "[%s]\n",
			config_section_name(s));
		for (size_t i = 0; i < EVERY_KEY; i++) {
			const char *line = i == changed ? every_key[i].other : every_key[i].line;
			if (every_key[i].section == s && line[0] != '\0')
				used += snprintf(text + used, sizeof(text) - (size_t)used, "%s\n", line);
		}
		if (s == SECTION_RULE && strncmp(every_key[changed].other, "Action", 6) != 0)
			used += snprintf(text + used, sizeof(text) - (size_t)used, "Action = allow\n");
	}
	return text;
}

static const char *reload_with(size_t changed)
{
	rig_forget(&rig);
	put(conf_path, "", site_with(changed));
	const char *answer = rig_ask(&rig, false, "verb=reload\n\n");
	rig_settle(&rig);
	return answer;
}

/* What can be seen of the daemon, and what the domains were told since reload_with(). */
static const char *seen(void)
{
	static char text[4096];

	snprintf(text, sizeof(text), "%u %u %d %s", rig.black_count, rig.red_count,
		rig.control->uapi_secrets, show());
	return text;
}

static void test_key(size_t i)
{
	char before[4096], after[4096], answer[1024];

	CU_ASSERT_STRING_EQUAL(reload_with(EVERY_KEY), "errno=0\n\n");
	reload_with(EVERY_KEY); /* once more: now nothing differs */
	snprintf(before, sizeof(before), "%s", seen());
	snprintf(answer, sizeof(answer), "%s", reload_with(i));
	snprintf(after, sizeof(after), "%s", seen());
	bool right = every_key[i].refused ? strstr(answer, every_key[i].refused) != NULL :
					    strcmp(answer, "errno=0\n\n") == 0 && strcmp(before, after) != 0;
	if (!right)
		printf("# %s %s: %s", config_section_name(every_key[i].section), every_key[i].other, answer);
	CU_ASSERT(right);
}

static bool is_key(size_t i, enum config_section section, const char *name)
{
	size_t length = strlen(name);

	return every_key[i].section == section && strncmp(every_key[i].other, name, length) == 0 &&
	       every_key[i].other[length] == ' ';
}

static void test_every_key(void)
{
	const char *name;

	begin_as(site_with(EVERY_KEY), site_with(EVERY_KEY));
	put(other_path, "", PSK "\n");
	for (enum config_section s = 0; s < SECTION_COUNT; s++) {
		for (unsigned k = 0; (name = config_key_name(s, k)); k++) {
			size_t i = 0;
			while (i < EVERY_KEY && !is_key(i, s, name))
				i++;
			if (i == EVERY_KEY)
				printf("# [%s] %s is not in this test\n", config_section_name(s), name);
			CU_ASSERT_FATAL(i < EVERY_KEY);
			test_key(i);
		}
	}
	end();
}

/* ---- what changes ---- */

static void test_sync(void)
{
	begin(SITE PEER_B PEER_C);
	uint32_t b = slot_of(KEY_B), c = slot_of(KEY_C);
	CU_ASSERT_FATAL(b != UINT32_MAX && c != UINT32_MAX);
	CU_ASSERT_STRING_EQUAL(reload(SITE "ListenPort = 51999\n" PEER_B
					   "[Peer]\nName = c2\nPublicKey = " KEY_C
					   "\nEndpoint = 192.0.2.3:3\nAllowedIPs = 10.0.9.0/24\n"
					   "PersistentKeepalive = 25\n"),
		"errno=0\n\n");
	CU_ASSERT_FALSE(crypt_heard_of(b)); /* nothing wiped, nothing made anew */
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_WIPE) + rig_count(&rig, CRYPT_REMOVE), 0);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_ROUTES), 1); /* one swap */
	CU_ASSERT(shows("listen_port=51999\n"));
	CU_ASSERT(shows("peer_name=c2\n"));
	CU_ASSERT(shows("persistent_keepalive=25\nallowed_ip=10.0.9.0/24\n"));
	CU_ASSERT_FALSE(shows("10.0.3.0/24"));
	rig_forget(&rig);
	CU_ASSERT_STRING_EQUAL(reload(SITE PEER_C), "errno=0\n\n");
	CU_ASSERT_EQUAL(slot_of(KEY_B), UINT32_MAX);
	CU_ASSERT_EQUAL(slot_of(KEY_C), c);
	CU_ASSERT(rig_find(&rig, CRYPT_REMOVE, b) >= 0);
	CU_ASSERT(shows("persistent_keepalive=0\nallowed_ip=10.0.3.0/24\n"));
	end();
}

/* A peer that moved is not called back by a file which says what it said before. */
static void test_moved_peer(void)
{
	struct wg_actions *actions;
	struct endpoint endpoint;
	struct ip_addr local = {0};

	begin(SITE PEER_B);
	actions = rig.control->actions;
	endpoint_parse(&endpoint, "198.51.100.7:77");
	wg_peer_moved(rig.control->device, slot_of(KEY_B), &endpoint, &local, actions);
	control_perform(rig.control, control_now());
	CU_ASSERT(shows("endpoint=198.51.100.7:77\n"));
	CU_ASSERT_STRING_EQUAL(reload(SITE PEER_B PEER_C), "errno=0\n\n");
	CU_ASSERT(shows("endpoint=198.51.100.7:77\n"));
	CU_ASSERT_STRING_EQUAL(reload(SITE "[Peer]\nPublicKey = " KEY_B "\nEndpoint = 192.0.2.22:2\n"),
		"errno=0\n\n");
	CU_ASSERT(shows("endpoint=192.0.2.22:2\n"));
	CU_ASSERT(shows("peer_name=\n"));
	end();
}

static void test_names(void)
{
	begin(SITE "[Peer]\nPublicKey = " KEY_B "\nEndpoint = b.example.org:2\n");
	CU_ASSERT(shows("endpoint_name=b.example.org:2\n"));
	const char *before = names_text(&rig.control->names, slot_of(KEY_B));
	CU_ASSERT_STRING_EQUAL(
		reload(SITE PEER_C "[Peer]\nPublicKey = " KEY_B "\nEndpoint = b.example.org:2\n"),
		"errno=0\n\n");
	CU_ASSERT_PTR_EQUAL(names_text(&rig.control->names, slot_of(KEY_B)), before);
	CU_ASSERT_STRING_EQUAL(reload(SITE "[Peer]\nPublicKey = " KEY_B "\nEndpoint = d.example.org:2\n"),
		"errno=0\n\n");
	CU_ASSERT(shows("endpoint_name=d.example.org:2\n"));
	CU_ASSERT_STRING_EQUAL(reload(SITE PEER_B), "errno=0\n\n");
	CU_ASSERT_FALSE(shows("endpoint_name="));
	CU_ASSERT(shows("endpoint=192.0.2.2:2\n"));
	end();
}

static void test_preshared_key(void)
{
	begin(SITE PEER_B "PresharedKey = " PSK "\n");
	CU_ASSERT(shows("preshared_key=present\n"));
	CU_ASSERT_STRING_EQUAL(reload(SITE PEER_B), "errno=0\n\n");
	CU_ASSERT(shows("preshared_key=absent\n"));
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_WIPE), 0); /* A54: from the next handshake on */
	end();
}

static void test_secure(void)
{
	begin(SITE PEER_B);
	CU_ASSERT_STRING_EQUAL(
		reload("[Node]\nName = siteA\n[Black]\nPort = iface:wan0\nAddress = 192.168.1.10/24\n"
		       "[Red]\nPort = iface:lan0\nAddress = 10.0.1.254/24\nSecure = 10.99.0.0/16\n"
		       "[Crypt]\nPrivateKeyFile = key\n" PEER_B),
		"errno=0\n\n");
	CU_ASSERT_EQUAL(rig.red_count, 1);
	CU_ASSERT_EQUAL(rig.red[0].addr.bytes[1], 99);
	CU_ASSERT_STRING_EQUAL(reload(SITE PEER_B), "errno=0\n\n"); /* it stays secure */
	CU_ASSERT_EQUAL(rig.red_count, 1);
	end();
}

static void test_setconf(void)
{
	char request[128];

	begin(SITE PEER_B);
	uint32_t b = slot_of(KEY_B);
	put_config(other_path, SITE PEER_B);
	snprintf(request, sizeof(request), "verb=syncconf\nfile=%s\n\n", other_path);
	CU_ASSERT_STRING_EQUAL(rig_ask(&rig, false, request), "errno=0\n\n");
	CU_ASSERT_FALSE(crypt_heard_of(b));
	snprintf(request, sizeof(request), "verb=setconf\nfile=%s\n\n", other_path);
	CU_ASSERT_STRING_EQUAL(rig_ask(&rig, false, request), "errno=0\n\n");
	CU_ASSERT(rig_find(&rig, CRYPT_REMOVE, b) >= 0);
	CU_ASSERT(shows("peer_name=b\n"));
	CU_ASSERT(strncmp(rig_ask(&rig, false, "verb=syncconf\nfile=/no/such/file\n\n"),
			  "error=/no/such/file: cannot be read", 35) == 0);
	CU_ASSERT(strncmp(rig_ask(&rig, false, "verb=syncconf\n\n"), "error=which file?", 17) == 0);
	CU_ASSERT(strncmp(rig_ask(&rig, false, "verb=reload\nfile=/x\n\n"),
			  "error=this verb takes no file", 29) == 0);
	CU_ASSERT(strncmp(rig_ask(&rig, false, "verb=syncconf\nfile=x\n\n"), "error=a file is named", 21) ==
		0);
	end();
}

/* Nobody may ever write to what is named: control would wait for it, and all peers for control. */
static void test_no_file(void)
{
	char request[128];

	begin(SITE PEER_B);
	CU_ASSERT_EQUAL_FATAL(mkfifo(other_path, 0600), 0);
	snprintf(request, sizeof(request), "verb=syncconf\nfile=%s\n\n", other_path);
	alarm(20);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_ask(&rig, false, request), "is no regular file; name one"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(rig_ask(&rig, false, "verb=setconf\nfile=/dev/null\n\n"), "is no regular file"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(rig_ask(&rig, false, "verb=setconf\nfile=/\n\n"), "is no regular file"));
	alarm(0);
	CU_ASSERT(shows("peer_name=b\n"));
	end();
}

static void test_no_room(void)
{
	char text[2 * 400 * 64 + 4096];
	size_t used = (size_t)snprintf(text, sizeof(text), "%s", SITE PEER_B "AllowedIPs = ");

	begin(SITE PEER_B);
	rig.refuse_tables = 500;
	for (unsigned i = 0; i < 1000; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s172.16.%u.%u/32%s",
			i % 8 == 0 && i ? "AllowedIPs = " : "", i / 250, i % 250,
			i % 8 == 7 ? "\n" : ", ");
	const char *answer = reload(text);
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, "no memory for it"));
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, "errno=12\n\n"));
	CU_ASSERT_EQUAL(rig.order_count + rig.black_count + rig.red_count, 0);
	CU_ASSERT_FALSE(shows("172.16."));
	end();
}

/* Reload and a change from wg at once: one after the other. */
static void test_turns(void)
{
	begin(SITE PEER_B);
	rig.hold_acks = true;
	int wg = rig_connect(&rig, true), ctl = rig_connect(&rig, false);
	char set[256];
	snprintf(set, sizeof(set), "set=1\npublic_key=%s\nallowed_ip=10.5.0.0/16\n\n", rig_hex(5));
	rig_write(wg, set);
	for (unsigned i = 0; i < 5; i++) {
		rig_round(&rig);
		rig_domains(&rig);
	}
	rig_write(ctl, "verb=reload\n\n");
	for (unsigned i = 0; i < 5; i++) {
		rig_round(&rig);
		rig_domains(&rig);
	}
	CU_ASSERT_STRING_EQUAL(rig_read(ctl), "");
	rig.hold_acks = false;
	rig_ack(&rig);
	rig_settle(&rig);
	CU_ASSERT_STRING_EQUAL(rig_read(wg), "errno=0\n\n");
	CU_ASSERT_STRING_EQUAL(rig_read(ctl), "errno=0\n\n");
	CU_ASSERT_EQUAL(rig_slot(&rig, 5), UINT32_MAX); /* the file does not have it */
	/* Whoever asked goes away meanwhile. */
	rig.hold_acks = true;
	put_config(conf_path, SITE PEER_C);
	rig_write(ctl, "verb=reload\n\n");
	for (unsigned i = 0; i < 5; i++) {
		rig_round(&rig);
		rig_domains(&rig);
	}
	close(ctl);
	rig_round(&rig);
	rig.hold_acks = false;
	rig_ack(&rig);
	rig_settle(&rig);
	CU_ASSERT(shows("peer_name=c\n"));
	close(wg);
	end();
}

static void test_black_addresses(void)
{
	static const char *const text =
		"[Node]\nName = siteA\n[Black]\nPort = iface:wan0\n"
		"Address = 192.168.1.11/24, 172.16.1.2/24\nGateway = 172.16.1.1\n"
		"[Red]\nPort = iface:lan0\nAddress = 10.0.1.254/24\n"
		"[Crypt]\nPrivateKeyFile = key\n" PEER_B "[Peer]\nPublicKey = " KEY_C "\n";

	begin(SITE PEER_B "[Peer]\nPublicKey = " KEY_C "\n");
	CU_ASSERT_STRING_EQUAL(reload(text), "errno=0\n\n");
	CU_ASSERT_EQUAL_FATAL(rig.black_count, 4); /* c has no endpoint */
	const struct black_order *o = rig.black;
	CU_ASSERT(o[0].kind == BLACK_ADDRESS && o[0].slot == 0 && o[0].length == 24);
	CU_ASSERT_EQUAL(memcmp(o[0].local.bytes, "\xc0\xa8\1\x0b", 4), 0);
	CU_ASSERT(o[1].kind == BLACK_ADDRESS && o[1].slot == 1 && o[1].local.bytes[0] == 172);
	CU_ASSERT(o[2].kind == BLACK_ADDRESSES && o[2].slot == 2);
	CU_ASSERT_EQUAL(memcmp(o[2].remote.addr.bytes, "\xac\x10\1\1", 4), 0);
	CU_ASSERT_EQUAL(o[2].local.family, 0);
	CU_ASSERT(o[3].kind == BLACK_ENDPOINT && o[3].slot == slot_of(KEY_B));
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_WIPE) + rig_count(&rig, CRYPT_REMOVE), 0);
	rig_forget(&rig);
	CU_ASSERT_STRING_EQUAL(reload(text), "errno=0\n\n");
	CU_ASSERT_EQUAL(rig.black_count, 0);
	rig_forget(&rig);
	/* Refused for another reason: they stay too. */
	CU_ASSERT_PTR_NOT_NULL(strstr(reload(SITE "Engine = sodium\n"), "cannot change"));
	CU_ASSERT_EQUAL(rig.black_count, 0);
	CU_ASSERT_STRING_EQUAL(reload(SITE), "errno=0\n\n");
	CU_ASSERT_EQUAL(rig.black[0].kind, BLACK_NO_ENDPOINT); /* peers that go, go first */
	end();
}

static unsigned answers(int fd)
{
	unsigned count = 0;

	for (const char *at = rig_read(fd); (at = strstr(at, "errno=0\n\n")); at++)
		count++;
	return count;
}

/* Two programs that never stop setting something: whoever else asks gets his turn, and so does a signal. */
static void test_two_streams(void)
{
	char text[200 * 32] = "";
	int fds[3];
	unsigned done = 0, rounds = 0;

	begin(SITE PEER_B);
	for (unsigned i = 0; i < 32; i++)
		sprintf(text + strlen(text), "set=1\npublic_key=%s\nreplace_allowed_ips=true\n"
			"allowed_ip=10.7.%u.0/24\n\n", rig_hex(9), i);
	for (unsigned i = 0; i < 3; i++)
		fds[i] = rig_connect(&rig, i < 2);
	for (unsigned i = 0; i < 2; i++)
		CU_ASSERT(rig_write(fds[i], text));
	rig_round(&rig);
	put_config(conf_path, SITE PEER_C);
	rig.control->reload = ++rig.control->requests; /* as SIGHUP sets it */
	CU_ASSERT(rig_write(fds[2], "verb=show\n\n"));
	while (answers(fds[2]) == 0 && rounds++ < 2000) {
		rig_round(&rig);
		rig_domains(&rig);
		done += answers(fds[0]) + answers(fds[1]);
	}
	CU_ASSERT(done >= 1 && done <= 4); /* those before it, not all 64 */
	CU_ASSERT(shows("peer_name=c\n"));
	rig_settle(&rig);
	for (unsigned i = 0; i < 3; i++)
		close(fds[i]);
	end();
}

static void test_signal(void)
{
	begin(SITE PEER_B);
	put_config(conf_path, SITE PEER_C);
	rig.control->reload = ++rig.control->requests; /* as SIGHUP sets it */
	rig_settle(&rig);
	CU_ASSERT(shows("peer_name=c\n"));
	put_config(conf_path, "nonsense\n");
	rig.control->reload = ++rig.control->requests;
	rig_settle(&rig);
	CU_ASSERT(shows("peer_name=c\n"));
	end();
}

static const struct unit_test tests[] = {
	{"what cannot change is refused with its line, and nothing is done", test_fixed},
	{"the file's cores are not those of the thread that reads it again", test_cores},
	{"every key that there is: done, or refused", test_every_key},
	{"U: what differs is applied, other peers are not touched", test_sync},
	{"A51: a peer that moved stays where it is", test_moved_peer},
	{"endpoints by name: the same one is left alone", test_names},
	{"A54: a preshared key that is taken out is gone", test_preshared_key},
	{"prefixes of Secure are added, and stay", test_secure},
	{"setconf and syncconf of another file", test_setconf},
	{"a pipe or a folder is no configuration, and keeps nobody waiting", test_no_file},
	{"what there is no memory for is refused whole", test_no_room},
	{"changes wait for each other", test_turns},
	{"A51, A52: other black addresses: black has them, then each peer's way", test_black_addresses},
	{"nobody waits for ever while others change something", test_two_streams},
	{"by a signal", test_signal},
	{NULL, NULL},
};

const struct unit_suite suite_reload = {"reload", tests};
