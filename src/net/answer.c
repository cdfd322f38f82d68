/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/answer.h"

#include <string.h>

#include "net/checksum.h"
#include "net/ethernet.h"
#include "util/bytes.h"

#define TTL 64 /* over IPv6, too: ipv6_build() */

static void build4(uint8_t *ip, uint32_t from, uint32_t to, const struct answer *a)
{
	struct ipv4_fields fields = {
		.ttl = TTL,
		.protocol = IP_PROTOCOL_UDP,
		.id = a->id,
		.length = (uint16_t)(IPV4_HEADER_LEN + UDP_HEADER_LEN + a->length),
		.source = from,
		.destination = to,
	};

	ipv4_build(ip, &fields);
}

static void build6(uint8_t *ip, const struct answer *a)
{
	uint8_t from[16], to[16]; /* they lie where the new ones go */

	memcpy(from, ip + 24, sizeof(from));
	memcpy(to, ip + 8, sizeof(to));
	ipv6_build(ip, from, to, IP_PROTOCOL_UDP, (uint16_t)(UDP_HEADER_LEN + a->length));
}

static void set_checksum6(const uint8_t *ip, uint8_t *udp, uint16_t length)
{
	uint64_t sum = checksum_add_pseudo6(0, ip, IP_PROTOCOL_UDP, length);
	uint16_t checksum = checksum_fold(checksum_add(sum, udp, length));

	if (checksum == 0)
		checksum = 0xffff; /* RFC 8200, 8.1: zero would say that there is none */
	memcpy(udp + 6, &checksum, sizeof(checksum));
}

size_t answer_udp(uint8_t *frame, const struct frame *f, const struct udp *u,
	const struct answer *a)
{
	const struct ip_packet packet = f->ip;
	uint16_t to_port = u->source, from_port = u->destination;
	uint8_t to_mac[MAC_LEN];
	uint8_t *ip = frame + ETHERNET_HEADER_LEN;
	uint8_t *udp = ip + (packet.version == 4 ? IPV4_HEADER_LEN : IPV6_HEADER_LEN);
	uint16_t length = (uint16_t)(UDP_HEADER_LEN + a->length);

	memcpy(to_mac, f->ethernet.source, MAC_LEN);
	ethernet_build(frame, to_mac, a->mac,
		packet.version == 4 ? ETHERNET_TYPE_IPV4 : ETHERNET_TYPE_IPV6);
	if (packet.version == 4)
		build4(ip, packet.destination, packet.source, a);
	else
		build6(ip, a);
	udp_build(udp, from_port, to_port, a->length);
	memcpy(udp + UDP_HEADER_LEN, a->payload, a->length);
	if (packet.version == 6)
		set_checksum6(ip, udp, length);
	return (size_t)(udp + length - frame);
}
