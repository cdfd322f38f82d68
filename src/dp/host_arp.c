/* SPDX-License-Identifier: BSD-3-Clause */
/* A host's ARP. */
#include "dp/host_internal.h"
#include "net/arp.h"

void host_ask4(struct host *h, uint32_t target)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(h->pool->mempool);

	if (!m) {
		++*h->count.drop_no_buffer;
		return;
	}
	uint8_t *frame = (uint8_t *)rte_pktmbuf_append(m, ARP_FRAME_LEN);
	arp_build_request(frame, h->mac, host_source_for(h, target), target);
	outgoing_send(&h->outgoing, m);
}

static bool hear(struct host *h, const struct arp *arp, enum neighbour_heard how)
{
	struct ip_addr sender = host_ip4(arp->sender);

	return host_hear(h, &sender, arp->sender_mac, how);
}

/* May an entry be made for whoever sent a request to us? */
static bool is_neighbour(const struct host *h, uint32_t address)
{
	return ipv4_is_unicast(address) && (host_on_link(h, address) || address == h->gateway);
}

static void receive_for_us(struct host *h, struct rte_mbuf *m, const struct arp *arp)
{
	++*h->count.rx_arp;
	/* A sender of 0 asks whether our address is free: it gets an answer but no entry. */
	if (!arp->request || is_neighbour(h, arp->sender))
		hear(h, arp, arp->request ? NEIGHBOUR_REQUEST : NEIGHBOUR_REPLY);
	if (!arp->request) {
		outgoing_free(&h->outgoing, m);
		return;
	}
	arp_build_reply(rte_pktmbuf_mtod(m, uint8_t *), h->mac, arp);
	m->data_len = ARP_FRAME_LEN;
	m->pkt_len = ARP_FRAME_LEN;
	m->ol_flags = 0;
	outgoing_send(&h->outgoing, m);
}

void host_receive_arp(struct host *h, struct rte_mbuf *m, const struct frame *f)
{
	struct arp arp = f->arp; /* f points into m, which becomes the reply */

	if (host_role(h, arp.sender, NULL) != HOST_ROLE_OTHER) {
		outgoing_drop(&h->outgoing, m, h->count.drop_arp_others);
	} else if (host_role(h, arp.target, NULL) == HOST_ROLE_OWN) {
		receive_for_us(h, m, &arp);
	} else if (arp.sender == arp.target && hear(h, &arp, NEIGHBOUR_CLAIM)) {
		++*h->count.rx_arp;
		outgoing_free(&h->outgoing, m);
	} else {
		outgoing_drop(&h->outgoing, m, h->count.drop_arp_others);
	}
}
