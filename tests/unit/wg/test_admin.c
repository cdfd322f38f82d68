/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys, peers and endpoints, as an administrator sets them and as they move by themselves. */
#include <errno.h>
#include <string.h>

#include "crypto/dh.h"
#include "crypto/secret.h"
#include "fixture.h"
#include "suites.h"
#include "wg/state.h"

#define S CLOCK_SECOND

static struct pair p;
static struct session_keys keys[2];

static void peers_come_and_go(void)
{
	uint8_t key[32] = {9};
	int64_t slot;

	pair_init(&p, 5);
	slot = wg_peer_add(p.device[0], key);
	CU_ASSERT_EQUAL(slot, 1);
	CU_ASSERT_EQUAL(wg_peer_add(p.device[0], key), -EEXIST);
	CU_ASSERT_EQUAL(wg_peer_find(p.device[0], key), 1);
	CU_ASSERT_EQUAL(wg_peer_next(p.device[0], 0), 0);
	CU_ASSERT_EQUAL(wg_peer_next(p.device[0], 1), 1);
	CU_ASSERT_EQUAL(wg_peer_next(p.device[0], 2), UINT32_MAX);
	wg_peer_remove(p.device[0], 1);
	CU_ASSERT_EQUAL(wg_peer_next(p.device[0], 1), UINT32_MAX);
	CU_ASSERT_EQUAL(wg_peer_find(p.device[0], key), -ENOENT);
	for (key[1] = 0; key[1] < 3; key[1]++)
		CU_ASSERT_TRUE(wg_peer_add(p.device[0], key) > 0);
	CU_ASSERT_EQUAL(wg_peer_add(p.device[0], key), -ENOSPC);
	pair_free(&p);
}

/* Calls that name a slot nobody has do nothing. */
static void nobodys_slot(void)
{
	struct wg_traffic wish = {.events = UINT32_MAX};
	struct wg_peer_info info;
	uint8_t psk[32];

	pair_init(&p, 5);
	wg_peer_remove(p.device[0], 3);
	wg_peer_set_preshared_key(p.device[0], 3, psk);
	wg_peer_set_endpoint(p.device[0], 3, &p.at[0], &p.actions);
	wg_peer_moved(p.device[0], UINT32_MAX, &p.at[0], &p.at[0].addr, &p.actions);
	wg_peer_set_keepalive(p.device[0], 4, 1, p.now, &p.actions);
	wg_traffic(p.device[0], p.now, 2, &wish, &p.actions);
	wg_session_installed(p.device[0], p.now, 2, 0, &p.actions);
	CU_ASSERT_EQUAL(p.actions.count, 0);
	CU_ASSERT_FALSE(wg_peer_preshared_key(p.device[0], 3, psk));
	wg_peer_info(p.device[0], 3, &info);
	CU_ASSERT_TRUE(secret_is_zero(&info, sizeof(info)));
	pair_free(&p);
}

static void removed_peer_is_forgotten(void)
{
	uint8_t message[148], response[92];
	struct session_keys one;

	pair_init(&p, 5);
	CU_ASSERT_TRUE(pair_establish(&p, 0, keys));
	pair_advance(&p, 10 * S);
	pair_initiate(&p, 0, message);
	CU_ASSERT_TRUE(pair_respond(&p, 1, message, &one, response));
	wg_peer_remove(p.device[0], p.slot[0]);
	CU_ASSERT_EQUAL(p.device[0]->indices.used, 0);
	CU_ASSERT_EQUAL(wg_next_deadline(p.device[0]), UINT64_MAX);
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, response, 92), -ENOENT);
	pair_advance(&p, 6 * S);
	CU_ASSERT_TRUE(pair_initiate(&p, 1, message));
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, message, 148), -ENOENT);
	pair_free(&p);
}

/* ---- A53, A54, C25 ---- */

static void own_key_as_peer(void)
{
	uint8_t public_key[32];

	pair_init(&p, 5);
	wg_public_key(p.device[0], public_key);
	CU_ASSERT_EQUAL(wg_peer_add(p.device[0], public_key), -EADDRINUSE);
	CU_ASSERT_EQUAL(wg_peer_find(p.device[0], public_key), -ENOENT);
	pair_free(&p);
}

