/* SPDX-License-Identifier: BSD-3-Clause */
/* The site's sections, how the file is read, and what is refused. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_rig.h"
#include "suites.h"

static void accept_whole_site(void)
{
	const char *text =
		"[Node]\nName = siteA\nCore = 0\nMode = large\nHugepages = required\nPoll = busy\n"
		"UapiSecrets = yes\nStateDirectory = /srv/x y\n"
		"[Black]\nPort = 17:0A.1\nCore = 0\nAddress = 192.168.1.10/24, 2001:db8::10/64\n"
		"Gateway = 192.168.1.100, 2001:db8::1\nUdpChecksum = yes\nMtu = 1400\nMemory = 16M\n"
		"HandshakeLimit = 10000000\nHandshakeLimitPerSource = 7\nCookieLimit = 0\n"
		"[Red]\nPort = net_memif0,role=client,id=1\nAddress = 10.0.1.254/24\n"
		"Address = fd00:1::1/64\nGateway = fe80::1\nSecure = 10.0.0.0/8, fd00::7/16\n"
		"Secure = 172.16.0.0/12\nMtu = 576\nMemory = 1g\n"
		"[Crypt]\nCores = 0\nEngine = ipsec-mb\nListenPort = 4500\nPrivateKeyFile = key\n"
		"Dscp = copy\nEcn = copy\nMemory = 131072K\n";
	struct ip_prefix prefix;

	CU_ASSERT_EQUAL_FATAL(rig_parse(text), 0);
	const struct config *c = &rig_config;
	CU_ASSERT_STRING_EQUAL(c->path, "site.conf");
	CU_ASSERT_STRING_EQUAL(c->name, "siteA");
	CU_ASSERT_EQUAL(c->core, 0);
	CU_ASSERT_EQUAL(c->mode, CONFIG_MODE_LARGE);
	CU_ASSERT_EQUAL(c->hugepages, CONFIG_REQUIRED);
	CU_ASSERT_EQUAL(c->poll, CONFIG_POLL_BUSY);
	CU_ASSERT_TRUE(c->uapi_secrets);
	CU_ASSERT_STRING_EQUAL(c->state_directory, "/srv/x y");
	CU_ASSERT_STRING_EQUAL(c->black.port, "0000:17:0a.1"); /* the form that DPDK uses */
	CU_ASSERT_EQUAL(c->black.core, 0);
	CU_ASSERT_EQUAL_FATAL(c->black.address_count, 2);
	prefix_parse(&prefix, "192.168.1.10/24");
	CU_ASSERT_TRUE(prefix_equal(&c->black.addresses[0], &prefix)); /* with its host part */
	CU_ASSERT_EQUAL(c->black.gateway.family, 4);
	CU_ASSERT_EQUAL(c->black.gateway.bytes[3], 100);
	CU_ASSERT_EQUAL(c->black.gateway6.family, 6);
	CU_ASSERT_TRUE(c->udp_checksum);
	CU_ASSERT_TRUE(c->copy_dscp && c->copy_ecn);
	CU_ASSERT_EQUAL(c->black.memory_bytes, 16ull << 20);
	CU_ASSERT(c->black.port_line == 10 && c->black.memory_line == 16); /* for later messages */
	CU_ASSERT(c->red.port_line == 21 && c->red.memory_line == 28);
	CU_ASSERT_EQUAL(c->crypt_memory_line, 36);
	CU_ASSERT(c->black.mtu == 1400 && c->red.mtu == 576);
	CU_ASSERT_EQUAL(c->handshake_limit, 10000000);
	CU_ASSERT_EQUAL(c->handshake_limit_per_source, 7);
	CU_ASSERT_EQUAL(c->cookie_limit, 0);
	CU_ASSERT_STRING_EQUAL(c->red.port, "net_memif0,role=client,id=1");
	CU_ASSERT_EQUAL(c->red.core, -1);
	CU_ASSERT_EQUAL(c->red.address_count, 2);
	CU_ASSERT_EQUAL(c->red.gateway.family, 0);
	CU_ASSERT_EQUAL(c->red.gateway6.family, 6);
	CU_ASSERT_EQUAL(c->red.memory_bytes, 1ull << 30);
	CU_ASSERT_EQUAL_FATAL(c->secure_count, 3);
	prefix_parse(&prefix, "fd00::/16");
	CU_ASSERT_TRUE(prefix_equal(&c->secure[1], &prefix)); /* without its host part */
	CU_ASSERT_EQUAL(c->crypt_core_count, 1);
	CU_ASSERT_EQUAL(c->crypt_cores[0], 0);
	CU_ASSERT_STRING_EQUAL(c->engine, "ipsec-mb");
	CU_ASSERT_EQUAL(c->listen_port, 4500);
	CU_ASSERT_TRUE(c->has_private_key);
	CU_ASSERT_EQUAL(c->private_key[31], 0x11);
	CU_ASSERT_EQUAL(c->crypt_memory_bytes, 128ull << 20);
	CU_ASSERT_EQUAL(c->peer_count, 0);
	rig_free();
}

