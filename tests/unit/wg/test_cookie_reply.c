/* SPDX-License-Identifier: BSD-3-Clause */
/* Cookie replies as a device sees them: whose are they, and what do they change? */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"
#include "fixture.h"
#include "suites.h"
#include "util/bytes.h"
#include "wg/cookie.h"
#include "wg/state.h"

static struct pair p;
static struct cookie_checker guard[2]; /* black's, on each side */

static void begin(void)
{
	pair_init(&p, 3);
	for (unsigned side = 0; side < 2; side++)
		cookie_checker_init(&guard[side], p.device[side]->identity.public_key);
}

/* What side's black answers under load to a message from the other side. */
static struct message_cookie reply_of(unsigned side, const uint8_t *message, size_t length)
{
	struct message_cookie reply;

	CU_ASSERT_TRUE(cookie_check_mac1(&guard[side], message, length));
	cookie_make_reply(&guard[side], &reply, message, length, &p.at[!side], p.now.boot_ns);
	return reply;
}

static bool passes(unsigned side, const uint8_t *message, size_t length)
{
	return cookie_check_mac1(&guard[side], message, length) &&
		cookie_check_mac2(&guard[side], message, length, &p.at[!side], p.now.boot_ns);
}

/* The jar alone may change: no endpoint, no timer, no counter, no index, no action. */
static void check_consumed(unsigned to, const struct message_cookie *reply, int error)
{
	struct peer before = *pair_peer(&p, to);
	uint32_t indices = p.device[to]->indices.used;
	uint64_t deadline = wg_next_deadline(p.device[to]);
	struct endpoint elsewhere = {.addr = {.family = 4, .bytes = {203, 0, 113, 9}}, .port = 9};

	wg_actions_clear(&p.actions);
	CU_ASSERT_EQUAL(wg_receive(p.device[to], p.now, &elsewhere, &p.at[to].addr,
		(const uint8_t *)reply, sizeof(*reply), &p.actions), error);
	CU_ASSERT_EQUAL(p.actions.count, 0);
	CU_ASSERT_EQUAL(p.device[to]->indices.used, indices);
	CU_ASSERT_EQUAL(wg_next_deadline(p.device[to]), deadline);
	struct peer after = *pair_peer(&p, to);
	if (error == 0)
		after.jar = before.jar;
	CU_ASSERT_EQUAL(memcmp(&before, &after, sizeof(before)), 0);
}

/* A22's two sides: an initiation is refused, the next one is let in. */
static void initiator(void)
{
	uint8_t message[148];
	struct session_keys keys;
	uint8_t response[92];

	begin();
	CU_ASSERT_TRUE(pair_initiate(&p, 0, message));
	CU_ASSERT_FALSE(passes(1, message, 148));
	struct message_cookie reply = reply_of(1, message, 148);
	check_consumed(0, &reply, 0);
	check_consumed(0, &reply, -ENOENT);
	/* nothing goes out before its time (A33) */
	pair_advance(&p, 5 * CLOCK_SECOND - 1);
	CU_ASSERT_FALSE(pair_tick(&p, 0));
	CU_ASSERT_EQUAL(p.actions.count, 0);
	pair_next(&p, 0);
	const struct wg_action *send = pair_action(&p, WG_SEND);
	CU_ASSERT_PTR_NOT_NULL_FATAL(send);
	memcpy(message, send->data, 148);
	CU_ASSERT_TRUE(passes(1, message, 148));
	CU_ASSERT_TRUE(pair_respond(&p, 1, message, &keys, response));
	CU_ASSERT_TRUE(cookie_check_mac1(&guard[0], response, 92));
	CU_ASSERT_FALSE(cookie_has_mac2(response, 92)); /* the responder has no cookie of ours */
	pair_free(&p);
}

/* A21: an initiator under load asks a responder likewise; the index is that of a session. */
static void responder(void)
{
	uint8_t message[148], response[92];
	struct session_keys keys;

	begin();
	CU_ASSERT_TRUE(pair_initiate(&p, 0, message));
	CU_ASSERT_TRUE(pair_respond(&p, 1, message, &keys, response));
	CU_ASSERT_FALSE(passes(0, response, 92));
	struct message_cookie reply = reply_of(0, response, 92);
	CU_ASSERT_EQUAL(get_le32(reply.receiver_index), keys.local_index);
	check_consumed(1, &reply, 0);
	pair_next(&p, 0); /* the initiator tries again */
	const struct wg_action *send = pair_action(&p, WG_SEND);
	CU_ASSERT_PTR_NOT_NULL_FATAL(send);
	memcpy(message, send->data, 148);
	CU_ASSERT_TRUE(pair_respond(&p, 1, message, &keys, response));
	CU_ASSERT_TRUE(passes(0, response, 92));
	pair_free(&p);
}

