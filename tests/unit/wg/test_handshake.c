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

static struct peer *peer_of(unsigned side)
{
	return peer_at(&p.device[side]->peers, p.slot[side]);
}

/* The message yields this error, no action, and leaves the peer as it was. */
static void check_refused(unsigned to, const void *message, size_t length, int error)
{
	struct peer before = *peer_of(to);
	uint32_t indices = p.device[to]->indices.used;

	CU_ASSERT_EQUAL(pair_deliver(&p, to, message, length), error);
	CU_ASSERT_EQUAL(p.actions.count, 0);
	CU_ASSERT_EQUAL(memcmp(&before, peer_of(to), sizeof(before)), 0);
	CU_ASSERT_EQUAL(p.device[to]->indices.used, indices);
}

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
		check_refused(1, initiation, sizeof(initiation), -EPROTO);
		initiation[i] = 0;
	}
	CU_ASSERT_TRUE(pair_respond(&p, 1, initiation, &keys, response));
	for (unsigned i = 1; i < 4; i++) {
		response[i] = 0x80;
		check_refused(0, response, sizeof(response), -EPROTO);
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
			if ((length != 148 || type != 1) && (length != 92 || type != 2))
				check_refused(1, exact, length, -EPROTO);
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
	check_refused(1, initiation, sizeof(initiation), -EBADMSG);
	check_refused(1, response, sizeof(response), -ENOENT);
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
	check_refused(0, response, sizeof(response), -EBADMSG);
	response[20] ^= 1;
	memset(response + 12, 0, 32); /* C2: a low-order ephemeral */
	check_refused(0, response, sizeof(response), -EBADMSG);
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
	check_refused(0, response, sizeof(response), -ENOENT);
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
	check_refused(0, response, sizeof(response), -ENOENT);
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
	check_refused(1, first, sizeof(first), -EALREADY);
	pair_tick(&p, 0);
	memcpy(second, pair_action(&p, WG_SEND)->data, sizeof(second));
	CU_ASSERT_TRUE(pair_respond(&p, 1, second, &keys, response));
	pair_advance(&p, CLOCK_SECOND);
	check_refused(1, first, sizeof(first), -EALREADY);
	pair_free(&p);
}

/* An initiation of side 0 that carries the time `ahead_ns` from now. */
static void forge(uint64_t ahead_ns, uint8_t message[static 148])
{
	struct noise_remote remote = peer_of(0)->remote;
	struct noise_initiation initiation;
	uint8_t stamp[WG_TIMESTAMP_LEN];
	uint64_t seconds = 0x400000000000000aull + (p.now.wall_ns + ahead_ns) / CLOCK_SECOND;

	put_be32(stamp, (uint32_t)(seconds >> 32));
	put_be32(stamp + 4, (uint32_t)seconds);
	put_be32(stamp + 8, (uint32_t)((p.now.wall_ns + ahead_ns) % CLOCK_SECOND));
	noise_create_initiation((struct message_initiation *)message, &initiation,
		&p.device[0]->identity, &remote, stamp, 42);
	cookie_add_macs(message, 148, remote.public_key);
}

static void timestamps_rise(void)
{
	uint8_t message[148];

	pair_init(&p, 1);
	forge(1000, message);
	CU_ASSERT_EQUAL(pair_deliver(&p, 1, message, 148), 0);
	pair_advance(&p, CLOCK_SECOND);
	forge(-CLOCK_SECOND + 1000, message); /* equal */
	check_refused(1, message, 148, -EALREADY);
	forge(-CLOCK_SECOND + 999, message);
	check_refused(1, message, 148, -EALREADY);
	forge(-CLOCK_SECOND + 1001, message);
	CU_ASSERT_EQUAL(pair_deliver(&p, 1, message, 148), 0);
	pair_free(&p);
}

