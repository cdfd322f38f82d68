/* SPDX-License-Identifier: BSD-3-Clause */
/* What arrives at a device, and what it does about it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/dh.h"
#include "crypto/secret.h"
#include "fixture.h"
#include "suites.h"
#include "util/bytes.h"
#include "wg/cookie.h"
#include "wg/state.h"

static struct pair p;

static void whole(void)
{
	struct session_keys keys[2];

	pair_init(&p, 1);
	CU_ASSERT_TRUE(pair_establish(&p, 0, keys));
	CU_ASSERT_EQUAL(memcmp(keys[0].send, keys[1].recv, 32), 0);
	CU_ASSERT_EQUAL(memcmp(keys[0].recv, keys[1].send, 32), 0);
	CU_ASSERT_EQUAL(keys[0].local_index, keys[1].remote_index);
	CU_ASSERT_EQUAL(keys[0].remote_index, keys[1].local_index);
	CU_ASSERT_TRUE(keys[0].initiator && !keys[1].initiator);
	CU_ASSERT_EQUAL(keys[0].birth_ns, p.now.boot_ns);
	CU_ASSERT_EQUAL(keys[1].birth_ns, p.now.boot_ns);
	pair_free(&p);
}

static void reserved_bytes(void)
{
	struct session_keys keys;
	uint8_t initiation[148], response[92];

	pair_init(&p, 1);
	CU_ASSERT_TRUE(pair_initiate(&p, 0, initiation));
	for (unsigned i = 1; i < 4; i++) {
		initiation[i] = 1;
		pair_check_refused(&p, 1, initiation, sizeof(initiation), -EPROTO);
		initiation[i] = 0;
	}
	CU_ASSERT_TRUE(pair_respond(&p, 1, initiation, &keys, response));
	for (unsigned i = 1; i < 4; i++) {
		response[i] = 0x80;
		pair_check_refused(&p, 0, response, sizeof(response), -EPROTO);
		response[i] = 0;
	}
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, response, sizeof(response)), 0);
	pair_free(&p);
}

/* Every length is tried with memory that is exactly as long, so that a read beyond it shows. */
static void sizes(void)
{
	uint8_t initiation[148];

	pair_init(&p, 1);
	pair_initiate(&p, 0, initiation);
	for (size_t length = 0; length < 300; length++) {
		uint8_t *exact = malloc(length ? length : 1);
		memset(exact, 0, length);
		memcpy(exact, initiation, length < 148 ? length : 148);
		for (uint8_t type = 0; type < 6; type++) {
			if (length > 0)
				exact[0] = type;
			if (length == 64 && type == MESSAGE_COOKIE)
				pair_check_refused(&p, 1, exact, length, -ENOENT);
			else if ((length != 148 || type != 1) && (length != 92 || type != 2))
				pair_check_refused(&p, 1, exact, length, -EPROTO);
		}
		free(exact);
	}
	CU_ASSERT_EQUAL(pair_deliver(&p, 1, initiation, sizeof(initiation)), 0);
	pair_free(&p);
}

static void silence(void)
{
	uint8_t initiation[148], response[92] = {MESSAGE_RESPONSE};

	pair_init(&p, 1);
	pair_initiate(&p, 0, initiation);
	initiation[50] ^= 1;
	pair_check_refused(&p, 1, initiation, sizeof(initiation), -EBADMSG);
	pair_check_refused(&p, 1, response, sizeof(response), -ENOENT);
	CU_ASSERT_EQUAL(wg_next_deadline(p.device[1]), UINT64_MAX);
	pair_free(&p);
}

static void response_tampered(void)
{
	struct session_keys keys;
	uint8_t initiation[148], response[92];

	pair_init(&p, 1);
	pair_initiate(&p, 0, initiation);
	pair_respond(&p, 1, initiation, &keys, response);
	response[20] ^= 1;
	pair_check_refused(&p, 0, response, sizeof(response), -EBADMSG);
	response[20] ^= 1;
	memset(response + 12, 0, 32); /* C2: a low-order ephemeral */
	pair_check_refused(&p, 0, response, sizeof(response), -EBADMSG);
	pair_free(&p);
}

static void response_once(void)
{
	struct session_keys keys;
	uint8_t initiation[148], response[92];

	pair_init(&p, 1);
	pair_initiate(&p, 0, initiation);
	pair_respond(&p, 1, initiation, &keys, response);
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, response, sizeof(response)), 0);
	pair_check_refused(&p, 0, response, sizeof(response), -ENOENT);
	pair_free(&p);
}

/* The receiver index is not encrypted: one that leads to a session of the same peer is none. */
static void response_to_a_session(void)
{
	struct session_keys keys[2], one;
	uint8_t initiation[148], response[92];

	pair_init(&p, 1);
	CU_ASSERT_TRUE(pair_establish(&p, 0, keys));
	pair_advance(&p, 120 * CLOCK_SECOND);
	pair_initiate(&p, 0, initiation);
	CU_ASSERT_TRUE(pair_respond(&p, 1, initiation, &one, response));
	put_le32(response + 8, keys[0].local_index);
	pair_check_refused(&p, 0, response, sizeof(response), -ENOENT);
	pair_free(&p);
}

static void late_response(void)
{
	struct session_keys keys;
	uint8_t first[148], second[148], response[92];

	pair_init(&p, 1);
	pair_initiate(&p, 0, first);
	pair_respond(&p, 1, first, &keys, response);
	pair_next(&p, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pair_action(&p, WG_SEND));
	memcpy(second, pair_action(&p, WG_SEND)->data, sizeof(second));
	pair_check_refused(&p, 0, response, sizeof(response), -ENOENT);
	CU_ASSERT_TRUE(pair_respond(&p, 1, second, &keys, response));
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, response, sizeof(response)), 0);
	pair_free(&p);
}

