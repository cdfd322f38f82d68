/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The data-plane half of a peer: its sending and receiving sessions (A24-A32). Pure: crypt lcores
 * drive it, and so does the simulation of the tests. Sending and receiving state are apart since
 * they may belong to different lcores. Events are enum peer_event bits, added to *events.
 */
#ifndef WG_SESSION_H
#define WG_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "encrypter/boundary.h"
#include "wg/replay.h"

struct sending { /* one cache line */
	uint8_t key[32];
	uint64_t counter; /* of the next message */
	uint64_t birth_ns;
	uint32_t remote_index;
	uint32_t local_index;
	bool valid;
	bool initiator;
} __attribute__((aligned(64)));

enum receiving_role { RECEIVING_NONE, RECEIVING_PREVIOUS, RECEIVING_CURRENT, RECEIVING_NEXT };

struct receiving { /* one cache line */
	uint8_t key[32];
	uint64_t birth_ns;
	uint32_t local_index;
	uint8_t role;
	bool initiator;
	bool old_reported; /* A32: once per session */
	struct replay replay;
} __attribute__((aligned(64)));

#define RECEIVING_SLOTS 3
struct session_rx {
	struct receiving slot[RECEIVING_SLOTS];
};

/*
 * The rest of their replay windows, which messages that come in order do not need: apart, so that the
 * sessions of many peers lie on few pages.
 */
struct session_rings {
	struct replay_ring slot[RECEIVING_SLOTS];
} __attribute__((aligned(64)));

/*
 * --- sending: a peer's current session, and the next one, which is the responder's until it is confirmed
 * (A25). They may lie apart: each message needs the first, and hardly any the second. ---
 */

/* Initiator: current at once. Responder: next, until session_tx_confirm(). Returns sessions wiped. */
unsigned session_tx_install(struct sending *current, struct sending *next,
	const struct session_keys *keys);
/* next becomes current when it is the session `local_index`; false when it is not. */
bool session_tx_confirm(struct sending *current, struct sending *next, uint32_t local_index);
/*
 * Take the next counter of the current session. False when there is none that may be used (absent,
 * over 180 s old, counters used up: A29, A30): PEER_NEEDS_SESSION is then added. PEER_KEY_OLD_TX is
 * added when the session should be renewed (A31).
 */
bool session_tx_claim(struct sending *current, uint64_t now_ns, uint64_t *counter,
	uint32_t *events);
unsigned session_tx_wipe(struct sending *current, struct sending *next); /* number wiped */
/* Wipe what is past use at now_ns; number wiped. */
unsigned session_tx_expire(struct sending *current, struct sending *next, uint64_t now_ns);

/* --- receiving --- */

/*
 * Install as the initiator's current or the responder's next, making room as the paper says (A24).
 * Indices that are no longer live are written to dropped[] (at most 3); returns how many. *slot is
 * the number of the slot taken.
 */
unsigned session_rx_install(struct session_rx *s, const struct session_keys *keys, unsigned *slot,
	uint32_t dropped[static RECEIVING_SLOTS]);
/* May a message with this counter be opened now (A29, A30)? Asked before decryption. */
bool session_rx_usable(const struct receiving *r, uint64_t counter, uint64_t now_ns);
struct session_news { /* what a message changed; all zero before it */
	uint32_t events;
	uint32_t dropped; /* has_dropped: the index that is no longer live */
	bool has_dropped;
};
/*
 * The tag of a message with `counter` held. False when it is a replay: then nothing has changed.
 * PEER_CONFIRMED is added when the message promoted next to current (then one of the former current
 * and previous is previous; the index of the other, if any, is dropped), PEER_KEY_OLD_RX when it is
 * time (A32).
 */
bool session_rx_accept(struct session_rx *s, struct session_rings *rings, struct receiving *r,
	uint64_t counter, uint64_t now_ns, struct session_news *news);
unsigned session_rx_wipe(struct session_rx *s, uint32_t dropped[static RECEIVING_SLOTS]);
unsigned session_rx_expire(struct session_rx *s, uint64_t now_ns,
	uint32_t dropped[static RECEIVING_SLOTS]);

#endif
