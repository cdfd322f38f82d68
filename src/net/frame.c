/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/frame.h"

enum frame_kind frame_of_fault(enum ip_fault fault)
{
	static const enum frame_kind ip_faults[] = {
		[IP_FAULT_SHORT] = FRAME_RUNT,
		[IP_FAULT_HEADER] = FRAME_IP_HEADER,
		[IP_FAULT_LENGTH] = FRAME_IP_LENGTH,
		[IP_FAULT_CHECKSUM] = FRAME_IP_CHECKSUM,
		[IP_FAULT_SOURCE] = FRAME_IP_SOURCE,
	};

	return ip_faults[fault];
}

static enum frame_kind parse_arp(struct frame *f, const uint8_t *bytes, size_t length)
{
	if (length < ARP_LEN)
		return FRAME_RUNT;
	return arp_parse(&f->arp, bytes, length) == 0 ? FRAME_ARP : FRAME_ARP_MALFORMED;
}

/* Neighbour discovery may come from nowhere: it asks before it takes an address. */
static enum frame_kind parse_ipv6(struct frame *f, const uint8_t *bytes, size_t length)
{
	struct ip_packet p;
	enum ip_fault fault = ipv6_parse(&p, bytes, length);

	if ((fault == IP_FAULT_NONE || fault == IP_FAULT_SOURCE) && nd_is_message(&p))
		return nd_parse(&f->nd, &p) == 0 ? FRAME_ND : FRAME_ND_MALFORMED;
	f->ip = p;
	return fault == IP_FAULT_NONE ? FRAME_IPV6 : frame_of_fault(fault);
}

enum frame_kind frame_parse(struct frame *f, const uint8_t *bytes, size_t length,
	const uint8_t mac[static MAC_LEN])
{
	enum ip_fault fault;

	if (ethernet_parse(&f->ethernet, bytes, length) != 0)
		return FRAME_RUNT;
	f->group = mac_is_group(f->ethernet.destination);
	/* A station has one address of its own, and it is not ours. */
	if ((!f->group && !mac_equal(f->ethernet.destination, mac)) ||
		mac_is_group(f->ethernet.source) || mac_equal(f->ethernet.source, mac))
		return FRAME_NOT_OURS;
	bytes += ETHERNET_HEADER_LEN;
	length -= ETHERNET_HEADER_LEN;
	switch (f->ethernet.type) {
	case ETHERNET_TYPE_IPV4:
		fault = ipv4_parse(&f->ip, bytes, length);
		return fault == IP_FAULT_NONE ? FRAME_IPV4 : frame_of_fault(fault);
	case ETHERNET_TYPE_IPV6:
		return parse_ipv6(f, bytes, length);
	case ETHERNET_TYPE_ARP:
		return parse_arp(f, bytes, length);
	case ETHERNET_TYPE_VLAN:
	case ETHERNET_TYPE_QINQ:
		return FRAME_VLAN;
	default:
		return FRAME_ETHERTYPE;
	}
}