static void replayed(void)
{
	struct session_keys keys;
	uint8_t first[148], second[148], response[92];

	pair_init(&p, 1);
	pair_initiate(&p, 0, first);
	CU_ASSERT_TRUE(pair_respond(&p, 1, first, &keys, response));
	pair_advance(&p, 10 * CLOCK_SECOND);
	pair_check_refused(&p, 1, first, sizeof(first), -EALREADY);
	pair_tick(&p, 0);
	memcpy(second, pair_action(&p, WG_SEND)->data, sizeof(second));
	CU_ASSERT_TRUE(pair_respond(&p, 1, second, &keys, response));
	pair_advance(&p, CLOCK_SECOND);
	pair_check_refused(&p, 1, first, sizeof(first), -EALREADY);
	pair_free(&p);
}

static void timestamps_rise(void)
{
	uint8_t message[148];

	pair_init(&p, 1);
	pair_forge(&p, 1000, message);
	CU_ASSERT_EQUAL(pair_deliver(&p, 1, message, 148), 0);
	pair_advance(&p, CLOCK_SECOND);
	pair_forge(&p, -CLOCK_SECOND + 1000, message); /* equal */
	pair_check_refused(&p, 1, message, 148, -EALREADY);
	pair_forge(&p, -CLOCK_SECOND + 999, message);
	pair_check_refused(&p, 1, message, 148, -EALREADY);
	pair_forge(&p, -CLOCK_SECOND + 1001, message);
	CU_ASSERT_EQUAL(pair_deliver(&p, 1, message, 148), 0);
	pair_free(&p);
}

static void flood(void)
{
	uint8_t message[148];

	pair_init(&p, 1);
	pair_forge(&p, 0, message);
	CU_ASSERT_EQUAL(pair_deliver(&p, 1, message, 148), 0);
	pair_advance(&p, 20 * CLOCK_MS - 1);
	pair_forge(&p, 0, message);
	pair_check_refused(&p, 1, message, 148, -EBUSY);
	pair_advance(&p, 1);
	CU_ASSERT_EQUAL(pair_deliver(&p, 1, message, 148), 0); /* the very one: it did not count */
	pair_free(&p);
}

/* C10: a peer that initiates without end occupies what it did before, and no more. */
static void repeated(void)
{
	uint8_t message[148];

	pair_init(&p, 1);
	for (unsigned i = 0; i < 500; i++) {
		pair_advance(&p, 20 * CLOCK_MS);
		pair_forge(&p, 0, message);
		CU_ASSERT_EQUAL(pair_deliver(&p, 1, message, 148), 0);
		CU_ASSERT_TRUE(p.device[1]->indices.used <= PEER_SESSIONS + 1);
	}
	pair_advance(&p, 600 * CLOCK_SECOND);
	pair_tick(&p, 1);
	CU_ASSERT_EQUAL(pair_count(&p, WG_WIPE), 1);
	CU_ASSERT_EQUAL(p.device[1]->indices.used, 0);
	pair_free(&p);
}

static void strangers(void)
{
	uint8_t message[148], secret[32];
	uint32_t removed;

	pair_init(&p, 1);
	random_bytes(secret, sizeof(secret));
	wg_set_private_key(p.device[0], secret, &removed); /* side 1 does not know it */
	CU_ASSERT_TRUE(pair_initiate(&p, 0, message));
	pair_check_refused(&p, 1, message, sizeof(message), -ENOENT);
	wg_set_private_key(p.device[1], NULL, &removed);
	pair_check_refused(&p, 1, message, sizeof(message), -ENOKEY);
	pair_free(&p);
}

/* An initiation whose static key is a configured peer's, made by somebody without its secret. */
static void impostor(void)
{
	struct noise_identity pretender;
	struct noise_initiation initiation;
	struct noise_remote remote;
	uint8_t message[148], secret[32] = {77}, stamp[WG_TIMESTAMP_LEN] = {0x40};

	pair_init(&p, 1);
	noise_set_identity(&pretender, secret);
	memcpy(pretender.public_key, p.device[0]->identity.public_key, 32);
	remote = pair_peer(&p, 0)->remote;
	noise_precompute(&remote, &pretender);
	CU_ASSERT_EQUAL(noise_create_initiation((struct message_initiation *)message, &initiation,
		&pretender, &remote, stamp, 1), 0);
	pair_check_refused(&p, 1, message, sizeof(message), -EBADMSG);
	pair_free(&p);
}

static const struct unit_test tests[] = {
	{"A6, A24, A25, C28: a whole handshake, confirmed", whole},
	{"A1: reserved bytes", reserved_bytes},
	{"A2: exact sizes, for every type", sizes},
	{"A4: what is invalid draws nothing", silence},
	{"A11, C2: an invalid response changes nothing", response_tampered},
	{"A11: a response is accepted once", response_once},
	{"A11: a response that names a session", response_to_a_session},
	{"A10: a late response to an older initiation", late_response},
	{"A13: a replayed initiation", replayed},
	{"A13: timestamps strictly rise", timestamps_rise},
	{"A14: one initiation in 20 ms, and a refused one changes nothing", flood},
	{"A14, A27, C10: repeated initiations use no more memory", repeated},
	{"A15: unknown peers, and no private key", strangers},
	{"A6, A15: a peer's public key without its secret", impostor},
	{NULL, NULL},
};

const struct unit_suite suite_handshake = {"handshake", tests};
