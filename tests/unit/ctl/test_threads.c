/* SPDX-License-Identifier: BSD-3-Clause */
/* Several crypt threads, as control sees them: who is told what, and whose acks it waits for. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control_rig.h"
#include "crypto/dh.h"
#include "suites.h"

#define THREADS 3
#define SITES   4

static struct rig rig;
static struct wg_device *remote[SITES]; /* the other sides */
static struct wg_actions actions;
static uint32_t slots[SITES]; /* of theirs, here */
static const struct ip_addr our_address = {.family = 4, .bytes = {192, 0, 2, 2}};

static struct endpoint endpoint_of(unsigned site)
{
	return (struct endpoint){
		.addr = {.family = 4, .bytes = {192, 0, 2, (uint8_t)(10 + site)}}, .port = 7};
}

static struct wg_now now(void)
{
	struct wg_now n = control_now();

	n.boot_ns += rig.late_ns;
	n.wall_ns += rig.late_ns;
	return n;
}

static void open_remote(unsigned site, const uint8_t secret[static 32])
{
	struct endpoint here = {.addr = our_address, .port = 51820};
	uint8_t ours[32];

	remote[site] = wg_device_create(2);
	wg_set_private_key(remote[site], secret, &(uint32_t){0});
	wg_public_key(rig.control->device, ours);
	wg_peer_add(remote[site], ours);
	memset(&actions, 0, sizeof(actions));
	wg_peer_set_endpoint(remote[site], 0, &here, &actions);
	wg_actions_clear(&actions);
}

static void begin(void)
{
	static const char *const prefixes[SITES] = {
		"10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16", "10.4.0.0/16"};
	uint8_t secrets[SITES][32], public[SITES][32];

	rig_open(&rig);
	rig.config.crypt_count = THREADS;
	for (unsigned i = 0; i < SITES; i++) {
		memset(secrets[i], 0x51 + (int)i, 32);
		dh_base(public[i], secrets[i]);
		memcpy(rig_add_peer(&rig, "", 0, prefixes[i])->public_key, public[i], 32);
	}
	CU_ASSERT_FATAL(rig_start(&rig, 64));
	rig_settle(&rig);
	for (unsigned i = 0; i < SITES; i++) {
		slots[i] = (uint32_t)wg_peer_find(rig.control->device, public[i]);
		open_remote(i, secrets[i]);
	}
	rig_forget(&rig);
}

static void end(void)
{
	for (unsigned i = 0; i < SITES; i++)
		wg_device_destroy(remote[i]);
	rig_close(&rig);
}

/* A site initiates with its peer of that number; control answers when crypt has the session. */
static void initiates_with(unsigned site, uint32_t peer)
{
	struct wg_traffic traffic = {.events = PEER_NEEDS_SESSION};
	struct {
		struct black_report report;
		uint8_t padding[4];
	} element = {.report = {.arrived_ns = now().boot_ns, .remote = endpoint_of(site),
			     .local = our_address, .length = 148}};

	wg_actions_clear(&actions);
	wg_traffic(remote[site], now(), peer, &traffic, &actions);
	if (actions.count == 0) /* it tries again */
		wg_tick(remote[site], now(), &actions);
	CU_ASSERT_FATAL(actions.count > 0 && actions.list[0].kind == WG_SEND);
	memcpy(element.report.data, actions.list[0].data, 148);
	CU_ASSERT_EQUAL(ring_send(&rig.config.from_black, &element, 1), 1);
	rig_settle(&rig);
}

static void initiates(unsigned site)
{
	initiates_with(site, 0);
}

static const struct rig_order *found(enum crypt_order_kind kind, uint32_t slot)
{
	int at = rig_find(&rig, kind, slot);

	CU_ASSERT_FATAL(at >= 0);
	return &rig.orders[at];
}

/* The number of a thread that was told so; they are recorded in the order of the threads. */
static unsigned count_to(unsigned thread, enum crypt_order_kind kind)
{
	unsigned n = 0;

	for (unsigned i = 0; i < rig.order_count; i++)
		n += rig.orders[i].thread == thread && rig.orders[i].kind == kind;
	return n;
}

