/* SPDX-License-Identifier: BSD-3-Clause */
/* A black domain between memory: the test plays the network, crypt and control. */
#ifndef BLACK_RIG_H
#define BLACK_RIG_H

#include "black/black.h"
#include "links.h"
#include "util/clock.h"
#include "wire.h"

#define RIG_BUFFERS 512
#define RIG_PEERS   64
#define RIG_START   (1000 * CLOCK_SECOND)

#define OURS    0xc0a8010a /* 192.168.1.10/24 */
#define SECOND  0x0a090001 /* 10.9.0.1/16 */
#define PEER    0xc0a80114 /* 192.168.1.20, beside us */
#define GATEWAY 0xc0a80164 /* 192.168.1.100 */
#define FAR     0xc6336450 /* 198.51.100.80, behind the gateway */
#define LISTEN  51820
/* beside them, where options say so */
#define OURS6    "2001:db8::10" /* /64 */
#define SECOND6  "2001:db8:1::10" /* /64 */
#define LOCAL6   "fe80::ff:fe00:1" /* made of the MAC address */
#define PEER6    "2001:db8::20" /* beside us */
#define GATEWAY6 "2001:db8::1"
#define FAR6     "2001:db8:9::9" /* behind the gateway */

struct rig {
	struct zone zone;
	struct pool pool;
	struct wire wire;
	struct rig_link links[RIG_LINKS];
	struct ring reports, proven, orders;
	struct bell control_bell;
	struct black_stats stats;
	struct black_attack attack;
	struct black *black;
	uint64_t now_ns;
	uint8_t frame[WIRE_FRAME_MAX]; /* what rig_sent() found last */
	uint8_t public_key[32];
};

struct rig_options {
	unsigned links;
	uint16_t mtu;
	uint32_t buffers;
	unsigned reports;   /* size of the ring to control */
	unsigned handles;   /* of the rings to crypt */
	bool no_gateway;
	bool ask_ahead;     /* for the gateway */
	bool no_identity;
	bool ip_checksum;   /* the port computes it */
	struct guard_limits limits;
	bool udp_offload;   /* and UDP's */
	bool udp_checksum;  /* over IPv4 too */
	bool ipv6;          /* OURS6, SECOND6 and GATEWAY6 too */
};

extern struct black_stats rig_total; /* of all rigs that were closed */

void rig_open(struct rig *r);
void rig_open_with(struct rig *r, const struct rig_options *options);
/* Gives everything back, then the pool must be whole again: no buffer was lost. */
void rig_check_whole(struct rig *r);
/* Also that. */
void rig_close(struct rig *r);

/* Until black finds nothing more; handles from black are sorted into links[].empty and full. */
void rig_poll(struct rig *r);
/* The network sends length bytes, black works. */
void rig_arrive(struct rig *r, const void *frame, size_t length);
size_t rig_sent(struct rig *r); /* the next frame that black sent; 0: none */
void rig_order(struct rig *r, const struct black_order *order);
void rig_endpoint(struct rig *r, uint32_t slot, uint32_t address, uint16_t port);
void rig_endpoint6(struct rig *r, uint32_t slot, const char *address, const char *local);
/* Answer black's ARP requests for that address from now on: once, for one that is waiting. */
void rig_resolve(struct rig *r, uint32_t address);
void rig_resolve6(struct rig *r, const char *address);
/* crypt fills a buffer with a data message of that length for a peer. False: it has none. */
bool rig_sealed(struct rig *r, unsigned link, uint32_t slot, uint16_t length);
/* crypt is done with the FULL buffer that it got last. */
void rig_return(struct rig *r, unsigned link, uint8_t code);
/* It found that slot's peer is elsewhere now. */
void rig_return_moved(struct rig *r, unsigned link, uint64_t slot);
void rig_give(struct rig *r, unsigned link, const struct handle *h);
uint8_t *rig_bytes(const struct rig *r, const struct handle *h);

/* All drop counters together. */
uint64_t rig_drops(const struct rig *r);
/* One more drop, counted there; nothing went out, nor to the first link or to control. */
void rig_check_drop(struct rig *r, const uint64_t *counter, uint64_t before, uint64_t all_before);

/* Handshake messages with a right mac1, and data messages. */
void rig_initiation(const struct rig *r, uint8_t message[static 148]);
void rig_response(const struct rig *r, uint8_t message[static 92]);
void rig_data(uint8_t *message, size_t length, uint32_t receiver);

#endif
