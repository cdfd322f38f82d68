/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/noise.h"

#include <errno.h>
#include <string.h>

#include "crypto/aead.h"
#include "crypto/secret.h"
#include "fixture.h"
#include "noise_vectors.h"
#include "suites.h"
#include "wg/cookie.h"

/* Both ends of a handshake, with what each knows of the other. */
struct ends {
	struct noise_identity identity[2]; /* 0 initiates */
	struct noise_remote remote[2];     /* how each sees the other */
	struct noise_initiation initiation;
	struct noise_received received;
	struct message_initiation first;
	struct message_response second;
	struct session_keys keys[2];
	uint8_t timestamp[WG_TIMESTAMP_LEN];
};

static void meet(struct ends *e)
{
	for (unsigned i = 0; i < 2; i++) {
		memcpy(e->remote[i].public_key, e->identity[!i].public_key, 32);
		CU_ASSERT_TRUE(noise_precompute(&e->remote[i], &e->identity[i]));
	}
}

static void init_random(struct ends *e)
{
	uint8_t secret[32];

	fixture_random(7);
	memset(e, 0, sizeof(*e));
	for (unsigned i = 0; i < 2; i++) {
		random_bytes(secret, sizeof(secret));
		noise_set_identity(&e->identity[i], secret);
	}
	memset(e->timestamp, 0x55, sizeof(e->timestamp));
	meet(e);
}

static int initiate(struct ends *e)
{
	return noise_create_initiation(&e->first, &e->initiation, &e->identity[0], &e->remote[0],
		e->timestamp, 1234);
}

static int read_initiation(struct ends *e)
{
	int error = noise_consume_initiation(&e->received, &e->identity[1], &e->first);

	return error ? error : noise_prove_initiation(&e->received, &e->remote[1], &e->first);
}

static int respond(struct ends *e)
{
	return noise_create_response(&e->second, &e->keys[1], &e->received, &e->remote[1], 5678);
}

static int finish(struct ends *e)
{
	return noise_consume_response(&e->keys[0], &e->initiation, &e->identity[0], &e->remote[0],
		&e->second);
}

static bool same_session(const struct ends *e)
{
	return memcmp(e->keys[0].send, e->keys[1].recv, 32) == 0 &&
		memcmp(e->keys[0].recv, e->keys[1].send, 32) == 0 &&
		memcmp(e->keys[0].send, e->keys[0].recv, 32) != 0;
}

/* ---- known answers ---- */

static void load_vector(struct ends *e, const struct noise_vector *v)
{
	uint8_t secret[32];

	fixture_random(1);
	memset(e, 0, sizeof(*e));
	fixture_unhex(secret, 32, v->initiator);
	noise_set_identity(&e->identity[0], secret);
	fixture_unhex(secret, 32, v->responder);
	noise_set_identity(&e->identity[1], secret);
	meet(e);
	fixture_unhex(e->remote[0].preshared_key, 32, v->preshared_key);
	fixture_unhex(e->remote[1].preshared_key, 32, v->preshared_key);
	fixture_unhex(e->timestamp, sizeof(e->timestamp), v->timestamp);
}

static void script_ephemeral(const char *hex)
{
	uint8_t secret[32];

	fixture_unhex(secret, sizeof(secret), hex);
	fixture_script(secret, sizeof(secret));
}

static void vector_initiation(void)
{
	uint8_t expected[148];
	struct ends e;

	for (unsigned i = 0; i < NOISE_VECTORS; i++) {
		const struct noise_vector *v = &noise_vectors[i];
		load_vector(&e, v);
		script_ephemeral(v->initiator_ephemeral);
		CU_ASSERT_EQUAL(noise_create_initiation(&e.first, &e.initiation, &e.identity[0],
			&e.remote[0], e.timestamp, v->initiator_index), 0);
		cookie_add_macs((uint8_t *)&e.first, sizeof(e.first), e.remote[0].public_key);
		fixture_unhex(expected, sizeof(expected), v->initiation);
		CU_ASSERT_EQUAL(memcmp(&e.first, expected, sizeof(expected)), 0);
	}
}

static void vector_response(void)
{
	uint8_t expected[92], key[32];
	struct ends e;

	for (unsigned i = 0; i < NOISE_VECTORS; i++) {
		const struct noise_vector *v = &noise_vectors[i];
		load_vector(&e, v);
		fixture_unhex((uint8_t *)&e.first, sizeof(e.first), v->initiation);
		CU_ASSERT_EQUAL(read_initiation(&e), 0);
		CU_ASSERT_EQUAL(memcmp(e.received.timestamp, e.timestamp, 12), 0);
		CU_ASSERT_EQUAL(e.received.remote_index, v->initiator_index);
		script_ephemeral(v->responder_ephemeral);
		CU_ASSERT_EQUAL(noise_create_response(&e.second, &e.keys[1], &e.received,
			&e.remote[1], v->responder_index), 0);
		cookie_add_macs((uint8_t *)&e.second, sizeof(e.second), e.remote[1].public_key);
		fixture_unhex(expected, sizeof(expected), v->response);
		CU_ASSERT_EQUAL(memcmp(&e.second, expected, sizeof(expected)), 0);
		fixture_unhex(key, sizeof(key), v->responder_sends);
		CU_ASSERT_EQUAL(memcmp(e.keys[1].send, key, sizeof(key)), 0);
		fixture_unhex(key, sizeof(key), v->initiator_sends);
		CU_ASSERT_EQUAL(memcmp(e.keys[1].recv, key, sizeof(key)), 0);
	}
}