static void defaults(void)
{
	CU_ASSERT_EQUAL_FATAL(rig_parse(SITE), 0);
	const struct config *c = &rig_config;
	CU_ASSERT_EQUAL(c->core, -1);
	CU_ASSERT_EQUAL(c->black.core, -1);
	CU_ASSERT_EQUAL(c->mode, CONFIG_MODE_SMALL);
	CU_ASSERT_EQUAL(c->hugepages, CONFIG_AUTO);
	CU_ASSERT_EQUAL(c->poll, CONFIG_POLL_ADAPTIVE);
	CU_ASSERT_FALSE(c->uapi_secrets);
	CU_ASSERT_FALSE(c->udp_checksum || c->copy_dscp || c->copy_ecn); /* A47, A48 */
	CU_ASSERT_STRING_EQUAL(c->state_directory, "/var/lib/encrypter");
	CU_ASSERT_EQUAL(c->crypt_core_count, 0);
	CU_ASSERT_STRING_EQUAL(c->engine, "auto");
	CU_ASSERT_EQUAL(c->listen_port, 51820);
	CU_ASSERT_EQUAL(c->black.memory_bytes, 128ull << 20);
	CU_ASSERT_EQUAL(c->red.memory_bytes, 128ull << 20);
	CU_ASSERT_EQUAL(c->crypt_memory_bytes, 64ull << 20);
	CU_ASSERT(c->black.mtu == 0 && c->red.mtu == 0);
	CU_ASSERT_EQUAL(c->handshake_limit, 200000);
	CU_ASSERT_EQUAL(c->handshake_limit_per_source, 5);
	CU_ASSERT_EQUAL(c->cookie_limit, 10000);
	rig_free();
	static const struct config nothing;
	CU_ASSERT_EQUAL(memcmp(&rig_config, &nothing, sizeof(nothing)), 0); /* keys are wiped */
}

static void any_way_of_writing(void)
{
	const char *text = "\xef\xbb\xbf; comment\n"
		"[NODE]# comment\r\n  name=siteA;comment\r\n"
		"\t[ black ] ; comment\nPORT\t=\tiface:wan0#comment\n"
		"Address=192.168.1.10/24 ; home\n"
		"[red]\n  Port = iface:lan0\n    address = 10.0.1.254/24\n#[Node]\n"
		"[Crypt]\nprivatekeyfile = key\nengine = SODIUM";

	CU_ASSERT_EQUAL_FATAL(rig_parse(text), 0);
	CU_ASSERT_STRING_EQUAL(rig_config.name, "siteA");
	CU_ASSERT_STRING_EQUAL(rig_config.black.port, "iface:wan0");
	CU_ASSERT_STRING_EQUAL(rig_config.engine, "sodium"); /* without an end of line */
	rig_free();
}

#define ENGINE \
	"[Node]\nName = a\n[Black]\nPort = iface:b\nAddress = 192.0.2.1/24\n" \
	"[Red]\nPort = iface:r\nAddress = 10.0.1.254/24\n[Crypt]\nPrivateKeyFile = key\nEngine = %s\n"

static void engines(void)
{
	static const char *const good[] = {"auto", "ipsec-mb", "sodium", "cryptodev", "crypto_aesni_mb",
		"crypto_chacha20_poly1305,max_nb_queue_pairs=1"};
	char text[512];

	for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(text, sizeof(text), ENGINE, good[i]);
		CU_ASSERT_EQUAL_FATAL(rig_parse(text), 0);
		CU_ASSERT_STRING_EQUAL(rig_config.engine, good[i]);
		rig_free();
	}
}

#define BLACK_PORT "[Node]\nName = a\n[Black]\nPort = %s\n"