static void key_of_a_peer(void)
{
	uint8_t secret[32], other[32] = {9};
	uint32_t removed;

	pair_init(&p, 5);
	wg_peer_add(p.device[0], other);
	wg_private_key(p.device[1], secret);
	CU_ASSERT_TRUE(wg_set_private_key(p.device[0], secret, &removed));
	CU_ASSERT_EQUAL(removed, p.slot[0]);
	CU_ASSERT_EQUAL(p.slot[0], 0);
	CU_ASSERT_EQUAL(wg_peer_next(p.device[0], 0), 1); /* the other one is left */
	pair_free(&p);
}

static void same_key_again(void)
{
	uint8_t secret[32], message[148], response[92];
	struct session_keys one;
	struct peer before;
	uint32_t removed = 5;

	pair_init(&p, 5);
	pair_initiate(&p, 0, message);
	wg_private_key(p.device[0], secret);
	before = *peer_at(&p.device[0]->peers, p.slot[0]);
	CU_ASSERT_FALSE(wg_set_private_key(p.device[0], secret, &removed));
	CU_ASSERT_EQUAL(removed, UINT32_MAX);
	secret[0] ^= 7; /* bits that are clamped do not make another key */
	CU_ASSERT_FALSE(wg_set_private_key(p.device[0], secret, &removed));
	CU_ASSERT_EQUAL(memcmp(&before, peer_at(&p.device[0]->peers, 0), sizeof(before)), 0);
	CU_ASSERT_TRUE(pair_respond(&p, 1, message, &one, response));
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, response, 92), 0);
	pair_free(&p);
}

/* Teach side 1 that side 0 has another key: side 0's peer entry there is replaced. */
static void introduce(void)
{
	uint8_t public_key[32];

	wg_public_key(p.device[0], public_key);
	wg_peer_remove(p.device[1], p.slot[1]);
	p.slot[1] = (uint32_t)wg_peer_add(p.device[1], public_key);
	wg_peer_set_endpoint(p.device[1], p.slot[1], &p.at[0], &p.actions);
}

static void new_key(void)
{
	uint8_t secret[32], message[148], response[92];
	struct session_keys one;
	uint32_t removed;

	pair_init(&p, 5);
	CU_ASSERT_TRUE(pair_establish(&p, 0, keys));
	pair_advance(&p, 6 * S);
	pair_initiate(&p, 0, message);
	pair_respond(&p, 1, message, &one, response);
	random_bytes(secret, sizeof(secret));
	CU_ASSERT_TRUE(wg_set_private_key(p.device[0], secret, &removed));
	CU_ASSERT_EQUAL(p.device[0]->indices.used, 0);
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, response, 92), -ENOENT); /* the old handshake is over */
	introduce();
	CU_ASSERT_TRUE(wg_next_deadline(p.device[0]) <= p.now.boot_ns);
	pair_tick(&p, 0); /* who waited for a session does not wait for 5 s */
	CU_ASSERT_EQUAL_FATAL(pair_count(&p, WG_SEND), 1);
	memcpy(message, pair_action(&p, WG_SEND)->data, 148);
	CU_ASSERT_TRUE(pair_respond(&p, 1, message, &one, response));
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, response, 92), 0);
	pair_free(&p);
}

static void new_key_without_waiting(void)
{
	uint8_t secret[32], message[148];
	uint32_t removed;

	pair_init(&p, 5);
	CU_ASSERT_TRUE(pair_establish(&p, 0, keys));
	random_bytes(secret, sizeof(secret));
	CU_ASSERT_TRUE(wg_set_private_key(p.device[0], secret, &removed));
	introduce();
	CU_ASSERT_TRUE(pair_initiate(&p, 0, message)); /* although we sent one just now */
	pair_free(&p);
}

