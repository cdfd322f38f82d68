/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes over the wires: packets of hosts, messages of peers. */
#include <string.h>

#include "bench.h"
#include "net/ethernet.h"
#include "net/ip.h"
#include "net/udp.h"
#include "util/bytes.h"
#include "wg/messages.h"

uint32_t packet_peer(uint32_t slot)
{
	return (100u << 24 | 64u << 16) + 256 + slot;
}

uint32_t packet_site(uint32_t slot)
{
	return 10u << 24 | slot << 8 | 1;
}

uint32_t packet_host(unsigned host)
{
	return (RED_ADDRESS & 0xffffff00) + 1 + host;
}

uint16_t packet_size(struct bench *b, uint16_t size)
{
	static const uint16_t mix[] = {
		64, 576, 64, 64, 576, 64, 1420, 64, 576, 64, 64, 576};

	if (size != BENCH_IMIX)
		return size;
	return mix[b->mix++ % 12];
}

double packet_bytes(uint16_t size)
{
	return size == BENCH_IMIX ? (7 * 64 + 4 * 576 + 1420) / 12.0 : size;
}

uint32_t packet_padded(uint16_t length)
{
	uint32_t n = (length + 15u) & ~15u;

	return n > BENCH_MTU ? BENCH_MTU : n;
}

void packet_write(uint8_t *packet, uint16_t length, uint32_t source, uint32_t destination)
{
	struct ipv4_fields fields = {.ttl = 64, .protocol = IP_PROTOCOL_UDP, .length = length,
		.source = source, .destination = destination};

	ipv4_build(packet, &fields);
}

void packet_to_site(struct bench *b, struct edge *e, struct rte_mbuf *m, uint16_t length)
{
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);

	m->data_len = (uint16_t)(ETHERNET_HEADER_LEN + length);
	m->pkt_len = m->data_len;
	ethernet_build(frame, e->port.mac.addr_bytes, edge_network_mac, ETHERNET_TYPE_IPV4);
	packet_write(frame + ETHERNET_HEADER_LEN, length, packet_host(bench_draw(b, BENCH_HOSTS)),
		packet_site(bench_seals_for(b)));
}

uint8_t *packet_datagram(struct edge *e, struct rte_mbuf *m, uint32_t slot, uint16_t length)
{
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *), *ip = frame + ETHERNET_HEADER_LEN;

	ethernet_build(frame, e->port.mac.addr_bytes, edge_network_mac, ETHERNET_TYPE_IPV4);
	packet_write(ip, (uint16_t)(IPV4_HEADER_LEN + UDP_HEADER_LEN + length), packet_peer(slot),
		BLACK_ADDRESS);
	udp_build(ip + IPV4_HEADER_LEN, PEER_PORT, PEER_PORT, length);
	m->data_len = (uint16_t)(ETHERNET_HEADER_LEN + IPV4_HEADER_LEN + UDP_HEADER_LEN + length);
	m->pkt_len = m->data_len;
	return ip + IPV4_HEADER_LEN + UDP_HEADER_LEN;
}

void packet_message(uint8_t *message, uint32_t index, uint64_t counter)
{
	put_le32(message, MESSAGE_DATA);
	put_le32(message + 4, index);
	put_le64(message + 8, counter);
}

void packet_seal(struct bench *b, uint32_t slots[static BENCH_BURST],
	uint8_t *messages[static BENCH_BURST], const uint16_t lengths[static BENCH_BURST])
{
	uint8_t plain[BENCH_BURST][2048];
	struct engine_job jobs[BENCH_BURST];

	for (unsigned i = 0; i < BENCH_BURST; i++) {
		struct bench_peer *p = &b->site.list[slots[i]];
		packet_write(plain[i], lengths[i], packet_site(slots[i]),
			packet_host(bench_draw(b, BENCH_HOSTS)));
		packet_message(messages[i], p->keys.local_index, p->counter);
		jobs[i] = (struct engine_job){.key = p->keys.recv, .counter = p->counter++,
			.src = plain[i], .dst = messages[i] + sizeof(struct message_data),
			.length = packet_padded(lengths[i])};
	}
	engine_seal(&b->site.engine, jobs, BENCH_BURST);
}
