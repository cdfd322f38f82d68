/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#include "wg/cookie.h"
#include "wg/peer.h"

#define POLL_MAX_NS  (100 * CLOCK_MS) /* between reports of ordinary events */
#define ORDER_MAX_NS (2 * CLOCK_MS)   /* from control to crypt */
#define DISK_NS      (100 * CLOCK_MS) /* to write a mark down */

enum event_kind { EVENT_ARRIVE, EVENT_ORDER, EVENT_POLL, EVENT_TICK, EVENT_APP, EVENT_MARK };

struct sim_event {
	uint64_t at_ns;
	uint64_t sequence; /* of two at one time the older one comes first */
	struct sim_node *node;
	unsigned life;     /* what belongs to a former life does not happen */
	enum event_kind kind;
	union {
		struct sim_message message;
		struct sim_order order;
		uint64_t mark_ns;
	};
};

/* ---- the queue: a heap ---- */

static bool before(const struct sim_event *a, const struct sim_event *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->sequence < b->sequence;
}

static void swap(struct sim *s, unsigned a, unsigned b)
{
	struct sim_event t = s->events[a];

	s->events[a] = s->events[b];
	s->events[b] = t;
}

static struct sim_event make(struct sim_node *n, enum event_kind kind, uint64_t in_ns)
{
	return (struct sim_event){
		.at_ns = n->sim->now_ns + in_ns,
		.sequence = n->sim->sequence++,
		.node = n,
		.life = n->life,
		.kind = kind,
	};
}

static void push(struct sim *s, const struct sim_event *event)
{
	unsigned i = s->event_count++;

	if (i == s->event_room) {
		s->event_room = 2 * i + 64;
		s->events = realloc(s->events, s->event_room * sizeof(s->events[0]));
		if (!s->events)
			abort();
	}
	s->events[i] = *event;
	for (; i > 0 && before(&s->events[i], &s->events[(i - 1) / 2]); i = (i - 1) / 2)
		swap(s, i, (i - 1) / 2);
}

static struct sim_event pop(struct sim *s)
{
	struct sim_event first = s->events[0];
	unsigned i = 0, child;

	s->events[0] = s->events[--s->event_count];
	while ((child = 2 * i + 1) < s->event_count) {
		if (child + 1 < s->event_count && before(&s->events[child + 1], &s->events[child]))
			child++;
		if (!before(&s->events[child], &s->events[i]))
			break;
		swap(s, child, i);
		i = child;
	}
	return first;
}

static void push_simple(struct sim_node *n, enum event_kind kind, uint64_t in_ns)
{
	struct sim_event event = make(n, kind, in_ns);

	push(n->sim, &event);
}

/* ---- the wire ---- */

struct sim_node *sim_other(const struct sim_node *n)
{
	return &n->sim->node[n->side ^ 1];
}

struct wg_now sim_now(const struct sim_node *n)
{
	uint64_t wall = START_WALL_NS + n->sim->now_ns + (uint64_t)n->wall_offset_ns;

	return (struct wg_now){.boot_ns = n->sim->now_ns, .wall_ns = wall};
}

static bool chance(unsigned permille)
{
	return fixture_below(1000) < permille;
}

static struct sim_node *node_at(struct sim *s, const struct endpoint *where)
{
	for (unsigned i = 0; i < s->nodes; i++)
		if (endpoint_equal(&s->node[i].at, where))
			return &s->node[i];
	return NULL;
}

/* A message without which there is no session that both sides can use. */
static bool is_of_handshake(const struct sim_node *n, const uint8_t *bytes)
{
	const struct sending *awaits = &sim_other(n)->tx.next;

	return bytes[0] != MESSAGE_DATA ||
		(awaits->valid && awaits->local_index == n->tx.current.remote_index);
}

static unsigned copies_that_arrive(struct sim_node *n, uint64_t id, const uint8_t *bytes)
{
	struct sim *s = n->sim;
	unsigned copies = chance(s->loss_permille) ? 0 : 1 + chance(s->duplicate_permille);

	if (n->cut || (s->no_handshakes && id == SIM_NO_ID && bytes[0] != MESSAGE_DATA))
		copies = 0;
	s->handshakes_lost += copies == 0 && is_of_handshake(n, bytes);
	return copies;
}

