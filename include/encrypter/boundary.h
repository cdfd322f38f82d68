/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Everything that crosses from one thread to another: which ring, from whom to whom, and what lies
 * in it. A domain includes this file and never another domain's headers.
 *
 *   ring              producer -> consumer   element              memory of
 *   red_to_crypt      red      -> crypt      struct handle        red
 *   crypt_to_red      crypt    -> red        struct handle        red
 *   black_to_crypt    black    -> crypt      struct handle        black
 *   crypt_to_black    crypt    -> black      struct handle        black
 *   black_to_control  black    -> control    struct black_report  common (holds no secret)
 *   black_proven      black    -> control    struct black_report  common (holds no secret)
 *   control_to_black  control  -> black      struct black_order   common (holds no secret)
 *   control_to_red    control  -> red        struct red_order     common (holds no secret)
 *   control_to_crypt  control  -> crypt      struct crypt_order   crypt
 *   crypt_to_control  crypt    -> control    struct crypt_ack     crypt
 *
 * Each crypt thread has the six rings that lead to crypt and from it for itself. Every ring has one producer and one consumer. Events that crypt reports to control (data sent,
 * key old, endpoint moved, ...) are bits in struct peer_report, in crypt's zone: a bit stays set
 * until control takes it, so nothing can be lost to a full ring.
 */
#ifndef ENCRYPTER_BOUNDARY_H
#define ENCRYPTER_BOUNDARY_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/addr.h"

/* ---- several crypt threads ---- */

#define CRYPT_THREADS_MAX 16

/*
 * The number of the thread that opens what names a receiver index of ours: its highest bits say so,
 * since control draws it accordingly. With one thread that is 0. One multiplication, no division.
 */
static inline unsigned crypt_thread_of(uint32_t index, unsigned threads)
{
	return (unsigned)((uint64_t)index * threads >> 32);
}

/* ---- buffers: handles cross, mbufs do not ---- */

enum handle_kind {
	HANDLE_EMPTY = 1,  /* owner -> crypt: a buffer to fill */
	HANDLE_FULL = 2,   /* owner -> crypt: a packet to seal (red) or to open (black) */
	HANDLE_FILLED = 3, /* crypt -> owner: a former EMPTY, now a packet to transmit */
	HANDLE_USED = 4,   /* crypt -> owner: a former FULL or EMPTY, given back */
};

/* What crypt says of a FULL buffer that it gives back (handle.code of HANDLE_USED). */
enum used_code {
	USED_DONE = 0,        /* sealed or opened, or dropped and counted by crypt */
	USED_NO_PEER = 1,     /* to red: no AllowedIPs covers the destination: ICMP unreachable to the sender */
	USED_NO_ENDPOINT = 2, /* to red: the peer has no endpoint yet: likewise */
	USED_MOVED = 3,       /* to black: it was authentic, and its peer was elsewhere before (A51, A52);
	                         tag: the peer's slot */
	USED_ELSEWHERE = 4,   /* to red: another thread seals for its peer; tag: that one's number */
};

/*
 * A buffer is named by its number in its owner's pool; offset and length are bytes from the start
 * of that buffer (mbuf buf_addr). The consumer copies the handle once and believes only what it
 * checked: index below the pool's count and held by the sender, offset + length within the buffer.
 *
 * FULL from red:    offset is at the IP header, length the IP packet's; code and tag are 0.
 * FULL from black:  offset is at the UDP payload (the WireGuard message); code has the IP version of
 *                   the outer header, which lies directly before: 28 bytes (4) or 48 bytes (6), and
 *                   that header's ECN bits: outer_code(). tag names the source and our address:
 *                   equal tags are the same.
 * FILLED to red:    offset at the IP header, length the IP packet's; tag is 0.
 * FILLED to black:  offset at the WireGuard message, with at least HANDLE_HEADROOM bytes before it;
 *                   tag is the peer's slot, to be looked up in black's endpoint table; code is the
 *                   traffic class (DSCP and ECN) of the outer header: 0 unless the configuration
 *                   lets crypt copy some of the inner one (A47).
 * USED to black:    with USED_MOVED, what black lent has the new way to that peer in its outer header.
 *                   crypt says so before it gives black anything that answers. control is told too
 *                   (PEER_MOVED) and repeats it with BLACK_ENDPOINT: but that is later.
 * USED to red:      with USED_ELSEWHERE, what red lent is as it was, and is to be lent to that thread.
 */
struct handle {
	uint16_t index;
	uint16_t offset;
	uint16_t length;
	uint8_t kind;
	uint8_t code;
	uint64_t tag;
};
static_assert(sizeof(struct handle) == 16, "a handle is 16 bytes");

static inline uint8_t outer_code(uint8_t version, uint8_t traffic_class)
{
	return (uint8_t)(version | (traffic_class & 3) << 4);
}

