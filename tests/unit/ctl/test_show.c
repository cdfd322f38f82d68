/* SPDX-License-Identifier: BSD-3-Clause */
/* The control socket's answers, and what encrypterctl makes of them. */
#include <stdlib.h>
#include <string.h>

#include "ctl/show.h"
#include "ctl/verb.h"
#include "encrypterctl/commands.h"
#include "encrypterctl/json.h"
#include "suites.h"

/* ---- requests ---- */

static struct verb_request request;

static const char *parse(const char *text)
{
	verb_request_reset(&request);
	CU_ASSERT_EQUAL(
		verb_request_feed(&request, (const uint8_t *)text, strlen(text)), strlen(text));
	CU_ASSERT(request.complete);
	return request.error;
}

static void test_requests(void)
{
	CU_ASSERT_PTR_NULL(parse("verb=show\n\n"));
	CU_ASSERT_EQUAL(request.verb, VERB_show);
	CU_ASSERT_PTR_NULL(parse("verb=stats\n\n"));
	CU_ASSERT_EQUAL(request.verb, VERB_stats);
	CU_ASSERT_PTR_NOT_NULL(parse("verb=zeroize\n\n"));
	CU_ASSERT_PTR_NOT_NULL(parse("verb=\n\n"));
	CU_ASSERT_PTR_NOT_NULL(parse("\n"));
	CU_ASSERT_PTR_NOT_NULL(parse("verb=show\nverb=show\n\n"));
	CU_ASSERT_PTR_NOT_NULL(parse("verb=show\nforce=yes\n\n"));
	CU_ASSERT_PTR_NOT_NULL(parse("show\n\n"));
	for (size_t cut = 1; cut < strlen("verb=status\n\n"); cut++) {
		const uint8_t *text = (const uint8_t *)"verb=status\n\n";
		verb_request_reset(&request);
		verb_request_feed(&request, text, cut);
		CU_ASSERT_FALSE(request.complete);
		verb_request_feed(&request, text + cut, 13 - cut);
		CU_ASSERT(request.complete && !request.error && request.verb == VERB_status);
	}
}

static void test_long_request(void)
{
	uint8_t junk[VERB_REQUEST_MAX + 1];

	memset(junk, '=', sizeof(junk));
	verb_request_reset(&request);
	verb_request_feed(&request, junk, sizeof(junk));
	CU_ASSERT(request.complete && request.too_long && request.error);
}

/* ---- answers ---- */

static struct text answer;
static char *printed;

/* The answer so far, as encrypterctl has it. */
static struct reply reply_of_answer(void)
{
	CU_ASSERT(text_ok(&answer));
	text_append(&answer, "", 1);
	return (struct reply){answer.bytes, answer.length - 1};
}

#define PRINT(call)                                                                                \
	do {                                                                                       \
		size_t size_;                                                                      \
		free(printed);                                                                     \
		FILE *out = open_memstream(&printed, &size_);                                      \
		call;                                                                              \
		fclose(out);                                                                       \
	} while (0)

static void test_escapes(void)
{
	struct reply_line line;

	text_init(&answer);
	show_value(&answer, "key", "50% of\na\t\x7f line \xc3\xa9");
	struct reply reply = reply_of_answer();
	CU_ASSERT_STRING_EQUAL(reply.text, "key=50%25 of%0aa%09%7f line \xc3\xa9\n");
	CU_ASSERT(reply_find(&reply, "key", &line));
	char *text = reply_text(&line);
	CU_ASSERT_STRING_EQUAL(text, "50% of\na\t\x7f line \xc3\xa9");
	free(text);
	text_free(&answer);
}

static void test_bad_escapes(void)
{
	char text[] = "a=%\nb=%4\nc=%zz\nd=%00x\nno value\n=\ne=1";
	struct reply reply = {text, strlen(text)};
	struct reply_line line = {0};
	static const char *const values[] = {"%", "%4", "%zz", "%00x", "", "1"};

	for (unsigned i = 0; i < 6; i++) {
		CU_ASSERT_FATAL(reply_next(&reply, &line));
		char *value = reply_text(&line);
		CU_ASSERT_STRING_EQUAL(value, values[i]);
		free(value);
	}
	CU_ASSERT_FALSE(reply_next(&reply, &line));
}

static void fill_show(const char *name)
{
	struct wg_peer_info info = {.has_preshared_key = true,
		.persistent_keepalive = 25,
		.last_handshake_wall_ns = 1700000000999999999};
	struct show_peer peer = {
		.name = name, .info = &info, .rx_bytes = 1536, .tx_bytes = 3, .slot = 0};
	uint8_t key[32] = {1};
	struct ip_prefix prefix;
	struct routes routes;

	routes_init(&routes, 2);
	routes_reserve(&routes, 2);
	prefix_parse(&prefix, "10.0.2.0/24");
	routes_set(&routes, &prefix, 0);
	prefix_parse(&prefix, "fd00:2::/64");
	routes_set(&routes, &prefix, 0);
	peer.routes = &routes;
	endpoint_parse(&info.endpoint, "192.0.2.1:51820");
	peer.endpoint_name = "b.example.org:51820";
	text_init(&answer);
	show_device(&answer, &(struct show_device){"siteA", key, 51820});
	show_peer(&answer, &peer);
	memset(&info, 0, sizeof(info));
	peer = (struct show_peer){.name = "", .info = &info, .routes = &routes, .slot = 1};
	show_peer(&answer, &peer);
	show_end(&answer, 0, NULL);
	routes_free(&routes);
}

