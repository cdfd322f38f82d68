/* SPDX-License-Identifier: BSD-3-Clause */
/* What control wants: endpoints, our identity, and handshake messages to be sent. */
#include <string.h>

#include "black/state.h"
#include "util/log.h"

#define ORDERS_BURST 32

static void send_message(struct black *b, const struct black_order *order)
{
	struct path path;
	struct rte_mbuf *m;

	if (order->length > HANDSHAKE_MAX) {
		b->stats->drop_size++;
		return;
	}
	m = rte_pktmbuf_alloc(b->config.pool->mempool);
	if (!m) {
		b->stats->drop_no_buffer++;
		return;
	}
	memcpy(rte_pktmbuf_append(m, order->length), order->data, order->length);
	path_set(b, &path, &order->remote, &order->local);
	path_send(b, &path, m, 0);
}

static void set_identity(struct black *b, const struct black_order *order)
{
	if (order->length == 32)
		cookie_checker_init(&b->guard.checker, order->data);
	else
		cookie_checker_clear(&b->guard.checker);
}

static void listen_on(struct black *b, uint16_t port)
{
	b->listen_port = port;
	for (uint32_t i = 0; i < b->config.max_peers; i++)
		path_set_source_port(&b->paths[i], port);
}

/*
 * What crypt said before control knew of it comes before: that the former peer of a slot has moved
 * (USED_MOVED) is not to be taken for the next one's way. The rings hold no more than the pool.
 */
static void catch_up(struct black *b)
{
	for (uint32_t n = 0; n <= b->config.pool->count && black_sealed(b) > 0; n += LEND_BURST)
		;
}

static void set_endpoint(struct black *b, const struct black_order *order)
{
	static const struct endpoint none;

	if (order->slot >= b->config.max_peers)
		return;
	catch_up(b);
	path_set(b, &b->paths[order->slot],
		order->kind == BLACK_ENDPOINT ? &order->remote : &none, &order->local);
}

static void note_address(struct black *b, const struct black_order *order)
{
	if (order->slot == 0)
		b->address_count = 0;
	if (order->slot != b->address_count || order->slot >= BLACK_ADDRESS_MAX)
		return; /* the count will show it */
	b->addresses[b->address_count++] =
		(struct ip_prefix){.addr = order->local, .length = (uint8_t)order->length};
}

static void set_addresses(struct black *b, const struct black_order *order)
{
	if (order->slot != b->address_count || order->slot == 0 ||
		host_set_addresses(&b->host, b->addresses, b->address_count, &order->remote.addr,
			&order->local) != 0) {
		log_event(LOG_WARNING, "black", "a list of addresses is not whole");
		return;
	}
	b->address_epoch = (b->address_epoch + 1) & ADDRESS_EPOCHS;
}

static void perform(struct black *b, const struct black_order *order)
{
	switch (order->kind) {
	case BLACK_SEND:
		send_message(b, order);
		break;
	case BLACK_ENDPOINT:
	case BLACK_NO_ENDPOINT:
		set_endpoint(b, order);
		break;
	case BLACK_IDENTITY:
		set_identity(b, order);
		break;
	case BLACK_LISTEN:
		listen_on(b, order->remote.port);
		break;
	case BLACK_ADDRESS:
		note_address(b, order);
		break;
	case BLACK_ADDRESSES:
		set_addresses(b, order);
		break;
	default:
		log_event(LOG_WARNING, "black", "unknown order kind=%u", order->kind);
	}
}

unsigned black_orders(struct black *b)
{
	struct black_order order;
	unsigned n = 0;

	while (n < ORDERS_BURST && ring_receive(&b->config.from_control, &order, 1) == 1) {
		perform(b, &order);
		n++;
	}
	return n;
}
