/* SPDX-License-Identifier: BSD-3-Clause */
/* Handshakes and events: what control does between black, crypt and the protocol core. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control_rig.h"
#include "crypto/dh.h"
#include "crypto/keytext.h"
#include "crypto/secret.h"
#include "suites.h"

static struct rig rig;
static struct wg_device *remote; /* the other side */
static struct wg_actions actions;
static uint32_t slot; /* of the other side, here */
static const struct endpoint remote_endpoint = {
	.addr = {.family = 4, .bytes = {192, 0, 2, 1}}, .port = 7};

static struct wg_now now(void)
{
	struct wg_now n = control_now();

	n.boot_ns += rig.late_ns;
	n.wall_ns += rig.late_ns;
	return n;
}

/* So many peers have lower slots than the other side; nobody is behind them. */
static void add_fillers(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		random_bytes(rig_add_peer(&rig, "", 0, NULL)->public_key, 32);
}

static void begin_among(unsigned fillers)
{
	uint8_t secret[32], public[32];
	struct endpoint here = {.addr = {.family = 4, .bytes = {192, 0, 2, 2}}, .port = 51820};

	rig_open(&rig);
	add_fillers(fillers);
	memset(secret, 0x55, sizeof(secret));
	dh_base(public, secret);
	struct config_peer *peer = rig_add_peer(&rig, "other", 0, "10.0.2.0/24");
	memcpy(peer->public_key, public, sizeof(public));
	CU_ASSERT_FATAL(rig_start(&rig, 64));
	rig_settle(&rig);
	slot = (uint32_t)wg_peer_find(rig.control->device, public);

	memset(&actions, 0, sizeof(actions));
	remote = wg_device_create(2);
	wg_set_private_key(remote, secret, &(uint32_t){0});
	wg_public_key(rig.control->device, public);
	wg_peer_add(remote, public);
	wg_peer_set_endpoint(remote, 0, &here, &actions);
	wg_actions_clear(&actions);
	rig_forget(&rig);
	rig.hold_acks = true;
}

static void begin(void)
{
	begin_among(0);
}

static void end(void)
{
	wg_device_destroy(remote);
	rig_close(&rig);
}

/* Hands a message of the other side to control, as black does. */
static void deliver_by(struct ring *ring, const struct wg_action *send)
{
	struct {
		struct black_report report;
		uint8_t padding[4];
	} element = {.report = {.arrived_ns = now().boot_ns,
			     .remote = remote_endpoint,
			     .local = {.family = 4, .bytes = {192, 0, 2, 2}},
			     .length = send->length}};

	memcpy(element.report.data, send->data, send->length);
	CU_ASSERT_EQUAL(ring_send(ring, &element, 1), 1);
}

static void deliver(const struct wg_action *send)
{
	deliver_by(&rig.config.from_black, send);
}

static const struct wg_action *remote_action(enum wg_action_kind kind)
{
	for (unsigned i = 0; i < actions.count; i++) {
		if (actions.list[i].kind == kind)
			return &actions.list[i];
	}
	return NULL;
}

static const struct wg_action *remote_initiation(void)
{
	struct wg_traffic traffic = {.events = PEER_NEEDS_SESSION};

	wg_actions_clear(&actions);
	wg_traffic(remote, now(), 0, &traffic, &actions);
	const struct wg_action *send = remote_action(WG_SEND);
	CU_ASSERT_PTR_NOT_NULL_FATAL(send);
	return send;
}

static void remote_initiates(void)
{
	deliver(remote_initiation());
}

static const struct black_order *sent(unsigned type)
{
	for (unsigned i = 0; i < rig.black_count; i++) {
		if (rig.black[i].kind == BLACK_SEND && rig.black[i].data[0] == type)
			return &rig.black[i];
	}
	return NULL;
}