static void halves_to_their_threads(void)
{
	unsigned sealed[THREADS] = {0}, opened[THREADS] = {0};

	begin();
	for (unsigned i = 0; i < SITES; i++) {
		initiates(i);
		const struct rig_order *rx = found(CRYPT_SESSION_RX, slots[i]);
		const struct rig_order *tx = found(CRYPT_SESSION_TX, slots[i]);
		CU_ASSERT_NOT_EQUAL(rx->thread, tx->thread);
		CU_ASSERT_EQUAL(rx->thread, crypt_thread_of(rx->local_index, THREADS));
		opened[rx->thread]++;
		sealed[tx->thread]++;
	}
	for (unsigned i = 0; i < THREADS; i++) /* 8 directions over 3 threads */
		CU_ASSERT(sealed[i] + opened[i] >= 2 && sealed[i] + opened[i] <= 3);
	end();
}

/* The position of an order among those to its thread; -1: it was not told. */
static int place(unsigned thread, enum crypt_order_kind kind, uint32_t slot, unsigned half)
{
	int n = 0;

	for (unsigned i = 0; i < rig.order_count; i++) {
		const struct rig_order *o = &rig.orders[i];
		if (o->thread != thread)
			continue;
		if (o->kind == kind && o->slot == slot && o->half == half)
			return n;
		n++;
	}
	return -1;
}

/* All peers begin with number 0: a half that is to be elsewhere is yielded, and taken before use. */
static void halves_move_first(void)
{
	begin();
	for (unsigned i = 0; i < SITES; i++) {
		rig_forget(&rig);
		initiates(i);
		unsigned rx = found(CRYPT_SESSION_RX, slots[i])->thread;
		unsigned tx = found(CRYPT_SESSION_TX, slots[i])->thread;
		if (rx != 0) {
			int taken = place(rx, CRYPT_TAKE, slots[i], CRYPT_OPENS);
			CU_ASSERT(place(0, CRYPT_YIELD, slots[i], CRYPT_OPENS) >= 0);
			CU_ASSERT(taken >= 0 && taken < place(rx, CRYPT_SESSION_RX, slots[i], 0));
		}
		if (tx != 0) {
			int taken = place(tx, CRYPT_TAKE, slots[i], CRYPT_SEALS);
			CU_ASSERT(place(0, CRYPT_YIELD, slots[i], CRYPT_SEALS) >= 0);
			CU_ASSERT(taken >= 0 && taken < place(tx, CRYPT_SESSION_TX, slots[i], 0));
		}
		CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_YIELD), (unsigned)(rx != 0) + (tx != 0));
		CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_TAKE), rig_count(&rig, CRYPT_YIELD));
	}
	end();
}

static void rekeys_stay(void)
{
	begin();
	initiates(0);
	unsigned rx = found(CRYPT_SESSION_RX, slots[0])->thread;
	unsigned tx = found(CRYPT_SESSION_TX, slots[0])->thread;
	for (unsigned i = 1; i < SITES; i++)
		initiates(i);
	for (unsigned i = 0; i < 5; i++) {
		rig_forget(&rig);
		rig.late_ns += 6 * CLOCK_SECOND;
		initiates(0);
		CU_ASSERT_EQUAL(found(CRYPT_SESSION_RX, slots[0])->thread, rx);
		CU_ASSERT_EQUAL(found(CRYPT_SESSION_TX, slots[0])->thread, tx);
		CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_YIELD) + rig.link_count, 0);
	}
	end();
}

/* What concerns the sending half goes to who seals. */
static void orders_to_who_seals(void)
{
	begin();
	initiates(1);
	unsigned tx = found(CRYPT_SESSION_TX, slots[1])->thread;
	rig_confirm(&rig, slots[1]);
	rig_forget(&rig);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(found(CRYPT_FLUSH, slots[1])->thread, tx);
	wg_actions_clear(&actions);
	wg_peer_greet(rig.control->device, slots[1], now(), rig.control->actions);
	control_perform(rig.control, now());
	rig_settle(&rig);
	CU_ASSERT_EQUAL(found(CRYPT_KEEPALIVE, slots[1])->thread, tx);
	end();
}

