/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/cookie.h"

#include <string.h>

#include "crypto/secret.h"
#include "fixture.h"
#include "noise_vectors.h"
#include "suites.h"
#include "wg/messages.h"
#include "wg/noise.h"

/* The vectors' messages, and what their receivers check them with. */
static void load(struct cookie_checker *initiator, struct cookie_checker *responder,
	uint8_t initiation[static 148], uint8_t response[static 92])
{
	struct noise_identity identity;
	uint8_t secret[32];

	fixture_random(1);
	fixture_unhex(initiation, 148, noise_vectors[0].initiation);
	fixture_unhex(response, 92, noise_vectors[0].response);
	fixture_unhex(secret, 32, noise_vectors[0].initiator);
	noise_set_identity(&identity, secret);
	cookie_checker_init(initiator, identity.public_key);
	fixture_unhex(secret, 32, noise_vectors[0].responder);
	noise_set_identity(&identity, secret);
	cookie_checker_init(responder, identity.public_key);
}

static void right_ones(void)
{
	struct cookie_checker initiator, responder;
	uint8_t initiation[148], response[92];

	load(&initiator, &responder, initiation, response);
	CU_ASSERT_TRUE(cookie_check_mac1(&responder, initiation, sizeof(initiation)));
	CU_ASSERT_TRUE(cookie_check_mac1(&initiator, response, sizeof(response)));
	CU_ASSERT_FALSE(cookie_check_mac1(&initiator, initiation, sizeof(initiation)));
	CU_ASSERT_FALSE(cookie_check_mac1(&responder, response, sizeof(response)));
}

/* mac1 covers everything before it, and itself; mac2 after it is free. */
static void every_byte(void)
{
	struct cookie_checker initiator, responder;
	uint8_t initiation[148], response[92];

	load(&initiator, &responder, initiation, response);
	for (size_t at = 0; at < 148; at++) {
		initiation[at] ^= 0x80;
		CU_ASSERT_EQUAL(cookie_check_mac1(&responder, initiation, 148), at >= 132);
		initiation[at] ^= 0x80;
	}
	for (size_t at = 0; at < 92; at++) {
		response[at] ^= 0x01;
		CU_ASSERT_EQUAL(cookie_check_mac1(&initiator, response, 92), at >= 76);
		response[at] ^= 0x01;
	}
}

static void sizes(void)
{
	struct cookie_checker initiator, responder;
	uint8_t initiation[148 + 1] = {0}, response[92 + 1] = {0};

	load(&initiator, &responder, initiation, response);
	for (size_t length = 0; length <= 149; length++)
		CU_ASSERT_EQUAL(cookie_check_mac1(&responder, initiation, length), length == 148);
	for (size_t length = 0; length <= 93; length++)
		CU_ASSERT_EQUAL(cookie_check_mac1(&initiator, response, length), length == 92);
}

static void type_belongs_to_size(void)
{
	struct cookie_checker checker;
	uint8_t message[148] = {MESSAGE_RESPONSE};
	uint8_t public_key[32] = {9};

	fixture_random(1);
	cookie_checker_init(&checker, public_key);
	cookie_add_macs(message, sizeof(message), public_key);
	CU_ASSERT_FALSE(cookie_check_mac1(&checker, message, sizeof(message)));
	message[0] = MESSAGE_INITIATION;
	cookie_add_macs(message, sizeof(message), public_key);
	CU_ASSERT_TRUE(cookie_check_mac1(&checker, message, sizeof(message)));
}

static void without_key(void)
{
	struct cookie_checker initiator, responder;
	uint8_t initiation[148], response[92];

	load(&initiator, &responder, initiation, response);
	cookie_checker_clear(&responder);
	CU_ASSERT_FALSE(cookie_check_mac1(&responder, initiation, sizeof(initiation)));
	CU_ASSERT_TRUE(secret_is_zero(&responder, sizeof(responder)));
}

static void mac2_is_zero(void)
{
	uint8_t message[92];
	uint8_t public_key[32] = {9};

	fixture_random(1);
	memset(message, 0xff, sizeof(message));
	cookie_add_macs(message, sizeof(message), public_key);
	CU_ASSERT_TRUE(secret_is_zero(message + 76, 16));
	CU_ASSERT_FALSE(secret_is_zero(message + 60, 16));
}

static const struct unit_test tests[] = {
	{"A16: mac1 of known messages, for their receiver only", right_ones},
	{"A16: mac1 covers every byte before it", every_byte},
	{"A2, A16: only messages of their exact size have a mac1", sizes},
	{"A2, A16: the size must be that of the type", type_belongs_to_size},
	{"A15, A16: without a public key everything is refused", without_key},
	{"A17: without a cookie mac2 is zero", mac2_is_zero},
	{NULL, NULL},
};

const struct unit_suite suite_cookie = {"cookie", tests};
