/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Handshakes by the protocol core: all that control computes for one, between two devices, beside the
 * X25519 operations alone that are in it. Static-static was computed when the peer was added.
 */
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "bench.h"
#include "crypto/dh.h"
#include "crypto/secret.h"
#include "util/clock.h"
#include "wg/device.h"

#define HANDSHAKES 8 /* in a round */
#define ROUNDS_MAX 1001
/* es, ee, se, and an ephemeral key pair: so many are in each half. */
#define DH_EACH    3

struct node {
	struct wg_device *device;
	struct endpoint at;
	uint32_t slot;
	uint8_t public_key[32];
	struct wg_actions actions;
};

static void open_node(struct node *n, uint8_t last)
{
	uint8_t private_key[32];
	uint32_t removed;

	memset(n, 0, sizeof(*n));
	n->device = wg_device_create(1024);
	if (!n->device)
		bench_fail("no memory for a device");
	dh_generate(private_key, n->public_key);
	wg_set_private_key(n->device, private_key, &removed);
	n->at = (struct endpoint){{4, {192, 0, 2, last}}, PEER_PORT};
}

static void meet(struct node *n, const struct node *other, struct wg_now now)
{
	int64_t slot = wg_peer_add(n->device, other->public_key);

	if (slot < 0)
		bench_fail("a peer was refused");
	n->slot = (uint32_t)slot;
	wg_peer_set_endpoint(n->device, n->slot, &other->at, &n->actions);
	wg_actions_clear(&n->actions);
}

/* The message that is to be sent is copied; sessions are installed at once. */
static void perform(struct node *n, struct wg_now now, struct wg_action *sent)
{
	struct wg_actions *a = &n->actions;

	for (unsigned i = 0; i < a->count; i++) {
		if (a->list[i].kind == WG_SEND)
			*sent = a->list[i];
		else if (a->list[i].kind == WG_INSTALL)
			wg_session_installed(n->device, now, n->slot, a->list[i].keys.local_index, a);
	}
	wg_actions_clear(a);
}

static void tell(struct node *n, struct wg_now now, uint32_t events, struct wg_action *sent)
{
	struct wg_traffic traffic = {.events = events};

	wg_traffic(n->device, now, n->slot, &traffic, &n->actions);
	perform(n, now, sent);
}

static void receive(struct node *n, const struct node *from, struct wg_now now,
	struct wg_action *message)
{
	struct wg_action sent = {0};

	if (wg_receive(n->device, now, &from->at, &n->at.addr, message->data, message->length,
		    &n->actions) != 0)
		bench_fail("a handshake failed");
	perform(n, now, &sent);
	*message = sent;
}

static void handshakes(struct node *a, struct node *b, uint64_t *now_ns, double *initiator,
	double *responder)
{
	uint64_t ours = 0, theirs = 0;

	for (unsigned i = 0; i < HANDSHAKES; i++) {
		struct wg_action message = {0};
		*now_ns += 130 * CLOCK_SECOND; /* when a session is to be renewed */
		struct wg_now now = {*now_ns, *now_ns};
		uint64_t t0 = rte_rdtsc_precise();
		tell(a, now, PEER_NEEDS_SESSION, &message);
		uint64_t t1 = rte_rdtsc_precise();
		receive(b, a, now, &message);
		uint64_t t2 = rte_rdtsc_precise();
		receive(a, b, now, &message);
		uint64_t t3 = rte_rdtsc_precise();
		ours += t1 - t0 + t3 - t2;
		theirs += t2 - t1;
		tell(b, now, PEER_CONFIRMED, &message);
	}
	*initiator = (double)ours / HANDSHAKES;
	*responder = (double)theirs / HANDSHAKES;
}

static double dh_alone(const uint8_t public[static 32])
{
	uint8_t secret[32], own[32], shared[32];
	uint64_t begin = rte_rdtsc_precise();

	for (unsigned i = 0; i < HANDSHAKES; i++) {
		dh_generate(secret, own);
		for (unsigned j = 0; j < DH_EACH; j++)
			if (dh(shared, secret, public) != 0)
				bench_fail("X25519 failed");
	}
	uint64_t took = rte_rdtsc_precise() - begin;
	secret_wipe(secret, sizeof(secret));
	return (double)took / HANDSHAKES;
}

void bench_handshakes(struct bench_handshakes *h, unsigned rounds)
{
	static double initiator[ROUNDS_MAX], responder[ROUNDS_MAX], alone[ROUNDS_MAX];
	static struct node a, b;
	uint64_t now_ns = 1000000 * CLOCK_SECOND;
	struct wg_now now = {now_ns, now_ns};

	open_node(&a, 1);
	open_node(&b, 2);
	meet(&a, &b, now);
	meet(&b, &a, now);
	for (unsigned i = 0; i < rounds; i++) {
		handshakes(&a, &b, &now_ns, &initiator[i], &responder[i]);
		alone[i] = dh_alone(b.public_key);
	}
	wg_device_destroy(a.device);
	wg_device_destroy(b.device);
	qsort(initiator, rounds, sizeof(initiator[0]), bench_by_value);
	qsort(responder, rounds, sizeof(responder[0]), bench_by_value);
	qsort(alone, rounds, sizeof(alone[0]), bench_by_value);
	h->initiator = initiator[rounds / 10];
	h->responder = responder[rounds / 10];
	h->initiator_dh = h->responder_dh = alone[rounds / 10];
}
