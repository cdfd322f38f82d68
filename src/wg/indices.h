/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which indices are ours (A27): that of each peer's outstanding initiation, and those of the
 * sessions that crypt has. crypt does not report which of these it dropped, so a peer's last few
 * are kept: at most three are live, and PEER_SESSIONS leaves the time of two more handshakes (40 ms
 * at the least, A14) for the news that a session was confirmed. When an index were forgotten too
 * early, a new one would be equal to it once in 2^32 times.
 */
#ifndef WG_INDICES_H
#define WG_INDICES_H

#include <stdint.h>

#include "wg/state.h"

/* How many indices a device may need: another one is drawn before an old one is released. */
#define INDICES_MAX(peers) ((peers) * (PEER_SESSIONS + 1) + 1)

/*
 * Before an index is drawn for a peer that has no other outstanding: if it has no session either, its
 * crypt threads are chosen anew.
 */
void indices_place(struct wg_device *d, struct peer *peer);
/* A new random index that leads to the peer, and to the thread that opens for it (crypt_thread_of()). */
uint32_t indices_draw(struct wg_device *d, const struct peer *peer);
/* Handshakes with the peer are given up: unless it has a session, its threads count it no longer. */
void indices_gave_up(struct wg_device *d, struct peer *peer);
void indices_release(struct wg_device *d, uint32_t index);
/* An index that was drawn is now a session's, born at birth_ns; the oldest one may have to go. */
void indices_keep_session(struct wg_device *d, struct peer *peer, uint32_t index,
	uint64_t birth_ns, bool current);
/* The newest session was confirmed: it is not to go before others. */
void indices_confirm_session(struct peer *peer);
/* Is that one of its sessions? */
bool indices_has_session(const struct peer *peer, uint32_t index);
/* crypt wiped them all. */
void indices_release_sessions(struct wg_device *d, struct peer *peer);
/* The peer that an index leads to, or NULL. */
struct peer *indices_find(const struct wg_device *d, uint32_t index);

#endif