static void ports(void)
{
	static const char *const good[] = {"iface:wan0.7", "iface:123456789012345", "00:1f.7",
		"beef:00:1f.7", "net_tap0,iface=black,remote=wan0", "net_null_a",
		"virtio_user0,path=/run/vhost.sock,queues=1", NULL};
	static const char *const bad[] = {"iface:", "iface:1234567890123456", "iface:a/b",
		"iface:..", "iface:a,b", "eth0", "00:20.0", "00:1f.8", "0:1f.1", "0000:17:00.0x",
		"000:17:00.0", "net_", "net_x,", "net_x,,a=b", "net_x y", "net_x,a=b c",
		"virtio_user", "virtio0", "", NULL};
	char text[512];

	for (unsigned i = 0; good[i]; i++) {
		snprintf(text, sizeof(text), BLACK_PORT, good[i]);
		CU_ASSERT_TRUE(rig_refused(text, 3, "[Black] has no Address"));
	}
	for (unsigned i = 0; bad[i]; i++) {
		snprintf(text, sizeof(text), BLACK_PORT, bad[i]);
		CU_ASSERT_TRUE(rig_refused(text, 4, "Port = "));
	}
}

struct wrong {
	const char *text;
	unsigned line;
	const char *message;
};

static void refuse_all(const struct wrong *wrong)
{
	for (; wrong->text; wrong++)
		CU_ASSERT_TRUE(rig_refused(wrong->text, wrong->line, wrong->message));
}

static void lines_that_are_none(void)
{
	static const struct wrong wrong[] = {
		{"", 1, "there is no [Node]"},
		{"\n\n# nothing\n", 3, "there is no [Node]"},
		{"Name = a\n", 1, "before the first section"},
		{"[Node\nName = a\n", 1, "not closed"},
		{"[Node] x\nName = a\n", 1, "not closed"},
		{"[", 1, "not closed"},
		{"[]\n", 1, "no section's name"},
		{"[Node#1]\n", 1, "not closed"},
		{"[No de]\n", 1, "no section's name"},
		{"[Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n",
			1, "no section"},
		{"[Node]\n\nName\n", 3, "neither [Section] nor Key = value"},
		{"[Node]\n\n= siteA\n", 3, "no key's name"},
		{"[Node]\n\nNa me = siteA\n", 3, "no key's name"},
		{"[Node]\n@ = \n", 2, "no key's name"},
		{"[Node]\nName: siteA\n", 2, "neither [Section] nor Key = value"},
		{"[Nodes]\n", 1, "unknown section 'Nodes'; did you mean [Node]?"},
		{"[Bleck]\n", 1, "did you mean [Black]?"},
		{"[Interface]\nListenPort = 1\n", 1, "belong to [Crypt]"},
		{"[Node]\nNmae = siteA\n", 2, "unknown key 'Nmae' in [Node]; did you mean Name?"},
		{"[Red]\nAdress = 10.0.0.1/8\n", 2, "did you mean Address?"},
		{"[Black]\nListenPort = 1\n", 2, "belongs to [Crypt]"},
		{"[Node]\nName = a\n\n[Black]\n[NODE]\n", 5, "already in line 1"},
		{"[Node]\nName = a\n\nname = b\n", 4, "Name is already in line 2"},
		{NULL, 0, NULL}};

	refuse_all(wrong);
	CU_ASSERT_EQUAL(rig_parse_bytes("[Node]\nNa\0me = a\n", 17), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_error, "site.conf:2: the line has a zero byte"));
}

static void values_of_node(void)
{
	static const struct wrong wrong[] = {
		{"[Node]\nName =\n", 2, "is no name"},
		{"[Node]\nName = ..\n", 2, "is no name"},
		{"[Node]\nName = .x\n", 2, "is no name"},
		{"[Node]\nName = a/b\n", 2, "is no name"},
		{"[Node]\nName = a b\n", 2, "is no name"},
		{"[Node]\nName = a23456789012345678901234567890123\n", 2, "is no name"},
		{"[Node]\nName = site\x1b[31m\n", 2, "'site?[31m' is no name"},
		{"[Node]\nCore = -1\n", 2, "is no CPU's number"},
		{"[Node]\nCore = 0x1\n", 2, "is no CPU's number"},
		{"[Node]\nCore = 99999999999999999999\n", 2, "is no CPU's number"},
		{"[Node]\nCore = 8191\n", 2, "CPU 8191 is not one that this process may use"},
		{"[Node]\nMode = big\n", 2, "take one of: small, large"},
		{"[Node]\nHugepages = yes\n", 2, "take one of: auto, required, off"},
		{"[Node]\nPoll = slow\n", 2, "take one of: adaptive, busy"},
		{"[Node]\nUapiSecrets = maybe\n", 2, "take one of: no, yes"},
		{"[Node]\nStateDirectory = lib\n", 2, "no absolute path; give one, or none"},
		{"[Node]\nMode = small\n[Black]\n", 1, "[Node] has no Name"},
		{NULL, 0, NULL}};

	refuse_all(wrong);
}