/* Who has the address when the message arrives is not who had it when it was sent. */
void sim_transmit(struct sim_node *n, const struct endpoint *to, uint64_t id, const void *bytes,
	uint16_t length)
{
	struct sim *s = n->sim;
	unsigned copies = copies_that_arrive(n, id, bytes);

	n->counts.messages++;
	n->counts.last_message_ns = s->now_ns;
	while (copies-- > 0) {
		uint64_t spread = s->delay_max_ns - s->delay_min_ns;
		uint64_t delay = s->delay_min_ns + (spread ? fixture_below(spread) : 0);
		struct sim_event event = make(n, EVENT_ARRIVE, delay);
		event.message.from = n->at;
		event.message.to = *to;
		event.message.id = id;
		event.message.sent_ns = s->now_ns;
		event.message.length = length;
		memcpy(event.message.bytes, bytes, length);
		push(s, &event);
	}
}

/* ---- the shell: what control decides is done, what crypt reports is told ---- */

void sim_raise(struct sim_node *n, uint32_t events)
{
	bool urgent = (events & ~n->report.events & PEER_EVENTS_URGENT) != 0;

	n->report.events |= events;
	if (events == 0 || (n->polled && !urgent))
		return;
	n->polled = true;
	push_simple(n, EVENT_POLL, fixture_below(urgent ? CLOCK_MS : POLL_MAX_NS));
}

static void order(struct sim_node *n, enum sim_order_kind kind, const struct session_keys *keys)
{
	uint64_t at = n->sim->now_ns + fixture_below(ORDER_MAX_NS);

	if (at < n->orders_until_ns)
		at = n->orders_until_ns;
	n->orders_until_ns = at;
	struct sim_event event = make(n, EVENT_ORDER, at - n->sim->now_ns);
	event.order = (struct sim_order){.kind = kind, .keys = *keys};
	push(n->sim, &event);
}

static void send_handshake(struct sim_node *n, const struct wg_action *a)
{
	n->counts.initiations += a->data[0] == MESSAGE_INITIATION;
	n->counts.responses += a->data[0] == MESSAGE_RESPONSE;
	sim_transmit(n, &a->endpoint, SIM_NO_ID, a->data, a->length);
}

static void write_mark(struct sim_node *n, uint64_t mark_ns)
{
	struct sim_event event = make(n, EVENT_MARK, DISK_NS);

	event.mark_ns = mark_ns;
	push(n->sim, &event);
}

static void mark_written(struct sim_node *n, uint64_t mark_ns)
{
	n->mark_ns = mark_ns;
	wg_stamps_reserved(n->device, mark_ns);
}

static void perform_one(struct sim_node *n, const struct wg_action *a)
{
	switch (a->kind) {
	case WG_SEND:
		send_handshake(n, a);
		break;
	case WG_INSTALL:
		order(n, ORDER_INSTALL, &a->keys);
		break;
	case WG_WIPE:
		order(n, ORDER_WIPE, &a->keys);
		break;
	case WG_KEEPALIVE:
		order(n, ORDER_KEEPALIVE, &a->keys);
		break;
	case WG_FLUSH:
		order(n, ORDER_FLUSH, &a->keys);
		break;
	case WG_DROP_STAGED:
		order(n, ORDER_DROP_STAGED, &a->keys);
		break;
	case WG_ENDPOINT:
		n->peer_at = a->endpoint;
		break;
	}
}

static bool is_hub(const struct sim_node *n)
{
	return n->sim->nodes > 2 && n->side % 2 == 0;
}