static inline uint8_t outer_code_version(uint8_t code)
{
	return code & 15;
}

static inline uint8_t outer_code_ecn(uint8_t code)
{
	return code >> 4 & 3;
}

#define HANDLE_HEADROOM 64 /* bytes black needs before a WireGuard message: Ethernet, IPv6, UDP */

/* ---- black <-> control: handshake messages by value, endpoints ---- */

#define HANDSHAKE_MAX 148

enum black_order_kind {
	BLACK_SEND = 1,         /* transmit data[0..length) to remote, from local (or the default) */
	BLACK_ENDPOINT = 2,     /* packets of `slot` go to remote from local from now on */
	BLACK_NO_ENDPOINT = 3,  /* packets of `slot` are dropped from now on */
	BLACK_IDENTITY = 4,     /* data[0..32) is our public key: check mac1 with it; length 0: no key,
	                           drop every handshake message */
	BLACK_LISTEN = 5,       /* remote.port is the UDP port to listen on and send from */
	BLACK_ADDRESS = 6,      /* local with a prefix of `length` bits is to be one of our addresses; slot:
	                           which one, 0 the first, that begins a new list */
	BLACK_ADDRESSES = 7,    /* the list is complete with `slot` addresses, and ours from now on;
	                           remote.addr and local are the gateways, IPv4 and IPv6, or none. Paths
	                           to peers stay as they are until BLACK_ENDPOINT, or USED_MOVED */
};

struct black_order {
	uint8_t kind;
	uint16_t length;
	uint32_t slot;
	struct endpoint remote;
	struct ip_addr local;  /* family 0: let black choose */
	uint8_t data[HANDSHAKE_MAX];
};

/*
 * A handshake message of a right size and with a right mac1 arrived; a cookie reply, which has none,
 * is right by its size alone. Under load, initiations and responses whose mac2 proves that their
 * sender owns its address come by the ring black_proven, which control empties first: so what fills
 * the other ring cannot stand in their way (C11). "Under load" is when one of the two is an eighth
 * full, or a source within its share met the port's limit, and for a second after (A22).
 */
struct black_report {
	uint64_t arrived_ns; /* boot-time clock */
	struct endpoint remote;
	struct ip_addr local;
	uint16_t length;
	uint8_t data[HANDSHAKE_MAX];
};

static_assert(sizeof(struct black_order) % 4 == 0, "a ring's elements are whole words");
static_assert(sizeof(struct black_report) % 4 == 0, "a ring's elements are whole words");

/*
 * What black sees of attacks: floods of messages that are of no use, or that come without proof when
 * it is under load. Of the last one, which may be going on. black: wo, control: ro
 */
struct black_attack {
	_Atomic uint64_t count;    /* since the start, the present one included; changes last */
	_Atomic uint64_t began_ns; /* boot-time clock */
	_Atomic uint64_t ended_ns; /* 0: it goes on */
	_Atomic uint64_t messages;
	_Atomic uint64_t sources;  /* IPv4 addresses and IPv6 /64s that they named, about */
};

/* ---- control -> red ---- */

enum red_order_kind {
	RED_TUNNEL_ADD = 1,  /* prefix belongs behind the tunnel */
	/*
	 * No longer. control does not send it: what was secure once stays so until a restart (such packets are
	 * refused, as crypt finds no peer). It is there for tests, which try tables by the thousand.
	 */
	RED_TUNNEL_DEL = 2,
	RED_TUNNEL_LINK = 3, /* packets into prefix go to the crypt thread `link` */
};

struct red_order {
	uint8_t kind;
	struct ip_prefix prefix;
	uint8_t link; /* of ADD too. Advice: that thread may know better (USED_ELSEWHERE) */
} __attribute__((aligned(4)));

/* ---- control <-> crypt ---- */

enum crypt_order_kind {
	CRYPT_PEER = 1,        /* slot exists; endpoint says whether packets can be sent. No ack */
	CRYPT_REMOVE = 2,      /* forget slot: wipe keys, give back what was staged. Acked */
	CRYPT_SESSION_RX = 3,  /* new receiving session from keys. Acked with its local_index */
	CRYPT_SESSION_TX = 4,  /* new sending session from keys. Acked with its local_index */
	CRYPT_WIPE = 5,        /* wipe all sessions of slot. Acked */
	CRYPT_KEEPALIVE = 6,   /* send an empty message on slot's current session */
	CRYPT_FLUSH = 7,       /* slot's next session was confirmed: send what was staged */
	CRYPT_DROP_STAGED = 8, /* give back what was staged for slot */
	CRYPT_ROUTES = 9,      /* use `routes` from now on. Acked; then the former one is control's */
	CRYPT_YIELD = 10,      /* `half` of slot, which has no session that counts, is `to`'s. No ack */
	CRYPT_TAKE = 11,       /* wait until `half` of slot was yielded to you. No ack */
	CRYPT_SOURCE = 12,     /* slot's packets are sent elsewhere now: say of its next authentic message
	                          where it came from, though it be from where the last one did. No ack */
};