#define KEY_ONE  "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY_ZERO "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static void test_show_json(void)
{
	fill_show("site \"B\"\\\n");
	struct reply reply = reply_of_answer();
	PRINT(print_show_json(out, &reply));
	CU_ASSERT_STRING_EQUAL(printed,
		"{\"name\":\"siteA\",\"public_key\":\"" KEY_ONE
		"\",\"listen_port\":51820,\"peers\":["
		"{\"name\":\"site \\\"B\\\"\\\\\\u000a\",\"public_key\":\"" KEY_ZERO "\","
		"\"preshared_key\":true,\"endpoint\":\"192.0.2.1:51820\",\"endpoint_name\":\"b.example.org:51820\","
		"\"allowed_ips\":[\"10.0.2.0/24\",\"fd00:2::/64\"],\"latest_handshake\":1700000000,"
		"\"transfer\":{\"rx\":1536,\"tx\":3},\"persistent_keepalive\":25},"
		"{\"name\":\"\",\"public_key\":\"" KEY_ZERO "\",\"preshared_key\":false,"
		"\"endpoint\":null,\"endpoint_name\":null,\"allowed_ips\":[],\"latest_handshake\":0,"
		"\"transfer\":{\"rx\":0,\"tx\":0},\"persistent_keepalive\":0}]}\n");
	text_free(&answer);
}

static void test_show_no_peer(void)
{
	text_init(&answer);
	show_device(&answer, &(struct show_device){"x", NULL, 0});
	show_end(&answer, 0, NULL);
	struct reply reply = reply_of_answer();
	PRINT(print_show_json(out, &reply));
	CU_ASSERT_STRING_EQUAL(
		printed, "{\"name\":\"x\",\"public_key\":null,\"listen_port\":0,\"peers\":[]}\n");
	text_free(&answer);
}

static void test_show_people(void)
{
	fill_show("site\nB");
	struct reply reply = reply_of_answer();
	PRINT(print_show(out, &reply, 1700000000 + 3600 + 61));
	CU_ASSERT_STRING_EQUAL(printed,
		"interface: siteA\n  public key: " KEY_ONE "\n  listening port: 51820\n\n"
		"peer: " KEY_ZERO "\n  name: site%0aB\n  preshared key: (hidden)\n"
		"  endpoint: 192.0.2.1:51820\n  endpoint by name: b.example.org:51820\n  allowed ips: 10.0.2.0/24, fd00:2::/64\n"
		"  latest handshake: 1 hour, 1 minute, 1 second ago\n"
		"  transfer: 1.50 KiB received, 3 B sent\n"
		"  persistent keepalive: every 25 seconds\n\n"
		"peer: " KEY_ZERO "\n  allowed ips: (none)\n");
	PRINT(print_show(out, &reply, 1600000000)); /* the clock went back */
	CU_ASSERT_PTR_NOT_NULL(strstr(printed, "latest handshake: now\n"));
	text_free(&answer);
}

