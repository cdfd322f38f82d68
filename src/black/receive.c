/* SPDX-License-Identifier: BSD-3-Clause */
/* From the port to crypt and control: the first firewall. Whatever is not WireGuard dies here. */
#include <string.h>

#include "black/state.h"
#include "util/bytes.h"
#include "wg/messages.h"

struct arrival {
	struct rte_mbuf *m;
	const struct frame *frame;
	struct udp udp;
	unsigned local; /* index of our address */
};

static void drop(struct black *b, struct rte_mbuf *m, uint64_t *counter)
{
	outgoing_drop(&b->host.outgoing, m, counter);
}

/* How crypt sees a source: equal tags are the same endpoint, and the same address of ours. */
static uint64_t endpoint_tag(const struct arrival *a)
{
	return (uint64_t)a->local << 48 | (uint64_t)a->frame->ip.source << 16 | a->udp.source;
}

static void receive_data(struct black *b, const struct arrival *a)
{
	uint8_t *start = a->m->buf_addr;
	unsigned link = 0;

	if (a->udp.length < MESSAGE_DATA_MIN) {
		drop(b, a->m, &b->stats->drop_size);
		return;
	}
	/* A receiver index belongs to one crypt lcore: so order is kept (A50). */
	if (b->lend.link_count > 1)
		link = get_le32(a->udp.payload + 4) % b->lend.link_count;
	lend_full(&b->lend, link, a->m, (uint16_t)(a->udp.payload - start), a->udp.length, 4,
		endpoint_tag(a));
}

static void report(struct black *b, const struct arrival *a)
{
	struct black_report report = {
		.remote = {.addr = {.family = 4}, .port = a->udp.source},
		.local = b->config.addresses[a->local].addr,
		.length = a->udp.length,
	};

	put_be32(report.remote.addr.bytes, a->frame->ip.source);
	memcpy(report.data, a->udp.payload, a->udp.length);
	if (ring_send(&b->config.to_control, &report, 1) == 1) {
		b->stats->rx_handshake++;
		b->reported = true;
		outgoing_free(&b->host.outgoing, a->m);
	} else {
		drop(b, a->m, &b->stats->drop_control_full);
	}
}

static uint16_t handshake_size(uint8_t type)
{
	switch (type) {
	case MESSAGE_INITIATION:
		return sizeof(struct message_initiation);
	case MESSAGE_RESPONSE:
		return sizeof(struct message_response);
	default:
		return sizeof(struct message_cookie);
	}
}

/* A cookie reply has no mac1; but without an identity nothing can be waiting for one. */
static bool is_for_our_key(const struct black *b, const struct arrival *a)
{
	if (a->udp.payload[0] == MESSAGE_COOKIE)
		return b->checker.set;
	return cookie_check_mac1(&b->checker, a->udp.payload, a->udp.length);
}

/* Cheap checks first. Data messages are spared the UDP checksum: their tag decides. */
static void receive_handshake(struct black *b, const struct arrival *a)
{
	if (a->udp.length != handshake_size(a->udp.payload[0]))
		drop(b, a->m, &b->stats->drop_size);
	else if (!udp_checksum_ok(&a->udp, &a->frame->ip))
		drop(b, a->m, &b->stats->drop_udp_checksum);
	else if (!is_for_our_key(b, a))
		drop(b, a->m, &b->stats->drop_mac1);
	else
		report(b, a);
}

static void receive_message(struct black *b, const struct arrival *a)
{
	/* A1: one byte of type and three of zero, that is a little-endian number of 1 to 4. */
	uint32_t type = a->udp.length >= 4 ? get_le32(a->udp.payload) : 0;

	if (type == MESSAGE_DATA)
		receive_data(b, a);
	else if (type >= MESSAGE_INITIATION && type <= MESSAGE_COOKIE)
		receive_handshake(b, a);
	else
		drop(b, a->m, &b->stats->drop_type);
}

static void receive_udp(struct black *b, struct arrival *a)
{
	if (udp_parse(&a->udp, &a->frame->ip) != 0)
		drop(b, a->m, &b->stats->drop_udp_length);
	else if (a->udp.destination != b->listen_port || b->listen_port == 0)
		drop(b, a->m, &b->stats->drop_udp_port);
	else
		receive_message(b, a);
}

static void receive_ipv4(struct black *b, struct rte_mbuf *m, const struct frame *f)
{
	struct arrival a = {.m = m, .frame = f};

	if (f->ip.header_length != IPV4_HEADER_LEN)
		drop(b, m, &b->stats->drop_ip_header); /* options: of no use to us, and a risk */
	else if (host_role(&b->host, f->ip.destination, &a.local) != HOST_ROLE_OWN)
		drop(b, m, &b->stats->drop_not_ours);
	else if (f->group)
		drop(b, m, &b->stats->drop_not_ours_l2);
	else if (ip_is_fragment(&f->ip))
		drop(b, m, &b->stats->drop_ip_fragment);
	else if (f->ip.protocol == IP_PROTOCOL_UDP)
		receive_udp(b, &a);
	else if (!host_echo(&b->host, m, f))
		drop(b, m, &b->stats->drop_protocol);
}

unsigned black_receive(struct black *b)
{
	struct rte_mbuf *mbufs[HOST_BURST];
	struct frame frame;
	enum frame_kind kind;
	unsigned n = host_receive(&b->host, mbufs);

	for (unsigned i = 0; i < n; i++) {
		if (!host_classify(&b->host, &mbufs[i], &frame, &kind))
			continue;
		if (kind == FRAME_IPV4)
			receive_ipv4(b, mbufs[i], &frame);
		else
			drop(b, mbufs[i], &b->stats->drop_not_ours); /* no IPv6 address is served */
	}
	return n;
}
