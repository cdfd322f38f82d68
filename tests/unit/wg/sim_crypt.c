/* SPDX-License-Identifier: BSD-3-Clause */
/* The model of crypt: seals and opens for real, keeps what must wait, reports to control. */
#include <string.h>

#include "crypto/aead.h"
#include "sim.h"
#include "util/bytes.h"

#define PAYLOAD   16 /* an id and padding */
#define ARRIVED   1
#define DELIVERED 2

static void note_age(struct sim_node *n, uint64_t age_ns)
{
	n->counts.sealed_too_old += age_ns >= REJECT_AFTER_TIME;
	if (age_ns > n->counts.oldest_key_ns)
		n->counts.oldest_key_ns = age_ns;
}

/* Seals one message under the current session; false when there is none to be used. */
static bool seal(struct sim_node *n, uint64_t id)
{
	uint64_t now = n->sim->now_ns, counter;
	uint8_t message[16 + PAYLOAD + 16], payload[PAYLOAD] = {0};
	size_t length = id == SIM_NO_ID ? 0 : PAYLOAD;
	uint32_t events = 0;
	bool ok = session_tx_claim(&n->tx.current, now, &counter, &events);

	if (ok) {
		put_le64(payload, id);
		put_le32(message, MESSAGE_DATA);
		put_le32(message + 4, n->tx.current.remote_index);
		put_le64(message + 8, counter);
		aead_seal(message + 16, payload, length, NULL, 0, counter, n->tx.current.key);
		note_age(n, now - n->tx.current.birth_ns);
		n->counts.keepalives += id == SIM_NO_ID;
		sim_transmit(n, &n->peer_at, id, message, (uint16_t)(16 + length + 16));
		n->report.last_tx_ns = now;
		if (id != SIM_NO_ID)
			n->report.last_data_tx_ns = now;
		events |= id == SIM_NO_ID ? PEER_KEEPALIVE_SENT : PEER_DATA_SENT;
	}
	sim_raise(n, events);
	return ok;
}

static void stage(struct sim_node *n, uint64_t id)
{
	if (n->staged_count == STAGED_MAX) {
		memmove(n->staged, n->staged + 1, sizeof(n->staged) - sizeof(n->staged[0]));
		n->staged_count--;
		n->counts.staged_dropped++;
	}
	n->staged[n->staged_count++] = id;
}

static void flush(struct sim_node *n)
{
	unsigned done = 0;

	while (done < n->staged_count && seal(n, n->staged[done]))
		done++;
	n->staged_count -= done;
	memmove(n->staged, n->staged + done, n->staged_count * sizeof(n->staged[0]));
}

void sim_crypt_send(struct sim_node *n, uint64_t id)
{
	if (!seal(n, id))
		stage(n, id);
}

static void install(struct sim_node *n, const struct session_keys *keys)
{
	uint32_t dropped[RECEIVING_SLOTS];
	unsigned slot;

	session_rx_install(&n->rx, keys, &slot, dropped);
	session_tx_install(&n->tx.current, &n->tx.next, keys);
	if (!keys->initiator)
		return;
	n->counts.completed++;
	if (n->staged_count > 0)
		flush(n);
	else
		seal(n, SIM_NO_ID);
}

void sim_crypt_order(struct sim_node *n, const struct sim_order *order)
{
	uint32_t dropped[RECEIVING_SLOTS];

	switch (order->kind) {
	case ORDER_INSTALL:
		install(n, &order->keys);
		break;
	case ORDER_WIPE:
		session_tx_wipe(&n->tx.current, &n->tx.next);
		session_rx_wipe(&n->rx, dropped);
		break;
	case ORDER_KEEPALIVE:
		seal(n, SIM_NO_ID);
		break;
	case ORDER_FLUSH:
		flush(n);
		break;
	case ORDER_DROP_STAGED:
		n->counts.staged_dropped += n->staged_count;
		n->staged_count = 0;
		break;
	}
}

static struct receiving *find_session(struct sim_node *n, uint32_t index)
{
	for (unsigned i = 0; i < RECEIVING_SLOTS; i++)
		if (n->rx.slot[i].role != RECEIVING_NONE && n->rx.slot[i].local_index == index)
			return &n->rx.slot[i];
	return NULL;
}

/* Length of the plaintext, or -1. */
static int open_message(struct sim_node *n, const struct sim_message *m, uint8_t *plain)
{
	uint64_t counter = get_le64(m->bytes + 8), now = n->sim->now_ns;
	struct receiving *r = find_session(n, get_le32(m->bytes + 4));
	struct session_news news = {0};
	uint32_t index;

	if (!r || !session_rx_usable(r, counter, now) ||
		aead_open(plain, m->bytes + 16, m->length - 16u, NULL, 0, counter, r->key) != 0)
		return -1;
	index = r->local_index;
	if (!session_rx_accept(&n->rx, &n->rings, r, counter, now, &news))
		return -1;
	if ((news.events & PEER_CONFIRMED) && session_tx_confirm(&n->tx.current, &n->tx.next, index))
		flush(n);
	if (!endpoint_equal(&n->source, &m->from)) {
		n->source = m->from;
		news.events |= PEER_MOVED;
	}
	sim_raise(n, news.events);
	return m->length - 32;
}

/* What is refused does not decrypt: the id comes with the message. */
static void account(struct sim_node *n, bool opened, const struct sim_message *m)
{
	uint64_t id = m->id;

	n->counts.refused += !opened && !(n->seen[id] & ARRIVED);
	n->seen[id] |= ARRIVED;
	if (!opened)
		return;
	n->counts.delivered++;
	n->counts.delivered_twice += (n->seen[id] & DELIVERED) != 0;
	n->seen[id] |= DELIVERED;
	n->counts.last_delivered_ns = n->sim->now_ns;
	if (n->back_ns == 0 && m->sent_ns >= n->sim->mark_ns) {
		n->back_ns = n->sim->now_ns;
		n->back_lost = n->sim->handshakes_lost;
	}
}

void sim_crypt_receive(struct sim_node *n, const struct sim_message *m)
{
	uint8_t plain[PAYLOAD];
	int length = open_message(n, m, plain);

	if (length >= 0) {
		n->report.last_rx_ns = n->sim->now_ns;
		if (length > 0)
			n->report.last_data_rx_ns = n->sim->now_ns;
		sim_raise(n, length > 0 ? PEER_DATA_RECEIVED : PEER_KEEPALIVE_RECEIVED);
	}
	if (m->length > 32)
		account(n, length >= 0, m);
}
