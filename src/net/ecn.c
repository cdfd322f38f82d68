/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/ecn.h"

#include <string.h>

#include "net/checksum.h"

#define DROP 4

uint8_t ecn_traffic_class(const uint8_t packet[static 2])
{
	return packet[0] >> 4 == 4 ? packet[1] : (uint8_t)(packet[0] << 4 | packet[1] >> 4);
}

static void mark4(uint8_t *packet, uint8_t mark)
{
	uint16_t before, after, checksum;

	memcpy(&before, packet, 2);
	packet[1] = (uint8_t)((packet[1] & ~ECN_MASK) | mark);
	memcpy(&after, packet, 2);
	memcpy(&checksum, packet + 10, 2);
	checksum = checksum_update(checksum, before, after);
	memcpy(packet + 10, &checksum, 2);
}

bool ecn_decapsulate(uint8_t *packet, enum ecn outer)
{
	static const uint8_t combined[4][4] = { /* inner, outer */
		[ECN_NOT_CAPABLE] = {ECN_NOT_CAPABLE, ECN_NOT_CAPABLE, ECN_NOT_CAPABLE, DROP},
		[ECN_CAPABLE_0] = {ECN_CAPABLE_0, ECN_CAPABLE_1, ECN_CAPABLE_0, ECN_CONGESTED},
		[ECN_CAPABLE_1] = {ECN_CAPABLE_1, ECN_CAPABLE_1, ECN_CAPABLE_1, ECN_CONGESTED},
		[ECN_CONGESTED] = {ECN_CONGESTED, ECN_CONGESTED, ECN_CONGESTED, ECN_CONGESTED},
	};
	uint8_t inner = ecn_traffic_class(packet) & ECN_MASK;
	uint8_t mark = combined[inner][outer & ECN_MASK];

	if (mark == DROP)
		return false;
	if (mark == inner)
		return true;
	if (packet[0] >> 4 == 4)
		mark4(packet, mark);
	else
		packet[1] = (uint8_t)((packet[1] & ~(ECN_MASK << 4)) | mark << 4);
	return true;
}
