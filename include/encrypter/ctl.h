/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control socket: how encrypterctl speaks with a running encrypterd.
 *
 * A Unix stream socket, CTL_RUN_DIR/NAME/CTL_SOCKET, for root alone. A request is lines of
 * key=value and an empty line:
 *
 *     verb=show
 *
 * The answer is lines of key=value, then errno, then an empty line. When errno is not 0, a line
 * error=TEXT comes before it, and nothing else counts. More requests may follow on one connection.
 *
 *     name=siteA
 *     ...
 *     errno=0
 *
 * Values are text; in an answer the bytes below 0x20, 0x7f and '%' are written as '%' and two hex
 * digits, in a request nothing is: a file whose path has a line feed cannot be named. Keys that a reader
 * does not know are to be passed over, so that either side may be the newer one; verbs and keys of a
 * request that the daemon does not know are an error.
 *
 * version   version
 * show      name, public_key (absent without a private key), listen_port; then for each peer: peer
 *           (its public key), peer_name, preshared_key (present | absent), endpoint (absent without
 *           one), endpoint_name (HOST:PORT that is resolved; absent without one), latest_handshake (seconds since 1970; 0: never), rx_bytes, tx_bytes,
 *           persistent_keepalive (s; 0: off), allowed_ip (as often as there are)
 * status    name, version, pid, mode (small | large), uptime (s), ready (yes | no), engine,
 *           hugepages (yes | no), clock_ahead (s; 0: the wall clock is believed), peers, peers_up,
 *           attack (yes | no: is one going on), attacks (since the start), of the last or present one
 *           attack_seconds, attack_messages, attack_sources (about), handshakes_stale (messages that
 *           waited until they were of no use); then for each domain: domain, silent_ms
 * stats     DOMAIN.COUNTER for every counter of encrypter/stats.h
 * accept_clock  the wall clock is right, however far ahead; answers clock_ahead as it was (s)
 *
 * reload    the configuration file is read again
 * syncconf  file=PATH: the same, of another file
 * setconf   file=PATH: the same, and every peer is made anew
 *           What differs is applied, or, when something in the file is wrong or cannot change while the
 *           daemon runs, nothing: error is then FILE:LINE: what is wrong
 *
 * Keys are base64 as wg(8) writes them. No secret ever crosses this socket.
 */
#ifndef ENCRYPTER_CTL_H
#define ENCRYPTER_CTL_H

#define CTL_RUN_DIR  "/run/encrypter"
#define CTL_UAPI_DIR "/var/run/wireguard"
#define CTL_STATE_DIR "/var/lib/encrypter"
#define CTL_SOCKET   "control.sock"
#define CTL_LOCK     "lock"

/* Verbs of this version: X(name). */
#define CTL_VERBS(X) \
	X(version)   \
	X(show)      \
	X(status)    \
	X(stats)     \
	X(reload)    \
	X(syncconf)  \
	X(setconf)   \
	X(accept_clock)

#endif
