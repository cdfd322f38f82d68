/* SPDX-License-Identifier: BSD-3-Clause */
/* From the port to crypt and control: the first firewall. Whatever is not WireGuard dies here. */
#include <string.h>

#include "black/state.h"
#include "net/answer.h"
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
static uint64_t endpoint_tag(const struct black *b, const struct arrival *a)
{
	uint64_t local = (uint64_t)b->address_epoch << 8 | a->local;

	if (a->frame->ip.version == 6)
		return source_tag6(b->config.tag_seed, ipv6_source(&a->frame->ip),
			local << 16 | a->udp.source);
	return local << 48 | (uint64_t)a->frame->ip.source << 16 | a->udp.source;
}

static struct endpoint source_of(const struct arrival *a)
{
	return (struct endpoint){ip_source_addr(&a->frame->ip), a->udp.source};
}

/* Dropped for what it is: it may be a part of an attack. */
static void refuse(struct black *b, const struct arrival *a, uint64_t *counter)
{
	struct endpoint from = source_of(a);

	guard_suspect(&b->guard, &from.addr);
	drop(b, a->m, counter);
}

static void receive_data(struct black *b, const struct arrival *a)
{
	uint8_t *start = a->m->buf_addr;
	if (a->udp.length < MESSAGE_DATA_MIN) {
		refuse(b, a, &b->stats->drop_size);
		return;
	}
	/* All of a session goes to one crypt thread: so order is kept (A50). */
	unsigned link = crypt_thread_of(get_le32(a->udp.payload + 4), b->lend.link_count);
	lend_full(&b->lend, link, a->m, (uint16_t)(a->udp.payload - start), a->udp.length,
		outer_code(a->frame->ip.version, ip_traffic_class(&a->frame->ip)),
		endpoint_tag(b, a));
}

static void report(struct black *b, const struct arrival *a, const struct endpoint *from,
	bool proven)
{
	struct black_report report = {
		.arrived_ns = b->host.now_ns,
		.remote = *from,
		.local = ip_destination_addr(&a->frame->ip),
		.length = a->udp.length,
	};

	memcpy(report.data, a->udp.payload, a->udp.length);
	if (guard_send(&b->guard, &report, proven)) {
		b->stats->rx_handshake++;
		b->stats->rx_proven += proven;
		b->reported = true;
		outgoing_free(&b->host.outgoing, a->m);
	} else {
		refuse(b, a, &b->stats->drop_control_full);
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

/* A19: to where it came from, by the way it came, and smaller than what asked for it (A4). */
static void send_cookie(struct black *b, const struct arrival *a, const struct endpoint *from)
{
	struct message_cookie reply;
	struct answer answer = {
		.mac = b->host.mac,
		.id = b->host.next_id++,
		.payload = &reply,
		.length = sizeof(reply),
	};

	cookie_make_reply(&b->guard.checker, &reply, a->udp.payload, a->udp.length, from,
		b->host.now_ns);
	size_t length = answer_udp(rte_pktmbuf_mtod(a->m, uint8_t *), a->frame, &a->udp, &answer);
	a->m->data_len = (uint16_t)length;
	a->m->pkt_len = (uint32_t)length;
	a->m->ol_flags = 0;
	b->stats->tx_cookie++;
	outgoing_send(&b->host.outgoing, a->m);
}

static void receive_guarded(struct black *b, const struct arrival *a)
{
	struct endpoint from = source_of(a);
	uint64_t *counter;

	switch (guard_judge(&b->guard, a->udp.payload, a->udp.length, &from, b->host.now_ns,
		&counter)) {
	case GUARD_PASS:
		report(b, a, &from, false);
		break;
	case GUARD_PROVEN:
		report(b, a, &from, true);
		break;
	case GUARD_REPLY:
		++*counter;
		send_cookie(b, a, &from);
		break;
	case GUARD_DROP:
		drop(b, a->m, counter);
		break;
	}
}

/* Cheap checks first. Data messages are spared the UDP checksum: their tag decides. */
static void receive_handshake(struct black *b, const struct arrival *a)
{
	if (a->udp.length != handshake_size(a->udp.payload[0]))
		refuse(b, a, &b->stats->drop_size);
	else if (!udp_checksum_ok(&a->udp, &a->frame->ip))
		refuse(b, a, &b->stats->drop_udp_checksum);
	else
		receive_guarded(b, a);
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
		refuse(b, a, &b->stats->drop_type);
}

static void receive_udp(struct black *b, struct arrival *a)
{
	if (udp_parse(&a->udp, &a->frame->ip) != 0)
		refuse(b, a, &b->stats->drop_udp_length);
	else if (!a->udp.has_checksum && a->frame->ip.version == 6) /* RFC 8200 8.1 */
		refuse(b, a, &b->stats->drop_udp_checksum);
	else if (a->udp.destination != b->listen_port || b->listen_port == 0 ||
		a->udp.source == 0) /* nobody could be answered there */
		refuse(b, a, &b->stats->drop_udp_port);
	else
		receive_message(b, a);
}

static void receive_ipv4(struct black *b, struct rte_mbuf *m, const struct frame *f)
{
	struct arrival a = {.m = m, .frame = f};

	if (f->ip.header_length != IPV4_HEADER_LEN)
		refuse(b, &a, &b->stats->drop_ip_header); /* options: of no use to us, and a risk */
	else if (host_role(&b->host, f->ip.destination, &a.local) != HOST_ROLE_OWN)
		drop(b, m, &b->stats->drop_not_ours);
	else if (f->group)
		drop(b, m, &b->stats->drop_not_ours_l2);
	else if (ip_is_fragment(&f->ip))
		refuse(b, &a, &b->stats->drop_ip_fragment);
	else if (f->ip.protocol == IP_PROTOCOL_UDP)
		receive_udp(b, &a);
	else if (!host_echo(&b->host, m, f))
		refuse(b, &a, &b->stats->drop_protocol);
}

static void receive_ipv6(struct black *b, struct rte_mbuf *m, const struct frame *f)
{
	struct arrival a = {.m = m, .frame = f};

	if (!host_owns6(&b->host, ipv6_destination(&f->ip), &a.local))
		drop(b, m, &b->stats->drop_not_ours);
	else if (f->group)
		drop(b, m, &b->stats->drop_not_ours_l2);
	else if (f->ip.protocol == IP_PROTOCOL_UDP)
		receive_udp(b, &a);
	else if (f->ip.protocol == IP_PROTOCOL_FRAGMENT6)
		refuse(b, &a, &b->stats->drop_ip_fragment);
	else if (ipv6_is_extension(f->ip.protocol)) /* of no use to us, and a risk */
		refuse(b, &a, &b->stats->drop_ip_extension);
	else if (!host_echo(&b->host, m, f))
		refuse(b, &a, &b->stats->drop_protocol);
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
			receive_ipv6(b, mbufs[i], &frame);
	}
	return n;
}
