/* SPDX-License-Identifier: BSD-3-Clause */
/* [Peer] sections, pasted from wg(8) files and by the ten thousand. */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config_rig.h"
#include "crypto/keytext.h"
#include "suites.h"

#define PEER_B "[Peer]\nPublicKey = " KEY_B "\n"
#define PEER_C "[Peer]\nPublicKey = " KEY_C "\n"

static bool has_prefix(const struct config_peer *peer, unsigned i, const char *text)
{
	char own[ADDR_TEXT_MAX];

	return i < peer->allowed_ip_count &&
		strcmp(prefix_format(&peer->allowed_ips[i], own), text) == 0;
}

/* As `wg showconf` and people write it. */
static void paste(void)
{
	const char *text = SITE
		"[Peer] # the other site\n"
		"publickey=" KEY_B "\n"
		"PRESHAREDKEY = " PSK " # secret\n"
		"EndPoint = 192.168.1.20:51820\n"
		"AllowedIPs = 10.0.2.7/24,fd00:2::/64 , 10.0.3.0/24\n"
		"AllowedIPs = 10.0.4.9\n"
		"AllowedIPs = 10.0.2.0/24\n"
		"PersistentKeepalive = 25\n"
		"\n"
		"[PEER]\n"
		"Name = road-warrior.1\n"
		"PublicKey = " KEY_C "\n"
		"PresharedKeyFile = psk\n"
		"Endpoint = [2001:db8::20]:1\n"
		"AllowedIPs = \n"
		"PersistentKeepalive = off\n";
	struct endpoint endpoint;
	char key[KEY_BASE64_LEN];

	CU_ASSERT_EQUAL_FATAL(rig_parse(text), 0);
	CU_ASSERT_EQUAL_FATAL(rig_config.peer_count, 2);
	const struct config_peer *b = &rig_config.peers[0], *c = &rig_config.peers[1];
	CU_ASSERT_STRING_EQUAL(b->name, "");
	CU_ASSERT_EQUAL(b->line, 11);
	key_to_base64(key, b->public_key);
	CU_ASSERT_STRING_EQUAL(key, KEY_B);
	CU_ASSERT_TRUE(b->has_preshared_key);
	key_to_base64(key, b->preshared_key);
	CU_ASSERT_STRING_EQUAL(key, PSK);
	endpoint_parse(&endpoint, "192.168.1.20:51820");
	CU_ASSERT_TRUE(endpoint_equal(&b->endpoint, &endpoint));
	CU_ASSERT_EQUAL(b->allowed_ip_count, 4); /* 10.0.2.0/24 is there twice */
	CU_ASSERT_TRUE(has_prefix(b, 0, "10.0.2.0/24"));
	CU_ASSERT_TRUE(has_prefix(b, 1, "fd00:2::/64"));
	CU_ASSERT_TRUE(has_prefix(b, 2, "10.0.3.0/24"));
	CU_ASSERT_TRUE(has_prefix(b, 3, "10.0.4.9/32"));
	CU_ASSERT_EQUAL(b->persistent_keepalive, 25);
	CU_ASSERT_STRING_EQUAL(c->name, "road-warrior.1");
	CU_ASSERT_TRUE(c->has_preshared_key);
	CU_ASSERT_EQUAL(c->preshared_key[0], 0x22);
	CU_ASSERT_EQUAL(c->allowed_ip_count, 0);
	CU_ASSERT_EQUAL(c->persistent_keepalive, 0);
	rig_free();
}