/* A cookie that comes while crypt installs the session is used for the response. */
static void while_response_waits(void)
{
	uint8_t first[148], second[148], response[92];
	struct session_keys keys[2];

	begin();
	CU_ASSERT_TRUE(pair_establish(&p, 0, keys));
	pair_advance(&p, 10 * CLOCK_SECOND);
	CU_ASSERT_TRUE(pair_initiate(&p, 1, first)); /* it draws a cookie reply of side 0 */
	pair_advance(&p, 2 * CLOCK_SECOND);
	CU_ASSERT_TRUE(pair_initiate(&p, 0, second));
	CU_ASSERT_EQUAL(pair_deliver(&p, 1, second, 148), 0);
	uint32_t index = pair_action(&p, WG_INSTALL)->keys.local_index;
	/* the initiation that it was a reply to has given way to the session by now */
	struct message_cookie reply = reply_of(0, first, 148);
	put_le32(reply.receiver_index, index);
	check_consumed(1, &reply, 0);
	pair_installed(&p, 1, index);
	memcpy(response, pair_action(&p, WG_SEND)->data, 92);
	CU_ASSERT_TRUE(passes(0, response, 92));
	pair_free(&p);
}

static void not_ours(void)
{
	uint8_t message[148];

	begin();
	CU_ASSERT_TRUE(pair_initiate(&p, 0, message));
	struct message_cookie reply = reply_of(1, message, 148);
	reply.receiver_index[0] ^= 1;
	check_consumed(0, &reply, -ENOENT);
	reply.receiver_index[0] ^= 1;
	reply.encrypted_cookie[3] ^= 1;
	check_consumed(0, &reply, -EBADMSG);
	reply.encrypted_cookie[3] ^= 1;
	reply.type[2] = 1;
	check_consumed(0, &reply, -EPROTO); /* A1 */
	reply.type[2] = 0;
	check_consumed(1, &reply, -ENOENT); /* back to its sender */
	check_consumed(0, &reply, 0);
	pair_free(&p);
}

static void without_key(void)
{
	uint8_t message[148];
	uint32_t removed;

	begin();
	CU_ASSERT_TRUE(pair_initiate(&p, 0, message));
	struct message_cookie reply = reply_of(1, message, 148);
	wg_set_private_key(p.device[0], NULL, &removed);
	check_consumed(0, &reply, -ENOKEY);
	pair_free(&p);
}

/* A17: at most 115 s, by the clock of whoever has it. */
static void cookie_ages(void)
{
	uint8_t message[148];

	begin();
	CU_ASSERT_TRUE(pair_initiate(&p, 0, message));
	struct message_cookie reply = reply_of(1, message, 148);
	check_consumed(0, &reply, 0);
	uint64_t received = p.now.boot_ns;
	unsigned with = 0, without = 0;
	while (p.now.boot_ns < received + 130 * CLOCK_SECOND) {
		pair_report(&p, 0, PEER_NEEDS_SESSION); /* A35: goes on trying */
		pair_next(&p, 0);
		const struct wg_action *send = pair_action(&p, WG_SEND);
		if (!send)
			continue;
		bool fresh = p.now.boot_ns - received <= 115 * CLOCK_SECOND;
		CU_ASSERT_EQUAL(cookie_has_mac2(send->data, 148), fresh);
		CU_ASSERT_EQUAL(passes(1, send->data, 148), fresh);
		with += fresh;
		without += !fresh;
	}
	CU_ASSERT(with >= 20 && without >= 2);
	pair_free(&p);
}

static const struct unit_test tests[] = {
	{"A20, A21: an initiator takes a cookie and uses it when its next try is due", initiator},
	{"A20, A21: a responder likewise, by its session's index", responder},
	{"A17, A20: macs are made when the response is sent", while_response_waits},
	{"A20: replies of strangers, and bent ones", not_ours},
	{"A15, A20: without a key there is nobody to take one", without_key},
	{"A17: initiations carry mac2 for 115 s", cookie_ages},
	{NULL, NULL},
};

const struct unit_suite suite_cookie_reply = {"cookie_reply", tests};
