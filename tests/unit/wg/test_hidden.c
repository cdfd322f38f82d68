/* SPDX-License-Identifier: BSD-3-Clause */
/* What a correct answer does not show: that nothing of a secret is left behind. */
#include <errno.h>
#include <string.h>

#include "crypto/dh.h"
#include "crypto/secret.h"
#include "fixture.h"
#include "suites.h"
#include "watch.h"
#include "wg/cookie.h"
#include "wg/state.h"

struct ends {
	struct noise_identity identity[2];
	struct noise_remote remote[2];
	struct noise_initiation initiation;
	struct noise_received received;
	struct message_initiation first;
	struct message_response second;
	struct session_keys keys[2];
	int error; /* of the last step */
};

static struct ends e;
static uint8_t chosen[2][32]; /* private keys */

/* ---- steps, each on a stack of its own ---- */

static void set_identities(void)
{
	for (unsigned i = 0; i < 2; i++) {
		noise_set_identity(&e.identity[i], chosen[i]);
		watch_secret(e.identity[i].private_key);
	}
}

static void precompute(void)
{
	for (unsigned i = 0; i < 2; i++) {
		memcpy(e.remote[i].public_key, e.identity[!i].public_key, 32);
		noise_precompute(&e.remote[i], &e.identity[i]);
	}
}

static void create_initiation(void)
{
	static const uint8_t stamp[WG_TIMESTAMP_LEN] = {0x40};

	e.error = noise_create_initiation(&e.first, &e.initiation, &e.identity[0], &e.remote[0],
		stamp, 1);
	if (!e.error)
		watch_secret(e.initiation.hash);
}

static void consume_initiation(void)
{
	e.error = noise_consume_initiation(&e.received, &e.identity[1], &e.first);
	if (e.error)
		return;
	watch_secret(e.received.hash);
	watch_secret(e.received.static_public); /* who talks to whom */
}

static void prove_initiation(void)
{
	e.error = noise_prove_initiation(&e.received, &e.remote[1], &e.first);
	if (!e.error)
		watch_secret(e.received.hash);
}

static void create_response(void)
{
	e.error = noise_create_response(&e.second, &e.keys[1], &e.received, &e.remote[1], 2);
}

static void consume_response(void)
{
	e.error = noise_consume_response(&e.keys[0], &e.initiation, &e.identity[0], &e.remote[0],
		&e.second);
}

static void meet(void)
{
	fixture_random(7);
	random_bytes(chosen, sizeof(chosen));
	memset(&e, 0, sizeof(e));
	watch_begin();
}

/* The step learns so many secrets, and leaves no piece of them. */
static void check_step(void (*step)(void), int error, unsigned secrets)
{
	unsigned before = watch_secrets();

	CU_ASSERT_EQUAL(watch_stack(step), 0);
	CU_ASSERT_EQUAL(e.error, error);
	CU_ASSERT_EQUAL(watch_secrets() - before, secrets);
}

/* What multiplications leave depends on the processor: these two are counted. */
static void multiplications_are_wiped(void)
{
	meet();
	set_identities();
	CU_ASSERT_EQUAL(watch_stacks_wiped(), 2);
	precompute();
	CU_ASSERT_EQUAL(watch_stacks_wiped(), 4);
}

/* e: a key pair and a chaining key. A shared secret comes with a chaining key and, before what is sealed,
 * a key. */
static void stacks_are_wiped(void)
{
	meet();
	check_step(set_identities, 0, 2);
	check_step(precompute, 0, 2);
	check_step(create_initiation, 0, 2 + 3 + 2 + 1);
	check_step(consume_initiation, 0, 1 + 3 + 2);
	check_step(prove_initiation, 0, 2 + 1);
	check_step(create_response, 0, 2 + 2 + 2 + 3 + 2);
	check_step(consume_response, 0, 1 + 2 + 2 + 3 + 2);
	CU_ASSERT_TRUE(secret_equal(e.keys[0].send, e.keys[1].recv, 32));
	CU_ASSERT_TRUE(secret_is_zero(&e.initiation, sizeof(e.initiation)));
}