static void vector_session(void)
{
	uint8_t key[32], keepalive[32];
	struct ends e;

	for (unsigned i = 0; i < NOISE_VECTORS; i++) {
		const struct noise_vector *v = &noise_vectors[i];
		load_vector(&e, v);
		script_ephemeral(v->initiator_ephemeral);
		noise_create_initiation(&e.first, &e.initiation, &e.identity[0], &e.remote[0],
			e.timestamp, v->initiator_index);
		fixture_unhex((uint8_t *)&e.second, sizeof(e.second), v->response);
		CU_ASSERT_EQUAL(finish(&e), 0);
		fixture_unhex(key, sizeof(key), v->initiator_sends);
		CU_ASSERT_EQUAL(memcmp(e.keys[0].send, key, sizeof(key)), 0);
		CU_ASSERT_EQUAL(e.keys[0].remote_index, v->responder_index);
		CU_ASSERT_EQUAL(e.keys[0].local_index, v->initiator_index);
		fixture_unhex(keepalive, sizeof(keepalive), v->keepalive);
		aead_seal(key, NULL, 0, NULL, 0, 0, e.keys[0].send);
		CU_ASSERT_EQUAL(memcmp(key, keepalive + 16, 16), 0);
	}
}

/* ---- behaviour ---- */

static void agree(void)
{
	struct ends e;

	init_random(&e);
	CU_ASSERT_EQUAL(initiate(&e), 0);
	CU_ASSERT_EQUAL(read_initiation(&e), 0);
	CU_ASSERT_EQUAL(respond(&e), 0);
	CU_ASSERT_EQUAL(finish(&e), 0);
	CU_ASSERT_TRUE(same_session(&e));
	CU_ASSERT_TRUE(e.keys[0].initiator);
	CU_ASSERT_FALSE(e.keys[1].initiator);
	CU_ASSERT_EQUAL(e.keys[0].local_index, e.keys[1].remote_index);
	CU_ASSERT_EQUAL(e.keys[1].local_index, e.keys[0].remote_index);
}

static void psk_differs(void)
{
	struct ends e;

	init_random(&e);
	e.remote[0].preshared_key[31] = 1;
	initiate(&e);
	CU_ASSERT_EQUAL(read_initiation(&e), 0); /* the initiation does not depend on it */
	respond(&e);
	CU_ASSERT_EQUAL(finish(&e), -EBADMSG);
	CU_ASSERT_TRUE(e.initiation.outstanding);
}

/* Every byte that is no reserved byte, index or mac counts. */
static void tampered_initiation(void)
{
	struct ends e, before;

	init_random(&e);
	initiate(&e);
	for (size_t at = 8; at < 116; at++) {
		((uint8_t *)&e.first)[at] ^= 0x10;
		memset(&e.received, 0, sizeof(e.received));
		before = e;
		int error = read_initiation(&e);
		CU_ASSERT_EQUAL(error, -EBADMSG);
		CU_ASSERT_TRUE(secret_is_zero(e.received.timestamp, 12));
		CU_ASSERT_EQUAL(memcmp(&before.identity, &e.identity, sizeof(e.identity)), 0);
		((uint8_t *)&e.first)[at] ^= 0x10;
	}
	CU_ASSERT_EQUAL(read_initiation(&e), 0);
}

static void tampered_response(void)
{
	struct ends e;

	init_random(&e);
	initiate(&e);
	read_initiation(&e);
	respond(&e);
	for (size_t at = 12; at < 60; at++) {
		struct noise_initiation before = e.initiation;
		((uint8_t *)&e.second)[at] ^= 0x01;
		CU_ASSERT_EQUAL(finish(&e), -EBADMSG);
		CU_ASSERT_EQUAL(memcmp(&before, &e.initiation, sizeof(before)), 0);
		CU_ASSERT_TRUE(secret_is_zero(&e.keys[0], sizeof(e.keys[0])));
		((uint8_t *)&e.second)[at] ^= 0x01;
	}
	CU_ASSERT_EQUAL(finish(&e), 0);
}

