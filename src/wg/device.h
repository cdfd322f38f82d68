/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control half of WireGuard: identity, peers, handshakes and timers of one device. Pure: the
 * time comes in as a parameter, and what must be done comes out as actions, which the shell
 * performs in order and then clears with wg_actions_clear() (it wipes the keys in them).
 *
 * A peer is named by its slot, 0 <= slot < max_peers; slots are reused after removal.
 */
#ifndef WG_DEVICE_H
#define WG_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encrypter/boundary.h"
#include "util/addr.h"
#include "wg/messages.h"

struct wg_now {
	uint64_t boot_ns; /* for everything */
	uint64_t wall_ns; /* for the TAI64N timestamp and for display */
};

enum wg_action_kind {
	WG_SEND,        /* transmit data[0..length) to endpoint, from local if its family is set */
	WG_INSTALL,     /* give keys to crypt (rx, then tx), then call wg_session_installed() */
	WG_WIPE,        /* wipe all sessions of slot in crypt */
	WG_KEEPALIVE,   /* have crypt send an empty message */
	WG_FLUSH,       /* the responder's session was confirmed: send what was staged */
	WG_DROP_STAGED, /* give up what was staged */
	WG_ENDPOINT,    /* slot's packets go to endpoint (from local) from now on */
};

struct wg_action {
	enum wg_action_kind kind;
	uint32_t slot;
	struct endpoint endpoint;
	struct ip_addr local;
	uint16_t length;
	uint8_t data[HANDSHAKE_MAX];
	struct session_keys keys;
};

#define WG_ACTIONS_MAX      16
#define WG_ACTIONS_PER_CALL 6 /* room that every call that takes a list needs in it */
struct wg_actions {
	unsigned count;
	struct wg_action list[WG_ACTIONS_MAX];
};

void wg_actions_clear(struct wg_actions *actions); /* wipes the list; init by zeroing */

struct wg_peer_info { /* for display; a copy */
	uint8_t public_key[32];
	bool has_preshared_key;
	struct endpoint endpoint;       /* family 0: none */
	uint16_t persistent_keepalive;  /* s; 0: off */
	uint64_t last_handshake_wall_ns; /* 0: never */
	uint64_t handshake_rx_bytes;    /* handshake messages of this peer (A55) */
	uint64_t handshake_tx_bytes;
};

struct wg_device;

#define WG_PEERS_MAX (1u << 24) /* slots fit into allowedips.h's nodes */

/* NULL with errno: ENOMEM, or EINVAL when max_peers is 0 or above WG_PEERS_MAX. */
struct wg_device *wg_device_create(uint32_t max_peers);
void wg_device_destroy(struct wg_device *d); /* wipes */
/* How many crypt threads there are, 1 .. CRYPT_THREADS_MAX. Before there are peers; else it is one. */
void wg_set_threads(struct wg_device *d, unsigned threads);
/*
 * The crypt threads that are to seal and to open under the sessions of a peer. To be asked at each
 * WG_INSTALL: they may be others than before when the peer had no session left.
 */
void wg_peer_threads(const struct wg_device *d, uint32_t slot, unsigned *seal, unsigned *open);

/*
 * A53, A54: NULL (or all zero) removes the key. The same key again changes nothing. A peer whose
 * public key is the new own key is removed: its slot goes to *removed (else UINT32_MAX) so that the
 * caller tells crypt. Sessions of all other peers are to be wiped by the caller when true is returned (the key
 * changed); handshakes may start at once.
 */
bool wg_set_private_key(struct wg_device *d, const uint8_t *private_key, uint32_t *removed);
bool wg_public_key(const struct wg_device *d, uint8_t public_key[static 32]); /* false: none set */
bool wg_private_key(const struct wg_device *d, uint8_t private_key[static 32]);

/*
 * C30: what initiations say of the time rises also from one process to the next. To be called first,
 * with the mark that the former one wrote down last (wall time in ns; 0: there is none). Returns the
 * mark to write down now; nothing is initiated before wg_stamps_reserved() is called with it. A
 * device whose key does not outlive its process does without these.
 */
uint64_t wg_stamps_begin(struct wg_device *d, struct wg_now now, uint64_t kept_mark_ns);
void wg_stamps_reserved(struct wg_device *d, uint64_t mark_ns);
/* To be asked every second or so: a mark to write down soon; 0: none, or it was asked for already. */
uint64_t wg_stamps_wanted(struct wg_device *d, struct wg_now now);
/* The mark to write down at the very end, when nothing is initiated any more: it is nearer. */
uint64_t wg_stamps_end(const struct wg_device *d, struct wg_now now);
/* How far (ns) the wall clock is ahead of what is believed of it; 0: it is believed. */
uint64_t wg_clock_doubt(const struct wg_device *d, struct wg_now now);
/* By the administrator: the wall clock is right. */
void wg_accept_clock(struct wg_device *d, struct wg_now now);