/* The other side takes our initiation and has its session; its answer is on its way to control. */
static void remote_responds(const struct black_order *initiation, uint32_t peer)
{
	wg_actions_clear(&actions);
	CU_ASSERT_EQUAL(wg_receive(remote, now(), &remote_endpoint, &initiation->local,
				initiation->data, initiation->length, &actions),
		0);
	const struct wg_action *install = remote_action(WG_INSTALL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(install);
	uint32_t index = install->keys.local_index;
	wg_actions_clear(&actions);
	wg_session_installed(remote, now(), peer, index, &actions);
	CU_ASSERT_PTR_NOT_NULL_FATAL(remote_action(WG_SEND));
	deliver(remote_action(WG_SEND));
}

static void test_response(void)
{
	begin();
	remote_initiates();
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_SESSION_RX), 1);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_SESSION_TX), 0);
	CU_ASSERT_PTR_NULL(sent(MESSAGE_RESPONSE));
	rig_ack(&rig);
	rig_settle(&rig);
	CU_ASSERT_EQUAL_FATAL(rig_count(&rig, CRYPT_SESSION_TX), 1);
	CU_ASSERT_EQUAL(rig.orders[rig_find(&rig, CRYPT_SESSION_RX, slot)].local_index,
		rig.orders[rig_find(&rig, CRYPT_SESSION_TX, slot)].local_index);
	CU_ASSERT_PTR_NULL(sent(MESSAGE_RESPONSE));
	/* between the two acks no key waits in control */
	const struct install *i = &rig.control->installs.list[0];
	CU_ASSERT_EQUAL(i->stage, INSTALL_TX);
	for (unsigned k = 0; k < 32; k++)
		CU_ASSERT(i->keys.send[k] == 0 && i->keys.recv[k] == 0);
	rig_ack(&rig);
	rig_settle(&rig);
	const struct black_order *response = sent(MESSAGE_RESPONSE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(response);
	CU_ASSERT(endpoint_equal(&response->remote, &remote_endpoint));
	CU_ASSERT_EQUAL(response->local.bytes[3], 2); /* A52 */
	CU_ASSERT_EQUAL(rig.control->installs.count, 0);
	/* and it is the one that the other side waits for */
	wg_actions_clear(&actions);
	CU_ASSERT_EQUAL(wg_receive(remote, now(), &response->remote, &response->local,
				response->data, response->length, &actions),
		0);
	CU_ASSERT_PTR_NOT_NULL(remote_action(WG_INSTALL));
	end();
}

/* crypt acks in one round what it was told in one round; a ring of one element in between. */
static void test_initiator(void)
{
	begin();
	rig.hold_acks = false;
	wg_peer_set_endpoint(rig.control->device, slot, &remote_endpoint, rig.control->actions);
	control_perform(rig.control, now());
	rig_event(&rig, slot, PEER_NEEDS_SESSION, 0);
	rig_settle(&rig);
	const struct black_order *initiation = sent(MESSAGE_INITIATION);
	CU_ASSERT_PTR_NOT_NULL_FATAL(initiation);
	remote_responds(initiation, 0);
	CU_ASSERT_EQUAL(rig.control->peers[slot].up_until_ns, 0);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_SESSION_TX), 1);
	CU_ASSERT(rig.control->peers[slot].up_until_ns > now().boot_ns);
	end();
}

/* A wipe overtakes a session that is half installed: its second half never comes. */
static void test_wipe_overtakes(void)
{
	begin();
	remote_initiates();
	rig_settle(&rig);
	CU_ASSERT_EQUAL_FATAL(rig_count(&rig, CRYPT_SESSION_RX), 1);
	rig.control->peers[slot].up_until_ns = UINT64_MAX;
	control_wipe_sessions(rig.control, slot);
	CU_ASSERT_EQUAL(rig.control->peers[slot].up_until_ns, 0);
	rig_settle(&rig);
	rig_ack(&rig);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_SESSION_TX), 0);
	CU_ASSERT_PTR_NULL(sent(MESSAGE_RESPONSE));
	CU_ASSERT_EQUAL(rig.control->installs.count, 0);
	CU_ASSERT_EQUAL(rig.control->wipes, 0);
	end();
}

/* The other side knows us by the key that is to come as well: its peer 1. */
static void remote_knows_the_new_key(uint8_t fill)
{
	uint8_t secret[32], public[32];

	memset(secret, fill, sizeof(secret));
	dh_base(public, secret);
	CU_ASSERT_EQUAL(wg_peer_add(remote, public), 1);
}

static unsigned count_of_slot(enum crypt_order_kind kind)
{
	unsigned n = 0;

	for (unsigned i = 0; i < rig.order_count; i++)
		n += rig.orders[i].kind == kind && rig.orders[i].slot == slot;
	return n;
}

/*
 * A key is changed under traffic, and wiping the sessions of all peers takes rounds. Who has a session
 * under the new key before its turn comes keeps it: the former ones are wiped before.
 */
