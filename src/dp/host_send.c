/* SPDX-License-Identifier: BSD-3-Clause */
/* Next hops: their link addresses, and the frames that wait for one. */
#include <string.h>

#include "dp/host_internal.h"
#include "util/bytes.h"

struct ip_addr host_ip4(uint32_t address)
{
	struct ip_addr a = {.family = 4};

	put_be32(a.bytes, address);
	return a;
}

struct ip_addr host_ip6(const uint8_t address[static 16])
{
	struct ip_addr a = {.family = 6};

	memcpy(a.bytes, address, 16);
	return a;
}

/* What the neighbour table wants done. Held frames lack nothing but their destination. */
static void perform(struct host *h, const struct neighbour_work *work)
{
	for (unsigned i = 0; i < work->count; i++) {
		struct rte_mbuf *m = work->packets[i];
		if (!work->resolved) {
			outgoing_drop(&h->outgoing, m, h->count.drop_neighbour);
			continue;
		}
		memcpy(rte_pktmbuf_mtod(m, void *), work->mac, MAC_LEN);
		outgoing_send(&h->outgoing, m);
	}
	if (work->ask && work->addr.family == 4)
		host_ask4(h, get_be32(work->addr.bytes));
	else if (work->ask)
		host_ask6(h, work->addr.bytes);
}

bool host_hear(struct host *h, const struct ip_addr *addr, const uint8_t mac[static MAC_LEN],
	enum neighbour_heard how)
{
	struct neighbour_work work;

	bool heard = neighbour_hear(h->neighbours, addr, mac, how, h->now_ns, &work);
	perform(h, &work);
	return heard;
}

void host_neighbours_tick(struct host *h)
{
	struct neighbour_work work;

	while (neighbour_tick(h->neighbours, h->now_ns, &work))
		perform(h, &work);
}

static void want(struct host *h, const struct ip_addr *gateway)
{
	struct neighbour_work work;

	neighbour_want(h->neighbours, gateway, h->now_ns, &work);
	perform(h, &work);
}

void host_want_gateways(struct host *h)
{
	struct ip_addr gateway = host_ip4(h->gateway);

	if (h->gateway != 0)
		want(h, &gateway);
	if (h->gateway6.family == 6 && h->address6_count > 0)
		want(h, &h->gateway6);
}

static const uint8_t *look_up(struct host *h, const struct ip_addr *addr)
{
	struct neighbour_work work;
	const uint8_t *mac = neighbour_lookup(h->neighbours, addr, h->now_ns, &work);

	perform(h, &work);
	return mac;
}

const uint8_t *host_resolve(struct host *h, uint32_t next_hop)
{
	struct host_hop *recent = &h->recent[next_hop % HOST_RECENT];

	if (recent->next_hop == next_hop && recent->generation == h->neighbours->generation)
		return recent->mac;
	struct ip_addr addr = host_ip4(next_hop);
	const uint8_t *mac = look_up(h, &addr);
	if (!mac)
		return NULL;
	recent->next_hop = next_hop;
	recent->generation = h->neighbours->generation;
	memcpy(recent->mac, mac, MAC_LEN);
	return recent->mac;
}

const uint8_t *host_resolve6(struct host *h, const struct ip_addr *next_hop)
{
	struct host_hop6 *recent = &h->recent6[next_hop->bytes[15] % HOST_RECENT];

	if (recent->generation == h->neighbours->generation &&
		memcmp(recent->next_hop.bytes, next_hop->bytes, 16) == 0)
		return recent->mac;
	const uint8_t *mac = look_up(h, next_hop);
	if (!mac)
		return NULL;
	recent->next_hop = *next_hop;
	recent->generation = h->neighbours->generation;
	memcpy(recent->mac, mac, MAC_LEN);
	return recent->mac;
}

static void hold(struct host *h, struct rte_mbuf *m, const struct ip_addr *addr)
{
	struct neighbour_work work;

	if (h->router && neighbour_state_of(h->neighbours, addr) == NEIGHBOUR_IS_FREE &&
		!meter_take(&h->questions, h->now_ns)) {
		outgoing_drop(&h->outgoing, m, h->count.drop_neighbour);
		return;
	}
	bool held = neighbour_hold(h->neighbours, addr, m, h->now_ns, &work);
	perform(h, &work);
	if (!held)
		outgoing_drop(&h->outgoing, m, h->count.drop_neighbour);
}

void host_hold(struct host *h, struct rte_mbuf *m, uint32_t next_hop)
{
	struct ip_addr addr = host_ip4(next_hop);

	hold(h, m, &addr);
}

void host_hold6(struct host *h, struct rte_mbuf *m, const struct ip_addr *next_hop)
{
	hold(h, m, next_hop);
}

void host_send(struct host *h, struct rte_mbuf *m, uint32_t next_hop)
{
	const uint8_t *mac = host_resolve(h, next_hop);
	uint8_t *header = (uint8_t *)rte_pktmbuf_prepend(m, ETHERNET_HEADER_LEN);

	ethernet_build(header, mac ? mac : mac_broadcast, h->mac, ETHERNET_TYPE_IPV4);
	if (mac)
		outgoing_send(&h->outgoing, m);
	else
		host_hold(h, m, next_hop);
}

void host_send6(struct host *h, struct rte_mbuf *m, const struct ip_addr *next_hop)
{
	const uint8_t *mac = host_resolve6(h, next_hop);
	uint8_t *header = (uint8_t *)rte_pktmbuf_prepend(m, ETHERNET_HEADER_LEN);

	ethernet_build(header, mac ? mac : mac_broadcast, h->mac, ETHERNET_TYPE_IPV6);
	if (mac)
		outgoing_send(&h->outgoing, m);
	else
		hold(h, m, next_hop);
}
