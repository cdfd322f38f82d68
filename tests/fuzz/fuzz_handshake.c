/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The device under any handshake: a program of messages, time, traffic and administration, with the
 * other side played by the Noise functions themselves. Messages are made with fields of the input's
 * choice before they are encrypted, and bent after it, so that no tag stops them. Nothing but an
 * authentic message leads to anything, and both sides then hold the same keys.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/aead.h"
#include "crypto/blake2s.h"
#include "crypto/dh.h"
#include "crypto/provider.h"
#include "fuzz.h"
#include "util/bytes.h"
#include "wg/cookie.h"
#include "wg/device.h"
#include "wg/noise.h"
#include "wg/state.h"
#include "wg/timestamp.h"

#define PEERS     3 /* the second has a preshared key; the third's key is of low order */
#define LOW_ORDER 2
#define STEPS_MAX 64
#define KEPT      4

/* ---- randomness out of the input's reach, the same in every run ---- */

static struct crypto_provider provider;
static uint64_t random_state;

static void seeded_random(void *out, size_t length)
{
	uint8_t *to = out;

	for (size_t i = 0; i < length; i++) {
		random_state = random_state * 6364136223846793005u + 1442695040888963407u;
		to[i] = (uint8_t)(random_state >> 56);
	}
}

static void begin_crypto(void)
{
	static bool begun;

	random_state = 1;
	if (begun)
		return;
	provider = crypto_provider_sodium;
	provider.random = seeded_random;
	crypto_set_provider(&provider);
	require(crypto_init() == 0, "crypto");
	begun = true;
}

/* ---- both sides ---- */

struct message {
	uint8_t bytes[148];
	size_t length;
	bool was_good;
};

struct other {
	struct noise_identity identity;
	struct noise_remote us;           /* as it sees us */
	struct noise_initiation sent;     /* its last, that we may answer */
	struct message_initiation heard;  /* our last */
	bool has_heard;
	uint8_t stamp[WG_TIMESTAMP_LEN];  /* its last */
	uint8_t seen[WG_TIMESTAMP_LEN];   /* the greatest that was taken (A13) */
	struct session_keys installed;    /* what we told crypt last */
	uint8_t mac1[16];                 /* of what we sent to it last */
	uint32_t mac1_index;
	bool may_ask;                     /* it may still answer that with a cookie reply */
	uint8_t cookie[16];
	uint64_t cookie_ns;               /* when we got that; 0: never */
	struct message kept[KEPT];
	unsigned kept_count;
	uint32_t slot;
	bool exists;
};

static struct wg_device *device;
static struct noise_identity ours;
static struct other others[PEERS];
static struct wg_now now;
static struct wg_actions actions;
static const struct endpoint somewhere = {.addr = {4, {192, 0, 2, 1}}, .port = 7};
static const struct ip_addr here = {4, {192, 0, 2, 2}};

static struct other *at_slot(uint32_t slot)
{
	for (unsigned i = 0; i < PEERS; i++)
		if (others[i].exists && others[i].slot == slot)
			return &others[i];
	require(false, "an action names a peer");
	return NULL;
}

static bool keys_agree(const struct session_keys *a, const struct session_keys *b)
{
	return memcmp(a->send, b->recv, 32) == 0 && memcmp(a->recv, b->send, 32) == 0 &&
	       a->local_index == b->remote_index && a->remote_index == b->local_index &&
	       a->initiator != b->initiator;
}

/* The other side gets a response: it must lead to the keys that we told crypt. */
static void take_response(struct other *o, const uint8_t *bytes)
{
	struct session_keys keys = {0};
	struct message_response response;

	memcpy(&response, bytes, sizeof(response));
	if (get_le32(response.receiver_index) != o->sent.local_index || !o->sent.outstanding)
		return; /* to an initiation that another followed */
	if (noise_consume_response(&keys, &o->sent, &o->identity, &o->us, &response) != 0)
		return; /* keys or preshared keys were changed meanwhile */
	require(keys_agree(&keys, &o->installed), "both sides have the same keys");
}

