/* SPDX-License-Identifier: BSD-3-Clause */
/* The same sessions again as were once held with wireguard-go, byte for byte. */
#include <string.h>

#include "crypto/aead.h"
#include "fixture.h"
#include "recorded_vectors.h"
#include "suites.h"
#include "util/bytes.h"
#include "wg/device.h"

static struct wg_device *device;
static struct wg_actions actions;
static struct wg_now now = {.boot_ns = 1000 * CLOCK_SECOND};
static struct endpoint other;
static uint32_t slot;

static void start(const struct recorded *r)
{
	uint8_t bytes[36], public_key[32];
	struct noise_identity identity;
	uint32_t removed;

	fixture_random(1);
	device = wg_device_create(1);
	fixture_unhex(bytes, 32, recorded_private);
	wg_set_private_key(device, bytes, &removed);
	fixture_unhex(bytes, 32, recorded_other_private);
	noise_set_identity(&identity, bytes);
	memcpy(public_key, identity.public_key, 32);
	slot = (uint32_t)wg_peer_add(device, public_key);
	fixture_unhex(bytes, 32, recorded_preshared);
	wg_peer_set_preshared_key(device, slot, bytes);
	endpoint_parse(&other, "127.0.0.1:51999");
	wg_peer_set_endpoint(device, slot, &other, &actions);
	wg_actions_clear(&actions);
	fixture_unhex(bytes, 4, r->index);
	fixture_unhex(bytes + 4, 32, r->ephemeral);
	fixture_script(bytes, 36);
}

static int receive(const char *hex, size_t length)
{
	uint8_t message[148];

	fixture_unhex(message, length, hex);
	wg_actions_clear(&actions);
	return wg_receive(device, now, &other, &other.addr, message, length, &actions);
}

static struct session_keys installed(void)
{
	for (unsigned i = 0; i < actions.count; i++)
		if (actions.list[i].kind == WG_INSTALL)
			return actions.list[i].keys;
	return (struct session_keys){0};
}

/* The last action is to send just this. */
static void check_sends(const char *hex, size_t length)
{
	uint8_t expected[148];
	const struct wg_action *last = &actions.list[actions.count - 1];

	fixture_unhex(expected, length, hex);
	CU_ASSERT_TRUE_FATAL(actions.count > 0 && last->kind == WG_SEND);
	CU_ASSERT_EQUAL(last->length, length);
	CU_ASSERT_EQUAL(memcmp(last->data, expected, length), 0);
}

static void check_data(const struct session_keys *keys, const struct recorded *r)
{
	uint8_t message[80], plain[48], expected[48];

	fixture_unhex(message, sizeof(message), r->data);
	fixture_unhex(expected, sizeof(expected), r->plain);
	CU_ASSERT_EQUAL(get_le32(message), MESSAGE_DATA);
	CU_ASSERT_EQUAL(get_le32(message + 4), keys->local_index);
	CU_ASSERT_EQUAL(aead_open(plain, message + 16, 64, NULL, 0, get_le64(message + 8),
		keys->recv), 0);
	CU_ASSERT_EQUAL(memcmp(plain, expected, sizeof(plain)), 0);
}

static void as_responder(void)
{
	struct session_keys keys;

	start(&recorded_responder);
	CU_ASSERT_EQUAL(receive(recorded_responder.initiation, 148), 0);
	keys = installed();
	wg_session_installed(device, now, slot, keys.local_index, &actions);
	check_sends(recorded_responder.response, 92);
	check_data(&keys, &recorded_responder);
	wg_actions_clear(&actions);
	wg_device_destroy(device);
}

/* When we sent it can be read out of our own initiation, with the other's key. */
static uint64_t recorded_wall_ns(void)
{
	struct noise_identity theirs, ours;
	struct noise_received received;
	struct noise_remote remote = {0};
	uint8_t message[148], bytes[32];

	fixture_unhex(bytes, 32, recorded_other_private);
	noise_set_identity(&theirs, bytes);
	fixture_unhex(bytes, 32, recorded_private);
	noise_set_identity(&ours, bytes);
	memcpy(remote.public_key, ours.public_key, 32);
	noise_precompute(&remote, &theirs);
	fixture_unhex(message, sizeof(message), recorded_initiator.initiation);
	noise_consume_initiation(&received, &theirs, (const struct message_initiation *)message);
	noise_prove_initiation(&received, &remote, (const struct message_initiation *)message);
	return (get_be32(received.timestamp + 4) - 10) * CLOCK_SECOND +
		get_be32(received.timestamp + 8);
}

static void as_initiator(void)
{
	struct wg_traffic wish = {.events = PEER_NEEDS_SESSION};
	struct session_keys keys;

	now.wall_ns = recorded_wall_ns();
	start(&recorded_initiator);
	wg_traffic(device, now, slot, &wish, &actions);
	check_sends(recorded_initiator.initiation, 148);
	CU_ASSERT_EQUAL(receive(recorded_initiator.response, 92), 0);
	keys = installed();
	CU_ASSERT_TRUE(keys.initiator);
	check_data(&keys, &recorded_initiator);
	wg_actions_clear(&actions);
	wg_device_destroy(device);
}

static const struct unit_test tests[] = {
	{"V, A5, A6, A7, A8, A16: wireguard-go initiated", as_responder},
	{"V, A5, A6, A7, A8, A13, A16: wireguard-go responded", as_initiator},
	{NULL, NULL},
};

const struct unit_suite suite_recorded = {"recorded", tests};
