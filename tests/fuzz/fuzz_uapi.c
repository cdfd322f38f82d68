/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The UAPI's requests: any bytes, cut in two at any place. What is accepted must be the same whole
 * and cut, must be sound, and must be worked out without harm beside a device with peers.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/provider.h"
#include "ctl/change.h"
#include "ctl/uapi.h"
#include "fuzz.h"

static bool is_prefix(const struct ip_prefix *prefix)
{
	struct ip_prefix masked = *prefix;

	prefix_mask(&masked);
	return addr_bits(&prefix->addr) != 0 && prefix->length <= addr_bits(&prefix->addr) &&
	       prefix_equal(&masked, prefix);
}

static void check_op(const struct uapi_op *op, bool in_peer)
{
	require((op->kind > UAPI_REPLACE_PEERS) == in_peer || op->kind == UAPI_PEER,
		"an operation stands where it belongs");
	require(op->kind <= UAPI_ALLOWED_IP_REMOVE, "an operation that there is");
	if (op->kind == UAPI_ENDPOINT)
		require(addr_bits(&op->endpoint.addr) != 0 && op->endpoint.port != 0,
			"an endpoint");
	if (op->kind == UAPI_ALLOWED_IP || op->kind == UAPI_ALLOWED_IP_REMOVE)
		require(is_prefix(&op->prefix), "a masked prefix");
}

static void check_request(const struct uapi_request *r)
{
	bool in_peer = false;

	require(r->error == 0 || (r->count == 0 && !r->ops), "an error leaves nothing");
	require(!r->complete || r->error != 0 || r->kind != UAPI_UNKNOWN, "a known request");
	for (size_t i = 0; i < r->count; i++) {
		in_peer |= r->ops[i].kind == UAPI_PEER;
		check_op(&r->ops[i], in_peer);
	}
}

static struct wg_device *device;
static struct routes routes, tunnel;

static void drop_device(void)
{
	wg_device_destroy(device);
	routes_free(&routes);
	routes_free(&tunnel);
}

/* Three peers whose keys the corpus names: 11…, 22… and 33…. */
static void make_device(void)
{
	uint8_t key[32];

	if (crypto_init() != 0 || routes_init(&routes, 4) != 0 || routes_init(&tunnel, 1) != 0)
		abort();
	device = wg_device_create(4);
	atexit(drop_device); /* a leak checker does not look into guarded memory */
	for (uint8_t i = 1; i <= 3; i++) {
		struct ip_prefix p = {.addr = {.family = 4, .bytes = {10, i}}, .length = 16};
		memset(key, i * 0x11, sizeof(key));
		uint32_t slot = (uint32_t)wg_peer_add(device, key);
		require(routes_reserve(&routes, 1) == 0 && routes_set(&routes, &p, slot),
			"a route");
	}
}

static void work_out(const struct uapi_request *r)
{
	struct change change;
	struct change_size size;

	change_init(&change);
	require(change_from_uapi(&change, device, r->ops, r->count) == 0, "it is worked out");
	change_measure(&change, &routes, &tunnel, &size);
	require(size.removed <= 3 && size.routes_between <= routes.count,
		"no more goes than is there");
	require(size.routes_after <= size.routes_between + size.named, "routes are bounded");
	require(size.added + size.edited <= change.edit_count && size.tunnel_new <= size.named,
		"no more comes than was named");
	change_free(&change);
}

static size_t feed(struct uapi_request *r, const uint8_t *data, size_t size)
{
	size_t taken = uapi_request_feed(r, data, size);

	require(taken <= size && (taken == size || r->complete),
		"all is taken, or the request whole");
	return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct uapi_request whole, cut;

	if (!device)
		make_device();
	uapi_request_init(&whole);
	uapi_request_init(&cut);
	size_t at = size > 0 ? data[0] % size : 0;
	size_t taken = feed(&whole, data, size);
	size_t taken_cut = feed(&cut, data, at);
	if (!cut.complete)
		taken_cut += feed(&cut, data + taken_cut, size - taken_cut);
	require(taken == taken_cut && whole.complete == cut.complete && whole.error == cut.error &&
			whole.kind == cut.kind && whole.count == cut.count,
		"cut or whole is the same");
	require(whole.count == 0 ||
			memcmp(whole.ops, cut.ops, whole.count * sizeof(*whole.ops)) == 0,
		"with the same operations");
	check_request(&whole);
	if (whole.complete && whole.error == 0 && whole.kind == UAPI_SET)
		work_out(&whole);
	uapi_request_reset(&whole);
	uapi_request_reset(&cut);
	return 0;
}
