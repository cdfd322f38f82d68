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

bool udp_checksum_ok(const struct udp *u, const struct ip_packet *p)
{
	uint16_t length = (uint16_t)(u->length + UDP_HEADER_LEN);

	if (!u->has_checksum)
		return p->version == 4;
	uint64_t sum = p->version == 4 ?
		checksum_add_pseudo4(0, p->bytes, IP_PROTOCOL_UDP, length) :
		checksum_add_pseudo6(0, p->bytes, IP_PROTOCOL_UDP, length);
	return checksum_fold(checksum_add(sum, u->payload - UDP_HEADER_LEN, length)) == 0;
}

void udp_build(uint8_t header[static UDP_HEADER_LEN], uint16_t source, uint16_t destination,
	uint16_t payload_length)
{
	put_be16(header, source);
	put_be16(header + 2, destination);
	put_be16(header + 4, (uint16_t)(payload_length + UDP_HEADER_LEN));
	put_be16(header + 6, 0);
}
