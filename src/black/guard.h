/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The guard before control: which handshake messages are worth its work? A handshake costs control
 * 50 to 200 us, what is done here 1 to 2. Off load a right mac1 is enough. Under load (A22) a sender
 * must prove that it gets what is sent to its address, by mac2 with the cookie that we sent there; and
 * it is limited as a source (A23). All state belongs to the device (C11).
 *
 * Before that stand the port's own limits, which save this thread's time: so many handshake messages
 * are looked at in a second, so many mac2 are checked, so many cookie replies are sent. Of each, three
 * quarters are for sources that keep to their share, and no more than the rest goes to those that do
 * not: a few that flood leave the others alone. A source that others forge loses its share, but nothing
 * else. It is load as well when one that keeps to its share meets the first of these limits.
 */
#ifndef BLACK_GUARD_H
#define BLACK_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "black/attack.h"
#include "dp/meter.h"
#include "dp/ring.h"
#include "dp/zone.h"
#include "encrypter/boundary.h"
#include "encrypter/stats.h"
#include "net/source.h"
#include "wg/cookie.h"
#include "wg/ratelimit.h"

#define GUARD_SEEDS 4

struct guard_limits { /* messages a second; 0: no limit */
	uint32_t handshakes; /* looked at; a quarter of them for a mac2, which takes longest */
	uint32_t per_source; /* a source's share of each. 0: all have the same rights */
	uint32_t cookies;    /* cookie replies */
};

struct guard {
	struct black_stats *stats;
	struct ring unproven, proven; /* to control */
	struct cookie_checker checker;
	struct ratelimit *sources;    /* A23 */
	struct meter_sources *shares; /* NULL: no limit per source */
	struct source_queue *waiting; /* whose messages wait in the ring of the proven */
	uint64_t proven_sent;         /* places of that ring used so far */
	struct meter_parts handshakes, claims, cookies;
	uint64_t loaded_until_ns;
	struct attack *attack;
};

struct guard_config {
	struct zone *zone;
	struct black_stats *stats;
	struct black_attack *report;
	struct ring unproven, proven;
	struct guard_limits limits;
	uint64_t seed[GUARD_SEEDS];   /* random: nobody can choose whom he is taken for */
	uint64_t now_ns;
};

int guard_init(struct guard *g, const struct guard_config *config); /* -ENOMEM, -EINVAL */
void guard_fini(struct guard *g);

enum guard_verdict {
	GUARD_PASS,  /* to control: off load, or a cookie reply */
	GUARD_PROVEN,/* to control, by the ring of the proven */
	GUARD_REPLY, /* under load, no right mac2: a cookie reply is to be sent, and was taken off the limit */
	GUARD_DROP,
};

/*
 * Of a handshake message of the right size for its type. When it is not to pass, *counter says where
 * it is counted (for GUARD_REPLY: when the reply went out).
 */
enum guard_verdict guard_judge(struct guard *g, const uint8_t *message, uint16_t length,
	const struct endpoint *from, uint64_t now_ns, uint64_t **counter);
/* False: the ring is full. */
bool guard_send(struct guard *g, const struct black_report *report, bool proven);
/* A datagram to our port that was dropped for what it is. */
static inline void guard_suspect(struct guard *g, const struct ip_addr *source)
{
	attack_suspect(g->attack, source);
}
/* Once a round. */
void guard_round(struct guard *g, uint64_t now_ns);

#endif
