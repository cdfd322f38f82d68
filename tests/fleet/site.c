/* SPDX-License-Identifier: BSD-3-Clause */
/* One site: what control and crypt do for a device, here in one place and without rings. */
#include <errno.h>
#include <string.h>

#include "crypto/aead.h"
#include "crypto/dh.h"
#include "fleet.h"
#include "net/ip.h"
#include "net/udp.h"
#include "util/bytes.h"

#define INNER_HEADERS (IPV4_HEADER_LEN + UDP_HEADER_LEN)

static struct ip_addr address_of(uint32_t address)
{
	struct ip_addr a = {.family = 4};

	put_be32(a.bytes, address);
	return a;
}

static void raise_events(struct fleet *f, struct site *s, uint32_t events)
{
	s->traffic.events |= events;
	if (s->dirty || events == 0)
		return;
	s->dirty = true;
	f->dirty[f->dirty_count++] = s->number;
}

static void session_confirmed(struct fleet *f, struct site *s)
{
	s->sessions++;
	if (s->up_ns != 0)
		return;
	s->up_ns = f->now.boot_ns;
	f->up_ns = s->up_ns - f->start_ns;
	f->up++;
}

/* ---- sealing ---- */

static size_t write_inner(const struct fleet *f, const struct site *s, uint8_t *to,
	const struct packet *p)
{
	size_t length = packet_write(f, to + INNER_HEADERS, p);
	struct ipv4_fields fields = {
		.ttl = 64,
		.protocol = IP_PROTOCOL_UDP,
		.length = (uint16_t)(INNER_HEADERS + length),
		.source = s->inner,
		.destination = get_be32(f->options.red.bytes),
	};

	ipv4_build(to, &fields);
	udp_build(to + IPV4_HEADER_LEN, INNER_PORT, INNER_PORT, (uint16_t)length);
	return INNER_HEADERS + length;
}

/* p NULL: a keepalive. False: there is no session that may be used. */
static bool seal(struct fleet *f, struct site *s, const struct packet *p)
{
	uint8_t plain[WIRE_BYTES] = {0};
	uint32_t events = 0;
	uint64_t counter;

	if (!session_tx_claim(&s->tx.current, f->now.boot_ns, &counter, &events)) {
		raise_events(f, s, events);
		return false;
	}
	size_t length = p ? write_inner(f, s, plain, p) : 0;
	length = (length + MESSAGE_PADDING - 1) & ~(size_t)(MESSAGE_PADDING - 1);
	uint8_t *message = wire_room(&f->black);
	put_le32(message, MESSAGE_DATA);
	put_le32(message + 4, s->tx.current.remote_index);
	put_le64(message + 8, counter);
	aead_seal(message + 16, plain, length, NULL, 0, counter, s->tx.current.key);
	wire_put(&f->black, s->outer, get_be32(f->options.daemon.addr.bytes),
		f->options.daemon.port, length + MESSAGE_DATA_OVERHEAD);
	s->traffic.last_tx_ns = f->now.boot_ns;
	if (p)
		s->traffic.last_data_tx_ns = f->now.boot_ns;
	f->counts.keepalives_sent += p == NULL;
	raise_events(f, s, events | (p ? PEER_DATA_SENT : PEER_KEEPALIVE_SENT));
	return true;
}

static void flush_staged(struct fleet *f, struct site *s)
{
	unsigned done = 0;

	while (done < s->staged_count && seal(f, s, &s->staged[done]))
		done++;
	s->staged_count -= done;
	memmove(s->staged, s->staged + done, s->staged_count * sizeof(s->staged[0]));
}

void site_send(struct fleet *f, struct site *s, const struct packet *p)
{
	if (s->staged_count == 0 && seal(f, s, p))
		return;
	raise_events(f, s, PEER_NEEDS_SESSION);
	if (s->staged_count == STAGED)
		f->counts.staged_dropped++;
	else
		s->staged[s->staged_count++] = *p;
}

/* ---- what the device wants ---- */

static void install(struct fleet *f, struct site *s, const struct session_keys *keys)
{
	uint32_t dropped[RECEIVING_SLOTS];
	unsigned slot;

	session_rx_install(&s->rx, keys, &slot, dropped);
	session_tx_install(&s->tx.current, &s->tx.next, keys);
	if (!keys->initiator)
		return;
	session_confirmed(f, s);
	if (s->staged_count > 0)
		flush_staged(f, s);
	else
		seal(f, s, NULL);
}

static void transmit(struct fleet *f, const struct site *s, const struct wg_action *action)
{
	memcpy(wire_room(&f->black), action->data, action->length);
	wire_put(&f->black, s->outer, get_be32(action->endpoint.addr.bytes), action->endpoint.port,
		action->length);
	f->counts.initiations_sent += action->data[0] == MESSAGE_INITIATION;
	f->counts.responses_sent += action->data[0] == MESSAGE_RESPONSE;
}

static void perform_one(struct fleet *f, struct site *s, const struct wg_action *action)
{
	uint32_t dropped[RECEIVING_SLOTS];

	switch (action->kind) {
	case WG_SEND:
		transmit(f, s, action);
		break;
	case WG_INSTALL:
		install(f, s, &action->keys);
		break;
	case WG_WIPE:
		session_tx_wipe(&s->tx.current, &s->tx.next);
		session_rx_wipe(&s->rx, dropped);
		break;
	case WG_KEEPALIVE:
		seal(f, s, NULL);
		break;
	case WG_FLUSH:
		flush_staged(f, s);
		break;
	case WG_DROP_STAGED:
		f->counts.staged_dropped += s->staged_count;
		s->staged_count = 0;
		break;
	default: /* where the daemon is does not change here */
		break;
	}
}