/* Thousands of X25519 in one call would hold up all handshakes: each peer's is computed when needed. */
static void new_key_costs_nothing_yet(void)
{
	uint8_t secret[32], message[148], response[92];
	struct session_keys one;
	uint32_t removed;

	pair_init(&p, 5);
	random_bytes(secret, sizeof(secret));
	CU_ASSERT_TRUE(wg_set_private_key(p.device[0], secret, &removed));
	struct noise_remote *remote = &pair_peer(&p, 0)->remote;
	CU_ASSERT_FALSE(remote->usable);
	CU_ASSERT_TRUE(secret_is_zero(remote->static_static, sizeof(remote->static_static)));
	introduce();
	CU_ASSERT_TRUE(pair_initiate(&p, 1, message));
	CU_ASSERT_TRUE(pair_respond(&p, 0, message, &one, response));
	CU_ASSERT_TRUE(pair_peer(&p, 0)->remote.usable);
	CU_ASSERT_EQUAL(pair_deliver(&p, 1, response, 92), 0);
	pair_free(&p);
}

static void no_key(void)
{
	uint8_t out[32], zero[32] = {0}, message[148];
	uint32_t removed;

	pair_init(&p, 5);
	CU_ASSERT_TRUE(wg_set_private_key(p.device[0], zero, &removed));
	CU_ASSERT_FALSE(wg_public_key(p.device[0], out));
	CU_ASSERT_FALSE(wg_private_key(p.device[0], out));
	CU_ASSERT_TRUE(secret_is_zero(out, sizeof(out)));
	CU_ASSERT_FALSE(wg_set_private_key(p.device[0], NULL, &removed));
	CU_ASSERT_FALSE(pair_initiate(&p, 0, message));
	CU_ASSERT_TRUE(pair_initiate(&p, 1, message));
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, message, 148), -ENOKEY);
	pair_free(&p);
}

static void preshared_key(void)
{
	uint8_t psk[32] = {1}, out[32], message[148], response[92];
	struct session_keys one;
	struct wg_peer_info info;

	pair_init(&p, 5);
	CU_ASSERT_TRUE(pair_establish(&p, 0, keys));
	uint32_t indices = p.device[0]->indices.used;
	wg_peer_set_preshared_key(p.device[0], p.slot[0], psk);
	CU_ASSERT_EQUAL(p.device[0]->indices.used, indices); /* the session lives on */
	CU_ASSERT_TRUE(wg_peer_preshared_key(p.device[0], p.slot[0], out));
	CU_ASSERT_EQUAL(memcmp(out, psk, 32), 0);
	wg_peer_info(p.device[0], p.slot[0], &info);
	CU_ASSERT_TRUE(info.has_preshared_key);
	pair_advance(&p, 130 * S);
	pair_initiate(&p, 0, message);
	pair_respond(&p, 1, message, &one, response);
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, response, 92), -EBADMSG); /* the other has none */
	wg_peer_set_preshared_key(p.device[1], p.slot[1], psk);
	pair_next(&p, 0);
	memcpy(message, pair_action(&p, WG_SEND)->data, 148);
	CU_ASSERT_TRUE(pair_respond(&p, 1, message, &one, response));
	CU_ASSERT_EQUAL(pair_deliver(&p, 0, response, 92), 0);
	wg_peer_set_preshared_key(p.device[0], p.slot[0], NULL);
	CU_ASSERT_FALSE(wg_peer_preshared_key(p.device[0], p.slot[0], out));
	pair_free(&p);
}

/* ---- A51, A52 ---- */

static void deliver_from(unsigned to, const struct endpoint *from, const uint8_t *message, size_t n)
{
	wg_actions_clear(&p.actions);
	wg_receive(p.device[to], p.now, from, &p.at[to].addr, message, n, &p.actions);
}

static bool is_at(unsigned side, const struct endpoint *where)
{
	struct wg_peer_info info;

	wg_peer_info(p.device[side], p.slot[side], &info);
	return endpoint_equal(&info.endpoint, where);
}