/* The slot; -EEXIST, -ENOSPC; -EADDRINUSE when it is our own key (A53: to be ignored). */
int64_t wg_peer_add(struct wg_device *d, const uint8_t public_key[static 32]);
int64_t wg_peer_find(const struct wg_device *d, const uint8_t public_key[static 32]); /* -ENOENT */
void wg_peer_remove(struct wg_device *d, uint32_t slot); /* wipes; the caller tells crypt */
/* first slot >= from that is in use, or UINT32_MAX: to walk all peers */
uint32_t wg_peer_next(const struct wg_device *d, uint32_t from);
void wg_peer_info(const struct wg_device *d, uint32_t slot, struct wg_peer_info *info);
bool wg_peer_preshared_key(const struct wg_device *d, uint32_t slot, uint8_t psk[static 32]);

/* NULL or all zero: none. Holds from the next handshake on (A54). */
void wg_peer_set_preshared_key(struct wg_device *d, uint32_t slot, const uint8_t *psk);
/* By the administrator. Emits WG_ENDPOINT. */
void wg_peer_set_endpoint(struct wg_device *d, uint32_t slot, const struct endpoint *endpoint,
	struct wg_actions *actions);
/*
 * Our own addresses are others. A52: the one at which the peer reached us stays, unless it is not among
 * them. Emits WG_ENDPOINT for a peer with an endpoint, since the way to it may be another.
 */
void wg_peer_readdressed(struct wg_device *d, uint32_t slot, const struct ip_prefix *ours,
	unsigned count, struct wg_actions *actions);
/* An empty message to a peer with a session, so that it sees where we are now (A51); else nothing. */
void wg_peer_greet(struct wg_device *d, uint32_t slot, struct wg_now now, struct wg_actions *actions);
/* By crypt: authenticated data came from there (A51). Emits WG_ENDPOINT when it differs. */
void wg_peer_moved(struct wg_device *d, uint32_t slot, const struct endpoint *endpoint,
	const struct ip_addr *local, struct wg_actions *actions);
/* A38: 0 -> n sends a keepalive at once. */
void wg_peer_set_keepalive(struct wg_device *d, uint32_t slot, uint16_t seconds, struct wg_now now,
	struct wg_actions *actions);

/*
 * A handshake message (initiation, response or cookie reply) from `from`, addressed to our `local`.
 * Anything invalid changes nothing and yields no action. Returns 0, or -errno for the counters:
 * -EBADMSG (does not decrypt), -ENOENT (unknown peer or index), -EALREADY (old timestamp),
 * -EBUSY (flood limit of the peer), -EPROTO (reserved bytes, size, type), -ENOKEY. Macs are not
 * looked at: black has checked them. A cookie reply changes the macs of later messages, nothing else
 * (A20). An initiation that crossed ours on the wire may be valid (0)
 * and yet stay without a response (C8).
 */
int wg_receive(struct wg_device *d, struct wg_now now, const struct endpoint *from,
	const struct ip_addr *local, const uint8_t *message, size_t length,
	struct wg_actions *actions);

/* crypt holds both halves of the session `local_index` now: a pending response is sent. */
void wg_session_installed(struct wg_device *d, struct wg_now now, uint32_t slot,
	uint32_t local_index, struct wg_actions *actions);

/* What crypt reports of a peer since the last call: events and the times in its report. */
struct wg_traffic {
	uint32_t events; /* enum peer_event; PEER_CONFIRMED: of wg_peer_has_session() */
	uint64_t last_data_tx_ns, last_tx_ns, last_data_rx_ns, last_rx_ns;
};
void wg_traffic(struct wg_device *d, struct wg_now now, uint32_t slot,
	const struct wg_traffic *traffic, struct wg_actions *actions);

/* Is that a session of the peer's, by our index of it? Not one that was wiped, nor an initiation. */
bool wg_peer_has_session(const struct wg_device *d, uint32_t slot, uint32_t local_index);

/* Boot time at which wg_tick() is to be called next; UINT64_MAX: never. */
uint64_t wg_next_deadline(const struct wg_device *d);
/* Fires timers that are due. True when more are due and the list was full: perform, call again. */
bool wg_tick(struct wg_device *d, struct wg_now now, struct wg_actions *actions);

#endif
