/* SPDX-License-Identifier: BSD-3-Clause */
/* What a request makes of the peers, worked out beside a device with peers 1 and 2. */
#include <stdlib.h>
#include <string.h>

#include "crypto/dh.h"
#include "crypto/provider.h"
#include "ctl/change.h"
#include "suites.h"

static struct wg_device *device;
static struct routes routes, tunnel;
static struct change change;
static struct uapi_op ops[64];
static size_t op_count;

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix p;

	if (prefix_parse(&p, text) != 0)
		abort();
	return p;
}

static void add_route(const char *text, uint32_t slot)
{
	struct ip_prefix p = prefix(text);

	routes_reserve(&routes, 1);
	routes_reserve(&tunnel, 1);
	routes_set(&routes, &p, slot);
	routes_set(&tunnel, &p, 0);
}

static void begin(void)
{
	uint8_t key[32], secret[32];

	if (crypto_init() != 0)
		abort();
	device = wg_device_create(8);
	routes_init(&routes, 8);
	routes_init(&tunnel, 1);
	memset(secret, 0x77, sizeof(secret));
	wg_set_private_key(device, secret, &(uint32_t){0});
	for (uint8_t i = 1; i <= 2; i++) {
		memset(key, i, sizeof(key));
		wg_peer_add(device, key);
	}
	change_init(&change);
	op_count = 0;
	add_route("10.1.0.0/16", 0);
	add_route("10.2.0.0/16", 1);
	add_route("10.3.0.0/16", 1);
}

static void end(void)
{
	change_free(&change);
	routes_free(&routes);
	routes_free(&tunnel);
	wg_device_destroy(device);
}

static struct uapi_op *op(enum uapi_op_kind kind)
{
	ops[op_count] = (struct uapi_op){.kind = (uint8_t)kind};
	return &ops[op_count++];
}

static void op_key(enum uapi_op_kind kind, uint8_t fill)
{
	memset(op(kind)->key, fill, 32);
}

static void op_prefix(enum uapi_op_kind kind, const char *text)
{
	struct ip_prefix p = prefix(text);

	op(kind)->prefix = p;
}

static struct change_size work_out(void)
{
	struct change_size size;

	CU_ASSERT_EQUAL(change_from_uapi(&change, device, ops, op_count), 0);
	change_measure(&change, &routes, &tunnel, &size);
	return size;
}

static const struct change_edit *edit_of(uint8_t fill)
{
	uint8_t key[32];

	memset(key, fill, sizeof(key));
	for (uint32_t i = 0; i < change.edit_count; i++) {
		if (memcmp(change.edits[i].public_key, key, 32) == 0)
			return &change.edits[i];
	}
	return NULL;
}

static unsigned prefixes_of(const struct change_edit *edit)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < change.prefix_count; i++)
		n += &change.edits[change.prefixes[i].edit] == edit &&
		     change_prefix_counts(&change, i);
	return n;
}

static void test_add_and_edit(void)
{
	begin();
	op_key(UAPI_PEER, 1);
	op(UAPI_KEEPALIVE)->number = 25;
	op_key(UAPI_PEER, 3);
	op_prefix(UAPI_ALLOWED_IP, "10.1.0.0/16");
	op_prefix(UAPI_ALLOWED_IP, "10.4.0.0/16");
	struct change_size size = work_out();
	CU_ASSERT_EQUAL(size.added, 1);
	CU_ASSERT_EQUAL(size.edited, 1);
	CU_ASSERT_EQUAL(size.removed, 0);
	CU_ASSERT_EQUAL(size.tunnel_new, 1);
	CU_ASSERT_EQUAL(size.named, 2);
	CU_ASSERT_EQUAL(size.routes_between, 3);
	CU_ASSERT_EQUAL(size.routes_after, 5); /* at most: one moves */
	CU_ASSERT(edit_of(1)->keep && edit_of(1)->set_keepalive && edit_of(1)->keepalive == 25);
	CU_ASSERT(edit_of(3)->keep && edit_of(3)->slot == CHANGE_NONE);
	end();
}

static void test_remove(void)
{
	begin();
	op_key(UAPI_PEER, 2);
	op_prefix(UAPI_ALLOWED_IP, "10.9.0.0/16");
	op(UAPI_REMOVE);
	op_prefix(UAPI_ALLOWED_IP, "10.8.0.0/16"); /* of a peer that is gone: void */
	op_key(UAPI_PEER, 5);                      /* never was */
	op(UAPI_REMOVE);
	struct change_size size = work_out();
	CU_ASSERT_EQUAL(size.removed, 1);
	CU_ASSERT_EQUAL(size.added, 0);
	CU_ASSERT_EQUAL(size.named, 0);
	CU_ASSERT_EQUAL(size.tunnel_new, 0);
	CU_ASSERT_EQUAL(size.routes_after, 1);
	CU_ASSERT(edit_of(2)->drop && !edit_of(2)->keep);
	CU_ASSERT(!edit_of(5)->drop && !edit_of(5)->keep);
	end();
}

/* Removed and named again in one request: a new peer with nothing of the old one. */
static void test_remove_and_add(void)
{
	begin();
	op_key(UAPI_PEER, 2);
	op_key(UAPI_PRESHARED_KEY, 9);
	op_prefix(UAPI_ALLOWED_IP, "10.9.0.0/16");
	op(UAPI_REMOVE);
	op_key(UAPI_PEER, 2);
	op_prefix(UAPI_ALLOWED_IP, "10.2.0.0/16");
	struct change_size size = work_out();
	CU_ASSERT_EQUAL(size.removed, 1);
	CU_ASSERT_EQUAL(size.added, 1);
	CU_ASSERT_EQUAL(size.named, 1);
	CU_ASSERT_EQUAL(size.routes_between, 1);
	CU_ASSERT_EQUAL(size.routes_after, 2);
	CU_ASSERT(edit_of(2)->drop && edit_of(2)->keep && !edit_of(2)->set_preshared_key);
	CU_ASSERT_EQUAL(prefixes_of(edit_of(2)), 1);
	end();
}