static void last_peer(void)
{
	static const char *const ends[] = {
		SITE PEER_B "\n" PEER_C,
		SITE PEER_B "\n\n[Peer]\nPublicKey = " KEY_C,
		SITE PEER_B "\n[Peer]\n\nPublicKey = " KEY_C "\n\n\n",
		SITE "\r\n[Peer]\r\nPublicKey = " KEY_B "\r\n\r\n"
			"[Peer]\r\nPublicKey = " KEY_C "\r\n",
		SITE "\n[Peer]\nPublicKey = " KEY_B "\n\n[Peer]\nPublicKey = " KEY_C "\r",
	};

	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		CU_ASSERT_EQUAL_FATAL(rig_parse(ends[i]), 0);
		CU_ASSERT_EQUAL_FATAL(rig_config.peer_count, 2);
		char key[KEY_BASE64_LEN];
		key_to_base64(key, rig_config.peers[1].public_key);
		CU_ASSERT_STRING_EQUAL(key, KEY_C);
	}
	rig_free();
}

static void key_texts(void)
{
	static const char *const wrong[] = {"", "A", "D6poTtKIZ7l/Smot7l34zpdOdrcBjj8iocTPJnhXDyA",
		KEY_B "=", KEY_B KEY_B, "D6poTtKIZ7l/Smot7l34zpdOdrcBjj8iocTPJnhXDyB=",
		"D6poTtKIZ7l/Smot7l34zpdOdrcBjj8iocTPJnhXDy==",
		"D6poTtKIZ7l/Smot7l34 pdOdrcBjj8iocTPJnhXDyA=",
		"0faa684ed28867b97f4a6a2dee5df8ce974e76b7018e3f22a1c4cf2678570f20"};
	char text[512];

	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), SITE "[Peer]\nPublicKey = %s\n", wrong[i]);
		CU_ASSERT_TRUE(rig_refused(text, 12, "PublicKey"));
		snprintf(text, sizeof(text), SITE PEER_B "PresharedKey = %s\n", wrong[i]);
		CU_ASSERT_TRUE(rig_refused(text, 13, "PresharedKey"));
	}
	CU_ASSERT_TRUE(rig_refused(SITE "[Peer]\nPublicKey = " KEY_B "=\n", 12,
		"has 45 characters, a key has 44"));
}

/* Nothing that may be a key, whole or in parts, shows up in a message. */
static void keys_stay_hidden(void)
{
	static const char *const wrong[] = {
		SITE "[Crypt]\nPrivateKey = " PSK "\n",
		SITE PEER_B "PresharedKey = " PSK "x\n",
		SITE PEER_B "PresharedKey\n= " PSK "\n",
		SITE PEER_B PSK "\n",
		SITE PEER_B "PresharedKey = FpCyhws9cxwWoV4xELtfJvjJ\nN+zQVRPISllRWgeopVE=\n",
		SITE PEER_B "PresharedKey = FpCyhws9cxwWoV4xELtfJvjJN+zQVR\nPISllRWgeopVE=\n",
		SITE PEER_B "PresharedKeys = " PSK "\n",
		SITE PEER_B "PresharedKeyFile = " PSK "\n",
		SITE PEER_B "Endpoint = " PSK "\n",
		SITE PEER_B "AllowedIPs = " PSK "\n",
		SITE PEER_B "Name = " PSK "\n",
		SITE PEER_B "[" PSK "]\n",
		"[Crypt]\nPrivateKeyFile = " PSK "\n",
		"[Crypt]\nListenPort = " PSK "\n",
		"[Black]\nPort = iface:" PSK "\n",
		"[Node]\nCore = " PSK "\n",
	};

	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CU_ASSERT_EQUAL(rig_parse(wrong[i]), -EINVAL);
		for (const char *part = PSK; strlen(part) >= 8; part++) {
			char piece[9] = "";
			memcpy(piece, part, 8);
			CU_ASSERT_PTR_NULL(strstr(rig_error, piece));
		}
	}
}