static void test_wiped_before_the_new(void)
{
	char text[128];

	begin_among(100);
	rig.hold_acks = false;
	wg_peer_set_endpoint(rig.control->device, slot, &remote_endpoint, rig.control->actions);
	wg_peer_set_keepalive(rig.control->device, slot, 25, now(), rig.control->actions);
	control_perform(rig.control, now());
	rig_settle(&rig);
	const struct black_order *initiation = sent(MESSAGE_INITIATION);
	CU_ASSERT_PTR_NOT_NULL_FATAL(initiation);
	remote_responds(initiation, 0);
	rig_settle(&rig);
	CU_ASSERT_EQUAL_FATAL(count_of_slot(CRYPT_SESSION_TX), 1);
	remote_knows_the_new_key(0x44);
	rig_forget(&rig);
	int fd = rig_connect(&rig, true);
	snprintf(text, sizeof(text), "set=1\nprivate_key=%s\n\n", rig_hex(0x44));
	CU_ASSERT_TRUE(rig_write(fd, text));
	for (unsigned i = 0; i < 20 && !sent(MESSAGE_INITIATION); i++) {
		rig_round(&rig);
		rig_domains(&rig);
	}
	initiation = sent(MESSAGE_INITIATION);
	CU_ASSERT_PTR_NOT_NULL_FATAL(initiation);
	CU_ASSERT_EQUAL(rig.control->run.stage, STAGE_WIPE); /* else this shows nothing */
	CU_ASSERT_EQUAL(count_of_slot(CRYPT_WIPE), 0);
	remote_responds(initiation, 1);
	rig_settle(&rig);
	CU_ASSERT_STRING_EQUAL(rig_read(fd), "errno=0\n\n");
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_WIPE), 101); /* each once */
	CU_ASSERT_EQUAL(count_of_slot(CRYPT_WIPE), 1);
	CU_ASSERT(rig_find(&rig, CRYPT_WIPE, slot) < rig_find(&rig, CRYPT_SESSION_RX, slot));
	CU_ASSERT_EQUAL(count_of_slot(CRYPT_SESSION_RX), 1);
	CU_ASSERT_EQUAL(count_of_slot(CRYPT_SESSION_TX), 1);
	CU_ASSERT(rig.control->peers[slot].up_until_ns > now().boot_ns);
	CU_ASSERT_EQUAL(rig.control->wipes, 0);
	close(fd);
	end();
}

/* The same for one who initiates meanwhile. Nor does wiping wait until crypt has removed a peer. */
static void test_wiped_before_a_response(void)
{
	char text[256], hex[65];

	begin_among(100);
	remote_initiates();
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_SESSION_RX), 1); /* half of a former session */
	remote_knows_the_new_key(0x44);
	struct wg_peer_info filler;
	wg_peer_info(rig.control->device, 0, &filler);
	for (unsigned i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", filler.public_key[i]);
	rig_forget(&rig);
	int fd = rig_connect(&rig, true);
	snprintf(text, sizeof(text), "set=1\nprivate_key=%s\npublic_key=%s\nremove=true\n\n",
		rig_hex(0x44), hex);
	CU_ASSERT_TRUE(rig_write(fd, text));
	for (unsigned i = 0; i < 20 && rig.control->run.stage != STAGE_WIPE; i++) {
		rig_round(&rig);
		rig_domains(&rig);
	}
	CU_ASSERT_EQUAL_FATAL(rig.control->run.stage, STAGE_WIPE);
	CU_ASSERT_EQUAL(count_of_slot(CRYPT_WIPE), 0);
	struct endpoint here = {.addr = {.family = 4, .bytes = {192, 0, 2, 2}}, .port = 51820};
	rig.late_ns = CLOCK_SECOND; /* two at a time would be a flood */
	wg_actions_clear(&actions);
	wg_peer_set_endpoint(remote, 1, &here, &actions);
	wg_actions_clear(&actions);
	struct wg_traffic traffic = {.events = PEER_NEEDS_SESSION};
	wg_traffic(remote, now(), 1, &traffic, &actions);
	CU_ASSERT_PTR_NOT_NULL_FATAL(remote_action(WG_SEND));
	deliver(remote_action(WG_SEND));
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig.control->run.stage, STAGE_REMOVED);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_WIPE), 100); /* of all that stay */
	CU_ASSERT_EQUAL(rig.control->installs.count, 1); /* the former one was given up */
	rig.hold_acks = false;
	rig_settle(&rig);
	CU_ASSERT_STRING_EQUAL(rig_read(fd), "errno=0\n\n");
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_WIPE), 100);
	CU_ASSERT_EQUAL(count_of_slot(CRYPT_WIPE), 1);
	CU_ASSERT(rig_find(&rig, CRYPT_WIPE, slot) < rig_find(&rig, CRYPT_SESSION_RX, slot));
	CU_ASSERT_EQUAL(count_of_slot(CRYPT_SESSION_TX), 1);
	CU_ASSERT_PTR_NOT_NULL(sent(MESSAGE_RESPONSE));
	close(fd);
	end();
}

