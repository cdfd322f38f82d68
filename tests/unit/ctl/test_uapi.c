/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/provider.h"
#include "ctl/uapi.h"
#include "suites.h"

#define KEY_1 "1111111111111111111111111111111111111111111111111111111111111111"
#define KEY_2 "2222222222222222222222222222222222222222222222222222222222222222"
#define ZERO  "0000000000000000000000000000000000000000000000000000000000000000"

static struct uapi_request request;

/* The error of the request; the request must be taken whole. */
static int parse(const char *text)
{
	size_t length = strlen(text);

	uapi_request_reset(&request);
	CU_ASSERT_EQUAL(uapi_request_feed(&request, (const uint8_t *)text, length), length);
	CU_ASSERT(request.complete);
	return request.error;
}

static int parse_set(const char *lines)
{
	char text[4096];

	snprintf(text, sizeof(text), "set=1\n%s\n", lines);
	return parse(text);
}

static void test_get(void)
{
	CU_ASSERT_EQUAL(parse("get=1\n\n"), 0);
	CU_ASSERT_EQUAL(request.kind, UAPI_GET);
	CU_ASSERT_EQUAL(request.count, 0);
	CU_ASSERT_EQUAL(parse("get=1\nlisten_port=1\n\n"), EINVAL);
	CU_ASSERT_EQUAL(parse("get=2\n\n"), EINVAL);
	CU_ASSERT_EQUAL(request.kind, UAPI_GET);
}

static void test_set(void)
{
	static const enum uapi_op_kind kinds[] = {UAPI_PRIVATE_KEY, UAPI_LISTEN_PORT,
		UAPI_REPLACE_PEERS, UAPI_PEER, UAPI_UPDATE_ONLY, UAPI_PRESHARED_KEY, UAPI_ENDPOINT,
		UAPI_KEEPALIVE, UAPI_REPLACE_ALLOWED_IPS, UAPI_ALLOWED_IP, UAPI_ALLOWED_IP_REMOVE,
		UAPI_PEER, UAPI_REMOVE};

	CU_ASSERT_EQUAL(
		parse_set("private_key=" KEY_1 "\nlisten_port=51820\nfwmark=0\n"
			  "replace_peers=true\npublic_key=" KEY_2 "\nupdate_only=true\n"
			  "preshared_key=" KEY_1 "\nendpoint=[2001:db8::1]:7\n"
			  "persistent_keepalive_interval=25\nreplace_allowed_ips=true\n"
			  "allowed_ip=10.1.2.3/8\nallowed_ip=-fd00::/64\nprotocol_version=1\n"
			  "public_key=" KEY_1 "\nremove=true\n"),
		0);
	CU_ASSERT_EQUAL_FATAL(request.count, sizeof(kinds) / sizeof(kinds[0]));
	for (size_t i = 0; i < request.count; i++)
		CU_ASSERT_EQUAL(request.ops[i].kind, kinds[i]);
	CU_ASSERT_EQUAL(request.ops[0].key[31], 0x11);
	CU_ASSERT_EQUAL(request.ops[1].number, 51820);
	CU_ASSERT_EQUAL(request.ops[3].key[0], 0x22);
	CU_ASSERT_EQUAL(request.ops[6].endpoint.port, 7);
	CU_ASSERT_EQUAL(request.ops[6].endpoint.addr.family, 6);
	CU_ASSERT_EQUAL(request.ops[7].number, 25);
	CU_ASSERT_EQUAL(request.ops[9].prefix.length, 8);
	CU_ASSERT_EQUAL(request.ops[9].prefix.addr.bytes[1], 0); /* A46: host bits */
	CU_ASSERT_EQUAL(request.ops[10].prefix.length, 64);
}