static void moves_with_handshakes(void)
{
	uint8_t message[148], response[92];
	struct endpoint elsewhere, back;

	pair_init(&p, 5);
	endpoint_parse(&elsewhere, "203.0.113.9:1000");
	endpoint_parse(&back, "203.0.113.10:1001");
	pair_initiate(&p, 0, message);
	message[60] ^= 1;
	deliver_from(1, &elsewhere, message, 148);
	CU_ASSERT_TRUE(is_at(1, &p.at[0])); /* an invalid one moves nothing */
	message[60] ^= 1;
	deliver_from(1, &elsewhere, message, 148);
	CU_ASSERT_TRUE(is_at(1, &elsewhere));
	CU_ASSERT_EQUAL(pair_count(&p, WG_ENDPOINT), 1);
	pair_installed(&p, 1, pair_action(&p, WG_INSTALL)->keys.local_index);
	CU_ASSERT_TRUE(endpoint_equal(&pair_action(&p, WG_SEND)->endpoint, &elsewhere));
	memcpy(response, pair_action(&p, WG_SEND)->data, 92);
	deliver_from(0, &back, response, 92);
	CU_ASSERT_TRUE(is_at(0, &back));
	CU_ASSERT_EQUAL(p.actions.list[0].kind, WG_ENDPOINT); /* before keys that send at once */
	CU_ASSERT_EQUAL(p.actions.list[1].kind, WG_INSTALL);
	deliver_from(0, &p.at[1], response, 92); /* a replay from elsewhere */
	CU_ASSERT_TRUE(is_at(0, &back));
	pair_free(&p);
}

static void moves_with_data(void)
{
	struct endpoint elsewhere;

	pair_init(&p, 5);
	endpoint_parse(&elsewhere, "[2001:db8::77]:9");
	wg_peer_moved(p.device[0], p.slot[0], &elsewhere, &p.at[0].addr, &p.actions);
	CU_ASSERT_EQUAL(pair_count(&p, WG_ENDPOINT), 1);
	CU_ASSERT_TRUE(is_at(0, &elsewhere));
	wg_actions_clear(&p.actions);
	wg_peer_moved(p.device[0], p.slot[0], &elsewhere, &p.at[0].addr, &p.actions);
	CU_ASSERT_EQUAL(p.actions.count, 0); /* it did not move */
	wg_peer_moved(p.device[0], p.slot[0], &elsewhere, &p.at[1].addr, &p.actions);
	CU_ASSERT_EQUAL(pair_count(&p, WG_ENDPOINT), 1); /* it reaches us at another address */
	pair_free(&p);
}

/* A52: first from where it reached us; when that finds no answer, from wherever routes say. */
static void local_address(void)
{
	uint8_t message[148];

	pair_init(&p, 5);
	wg_peer_moved(p.device[0], p.slot[0], &p.at[1], &p.at[0].addr, &p.actions);
	CU_ASSERT_TRUE(pair_initiate(&p, 0, message));
	CU_ASSERT_TRUE(addr_equal(&pair_action(&p, WG_SEND)->local, &p.at[0].addr));
	pair_next(&p, 0);
	CU_ASSERT_EQUAL(p.actions.list[0].kind, WG_ENDPOINT);
	CU_ASSERT_EQUAL(p.actions.list[0].local.family, 0);
	CU_ASSERT_EQUAL(pair_action(&p, WG_SEND)->local.family, 0);
	CU_ASSERT_TRUE(endpoint_equal(&pair_action(&p, WG_SEND)->endpoint, &p.at[1]));
	pair_next(&p, 0);
	CU_ASSERT_EQUAL(pair_count(&p, WG_ENDPOINT), 0); /* told once */
	pair_free(&p);
}

static void devices_that_cannot_be(void)
{
	fixture_random(1);
	errno = 0;
	CU_ASSERT_PTR_NULL(wg_device_create(0));
	CU_ASSERT_EQUAL(errno, EINVAL);
	CU_ASSERT_PTR_NULL(wg_device_create(WG_PEERS_MAX + 1));
	CU_ASSERT_EQUAL(errno, EINVAL);
	wg_device_destroy(NULL);
}