static void test_never_acked(void)
{
	begin();
	remote_initiates();
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig.control->installs.count, 1);
	rig.late_ns = 6 * CLOCK_SECOND;
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig.control->installs.count, 0);
	rig_ack(&rig); /* too late: nothing comes of it */
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_SESSION_TX), 0);
	end();
}

static void test_garbage(void)
{
	struct wg_action junk = {.length = 148, .data = {1}};
	struct crypt_ack acks[] = {{.kind = CRYPT_SESSION_RX, .local_index = 5},
		{.kind = CRYPT_SESSION_TX, .slot = RIG_PEERS}, {.kind = CRYPT_REMOVE, .slot = 0},
		{.kind = CRYPT_WIPE, .slot = 0}, {.kind = CRYPT_WIPE, .slot = UINT32_MAX},
		{.kind = 99}, {.kind = CRYPT_ROUTES, .routes = NULL}};

	begin();
	deliver(&junk);
	junk.length = UINT16_MAX;
	struct {
		struct black_report report;
		uint8_t padding[4];
	} element = {.report.length = UINT16_MAX};
	ring_send(&rig.config.from_black, &element, 1);
	ring_send(&rig.config.crypt[0].from, acks, sizeof(acks) / sizeof(acks[0]));
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig.order_count + rig.black_count, 0);
	CU_ASSERT_EQUAL(rig.control->wipes + rig.control->removals, 0);
	CU_ASSERT_EQUAL(wg_peer_next(rig.control->device, slot), slot);
	CU_ASSERT_PTR_NOT_NULL(rig.control->routing.active);
	CU_ASSERT_EQUAL(rig.control->stats.drop_malformed, 1);
	CU_ASSERT_EQUAL(rig.control->stats.drop_proof, 1);
	end();
}

/* Each way in which a message is refused has its own counter. */
static void test_refused(void)
{
	struct wg_action response = {.length = 92, .data = {2}};
	struct wg_action reserved = {.length = 148, .data = {1, 1}};

	begin();
	const struct control_stats *s = &rig.control->stats;
	rig.hold_acks = false;
	remote_initiates();
	struct wg_action first = *remote_action(WG_SEND);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(s->rx_handshake, 1);
	deliver(&first);
	deliver(&response);
	deliver(&reserved);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(s->drop_timestamp, 1);
	CU_ASSERT_EQUAL(s->drop_unknown, 1);
	CU_ASSERT_EQUAL(s->drop_malformed, 1);
	wg_set_private_key(rig.control->device, NULL, &(uint32_t){0});
	deliver(&first);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(s->drop_no_key, 1);
	CU_ASSERT_EQUAL(s->rx_handshake, 1);
	CU_ASSERT_EQUAL(s->drop_proof + s->drop_flood, 0);
	end();
}

/* ---- events ---- */

static void test_confirmed(void)
{
	begin();
	rig.hold_acks = false;
	remote_initiates();
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig.control->peers[slot].up_until_ns, 0); /* A25: not yet */
	uint32_t index = rig_confirm(&rig, slot);
	atomic_store(&rig.reports[slot].rx.confirmed_index, ~index); /* of one that was wiped meanwhile */
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_FLUSH), 0);
	CU_ASSERT_EQUAL(rig.control->peers[slot].up_until_ns, 0);
	rig_confirm(&rig, slot);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_FLUSH), 1);
	CU_ASSERT(rig.control->peers[slot].up_until_ns > now().boot_ns);
	CU_ASSERT_EQUAL(atomic_load(&rig.dirty[slot / 64]), 0);
	CU_ASSERT_EQUAL(atomic_load(&rig.reports[slot].rx.events), 0);
	end();
}