static void test_replace_peers(void)
{
	begin();
	op(UAPI_REPLACE_PEERS);
	op_key(UAPI_PEER, 2);
	op_key(UAPI_PEER, 3);
	struct change_size size = work_out();
	CU_ASSERT_EQUAL(size.removed, 2);
	CU_ASSERT_EQUAL(size.added, 2);
	CU_ASSERT_EQUAL(size.routes_between, 0);
	CU_ASSERT(edit_of(1)->drop && !edit_of(1)->keep);
	CU_ASSERT(edit_of(2)->drop && edit_of(2)->keep);
	end();
}

static void test_update_only(void)
{
	begin();
	op_key(UAPI_PEER, 1);
	op(UAPI_UPDATE_ONLY);
	op(UAPI_KEEPALIVE)->number = 7;
	op_key(UAPI_PEER, 6);
	op(UAPI_UPDATE_ONLY);
	op_prefix(UAPI_ALLOWED_IP, "10.9.0.0/16");
	struct change_size size = work_out();
	CU_ASSERT_EQUAL(size.added, 0);
	CU_ASSERT_EQUAL(size.edited, 1);
	CU_ASSERT_EQUAL(size.named, 0);
	CU_ASSERT_EQUAL(edit_of(1)->keepalive, 7);
	CU_ASSERT_FALSE(edit_of(6)->keep);
	end();
}

/* syncconf sends an unchanged peer's whole list again: room for it once is enough. */
static void test_replace_allowed_ips(void)
{
	begin();
	op_key(UAPI_PEER, 2);
	op_prefix(UAPI_ALLOWED_IP, "10.9.0.0/16"); /* overruled */
	op(UAPI_REPLACE_ALLOWED_IPS);
	op_prefix(UAPI_ALLOWED_IP, "10.2.0.0/16");
	op_prefix(UAPI_ALLOWED_IP, "10.3.0.0/16");
	op_prefix(UAPI_ALLOWED_IP_REMOVE, "10.3.0.0/16");
	struct change_size size = work_out();
	CU_ASSERT_EQUAL(size.routes_after, 3);
	CU_ASSERT_EQUAL(size.tunnel_new, 0);
	CU_ASSERT(edit_of(2)->replace_allowed_ips && !edit_of(2)->drop);
	CU_ASSERT_EQUAL(prefixes_of(edit_of(2)), 3);
	end();
}

static void test_own_key(void)
{
	uint8_t secret[32], public[32];

	begin();
	memset(secret, 0x42, sizeof(secret));
	dh_base(public, secret);
	int64_t slot = wg_peer_add(device, public);
	memcpy(op(UAPI_PRIVATE_KEY)->key, secret, 32);
	struct change_size size = work_out();
	CU_ASSERT_EQUAL(size.removed, 1);
	CU_ASSERT_EQUAL_FATAL(change.edit_count, 1);
	CU_ASSERT_EQUAL(change.edits[0].slot, slot);
	CU_ASSERT(change.edits[0].drop && change.set_private_key);
	end();
}

static void test_many(void)
{
	struct uapi_op *many = calloc(20000, sizeof(*many));

	begin();
	for (uint32_t i = 0; i < 10000; i++) {
		many[2 * i].kind = UAPI_PEER;
		memcpy(many[2 * i].key + 4, &(uint32_t){i % 5000}, 4); /* every peer twice */
		many[2 * i].key[31] = 1;
		many[2 * i + 1].kind = UAPI_KEEPALIVE;
		many[2 * i + 1].number = (uint16_t)i;
	}
	CU_ASSERT_EQUAL(change_from_uapi(&change, device, many, 20000), 0);
	CU_ASSERT_EQUAL(change.edit_count, 5000);
	CU_ASSERT_EQUAL(change.edits[4999].keepalive, 9999);
	end();
	free(many);
}

/* An edit that is there is found without memory: the last one may have taken all that there was. */
static void test_full(void)
{
	static struct config config;
	struct config_peer peers[8];

	begin();
	memset(&config, 0, sizeof(config));
	memset(peers, 0, sizeof(peers));
	for (uint8_t i = 0; i < 8; i++)
		memset(peers[i].public_key, i + 1, sizeof(peers[i].public_key));
	config.peers = peers;
	config.peer_count = 8;
	CU_ASSERT_EQUAL(change_to_config(&change, device, &config, false), 0);
	CU_ASSERT_EQUAL(change.edit_count, 8);
	CU_ASSERT_EQUAL(change.edit_capacity, 8);
	end();
}

static const struct unit_test tests[] = {
	{"U: peers that come and peers that are edited", test_add_and_edit},
	{"U: peers that go", test_remove},
	{"U: a peer removed and added again in one request", test_remove_and_add},
	{"U: replace_peers", test_replace_peers},
	{"U: update_only", test_update_only},
	{"U: replace_allowed_ips", test_replace_allowed_ips},
	{"A53: a peer with the new own key goes", test_own_key},
	{"C24: thousands of peers, each named twice", test_many},
	{"an edit that is there is found without memory", test_full},
	{NULL, NULL},
};

const struct unit_suite suite_change = {"change", tests};
