/* SPDX-License-Identifier: BSD-3-Clause */
/* What was found, as a table or as JSON. */
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>

#include "run.h"

static const char *const names[STAGE_COUNT] = {
#define STAGE_NAME(name, help) #name,
	STAGES(STAGE_NAME)
#undef STAGE_NAME
};

static const char *const helps[STAGE_COUNT] = {
#define STAGE_HELP(name, help) help,
	STAGES(STAGE_HELP)
#undef STAGE_HELP
};

static double gbit(uint16_t size, double ticks)
{
	return packet_bytes(size) * 8 * (double)rte_get_tsc_hz() / ticks / 1e9;
}

static bool is_opening(unsigned stage)
{
	return (stage >= STAGE_in && stage <= STAGE_in_red) || stage == STAGE_crypt_open ||
		stage == STAGE_engine_open;
}

/* The engine's own figure for the same work. */
static double limit_of(const struct cell cells[static STAGE_COUNT], unsigned stage)
{
	return cells[is_opening(stage) ? STAGE_engine_open : STAGE_engine_seal].best;
}

static void print_size(unsigned size, char text[static 12])
{
	if (size == BENCH_IMIX)
		strcpy(text, "imix");
	else
		snprintf(text, 12, "%u", size);
}

static const char *processor(void)
{
	static char line[256];
	FILE *f = fopen("/proc/cpuinfo", "r");
	const char *found = "unknown";

	while (f && fgets(line, sizeof(line), f)) {
		char *colon = strchr(line, ':');
		if (strncmp(line, "model name", 10) != 0 || !colon)
			continue;
		line[strcspn(line, "\n")] = 0;
		found = colon + 2;
		break;
	}
	if (f)
		fclose(f);
	return found;
}

/* ---- JSON ---- */

static void json_cell(const struct options *o, const struct result *r, unsigned s, unsigned p,
	unsigned stage)
{
	const struct cell *cells = r->cells[s][p], *c = &cells[stage];
	uint16_t size = (uint16_t)o->sizes[s];
	char text[12];

	print_size(size, text);
	printf("{\"engine\": \"%s\", \"peers\": %u, \"size\": \"%s\", \"bytes\": %.1f, "
	       "\"stage\": \"%s\", \"ticks\": %.2f, \"median\": %.2f, \"gbit\": %.3f, "
	       "\"to_engine\": %.4f, \"to_first\": %.4f}",
		r->engine, o->peers[p], text, packet_bytes(size), names[stage], c->best, c->median,
		gbit(size, c->best), c->best / limit_of(cells, stage),
		c->best / r->cells[s][0][stage].best);
}

static void json_engine(const struct options *o, const struct result *r, bool first)
{
	for (unsigned s = 0; s < o->size_count; s++)
		for (unsigned p = 0; p < o->peer_count; p++)
			for (unsigned stage = 0; stage < STAGE_COUNT; stage++) {
				printf(first ? "\n  " : ",\n  ");
				json_cell(o, r, s, p, stage);
				first = false;
			}
}

static void json_rate(const char *name, double ticks, double limit)
{
	printf("\"%s\": {\"ticks\": %.0f, \"per_second\": %.0f", name, ticks,
		(double)rte_get_tsc_hz() / ticks);
	if (limit > 0)
		printf(", \"x25519_ticks\": %.0f, \"to_x25519\": %.4f", limit, ticks / limit);
	printf("}");
}

static void json_end(const struct common *c)
{
	const struct bench_handshakes *h = &c->handshakes;
	const struct bench_memory *m = &c->memory;

	printf("],\n \"handshakes\": {");
	json_rate("initiator", h->initiator, h->initiator_dh);
	printf(", ");
	json_rate("responder", h->responder, h->responder_dh);
	printf("},\n \"mac1\": {");
	json_rate("passed", h->mac1_passed, 0);
	printf(", ");
	json_rate("refused", h->mac1_refused, 0);
	printf("},\n \"memory\": {\"crypt_peer\": %.0f, \"black_peer\": %.0f, \"control_peer\": %.0f, "
	       "\"red_prefix\": %.0f, \"session\": %.0f, \"huge_pages\": %s}}\n",
		m->crypt_peer, m->black_peer, m->control_peer, m->red_prefix, m->session,
		c->huge_pages ? "true" : "false");
}

/* ---- the table ---- */

static void text_case(const struct options *o, const struct result *r, unsigned s, unsigned p)
{
	const struct cell *cells = r->cells[s][p];
	char text[12];

	print_size(o->sizes[s], text);
	printf("\n%s, %s bytes, %u peers        ticks  median    Gbit/s  to engine  to %u peers\n",
		r->engine, text, o->peers[p], o->peers[0]);
	for (unsigned i = 0; i < STAGE_COUNT; i++)
		printf("  %-12s %-30s %6.0f  %6.0f  %8.2f  %9.2f  %9.2f\n", names[i], helps[i],
			cells[i].best, cells[i].median, gbit((uint16_t)o->sizes[s], cells[i].best),
			cells[i].best / limit_of(cells, i),
			cells[i].best / r->cells[s][0][i].best);
}

static void text_rate(const char *what, double ticks, double limit)
{
	printf("  %-34s %8.0f  %9.0f", what, ticks, (double)rte_get_tsc_hz() / ticks);
	if (limit > 0)
		printf("  %.2f times X25519 alone", ticks / limit);
	printf("\n");
}

static void text_end(const struct common *c)
{
	const struct bench_handshakes *h = &c->handshakes;
	const struct bench_memory *m = &c->memory;

	printf("\n                                        ticks   a second\n");
	text_rate("handshakes, as initiator", h->initiator, h->initiator_dh);
	text_rate("handshakes, as responder", h->responder, h->responder_dh);
	text_rate("initiations with a right mac1", h->mac1_passed, 0);
	text_rate("initiations with a wrong mac1", h->mac1_refused, 0);
	printf("\nbytes: a peer %.0f in crypt, %.0f in black, %.0f in control; a session %.0f; "
	       "a prefix in red %.0f\n", m->crypt_peer, m->black_peer, m->control_peer, m->session,
		m->red_prefix);
}

/* ---- */

void report_begin(const struct options *o)
{
	if (o->json)
		printf("{\"version\": 1, \"processor\": \"%s\", \"ticks_per_second\": %llu,\n"
		       " \"rounds\": %u, \"packets\": %u, \"quick\": %s,\n \"stages\": [",
			processor(), (unsigned long long)rte_get_tsc_hz(), o->rounds,
			o->bursts * BENCH_BURST, o->quick ? "true" : "false");
	else
		printf("%s, %.2f GHz; ticks per packet, best tenth of %u rounds of %u packets\n",
			processor(), (double)rte_get_tsc_hz() / 1e9, o->rounds,
			o->bursts * BENCH_BURST);
}

void report_engine(const struct options *o, const struct result *r, bool first)
{
	if (o->json) {
		json_engine(o, r, first);
		return;
	}
	for (unsigned s = 0; s < o->size_count; s++)
		for (unsigned p = 0; p < o->peer_count; p++)
			text_case(o, r, s, p);
}

void report_end(const struct options *o, const struct common *c)
{
	if (o->json)
		json_end(c);
	else
		text_end(c);
}