static void test_refused(void)
{
	static const char *const wrong[] = {
		"listen_port=65536\n",
		"listen_port=-1\n",
		"listen_port=+1\n",
		"listen_port=\n",
		"listen_port= 1\n",
		"listen_port=0x10\n",
		"listen_port=99999999999999999999\n",
		"fwmark=1\n",
		"fwmark=\n",
		"private_key=11\n",
		"private_key=" KEY_1 "1\n",
		"private_key=" KEY_1 " \n",
		"private_key=xx11111111111111111111111111111111111111111111"
		"111111111111111111\n",
		"replace_peers=false\n",
		"replace_peers=1\n",
		"allowed_ip=10.0.0.0/8\n",
		"remove=true\n",
		"public_key=\n",
		"public_key=" KEY_1 "\nlisten_port=1\n",
		"public_key=" KEY_1 "\nprivate_key=" KEY_1 "\n",
		"public_key=" KEY_1 "\nreplace_peers=true\n",
		"public_key=" KEY_1 "\nfwmark=0\n",
		"public_key=" KEY_1 "\nremove=yes\n",
		"public_key=" KEY_1 "\nupdate_only=false\n",
		"public_key=" KEY_1 "\nallowed_ip=10.0.0.0/33\n",
		"public_key=" KEY_1 "\nallowed_ip=::/129\n",
		"public_key=" KEY_1 "\nallowed_ip=--::/1\n",
		"public_key=" KEY_1 "\nallowed_ip=10.0.0/8\n",
		"public_key=" KEY_1 "\nallowed_ip=\n",
		"public_key=" KEY_1 "\nendpoint=10.0.0.1\n",
		"public_key=" KEY_1 "\nendpoint=10.0.0.1:0\n",
		"public_key=" KEY_1 "\nendpoint=::1:80\n",
		"public_key=" KEY_1 "\nendpoint=host:80\n",
		"public_key=" KEY_1 "\nendpoint=[fe80::1%eth0]:80\n",
		"public_key=" KEY_1 "\npersistent_keepalive_interval=65536\n",
		"public_key=" KEY_1 "\npersistent_keepalive_interval=off\n",
		"public_key=" KEY_1 "\nprotocol_version=2\n",
		"public_key=" KEY_1 "\nrx_bytes=1\n",
		"unknown=1\n",
		"listen_port\n",
		"=1\n",
		"get=1\n",
		"set=1\n",
		" listen_port=1\n",
		"Listen_port=1\n",
		"protocol_version=1\n",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (parse_set(wrong[i]) != EINVAL)
			CU_FAIL(wrong[i]);
		CU_ASSERT_PTR_NULL(request.ops);
	}
	CU_ASSERT_EQUAL(parse("\n"), EINVAL);
	CU_ASSERT_EQUAL(parse("listen_port=1\n\n"), EINVAL);
	CU_ASSERT_EQUAL(parse("set=0\n\n"), EINVAL);
	CU_ASSERT_EQUAL(request.kind, UAPI_SET);
}

static void test_boundaries(void)
{
	CU_ASSERT_EQUAL(parse_set("listen_port=0\n"), 0);
	CU_ASSERT_EQUAL(parse_set("listen_port=65535\n"), 0);
	CU_ASSERT_EQUAL(request.ops[0].number, 65535);
	CU_ASSERT_EQUAL(parse_set("private_key=" ZERO "\n"), 0);
	CU_ASSERT_EQUAL(
		parse_set("public_key=" KEY_1 "\nallowed_ip=0.0.0.0/0\nallowed_ip=::/0\n"), 0);
	CU_ASSERT_EQUAL(request.ops[1].prefix.length, 0);
	CU_ASSERT_EQUAL(parse_set("public_key=" KEY_1 "\nallowed_ip=255.255.255.255/32\n"), 0);
	CU_ASSERT_EQUAL(
		parse_set("public_key=" KEY_1 "\npersistent_keepalive_interval=65535\n"), 0);
	CU_ASSERT_EQUAL(parse_set(""), 0);
	CU_ASSERT_EQUAL(request.count, 0);
}