/* A key's slashes are those of a path, too: what tells them apart is the length and the '='. */
static void paths_are_shown(void)
{
	static const struct {
		const char *path;
		bool shown;
	} files[] = {
		{"/etc/encrypter/secrets/ofthesitesinthenorth/siteAofthem", true},
		{"/etc/encrypter/secrets/ofthesitesinthenorth.d/siteAofthem.key", true},
		{"keys/ofthesitesinthenorthandwestandeast/siteAofthem", true},
		{KEY_B, false},
		{"/a" KEY_B, false},
		{"D6poTtKIZ7l/Smot7l34zpdOdrcBjj8iocTPJnhXDyA", false}, /* its '=' was lost */
		{"keys/FpCyhws9cxwWoV4xELtfJvjJN+zQVRPISllRWgeopVE=", false},
		{"1690b2870b3d731c16a15e3110bb5f26f8c937ecd05513c84a59515a07a8a551", false},
	};
	char text[1024];

	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(text, sizeof(text), SITE PEER_B "PresharedKeyFile = %s\n", files[i].path);
		CU_ASSERT_EQUAL(rig_parse(text), -EINVAL);
		char begin[24] = "";
		memcpy(begin, files[i].path, 20);
		CU_ASSERT_EQUAL(strstr(rig_error, begin) != NULL, files[i].shown);
		CU_ASSERT_EQUAL(strstr(rig_error, "may be a key") == NULL, files[i].shown);
	}
}

static void odd_keys(void)
{
	/* A low-order point, and zero: such a peer is there and never answers. */
	CU_ASSERT_EQUAL(rig_parse(SITE
		"[Peer]\nPublicKey = 4Ot6fDtBuK4WVuP68Z/EatoJjeucMrH9hmIFFl9JuAA=\n"
		"[Peer]\nPublicKey = AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
		"PresharedKey = AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"), 0);
	CU_ASSERT_EQUAL(rig_config.peer_count, 2);
	CU_ASSERT_FALSE(rig_config.peers[1].has_preshared_key); /* zeroes are none */
	rig_free();
}

static void own_key(void)
{
	CU_ASSERT_TRUE(rig_refused(SITE PEER_B "[Peer]\n\nPublicKey = " KEY_OWN "\n", 15,
		"this device's own"));
}

static void twice(void)
{
	CU_ASSERT_TRUE(rig_refused(SITE PEER_B PEER_C PEER_B, 16,
		"this PublicKey is already the peer's in line 12"));
	CU_ASSERT_TRUE(rig_refused(SITE PEER_B "\nAllowedIPs = 10.0.3.0/24, 10.0.2.1/24\n" PEER_C
		"AllowedIPs = 10.0.4.0/24\nAllowedIPs = 10.0.2.2/24\n", 18,
		"AllowedIPs 10.0.2.0/24 is already another peer's in line 14"));
	CU_ASSERT_TRUE(rig_refused(SITE PEER_B "AllowedIPs = ::/0\n" PEER_C "AllowedIPs = ::/0\n",
		16, "in line 13"));
	CU_ASSERT_TRUE(rig_refused(SITE PEER_B "Name = x\n" PEER_C "Name = x\n", 14,
		"the same Name 'x' as that of line 11"));
	CU_ASSERT_TRUE(rig_refused(SITE PEER_B "PublicKey = " KEY_C "\n",
		13, "already in line 12"));
	CU_ASSERT_TRUE(rig_refused(SITE PEER_B "Endpoint = 1.2.3.4:5\nendpoint = 1.2.3.4:5\n", 14,
		"already in line 13"));
	CU_ASSERT_TRUE(rig_refused(SITE PEER_B "PresharedKey = " PSK "\nPresharedKeyFile = psk\n",
		14, "already given by PresharedKey in line 13"));
	CU_ASSERT_TRUE(rig_refused(SITE PEER_B "PresharedKeyFile = psk\nPresharedKey = " PSK "\n",
		14, "already given by PresharedKeyFile in line 13"));
	/* Prefixes of one address and different lengths are different. */
	CU_ASSERT_EQUAL(rig_parse(SITE PEER_B "AllowedIPs = 10.0.0.0/8\n" PEER_C
		"AllowedIPs = 10.0.0.0/16, 0.0.0.0/0, ::/0\n"), 0);
	rig_free();
}

