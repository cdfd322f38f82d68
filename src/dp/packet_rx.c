/* SPDX-License-Identifier: BSD-3-Clause */
/* Receiving from a packet socket: frames from the ring, and long ones that are cut to pieces. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <linux/if_packet.h>
#include <rte_hash_crc.h>
#include <rte_memcpy.h>

#include "dp/packet.h"
#include "dp/vnet.h"
#include "net/checksum.h"
#include "net/split.h"
#include "util/bytes.h"

/* A pool that has to give more at once might never have them. */
#define POOL_SHARE 8
#define SCTP_CHECKSUM_AT 8 /* where no other protocol has one */
/* Of a frame that we do not know: so much of it is headers. */
#define HEADERS_LEAST (ETHERNET_HEADER_LEN + IPV4_HEADER_LEN)

/* One frame of the ring. What the kernel wrote is copied or checked: it alone writes there. */
struct slot {
	struct tpacket2_hdr *ring;
	const uint8_t *bytes;
	uint32_t have;   /* bytes in the ring, */
	uint32_t length; /* of the frame, */
	bool queued;     /* which is whole in the socket's queue */
	struct virtio_net_hdr vnet;
};

static struct tpacket2_hdr *frame_at(const struct packet *p, uint32_t number)
{
	return (void *)(p->ring + (size_t)(number & (p->frames - 1)) * p->frame_bytes);
}

static bool is_ready(const struct packet *p, uint32_t number)
{
	uint32_t status = __atomic_load_n(&frame_at(p, number)->tp_status, __ATOMIC_ACQUIRE);

	return (status & TP_STATUS_USER) != 0;
}

static void read_slot(const struct packet *p, uint32_t number, struct slot *s)
{
	s->ring = frame_at(p, number);
	s->bytes = (const uint8_t *)s->ring + s->ring->tp_mac;
	s->have = s->ring->tp_snaplen;
	s->length = s->ring->tp_len;
	s->queued = (s->ring->tp_status & TP_STATUS_COPY) != 0;
	memcpy(&s->vnet, s->bytes - sizeof(s->vnet), sizeof(s->vnet));
}

static bool is_plain(const struct slot *s)
{
	return s->vnet.gso_type == VIRTIO_NET_HDR_GSO_NONE && !s->queued;
}