/* A session is in place at once: the response to it follows in a second list. */
static void perform(struct fleet *f, struct site *s)
{
	struct wg_actions later = {0};

	for (unsigned i = 0; i < f->actions.count; i++) {
		perform_one(f, s, &f->actions.list[i]);
		if (f->actions.list[i].kind == WG_INSTALL)
			wg_session_installed(s->device, f->now, 0,
				f->actions.list[i].keys.local_index, &later);
	}
	for (unsigned i = 0; i < later.count; i++)
		perform_one(f, s, &later.list[i]);
	wg_actions_clear(&f->actions);
	schedule_set(&f->schedule, s->number, wg_next_deadline(s->device));
}

void site_look(struct fleet *f, struct site *s)
{
	s->dirty = false;
	wg_traffic(s->device, f->now, 0, &s->traffic, &f->actions);
	s->traffic.events = 0;
	perform(f, s);
}

void site_tick(struct fleet *f, struct site *s)
{
	bool more;

	do {
		more = wg_tick(s->device, f->now, &f->actions);
		perform(f, s);
	} while (more);
}

/* ---- what arrives ---- */

static void receive_handshake(struct fleet *f, struct site *s, const uint8_t *message,
	size_t length)
{
	struct ip_addr local = address_of(s->outer);

	f->counts.initiations_received += message[0] == MESSAGE_INITIATION;
	f->counts.responses_received += message[0] == MESSAGE_RESPONSE;
	f->counts.cookies_received += message[0] == MESSAGE_COOKIE;
	int rc = wg_receive(s->device, f->now, &f->options.daemon, &local, message, length,
		&f->actions);
	f->counts.handshakes_refused += rc != 0;
	perform(f, s);
}

static struct receiving *find_session(struct site *s, uint32_t index)
{
	for (unsigned i = 0; i < RECEIVING_SLOTS; i++)
		if (s->rx.slot[i].role != RECEIVING_NONE && s->rx.slot[i].local_index == index)
			return &s->rx.slot[i];
	return NULL;
}

/* Length of the plaintext, or -EBADMSG. */
static int open_message(struct fleet *f, struct site *s, const uint8_t *message, size_t length,
	uint8_t *plain)
{
	uint64_t counter = get_le64(message + 8);
	struct receiving *r = find_session(s, get_le32(message + 4));
	struct session_news news = {0};

	if (!r || !session_rx_usable(r, counter, f->now.boot_ns) ||
		aead_open(plain, message + 16, length - 16, NULL, 0, counter, r->key) != 0)
		return -EBADMSG;
	uint32_t index = r->local_index;
	if (!session_rx_accept(&s->rx, &s->rings, r, counter, f->now.boot_ns, &news))
		return -EBADMSG;
	if (news.events & PEER_CONFIRMED) {
		session_confirmed(f, s);
		if (session_tx_confirm(&s->tx.current, &s->tx.next, index))
			flush_staged(f, s);
	}
	raise_events(f, s, news.events);
	return (int)(length - MESSAGE_DATA_OVERHEAD);
}

static void receive_data(struct fleet *f, struct site *s, const uint8_t *message, size_t length)
{
	uint8_t plain[WIRE_BYTES];
	struct packet p;
	int opened = open_message(f, s, message, length, plain);

	if (opened < 0) {
		f->counts.messages_refused++;
		return;
	}
	f->counts.keepalives_received += opened == 0;
	s->traffic.last_rx_ns = f->now.boot_ns;
	if (opened > 0)
		s->traffic.last_data_rx_ns = f->now.boot_ns;
	raise_events(f, s, opened > 0 ? PEER_DATA_RECEIVED : PEER_KEEPALIVE_RECEIVED);
	if (opened == 0)
		return;
	if (opened > INNER_HEADERS && get_be32(plain + 16) == s->inner &&
		packet_read(f, &p, plain + INNER_HEADERS, (size_t)opened - INNER_HEADERS) &&
		p.site == s->number)
		traffic_at_site(f, s, &p);
	else
		f->counts.strangers++;
}

void site_receive(struct fleet *f, struct site *s, const uint8_t *message, size_t length)
{
	if (length >= MESSAGE_DATA_MIN && get_le32(message) == MESSAGE_DATA)
		receive_data(f, s, message, length);
	else if (length >= 4)
		receive_handshake(f, s, message, length);
}

/* ---- its life ---- */

int site_open(struct fleet *f, uint32_t number)
{
	struct site *s = &f->sites[number];
	uint8_t private_key[32];
	uint32_t removed;

	s->number = number;
	s->outer = keys_outer(number);
	s->inner = keys_inner(number);
	s->device = wg_device_create(1);
	if (!s->device)
		return -errno;
	keys_private(&f->options, number, private_key);
	wg_set_private_key(s->device, private_key, &removed);
	if (wg_peer_add(s->device, f->options.daemon_key) != 0)
		return -EINVAL;
	wg_peer_set_endpoint(s->device, 0, &f->options.daemon, &f->actions);
	wg_actions_clear(&f->actions);
	return 0;
}

void site_close(struct site *s)
{
	wg_device_destroy(s->device);
}