/* A17: with the cookie until 115 s after it came, else zero. */
static void check_mac2(struct other *o, const uint8_t *message, size_t length)
{
	uint8_t mac2[16] = {0};

	if (o->cookie_ns != 0 && now.boot_ns - o->cookie_ns <= COOKIE_LIFETIME - COOKIE_LATENCY)
		blake2s(mac2, 16, message, length - 16, o->cookie, 16);
	else
		o->cookie_ns = 0;
	require(memcmp(message + length - 16, mac2, 16) == 0, "mac2 is as it should be");
	memcpy(o->mac1, message + length - 32, 16);
	o->mac1_index = get_le32(message + 4);
	o->may_ask = true;
}

static void take_action(const struct wg_action *a)
{
	struct other *o = at_slot(a->slot);

	if (a->kind == WG_SEND) {
		require(a->endpoint.addr.family != 0, "a message has a destination");
		require(o != &others[LOW_ORDER], "nothing is sent to a key of low order");
		require(a->length == 148 || a->length == 92, "a handshake message");
		require(a->data[0] == (a->length == 148 ? 1 : 2), "of its type");
		check_mac2(o, a->data, a->length);
		if (a->length == 148) {
			memcpy(&o->heard, a->data, sizeof(o->heard));
			o->has_heard = true;
		} else {
			take_response(o, a->data);
		}
	} else if (a->kind == WG_INSTALL) {
		o->installed = a->keys;
	}
}

static void take_actions(void)
{
	require(actions.count <= WG_ACTIONS_MAX, "actions are bounded");
	for (unsigned i = 0; i < actions.count; i++)
		take_action(&actions.list[i]);
	wg_actions_clear(&actions);
}

static bool has_install(void)
{
	for (unsigned i = 0; i < actions.count; i++)
		if (actions.list[i].kind == WG_INSTALL)
			return true;
	return false;
}

/* ---- messages ---- */

static void keep(struct other *o, const struct message *m)
{
	o->kept[o->kept_count++ % KEPT] = *m;
}

/* A51, A55: what was taken came from one peer, and that is where we now know it to be. */
static void check_heard(const struct wg_peer_info before[static PEERS], size_t length)
{
	struct wg_peer_info after;
	unsigned heard = 0;

	for (unsigned i = 0; i < PEERS; i++) {
		if (!others[i].exists)
			continue;
		wg_peer_info(device, others[i].slot, &after);
		if (after.handshake_rx_bytes == before[i].handshake_rx_bytes)
			continue;
		heard++;
		require(after.handshake_rx_bytes == before[i].handshake_rx_bytes + length &&
				endpoint_equal(&after.endpoint, &somewhere),
			"it is counted, and the peer is there");
	}
	require(heard == 1, "it came from one peer");
}

static bool deliver(const uint8_t *bytes, size_t length, bool may_be_good)
{
	struct wg_peer_info before[PEERS], after;
	uint8_t *exact = malloc(length > 0 ? length : 1);

	require(exact != NULL, "memory");
	memcpy(exact, bytes, length);
	for (unsigned i = 0; i < PEERS; i++)
		if (others[i].exists)
			wg_peer_info(device, others[i].slot, &before[i]);
	uint32_t indices = device->indices.used;
	int rc = wg_receive(device, now, &somewhere, &here, exact, length, &actions);
	free(exact);
	require(rc != 0 || may_be_good, "only what is authentic is taken");
	if (rc == 0 && bytes[0] == MESSAGE_COOKIE)
		require(actions.count == 0, "a cookie reply leads to nothing at once (A20)");
	else if (rc == 0)
		check_heard(before, length);
	if (rc == 0)
		return true;
	require(actions.count == 0 && device->indices.used == indices, "else nothing happens");
	for (unsigned i = 0; i < PEERS; i++) {
		if (!others[i].exists)
			continue;
		memset(&after, 0, sizeof(after));
		wg_peer_info(device, others[i].slot, &after);
		require(endpoint_equal(&after.endpoint, &before[i].endpoint) &&
				after.handshake_rx_bytes == before[i].handshake_rx_bytes &&
				after.last_handshake_wall_ns == before[i].last_handshake_wall_ns,
			"nor to the peer");
	}
	return false;
}