static void flood(void)
{
	uint8_t message[148];

	pair_init(&p, 1);
	forge(0, message);
	CU_ASSERT_EQUAL(pair_deliver(&p, 1, message, 148), 0);
	pair_advance(&p, 20 * CLOCK_MS - 1);
	forge(0, message);
	check_refused(1, message, 148, -EBUSY);
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
		forge(0, message);
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
	check_refused(1, message, sizeof(message), -ENOENT);
	wg_set_private_key(p.device[1], NULL, &removed);
	check_refused(1, message, sizeof(message), -ENOKEY);
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
	remote = peer_of(0)->remote;
	noise_precompute(&remote, &pretender);
	CU_ASSERT_EQUAL(noise_create_initiation((struct message_initiation *)message, &initiation,
		&pretender, &remote, stamp, 1), 0);
	check_refused(1, message, sizeof(message), -EBADMSG);
	pair_free(&p);
}

/* ---- the responder's session goes to crypt first ---- */

static void response_waits(void)
{
	uint8_t initiation[148];
	uint32_t index;

	pair_init(&p, 1);
	pair_initiate(&p, 0, initiation);
	CU_ASSERT_EQUAL(pair_deliver(&p, 1, initiation, sizeof(initiation)), 0);
	CU_ASSERT_EQUAL(pair_count(&p, WG_SEND), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pair_action(&p, WG_INSTALL));
	index = pair_action(&p, WG_INSTALL)->keys.local_index;
	CU_ASSERT_FALSE(pair_action(&p, WG_INSTALL)->keys.initiator);
	pair_installed(&p, 1, index + 1);
	CU_ASSERT_EQUAL(p.actions.count, 0);
	pair_installed(&p, 1, index);
	CU_ASSERT_EQUAL(pair_count(&p, WG_SEND), 1);
	CU_ASSERT_TRUE(endpoint_equal(&pair_action(&p, WG_SEND)->endpoint, &p.at[0]));
	CU_ASSERT_TRUE(addr_equal(&pair_action(&p, WG_SEND)->local, &p.at[1].addr)); /* A52 */
	pair_installed(&p, 1, index);
	CU_ASSERT_EQUAL(p.actions.count, 0); /* once */
	pair_free(&p);
}

static void newer_replaces_pending(void)
{
	uint8_t message[148];
	uint32_t first, second;

	pair_init(&p, 1);
	forge(0, message);
	pair_deliver(&p, 1, message, 148);
	first = pair_action(&p, WG_INSTALL)->keys.local_index;
	pair_advance(&p, 50 * CLOCK_MS);
	forge(0, message);
	pair_deliver(&p, 1, message, 148);
	second = pair_action(&p, WG_INSTALL)->keys.local_index;
	CU_ASSERT_NOT_EQUAL(first, second);
	pair_installed(&p, 1, first);
	CU_ASSERT_EQUAL(p.actions.count, 0);
	pair_installed(&p, 1, second);
	CU_ASSERT_EQUAL(pair_count(&p, WG_SEND), 1);
	CU_ASSERT_EQUAL(get_le32(pair_action(&p, WG_SEND)->data + 4), second);
	pair_free(&p);
}

/* C4: our own initiation between what we consumed and the response that waits for crypt. */
static void initiate_while_pending(void)
{
	uint8_t theirs[148], ours[148];
	uint32_t index;

	pair_init(&p, 1);
	pair_initiate(&p, 0, theirs);
	pair_deliver(&p, 1, theirs, 148);
	index = pair_action(&p, WG_INSTALL)->keys.local_index;
	pair_advance(&p, 5 * CLOCK_SECOND); /* a very slow crypt */
	CU_ASSERT_TRUE(pair_initiate(&p, 1, ours));
	pair_installed(&p, 1, index);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pair_action(&p, WG_SEND));
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, pair_action(&p, WG_SEND)->data, 92), 0);
	pair_free(&p);
}

/* The device draws index 0 and must not take it for none (C4). */
static void index_zero(void)
{
	struct session_keys keys;
	uint8_t initiation[148], response[92], zero[4] = {0};

	pair_init(&p, 1);
	fixture_script(zero, sizeof(zero));
	CU_ASSERT_TRUE(pair_initiate(&p, 0, initiation));
	CU_ASSERT_EQUAL(get_le32(initiation + 4), 0);
	fixture_script(zero, sizeof(zero));
	CU_ASSERT_TRUE(pair_respond(&p, 1, initiation, &keys, response));
	CU_ASSERT_EQUAL(keys.local_index, 0);
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, response, sizeof(response)), 0);
	CU_ASSERT_EQUAL(pair_action(&p, WG_INSTALL)->keys.local_index, 0);
	CU_ASSERT_EQUAL(pair_action(&p, WG_INSTALL)->keys.remote_index, 0);
	pair_free(&p);
}