static void release(struct packet *p, const struct slot *s)
{
	__atomic_store_n(&s->ring->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	p->next++;
}

static void set_length(struct rte_mbuf *m, uint32_t length)
{
	m->data_len = (uint16_t)length;
	m->pkt_len = length;
}

static void set_vlan(const struct slot *s, struct rte_mbuf *m)
{
	if (s->ring->tp_status & TP_STATUS_VLAN_VALID) {
		m->vlan_tci = s->ring->tp_vlan_tci;
		m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	}
}

/* ---- frames as the wire has them ---- */

/* rte_hash_crc() would read words where none are aligned. */
static uint32_t crc32c(const uint8_t *bytes, uint32_t length)
{
	uint32_t crc = UINT32_MAX, at = 0;

	for (; at + 8 <= length; at += 8)
		crc = rte_hash_crc_8byte(get_le64(bytes + at), crc);
	for (; at < length; at++)
		crc = rte_hash_crc_1byte(bytes[at], crc);
	return ~crc;
}

/* CRC-32C with zeros in its own place (RFC 9260, appendix A). */
static bool complete_sctp(uint8_t *sctp, uint32_t length)
{
	if (length < SCTP_CHECKSUM_AT + 4)
		return false;
	put_le32(sctp + SCTP_CHECKSUM_AT, 0);
	put_le32(sctp + SCTP_CHECKSUM_AT, crc32c(sctp, length));
	return true;
}

/* C21: the sender's kernel left the checksum to its hardware; in its place is the pseudo-header's. */
static bool complete_checksum(const struct virtio_net_hdr *vnet, uint8_t *frame, uint32_t length)
{
	uint32_t start = vnet->csum_start, at = start + vnet->csum_offset;

	if (!(vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return true;
	if (at + 2 > length)
		return false;
	if (vnet->csum_offset == SCTP_CHECKSUM_AT) /* which is of another kind */
		return complete_sctp(frame + start, length - start);
	uint16_t sum = checksum_fold(checksum_add(0, frame + start, length - start));
	if (sum == 0)
		sum = 0xffff; /* the same to TCP; to UDP, 0 says that there is none */
	memcpy(frame + at, &sum, sizeof(sum));
	return true;
}

/* False when the kernel had to cut the frame, or it does not fit. */
static bool copy_frame(const struct slot *s, struct rte_mbuf *m)
{
	uint8_t *to = rte_pktmbuf_mtod(m, uint8_t *);

	if (s->have < s->length || s->length > rte_pktmbuf_tailroom(m))
		return false;
	rte_memcpy(to, s->bytes, s->length);
	set_length(m, s->length);
	set_vlan(s, m);
	return complete_checksum(&s->vnet, to, s->length);
}

/* Takes plain frames, up to n or the first that is none. -1: there are no buffers, they wait. */
static int receive_plain(struct packet *p, struct rte_mbuf **mbufs, uint16_t n)
{
	struct slot slots[PACKET_BURST];
	uint16_t got = 0, ready = 0;

	for (; ready < n && ready < PACKET_BURST && is_ready(p, p->next + ready); ready++) {
		read_slot(p, p->next + ready, &slots[ready]);
		if (!is_plain(&slots[ready]))
			break;
	}
	if (rte_pktmbuf_alloc_bulk(p->mempool, mbufs, ready) != 0)
		return -1;
	for (uint16_t i = 0; i < ready; i++) {
		struct rte_mbuf *m = mbufs[i];
		if (copy_frame(&slots[i], m)) {
			mbufs[got++] = m;
		} else {
			rte_pktmbuf_free(m);
			p->too_long++;
		}
		release(p, &slots[i]);
	}
	return got;
}

/* ---- frames to be cut ---- */

static int protocol_of(const struct virtio_net_hdr *vnet)
{
	switch (vnet->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
	case VIRTIO_NET_HDR_GSO_TCPV6:
		return IP_PROTOCOL_TCP;
	case VIRTIO_NET_HDR_GSO_UDP_L4:
		return IP_PROTOCOL_UDP;
	default:
		return -1; /* long on its own account, or a way of cutting that we do not know */
	}
}

static bool plan(const struct packet *p, const struct slot *s, struct split *split)
{
	int protocol = protocol_of(&s->vnet);
	unsigned room = rte_pktmbuf_data_room_size(p->mempool) - RTE_PKTMBUF_HEADROOM;

	return protocol >= 0 && (s->queued || s->have == s->length) &&
		split_plan(split, s->bytes, s->have, s->length, (uint8_t)protocol,
			s->vnet.gso_size) == 0 &&
		split->transport.header_length + split->size <= room &&
		split->count <= RTE_MIN((uint32_t)PACKET_PIECES_MAX, p->mempool->size / POOL_SHARE);
}

/*
 * Is the frame in these parts the slot's? The headers tell: parts[1], of which the kernel has a copy of its
 * own. The payload may lie in a file, and have changed since it came into the ring. Where two frames are
 * the same in all of that, either fits: what is cut then is one of them, with its own payload.
 */
static bool is_same(const struct slot *s, const struct iovec *parts)
{
	const struct virtio_net_hdr *vnet = parts[0].iov_base;

	return vnet->gso_type == s->vnet.gso_type && vnet->gso_size == s->vnet.gso_size &&
		parts[1].iov_len <= s->have &&
		memcmp(parts[1].iov_base, s->bytes, parts[1].iov_len) == 0;
}

/*
 * The slot's frame from the socket's queue: its virtio-net header into parts[0], its headers into parts[1]
 * and the rest, if it is wanted, into others. Ring and queue hold the same frames in the same order, but
 * each takes a read of its own: what comes first and is another frame has no slot any more and is passed
 * over. A link that went down is told once, in place of a frame (ENETDOWN). No more frames are queued than
 * the ring has slots, so this ends. False: the frame is not there.
 */
static bool read_queued(const struct packet *p, const struct slot *s, struct iovec *parts,
	size_t count)
{
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};

	for (uint32_t tries = 0; tries <= p->frames; tries++) {
		ssize_t n = recvmsg(p->fd, &message, MSG_DONTWAIT | MSG_TRUNC);
		if (n < 0 && errno == EAGAIN)
			return false;
		if (n == (ssize_t)(sizeof(struct virtio_net_hdr) + s->length) &&
			is_same(s, parts))
			return true;
	}
	return false;
}

static void drop_long(struct packet *p, const struct slot *s)
{
	struct virtio_net_hdr vnet;
	struct transport t;
	uint8_t headers[TRANSPORT_HEADER_MAX];
	bool known = transport_parse(&t, s->bytes, s->have) == 0;
	struct iovec parts[] = {
		{&vnet, sizeof(vnet)}, {headers, known ? t.header_length : HEADERS_LEAST}};

	if (s->queued)
		read_queued(p, s, parts, 2);
	p->too_long++;
	release(p, s);
}

/* From the ring, payload by payload. */
static void cut_ring(const struct slot *s, const struct split *split, struct rte_mbuf **pieces)
{
	const uint8_t *from = s->bytes + split->transport.header_length;

	for (unsigned i = 0; i < split->count; i++) {
		uint8_t *to = rte_pktmbuf_mtod(pieces[i], uint8_t *);
		uint16_t length = split_payload(split, i);
		rte_memcpy(to + split->transport.header_length, from, length);
		from += length;
	}
}

/* From the socket's queue: the kernel copies each payload to its place. */
static bool cut_queued(const struct packet *p, const struct slot *s, const struct split *split,
	struct rte_mbuf **pieces)
{
	struct virtio_net_hdr vnet;
	uint8_t header[TRANSPORT_HEADER_MAX];
	struct iovec parts[2 + PACKET_PIECES_MAX];
	uint16_t header_length = split->transport.header_length;

	parts[0] = (struct iovec){&vnet, sizeof(vnet)};
	parts[1] = (struct iovec){header, header_length};
	for (unsigned i = 0; i < split->count; i++) {
		parts[2 + i].iov_base = rte_pktmbuf_mtod_offset(pieces[i], uint8_t *, header_length);
		parts[2 + i].iov_len = split_payload(split, i);
	}
	return read_queued(p, s, parts, 2u + split->count);
}

static void finish(const struct slot *s, const struct split *split, struct rte_mbuf **pieces)
{
	for (unsigned i = 0; i < split->count; i++) {
		struct rte_mbuf *m = pieces[i];
		split_finish(split, i, rte_pktmbuf_mtod(m, uint8_t *));
		set_length(m, split->transport.header_length + split_payload(split, i));
		set_vlan(s, m);
	}
}

/* A frame that is long, or to be cut, becomes waiting pieces. -1: there are no buffers, it waits. */
static int receive_long(struct packet *p, const struct slot *s)
{
	struct split split;

	if (!plan(p, s, &split)) {
		drop_long(p, s);
		return 0;
	}
	if (rte_pktmbuf_alloc_bulk(p->mempool, p->pieces, split.count) != 0)
		return -1;
	if (!s->queued) {
		cut_ring(s, &split, p->pieces);
	} else if (!cut_queued(p, s, &split, p->pieces)) {
		rte_pktmbuf_free_bulk(p->pieces, split.count);
		p->too_long++;
		release(p, s);
		return 0;
	}
	finish(s, &split, p->pieces);
	p->waiting = split.count;
	p->waiting_at = 0;
	release(p, s);
	return 0;
}

static uint16_t take_pieces(struct packet *p, struct rte_mbuf **mbufs, uint16_t n)
{
	uint16_t taken = RTE_MIN(n, p->waiting);

	memcpy(mbufs, p->pieces + p->waiting_at, taken * sizeof(*mbufs));
	p->waiting_at = (uint16_t)(p->waiting_at + taken);
	p->waiting = (uint16_t)(p->waiting - taken);
	return taken;
}

uint16_t packet_rx(struct packet *p, struct rte_mbuf **mbufs, uint16_t n)
{
	uint16_t got = take_pieces(p, mbufs, n);

	while (got < n && is_ready(p, p->next)) {
		struct slot s;
		read_slot(p, p->next, &s);
		int more = is_plain(&s) ? receive_plain(p, mbufs + got, (uint16_t)(n - got)) :
					  receive_long(p, &s);
		if (more < 0)
			break;
		got = (uint16_t)(got + more);
		got = (uint16_t)(got + take_pieces(p, mbufs + got, (uint16_t)(n - got)));
	}
	return got;
}