static void routes_acked_by_all(void)
{
	begin();
	rig.hold_acks = true;
	char text[300];
	snprintf(text, sizeof(text), "set=1\npublic_key=%s\nallowed_ip=10.9.0.0/16\n\n", rig_hex(9));
	int fd = rig_connect(&rig, true);
	CU_ASSERT_TRUE(rig_write(fd, text));
	for (unsigned i = 0; i < 100; i++) {
		rig_round(&rig);
		rig_domains(&rig);
	}
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_ROUTES), THREADS);
	for (unsigned thread = THREADS; thread-- > 0;) {
		CU_ASSERT_EQUAL(count_to(thread, CRYPT_ROUTES), 1);
		CU_ASSERT_PTR_NOT_NULL(rig.control->routing.in_flight);
		CU_ASSERT_STRING_EQUAL(rig_read(fd), "");
		rig_ack_thread(&rig, thread);
		rig_settle(&rig);
	}
	CU_ASSERT_PTR_NULL(rig.control->routing.in_flight);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_read(fd), "errno=0"));
	close(fd);
	end();
}

static void removed_when_all_have(void)
{
	uint8_t key[32];
	char text[200], hex[65];
	struct wg_peer_info info;

	begin();
	initiates(2);
	wg_peer_info(rig.control->device, slots[2], &info);
	memcpy(key, info.public_key, 32);
	for (unsigned i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", key[i]);
	snprintf(text, sizeof(text), "set=1\npublic_key=%s\nremove=true\n\n", hex);
	rig_forget(&rig);
	int fd = rig_connect(&rig, true);
	CU_ASSERT_TRUE(rig_write(fd, text));
	rig.hold_acks = true;
	for (unsigned i = 0; i < 100 && rig_count(&rig, CRYPT_REMOVE) == 0; i++) {
		rig_ack(&rig); /* of the routes without it */
		rig_settle(&rig);
	}
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_REMOVE), THREADS);
	rig_ack_thread(&rig, 1);
	rig_settle(&rig);
	CU_ASSERT_STRING_EQUAL(rig_read(fd), "");
	rig.hold_acks = false;
	rig_settle(&rig);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_read(fd), "errno=0"));
	CU_ASSERT_EQUAL(rig.control->peers[slots[2]].use, PEER_UNUSED);
	CU_ASSERT_EQUAL(rig.control->removals, 0);
	close(fd);
	end();
}

static void wiped_by_both(void)
{
	begin();
	initiates(3);
	unsigned rx = found(CRYPT_SESSION_RX, slots[3])->thread;
	unsigned tx = found(CRYPT_SESSION_TX, slots[3])->thread;
	rig_forget(&rig);
	rig.hold_acks = true;
	control_wipe_sessions(rig.control, slots[3]);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_WIPE), 2);
	CU_ASSERT_EQUAL(count_to(rx, CRYPT_WIPE), 1);
	CU_ASSERT_EQUAL(count_to(tx, CRYPT_WIPE), 1);
	rig_ack_thread(&rig, tx);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig.control->wipes, 1);
	rig_ack_thread(&rig, rx);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig.control->wipes, 0);
	end();
}

/* Every site knows us by a new key as well. */
static void meet_again(uint8_t fill)
{
	struct endpoint here = {.addr = our_address, .port = 51820};
	uint8_t secret[32], public[32];

	memset(secret, fill, sizeof(secret));
	dh_base(public, secret);
	for (unsigned i = 0; i < SITES; i++) {
		CU_ASSERT_EQUAL(wg_peer_add(remote[i], public), 1);
		wg_peer_set_endpoint(remote[i], 1, &here, &actions);
		wg_actions_clear(&actions);
	}
}

/*
 * A new key while crypt still removes a peer. Wiping does not wait for that. Where it has not come to a peer
 * yet (with few peers it has, so the test says otherwise), a new session wipes the former ones first.
 */
