/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/arp.h"

#include <errno.h>
#include <string.h>

#include "util/cursor.h"

#define HARDWARE_ETHERNET 1
#define OPERATION_REQUEST 1
#define OPERATION_REPLY   2

int arp_parse(struct arp *arp, const uint8_t *bytes, size_t length)
{
	struct reader r;

	reader_init(&r, bytes, length);
	uint16_t hardware = reader_be16(&r);
	uint16_t protocol = reader_be16(&r);
	uint8_t hardware_len = reader_u8(&r);
	uint8_t protocol_len = reader_u8(&r);
	uint16_t operation = reader_be16(&r);
	reader_bytes(&r, arp->sender_mac, MAC_LEN);
	arp->sender = reader_be32(&r);
	reader_skip(&r, MAC_LEN);
	arp->target = reader_be32(&r);
	if (!reader_ok(&r) || hardware != HARDWARE_ETHERNET || protocol != ETHERNET_TYPE_IPV4 ||
		hardware_len != MAC_LEN || protocol_len != 4)
		return -EINVAL;
	if (operation != OPERATION_REQUEST && operation != OPERATION_REPLY)
		return -EINVAL;
	if (mac_is_group(arp->sender_mac))
		return -EINVAL;
	arp->request = operation == OPERATION_REQUEST;
	return 0;
}

static void build(uint8_t frame[static ARP_FRAME_LEN], uint16_t operation, const struct arp *from,
	const uint8_t to_mac[static MAC_LEN])
{
	static const uint8_t unknown[MAC_LEN];
	bool request = operation == OPERATION_REQUEST;
	struct writer w;

	ethernet_build(frame, to_mac, from->sender_mac, ETHERNET_TYPE_ARP);
	writer_init(&w, frame + ETHERNET_HEADER_LEN, ARP_LEN);
	writer_be16(&w, HARDWARE_ETHERNET);
	writer_be16(&w, ETHERNET_TYPE_IPV4);
	writer_u8(&w, MAC_LEN);
	writer_u8(&w, 4);
	writer_be16(&w, operation);
	writer_bytes(&w, from->sender_mac, MAC_LEN);
	writer_be32(&w, from->sender);
	writer_bytes(&w, request ? unknown : to_mac, MAC_LEN);
	writer_be32(&w, from->target);
}

void arp_build_request(uint8_t frame[static ARP_FRAME_LEN], const uint8_t mac[static MAC_LEN],
	uint32_t sender, uint32_t target)
{
	struct arp arp = {.sender = sender, .target = target};

	memcpy(arp.sender_mac, mac, MAC_LEN);
	build(frame, OPERATION_REQUEST, &arp, mac_broadcast);
}

void arp_build_reply(uint8_t frame[static ARP_FRAME_LEN], const uint8_t mac[static MAC_LEN],
	const struct arp *request)
{
	struct arp arp = {.sender = request->target, .target = request->sender};

	memcpy(arp.sender_mac, mac, MAC_LEN);
	build(frame, OPERATION_REPLY, &arp, request->sender_mac);
}
