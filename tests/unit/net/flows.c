/* SPDX-License-Identifier: BSD-3-Clause */
#include "flows.h"

#include <string.h>

#include "packets.h"
#include "util/bytes.h"

#define IP_AT ETHERNET_HEADER_LEN

static unsigned l4_at(const uint8_t *bytes)
{
	return IP_AT + (bytes[IP_AT] >> 4 == 4 ? (bytes[IP_AT] & 0xfu) * 4 : IPV6_HEADER_LEN);
}

static uint8_t protocol_at(const uint8_t *bytes)
{
	return bytes[IP_AT + (bytes[IP_AT] >> 4 == 4 ? 9 : 6)];
}

static uint16_t l4_sum(const uint8_t *bytes, uint32_t length)
{
	uint32_t l4_length = length - l4_at(bytes);

	return naive_checksum(bytes + l4_at(bytes), l4_length,
		naive_pseudo(bytes + IP_AT, protocol_at(bytes), l4_length));
}

void flow_repair(struct flow_frame *f)
{
	uint8_t *l4 = f->bytes + l4_at(f->bytes);
	uint8_t *checksum = l4 + (protocol_at(f->bytes) == IP_PROTOCOL_TCP ? 16 : 6);

	if (protocol_at(f->bytes) == IP_PROTOCOL_UDP)
		put_be16(l4 + 4, (uint16_t)(f->length - l4_at(f->bytes)));
	if (f->bytes[IP_AT] >> 4 == 4) {
		put_be16(f->bytes + IP_AT + 2, (uint16_t)(f->length - IP_AT));
		repair(f->bytes + IP_AT);
	} else {
		put_be16(f->bytes + IP_AT + 4, (uint16_t)(f->length - l4_at(f->bytes)));
	}
	put_be16(checksum, 0);
	uint16_t sum = l4_sum(f->bytes, f->length);
	put_be16(checksum, sum == 0 && protocol_at(f->bytes) == IP_PROTOCOL_UDP ? 0xffff : sum);
}

int flow_is_right(const uint8_t *bytes, uint32_t length)
{
	const uint8_t *ip = bytes + IP_AT;
	bool right = ip[0] >> 4 == 4 ? get_be16(ip + 2) == length - IP_AT &&
			naive_checksum(ip, (ip[0] & 0xfu) * 4, 0) == 0 :
				       get_be16(ip + 4) == length - l4_at(bytes);

	return right && l4_sum(bytes, length) == 0;
}

static unsigned make_tcp(struct flow *flow, uint8_t *tcp, uint32_t payload, uint8_t flags)
{
	put_be16(tcp, 40000);
	put_be16(tcp + 2, 5201);
	put_be32(tcp + 4, flow->sequence);
	put_be32(tcp + 8, 0x01020304);
	tcp[12] = (uint8_t)((20 + flow->options) / 4 << 4);
	tcp[13] = flags;
	put_be16(tcp + 14, 512);
	fill_pattern(tcp + 20, flow->options, 9);
	fill_pattern(tcp + 20 + flow->options, payload, (uint8_t)flow->sequence);
	flow->sequence += payload;
	return 20 + flow->options + payload;
}

static unsigned make_udp(struct flow *flow, uint8_t *udp, uint32_t payload)
{
	udp_build(udp, 40000, 5201, (uint16_t)payload);
	fill_pattern(udp + UDP_HEADER_LEN, payload, (uint8_t)flow->sequence);
	flow->sequence += payload;
	return UDP_HEADER_LEN + payload;
}

void flow_next(struct flow *flow, struct flow_frame *f, uint32_t payload, uint8_t flags)
{
	static const uint8_t macs[12] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
	bool v4 = flow->version == 4;
	uint8_t *ip = f->bytes + IP_AT;
	uint8_t *l4 = ip + (v4 ? IPV4_HEADER_LEN : IPV6_HEADER_LEN);

	memset(f->bytes, 0, IP_AT + IPV6_HEADER_LEN + TCP_HEADER_MAX);
	ethernet_build(f->bytes, macs, macs + 6, v4 ? ETHERNET_TYPE_IPV4 : ETHERNET_TYPE_IPV6);
	if (v4)
		make_ipv4(ip, flow->protocol, 0);
	else
		make_ipv6(ip, flow->protocol, 0);
	if (v4)
		put_be16(ip + 4, flow->id++);
	unsigned length = flow->protocol == IP_PROTOCOL_TCP ? make_tcp(flow, l4, payload, flags) :
							      make_udp(flow, l4, payload);
	f->length = (uint32_t)(l4 - f->bytes) + length;
	flow_repair(f);
}
