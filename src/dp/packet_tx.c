/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sending to a packet socket. A system call costs more than the packet that it carries: so a burst is
 * one call, and frames of it that belong together (a TCP flow out of the tunnel, messages to one
 * peer) are one message of it, which the kernel passes on whole for as long as it can.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "dp/packet.h"
#include "dp/vnet.h"
#include "net/checksum.h"
#include "net/merge.h"
#include "util/log.h"

/* Flows that one burst is searched for: the burst is short, and most often of one or two flows. */
#define FLOWS_MAX 8
#define NOTHING   UINT16_MAX

struct run {
	struct merge_run merge;
	uint16_t first, last; /* of the burst's frames; the rest is chained by `next` */
	bool sent;
};

struct batch {
	struct rte_mbuf **mbufs;
	uint16_t next[PACKET_BURST];
	uint16_t run_count;
	struct run runs[PACKET_BURST];
	uint16_t open_count;
	struct run *open[FLOWS_MAX]; /* to which more may be added, at most one of a flow */
	struct virtio_net_hdr vnet[PACKET_BURST];
	uint8_t headers[PACKET_BURST][TRANSPORT_HEADER_MAX];
	uint16_t part_count;
	struct iovec parts[3 * PACKET_BURST];
	struct mmsghdr messages[PACKET_BURST];
};

/* ---- which frames go together ---- */

static bool may_join(const struct packet *p, const struct merge_frame *f)
{
	return !p->refused && !(p->no_udp && f->transport.protocol == IP_PROTOCOL_UDP);
}

static struct run *begin_run(struct batch *b, uint16_t i, const struct merge_frame *f)
{
	struct run *run = &b->runs[b->run_count++];

	merge_begin(&run->merge, f);
	run->first = i;
	run->last = i;
	run->sent = false;
	return run;
}

static struct run **find_flow(struct batch *b, const struct merge_frame *f)
{
	for (uint16_t i = 0; i < b->open_count; i++)
		if (merge_same_flow(&b->open[i]->merge.first, f))
			return &b->open[i];
	return NULL;
}

/* Not to be joined: and nothing of its flow, as far as that can be told, may overtake it. */
static void add_single_frame(struct batch *b, uint16_t i, const struct merge_frame *f)
{
	struct run **flow = f->bytes ? find_flow(b, f) : NULL;

	if (!f->bytes)
		b->open_count = 0;
	else if (flow)
		(*flow)->merge.closed = true;
	begin_run(b, i, f);
}

static void add_frame(struct batch *b, const struct packet *p, uint16_t i)
{
	const struct rte_mbuf *m = b->mbufs[i];
	struct merge_frame f;
	bool ours = (m->ol_flags & (RTE_MBUF_F_TX_UDP_SEG | RTE_MBUF_F_TX_UDP_CKSUM)) != 0;

	b->next[i] = NOTHING;
	if (!merge_look(&f, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, ours) ||
		!may_join(p, &f)) {
		add_single_frame(b, i, &f);
		return;
	}
	struct run **flow = find_flow(b, &f);
	if (flow && merge_add(&(*flow)->merge, &f)) {
		b->next[(*flow)->last] = i;
		(*flow)->last = i;
		return;
	}
	struct run *run = begin_run(b, i, &f);
	if (flow)
		*flow = run;
	else if (b->open_count < FLOWS_MAX)
		b->open[b->open_count++] = run;
}

/* ---- messages ---- */

static void add_part(struct batch *b, const void *bytes, size_t length)
{
	b->parts[b->part_count].iov_base = (void *)(uintptr_t)bytes;
	b->parts[b->part_count++].iov_len = length;
}

/* A checksum that was left to the port: the pseudo-header's is in its place. */
static void set_checksum_offload(const struct rte_mbuf *m, struct virtio_net_hdr *vnet)
{
	if (!(m->ol_flags & RTE_MBUF_F_TX_UDP_CKSUM))
		return;
	vnet->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	vnet->csum_start = (uint16_t)(m->l2_len + m->l3_len);
	vnet->csum_offset = UDP_CHECKSUM_AT;
}

static void describe_joined(const struct merge_run *run, struct virtio_net_hdr *vnet)
{
	const struct transport *t = &run->first.transport;
	uint8_t tcp = t->version == 4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;

	vnet->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	vnet->gso_type = t->protocol == IP_PROTOCOL_TCP ? tcp : VIRTIO_NET_HDR_GSO_UDP_L4;
	vnet->hdr_len = t->header_length;
	vnet->gso_size = run->first.payload;
	vnet->csum_start = t->l4_at;
	vnet->csum_offset = transport_checksum_at(t);
}

static void add_joined(struct batch *b, uint16_t number)
{
	const struct run *run = &b->runs[number];
	uint16_t header = run->merge.first.transport.header_length;

	describe_joined(&run->merge, &b->vnet[number]);
	merge_header(&run->merge, b->headers[number]);
	add_part(b, b->headers[number], header);
	for (uint16_t i = run->first; i != NOTHING; i = b->next[i])
		add_part(b, rte_pktmbuf_mtod_offset(b->mbufs[i], void *, header),
			b->mbufs[i]->data_len - header);
}

