/* SPDX-License-Identifier: BSD-3-Clause */
#include "black/guard.h"

#include <errno.h>
#include <string.h>

#include "util/clock.h"
#include "wg/messages.h"

#define LOAD_PART    8 /* under load from an eighth of a ring on (A22) */
#define LOAD_LINGER  CLOCK_SECOND
#define COOKIE_PART  16 /* cookie replies to us make no load: they take no more of the ring */
#define CLAIMS_PART  4 /* of HandshakeLimit: so many mac2 are looked at */
#define RATE_SOURCES 16384
#define SHARE_OF_4   3 /* quarters of a limit that are kept for sources within their share */

static int limit_init(struct meter_parts *limit, uint32_t per_second, uint64_t now_ns)
{
	uint32_t reserved = (uint32_t)(per_second * (uint64_t)SHARE_OF_4 / 4);

	if (reserved == 0 && per_second > 0)
		reserved = 1;
	return meter_parts_init(limit, reserved, per_second - reserved, now_ns);
}

/* At least one, when there is a limit. */
static uint32_t part_of(uint32_t limit, uint32_t part)
{
	return limit / part + (limit % part != 0);
}

static int init_limits(struct guard *g, const struct guard_config *config)
{
	int rc = limit_init(&g->handshakes, config->limits.handshakes, config->now_ns);

	if (rc == 0)
		rc = limit_init(&g->claims, part_of(config->limits.handshakes, CLAIMS_PART),
			config->now_ns);
	if (rc == 0)
		rc = limit_init(&g->cookies, config->limits.cookies, config->now_ns);
	if (rc != 0 || config->limits.per_source == 0)
		return rc;
	g->shares = zone_alloc(config->zone, sizeof(*g->shares));
	return !g->shares ? -ENOMEM :
		meter_sources_init(g->shares, config->limits.per_source,
			config->limits.per_source, config->seed + 2, config->now_ns);
}

int guard_init(struct guard *g, const struct guard_config *config)
{
	void *sources = zone_alloc(config->zone, ratelimit_bytes(RATE_SOURCES));
	int rc;

	memset(g, 0, sizeof(*g));
	g->stats = config->stats;
	g->unproven = config->unproven;
	g->proven = config->proven;
	g->waiting = zone_alloc(config->zone, sizeof(*g->waiting));
	g->attack = zone_alloc(config->zone, sizeof(*g->attack));
	if (sources)
		g->sources = ratelimit_init(sources, RATE_SOURCES);
	rc = init_limits(g, config);
	if (rc != 0 || !g->sources || !g->waiting || !g->attack) {
		guard_fini(g);
		return rc != 0 ? rc : -ENOMEM;
	}
	source_queue_init(g->waiting, config->seed);
	attack_init(g->attack, config->report, config->seed[0] ^ config->seed[2], config->now_ns);
	return 0;
}

void guard_fini(struct guard *g)
{
	cookie_checker_clear(&g->checker);
	zone_free(g->sources);
	zone_free(g->shares);
	zone_free(g->waiting);
	zone_free(g->attack);
	memset(g, 0, sizeof(*g));
}

static uint32_t waiting_in(const struct ring *ring)
{
	uint32_t capacity = ring->capacity, vacant = ring_free_count(ring);

	return vacant < capacity ? capacity - vacant : 0;
}

static bool is_filled(const struct ring *ring, uint32_t divisor)
{
	uint32_t part = (ring->capacity + 1) / divisor;

	return waiting_in(ring) >= (part ? part : 1);
}

static bool is_long(const struct ring *ring)
{
	return is_filled(ring, LOAD_PART);
}

/* A22. Handshakes that were proven are work for control as well. */
static bool is_loaded(struct guard *g, uint64_t now_ns)
{
	if (is_long(&g->unproven) || is_long(&g->proven)) {
		g->loaded_until_ns = now_ns + LOAD_LINGER;
		return true;
	}
	return now_ns < g->loaded_until_ns;
}

/*
 * When many sources have proven themselves and still send more than control can do, each has its
 * turn: who has a message in the queue adds no other. A site that comes with its first one waits for
 * at most one of each other source.
 */
static bool has_turn(struct guard *g, const struct endpoint *from)
{
	uint64_t first = g->proven_sent - waiting_in(&g->proven);
	bool may = source_queue_add(g->waiting, &from->addr, first, g->proven_sent);

	return may || !is_long(&g->proven);
}

/* Known before its proof is looked at, which takes longer; and nothing is held against a forger's victim. */
static bool has_enough(const struct guard *g, const struct endpoint *from, uint64_t now_ns)
{
	uint64_t first = g->proven_sent - waiting_in(&g->proven);

	return (is_long(&g->proven) && source_queue_has(g->waiting, &from->addr, first)) ||
		ratelimit_denies(g->sources, &from->addr, now_ns);
}

/* A message that is judged. */
struct plea {
	const uint8_t *message;
	uint16_t length;
	const struct endpoint *from;
	bool within; /* its source's share */
	uint64_t now_ns;
	uint64_t **counter;
};

static enum guard_verdict drop(struct guard *g, const struct plea *p, uint64_t *where)
{
	guard_suspect(g, &p->from->addr);
	*p->counter = where;
	return GUARD_DROP;
}