static void values_of_domains(void)
{
	static const struct wrong wrong[] = {
		{"[Black]\nAddress = 10.0.0.1\n", 2, "network's size"},
		{"[Black]\nAddress = 10.0.0.1/0\n", 2, "network's size"},
		{"[Black]\nAddress = 10.0.0.1/33\n", 2, "no address"},
		{"[Black]\nAddress = 10.0.0.1/8x\n", 2, "no address"},
		{"[Black]\nAddress = 10.0.1.0/24\n", 2, "the network, not a host"},
		{"[Black]\nAddress = 10.0.1.255/24\n", 2, "the network, not a host"},
		{"[Black]\nAddress = 2001:db8::/64\n", 2, "the network, not a host"},
		{"[Black]\nAddress = 127.0.0.1/8\n", 2, "a loopback address"},
		{"[Black]\nAddress = ::1/64\n", 2, "a loopback address"},
		{"[Black]\nAddress = 224.0.0.1/24\n", 2, "a multicast address"},
		{"[Black]\nAddress = ff02::1/64\n", 2, "a multicast address"},
		{"[Black]\nAddress = 0.0.0.0/24\n", 2, "of no host"},
		{"[Black]\nAddress = ::/64\n", 2, "of no host"},
		{"[Black]\nAddress = 255.255.255.255/24\n", 2, "reserved"},
		{"[Black]\nAddress = ::ffff:10.0.0.1/120\n", 2, "written as IPv6"},
		{"[Black]\nAddress = 10.0.0.1/8,\n", 2, "empty element"},
		{"[Black]\nAddress = ,10.0.0.1/8\n", 2, "empty element"},
		{"[Black]\nAddress = 10.0.0.1/8\nAddress = 10.0.0.1/16\n", 3, "already in line 2"},
		{"[Black]\nGateway = gw.example\n", 2, "no address"},
		{"[Black]\nGateway = 0.0.0.0\n", 2, "of no host"},
		{"[Black]\nGateway = 10.0.0.1\n\nGateway = 10.0.0.2\n",
			4, "IPv4 gateway is already in line 2"},
		{"[Black]\nMemory = 65G\n", 2, "out of range; take at most 64G"},
		{"[Black]\nMemory = 99999999999G\n", 2, "no size"},
		{"[Black]\nMemory = 64 MB\n", 2, "no size"},
		{"[Black]\nMemory = M\n", 2, "no size"},
		{"[Black]\nMtu = 655\n", 2, "no MTU for [Black]; take 656 to 65535"},
		{"[Black]\nMtu = 65536\n", 2, "no MTU for [Black]"},
		{"[Red]\nMtu = 575\n", 2, "no MTU for [Red]; take 576 to 65535"},
		{"[Red]\nMtu = auto\n", 2, "Mtu = 'auto' is no MTU"},
		{"[Crypt]\nMtu = 1400\n", 2, "belongs to [Black]"},
		{"[Black]\nHandshakeLimit = 10000001\n", 2, "take 0 (no limit) to 10000000"},
		{"[Black]\nHandshakeLimitPerSource = off\n", 2, "no number of messages"},
		{"[Black]\nCookieLimit = -1\n", 2, "CookieLimit = '-1'"},
		{"[Red]\nCookieLimit = 1\n", 2, "belongs to [Black]"},
		{"[Black]\nUdpChecksum = on\n", 2, "take one of: no, yes"},
		{"[Red]\nUdpChecksum = yes\n", 2, "it belongs to [Black]"},
		{"[Red]\nSecure = 10.0.0.0/8, some\n", 2, "'some' is no network"},
		{"[Red]\nUnsecure = x\n", 2, "did you mean Secure?"},
		{NULL, 0, NULL}};

	refuse_all(wrong);
}