/*
 * Where a peer is, is what was authentic last (A51): data, of which crypt knows, or a handshake message or
 * an administrator, of which control knows. Each overrules the other: PEER_MOVED makes control send
 * BLACK_ENDPOINT, and every BLACK_ENDPOINT for a peer that had an endpoint goes with a CRYPT_SOURCE. When
 * crypt takes that before black takes the other, black hears the news too early; but control hears it
 * as well, and has the last word.
 *
 * A peer's two directions may belong to two crypt threads. Orders of a half go to the thread whose it
 * is; REMOVE and ROUTES go to all, and WIPE to both, each of which does its part. A half moves by a
 * YIELD to one thread and then a TAKE to the other: what control tells the other after that finds it
 * there, and nobody waits for ever, since a TAKE waits for an order that was sent before.
 */
enum crypt_half { CRYPT_SEALS = 1, CRYPT_OPENS = 2 };

struct session_keys { /* what a handshake yields; wiped by whoever took it from the ring */
	uint8_t send[32];
	uint8_t recv[32];
	uint32_t local_index;
	uint32_t remote_index;
	uint64_t birth_ns;     /* boot-time clock */
	bool initiator;
	bool crossed;          /* the initiator's: the other side's session before it was given up (C8) */
};

struct allowedips;

struct crypt_order {
	uint8_t kind;
	bool endpoint;
	uint8_t half;          /* YIELD, TAKE: enum crypt_half */
	uint8_t to;            /* YIELD: the number of a thread */
	uint32_t slot;
	const struct allowedips *routes; /* in crypt's zone, immutable once sent */
	struct session_keys keys;
};

struct crypt_ack {
	uint8_t kind;          /* of the order it answers */
	uint32_t slot;
	uint32_t local_index;
	const struct allowedips *routes; /* CRYPT_ROUTES: the one now in use */
};

/*
 * Bits that crypt raises for control, per peer; level-triggered. The first two at the first packet, then
 * at most each REPORT_INTERVAL: every packet could, and would keep control awake.
 */
enum peer_event {
	PEER_NEEDS_SESSION = 1 << 0,  /* a packet was staged: no usable sending session */
	PEER_KEY_OLD_TX = 1 << 1,     /* A31: initiate */
	PEER_KEY_OLD_RX = 1 << 2,     /* A32: initiate */
	PEER_DATA_SENT = 1 << 3,
	PEER_KEEPALIVE_SENT = 1 << 4,
	PEER_DATA_RECEIVED = 1 << 5,
	PEER_KEEPALIVE_RECEIVED = 1 << 6,
	PEER_CONFIRMED = 1 << 7,      /* A24: first packet under the responder's next session */
	PEER_MOVED = 1 << 8,          /* A51: authenticated data came from another endpoint */
};
#define PEER_EVENTS_URGENT \
	(PEER_NEEDS_SESSION | PEER_KEY_OLD_TX | PEER_KEY_OLD_RX | PEER_CONFIRMED | PEER_MOVED)

/* Whose the addresses are that begin like this one, is known (src/crypt/route.c). */
struct route_key {
	uint32_t bits[2]; /* a uint64_t: its first ones */
	uint32_t stamp;   /* of which family, how many count, under which routes; 0: nothing is known */
};

/*
 * One per peer, in crypt's zone. tx is written by the lcore that seals for the peer, rx by the one
 * that opens; control reads. `events` are raised by crypt and taken by control (atomic exchange).
 */
struct peer_report {
	struct {
		_Atomic uint32_t events;
		uint32_t pad;
		_Atomic uint64_t last_data_ns;   /* last non-empty message sent */
		_Atomic uint64_t last_ns;        /* last authenticated message sent */
		_Atomic uint64_t bytes;          /* with WireGuard's overhead (A55) */
		_Atomic uint64_t packets;
		uint64_t wished_ns;              /* crypt's alone: when it asked for a session last */
	} tx __attribute__((aligned(64)));
	struct {
		_Atomic uint32_t events;
		_Atomic uint32_t confirmed_index; /* local index of the session confirmed last */
		_Atomic uint64_t last_data_ns;
		_Atomic uint64_t last_ns;
		_Atomic uint64_t bytes;
		_Atomic uint64_t packets;
		_Atomic uint32_t moved_seq;      /* odd while `moved` is being written */
		struct route_key source;         /* crypt's alone: of the inner source accepted last */
		uint64_t source_tag;             /* crypt's alone: where packets came from last */
	} rx __attribute__((aligned(64)));
	struct {
		struct endpoint remote;
		struct ip_addr local;
	} moved __attribute__((aligned(64)));
};
static_assert(sizeof(((struct peer_report *)0)->rx) == 64, "a line for each half");

#endif
