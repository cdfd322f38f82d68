/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration read again: what differs is applied, what cannot change is refused with its line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_rig.h"
#include "control_rig.h"
#include "crypto/keytext.h"
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
	size_t node = strncmp(text, NODE, strlen(NODE)) == 0 ? strlen(NODE) : 0;

	put(path, node ? NODE "StateDirectory = none\n" : "", text + node);
}

/* A daemon that was started with that file. */
static void begin(const char *text)
{
	rig_open(&rig);
	snprintf(conf_path, sizeof(conf_path), "%s/site.conf", rig.folder);
	snprintf(key_path, sizeof(key_path), "%s/key", rig.folder);
	snprintf(other_path, sizeof(other_path), "%s/other.conf", rig.folder);
	put(key_path, "", "ERERERERERERERERERERERERERERERERERERERERERE=\n");
	put_config(conf_path, SITE);
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

static void end(void)
{
	unlink(conf_path);
	unlink(key_path);
	unlink(other_path);
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

static void test_signal(void)
{
	begin(SITE PEER_B);
	put_config(conf_path, SITE PEER_C);
	rig.control->reload = true; /* as SIGHUP sets it */
	rig_settle(&rig);
	CU_ASSERT(shows("peer_name=c\n"));
	put_config(conf_path, "nonsense\n");
	rig.control->reload = true;
	rig_settle(&rig);
	CU_ASSERT(shows("peer_name=c\n"));
	end();
}

static const struct unit_test tests[] = {
	{"what cannot change is refused with its line, and nothing is done", test_fixed},
	{"U: what differs is applied, other peers are not touched", test_sync},
	{"A51: a peer that moved stays where it is", test_moved_peer},
	{"endpoints by name: the same one is left alone", test_names},
	{"A54: a preshared key that is taken out is gone", test_preshared_key},
	{"prefixes of Secure are added, and stay", test_secure},
	{"setconf and syncconf of another file", test_setconf},
	{"what there is no memory for is refused whole", test_no_room},
	{"changes wait for each other", test_turns},
	{"A51, A52: other black addresses: black has them, then each peer's way", test_black_addresses},
	{"by a signal", test_signal},
	{NULL, NULL},
};

const struct unit_suite suite_reload = {"reload", tests};