static void test_moved(void)
{
	struct endpoint elsewhere = {.addr = {.family = 4, .bytes = {203, 0, 113, 9}}, .port = 99};

	begin();
	rig.reports[slot].moved.remote = elsewhere;
	rig.reports[slot].moved.local = (struct ip_addr){.family = 4, .bytes = {192, 0, 2, 2}};
	atomic_store(&rig.reports[slot].rx.moved_seq, 3); /* crypt is writing */
	rig_event(&rig, slot, 0, PEER_MOVED);
	rig_round(&rig);
	rig_domains(&rig);
	CU_ASSERT_EQUAL(rig.black_count, 0);
	CU_ASSERT(atomic_load(&rig.reports[slot].rx.events) & PEER_MOVED); /* not lost */
	atomic_store(&rig.reports[slot].rx.moved_seq, 4);
	CU_ASSERT(control_has_work(rig.control));
	rig_settle(&rig);
	CU_ASSERT_EQUAL_FATAL(rig.black_count, 1);
	CU_ASSERT_EQUAL(rig.black[0].kind, BLACK_ENDPOINT);
	CU_ASSERT(endpoint_equal(&rig.black[0].remote, &elsewhere));
	int told = rig_find(&rig, CRYPT_PEER, slot);
	CU_ASSERT(told >= 0 && rig.orders[told].endpoint);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_SOURCE), 0); /* its first: crypt knows no other */
	end();
}

/* A51: whoever sends the peer elsewhere, crypt is to say where its next message comes from. */
static void test_overruled(void)
{
	struct endpoint elsewhere = {.addr = {.family = 4, .bytes = {203, 0, 113, 9}}, .port = 99};
	struct wg_peer_info peer;
	char key[65], set[256];

	begin();
	wg_peer_info(rig.control->device, slot, &peer);
	key_to_hex(key, peer.public_key);
	for (unsigned i = 0; i < 3; i++) {
		rig_forget(&rig);
		snprintf(set, sizeof(set), "set=1\npublic_key=%s\nendpoint=192.0.2.%u:7\n\n",
			key, i < 2 ? 20 + i : 21);
		CU_ASSERT_STRING_EQUAL(rig_ask(&rig, true, set), "errno=0\n\n");
		CU_ASSERT_EQUAL_FATAL(rig.black_count, 1);
		CU_ASSERT_EQUAL(rig.black[0].kind, BLACK_ENDPOINT);
		CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_SOURCE), i > 0);
	}
	rig_forget(&rig);
	rig.reports[slot].moved.remote = elsewhere;
	for (unsigned i = 0; i < 2; i++) { /* crypt says it again; that is no news, and ends it */
		rig_event(&rig, slot, 0, PEER_MOVED);
		rig_settle(&rig);
		CU_ASSERT_EQUAL(rig.black_count, 1);
		CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_SOURCE), 1);
	}
	end();
}

/*
 * Peers that move as fast as control looks have low slots, and there are as many of them as one look acts
 * upon: those behind them, of the same word and of the next one, have their turn all the same.
 */
static void test_movers_starve_nobody(void)
{
	const uint32_t last = 30, far = 80;
	unsigned rounds = 0;

	begin_among(100);
	rig.hold_acks = false;
	const uint32_t waiting[] = {last, far, slot};
	for (unsigned i = 0; i < 3; i++) {
		wg_peer_set_endpoint(
			rig.control->device, waiting[i], &remote_endpoint, rig.control->actions);
		control_perform(rig.control, now());
		rig_event(&rig, waiting[i], PEER_NEEDS_SESSION, 0);
	}
	unsigned initiations = 0;
	for (; rounds < 20 && initiations < 3; rounds++) {
		rig_forget(&rig);
		for (uint32_t s = 0; s < ROUND_PEERS; s++) {
			rig.reports[s].moved.remote = remote_endpoint;
			rig.reports[s].moved.remote.port = (uint16_t)(1000 + rounds);
			rig_event(&rig, s, 0, PEER_MOVED);
		}
		rig_round(&rig);
		rig_domains(&rig);
		for (unsigned i = 0; i < rig.black_count; i++)
			initiations += rig.black[i].kind == BLACK_SEND;
	}
	CU_ASSERT_EQUAL(initiations, 3);
	CU_ASSERT(rounds <= 4);
	rig.control->traffic_slot = last;
	rig_settle(&rig);
	rig_event(&rig, last - 1, 0, PEER_MOVED); /* a look goes all the way round */
	rig_round(&rig);
	CU_ASSERT_EQUAL(atomic_load(&rig.dirty[0]), 0);
	end();
}

