/* SPDX-License-Identifier: BSD-3-Clause */
/* A host's own addresses and gateways, at the start and when they become others. */
#include <errno.h>
#include <string.h>

#include "dp/host_internal.h"
#include "net/arp.h"
#include "net/nd.h"
#include "util/bytes.h"

static void add_address(struct host *h, const struct ip_prefix *prefix, unsigned index)
{
	if (prefix->addr.family == 6)
		host_add6(h, prefix, index);
	if (prefix->addr.family != 4)
		return;
	struct host_address *a = &h->addresses[h->address_count++];
	a->address = get_be32(prefix->addr.bytes);
	a->mask = prefix->length ? UINT32_MAX << (32 - prefix->length) : 0;
	a->broadcast = prefix->length < 31 ? a->address | ~a->mask : 0;
	a->index = (uint8_t)index;
}

void host_take_addresses(struct host *h, const struct ip_prefix *addresses, unsigned count,
	const struct ip_addr *gateway, const struct ip_addr *gateway6)
{
	h->address_count = 0;
	h->address6_count = 0;
	for (unsigned i = 0; i < count; i++)
		add_address(h, &addresses[i], i);
	host_add_link_local(h, count);
	h->gateway = gateway->family == 4 ? get_be32(gateway->bytes) : 0;
	h->gateway6 = gateway6->family == 6 ? *gateway6 : (struct ip_addr){0};
	h->listen_ns = 0;
}

/* Room for a frame of `length` bytes in *m; NULL: there is none, and that was counted. */
static uint8_t *frame_of(struct host *h, struct rte_mbuf **m, uint16_t length)
{
	*m = rte_pktmbuf_alloc(h->pool->mempool);
	if (*m)
		return (uint8_t *)rte_pktmbuf_append(*m, length);
	++*h->count.drop_no_buffer;
	return NULL;
}

/* To everybody, about our address itself: RFC 5227 2.3. */
static void announce(struct host *h, uint32_t address)
{
	struct rte_mbuf *m;
	uint8_t *frame = frame_of(h, &m, ARP_FRAME_LEN);

	if (!frame)
		return;
	arp_build_request(frame, h->mac, address, address);
	outgoing_send(&h->outgoing, m);
}

/* RFC 4861 7.2.6: an answer that nobody asked for. */
static void announce6(struct host *h, const uint8_t address[static 16])
{
	struct nd nobody = {.kind = ND_SOLICITATION, .probe = true};
	struct rte_mbuf *m;
	uint8_t *frame = frame_of(h, &m, ND_FRAME_LEN);

	if (!frame)
		return;
	memcpy(nobody.target, address, sizeof(nobody.target));
	nd_build_advertisement(frame, h->mac, &nobody, h->mac, h->router);
	outgoing_send(&h->outgoing, m);
}

int host_set_addresses(struct host *h, const struct ip_prefix *addresses, unsigned count,
	const struct ip_addr *gateway, const struct ip_addr *gateway6)
{
	const struct host former = *h;

	if (count > HOST_ADDRESS_MAX)
		return -EINVAL;
	host_take_addresses(h, addresses, count, gateway, gateway6);
	host_tell_groups(h); /* first: what it draws is to pass the switches */
	for (unsigned i = 0; i < h->address_count; i++)
		if (host_role(&former, h->addresses[i].address, NULL) != HOST_ROLE_OWN)
			announce(h, h->addresses[i].address);
	for (unsigned i = 0; i < h->address6_count; i++)
		if (!host_owns6(&former, h->addresses6[i].address, NULL))
			announce6(h, h->addresses6[i].address);
	return 0;
}