static void values_of_crypt(void)
{
	static const struct wrong wrong[] = {
		{"[Crypt]\nEngine = openssl\n", 2, "take one of: auto, ipsec-mb, sodium, cryptodev"},
		{"[Crypt]\nEngine = crypto_\n", 2, "is none of the choices"},
		{"[Crypt]\nEngine = crypto_aesni_mb,\n", 2, "is none of the choices"},
		{"[Crypt]\nEngine = net_null0\n", 2, "or a DPDK device such as crypto_aesni_mb"},
		{"[Crypt]\nEngine = crypto_a,b=cccccccccccccccccccccccccccccccccccccc\n", 2,
			"more than 47 characters"},
		{"[Crypt]\nListenPort = 0\n", 2, "is no UDP port"},
		{"[Crypt]\nListenPort = 65536\n", 2, "is no UDP port"},
		{"[Crypt]\nCores = 0, 0, 0, 0, 0, 0, 0, 0\nCores = 0, 0, 0, 0, 0, 0, 0, 0, 0\n", 3,
			"Cores names more than 16 CPUs"},
		{"[Crypt]\nCores = 0, x\n", 2, ""},
		{"[Crypt]\nDscp = 46\n", 2, "take one of: 0, copy"},
		{"[Crypt]\nEcn = yes\n", 2, "take one of: 0, copy"},
		{"[Crypt]\nKeyStore = /x\n", 2,
			"KeyStore is not supported by this version; use PrivateKeyFile"},
		{"[Crypt]\nPrivateKey = " PSK "\n", 2, "a file of its own with mode 0600"},
		{"[Crypt]\nPrivateKeyFile = nowhere\n", 2, "'nowhere' cannot be opened"},
		{"[Crypt]\nPrivateKeyFile = zero\n", 2, "the private key is zero"},
		{"[Crypt]\nPrivateKeyFile =\n", 2, "no file is named"},
		{NULL, 0, NULL}};

	refuse_all(wrong);
}

#define BLACK(port, rest) "[Node]\nName = a\n[Black]\nPort = " port "\n" rest
#define RED(port, rest)   "[Red]\nPort = " port "\n" rest "[Crypt]\nPrivateKeyFile = key\n"

static void what_does_not_go_together(void)
{
	static const struct wrong wrong[] = {
		{"[Node]\nName = a\n", 2, "there is no [Black]"},
		{BLACK("iface:a", "[Red]\n"), 3, "[Black] has no Address"},
		{BLACK("iface:a", "Address = 10.0.0.1/24\n[Red]\nPort = iface:b\n"),
			6, "[Red] has no Address"},
		{BLACK("iface:a", "Address = 10.0.0.1/24\n")
			RED("iface:a", "Address = 10.0.1.1/24\n"),
			7, "the same Port as [Black] in line 4"},
		{BLACK("7:00.0", "Address = 10.0.0.1/24\n"), 4, "is no port"},
		{BLACK("17:00.0", "Address = 10.0.0.1/24\n")
			RED("0000:17:00.0", "Address = 10.0.1.1/24\n"),
			7, "the same Port"},
		{"[Node]\nHugepages = off\nName = a\n[Black]\nPort = iface:a\nAddress = 10.0.0.1/24\n"
			RED("17:00.0", "Address = 10.0.1.1/24\n"), 2, "PCI port in line 8 needs them"},
		{"[Node]\nHugepages = off\nName = a\n[Black]\nPort = 17:00.0\nAddress = 10.0.0.1/24\n"
			RED("net_null1", "Address = 10.0.1.1/24\n"), 2, "PCI port in line 5 needs them"},
		{BLACK("net_x0,a=1", "Address = 10.0.0.1/24\n")
			RED("net_x0,a=2", "Address = 10.0.1.1/24\n"),
			7, "the same Port"},
		{BLACK("iface:a", "Address = 10.0.0.1/16\n")
			RED("iface:b", "Address = 10.0.1.1/24\n"),
			8, "the red network 10.0.1.1/24 overlaps the black one in line 5"},
		{BLACK("iface:a", "Address = 10.0.0.1/24\n")
			RED("iface:b", "\nAddress = 10.1.1.1/8\n"),
			9, "overlaps"},
		{BLACK("iface:a", "Address = 10.0.0.1/24\nGateway = 10.0.2.1\n") RED("iface:b",
			"Address = 10.0.1.1/24\n"), 6, "in no network of [Black] Address"},
		{BLACK("iface:a", "Gateway = 10.0.0.1\nAddress = 10.0.0.1/24\n") RED("iface:b",
			"Address = 10.0.1.1/24\n"), 5, "this port's own address"},
		{NULL, 0, NULL}};

	refuse_all(wrong);
	CU_ASSERT_EQUAL(rig_parse(BLACK("iface:a", "Address = 10.0.0.1/24, fe80::1/64\n")
		RED("iface:b", "Address = 10.0.1.1/24, fe80::2/64\n")), 0);
	rig_free();
	CU_ASSERT_EQUAL(rig_parse("[Node]\nHugepages = off\nName = a\n[Black]\nPort = iface:a\n"
		"Address = 10.0.0.1/24\n" RED("net_null1", "Address = 10.0.1.1/24\n")), 0);
	rig_free();
}