static void test_stray_bits(void)
{
	begin();
	for (unsigned i = 0; i < sizeof(rig.dirty) / sizeof(rig.dirty[0]); i++)
		atomic_store(&rig.dirty[i], UINT64_MAX);
	atomic_store(&rig.reports[RIG_PEERS - 1].tx.events, PEER_NEEDS_SESSION);
	rig.control->traffic_due_ns = 0;
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig.order_count + rig.black_count, 0);
	CU_ASSERT_FALSE(control_has_work(rig.control));
	end();
}

/* The loop's rest: seldom without traffic, 100 ms with it, at once for what is urgent. */
static void test_rest(void)
{
	begin();
	rig.late_ns = 2 * CLOCK_SECOND;
	rig_round(&rig);
	CU_ASSERT_FALSE(control_has_work(rig.control));
	uint64_t idle_ns = control_sleep_ns(rig.control, now().boot_ns);
	CU_ASSERT(idle_ns > 50 * CLOCK_MS && idle_ns <= 100 * CLOCK_MS);
	rig_event(&rig, slot, PEER_DATA_SENT, 0);
	CU_ASSERT_FALSE(control_has_work(rig.control)); /* lazy: no reason to stay awake */
	rig_round(&rig);
	uint64_t busy_ns = control_sleep_ns(rig.control, now().boot_ns);
	CU_ASSERT(busy_ns > 50 * CLOCK_MS && busy_ns <= 100 * CLOCK_MS);
	rig_event(&rig, slot, PEER_KEY_OLD_TX, 0);
	CU_ASSERT(control_has_work(rig.control));
	end();
}

/* Reports are not taken while there is no room for what they lead to; acks always are. */
static void test_back_pressure(void)
{
	begin();
	while (rig.control->to_black.count < OUTBOX_ROOMY)
		control_tell_port(rig.control, 1);
	remote_initiates();
	rig_round(&rig);
	CU_ASSERT_FALSE(ring_empty(&rig.config.from_black));
	CU_ASSERT_FALSE(control_has_work(rig.control)); /* nor does the loop spin on it */
	CU_ASSERT(control_sleep_ns(rig.control, now().boot_ns) <= BACKLOG_RETRY_NS);
	rig.hold_acks = false;
	rig_settle(&rig);
	CU_ASSERT_PTR_NOT_NULL(sent(MESSAGE_RESPONSE));
	end();
}

/* C11: a ring full of what has no proof; the one message that has is the first to be handled. */
static void test_proven_first(void)
{
	struct wg_action junk = {.length = 148, .data = {MESSAGE_INITIATION}};

	begin();
	for (unsigned i = 0; i < 64; i++)
		deliver(&junk);
	uint32_t free_count = ring_free_count(&rig.config.from_black);
	deliver_by(&rig.config.from_black_proven, remote_initiation());
	rig_round(&rig);
	rig_domains(&rig);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_SESSION_RX), 1);
	/* C12: a round is short */
	CU_ASSERT_EQUAL(ring_free_count(&rig.config.from_black), free_count + ROUND_REPORTS - 1);
	CU_ASSERT(control_has_work(rig.control));
	for (unsigned i = 0; i < 64 && control_reports_wait(rig.control); i++)
		rig_round(&rig);
	CU_ASSERT_TRUE(ring_empty(&rig.config.from_black));
	CU_ASSERT_FALSE(control_reports_wait(rig.control));
	deliver_by(&rig.config.from_black_proven, &junk);
	CU_ASSERT(control_has_work(rig.control));
	end();
}

/* What waited longer than its sender does is not worth a handshake. */
static void test_stale(void)
{
	begin();
	const struct wg_action *send = remote_initiation();
	deliver(send);
	rig.late_ns = 5 * CLOCK_SECOND + 100 * CLOCK_MS;
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_SESSION_RX), 0);
	CU_ASSERT_EQUAL(rig.control->stats.drop_stale, 1);
	deliver(send);
	rig.late_ns += 4 * CLOCK_SECOND;
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_SESSION_RX), 1);
	CU_ASSERT_EQUAL(rig.control->stats.drop_stale, 1);
	end();
}

