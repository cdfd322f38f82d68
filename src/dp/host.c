/* SPDX-License-Identifier: BSD-3-Clause */
#include "dp/host.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include <rte_prefetch.h>

#include "dp/host_internal.h"
#include "net/icmp.h"
#include "util/bytes.h"

#define TICK_NS        CLOCK_SECOND
#define QUESTION_SHARE 8 /* of the neighbour table, a second: for which unknown ones are asked */

static void point_drops(struct host *h)
{
	const struct host_counters *c = &h->count;

	h->drops[FRAME_RUNT] = c->drop_runt;
	h->drops[FRAME_VLAN] = c->drop_vlan;
	h->drops[FRAME_ETHERTYPE] = c->drop_ethertype;
	h->drops[FRAME_NOT_OURS] = c->drop_not_ours_l2;
	h->drops[FRAME_ARP_MALFORMED] = c->drop_arp_malformed;
	h->drops[FRAME_ND_MALFORMED] = c->drop_nd_malformed;
	h->drops[FRAME_IP_HEADER] = c->drop_ip_header;
	h->drops[FRAME_IP_LENGTH] = c->drop_ip_length;
	h->drops[FRAME_IP_CHECKSUM] = c->drop_ip_checksum;
	h->drops[FRAME_IP_SOURCE] = c->drop_ip_source;
}

static int create_neighbours(struct host *h, const struct host_config *config)
{
	size_t bytes = neighbour_table_bytes(config->neighbours);
	void *memory = bytes ? zone_alloc(config->zone, bytes) : NULL;
	uint32_t pending = RTE_MIN(config->pool->count / 8, HOST_PENDING_MAX);
	uint64_t seed[2];

	if (!memory)
		return bytes ? -ENOMEM : -EINVAL;
	if (getrandom(seed, sizeof(seed), 0) != (ssize_t)sizeof(seed)) {
		zone_free(memory);
		return -EIO;
	}
	h->next_id = (uint16_t)seed[1];
	h->neighbours = neighbour_table_init(memory, config->neighbours, pending, seed[0]);
	/*
	 * RFC 6583: somebody who sweeps a network is not to make us forget others, nor to fill the link with
	 * questions. An entry that nobody answers for lasts up to four seconds, and the burst comes first: so
	 * such entries are 5/8 of the table at most.
	 */
	uint32_t share = RTE_MAX(config->neighbours / QUESTION_SHARE, 1u);
	return meter_init(&h->questions, share, share, 0);
}

int host_init(struct host *h, const struct host_config *config)
{
	memset(h, 0, sizeof(*h));
	if (config->address_count > HOST_ADDRESS_MAX)
		return -EINVAL;
	h->port = config->port;
	h->pool = config->pool;
	memcpy(h->mac, config->port->mac.addr_bytes, MAC_LEN);
	h->count = config->counters;
	host_take_addresses(h, config->addresses, config->address_count, &config->gateway,
		&config->gateway6);
	h->ask_ahead = config->ask_ahead;
	h->router = config->router;
	point_drops(h);
	h->outgoing.port = config->port;
	h->outgoing.mempool = config->pool->mempool;
	h->outgoing.packets = h->count.tx_packets;
	h->outgoing.bytes = h->count.tx_bytes;
	h->outgoing.dropped = h->count.drop_tx_full;
	return create_neighbours(h, config);
}

void host_fini(struct host *h)
{
	zone_free(h->neighbours);
	h->neighbours = NULL;
}

/* ---- addresses and routes ---- */

enum host_role host_role(const struct host *h, uint32_t address, unsigned *index)
{
	for (unsigned i = 0; i < h->address_count; i++) {
		const struct host_address *a = &h->addresses[i];
		if (address == a->address) {
			if (index)
				*index = a->index;
			return HOST_ROLE_OWN;
		}
		/* The network's own number was once a broadcast address too. */
		if (a->broadcast && (address == a->broadcast || address == (a->address & a->mask)))
			return HOST_ROLE_BROADCAST;
	}
	return HOST_ROLE_OTHER;
}

const struct host_address *host_on_link(const struct host *h, uint32_t address)
{
	for (unsigned i = 0; i < h->address_count; i++)
		if (((address ^ h->addresses[i].address) & h->addresses[i].mask) == 0)
			return &h->addresses[i];
	return NULL;
}

bool host_route(const struct host *h, uint32_t destination, uint32_t *next_hop)
{
	if (!ipv4_is_unicast(destination) ||
		host_role(h, destination, NULL) != HOST_ROLE_OTHER)
		return false;
	*next_hop = host_on_link(h, destination) ? destination : h->gateway;
	return *next_hop != 0;
}

