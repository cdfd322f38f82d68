/* SPDX-License-Identifier: BSD-3-Clause */
/* Progress to stderr; at the end all figures to stdout, as text or as one JSON object. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "fleet.h"
#include "util/clock.h"

static const char *const stream_names[STREAMS] = {
	[DOWN_REQUEST] = "down",
	[DOWN_ANSWER] = "down_answer",
	[UP_REQUEST] = "up",
	[UP_ANSWER] = "up_answer",
};

struct total { /* of one stream, over all sites */
	uint64_t sent, received, lost, sites_with_loss, duplicates, reordered, worst_gap_ns;
};

static struct total total_of(const struct fleet *f, enum stream_kind kind)
{
	struct total t = {0};

	for (uint32_t i = 0; i < f->options.sites; i++) {
		const struct stream *s = &f->sites[i].streams[kind];
		t.sent += s->sent;
		t.received += s->received;
		t.lost += s->sent - s->received;
		t.sites_with_loss += s->sent != s->received;
		t.duplicates += s->duplicates;
		t.reordered += s->reordered;
		if (s->worst_gap_ns > t.worst_gap_ns)
			t.worst_gap_ns = s->worst_gap_ns;
	}
	return t;
}

uint64_t report_lost(const struct fleet *f)
{
	uint64_t lost = 0;

	for (unsigned kind = 0; kind < STREAMS; kind++)
		lost += total_of(f, kind).lost;
	return lost;
}

void report_progress(const struct fleet *f, const char *phase)
{
	fprintf(stderr,
		"%6.1f s %s: up %" PRIu32 " of %u, requests %" PRIu64 " down %" PRIu64
		" up, on their way or lost %" PRIu64 ", handshakes begun %" PRIu64 "\n",
		(double)(f->now.boot_ns - f->start_ns) / 1e9, phase, f->up, f->options.sites,
		traffic_sent(f, DOWN_REQUEST), traffic_sent(f, UP_REQUEST), report_lost(f),
		f->counts.initiations_sent + f->counts.initiations_received);
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The time after which half of the sites were up. */
static uint64_t median_up_ns(const struct fleet *f)
{
	uint64_t *list = malloc(f->options.sites * sizeof(*list));

	if (!list)
		return 0;
	for (uint32_t i = 0; i < f->options.sites; i++) {
		uint64_t at = f->sites[i].up_ns;
		list[i] = at ? at - f->start_ns : UINT64_MAX;
	}
	qsort(list, f->options.sites, sizeof(*list), by_size);
	uint64_t median = list[f->options.sites / 2];
	free(list);
	return median;
}

static void range_of_rekeys(const struct fleet *f, uint32_t *fewest, uint32_t *most, uint64_t *all)
{
	*fewest = UINT32_MAX;
	*most = 0;
	*all = 0;
	for (uint32_t i = 0; i < f->options.sites; i++) {
		uint32_t n = f->sites[i].sessions ? f->sites[i].sessions - 1 : 0;
		*fewest = n < *fewest ? n : *fewest;
		*most = n > *most ? n : *most;
		*all += n;
	}
}

/* ---- one figure a line, or a member of the object ---- */

struct pen {
	bool json;
	unsigned count;
};

static void put_name(struct pen *p, const char *group, const char *name)
{
	if (p->json)
		printf("%s\"%s%s%s\": ", p->count ? ", " : "{", group, *group ? "_" : "", name);
	else
		printf("%s%s%s: ", group, *group ? " " : "", name);
	p->count++;
}

static void put_number(struct pen *p, const char *group, const char *name, uint64_t value)
{
	put_name(p, group, name);
	printf("%" PRIu64 "%s", value, p->json ? "" : "\n");
}

static void put_ms(struct pen *p, const char *group, const char *name, uint64_t ns)
{
	put_name(p, group, name);
	printf("%.3f%s", (double)ns / (double)CLOCK_MS, p->json ? "" : "\n");
}

static void put_start(struct pen *p, const struct fleet *f)
{
	uint32_t fewest, most;
	uint64_t all;

	put_number(p, "", "sites", f->options.sites);
	put_number(p, "", "up", f->up);
	put_ms(p, "", "up_ms", f->up_ns);
	put_ms(p, "", "up_median_ms", median_up_ns(f));
	put_number(p, "", "probes", f->counts.probes);
	range_of_rekeys(f, &fewest, &most, &all);
	put_number(p, "", "rekeys", all);
	put_number(p, "", "rekeys_fewest", fewest);
	put_number(p, "", "rekeys_most", most);
}

static void put_streams(struct pen *p, const struct fleet *f)
{
	for (unsigned kind = 0; kind < STREAMS; kind++) {
		struct total t = total_of(f, kind);
		put_number(p, stream_names[kind], "sent", t.sent);
		put_number(p, stream_names[kind], "received", t.received);
		put_number(p, stream_names[kind], "lost", t.lost);
		put_number(p, stream_names[kind], "sites_with_loss", t.sites_with_loss);
		put_number(p, stream_names[kind], "duplicates", t.duplicates);
		put_number(p, stream_names[kind], "reordered", t.reordered);
		put_ms(p, stream_names[kind], "worst_gap_ms", t.worst_gap_ns);
	}
}

static void put_counts(struct pen *p, const struct fleet *f)
{
	const struct counts *c = &f->counts;

	put_number(p, "", "lost", report_lost(f));
	put_ms(p, "", "round_trip_mean_ms",
		c->round_trips ? c->round_trip_sum_ns / c->round_trips : 0);
	put_ms(p, "", "round_trip_worst_ms", c->round_trip_worst_ns);
	put_number(p, "", "initiations_sent", c->initiations_sent);
	put_number(p, "", "initiations_received", c->initiations_received);
	put_number(p, "", "responses_sent", c->responses_sent);
	put_number(p, "", "responses_received", c->responses_received);
	put_number(p, "", "cookies_received", c->cookies_received);
	put_number(p, "", "handshakes_refused", c->handshakes_refused);
	put_number(p, "", "keepalives_sent", c->keepalives_sent);
	put_number(p, "", "keepalives_received", c->keepalives_received);
	put_number(p, "", "messages_refused", c->messages_refused);
	put_number(p, "", "staged_dropped", c->staged_dropped);
	put_number(p, "", "strangers", c->strangers);
	put_number(p, "", "black_socket_missed", f->black.missed);
	put_number(p, "", "black_not_sent", f->black.not_sent);
	put_number(p, "", "red_socket_missed", f->red.missed);
	put_number(p, "", "red_not_sent", f->red.not_sent);
}

void report_print(const struct fleet *f)
{
	struct pen pen = {.json = f->options.json};

	put_start(&pen, f);
	put_streams(&pen, f);
	put_counts(&pen, f);
	if (pen.json)
		printf("}\n");
}