static void rules_are_refused(void)
{
	static const struct wrong wrong[] = {
		{SITE "[Rule]\nFrom = 10.0.1.0/24\nTo = any\nProtocol = tcp\nPort = 443\n"
			"Action = bypass\n",
			11, "rules are not enforced by this version"},
		{SITE "\n[Rule]\nAction = allow\n[Rule]\nAction = deny\n",
			12, "rules are not enforced"},
		{SITE "[Rule]\nAction = pass\n", 12, "take one of: allow, bypass, deny"},
		{SITE "[Rule]\nFrom = here\n", 12, "no network"},
		{SITE "[Rule]\nProtocol = gre\n", 12, "is unknown"},
		{SITE "[Rule]\nPort = 5-4\n", 12, "is no port"},
		{SITE "[Rule]\nPort = 65536\n", 12, "is no port"},
		{SITE "[Rule]\nPort = 1-2\nAction = deny\n", 12, "needs Protocol"},
		{SITE "[Rule]\nTo = any\n\n[Rule]\n", 14, "has no Action"},
		{NULL, 0, NULL}};

	refuse_all(wrong);
}

/* inih has room for 200 bytes and drops the rest of a longer line without a word. */
static void long_lines(void)
{
	char text[2048];
	char filler[512];

	memset(filler, 'a', sizeof(filler));
	filler[sizeof(filler) - 1] = '\0';
	snprintf(text, sizeof(text),
		"[Node]\nName = a\n# %s\n[Black]\nPort = net_x,k=%.100s # %s\nX = 1\n",
		filler, filler, filler);
	CU_ASSERT_TRUE(rig_refused(text, 6, "unknown key 'X'")); /* comments may be long */
	snprintf(text, sizeof(text), "[Node]\nName = a\n\n[Black]\nPort = net_x,k=%s\n", filler);
	CU_ASSERT_TRUE(rig_refused(text, 5, "more than 191; shorten it"));
	snprintf(text, sizeof(text), "[Black]\nPort = net_x,k=%.150s\n", filler);
	CU_ASSERT_TRUE(rig_refused(text, 2, "Port has more than 127 characters"));
	snprintf(text, sizeof(text), "[Black]\nAddress = 10.0.0.1/8, %s\n", filler);
	CU_ASSERT_TRUE(rig_refused(text, 2, "shorten it"));
}

/* The longest line that inih takes whole reaches the handler whole. */
static void longest_line(void)
{
	char text[512];

	for (int length = 180; length < 200; length++) {
		snprintf(text, sizeof(text), "[Crypt]\nPrivateKeyFile = %0*d\n", length, 0);
		bool whole = length <= 181;
		CU_ASSERT_EQUAL(rig_parse(text), -EINVAL);
		CU_ASSERT_EQUAL(strlen(rig_path), whole ? (size_t)length : 0);
		CU_ASSERT_PTR_NOT_NULL(
			strstr(rig_error, whole ? "cannot be opened" : "shorten it"));
	}
}

static const struct unit_test tests[] = {
	{"every key of a site", accept_whole_site},
	{"defaults, and freeing wipes", defaults},
	{"any case, comments, blanks, CRLF, no end of line", any_way_of_writing},
	{"ports: interface, PCI, vdev", ports},
	{"lines that are no section and no key", lines_that_are_none},
	{"values of [Node]", values_of_node},
	{"values of [Black] and [Red]", values_of_domains},
	{"values of [Crypt]", values_of_crypt},
	{"an engine is one of ours, or a device of DPDK's", engines},
	{"what is missing or does not go together", what_does_not_go_together},
	{"rules are refused: nothing enforces them", rules_are_refused},
	{"a line that would be cut is an error", long_lines},
	{"the longest line arrives whole", longest_line},
	{NULL, NULL}};

const struct unit_suite suite_config = {"config", tests};
