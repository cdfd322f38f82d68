/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/transport.h"

#include <errno.h>

#include "net/checksum.h"
#include "util/bytes.h"

#define IP_AT          ETHERNET_HEADER_LEN
#define TCP_HEADER_MIN 20

static int parse_ipv4(struct transport *t, const uint8_t *ip, size_t have)
{
	unsigned length = have >= IPV4_HEADER_LEN ? (ip[0] & 0xfu) * 4 : 0;

	if (length < IPV4_HEADER_LEN || ip[0] >> 4 != 4 ||
		get_be16(ip + 6) & (IPV4_MORE_FRAGMENTS | IPV4_OFFSET_MASK))
		return -EINVAL;
	t->version = 4;
	t->protocol = ip[9];
	t->l4_at = (uint16_t)(IP_AT + length);
	return 0;
}

static int parse_ipv6(struct transport *t, const uint8_t *ip, size_t have)
{
	if (have < IPV6_HEADER_LEN || ip[0] >> 4 != 6)
		return -EINVAL;
	t->version = 6;
	t->protocol = ip[6];
	t->l4_at = IP_AT + IPV6_HEADER_LEN;
	return 0;
}

static int parse_l4(struct transport *t, const uint8_t *frame, size_t have)
{
	size_t length = UDP_HEADER_LEN;

	if (t->protocol == IP_PROTOCOL_TCP) {
		if (have < (size_t)t->l4_at + TCP_HEADER_MIN)
			return -EINVAL;
		length = (frame[t->l4_at + TCP_OFFSET_AT] >> 4) * 4u;
		if (length < TCP_HEADER_MIN)
			return -EINVAL;
	} else if (t->protocol != IP_PROTOCOL_UDP) {
		return -EINVAL;
	}
	t->header_length = (uint16_t)(t->l4_at + length);
	return t->header_length <= have ? 0 : -EINVAL;
}

int transport_parse(struct transport *t, const uint8_t *frame, size_t have)
{
	if (have < ETHERNET_HEADER_LEN)
		return -EINVAL;
	uint16_t type = get_be16(frame + 2 * MAC_LEN);
	int rc = -EINVAL;
	if (type == ETHERNET_TYPE_IPV4)
		rc = parse_ipv4(t, frame + IP_AT, have - IP_AT);
	else if (type == ETHERNET_TYPE_IPV6)
		rc = parse_ipv6(t, frame + IP_AT, have - IP_AT);
	return rc == 0 ? parse_l4(t, frame, have) : rc;
}

uint64_t transport_pseudo(const struct transport *t, const uint8_t *frame, uint32_t l4_length)
{
	if (t->version == 4)
		return checksum_add_pseudo4(0, frame + IP_AT, t->protocol, (uint16_t)l4_length);
	return checksum_add_pseudo6(0, frame + IP_AT, t->protocol, l4_length);
}

void transport_set_length(const struct transport *t, uint8_t *frame, uint32_t l4_length)
{
	uint8_t *ip = frame + IP_AT;
	unsigned ip_header = t->l4_at - IP_AT;

	if (t->version == 4) {
		put_be16(ip + 2, (uint16_t)(ip_header + l4_length));
		ipv4_set_checksum(ip, ip_header);
	} else {
		put_be16(ip + 4, (uint16_t)l4_length);
	}
	if (t->protocol == IP_PROTOCOL_UDP)
		put_be16(frame + t->l4_at + UDP_LENGTH_AT, (uint16_t)l4_length);
}
