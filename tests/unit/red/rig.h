/* SPDX-License-Identifier: BSD-3-Clause */
/* A red domain between memory: the test plays the site's network, crypt and control. */
#ifndef RED_RIG_H
#define RED_RIG_H

#include "red/red.h"
#include "links.h"
#include "util/clock.h"
#include "wire.h"

#define RIG_BUFFERS  512
#define RIG_PREFIXES 64
#define RIG_START    (1000 * CLOCK_SECOND)
#define RIG_MTU      1420

#define OURS    0x0a0001fe /* 10.0.1.254/24 */
#define OURS6   "fd00:1::fe"
#define LOCAL6  "fe80::ff:fe00:1" /* made of the MAC address */
#define HOST    0x0a00010a /* 10.0.1.10, beside us */
#define HOST6   "fd00:1::a"
#define ROUTER6 "fd00:1::1"
#define ROUTER  0x0a000101 /* 10.0.1.1, a gateway into the site */
#define REMOTE  0x0a00020a /* 10.0.2.10, behind the tunnel: 10.0.2.0/24 */
#define REMOTE6 "fd00:2::a" /* fd00:2::/64 */
#define NOWHERE 0xc6336450 /* not secure */

struct rig {
	struct zone zone;
	struct pool pool;
	struct wire wire;
	struct rig_link links[RIG_LINKS];
	struct ring orders;
	struct red_stats stats;
	struct red *red;
	uint64_t now_ns;
	uint8_t frame[WIRE_FRAME_MAX]; /* what rig_sent() found last */
};

struct rig_options {
	unsigned links;
	uint16_t mtu, tunnel_mtu;
	uint32_t buffers;
	unsigned handles; /* size of the rings to crypt */
	bool gateway;
	bool no_prefixes; /* nothing is behind the tunnel */
};

extern struct red_stats rig_total; /* of all rigs that were closed */

void rig_open(struct rig *r);
void rig_open_with(struct rig *r, const struct rig_options *options);
/* Gives everything back, then the pool must be whole again: no buffer was lost. */
void rig_check_whole(struct rig *r);
/* Also that. */
void rig_close(struct rig *r);

/* Until red finds nothing more; handles from red are sorted into links[].empty and full. */
void rig_poll(struct rig *r);
void rig_arrive(struct rig *r, const void *frame, size_t length);
size_t rig_sent(struct rig *r); /* the next frame that red sent; 0: none */
void rig_tunnel(struct rig *r, uint8_t kind, const char *prefix); /* RED_TUNNEL_ADD or DEL */
void rig_resolve(struct rig *r, uint32_t address); /* answer the ARP request that red sent */
void rig_resolve6(struct rig *r, const char *address); /* the same, of neighbour discovery */
size_t rig_report(struct rig *r); /* the next frame says to which groups red listens */
void rig_learn(struct rig *r, uint32_t address);   /* a host asks for us, so red knows it */
/* crypt fills a buffer with an IP packet. */
void rig_opened(struct rig *r, unsigned link, const void *packet, size_t length);
void rig_return(struct rig *r, unsigned link, uint8_t code); /* the FULL buffer it got last */
void rig_give(struct rig *r, unsigned link, const struct handle *h);
uint8_t *rig_bytes(const struct rig *r, const struct handle *h);

/* Frames from HOST for a destination, UDP in IPv4 with that much payload and those flags. */
size_t rig_frame(uint8_t *frame, uint32_t destination, size_t payload, uint16_t fragment,
	uint8_t ttl);

#endif