/* An index that a session has is not drawn for a handshake. */
static void index_taken(void)
{
	struct session_keys keys[2];
	uint8_t initiation[148], fresh[8];

	pair_init(&p, 1);
	CU_ASSERT_TRUE(pair_establish(&p, 0, keys));
	pair_advance(&p, 6 * CLOCK_SECOND);
	put_le32(fresh, keys[0].local_index);
	put_le32(fresh + 4, 0xdecade);
	fixture_script(fresh, sizeof(fresh));
	CU_ASSERT_TRUE(pair_initiate(&p, 0, initiation));
	CU_ASSERT_EQUAL(get_le32(initiation + 4), 0xdecade);
	pair_free(&p);
}

static void confirmed(void)
{
	struct session_keys keys;
	struct wg_peer_info info;
	uint8_t initiation[148], response[92];

	pair_init(&p, 1);
	pair_initiate(&p, 0, initiation);
	pair_respond(&p, 1, initiation, &keys, response);
	wg_peer_info(p.device[1], p.slot[1], &info);
	CU_ASSERT_EQUAL(info.last_handshake_wall_ns, 0); /* nobody has proven to have the session */
	pair_report(&p, 1, PEER_KEEPALIVE_RECEIVED);
	CU_ASSERT_EQUAL(pair_count(&p, WG_FLUSH), 0);
	pair_report(&p, 1, PEER_CONFIRMED | PEER_KEEPALIVE_RECEIVED);
	CU_ASSERT_EQUAL(pair_count(&p, WG_FLUSH), 1);
	wg_peer_info(p.device[1], p.slot[1], &info);
	CU_ASSERT_EQUAL(info.last_handshake_wall_ns, p.now.wall_ns);
	pair_free(&p);
}

static void initiator_uses_at_once(void)
{
	struct session_keys keys;
	struct wg_peer_info info;
	uint8_t initiation[148], response[92];

	pair_init(&p, 1);
	pair_initiate(&p, 0, initiation);
	pair_respond(&p, 1, initiation, &keys, response);
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, response, sizeof(response)), 0);
	CU_ASSERT_EQUAL(pair_count(&p, WG_INSTALL), 1);
	CU_ASSERT_TRUE(pair_action(&p, WG_INSTALL)->keys.initiator);
	wg_peer_info(p.device[0], p.slot[0], &info);
	CU_ASSERT_EQUAL(info.last_handshake_wall_ns, p.now.wall_ns);
	CU_ASSERT_EQUAL(info.handshake_tx_bytes, 148);
	CU_ASSERT_EQUAL(info.handshake_rx_bytes, 92);
	wg_peer_info(p.device[1], p.slot[1], &info);
	CU_ASSERT_EQUAL(info.handshake_tx_bytes, 92);
	CU_ASSERT_EQUAL(info.handshake_rx_bytes, 148);
	pair_free(&p);
}

/* ---- C8: both at once; side 0 insists ---- */

static void crossing(void)
{
	struct session_keys keys;
	uint8_t from0[148], from1[148], response[92];

	pair_init(&p, 1);
	CU_ASSERT_TRUE(pair_initiate(&p, 0, from0));
	CU_ASSERT_TRUE(pair_initiate(&p, 1, from1));
	pair_advance(&p, 300 * CLOCK_MS);
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, from1, 148), 0);
	CU_ASSERT_EQUAL(pair_count(&p, WG_INSTALL), 0);
	check_refused(0, from1, 148, -EALREADY); /* it counts as consumed */
	CU_ASSERT_TRUE(pair_respond(&p, 1, from0, &keys, response));
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, response, 92), 0);
	CU_ASSERT_EQUAL(pair_count(&p, WG_INSTALL), 1);
	pair_report(&p, 1, PEER_CONFIRMED | PEER_KEEPALIVE_RECEIVED);
	pair_advance(&p, 6 * CLOCK_SECOND);
	pair_tick(&p, 0);
	CU_ASSERT_EQUAL(p.actions.count, 0); /* and nobody tries again */
	pair_tick(&p, 1);
	CU_ASSERT_EQUAL(p.actions.count, 0);
	pair_free(&p);
}

