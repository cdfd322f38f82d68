/* SPDX-License-Identifier: BSD-3-Clause */
/* A crypt domain between memory: the test plays black, red and control. */
#ifndef CRYPT_RIG_H
#define CRYPT_RIG_H

#include "crypt/crypt.h"
#include "util/clock.h"

#define RIG_BUFFERS 512
#define RIG_PEERS   192
#define RIG_THREADS 3
#define RIG_START   (1000 * CLOCK_SECOND)

struct rig_side {
	struct zone zone;
	struct pool pool;
	struct pool_view view;
	struct ring to, from; /* as the owner sees them */
	struct bell bell;
	uint16_t next; /* buffer that the test uses next */
};

struct rig {
	struct rig_side black, red;
	struct rig *first; /* of several threads; NULL: it is the only one, or the first itself */
	unsigned number, threads;
	struct bell bells[RIG_THREADS]; /* the first one's: of all threads */
	struct zone zone; /* crypt's */
	struct ring orders, acks;
	struct bell control_bell;
	struct engine engine;
	struct crypt_stats *stats;
	struct peer_report *reports;
	_Atomic uint64_t *dirty;
	struct crypt *crypt;
	const struct allowedips *routes;
	uint32_t routes_number;
	uint64_t now_ns;
};

void rig_open(struct rig *r, const char *name, const char *engine);
void rig_close(struct rig *r);
/*
 * Crypt threads that share peers and what black and red lend, each of which is used like a rig of its
 * own. Buffers of list[i] begin with number i * RIG_BUFFERS / RIG_THREADS.
 */
void rig_open_threads(struct rig *list, unsigned threads, const char *name, const char *engine);
void rig_close_threads(struct rig *list, unsigned threads);
/* A half of slot goes from one thread to another; polled are both. */
void rig_move(struct rig *from, struct rig *to, uint32_t slot, enum crypt_half half);

void rig_poll(struct rig *r); /* until crypt finds nothing more */
/* Lend n buffers to be filled. */
void rig_lend(struct rig_side *s, unsigned n);
unsigned rig_receive(struct rig_side *s, struct handle *handles, unsigned max);
/* The first handle of that kind among what crypt gave back, the others dropped. False: none. */
bool rig_find(struct rig_side *s, uint8_t kind, struct handle *found);
unsigned rig_count(struct rig_side *s, uint8_t kind);
uint8_t *rig_bytes(const struct rig_side *s, const struct handle *h);

/* Peer `slot` with 10.0.slot.0/24 and fd00:slot::/32, and an endpoint. */
void rig_peer(struct rig *r, uint32_t slot, bool endpoint);
void rig_order(struct rig *r, uint8_t kind, uint32_t slot);
bool rig_ack(struct rig *r, struct crypt_ack *ack);
/* These from now on, numbered after the ones before. They lie in the zone, and become the rig's. */
void rig_routes(struct rig *r, struct allowedips *routes);
/* Both halves of a session. Keys follow from `seed`: two rigs with one seed understand each other. */
void rig_session(struct rig *r, uint32_t slot, uint32_t seed, bool initiator);
struct session_keys rig_keys(uint32_t seed, bool initiator, uint64_t birth_ns);

/* An IPv4 packet of `length` bytes from red, 10.0.from.1 to 10.0.to.1. */
struct handle rig_packet(struct rig *r, uint8_t from, uint8_t to, uint16_t length);
void rig_write_packet(uint8_t *packet, uint8_t from, uint8_t to, uint16_t length);
/* `message` arrives at black from 192.0.2.last:port. */
struct handle rig_message(struct rig *r, const void *message, uint16_t length, uint8_t last,
	uint16_t port);
/* What r sealed last for its peer, with its length; false when there is none. */
bool rig_sealed(struct rig *r, uint8_t *message, uint16_t *length);

#endif