/* Performs and clears; then sees to it that the next deadline is met. */
static void perform(struct sim_node *n, struct wg_actions *actions)
{
	bool hub = is_hub(n);

	for (unsigned i = 0; i < actions->count; i++) /* a hub's slots were given in order */
		perform_one(hub ? &n->sim->node[2 * actions->list[i].slot] : n, &actions->list[i]);
	wg_actions_clear(actions);
	if (hub)
		n = n->sim->node; /* the first has the clock of the device */
	uint64_t mark_ns = wg_stamps_wanted(n->device, sim_now(n));
	if (mark_ns != 0)
		write_mark(n, mark_ns);
	uint64_t deadline = wg_next_deadline(n->device);
	if (deadline < n->sim->now_ns)
		deadline = n->sim->now_ns;
	if (deadline >= n->tick_at_ns)
		return;
	n->tick_at_ns = deadline;
	push_simple(n, EVENT_TICK, deadline - n->sim->now_ns);
}

static void tick(struct sim_node *n)
{
	struct wg_actions actions = {0};
	bool more;

	n->tick_at_ns = UINT64_MAX;
	do {
		more = wg_tick(n->device, sim_now(n), &actions);
		perform(n, &actions);
	} while (more);
}

static void poll(struct sim_node *n)
{
	struct wg_actions actions = {0};
	struct wg_traffic report = n->report;

	n->polled = false;
	n->report.events = 0;
	if (report.events & PEER_MOVED)
		wg_peer_moved(n->device, n->slot, &n->source, &n->at.addr, &actions);
	if (report.events)
		wg_traffic(n->device, sim_now(n), n->slot, &report, &actions);
	perform(n, &actions);
}

static void take_order(struct sim_node *n, const struct sim_order *o)
{
	struct wg_actions actions = {0};

	sim_crypt_order(n, o);
	if (o->kind == ORDER_INSTALL)
		wg_session_installed(n->device, sim_now(n), n->slot, o->keys.local_index, &actions);
	perform(n, &actions);
}

static void arrive(struct sim *s, const struct sim_message *m)
{
	struct wg_actions actions = {0};
	struct sim_node *n = node_at(s, &m->to);
	struct cookie_checker checker;
	uint8_t public_key[32];

	if (!n)
		return;
	if (m->bytes[0] == MESSAGE_DATA) {
		sim_crypt_receive(n, m);
		return;
	}
	wg_public_key(n->device, public_key);
	cookie_checker_init(&checker, public_key);
	n->counts.bad_mac1 += !cookie_check_mac1(&checker, m->bytes, m->length);
	wg_receive(n->device, sim_now(n), &m->from, &n->at.addr, m->bytes, m->length, &actions);
	perform(n, &actions);
}

/* ---- the application ---- */

void sim_send(struct sim *s, unsigned side)
{
	struct sim_node *n = &s->node[side];

	if (n->next_id == s->ids)
		abort();
	n->counts.sent++;
	sim_crypt_send(n, n->next_id++);
}

/* Not bound to the node's life but to the row of packets. */
static void push_app(struct sim_node *n, uint64_t in_ns)
{
	struct sim_event event = make(n, EVENT_APP, in_ns);

	event.life = n->app_run;
	push(n->sim, &event);
}

static void app(struct sim_node *n)
{
	sim_send(n->sim, n->side);
	push_app(n, fixture_below(2 * n->app_interval_ns));
}

void sim_talk(struct sim *s, unsigned side, uint64_t interval_ns)
{
	struct sim_node *n = &s->node[side];

	n->app_interval_ns = interval_ns;
	n->app_run++;
	if (interval_ns != 0)
		push_app(n, fixture_below(2 * interval_ns));
}

/* ---- running ---- */

static void happen(struct sim *s, const struct sim_event *event)
{
	struct sim_node *n = event->node;

	if (event->kind == EVENT_ARRIVE) { /* the wire knows nothing of restarts */
		arrive(s, &event->message);
		return;
	}
	if (event->kind == EVENT_APP) {
		if (event->life == n->app_run)
			app(n);
		return;
	}
	if (event->life != n->life)
		return;
	if (event->kind == EVENT_ORDER)
		take_order(n, &event->order);
	else if (event->kind == EVENT_MARK)
		mark_written(n, event->mark_ns);
	else if (event->kind == EVENT_POLL)
		poll(n);
	else if (event->at_ns == n->tick_at_ns) /* else an earlier deadline has come up since */
		tick(n);
}