/* Where it is wrong, for the log; never what was there. */
static void test_where(void)
{
	static const struct {
		const char *lines;
		unsigned line; /* after set=1 */
		const char *key; /* "none": none that is known */
	} wrong[] = {
		{"listen_port=1\nlisten_port=x\nlisten_port=y\n", 3, "listen_port"},
		{"public_key=" KEY_1 "\nallowed_ip=10.0.0.0/33\n", 3, "allowed_ip"},
		{"private_key=11\n", 2, "private_key"},
		{"public_key=\n", 2, "public_key"},
		{"fwmark=1\n", 2, "fwmark"},
		{"public_key=" KEY_1 "\nlisten_port=1\n", 3, "listen_port"}, /* not of a peer */
		{KEY_1 "=1\n", 2, "none"},
		{KEY_1 "\n", 2, "none"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CU_ASSERT_EQUAL(parse_set(wrong[i].lines), EINVAL);
		CU_ASSERT_EQUAL(request.error_line, wrong[i].line);
		CU_ASSERT_STRING_EQUAL(
			request.error_key ? request.error_key : "none", wrong[i].key);
	}
	CU_ASSERT_EQUAL(parse_set("listen_port=1\n"), 0);
	CU_ASSERT_PTR_NULL(request.error_key);
}

/* All or nothing: a wrong last line takes the good ones with it, and the rest is still read. */
static void test_late_error(void)
{
	const char *text = "set=1\nlisten_port=1\nnonsense=1\nlisten_port=2\n\nget=1\n\n";
	const uint8_t *bytes = (const uint8_t *)text;

	uapi_request_reset(&request);
	size_t taken = uapi_request_feed(&request, bytes, strlen(text));
	CU_ASSERT_EQUAL(taken, strlen(text) - strlen("get=1\n\n"));
	CU_ASSERT_EQUAL(request.error, EINVAL);
	CU_ASSERT_EQUAL(request.count, 0);
	uapi_request_reset(&request);
	CU_ASSERT_EQUAL(uapi_request_feed(&request, bytes + taken, 7), 7);
	CU_ASSERT_EQUAL(request.kind, UAPI_GET);
	CU_ASSERT_EQUAL(request.error, 0);
}

static void test_split(void)
{
	const char *text =
		"set=1\nprivate_key=" KEY_1 "\npublic_key=" KEY_2 "\nallowed_ip=10.0.0.0/8\n"
		"endpoint=192.0.2.1:51820\n\n";
	size_t length = strlen(text);

	CU_ASSERT_EQUAL_FATAL(parse(text), 0);
	size_t count = request.count;
	struct uapi_op whole[8];
	memcpy(whole, request.ops, count * sizeof(whole[0]));
	for (size_t cut = 1; cut < length; cut++) {
		uapi_request_reset(&request);
		CU_ASSERT_EQUAL(uapi_request_feed(&request, (const uint8_t *)text, cut), cut);
		CU_ASSERT_FALSE(request.complete);
		uapi_request_feed(&request, (const uint8_t *)text + cut, length - cut);
		CU_ASSERT(request.complete && request.error == 0 && request.count == count);
		CU_ASSERT_EQUAL(memcmp(request.ops, whole, count * sizeof(whole[0])), 0);
	}
	uapi_request_reset(&request);
	for (size_t i = 0; i < length; i++)
		CU_ASSERT_EQUAL(uapi_request_feed(&request, (const uint8_t *)text + i, 1), 1);
	CU_ASSERT(request.complete && request.error == 0 && request.count == count);
}

static void test_line_lengths(void)
{
	char text[1024] = "set=1\n";

	/* no newline for ever; then a zero byte within a line */
	memset(text + 6, 'a', 600);
	CU_ASSERT_EQUAL(parse(strcpy(text + 606, "\n\n") ? text : text), EINVAL);
	uapi_request_reset(&request);
	static const uint8_t zero[] = "set=1\nlisten_port=1\0002\n\n";
	uapi_request_feed(&request, zero, sizeof(zero) - 1);
	CU_ASSERT(request.complete);
	CU_ASSERT_EQUAL(request.error, EINVAL);
}

/* 64 MiB at most; what is good so far is not applied either. */
static void test_huge(void)
{
	static const char line[] = "listen_port=1\n";
	size_t fed = 6;

	uapi_request_reset(&request);
	uapi_request_feed(&request, (const uint8_t *)"set=1\n", 6);
	for (unsigned i = 0; i < 100000; i++)
		uapi_request_feed(&request, (const uint8_t *)line, sizeof(line) - 1);
	CU_ASSERT_EQUAL(request.count, 100000);
	CU_ASSERT_EQUAL(request.ops[99999].number, 1);
	fed += 100000 * (sizeof(line) - 1);
	uint8_t *rest = calloc(1, 1 << 20);
	memset(rest, 'x', 1 << 20);
	while (!request.complete && fed <= UAPI_REQUEST_MAX + (1 << 20))
		fed += uapi_request_feed(&request, rest, 1 << 20);
	free(rest);
	CU_ASSERT(request.complete && request.too_long);
	CU_ASSERT_EQUAL(request.error, E2BIG);
	CU_ASSERT_PTR_NULL(request.ops);
	uapi_request_reset(&request);
}

static const char *text_of(struct text *t)
{
	text_append(t, "", 1);
	return t->bytes;
}

static void test_errno_signs(void)
{
	struct text t;

	text_init(&t);
	uapi_format_end(&t, UAPI_GET, 0);
	uapi_format_end(&t, UAPI_GET, EINVAL);
	uapi_format_end(&t, UAPI_SET, 0);
	uapi_format_end(&t, UAPI_SET, EINVAL);
	CU_ASSERT_STRING_EQUAL(text_of(&t), "errno=0\n\nerrno=22\n\nerrno=0\n\nerrno=-22\n\n");
	text_free(&t);
}

static void test_answer(void)
{
	static const uint8_t secret[32] = {0xab};
	struct wg_peer_info info = {
		.persistent_keepalive = 25, .last_handshake_wall_ns = 1700000000000000007};
	struct uapi_peer peer = {.info = &info, .rx_bytes = 1, .tx_bytes = UINT64_MAX, .slot = 2};
	struct ip_prefix prefix;
	struct routes routes;
	struct text t;

	text_init(&t);
	routes_init(&routes, 3);
	routes_reserve(&routes, 2);
	prefix_parse(&prefix, "10.0.0.0/8");
	routes_set(&routes, &prefix, 2);
	prefix_parse(&prefix, "fd00::/64");
	routes_set(&routes, &prefix, 2);
	peer.routes = &routes;
	memset(info.public_key, 0x22, 32);
	endpoint_parse(&info.endpoint, "[2001:db8::1]:51820");
	uapi_format_device(&t, &(struct uapi_device){.listen_port = 51820});
	uapi_format_peer(&t, &peer);
	/* C28: rx and tx are not swapped */
	CU_ASSERT_STRING_EQUAL(text_of(&t),
		"listen_port=51820\npublic_key=" KEY_2 "\nprotocol_version=1\n"
		"endpoint=[2001:db8::1]:51820\nlast_handshake_time_sec=1700000000\n"
		"last_handshake_time_nsec=7\ntx_bytes=18446744073709551615\nrx_bytes=1\n"
		"persistent_keepalive_interval=25\nallowed_ip=10.0.0.0/8\nallowed_ip=fd00::/64\n");
	text_free(&t);
	peer.preshared_key = secret;
	uapi_format_device(&t, &(struct uapi_device){.private_key = secret});
	uapi_format_peer(&t, &peer);
	const char *shown = text_of(&t);
	CU_ASSERT_EQUAL(strncmp(shown, "private_key=ab00", 16), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(shown, "\npreshared_key=ab00"));
	text_free(&t);
	routes_free(&routes);
}

static const struct unit_test tests[] = {
	{"U: get", test_get},
	{"U: set, every key", test_set},
	{"U, C23: whatever is not exactly right is EINVAL", test_refused},
	{"U: the line and the key that are wrong", test_where},
	{"U: boundaries of values", test_boundaries},
	{"U: nothing of a request with an error is left, and the next one is understood",
		test_late_error},
	{"U: a request cut at any byte", test_split},
	{"U: lines too long and zero bytes", test_line_lengths},
	{"U, C24: a huge request", test_huge},
	{"U: errno is positive for get, negative for set", test_errno_signs},
	{"U, C28: an answer, with and without secrets", test_answer},
	{NULL, NULL},
};

const struct unit_suite suite_uapi = {"uapi", tests};
