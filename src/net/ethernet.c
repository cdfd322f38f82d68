/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/ethernet.h"

#include <errno.h>

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
