/* SPDX-License-Identifier: BSD-3-Clause */
/* What control wants: prefixes that belong behind the tunnel, or no longer do. */
#include <errno.h>
#include <string.h>

#include "red/state.h"
#include "util/log.h"

#define ORDERS_BURST 32

static void perform(struct red *r, const struct red_order *order)
{
	char text[ADDR_TEXT_MAX];
	int rc = -EINVAL;

	if (order->link >= r->lend.link_count)
		rc = -EINVAL;
	else if (order->kind == RED_TUNNEL_ADD)
		rc = tunnel_add(&r->tunnel, &order->prefix, order->link);
	else if (order->kind == RED_TUNNEL_DEL)
		rc = tunnel_remove(&r->tunnel, &order->prefix);
	else if (order->kind == RED_TUNNEL_LINK)
		rc = tunnel_set_link(&r->tunnel, &order->prefix, order->link);
	if (rc != 0)
		log_event(LOG_WARNING, "red", "order failed kind=%u prefix=%s reason=\"%s\"",
			order->kind, prefix_format(&order->prefix, text), strerror(-rc));
}

unsigned red_orders(struct red *r)
{
	struct red_order orders[ORDERS_BURST];
	unsigned n = ring_receive(&r->config.from_control, orders, ORDERS_BURST);

	for (unsigned i = 0; i < n; i++)
		perform(r, &orders[i]);
	return n;
}