static void read_stamp(struct reader *r, struct other *o, uint8_t out[static WG_TIMESTAMP_LEN])
{
	uint8_t how = reader_u8(r);

	memcpy(out, o->stamp, WG_TIMESTAMP_LEN);
	if (how < 200)
		for (unsigned i = 9; ++out[--i] == 0 && i > 0;) /* 2^24 ns, or any more, later */
			;
	else if (how >= 230)
		reader_bytes(r, out, WG_TIMESTAMP_LEN);
}

/* Sender index and macs are nobody's proof; all else is. */
static bool differs(const uint8_t *a, const uint8_t *b, size_t length)
{
	return memcmp(a, b, 4) != 0 || memcmp(a + 8, b + 8, length - 32 - 8) != 0;
}

static void initiation(struct reader *r)
{
	struct other *o = &others[reader_u8(r) % LOW_ORDER];
	struct noise_identity identity = o->identity;
	struct noise_remote us = o->us;
	struct message_initiation whole;
	struct message m = {.length = sizeof(whole)};
	uint8_t how = reader_u8(r), stamp[WG_TIMESTAMP_LEN];

	read_stamp(r, o, stamp);
	if (how & 1)
		reader_bytes(r, identity.public_key, 32); /* it says to be another */
	if (how & 2)
		reader_bytes(r, us.static_static, 32);
	if (how & 4)
		memcpy(identity.public_key, others[LOW_ORDER].identity.public_key, 32);
	bool lies = memcmp(identity.public_key, o->identity.public_key, 32) != 0 ||
		    memcmp(us.static_static, o->us.static_static, 32) != 0;
	if (noise_create_initiation(&whole, &o->sent, &identity, &us, stamp, reader_le32(r)) != 0)
		return;
	memcpy(m.bytes, &whole, sizeof(whole));
	fuzz_bend(r, m.bytes, m.length);
	bool authentic = !lies && o->exists && !differs(m.bytes, (uint8_t *)&whole, m.length);
	authentic = authentic && timestamp_after(stamp, o->seen);
	m.was_good = deliver(m.bytes, m.length, authentic);
	o->sent.local_index = get_le32(m.bytes + 4);
	keep(o, &m);
	if (m.was_good) {
		memcpy(o->stamp, stamp, sizeof(stamp));
		memcpy(o->seen, stamp, sizeof(stamp));
	}
	take_actions();
}

/* To the last initiation that was heard from us. */
static void response(struct reader *r)
{
	struct other *o = &others[reader_u8(r) % LOW_ORDER];
	struct noise_received received;
	struct noise_remote us = o->us;
	struct session_keys keys = {0};
	struct message_response whole;
	struct message m = {.length = sizeof(whole)};
	uint8_t how = reader_u8(r);

	if (!o->has_heard ||
		noise_consume_initiation(&received, &o->identity, &o->heard) != 0 ||
		noise_prove_initiation(&received, &us, &o->heard) != 0)
		return;
	if (how & 1)
		reader_bytes(r, us.preshared_key, 32);
	if (how & 2)
		reader_bytes(r, received.static_public, 32); /* another static key in se */
	if (noise_create_response(&whole, &keys, &received, &us, reader_le32(r)) != 0)
		return;
	memcpy(m.bytes, &whole, sizeof(whole));
	fuzz_bend(r, m.bytes, m.length);
	bool authentic = !differs(m.bytes, (uint8_t *)&whole, m.length);
	m.was_good = deliver(m.bytes, m.length, authentic);
	keys.local_index = get_le32(m.bytes + 4);
	keep(o, &m);
	bool installs = has_install();
	take_actions();
	require(!m.was_good || (installs && keys_agree(&keys, &o->installed)),
		"a response that is taken leads to the same keys");
	if (m.was_good)
		o->has_heard = false;
}

