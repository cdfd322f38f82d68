/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/dh.h"
#include "crypto/provider.h"
#include "crypto/secret.h"
#include "unit.h"
#include "util/bytes.h"
#include "wg/cookie.h"

struct generator {
	uint64_t state;
};

static struct generator for_device, for_test;
static uint8_t scripted[256];
static size_t scripted_length;
static struct crypto_provider provider;

/* splitmix64: every seed gives a full-length sequence */
static uint64_t generate(struct generator *g)
{
	uint64_t z = g->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static void seeded_random(void *out, size_t length)
{
	uint8_t *to = out;

	for (size_t i = 0; i < length; i++) {
		if (scripted_length > 0) {
			to[i] = scripted[0];
			memmove(scripted, scripted + 1, --scripted_length);
		} else {
			to[i] = (uint8_t)(generate(&for_device) >> 56);
		}
	}
}

void fixture_random(uint64_t seed)
{
	provider = crypto_provider_sodium;
	provider.name = "seeded";
	provider.random = seeded_random;
	crypto_set_provider(&provider);
	if (crypto_init() != 0)
		abort();
	for_device.state = seed;
	for_test.state = ~seed;
	scripted_length = 0;
}

void fixture_script(const void *bytes, size_t length)
{
	if (length > sizeof(scripted) - scripted_length)
		abort();
	memcpy(scripted + scripted_length, bytes, length);
	scripted_length += length;
}

uint64_t fixture_draw(void)
{
	return generate(&for_test);
}

uint64_t fixture_below(uint64_t limit)
{
	return fixture_draw() % limit;
}

void fixture_unhex(uint8_t *to, size_t length, const char *hex)
{
	if (strlen(hex) != 2 * length)
		abort();
	for (size_t i = 0; i < length; i++) {
		char digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
		to[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
}

static void make_keys(uint8_t private_key[2][32], uint8_t public_key[2][32])
{
	dh_generate(private_key[0], public_key[0]);
	do
		dh_generate(private_key[1], public_key[1]);
	while (memcmp(public_key[0], public_key[1], 32) < 0);
}

void pair_init(struct pair *p, uint64_t seed)
{
	uint8_t private_key[2][32], public_key[2][32];
	uint32_t removed;

	memset(p, 0, sizeof(*p));
	fixture_random(seed);
	make_keys(private_key, public_key);
	p->now = (struct wg_now){.boot_ns = 1000 * CLOCK_SECOND, .wall_ns = START_WALL_NS};
	endpoint_parse(&p->at[0], "192.168.1.10:51820");
	endpoint_parse(&p->at[1], "[2001:db8::20]:51821");
	for (unsigned side = 0; side < 2; side++) {
		p->device[side] = wg_device_create(4);
		if (!p->device[side])
			abort();
		wg_set_private_key(p->device[side], private_key[side], &removed);
		p->slot[side] = (uint32_t)wg_peer_add(p->device[side], public_key[!side]);
		wg_peer_set_endpoint(p->device[side], p->slot[side], &p->at[!side], &p->actions);
	}
	wg_actions_clear(&p->actions);
}

void pair_free(struct pair *p)
{
	wg_actions_clear(&p->actions);
	wg_device_destroy(p->device[0]);
	wg_device_destroy(p->device[1]);
}

void pair_advance(struct pair *p, uint64_t ns)
{
	p->now.boot_ns += ns;
	p->now.wall_ns += ns;
}

int pair_deliver(struct pair *p, unsigned to, const void *message, size_t length)
{
	wg_actions_clear(&p->actions);
	return wg_receive(p->device[to], p->now, &p->at[!to], &p->at[to].addr, message, length,
		&p->actions);
}

void pair_report(struct pair *p, unsigned side, uint32_t events)
{
	struct wg_traffic traffic = {
		.events = events,
		.last_data_tx_ns = p->now.boot_ns,
		.last_tx_ns = p->now.boot_ns,
		.last_data_rx_ns = p->now.boot_ns,
		.last_rx_ns = p->now.boot_ns,
	};

	wg_actions_clear(&p->actions);
	wg_traffic(p->device[side], p->now, p->slot[side], &traffic, &p->actions);
}

void pair_installed(struct pair *p, unsigned side, uint32_t local_index)
{
	wg_actions_clear(&p->actions);
	wg_session_installed(p->device[side], p->now, p->slot[side], local_index, &p->actions);
}

bool pair_tick(struct pair *p, unsigned side)
{
	wg_actions_clear(&p->actions);
	return wg_tick(p->device[side], p->now, &p->actions);
}

void pair_next(struct pair *p, unsigned side)
{
	uint64_t at = wg_next_deadline(p->device[side]);

	if (at == UINT64_MAX)
		abort();
	if (at > p->now.boot_ns)
		pair_advance(p, at - p->now.boot_ns);
	pair_tick(p, side);
}

unsigned pair_count(const struct pair *p, enum wg_action_kind kind)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->actions.count; i++)
		n += p->actions.list[i].kind == kind;
	return n;
}

const struct wg_action *pair_action(const struct pair *p, enum wg_action_kind kind)
{
	for (unsigned i = 0; i < p->actions.count; i++)
		if (p->actions.list[i].kind == kind)
			return &p->actions.list[i];
	return NULL;
}

bool pair_initiate(struct pair *p, unsigned side, uint8_t message[static 148])
{
	const struct wg_action *send;

	pair_report(p, side, PEER_NEEDS_SESSION);
	send = pair_action(p, WG_SEND);
	if (!send || send->length != 148)
		return false;
	memcpy(message, send->data, 148);
	return true;
}

bool pair_respond(struct pair *p, unsigned to, const uint8_t message[static 148],
	struct session_keys *keys, uint8_t response[static 92])
{
	const struct wg_action *action;

	if (pair_deliver(p, to, message, 148) != 0)
		return false;
	action = pair_action(p, WG_INSTALL);
	if (!action)
		return false;
	*keys = action->keys;
	pair_installed(p, to, keys->local_index);
	action = pair_action(p, WG_SEND);
	if (!action || action->length != 92)
		return false;
	memcpy(response, action->data, 92);
	return true;
}

bool pair_establish(struct pair *p, unsigned initiator, struct session_keys keys[static 2])
{
	uint8_t message[148], response[92];
	const struct wg_action *install;

	if (!pair_initiate(p, initiator, message) ||
		!pair_respond(p, !initiator, message, &keys[!initiator], response) ||
		pair_deliver(p, initiator, response, 92) != 0)
		return false;
	install = pair_action(p, WG_INSTALL);
	if (!install)
		return false;
	keys[initiator] = install->keys;
	pair_installed(p, initiator, keys[initiator].local_index);
	pair_report(p, initiator, PEER_KEEPALIVE_SENT);
	pair_report(p, !initiator, PEER_CONFIRMED | PEER_KEEPALIVE_RECEIVED);
	return pair_count(p, WG_FLUSH) == 1;
}

void pair_forget(struct pair *p, unsigned side)
{
	uint8_t secret[32];
	uint32_t removed;

	wg_actions_clear(&p->actions);
	wg_private_key(p->device[side], secret);
	wg_set_private_key(p->device[side], NULL, &removed);
	wg_set_private_key(p->device[side], secret, &removed);
}

struct peer *pair_peer(const struct pair *p, unsigned side)
{
	return peer_at(&p->device[side]->peers, p->slot[side]);
}

void pair_check_refused(struct pair *p, unsigned to, const void *message, size_t length, int error)
{
	struct peer before = *pair_peer(p, to);
	uint32_t indices = p->device[to]->indices.used;

	CU_ASSERT_EQUAL(pair_deliver(p, to, message, length), error);
	CU_ASSERT_EQUAL(p->actions.count, 0);
	CU_ASSERT_EQUAL(memcmp(&before, pair_peer(p, to), sizeof(before)), 0);
	CU_ASSERT_EQUAL(p->device[to]->indices.used, indices);
}

void pair_forge(const struct pair *p, int64_t ahead_ns, uint8_t message[static 148])
{
	const struct noise_remote *remote = &pair_peer(p, 0)->remote;
	uint64_t wall = p->now.wall_ns + (uint64_t)ahead_ns;
	struct noise_initiation initiation;
	uint8_t stamp[WG_TIMESTAMP_LEN] = {0x40};

	put_be32(stamp + 4, (uint32_t)(10 + wall / CLOCK_SECOND));
	put_be32(stamp + 8, (uint32_t)(wall % CLOCK_SECOND));
	noise_create_initiation((struct message_initiation *)message, &initiation,
		&p->device[0]->identity, remote, stamp, 42);
	cookie_add_macs(message, 148, remote->public_key);
}