static void local_address_gone(void)
{
	struct ip_prefix ours[2] = {{{0}, 24}, {{4, {198, 51, 100, 9}}, 24}};
	struct ip_addr local = {4, {198, 51, 100, 9}};

	pair_init(&p, 5);
	ours[0].addr = p.at[0].addr;
	wg_peer_moved(p.device[0], 0, &p.at[1], &local, &p.actions);
	wg_actions_clear(&p.actions);
	wg_peer_readdressed(p.device[0], 0, ours, 2, &p.actions);
	CU_ASSERT_EQUAL_FATAL(p.actions.count, 1); /* the way to it is told again in any case */
	CU_ASSERT_EQUAL(p.actions.list[0].kind, WG_ENDPOINT);
	CU_ASSERT_TRUE(endpoint_equal(&p.actions.list[0].endpoint, &p.at[1]));
	CU_ASSERT_TRUE(addr_equal(&p.actions.list[0].local, &local));
	wg_actions_clear(&p.actions);
	wg_peer_readdressed(p.device[0], 0, ours, 1, &p.actions);
	CU_ASSERT_EQUAL_FATAL(p.actions.count, 1);
	CU_ASSERT_EQUAL(p.actions.list[0].local.family, 0);
	wg_actions_clear(&p.actions);
	wg_peer_readdressed(p.device[0], 0, ours, 2, &p.actions); /* it comes back: too late */
	CU_ASSERT_EQUAL(p.actions.list[0].local.family, 0);
	wg_actions_clear(&p.actions);
	wg_peer_readdressed(p.device[0], 3, ours, 2, &p.actions); /* nobody's slot */
	CU_ASSERT_EQUAL(p.actions.count, 0);
	pair_free(&p);
}

static void greeting(void)
{
	pair_init(&p, 5);
	wg_peer_greet(p.device[0], 0, p.now, &p.actions);
	CU_ASSERT_EQUAL(p.actions.count, 0); /* no session, and none is asked for */
	CU_ASSERT_TRUE(pair_establish(&p, 0, keys));
	wg_actions_clear(&p.actions);
	wg_peer_greet(p.device[0], 0, p.now, &p.actions);
	CU_ASSERT_EQUAL_FATAL(p.actions.count, 1);
	CU_ASSERT_EQUAL(p.actions.list[0].kind, WG_KEEPALIVE);
	wg_actions_clear(&p.actions);
	pair_advance(&p, 181 * S);
	wg_actions_clear(&p.actions);
	wg_peer_greet(p.device[0], 0, p.now, &p.actions);
	CU_ASSERT_EQUAL(p.actions.count, 0);
	wg_peer_greet(p.device[0], 3, p.now, &p.actions);
	CU_ASSERT_EQUAL(p.actions.count, 0);
	pair_free(&p);
}

static const struct unit_test tests[] = {
	{"A15, A46: peers come and go", peers_come_and_go},
	{"A15, C15: a slot that is nobody's", nobodys_slot},
	{"A41, A46, C15: nothing of a removed peer remains", removed_peer_is_forgotten},
	{"A53: a peer with our own key is ignored", own_key_as_peer},
	{"A53, C26: a private key that makes a peer our own removes it", key_of_a_peer},
	{"A53, C25: the same private key again changes nothing", same_key_again},
	{"A54: a new private key ends handshakes and starts new ones at once", new_key},
	{"A54, A33: a new private key need not wait for 5 s", new_key_without_waiting},
	{"A54: a new private key computes what its peers need one by one", new_key_costs_nothing_yet},
	{"A15, A54: no private key", no_key},
	{"A54, A7: a new preshared key holds from the next handshake on", preshared_key},
	{"A51: the endpoint moves with valid handshakes only", moves_with_handshakes},
	{"A51: the endpoint moves with authenticated data", moves_with_data},
	{"A52: the local address is kept, and given up on retries", local_address},
	{"A52: a local address that is gone is forgotten", local_address_gone},
	{"A51: peers with a session are greeted from a new address", greeting},
	{"C34: too many peers, or none, are refused", devices_that_cannot_be},
	{NULL, NULL},
};

const struct unit_suite suite_admin = {"admin", tests};