/* Ours was lost: what arrives later than a crossing initiation could is answered. */
static void not_crossing(void)
{
	struct session_keys keys;
	uint8_t from0[148], from1[148], response[92];

	pair_init(&p, 1);
	CU_ASSERT_TRUE(pair_initiate(&p, 0, from0));
	pair_advance(&p, CLOCK_SECOND);
	CU_ASSERT_TRUE(pair_initiate(&p, 1, from1));
	CU_ASSERT_TRUE(pair_respond(&p, 0, from1, &keys, response));
	CU_ASSERT_FALSE(peer_of(0)->initiation.outstanding);
	CU_ASSERT_EQUAL(pair_deliver(&p, 1, response, 92), 0);
	pair_free(&p);
}

/* A peer that does not know the rule drops its own and answers ours, as side 1 does. */
static void crossing_gives_way(void)
{
	struct session_keys keys;
	uint8_t from0[148], from1[148], response[92];

	pair_init(&p, 1);
	pair_initiate(&p, 0, from0);
	pair_initiate(&p, 1, from1);
	CU_ASSERT_TRUE(pair_respond(&p, 1, from0, &keys, response));
	CU_ASSERT_FALSE(peer_of(1)->initiation.outstanding);
	CU_ASSERT_TRUE(secret_is_zero(&peer_of(1)->initiation, sizeof(struct noise_initiation)));
	CU_ASSERT_EQUAL(p.device[1]->indices.used, 1);
	pair_free(&p);
}

static void keys_are_wiped(void)
{
	struct session_keys keys;
	uint8_t initiation[148], response[92];

	pair_init(&p, 1);
	pair_initiate(&p, 0, initiation);
	pair_respond(&p, 1, initiation, &keys, response);
	pair_deliver(&p, 0, response, 92);
	CU_ASSERT_TRUE(secret_is_zero(&peer_of(0)->initiation, sizeof(struct noise_initiation)));
	CU_ASSERT_EQUAL(p.actions.count, 1);
	CU_ASSERT_FALSE(secret_is_zero(p.actions.list[0].keys.send, 32));
	wg_actions_clear(&p.actions);
	CU_ASSERT_EQUAL(p.actions.count, 0);
	CU_ASSERT_TRUE(secret_is_zero(&p.actions.list[0], sizeof(p.actions.list[0])));
	pair_free(&p);
}

static const struct unit_test tests[] = {
	{"A6, A24, A25, C28: a whole handshake, confirmed", whole},
	{"A1: reserved bytes", reserved_bytes},
	{"A2: exact sizes, for every type", sizes},
	{"A4: what is invalid draws nothing", silence},
	{"A11, C2: an invalid response changes nothing", response_tampered},
	{"A11: a response is accepted once", response_once},
	{"A10: a late response to an older initiation", late_response},
	{"A13: a replayed initiation", replayed},
	{"A13: timestamps strictly rise", timestamps_rise},
	{"A14: one initiation in 20 ms, and a refused one changes nothing", flood},
	{"A14, A27, C10: repeated initiations use no more memory", repeated},
	{"A15: unknown peers, and no private key", strangers},
	{"A6, A15: a peer's public key without its secret", impostor},
	{"A24, A52: a response waits until crypt has the session", response_waits},
	{"A24, C10: a newer initiation replaces the waiting response", newer_replaces_pending},
	{"C4: our own initiation while a response waits", initiate_while_pending},
	{"A27, C4: index 0", index_zero},
	{"A27: an index in use is not drawn again", index_taken},
	{"A24, A25: the responder flushes when confirmed", confirmed},
	{"A24, A25, A55, C28: the initiator installs at once; bytes are counted", initiator_uses_at_once},
	{"C8: crossing initiations end in one session", crossing},
	{"C8: an old initiation of ours does not stand in the way", not_crossing},
	{"C8: the other side gives way", crossing_gives_way},
	{"A12: keys are wiped from handshake and actions", keys_are_wiped},
	{NULL, NULL},
};

const struct unit_suite suite_handshake = {"handshake", tests};
