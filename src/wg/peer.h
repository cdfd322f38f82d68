/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Peers and the table that holds them. They carry secrets, so they lie in guarded memory, in slabs
 * that are taken when the first of their slots is used and given back with the table. The table
 * finds a peer by its slot and by its public key.
 */
#ifndef WG_PEER_H
#define WG_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "util/addr.h"
#include "wg/jar.h"
#include "wg/lanes.h"
#include "wg/messages.h"
#include "wg/noise.h"
#include "wg/timers.h"

#define PEER_NONE     UINT32_MAX
#define PEER_SESSIONS 5 /* more than crypt can hold for a peer: see indices.h */

struct peer_session { /* one that crypt has, or may have */
	uint64_t birth_ns;
	uint32_t index;
	bool used;
};

struct peer_response { /* waits until crypt has the session */
	uint8_t message[sizeof(struct message_response)];
	uint32_t local_index;
	bool pending;
};

struct peer {
	struct noise_remote remote;
	struct noise_initiation initiation; /* ours */
	struct peer_response response;
	struct peer_session sessions[PEER_SESSIONS];
	struct jar jar;            /* its cookie, for what we send to it */
	struct timers timers;

	uint64_t usable_until_ns;  /* a session can be sent under until then; 0: none */
	uint64_t responded_ns;     /* when the responder's newest session was born */
	uint64_t initiated_ns;     /* when `initiation` was sent */
	uint64_t consumed_ns;      /* when an initiation of the peer was consumed last (A14) */
	uint8_t timestamp_seen[WG_TIMESTAMP_LEN]; /* the greatest received (A13) */
	uint64_t stamped_ns;       /* the greatest that was sent, see stamps.h; 0: none */

	uint64_t last_handshake_wall_ns;
	uint64_t rx_bytes;         /* of handshake messages (A55) */
	uint64_t tx_bytes;
	struct endpoint endpoint;  /* family 0: none */
	struct ip_addr local;      /* where it reached us (A52); family 0: unknown */

	struct lane_pair lanes;    /* of its sessions, and of those that it begins */
	uint32_t slot;
	uint8_t current;           /* of sessions[]; PEER_SESSIONS: none is known to be */
	bool used;
	bool consumed;             /* consumed_ns holds */
	bool crossed;              /* `initiation` crossed the peer's, which was answered (C8) */
	bool precomputed;          /* remote.static_static is that of our present key */
};

struct peer_table {
	struct peer **slabs;
	uint32_t *vacant;          /* a stack of unused slots */
	uint32_t vacant_count;
	uint32_t max;
	uint32_t *buckets;         /* by a keyed hash of the public key: first slot of a chain */
	uint32_t *chain;           /* next slot of the chain */
	uint32_t bucket_mask;
	uint8_t seed[32];          /* random: whoever chooses keys does not choose chains */
};

/* 0 or -ENOMEM. */
int peer_table_init(struct peer_table *t, uint32_t max);
void peer_table_free(struct peer_table *t); /* wipes */

/* A peer with this public key and nothing else. -EEXIST, -ENOSPC, -ENOMEM. */
int peer_create(struct peer_table *t, const uint8_t public_key[static 32], struct peer **peer);
void peer_destroy(struct peer_table *t, struct peer *peer); /* wipes */

struct peer *peer_at(const struct peer_table *t, uint32_t slot); /* NULL: slot is not in use */
struct peer *peer_find(const struct peer_table *t, const uint8_t public_key[static 32]);
/* The first with slot >= from, or NULL. */
struct peer *peer_next(const struct peer_table *t, uint32_t from);

#endif