static void add_single(struct batch *b, uint16_t number)
{
	const struct rte_mbuf *m = b->mbufs[b->runs[number].first];

	set_checksum_offload(m, &b->vnet[number]);
	add_part(b, rte_pktmbuf_mtod(m, void *), m->data_len);
}

static void make_messages(struct batch *b)
{
	memset(b->vnet, 0, b->run_count * sizeof(b->vnet[0]));
	memset(b->messages, 0, b->run_count * sizeof(b->messages[0]));
	b->part_count = 0;
	for (uint16_t i = 0; i < b->run_count; i++) {
		struct msghdr *message = &b->messages[i].msg_hdr;
		message->msg_iov = &b->parts[b->part_count];
		add_part(b, &b->vnet[i], sizeof(b->vnet[i]));
		if (b->runs[i].merge.count > 1)
			add_joined(b, i);
		else
			add_single(b, i);
		message->msg_iovlen = (size_t)(&b->parts[b->part_count] - message->msg_iov);
	}
}

/* ---- the burst ---- */

/*
 * The kernel takes no such frame: an old one knows no joined UDP, and a device without segmentation
 * loses what must be cut for it (ENOBUFS, as when it is full).
 */
static void learn(struct packet *p, const struct run *run, int error)
{
	if (error == EINVAL && run->merge.first.transport.protocol == IP_PROTOCOL_UDP) {
		p->no_udp = true;
		log_event(LOG_INFO, "port",
			"the kernel takes no joined UDP: datagrams are sent one by one");
	} else {
		p->refused = true;
	}
}

/* The socket is full, or the device down or gone: nothing else would leave either. */
static bool is_for_all(int error)
{
	return error == EAGAIN || error == ENETDOWN || error == ENXIO || error == ENODEV;
}

/* How many runs from there on have shorter frames than that. */
static unsigned count_shorter(const struct batch *b, uint16_t at, uint16_t length)
{
	unsigned count = 0;

	while (at + count < b->run_count && b->mbufs[b->runs[at + count].first]->data_len < length)
		count++;
	return count;
}

/*
 * Sends the runs. A single frame that the kernel does not take on its own account, such as one longer
 * than an MTU that was lowered, is passed over. With ENOBUFS it may be too long for the device's other
 * end (veth), or the device may be full: then others as long need no try, and shorter ones are tried.
 * Returns the joined run that was refused, or NULL.
 */
static const struct run *send_runs(const struct packet *p, struct batch *b, int *error)
{
	uint16_t at = 0, refused = UINT16_MAX; /* the shortest */

	while (at < b->run_count) {
		const struct run *run = &b->runs[at];
		unsigned n = count_shorter(b, at, refused);
		if (n == 0) {
			at++;
			continue;
		}
		int sent = sendmmsg(p->fd, &b->messages[at], n, MSG_DONTWAIT);
		*error = errno;
		if (sent > 0) {
			while (sent-- > 0)
				b->runs[at++].sent = true;
			continue;
		}
		if (is_for_all(*error))
			return NULL;
		if (run->merge.count > 1)
			return run;
		if (*error == ENOBUFS)
			refused = b->mbufs[run->first]->data_len;
		at++;
	}
	return NULL;
}

/* Frames of the runs that were sent to the front, and freed; how many they are. */
static uint16_t settle(struct batch *b, uint16_t n)
{
	struct rte_mbuf *order[PACKET_BURST];
	uint16_t at = 0, taken = 0;

	for (unsigned sent = 2; sent-- > 0;) {
		for (uint16_t r = 0; r < b->run_count; r++)
			if (b->runs[r].sent == sent)
				for (uint16_t i = b->runs[r].first; i != NOTHING; i = b->next[i])
					order[at++] = b->mbufs[i];
		if (sent)
			taken = at;
	}
	memcpy(b->mbufs, order, n * sizeof(order[0]));
	rte_pktmbuf_free_bulk(b->mbufs, taken);
	return taken;
}

uint16_t packet_tx(struct packet *p, struct rte_mbuf **mbufs, uint16_t n)
{
	struct batch b;
	int error = 0;

	if (n > PACKET_BURST)
		n = PACKET_BURST;
	b.mbufs = mbufs;
	b.run_count = 0;
	b.open_count = 0;
	for (uint16_t i = 0; i < n; i++)
		add_frame(&b, p, i);
	make_messages(&b);
	const struct run *refused = send_runs(p, &b, &error);
	if (refused)
		learn(p, refused, error);
	uint16_t taken = settle(&b, n);
	if (refused) /* one by one */
		taken = (uint16_t)(taken + packet_tx(p, mbufs + taken, (uint16_t)(n - taken)));
	return taken;
}