static void wrong_values(void)
{
	static const struct {
		const char *line;
		const char *message;
	} wrong[] = {
		{"Endpoint = vpn.example.org", "has no port"},
		{"Endpoint = vpn..example.org:1", "is no host's name with a port"},
		{"Endpoint = vpn example.org:1", "is no host's name with a port"},
		{"Endpoint = -vpn.example.org:1", "is no host's name with a port"},
		{"Endpoint = vpn.example.org:65536", "no valid port"},
		{"Endpoint = 192.0.2.1:0", "no valid port; take 1 to 65535"},
		{"Endpoint = 192.0.2.1:65536", "no valid port"},
		{"Endpoint = 192.0.2.1", "has no port"},
		{"Endpoint = 2001:db8::1", "has no port"},
		{"Endpoint = [2001:db8::1]:0", "no valid port"},
		{"Endpoint = 2001:db8::1:51820", "write 192.0.2.20:51820 or [2001:db8::20]:51820"},
		{"Endpoint = 192.0.2.1.5:1", "is no address with a port"},
		{"Endpoint = 0.0.0.0:51820", "of no host"},
		{"Endpoint = 224.0.0.5:51820", "a multicast address"},
		{"Endpoint =", "is no address"},
		{"AllowedIPs = 10.0.0.0/33", "'10.0.0.0/33' is no network"},
		{"AllowedIPs = 10.0.0.0/8,,10.0.0.0/9", "empty element"},
		{"AllowedIPs = 10.0.0.0/8,", "empty element"},
		{"PersistentKeepalive = 65536", "take 0 to 65535 seconds, or off"},
		{"PersistentKeepalive = -1", "take 0 to 65535 seconds, or off"},
		{"PersistentKeepalive =", "take 0 to 65535 seconds, or off"},
		{"Name = a/b", "is no name"},
		{"PresharedKeyFile = nowhere", "cannot be opened"},
		{"AllowedIP = 10.0.0.0/8", "did you mean AllowedIPs?"},
		{"ListenPort = 1", "belongs to [Crypt]"},
	};
	char text[512];

	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), SITE PEER_B "%s\n" PEER_C, wrong[i].line);
		CU_ASSERT_TRUE(rig_refused(text, 13, wrong[i].message));
	}
	CU_ASSERT_TRUE(rig_refused(SITE "[Peer]\nName = b\n" PEER_C,
		11, "[Peer] has no PublicKey"));
	CU_ASSERT_TRUE(rig_refused(SITE PEER_B "[Peer]\n", 13, "[Peer] has no PublicKey"));
}

/* A text that grows; the tests of size need megabytes. */
struct big {
	char *text;
	size_t length;
	size_t capacity;
};

__attribute__((format(printf, 2, 3)))
static void add(struct big *big, const char *format, ...)
{
	va_list arguments;

	if (big->capacity - big->length < 512) {
		big->capacity = big->capacity ? big->capacity * 2 : 4096;
		big->text = realloc(big->text, big->capacity);
		if (!big->text)
			abort();
	}
	va_start(arguments, format);
	big->length += (size_t)vsnprintf(big->text + big->length, 512, format, arguments);
	va_end(arguments);
}

static void add_peer(struct big *big, unsigned i)
{
	uint8_t key[32] = {(uint8_t)i, (uint8_t)(i >> 8), (uint8_t)(i >> 16), 0x55};
	char text[KEY_BASE64_LEN];

	key_to_base64(text, key);
	add(big, "\n[Peer]\nPublicKey = %s\nName = peer%u\n", text, i);
}

