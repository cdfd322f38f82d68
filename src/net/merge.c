/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/merge.h"

#include <string.h>

#include "net/checksum.h"
#include "util/bytes.h"

#define IP_AT       ETHERNET_HEADER_LEN
#define IPV4_ID_AT  (IP_AT + 4)
#define TCP_PORTS   4 /* bytes, the same place in UDP */

/* ---- one frame ---- */

static uint16_t l4_length(const struct merge_frame *f)
{
	return (uint16_t)(f->length - f->transport.l4_at);
}

/* Nothing follows the packet in the frame, and IPv4 has no options. */
static bool is_exact(const struct merge_frame *f)
{
	const uint8_t *ip = f->bytes + IP_AT;
	unsigned l3 = f->length - IP_AT;

	if (f->transport.version == 4)
		return f->transport.l4_at == IP_AT + IPV4_HEADER_LEN && get_be16(ip + 2) == l3;
	return (unsigned)get_be16(ip + 4) + IPV6_HEADER_LEN == l3;
}

static bool looks_like_data(struct merge_frame *f)
{
	const uint8_t *l4 = f->bytes + f->transport.l4_at;

	if (f->transport.protocol == IP_PROTOCOL_UDP)
		return get_be16(l4 + UDP_LENGTH_AT) == l4_length(f) &&
			(f->ours || get_be16(l4 + UDP_CHECKSUM_AT) != 0);
	f->flags = l4[TCP_FLAGS_AT];
	return (l4[TCP_OFFSET_AT] & 0xf) == 0 && (f->flags & ~TCP_PSH) == TCP_ACK;
}

bool merge_look(struct merge_frame *f, const uint8_t *bytes, size_t length, bool ours)
{
	memset(f, 0, sizeof(*f));
	if (length > UINT16_MAX || transport_parse(&f->transport, bytes, length) != 0)
		return false;
	f->bytes = bytes;
	f->length = (uint16_t)length;
	f->ours = ours;
	f->payload = (uint16_t)(length - f->transport.header_length);
	return f->payload > 0 && is_exact(f) && looks_like_data(f);
}

bool merge_same_flow(const struct merge_frame *a, const struct merge_frame *b)
{
	const struct transport *s = &a->transport, *t = &b->transport;
	unsigned at = s->version == 4 ? IP_AT + 12 : IP_AT + 8; /* both addresses */

	return s->version == t->version && s->protocol == t->protocol && s->l4_at == t->l4_at &&
		memcmp(a->bytes + at, b->bytes + at, s->l4_at + TCP_PORTS - at) == 0;
}

/* ---- a run ---- */

void merge_begin(struct merge_run *run, const struct merge_frame *first)
{
	run->first = *first;
	run->count = 1;
	run->last_payload = first->payload;
	run->payload = first->payload;
	run->closed = (first->flags & TCP_PSH) != 0;
	run->checked = first->ours;
}

/* All of Ethernet's and IP's headers but lengths, id and checksum. */
static bool same_l3(const struct merge_frame *a, const struct merge_frame *b)
{
	const uint8_t *x = a->bytes, *y = b->bytes;

	if (memcmp(x, y, ETHERNET_HEADER_LEN) != 0)
		return false;
	x += IP_AT;
	y += IP_AT;
	if (a->transport.version == 4) /* version to TOS; fragment bits to protocol */
		return memcmp(x, y, 2) == 0 && memcmp(x + 6, y + 6, 4) == 0;
	return memcmp(x, y, 4) == 0 && memcmp(x + 6, y + 6, 2) == 0;
}

/*
 * A cut numbers the pieces one after the other. Where the header says "don't fragment" nobody
 * needs the numbers (RFC 6864), and some hosts always send the same.
 */
static bool id_follows(const struct merge_run *run, const struct merge_frame *f)
{
	uint16_t first = get_be16(run->first.bytes + IPV4_ID_AT);
	uint16_t id = get_be16(f->bytes + IPV4_ID_AT);

	if (f->transport.version != 4 || f->ours)
		return true;
	return id == (uint16_t)(first + run->count) ||
		(id == first && get_be16(f->bytes + IP_AT + 6) & IPV4_DONT_FRAGMENT);
}

/* Sequence numbers follow; acknowledgement, window, urgent pointer and options are the same. */
static bool tcp_follows(const struct merge_run *run, const struct merge_frame *f)
{
	const struct transport *t = &f->transport;
	const uint8_t *a = run->first.bytes + t->l4_at, *b = f->bytes + t->l4_at;
	unsigned length = t->header_length - t->l4_at;

	return run->first.transport.header_length == t->header_length &&
		get_be32(b + TCP_SEQUENCE_AT) == get_be32(a + TCP_SEQUENCE_AT) + run->payload &&
		memcmp(a + 8, b + 8, 5) == 0 && memcmp(a + 14, b + 14, 2) == 0 &&
		memcmp(a + 18, b + 18, length - 18) == 0;
}

static bool checksum_ok(const struct merge_frame *f)
{
	uint64_t sum = transport_pseudo(&f->transport, f->bytes, l4_length(f));

	return checksum_fold(checksum_add(sum, f->bytes + f->transport.l4_at, l4_length(f))) == 0;
}

static bool checksums_ok(struct merge_run *run, const struct merge_frame *f)
{
	if (!run->checked && !checksum_ok(&run->first))
		return false;
	run->checked = true;
	return f->ours || checksum_ok(f);
}

static bool fits(const struct merge_run *run, const struct merge_frame *f)
{
	uint32_t whole = run->first.transport.header_length + run->payload + f->payload;

	return f->payload <= run->first.payload && run->last_payload == run->first.payload &&
		whole - ETHERNET_HEADER_LEN <= TRANSPORT_PACKET_MAX;
}

bool merge_add(struct merge_run *run, const struct merge_frame *f)
{
	if (run->closed || run->first.ours != f->ours || !fits(run, f) ||
		!same_l3(&run->first, f) || !id_follows(run, f))
		return false;
	if (f->transport.protocol == IP_PROTOCOL_TCP && !tcp_follows(run, f))
		return false;
	if (!checksums_ok(run, f))
		return false;
	run->count++;
	run->payload += f->payload;
	run->last_payload = f->payload;
	run->closed = f->payload < run->first.payload || f->flags & TCP_PSH;
	run->first.flags |= f->flags;
	return true;
}

void merge_header(const struct merge_run *run, uint8_t header[static TRANSPORT_HEADER_MAX])
{
	const struct transport *t = &run->first.transport;
	uint32_t length = (uint32_t)(t->header_length - t->l4_at) + run->payload;

	memcpy(header, run->first.bytes, t->header_length);
	transport_set_length(t, header, length);
	if (t->protocol == IP_PROTOCOL_TCP)
		header[t->l4_at + TCP_FLAGS_AT] = run->first.flags;
	uint16_t pseudo = (uint16_t)~checksum_fold(transport_pseudo(t, header, length));
	memcpy(header + t->l4_at + transport_checksum_at(t), &pseudo, sizeof(pseudo));
}