static void wiped_when_over(void)
{
	struct ends e;

	init_random(&e);
	initiate(&e);
	CU_ASSERT_FALSE(secret_is_zero(e.initiation.ephemeral, 32));
	read_initiation(&e);
	respond(&e);
	finish(&e);
	CU_ASSERT_TRUE(secret_is_zero(&e.initiation, sizeof(e.initiation)));
	CU_ASSERT_EQUAL(finish(&e), -EBADMSG); /* A11: none is outstanding */
}

static void fresh_ephemerals(void)
{
	struct message_initiation before;
	struct ends e;

	init_random(&e);
	initiate(&e);
	before = e.first;
	initiate(&e);
	CU_ASSERT_NOT_EQUAL(memcmp(before.ephemeral, e.first.ephemeral, 32), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(before.encrypted_static, e.first.encrypted_static, 48), 0);
}

/* RFC 7748's curve has these points of low order, all of which give a zero result. */
static const char *const LOW_ORDER[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};
#define LOW_ORDERS (sizeof(LOW_ORDER) / sizeof(LOW_ORDER[0]))

static void zero_static_static(void)
{
	struct ends e;

	init_random(&e);
	for (size_t i = 0; i < LOW_ORDERS; i++) {
		fixture_unhex(e.remote[0].public_key, 32, LOW_ORDER[i]);
		CU_ASSERT_FALSE(noise_precompute(&e.remote[0], &e.identity[0]));
		CU_ASSERT_EQUAL(initiate(&e), -EINVAL);
		CU_ASSERT_FALSE(e.initiation.outstanding);
	}
}

static void zero_ephemeral_in_initiation(void)
{
	struct ends e;

	init_random(&e);
	initiate(&e);
	for (size_t i = 0; i < LOW_ORDERS; i++) {
		fixture_unhex(e.first.ephemeral, 32, LOW_ORDER[i]);
		CU_ASSERT_EQUAL(read_initiation(&e), -EBADMSG);
	}
}

/* ee and se of a response: here the point is in the response, and in what the responder answers. */
static void zero_ephemeral_in_response(void)
{
	struct ends e;

	init_random(&e);
	initiate(&e);
	read_initiation(&e);
	for (size_t i = 0; i < LOW_ORDERS; i++) {
		struct noise_received bad = e.received;
		respond(&e);
		fixture_unhex(e.second.ephemeral, 32, LOW_ORDER[i]);
		CU_ASSERT_EQUAL(finish(&e), -EBADMSG);
		CU_ASSERT_TRUE(e.initiation.outstanding);
		fixture_unhex(bad.ephemeral, 32, LOW_ORDER[i]);
		CU_ASSERT_EQUAL(noise_create_response(&e.second, &e.keys[1], &bad, &e.remote[1], 1),
			-EINVAL);
		bad = e.received;
		fixture_unhex(bad.static_public, 32, LOW_ORDER[i]);
		CU_ASSERT_EQUAL(noise_create_response(&e.second, &e.keys[1], &bad, &e.remote[1], 1),
			-EINVAL);
	}
	respond(&e);
	CU_ASSERT_EQUAL(finish(&e), 0);
}

static void no_identity(void)
{
	struct ends e;

	init_random(&e);
	initiate(&e);
	noise_set_identity(&e.identity[1], NULL);
	CU_ASSERT_EQUAL(read_initiation(&e), -EBADMSG);
	CU_ASSERT_FALSE(noise_precompute(&e.remote[1], &e.identity[1]));
	noise_set_identity(&e.identity[0], NULL);
	CU_ASSERT_EQUAL(initiate(&e), -EINVAL);
}

static void not_for_us(void)
{
	struct ends e;
	uint8_t secret[32];

	init_random(&e);
	initiate(&e);
	random_bytes(secret, sizeof(secret));
	noise_set_identity(&e.identity[1], secret);
	CU_ASSERT_EQUAL(read_initiation(&e), -EBADMSG);
}

static const struct unit_test tests[] = {
	{"V, A3, A5, A6, A7, A8, A16: known initiations", vector_initiation},
	{"V, A3, A6, A7, A8, A16: known responses and session keys", vector_response},
	{"V, A8: the initiator's keys and its first keepalive", vector_session},
	{"A6, A8, C28: both ends agree, each sends with what the other receives with", agree},
	{"A7: a preshared key on one side only: no session", psk_differs},
	{"A6, C1: no byte of an initiation may change", tampered_initiation},
	{"A6, C1: no byte of a response may change; a bad one changes nothing", tampered_response},
	{"A11, A12: the initiation is wiped when its response has come", wiped_when_over},
	{"A10: every initiation has its own ephemeral", fresh_ephemerals},
	{"A9: zero static-static: no initiation", zero_static_static},
	{"A9: low-order ephemeral in an initiation", zero_ephemeral_in_initiation},
	{"A9, C2: low-order points in responses, both ways", zero_ephemeral_in_response},
	{"A15: without a private key nothing is read or made", no_identity},
	{"A15: an initiation for another key", not_for_us},
	{NULL, NULL},
};

const struct unit_suite suite_noise = {"noise", tests};
