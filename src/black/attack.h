/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Is somebody flooding us? An attack begins when the guard is under load, or when a thousand messages
 * in a second are of no use; it ends when neither was so for five seconds. Both are decided once a
 * second, so that whoever tells of them has at most one line a second to say.
 */
#ifndef BLACK_ATTACK_H
#define BLACK_ATTACK_H

#include <stdbool.h>
#include <stdint.h>

#include "encrypter/boundary.h"
#include "net/source.h"

struct attack {
	struct black_attack *report; /* for control */
	uint64_t seed;
	uint64_t second_ns;    /* the present second began */
	uint64_t messages;     /* of no use, up to the present second */
	uint64_t before;       /* the same when the attack began */
	uint64_t last_bad_ns;  /* the last second that was bad */
	bool ongoing, loaded;  /* loaded: at some time in the present second */
	struct source_census sources;
};

void attack_init(struct attack *a, struct black_attack *report, uint64_t seed, uint64_t now_ns);
/* A message of no use named this source. */
static inline void attack_suspect(struct attack *a, const struct ip_addr *source)
{
	source_census_add(&a->sources, source);
}
/* Once a round. messages: of no use, since the start. loaded: the guard is under load. */
void attack_round(struct attack *a, uint64_t messages, bool loaded, uint64_t now_ns);

#endif