void sim_run(struct sim *s, uint64_t ns)
{
	uint64_t until = s->now_ns + ns;

	while (s->event_count > 0 && s->events[0].at_ns <= until) {
		struct sim_event event = pop(s);
		s->now_ns = event.at_ns;
		happen(s, &event);
	}
	s->now_ns = until;
}

static void make_device(struct sim_node *n, uint32_t max_peers)
{
	uint32_t removed;

	n->device = wg_device_create(max_peers);
	if (!n->device)
		abort();
	n->tick_at_ns = UINT64_MAX;
	mark_written(n, wg_stamps_begin(n->device, sim_now(n), n->mark_ns));
	wg_set_private_key(n->device, n->private_key, &removed);
}

static void start(struct sim_node *n)
{
	struct wg_actions actions = {0};

	if (is_hub(n) && n->side != 0)
		n->device = n->sim->node->device;
	else
		make_device(n, is_hub(n) ? n->sim->nodes / 2 : 1);
	n->slot = (uint32_t)wg_peer_add(n->device, n->peer_public_key);
	wg_peer_set_endpoint(n->device, n->slot, &sim_other(n)->at, &actions);
	perform(n, &actions);
}

void sim_restart(struct sim *s, unsigned side)
{
	struct sim_node *n = &s->node[side];

	wg_device_destroy(n->device);
	memset(&n->tx, 0, sizeof(n->tx));
	memset(&n->rx, 0, sizeof(n->rx));
	memset(&n->report, 0, sizeof(n->report));
	memset(&n->source, 0, sizeof(n->source));
	n->staged_count = 0;
	n->polled = false;
	n->life++;
	start(n);
}

void sim_mark(struct sim *s)
{
	s->mark_ns = s->now_ns;
	s->handshakes_lost = 0;
	s->node[0].back_ns = s->node[1].back_ns = 0;
}

void sim_reset_counts(struct sim *s)
{
	for (unsigned i = 0; i < s->nodes; i++)
		memset(&s->node[i].counts, 0, sizeof(s->node[i].counts));
}

static void make_node(struct sim *s, unsigned side, const struct pair *p)
{
	struct sim_node *n = &s->node[side];

	n->sim = s;
	n->side = side;
	n->at = p->at[side % 2];
	n->at.port = (uint16_t)(n->at.port + side / 2);
	wg_private_key(p->device[side % 2], n->private_key);
	wg_public_key(p->device[(side ^ 1) % 2], n->peer_public_key);
	n->seen = calloc(s->ids, 1);
	if (!n->seen)
		abort();
}

static void make_nodes(struct sim *s, uint64_t seed, unsigned pairs, unsigned ids)
{
	struct pair p;

	memset(s, 0, sizeof(*s));
	s->nodes = 2 * pairs;
	s->ids = ids;
	s->node = calloc(s->nodes, sizeof(s->node[0]));
	if (!s->node)
		abort();
	for (unsigned i = 0; i < pairs; i++) {
		pair_init(&p, seed + i); /* for its keys */
		s->now_ns = p.now.boot_ns;
		make_node(s, 2 * i, &p);
		make_node(s, 2 * i + 1, &p);
		pair_free(&p);
	}
}

void sim_init(struct sim *s, uint64_t seed)
{
	make_nodes(s, seed, 1, SIM_IDS);
	start(&s->node[0]);
	start(&s->node[1]);
}

void sim_init_many(struct sim *s, uint64_t seed, unsigned pairs)
{
	make_nodes(s, seed, pairs, SIM_IDS_MANY);
	fixture_random(seed);
	for (unsigned i = 1; i < pairs; i++) /* the hub has one key */
		memcpy(s->node[2 * i + 1].peer_public_key, s->node[1].peer_public_key, 32);
	for (unsigned i = 0; i < s->nodes; i++)
		start(&s->node[i]);
}

void sim_free(struct sim *s)
{
	for (unsigned i = 0; i < s->nodes; i++) {
		if (!is_hub(&s->node[i]) || i == 0)
			wg_device_destroy(s->node[i].device);
		free(s->node[i].seen);
	}
	free(s->node);
	free(s->events);
}