static void wiped_before_it_moves(void)
{
	char text[300], hex[65];
	struct wg_peer_info info;
	unsigned moved = 0;

	begin();
	for (unsigned i = 0; i < SITES; i++)
		initiates(i);
	meet_again(0x44);
	wg_peer_info(rig.control->device, slots[3], &info);
	for (unsigned i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", info.public_key[i]);
	snprintf(text, sizeof(text), "set=1\nprivate_key=%s\npublic_key=%s\nremove=true\n\n",
		rig_hex(0x44), hex);
	int fd = rig_connect(&rig, true);
	CU_ASSERT_TRUE(rig_write(fd, text));
	rig.hold_acks = true;
	for (unsigned i = 0; i < 100 && rig_count(&rig, CRYPT_REMOVE) == 0; i++) {
		rig_ack(&rig); /* of the routes without it */
		rig_settle(&rig);
	}
	CU_ASSERT_EQUAL_FATAL(rig.control->run.stage, STAGE_REMOVED);
	CU_ASSERT_EQUAL(rig.control->wipes, 2 * (SITES - 1));
	rig.late_ns = CLOCK_SECOND; /* two at a time would be a flood */
	for (unsigned i = SITES - 1; i-- > 0;) {
		struct holders before = rig.control->holders[slots[i]];
		rig_forget(&rig);
		rig.control->peers[slots[i]].wipe_due = true;
		initiates_with(i, 1);
		unsigned rx = found(CRYPT_SESSION_RX, slots[i])->thread;
		CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_WIPE), 2);
		int opens = place(before.open, CRYPT_WIPE, slots[i], 0);
		int seals = place(before.seal, CRYPT_WIPE, slots[i], 0);
		CU_ASSERT(opens >= 0 && seals >= 0);
		if (rx == before.open) {
			CU_ASSERT(opens < place(rx, CRYPT_SESSION_RX, slots[i], 0));
		} else {
			CU_ASSERT(opens < place(before.open, CRYPT_YIELD, slots[i], CRYPT_OPENS));
			moved++;
		}
		if (rig.control->holders[slots[i]].seal != before.seal) {
			CU_ASSERT(seals < place(before.seal, CRYPT_YIELD, slots[i], CRYPT_SEALS));
			moved++;
		}
	}
	CU_ASSERT(moved > 0);
	rig_forget(&rig);
	rig.hold_acks = false;
	rig_settle(&rig);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_read(fd), "errno=0"));
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_WIPE), 0);
	CU_ASSERT_EQUAL(rig_count(&rig, CRYPT_SESSION_TX), SITES - 1);
	close(fd);
	end();
}

static int told_link(const char *text)
{
	struct ip_prefix prefix;
	int link = -1;

	prefix_parse(&prefix, text);
	for (unsigned i = 0; i < rig.link_count; i++)
		if (prefix_equal(&rig.links[i].prefix, &prefix))
			link = rig.links[i].link;
	return link;
}

static void red_hears_of_links(void)
{
	begin();
	initiates(0);
	initiates(1);
	initiates(2);
	unsigned tx = found(CRYPT_SESSION_TX, slots[2])->thread;
	if (tx != 0)
		CU_ASSERT_EQUAL(told_link("10.3.0.0/16"), (int)tx);
	for (unsigned i = 0; i < 3; i++) {
		unsigned seal = rig.control->holders[slots[i]].seal;
		const char *const prefixes[] = {"10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"};
		CU_ASSERT_EQUAL(told_link(prefixes[i]), seal == 0 ? -1 : (int)seal);
	}
	/* a prefix moves to another peer: so does its link, when the threads differ */
	unsigned from = rig.control->holders[slots[0]].seal, to = rig.control->holders[slots[1]].seal;
	struct wg_peer_info info;
	char text[300], hex[65];
	wg_peer_info(rig.control->device, slots[1], &info);
	for (unsigned i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", info.public_key[i]);
	snprintf(text, sizeof(text), "set=1\npublic_key=%s\nallowed_ip=10.1.0.0/16\n\n", hex);
	rig_forget(&rig);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_ask(&rig, true, text), "errno=0"));
	rig_settle(&rig);
	CU_ASSERT_NOT_EQUAL(from, to);
	CU_ASSERT_EQUAL(told_link("10.1.0.0/16"), (int)to);
	CU_ASSERT_EQUAL(rig.control->routing.links_left, 0);
	end();
}

static const struct unit_test tests[] = {
	{"A50: each half of a session goes to its thread, spread evenly", halves_to_their_threads},
	{"A50: halves are yielded and taken before they are used", halves_move_first},
	{"A50: with a rekey nothing moves", rekeys_stay},
	{"A25: what concerns sending goes to who seals", orders_to_who_seals},
	{"A46: routes hold when all threads have them", routes_acked_by_all},
	{"A54: a peer is removed when all threads have", removed_when_all_have},
	{"A39: sessions are wiped by both of their threads", wiped_by_both},
	{"A54: former sessions are wiped by who has them, before a new one moves", wiped_before_it_moves},
	{"A50: red hears which thread seals for a prefix", red_hears_of_links},
	{NULL, NULL},
};

const struct unit_suite suite_threads = {"threads", tests};
