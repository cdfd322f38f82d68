/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/udp.h"

#include <errno.h>

#include "net/checksum.h"
#include "util/bytes.h"

int udp_parse(struct udp *u, const struct ip_packet *p)
{
	unsigned length = p->length - p->header_length;

	if (length < UDP_HEADER_LEN)
		return -EINVAL;
	const uint8_t *header = p->bytes + p->header_length;
	if (get_be16(header + 4) != length)
		return -EINVAL;
	u->source = get_be16(header);
	u->destination = get_be16(header + 2);
	u->has_checksum = get_be16(header + 6) != 0;
	u->payload = header + UDP_HEADER_LEN;
	u->length = (uint16_t)(length - UDP_HEADER_LEN);
	return 0;
}

static uint64_t pseudo_header(const uint8_t *packet, uint16_t length)
{
	return packet[0] >> 4 == 4 ? checksum_add_pseudo4(0, packet, IP_PROTOCOL_UDP, length) :
				     checksum_add_pseudo6(0, packet, IP_PROTOCOL_UDP, length);
}

bool udp_checksum_ok(const struct udp *u, const struct ip_packet *p)
{
	uint16_t length = (uint16_t)(u->length + UDP_HEADER_LEN);

	if (!u->has_checksum)
		return p->version == 4;
	uint64_t sum = pseudo_header(p->bytes, length);
	return checksum_fold(checksum_add(sum, u->payload - UDP_HEADER_LEN, length)) == 0;
}

uint16_t udp_checksum(const uint8_t *packet, uint16_t length)
{
	const uint8_t *datagram =
		packet + (packet[0] >> 4 == 4 ? IPV4_HEADER_LEN : IPV6_HEADER_LEN);
	uint16_t checksum =
		checksum_fold(checksum_add(pseudo_header(packet, length), datagram, length));

	return checksum ? checksum : UINT16_MAX; /* 0 says that there is none (RFC 768) */
}

uint16_t udp_pseudo_sum(const uint8_t *packet, uint16_t length)
{
	return (uint16_t)~checksum_fold(pseudo_header(packet, length));
}

void udp_build(uint8_t header[static UDP_HEADER_LEN], uint16_t source, uint16_t destination,
	uint16_t payload_length)
{
	put_be16(header, source);
	put_be16(header + 2, destination);
	put_be16(header + 4, (uint16_t)(payload_length + UDP_HEADER_LEN));
	put_be16(header + 6, 0);
}
