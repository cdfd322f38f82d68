/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/ethernet.h"

#include <errno.h>
#include <string.h>

#include "util/bytes.h"

const uint8_t mac_broadcast[MAC_LEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

int ethernet_parse(struct ethernet *e, const uint8_t *frame, size_t length)
{
	if (length < ETHERNET_HEADER_LEN)
		return -EINVAL;
	e->destination = frame;
	e->source = frame + MAC_LEN;
	e->type = get_be16(frame + 2 * MAC_LEN);
	return 0;
}

void ethernet_build(uint8_t header[static ETHERNET_HEADER_LEN],
	const uint8_t destination[static MAC_LEN], const uint8_t source[static MAC_LEN],
	uint16_t type)
{
	memcpy(header, destination, MAC_LEN);
	memcpy(header + MAC_LEN, source, MAC_LEN);
	put_be16(header + 2 * MAC_LEN, type);
}

bool mac_is_group(const uint8_t mac[static MAC_LEN])
{
	return mac[0] & 1;
}

bool mac_equal(const uint8_t a[static MAC_LEN], const uint8_t b[static MAC_LEN])
{
	return memcmp(a, b, MAC_LEN) == 0;
}
