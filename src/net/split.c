/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/split.h"

#include <errno.h>
#include <string.h>

#include "net/checksum.h"
#include "util/bytes.h"

#define IPV4_ID_AT (ETHERNET_HEADER_LEN + 4)

int split_plan(struct split *s, const uint8_t *frame, size_t have, uint32_t total,
	uint8_t protocol, uint16_t size)
{
	if (transport_parse(&s->transport, frame, have) != 0 || size == 0 ||
		s->transport.protocol != protocol || total <= s->transport.header_length ||
		total - ETHERNET_HEADER_LEN > TRANSPORT_PACKET_MAX)
		return -EINVAL;
	s->payload = total - s->transport.header_length;
	s->size = size;
	s->count = (uint16_t)((s->payload + size - 1) / size);
	memcpy(s->header, frame, s->transport.header_length);
	return 0;
}

/* What only the first or only the last segment of a flow's piece may say. */
static void set_tcp(const struct split *s, unsigned i, uint8_t *tcp)
{
	put_be32(tcp + TCP_SEQUENCE_AT, get_be32(tcp + TCP_SEQUENCE_AT) + (uint32_t)s->size * i);
	if (i > 0)
		tcp[TCP_FLAGS_AT] &= (uint8_t)~TCP_CWR;
	if (i + 1u < s->count)
		tcp[TCP_FLAGS_AT] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
}

static void set_checksum(const struct transport *t, uint8_t *frame, uint32_t l4_length)
{
	uint8_t *at = frame + t->l4_at + transport_checksum_at(t);

	memset(at, 0, 2);
	uint16_t sum = checksum_fold(checksum_add(transport_pseudo(t, frame, l4_length),
		frame + t->l4_at, l4_length));
	if (sum == 0 && t->protocol == IP_PROTOCOL_UDP)
		sum = 0xffff; /* 0 says that there is none */
	memcpy(at, &sum, 2);
}

void split_finish(const struct split *s, unsigned i, uint8_t *frame)
{
	const struct transport *t = &s->transport;
	uint32_t l4_length = (uint32_t)(t->header_length - t->l4_at) + split_payload(s, i);

	memcpy(frame, s->header, t->header_length);
	if (t->version == 4)
		put_be16(frame + IPV4_ID_AT, (uint16_t)(get_be16(frame + IPV4_ID_AT) + i));
	transport_set_length(t, frame, l4_length);
	if (t->protocol == IP_PROTOCOL_TCP)
		set_tcp(s, i, frame + t->l4_at);
	set_checksum(t, frame, l4_length);
}
