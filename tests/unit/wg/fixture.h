/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two devices that know each other, a clock that moves when told to, and randomness from a seed.
 * Side 0 has the greater public key (the one that insists when initiations cross, C8).
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wg/device.h"
#include "wg/state.h"

/* Randomness from now on: what was scripted first, then a generator that starts from seed. */
void fixture_random(uint64_t seed);
void fixture_script(const void *bytes, size_t length);
uint64_t fixture_draw(void); /* a number for the test itself, from a generator of its own */
uint64_t fixture_below(uint64_t limit);

void fixture_unhex(uint8_t *to, size_t length, const char *hex);

#define START_WALL_NS (1700000000ull * CLOCK_SECOND)

struct pair {
	struct wg_device *device[2];
	uint32_t slot[2];         /* of the other, on each side */
	struct endpoint at[2];    /* where each side is */
	struct wg_now now;
	struct wg_actions actions; /* of the last call */
};

/* Devices with keys, each a peer of the other with an endpoint. Nothing has been sent. */
void pair_init(struct pair *p, uint64_t seed);
void pair_free(struct pair *p);
void pair_advance(struct pair *p, uint64_t ns);

/* All of these leave what was emitted in p->actions. */
int pair_deliver(struct pair *p, unsigned to, const void *message, size_t length);
void pair_report(struct pair *p, unsigned side, uint32_t events); /* all times are now */
void pair_installed(struct pair *p, unsigned side, uint32_t local_index);
bool pair_tick(struct pair *p, unsigned side);
/* Moves the clock to the side's next deadline and ticks. */
void pair_next(struct pair *p, unsigned side);

unsigned pair_count(const struct pair *p, enum wg_action_kind kind);
/* The first of its kind; NULL when there is none. */
const struct wg_action *pair_action(const struct pair *p, enum wg_action_kind kind);

/* Takes an initiation out of side; false when it refused. */
bool pair_initiate(struct pair *p, unsigned side, uint8_t message[static 148]);
/* to answers an initiation: the session keys and the response; false when it refused. */
bool pair_respond(struct pair *p, unsigned to, const uint8_t message[static 148],
	struct session_keys *keys, uint8_t response[static 92]);
/* An initiation of side 0, with index 42, whose timestamp is ahead_ns from now to the nanosecond. */
void pair_forge(const struct pair *p, int64_t ahead_ns, uint8_t message[static 148]);
/* The message yields this error and no action, and leaves the peer as it was. */
void pair_check_refused(struct pair *p, unsigned to, const void *message, size_t length, int error);
/* The side's private key goes and comes again: no handshake or session is left (A54). */
void pair_forget(struct pair *p, unsigned side);
struct peer *pair_peer(const struct pair *p, unsigned side);
/* A whole handshake, confirmed on both sides; keys[side] are each side's. */
bool pair_establish(struct pair *p, unsigned initiator, struct session_keys keys[static 2]);

#endif