/* A19, A20: to what it got from us last, sealed under its name or another, bent or not. */
static void cookie_reply(struct reader *r)
{
	struct other *o = &others[reader_u8(r) % LOW_ORDER];
	struct message_cookie reply = {.type = {MESSAGE_COOKIE}}, whole;
	uint8_t how = reader_u8(r), key[32], cookie[16];
	const struct other *as = how & 1 ? &others[!(o - others)] : o;

	memset(cookie, reader_u8(r), sizeof(cookie));
	put_le32(reply.receiver_index, how & 2 ? reader_le32(r) : o->mac1_index);
	cookie_derive_reply_key(key, as->identity.public_key);
	seeded_random(reply.nonce, sizeof(reply.nonce));
	xaead_seal(reply.encrypted_cookie, cookie, sizeof(cookie), o->mac1, sizeof(o->mac1), reply.nonce,
		key);
	whole = reply;
	fuzz_bend(r, (uint8_t *)&reply, sizeof(reply));
	bool authentic = o->exists && o->may_ask && as == o &&
			 memcmp(reply.nonce, whole.nonce, sizeof(reply) - 8) == 0;
	if (!deliver((const uint8_t *)&reply, sizeof(reply), authentic))
		return;
	memcpy(o->cookie, cookie, sizeof(cookie));
	o->cookie_ns = now.boot_ns;
	o->may_ask = false;
}

static void raw_message(struct reader *r)
{
	uint8_t bytes[200];
	size_t length = fuzz_piece(r, bytes, sizeof(bytes));

	deliver(bytes, length, false);
}

/* What was taken once is not taken again; what was refused may have been early. */
static void replay(struct reader *r)
{
	struct other *o = &others[reader_u8(r) % LOW_ORDER];
	struct message *m = &o->kept[reader_u8(r) % KEPT];

	if (m->length > 0 && m->was_good)
		deliver(m->bytes, m->length, false);
}

static void installed(struct reader *r)
{
	struct other *o = &others[reader_u8(r) % PEERS];
	uint32_t index = reader_u8(r) & 1 ? reader_le32(r) : o->installed.local_index;

	wg_session_installed(device, now, o->slot, index, &actions);
	take_actions();
}

/* ---- time, traffic, administration ---- */

static void time_passes(struct reader *r)
{
	uint64_t ns = reader_be16(r) * (CLOCK_SECOND / 200);
	bool more;

	now.boot_ns += ns;
	now.wall_ns += reader_u8(r) < 240 ? ns : -ns; /* wall time also steps back */
	do {
		more = wg_tick(device, now, &actions);
		take_actions();
	} while (more);
	require(wg_next_deadline(device) > now.boot_ns, "nothing that is due is left");
}

static void traffic(struct reader *r)
{
	struct wg_traffic t = {
		.last_data_tx_ns = now.boot_ns,
		.last_tx_ns = now.boot_ns,
		.last_data_rx_ns = now.boot_ns,
		.last_rx_ns = now.boot_ns,
	};
	uint32_t slot = reader_u8(r) % (PEERS + 1);

	t.events = reader_be16(r);
	wg_traffic(device, now, slot, &t, &actions);
	take_actions();
}

static void add_peer(struct other *o)
{
	int64_t slot = wg_peer_add(device, o->identity.public_key);

	if (slot < 0)
		return; /* our own key */
	o->slot = (uint32_t)slot;
	o->exists = true;
	wg_peer_set_preshared_key(device, o->slot, o->us.preshared_key);
	wg_peer_set_endpoint(device, o->slot, &somewhere, &actions);
	take_actions();
}

