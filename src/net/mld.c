/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/mld.h"

#include <string.h>

#include "net/checksum.h"
#include "util/cursor.h"

#define PROTOCOL_HOP_BY_HOP 0
#define TYPE_REPORT2        143
#define MODE_IS_EXCLUDE     2 /* of no source: all are welcome */
#define HOP_LIMIT           1
#define ALERT_LEN           8

void mld_build_report(uint8_t *frame, const uint8_t mac[static MAC_LEN],
	const uint8_t source[static 16], const uint8_t (*groups)[16], unsigned count)
{
	static const uint8_t all_mld_routers[16] = {0xff, 0x02, [15] = 0x16};
	/* next header, length, router alert (RFC 2711) of value 0: MLD, padding */
	static const uint8_t alert[ALERT_LEN] = {IP_PROTOCOL_ICMP6, 0, 5, 2, 0, 0, 1, 0};
	uint8_t *header = frame + ETHERNET_HEADER_LEN;
	uint8_t *report = header + IPV6_HEADER_LEN + ALERT_LEN;
	uint16_t length = (uint16_t)(8 + 20 * count);
	uint8_t to_mac[MAC_LEN];
	struct writer w;

	mac_of_group6(to_mac, all_mld_routers);
	ethernet_build(frame, to_mac, mac, ETHERNET_TYPE_IPV6);
	ipv6_build(header, source, all_mld_routers, PROTOCOL_HOP_BY_HOP,
		(uint16_t)(ALERT_LEN + length));
	ipv6_set_hops(header, HOP_LIMIT);
	memcpy(header + IPV6_HEADER_LEN, alert, ALERT_LEN);
	writer_init(&w, report, length);
	writer_u8(&w, TYPE_REPORT2);
	writer_u8(&w, 0);
	writer_be32(&w, 0); /* checksum, reserved */
	writer_be16(&w, (uint16_t)count);
	for (unsigned i = 0; i < count; i++) {
		writer_be32(&w, (uint32_t)MODE_IS_EXCLUDE << 24);
		writer_bytes(&w, groups[i], 16);
	}
	/* the pseudo-header counts the report alone, not the header before it (RFC 8200 8.1) */
	uint64_t sum = checksum_add_pseudo6(0, header, IP_PROTOCOL_ICMP6, length);
	uint16_t checksum = checksum_fold(checksum_add(sum, report, length));
	memcpy(report + 2, &checksum, 2);
}