static enum guard_verdict judge_proven(struct guard *g, const struct plea *p)
{
	if (ring_free_count(&g->proven) == 0) /* it takes no turn: there is no place that could be its */
		return drop(g, p, &g->stats->drop_control_full);
	if (!ratelimit_allow(g->sources, &p->from->addr, p->now_ns) || !has_turn(g, p->from))
		return drop(g, p, &g->stats->drop_source_limit);
	return GUARD_PROVEN;
}

/* Anybody can claim to have a cookie, and to look at that takes longer than all that comes before. */
static bool may_claim(struct guard *g, const struct plea *p)
{
	return meter_parts_take(&g->claims, p->within, p->now_ns);
}

static bool has_mac1(const struct guard *g, const struct plea *p)
{
	return cookie_check_mac1(&g->checker, p->message, p->length);
}

static bool has_right_mac2(const struct guard *g, const struct plea *p)
{
	return cookie_check_mac2(&g->checker, p->message, p->length, p->from, p->now_ns);
}

/*
 * Above the port's limit a right mac2 still counts: no flood may close the gate to it (C11). That one who
 * kept to its share is above it is load, whatever it was that came: so who gets in by luck gets a cookie.
 * Those who flood alone have used up their quarter, and the others need no cookie.
 */
static enum guard_verdict judge_excess(struct guard *g, const struct plea *p)
{
	if (p->within)
		g->loaded_until_ns = p->now_ns + LOAD_LINGER;
	if (cookie_has_mac2(p->message, p->length) && !has_enough(g, p->from, p->now_ns) &&
		may_claim(g, p) && has_right_mac2(g, p) && has_mac1(g, p))
		return judge_proven(g, p);
	return drop(g, p, &g->stats->drop_limit);
}

/* What has a mac2 under load; the message has proven nothing yet, not even mac1. */
static enum guard_verdict judge_claim(struct guard *g, const struct plea *p)
{
	if (has_enough(g, p->from, p->now_ns))
		return drop(g, p, &g->stats->drop_source_limit);
	if (!has_mac1(g, p))
		return drop(g, p, &g->stats->drop_mac1);
	if (!may_claim(g, p))
		return drop(g, p, &g->stats->drop_limit);
	return has_right_mac2(g, p) ? judge_proven(g, p) : GUARD_REPLY;
}

/* The cookie reply that is due, when it is within the limit. */
static enum guard_verdict judge_reply(struct guard *g, const struct plea *p)
{
	if (!meter_parts_take(&g->cookies, p->within, p->now_ns))
		return drop(g, p, &g->stats->drop_cookie_limit);
	drop(g, p, &g->stats->drop_mac2);
	return GUARD_REPLY;
}

/* One that came to us has no mac1, so anybody can make it; control knows its tag. */
static enum guard_verdict judge_cookie(struct guard *g, const struct plea *p)
{
	return is_filled(&g->unproven, COOKIE_PART) ? drop(g, p, &g->stats->drop_limit) : GUARD_PASS;
}

static enum guard_verdict judge(struct guard *g, const struct plea *p)
{
	if (!meter_parts_take(&g->handshakes, p->within, p->now_ns))
		return judge_excess(g, p);
	if (p->message[0] == MESSAGE_COOKIE && g->checker.set)
		return judge_cookie(g, p);
	bool loaded = is_loaded(g, p->now_ns); /* A21: off load mac2 is ignored */
	if (loaded && cookie_has_mac2(p->message, p->length))
		return judge_claim(g, p);
	if (!has_mac1(g, p))
		return drop(g, p, &g->stats->drop_mac1);
	return loaded ? GUARD_REPLY : GUARD_PASS;
}

enum guard_verdict guard_judge(struct guard *g, const uint8_t *message, uint16_t length,
	const struct endpoint *from, uint64_t now_ns, uint64_t **counter)
{
	const struct plea p = {.message = message,
		.length = length,
		.from = from,
		.within = !g->shares || meter_sources_take(g->shares, &from->addr, now_ns),
		.now_ns = now_ns,
		.counter = counter};
	enum guard_verdict verdict = judge(g, &p);

	return verdict == GUARD_REPLY ? judge_reply(g, &p) : verdict;
}

bool guard_send(struct guard *g, const struct black_report *report, bool proven)
{
	bool sent = ring_send(proven ? &g->proven : &g->unproven, report, 1) == 1;

	g->proven_sent += sent && proven;
	return sent;
}

/* What nobody has a use for. Broadcasts and other hosts' frames are everyday. */
static uint64_t useless(const struct black_stats *s)
{
	return s->drop_runt + s->drop_vlan + s->drop_ethertype + s->drop_arp_malformed +
		s->drop_nd_malformed + s->drop_ip_header + s->drop_ip_length + s->drop_ip_checksum +
		s->drop_ip_fragment + s->drop_ip_extension + s->drop_ip_source + s->drop_protocol +
		s->drop_udp_length + s->drop_udp_checksum + s->drop_udp_port + s->drop_type +
		s->drop_size + s->drop_limit + s->drop_mac1 + s->drop_mac2 + s->drop_cookie_limit +
		s->drop_source_limit + s->drop_control_full;
}

void guard_round(struct guard *g, uint64_t now_ns)
{
	attack_round(g->attack, useless(g->stats), now_ns < g->loaded_until_ns, now_ns);
}