static void remove_peer(struct other *o)
{
	if (o->exists)
		wg_peer_remove(device, o->slot);
	o->exists = false;
	o->has_heard = false;
	o->may_ask = false;
	o->cookie_ns = 0;
	memset(o->seen, 0, sizeof(o->seen));
	memset(o->kept, 0, sizeof(o->kept)); /* a peer that comes again knows no former time */
	add_peer(o);
}

static void new_private_key(struct reader *r)
{
	uint8_t key[32] = {0};
	uint32_t removed;

	key[0] = 8 + reader_u8(r) % 4 * 8; /* a few keys, so that one comes again */
	wg_set_private_key(device, reader_u8(r) < 20 ? NULL : key, &removed);
	for (unsigned i = 0; i < PEERS; i++)
		if (others[i].exists && others[i].slot == removed)
			others[i].exists = false;
	noise_set_identity(&ours, key);
	for (unsigned i = 0; i < LOW_ORDER; i++) {
		memcpy(others[i].us.public_key, ours.public_key, 32);
		noise_precompute(&others[i].us, &others[i].identity);
		others[i].has_heard = false;
		memset(others[i].kept, 0, sizeof(others[i].kept));
	}
	take_actions();
}

static void administration(struct reader *r)
{
	uint8_t what = reader_u8(r) % 6;
	struct other *o = &others[reader_u8(r) % PEERS];

	if (what == 0)
		remove_peer(o);
	else if (what == 1)
		new_private_key(r);
	if (!o->exists)
		return;
	if (what == 2)
		wg_peer_set_keepalive(device, o->slot, reader_u8(r), now, &actions);
	else if (what == 3)
		wg_peer_readdressed(device, o->slot, NULL, 0, &actions);
	else if (what == 4) {
		memset(o->us.preshared_key, reader_u8(r) & 3, 32);
		wg_peer_set_preshared_key(device, o->slot, o->us.preshared_key);
		o->has_heard = false;
		o->sent.outstanding = false;
	} else if (what == 5)
		wg_peer_set_endpoint(device, o->slot, &somewhere, &actions);
	take_actions();
}

static void (*const steps[])(struct reader *r) = {initiation, response, raw_message, replay, installed,
	time_passes, traffic, administration, cookie_reply};

/* Keys and products of keys are the same at every start: they are computed once. */
static void make_others(void)
{
	static struct other fresh[PEERS];
	static bool made;

	for (unsigned i = 0; i < PEERS && !made; i++) {
		struct other *o = &fresh[i];
		noise_set_identity(&o->identity, (const uint8_t[32]){[1] = (uint8_t)(i + 1)});
		if (i == LOW_ORDER)
			memset(o->identity.public_key, 0, 32);
		memset(o->us.preshared_key, i == 1, 32);
		noise_set_identity(&ours, (const uint8_t[32]){8});
		memcpy(o->us.public_key, ours.public_key, 32);
		noise_precompute(&o->us, &o->identity);
		timestamp_from_wall(o->stamp, now.wall_ns);
	}
	made = true;
	memcpy(others, fresh, sizeof(others));
}

static void begin(void)
{
	uint32_t removed;

	begin_crypto();
	now = (struct wg_now){.boot_ns = 1000 * CLOCK_SECOND, .wall_ns = 1700000000 * CLOCK_SECOND};
	device = wg_device_create(PEERS);
	require(device != NULL, "a device");
	wg_set_private_key(device, (const uint8_t[32]){8}, &removed);
	make_others();
	for (unsigned i = 0; i < PEERS; i++)
		add_peer(&others[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct reader r;

	begin();
	reader_init(&r, bytes, size);
	for (unsigned i = 0; i < STEPS_MAX && r.left > 0; i++)
		steps[reader_u8(&r) % (sizeof(steps) / sizeof(steps[0]))](&r);
	wg_device_destroy(device);
	return 0;
}
