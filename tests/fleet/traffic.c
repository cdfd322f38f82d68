/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbered packets, and what became of them. */
#include <string.h>

#include "fleet.h"
#include "util/bytes.h"

#define MAGIC       0x666c6565u
#define PAYLOAD_MIN 32
#define HEADERS     28 /* IPv4 and UDP */

size_t packet_write(const struct fleet *f, uint8_t *payload, const struct packet *p)
{
	size_t length = f->options.size - HEADERS;

	memset(payload, 0, length);
	put_be32(payload, MAGIC);
	payload[4] = p->kind;
	put_be32(payload + 8, p->site);
	put_le64(payload + 16, p->number);
	put_le64(payload + 24, p->sent_ns);
	return length;
}

bool packet_read(const struct fleet *f, struct packet *p, const uint8_t *payload, size_t length)
{
	if (length < PAYLOAD_MIN || get_be32(payload) != MAGIC || payload[4] > PROBE)
		return false;
	p->kind = payload[4];
	p->site = get_be32(payload + 8);
	p->number = get_le64(payload + 16);
	p->sent_ns = get_le64(payload + 24);
	return p->site < f->options.sites;
}

static void send_from_red(struct fleet *f, const struct site *s, const struct packet *p)
{
	size_t length = packet_write(f, wire_room(&f->red), p);

	wire_put(&f->red, get_be32(f->options.red.bytes), s->inner, INNER_PORT, length);
}

static void count_arrival(struct fleet *f, struct stream *st, const struct packet *p)
{
	if (!replay_accept(&st->seen, &st->seen_ring, p->number)) {
		st->duplicates++;
		return;
	}
	if (st->received++ > 0) {
		uint64_t gap = f->now.boot_ns - st->last_ns;
		if (gap > st->worst_gap_ns)
			st->worst_gap_ns = gap;
		st->reordered += p->number < st->greatest;
	}
	st->last_ns = f->now.boot_ns;
	if (p->number > st->greatest)
		st->greatest = p->number;
}

static void count_round_trip(struct fleet *f, const struct packet *p)
{
	uint64_t took = f->now.boot_ns - p->sent_ns;

	f->counts.round_trips++;
	f->counts.round_trip_sum_ns += took;
	if (took > f->counts.round_trip_worst_ns)
		f->counts.round_trip_worst_ns = took;
}

void traffic_at_site(struct fleet *f, struct site *s, const struct packet *p)
{
	struct packet answer = *p;

	if (p->kind != DOWN_REQUEST && p->kind != UP_ANSWER)
		return;
	count_arrival(f, &s->streams[p->kind], p);
	if (p->kind == UP_ANSWER) {
		count_round_trip(f, p);
		return;
	}
	answer.kind = DOWN_ANSWER;
	s->streams[DOWN_ANSWER].sent++;
	site_send(f, s, &answer);
}

void traffic_at_red(struct fleet *f, const struct packet *p)
{
	struct site *s = &f->sites[p->site];
	struct packet answer = *p;

	if (p->kind != UP_REQUEST && p->kind != DOWN_ANSWER)
		return;
	count_arrival(f, &s->streams[p->kind], p);
	if (p->kind == DOWN_ANSWER) {
		count_round_trip(f, p);
		return;
	}
	answer.kind = UP_ANSWER;
	s->streams[UP_ANSWER].sent++;
	send_from_red(f, s, &answer);
}

static void send_one(struct fleet *f, struct site *s, bool down, const struct packet *p)
{
	if (down)
		send_from_red(f, s, p);
	else
		site_send(f, s, p);
}

void traffic_request(struct fleet *f, struct site *s, bool down, uint64_t number)
{
	struct packet p = {
		.site = s->number,
		.kind = down ? DOWN_REQUEST : UP_REQUEST,
		.number = number,
		.sent_ns = f->now.boot_ns,
	};

	s->streams[p.kind].sent++;
	send_one(f, s, down, &p);
}

void traffic_probe(struct fleet *f, struct site *s, bool down)
{
	struct packet p = {.site = s->number, .kind = PROBE};

	f->counts.probes++;
	send_one(f, s, down, &p);
}

uint64_t traffic_sent(const struct fleet *f, enum stream_kind kind)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < f->options.sites; i++)
		n += f->sites[i].streams[kind].sent;
	return n;
}

uint64_t traffic_received(const struct fleet *f, enum stream_kind kind)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < f->options.sites; i++)
		n += f->sites[i].streams[kind].received;
	return n;
}

bool traffic_complete(const struct fleet *f)
{
	for (unsigned kind = 0; kind < STREAMS; kind++)
		if (traffic_sent(f, kind) != traffic_received(f, kind))
			return false;
	return true;
}