static void long_lists(void)
{
	struct big big = {0};

	add(&big, SITE PEER_B "AllowedIPs = 10.0.0.0/32");
	for (unsigned i = 1; i < 5000; i++)
		add(&big, ", 10.0.%u.%u/32", i / 256, i % 256);
	add(&big, " # and that is all\nPersistentKeepalive = 7\n");
	CU_ASSERT_EQUAL_FATAL(rig_parse(big.text), 0);
	CU_ASSERT_EQUAL_FATAL(rig_config.peers[0].allowed_ip_count, 5000);
	CU_ASSERT_TRUE(has_prefix(&rig_config.peers[0], 0, "10.0.0.0/32"));
	CU_ASSERT_TRUE(has_prefix(&rig_config.peers[0], 4999, "10.0.19.135/32"));
	CU_ASSERT_EQUAL(rig_config.peers[0].persistent_keepalive, 7);
	add(&big, "Endpoint = x\n"); /* inih has counted thousands of lines, the file has not */
	CU_ASSERT_TRUE(rig_refused(big.text, 15, "Endpoint"));
	free(big.text);
}

static void *parse_big(void *text)
{
	return rig_parse(text) == 0 ? text : NULL;
}

static void many_peers(void)
{
	struct big big = {0};
	struct timespec from, to;
	pthread_attr_t small;
	pthread_t thread;
	void *result = NULL;

	add(&big, SITE);
	for (unsigned i = 0; i < 10000; i++) {
		add_peer(&big, i);
		add(&big, "AllowedIPs = 10.%u.%u.0/24, fd00:%x::/64\n", i / 256, i % 256, i);
		add(&big, "Endpoint = 192.0.2.1:%u\n", i + 1);
	}
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 128 * 1024);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, &small, parse_big, big.text), 0);
	pthread_join(thread, &result);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	pthread_attr_destroy(&small);
	CU_ASSERT_PTR_NOT_NULL_FATAL(result);
	CU_ASSERT_EQUAL_FATAL(rig_config.peer_count, 10000);
	CU_ASSERT_EQUAL(rig_config.allowed_ip_count, 20000);
	CU_ASSERT_TRUE(has_prefix(&rig_config.peers[9999], 1, "fd00:270f::/64"));
	double seconds = (double)(to.tv_sec - from.tv_sec) +
		(double)(to.tv_nsec - from.tv_nsec) / 1e9;
	printf("# 10,000 peers in %.3f s\n", seconds);
	CU_ASSERT_TRUE(seconds < 1.0);
	add_peer(&big, 5000);
	CU_ASSERT_EQUAL(rig_parse(big.text), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_error, "already the peer's in line 30013"));
	free(big.text);
}

static void too_many(void)
{
	struct big big = {0};

	add(&big, SITE);
	for (unsigned i = 0; i <= CONFIG_PEERS; i++)
		add_peer(&big, i);
	CU_ASSERT_EQUAL(rig_parse(big.text), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_error, "site.conf:400012: more than 100000 peers"));
	big.length = 0;
	add(&big, SITE PEER_B "AllowedIPs = 10.0.0.0");
	for (unsigned i = 0; i < CONFIG_PREFIXES; i++)
		add(&big, ",10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
	CU_ASSERT_EQUAL(rig_parse(big.text), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_error, "site.conf:13: more than 1000000 prefixes"));
	free(big.text);
}

static const struct unit_test tests[] = {
	{"a wg(8) [Peer] pastes in; A46: host bits are masked", paste},
	{"C27: the last peer, after a blank line, without an end of line, CRLF", last_peer},
	{"C23: keys of another length, and what is no base64", key_texts},
	{"keys do not show in messages", keys_stay_hidden},
	{"paths are shown, though they look like keys", paths_are_shown},
	{"A9: low-order and zero public keys can be configured", odd_keys},
	{"A53: a peer with our own key is refused", own_key},
	{"what stands twice is refused, with both lines", twice},
	{"wrong values of [Peer]", wrong_values},
	{"long lists arrive whole, and lines are counted as in the file", long_lists},
	{"C24: 10,000 peers on a small stack, quickly", many_peers},
	{"too many peers, too many prefixes", too_many},
	{NULL, NULL}};

const struct unit_suite suite_config_peers = {"config peers", tests};