/* With another 32 bytes in that place. */
static void check_failure(void (*step)(void), uint8_t place[static 32], int error, unsigned secrets)
{
	uint8_t right[32];

	memcpy(right, place, sizeof(right));
	memset(place, 0, sizeof(right)); /* a public key of low order, or no ciphertext */
	check_step(step, error, secrets);
	memcpy(place, right, sizeof(right));
}

static void failures_wipe_too(void)
{
	meet();
	set_identities();
	precompute();
	check_failure(create_initiation, e.remote[0].public_key, -EINVAL, 2);
	create_initiation();
	check_failure(consume_initiation, e.first.ephemeral, -EBADMSG, 1);
	check_failure(consume_initiation, e.first.encrypted_static, -EBADMSG, 1 + 3);
	consume_initiation();
	check_failure(prove_initiation, e.remote[1].static_static, -EBADMSG, 2);
	prove_initiation();
	check_failure(create_response, e.received.ephemeral, -EINVAL, 2);
	check_failure(create_response, e.received.static_public, -EINVAL, 2 + 2);
	create_response();
	check_failure(consume_response, e.second.ephemeral, -EBADMSG, 1);
	check_failure(consume_response, e.initiation.hash, -EBADMSG, 1 + 2 + 2 + 3);
}

/* What is not there, or not usable, is not used: no step begins. */
static void steps_that_cannot_begin(void)
{
	meet();
	set_identities();
	precompute();
	e.remote[0].usable = false;
	check_step(create_initiation, -EINVAL, 0);
	e.remote[0].usable = true;
	create_initiation();
	e.identity[1].set = false;
	check_step(consume_initiation, -EBADMSG, 0);
	noise_precompute(&e.remote[1], &e.identity[1]);
	CU_ASSERT_FALSE(e.remote[1].usable);
	CU_ASSERT_TRUE(secret_is_zero(e.remote[1].static_static, 32));
	e.identity[1].set = true;
	consume_initiation();
	check_step(prove_initiation, -EBADMSG, 0);
	precompute();
	prove_initiation();
	create_response();
	e.identity[0].set = false;
	check_step(consume_response, -EBADMSG, 0);
	e.identity[0].set = true;
	e.initiation.outstanding = false;
	check_step(consume_response, -EBADMSG, 0);
	e.initiation.outstanding = true;
	check_step(consume_response, 0, 10);
}

/* ---- the same within a device ---- */

static struct pair p;
static uint8_t message[148], response[92];
static struct session_keys keys;

static void initiate(void)
{
	e.error = !pair_initiate(&p, 0, message);
}

static void respond(void)
{
	e.error = !pair_respond(&p, 1, message, &keys, response);
}

static void take_response(void)
{
	e.error = pair_deliver(&p, 0, response, sizeof(response));
}

static void take_initiation(void)
{
	e.error = pair_deliver(&p, 1, message, sizeof(message));
}

static void set_key(void)
{
	uint32_t removed;

	e.error = !wg_set_private_key(p.device[0], chosen[0], &removed);
	watch_secret(p.device[0]->identity.private_key);
}

static void devices_leave_nothing(void)
{
	pair_init(&p, 8);
	watch_begin();
	watch_secret(p.device[0]->identity.private_key);
	watch_secret(p.device[1]->identity.private_key);
	watch_secret(pair_peer(&p, 0)->remote.static_static);
	check_step(initiate, 0, 7);
	check_step(respond, 0, 4 + 2 + 11);
	check_step(take_response, 0, 10);
	message[100] ^= 1;
	cookie_add_macs(message, sizeof(message), p.device[1]->identity.public_key);
	check_step(take_initiation, -EBADMSG, 4 + 2);
	check_step(set_key, 0, 1);
	pair_free(&p);
}