uint32_t host_source_for(const struct host *h, uint32_t destination)
{
	const struct host_address *a = host_on_link(h, destination);

	if (a)
		return a->address;
	return h->address_count ? h->addresses[0].address : 0;
}

/* ---- receiving ---- */

void host_begin(struct host *h, uint64_t now_ns)
{
	h->now_ns = now_ns;
}

unsigned host_receive(struct host *h, struct rte_mbuf *mbufs[static HOST_BURST])
{
	unsigned n = port_rx(h->port, mbufs, HOST_BURST);
	uint64_t bytes = 0;

	for (unsigned i = 0; i < n; i++) {
		bytes += mbufs[i]->pkt_len;
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], const void *));
		rte_prefetch0(mbufs[i] + 1); /* its number, for the handle */
	}
	*h->count.rx_packets += n;
	*h->count.rx_bytes += bytes;
	return n;
}

/*
 * Ports that hand over buffers of others (a ring to another thread) are for tests and benches:
 * their frames are copied, since only buffers of our pool can be lent.
 */
static struct rte_mbuf *adopt(struct host *h, struct rte_mbuf *foreign)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(h->pool->mempool);
	uint16_t length = rte_pktmbuf_data_len(foreign);
	char *to = m ? rte_pktmbuf_append(m, length) : NULL;

	if (to)
		memcpy(to, rte_pktmbuf_mtod(foreign, const char *), length);
	else
		++*h->count.drop_no_buffer;
	rte_pktmbuf_free(foreign);
	if (m && !to)
		outgoing_free(&h->outgoing, m);
	return to ? m : NULL;
}

static struct rte_mbuf *single_own_buffer(struct host *h, struct rte_mbuf *m)
{
	if (m->nb_segs != 1) {
		++*h->count.drop_multi_segment;
		rte_pktmbuf_free(m);
		return NULL;
	}
	m = m->pool == h->pool->mempool ? m : adopt(h, m);
	/* A tag that the port took off was still a tag. */
	if (m && m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) {
		outgoing_drop(&h->outgoing, m, h->count.drop_vlan);
		return NULL;
	}
	return m;
}

/* ---- frames ---- */

bool host_classify(struct host *h, struct rte_mbuf **m, struct frame *f, enum frame_kind *kind)
{
	struct rte_mbuf *own = single_own_buffer(h, *m);

	if (!own)
		return false;
	*m = own;
	*kind = frame_parse(f, rte_pktmbuf_mtod(own, const uint8_t *), own->data_len, h->mac);
	if (*kind == FRAME_IPV4 && host_role(h, f->ip.source, NULL) != HOST_ROLE_OTHER)
		*kind = FRAME_IP_SOURCE;
	if (*kind == FRAME_IPV6 && host_owns6(h, ipv6_source(&f->ip), NULL))
		*kind = FRAME_IP_SOURCE;
	if (*kind == FRAME_IPV4 || *kind == FRAME_IPV6)
		return true;
	if (*kind == FRAME_ARP)
		host_receive_arp(h, own, f);
	else if (*kind == FRAME_ND)
		host_receive_nd(h, own, f);
	else
		outgoing_drop(&h->outgoing, own, h->drops[*kind]);
	return false;
}

bool host_echo(struct host *h, struct rte_mbuf *m, const struct frame *f)
{
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);
	uint8_t from[MAC_LEN];
	uint16_t length = (uint16_t)(ETHERNET_HEADER_LEN + f->ip.length);

	/* Longer ones than the port sends do arrive: Linux lets a VLAN tag's 4 bytes pass, tag or not. */
	if (f->group || f->ip.length > h->port->mtu ||
		!icmp_echo_reply(frame + ETHERNET_HEADER_LEN, &f->ip))
		return false;
	/* Back the way it came: a flood of pings fills no table. */
	memcpy(from, f->ethernet.source, MAC_LEN);
	ethernet_build(frame, from, h->mac, f->ethernet.type);
	m->data_len = length;
	m->pkt_len = length;
	m->ol_flags = 0;
	++*h->count.rx_icmp_echo;
	outgoing_send(&h->outgoing, m);
	return true;
}

void host_finish(struct host *h)
{
	if (h->now_ns - h->tick_ns >= TICK_NS) {
		h->tick_ns = h->now_ns;
		port_missed(h->port, h->count.rx_missed, h->count.rx_too_long);
		host_neighbours_tick(h);
		if (h->ask_ahead)
			host_want_gateways(h);
		host_tell_groups(h);
	}
	outgoing_flush(&h->outgoing);
}