static void test_status(void)
{
	struct show_status status = {.name = "siteA",
		.pid = 42,
		.large = true,
		.uptime_s = 90061,
		.ready = true,
		.engine = "ipsec-mb",
		.hugepages = false,
		.clock_ahead_ns = 7200 * CLOCK_SECOND,
		.peers = 3,
		.peers_up = 2,
		.reports_stale = 6,
		.attack = {.count = 3, .ongoing = true, .seconds = 12, .messages = 600000,
			.sources = 1000}};

	text_init(&answer);
	show_status(&answer, &status);
	show_domain(&answer, "black", 7 * CLOCK_MS);
	show_domain(&answer, "crypt0", 0);
	show_end(&answer, 0, NULL);
	struct reply reply = reply_of_answer();
	PRINT(print_status_json(out, &reply));
	CU_ASSERT_EQUAL(strncmp(printed, "{\"name\":\"siteA\",\"version\":\"", 27), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(printed,
		"\"pid\":42,\"mode\":\"large\",\"uptime\":90061,\"ready\":true,"
		"\"engine\":\"ipsec-mb\","
		"\"hugepages\":false,\"clock_ahead\":7200,\"peers\":3,\"peers_up\":2,\"attack\":true,\"attacks\":3,"
		"\"attack_seconds\":12,\"attack_messages\":600000,\"attack_sources\":1000,"
		"\"handshakes_stale\":6,\"domains\":["
		"{\"name\":\"black\",\"silent_ms\":7},{\"name\":\"crypt0\",\"silent_ms\":0}]}\n"));
	PRINT(print_status(out, &reply));
	CU_ASSERT_PTR_NOT_NULL(strstr(printed, "peers      2 up of 3\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(printed, "clock      7200 s ahead, not believed"));
	CU_ASSERT_PTR_NOT_NULL(strstr(printed, "uptime     1 d 01:01:01\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(printed, "attack     now; 3 so far, this one for 12 s: 600000 "
		"messages from about 1000 sources\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(printed, "black      last round 7 ms ago\n"));
	text_free(&answer);
}

/* Counters of each list. */
#define ONE(name, help) +1
enum { COUNTERS = 0 BLACK_COUNTERS(ONE) RED_COUNTERS(ONE) CRYPT_COUNTERS(ONE)
	CONTROL_COUNTERS(ONE) };

static void test_stats_of_threads(void)
{
	static struct black_stats black;
	static struct red_stats red;
	static struct crypt_stats crypt[2];
	static struct control_stats control;
	const struct crypt_stats *threads[2] = {&crypt[0], &crypt[1]};

	crypt[0].drop_tag = 30;
	crypt[1].drop_tag = 12;
	text_init(&answer);
	show_stats(&answer, &black, &red, threads, 2, &control);
	show_end(&answer, 0, NULL);
	struct reply reply = reply_of_answer();
	PRINT(print_stats_json(out, &reply));
	CU_ASSERT_PTR_NOT_NULL(strstr(printed, ",\"drop_tag\":42,"));
	text_free(&answer);
}

static void test_stats(void)
{
	static struct black_stats black;
	static struct red_stats red;
	static struct crypt_stats crypt[2];
	const struct crypt_stats *threads[2] = {&crypt[0], &crypt[1]};
	static struct control_stats control;
	unsigned counters = 0;

	black.rx_packets = UINT64_MAX;
	red.drop_ttl = 5;
	text_init(&answer);
	show_stats(&answer, &black, &red, threads, 2, &control);
	show_end(&answer, 0, NULL);
	struct reply reply = reply_of_answer();
	PRINT(print_stats_json(out, &reply));
	CU_ASSERT_EQUAL(
		strncmp(printed, "{\"black\":{\"rx_packets\":18446744073709551615,", 44), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(printed, "},\"red\":{\"rx_packets\":0,"));
	CU_ASSERT_PTR_NOT_NULL(strstr(printed, ",\"drop_ttl\":5,"));
	CU_ASSERT_PTR_NOT_NULL(strstr(printed, ",\"drop_ring_full\":0},\"control\":{"));
	for (const char *at = printed; (at = strchr(at, ':')); at++)
		counters++;
	CU_ASSERT_EQUAL(counters, COUNTERS + 4); /* and the domains */
	PRINT(print_stats(out, &reply, false));
	CU_ASSERT_PTR_NOT_NULL(strstr(printed, "red\n               5  drop_ttl "));
	CU_ASSERT_PTR_NOT_NULL(strstr(printed, "packets whose TTL ended here\n"));
	CU_ASSERT_PTR_NULL(strstr(printed, "crypt\n"));
	PRINT(print_stats(out, &reply, true));
	CU_ASSERT_PTR_NOT_NULL(strstr(printed, "crypt\n"));
	text_free(&answer);
}

static void test_json_strings(void)
{
	struct json j = {0};

	PRINT(j.out = out; json_string(&j, NULL, "\x01\x1f\x7f/\"\\"));
	CU_ASSERT_STRING_EQUAL(printed, "\"\\u0001\\u001f\\u007f/\\\"\\\\\"");
	/* good UTF-8 as it is; overlong, surrogate, beyond the last, cut short: replaced */
	j.comma = false;
	PRINT(j.out = out; json_string(&j, NULL, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"));
	CU_ASSERT_STRING_EQUAL(printed, "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
	j.comma = false;
	PRINT(j.out = out;
		json_string(&j, NULL, "\xc0\xaf|\xed\xa0\x80|\xf4\x90\x80\x80|\xe2\x82"));
	CU_ASSERT_STRING_EQUAL(printed, "\"\\ufffd\\ufffd|\\ufffd\\ufffd\\ufffd|"
					"\\ufffd\\ufffd\\ufffd\\ufffd|\\ufffd\\ufffd\"");
	free(printed);
	printed = NULL;
}

static const struct unit_test tests[] = {
	{"requests: what is understood", test_requests},
	{"requests: too long", test_long_request},
	{"answers: escapes there and back", test_escapes},
	{"answers: lines that a broken daemon would send", test_bad_escapes},
	{"show: JSON, escaped", test_show_json},
	{"show: JSON without key and peers", test_show_no_peer},
	{"show: for people, like wg; a name cannot write to the terminal", test_show_people},
	{"status: JSON and text", test_status},
	{"stats: every counter, as JSON; those that count, as text", test_stats},
	{"stats: those of several crypt threads are added up", test_stats_of_threads},
	{"JSON strings: control characters and broken UTF-8", test_json_strings},
	{NULL, NULL},
};

const struct unit_suite suite_show = {"show", tests};