static void test_attack(void)
{
	begin();
	rig_settle(&rig);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_ask(&rig, false, "verb=status\n\n"), "attack=no\n"
		"attacks=0\nattack_seconds=0\nattack_messages=0\nattack_sources=0\n"));
	rig.attack = (struct black_attack){.count = 2, .messages = 5000, .sources = 70,
		.began_ns = now().boot_ns - 11 * CLOCK_SECOND - CLOCK_MS};
	rig.late_ns = CLOCK_SECOND; /* the next look */
	rig_round(&rig);
	CU_ASSERT(rig.control->attack_told && rig.control->attacks_told == 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_ask(&rig, false, "verb=status\n\n"), "attack=yes\n"
		"attacks=2\nattack_seconds=12\nattack_messages=5000\nattack_sources=70\n"));
	rig.attack.ended_ns = rig.attack.began_ns + 9 * CLOCK_SECOND;
	rig.late_ns += CLOCK_SECOND;
	rig_round(&rig);
	CU_ASSERT_FALSE(rig.control->attack_told);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_ask(&rig, false, "verb=status\n\n"), "attack=no\n"
		"attacks=2\nattack_seconds=9\n"));
	end();
}

static void test_silent_domain(void)
{
	begin();
	rig.silence_ns = 6 * CLOCK_SECOND;
	rig.late_ns = CLOCK_SECOND;
	rig_round(&rig);
	CU_ASSERT(rig.control->domain_silent[0] && !rig.control->domain_silent[1]);
	rig.silence_ns = 0;
	rig.late_ns = 2 * CLOCK_SECOND;
	rig_round(&rig);
	CU_ASSERT_FALSE(rig.control->domain_silent[0]);
	end();
}

static void test_changed_ring(void)
{
	begin();
	rig.control->config.from_black.size++;
	remote_initiates();
	CU_ASSERT_EQUAL(control_run(rig.control), 1);
	CU_ASSERT_FALSE(ring_empty(&rig.config.from_black)); /* nothing was taken from it */
	end();
}

/* A55, and a slot's former owner leaves nothing. */
static void test_bytes(void)
{
	struct wg_peer_info info = {.handshake_rx_bytes = 148, .handshake_tx_bytes = 92};
	uint64_t rx, tx;

	begin();
	atomic_store(&rig.reports[slot].rx.bytes, 1000);
	atomic_store(&rig.reports[slot].tx.bytes, 10);
	control_peer_bytes(rig.control, slot, &info, &rx, &tx);
	CU_ASSERT(rx == 1148 && tx == 102);
	rig.control->peers[slot].rx_base = 600;
	rig.control->peers[slot].tx_base = 600; /* crypt has cleared its counter since */
	control_peer_bytes(rig.control, slot, &info, &rx, &tx);
	CU_ASSERT(rx == 548 && tx == 102);
	end();
}

static const struct unit_test tests[] = {
	{"A24: a response leaves after crypt has both halves", test_response},
	{"A24: an initiator's session", test_initiator},
	{"A39: a wipe overtakes a session that is half installed", test_wipe_overtakes},
	{"A54: a change of keys wipes no session that is under the new one", test_wiped_before_the_new},
	{"A54: nor one that the other side began meanwhile", test_wiped_before_a_response},
	{"C15: a session that crypt never acks", test_never_acked},
	{"messages and acks that make no sense change nothing", test_garbage},
	{"A13, A15: why a handshake message was refused is counted", test_refused},
	{"A25: the responder's session is confirmed", test_confirmed},
	{"A51: an endpoint moves, also while crypt is writing it", test_moved},
	{"A51: sent elsewhere, by an administrator too, a peer may be heard of again", test_overruled},
	{"A51: peers that move all the time starve nobody", test_movers_starve_nobody},
	{"bits of peers that are not there", test_stray_bits},
	{"the loop rests when there is nothing to do", test_rest},
	{"C12: full rings hold back new handshakes, not acks", test_back_pressure},
	{"C11, C12: messages with proof come first, and few in a round", test_proven_first},
	{"C12: a message that waited too long is passed over", test_stale},
	{"C12: an attack is told in status", test_attack},
	{"a domain's silence is noticed, and its end", test_silent_domain},
	{"a ring that was tampered with ends the daemon", test_changed_ring},
	{"A55, C28: bytes of a peer", test_bytes},
	{NULL, NULL},
};

const struct unit_suite suite_control_session = {"control_session", tests};