static void handshakes_are_wiped(void)
{
	pair_init(&p, 8);
	CU_ASSERT_TRUE(pair_initiate(&p, 0, message));
	watch_begin();
	CU_ASSERT_TRUE(pair_respond(&p, 1, message, &keys, response));
	CU_ASSERT_EQUAL(watch_wiped(sizeof(struct noise_received)), 1);
	CU_ASSERT_EQUAL(watch_wiped(sizeof(struct session_keys)), 1);
	watch_begin();
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, response, sizeof(response)), 0);
	CU_ASSERT_EQUAL(watch_wiped(sizeof(struct session_keys)), 1);
	CU_ASSERT_EQUAL(watch_wiped(sizeof(struct noise_initiation)), 1);
	message[100] ^= 1;
	watch_begin();
	CU_ASSERT_NOT_EQUAL(pair_deliver(&p, 1, message, sizeof(message)), 0);
	CU_ASSERT_EQUAL(watch_wiped(sizeof(struct noise_received)), 1);
	pair_free(&p);
}

static void a_key_is_wiped(void)
{
	uint8_t key[32] = {1};
	uint32_t removed;

	pair_init(&p, 8);
	watch_begin();
	wg_set_private_key(p.device[0], key, &removed);
	CU_ASSERT_EQUAL(watch_wiped(sizeof(struct noise_identity)), 2); /* before and after */
	wg_peer_set_preshared_key(p.device[0], p.slot[0], key);
	wg_peer_set_preshared_key(p.device[0], p.slot[0], NULL);
	CU_ASSERT_TRUE(secret_is_zero(pair_peer(&p, 0)->remote.preshared_key, 32));
	watch_begin();
	wg_peer_remove(p.device[0], p.slot[0]);
	CU_ASSERT_EQUAL(watch_wiped(sizeof(struct peer)), 1);
	pair_free(&p);
}

static void cookies_are_wiped(void)
{
	struct message_cookie reply;
	struct cookie_checker c;

	pair_init(&p, 8);
	cookie_checker_init(&c, p.device[1]->identity.public_key);
	CU_ASSERT_TRUE(pair_initiate(&p, 0, message));
	watch_begin();
	cookie_make_reply(&c, &reply, message, sizeof(message), &p.at[0], p.now.boot_ns);
	CU_ASSERT_EQUAL(watch_wiped(COOKIE_LEN), 1);
	watch_begin();
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, &reply, sizeof(reply)), 0);
	CU_ASSERT_EQUAL(watch_wiped(COOKIE_LEN), 1);
	watch_begin();
	CU_ASSERT_FALSE(cookie_check_mac2(&c, message, sizeof(message), &p.at[0], p.now.boot_ns));
	CU_ASSERT_EQUAL(watch_wiped(COOKIE_LEN), 2); /* the cookie, and the mac that is right */
	pair_advance(&p, 121 * CLOCK_SECOND);
	pair_tick(&p, 0); /* gives up */
	watch_begin();
	CU_ASSERT_TRUE(pair_initiate(&p, 0, message));
	CU_ASSERT_EQUAL(watch_wiped(COOKIE_LEN), 1); /* too old to be used */
	pair_free(&p);
}

/* A static-static takes longer than all the rest of a handshake's first half. */
static void computed_once(void)
{
	uint32_t removed;

	pair_init(&p, 8);
	wg_set_private_key(p.device[0], chosen[0], &removed);
	watch_begin();
	CU_ASSERT_TRUE(pair_initiate(&p, 0, message));
	CU_ASSERT_EQUAL(watch_secrets(), 1 + 7);
	pair_advance(&p, 6 * CLOCK_SECOND);
	watch_begin();
	pair_next(&p, 0);
	CU_ASSERT_EQUAL(pair_count(&p, WG_SEND), 1);
	CU_ASSERT_EQUAL(watch_secrets(), 7);
	pair_free(&p);
}

static const struct unit_test tests[] = {
	{"A12: each step of a handshake wipes its stack", stacks_are_wiped},
	{"A12: so does what computes keys", multiplications_are_wiped},
	{"A12: also when it fails", failures_wipe_too},
	{"A9, A11, A15: steps that cannot begin", steps_that_cannot_begin},
	{"A12: nor do devices leave anything there", devices_leave_nothing},
	{"A12: keys and states of handshakes are wiped after use", handshakes_are_wiped},
	{"A12, A54: keys that were set are wiped", a_key_is_wiped},
	{"A12: cookies are wiped", cookies_are_wiped},
	{"A54, C34: what a peer needs is computed once", computed_once},
	{NULL, NULL},
};

const struct unit_suite suite_hidden = {"hidden", tests};
