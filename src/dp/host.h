/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port as a host of IPv4 and IPv6 on its network: which frames are for it, ARP and neighbour
 * discovery, echo replies, next hops, and the frames that wait for a link address. Black and red
 * each are one such host. With an IPv6 address it also has a link-local one: the configured, or one
 * made of its MAC address (RFC 4291, appendix A). No router is listened to, no address made from
 * what one says; that an address is free is not tested, but who else tests one of ours is told.
 */
#ifndef DP_HOST_H
#define DP_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "dp/meter.h"
#include "dp/outgoing.h"
#include "dp/pool.h"
#include "dp/port.h"
#include "dp/zone.h"
#include "net/frame.h"
#include "net/neighbour.h"
#include "util/addr.h"

#define HOST_BURST       32
#define HOST_ADDRESS_MAX 16
#define HOST_RECENT      64 /* a power of two */
/* Frames that wait for a link address, together; and at most an eighth of the pool. */
#define HOST_PENDING_MAX 256u

/* Counters that a domain (stats.h) shares with its host: X(argument, name). */
#define HOST_COUNTERS(X, argument)                                                                 \
	X(argument, rx_packets)                                                                    \
	X(argument, rx_bytes)                                                                      \
	X(argument, rx_missed)                                                                     \
	X(argument, rx_too_long)                                                                   \
	X(argument, tx_packets)                                                                    \
	X(argument, tx_bytes)                                                                      \
	X(argument, rx_arp)                                                                        \
	X(argument, rx_nd)                                                                         \
	X(argument, rx_icmp_echo)                                                                  \
	X(argument, drop_runt)                                                                     \
	X(argument, drop_multi_segment)                                                            \
	X(argument, drop_vlan)                                                                     \
	X(argument, drop_ethertype)                                                                \
	X(argument, drop_not_ours_l2)                                                              \
	X(argument, drop_arp_malformed)                                                            \
	X(argument, drop_arp_others)                                                               \
	X(argument, drop_nd_malformed)                                                             \
	X(argument, drop_nd_others)                                                                \
	X(argument, drop_ip_header)                                                                \
	X(argument, drop_ip_length)                                                                \
	X(argument, drop_ip_checksum)                                                              \
	X(argument, drop_ip_source)                                                                \
	X(argument, drop_neighbour)                                                                \
	X(argument, drop_tx_full)                                                                  \
	X(argument, drop_no_buffer)

#define HOST_COUNTER_POINTER(argument, name) uint64_t *name;
struct host_counters {
	HOST_COUNTERS(HOST_COUNTER_POINTER, )
};
#undef HOST_COUNTER_POINTER

/* {HOST_COUNTERS(HOST_COUNTER_AT, stats)} points them at a domain's own. */
#define HOST_COUNTER_AT(stats, name) .name = &(stats)->name,

struct host_config {
	struct zone *zone;
	struct port *port;
	const struct pool *pool;
	const struct ip_prefix *addresses;
	unsigned address_count; /* at most HOST_ADDRESS_MAX */
	struct ip_addr gateway;  /* IPv4, or family 0 */
	struct ip_addr gateway6; /* IPv6, or family 0 */
	bool ask_ahead;          /* find gateways before there is anything to send to them */
	bool router;             /* hosts beside us may send packets by us */
	uint32_t neighbours;     /* size of the table */
	struct host_counters counters;
};

struct host_address { /* IPv4, host order */
	uint32_t address;
	uint32_t mask;
	uint32_t broadcast; /* 0: the prefix is too long to have one */
	uint8_t index;      /* in the configuration */
};

struct host_address6 {
	uint8_t address[16];
	uint8_t length; /* of the prefix, in bits */
	uint8_t index;  /* in the configuration; one made of the MAC comes after all of them */
};

struct host {
	struct port *port;
	const struct pool *pool;
	uint8_t mac[MAC_LEN];
	uint16_t next_id;       /* of IPv4 packets that we make */
	unsigned address_count;
	struct host_address addresses[HOST_ADDRESS_MAX];
	uint32_t gateway;       /* 0: none */
	unsigned address6_count;
	struct host_address6 addresses6[HOST_ADDRESS_MAX + 1];
	struct ip_addr gateway6; /* family 0: none */
	bool ask_ahead;
	bool router;
	struct neighbour_table *neighbours;
	struct meter questions; /* of a router: about neighbours that the table does not know */
	uint64_t now_ns;        /* of this round */
	uint64_t tick_ns;
	uint64_t listen_ns;     /* when the groups that we listen to are to be told again */
	uint64_t *drops[FRAME_KINDS];
	struct host_counters count;
	struct outgoing outgoing;
	/* next hops used last, by the low bits of their addresses */
	struct host_hop {
		uint32_t next_hop, generation;
		uint8_t mac[MAC_LEN];
	} recent[HOST_RECENT];
	struct host_hop6 {
		struct ip_addr next_hop;
		uint32_t generation;
		uint8_t mac[MAC_LEN];
	} recent6[HOST_RECENT];
};

int host_init(struct host *h, const struct host_config *config); /* -ENOMEM, -EINVAL */
/*
 * Other addresses and gateways (family 0: none) from now on, in the port's own thread. The new ones are
 * announced (RFC 5227 2.3, RFC 4861 7.2.6), since a neighbour may have known them as somebody else's, and
 * switches are told to which groups the port listens now. -EINVAL when they
 * are more than HOST_ADDRESS_MAX: then nothing changed.
 */
int host_set_addresses(struct host *h, const struct ip_prefix *addresses, unsigned count,
	const struct ip_addr *gateway, const struct ip_addr *gateway6);
void host_fini(struct host *h);

/* A round begins; host_finish() ends it. */
void host_begin(struct host *h, uint64_t now_ns);
/* A burst from the port, counted. */
unsigned host_receive(struct host *h, struct rte_mbuf *mbufs[static HOST_BURST]);
/*
 * Parse what was received. True: f says that it is a packet (FRAME_IPV4 or FRAME_IPV6 in *kind),
 * and *m is a single buffer of our pool that holds it. False: it was ARP or neighbour discovery, or
 * not well formed, and is taken care of.
 */
bool host_classify(struct host *h, struct rte_mbuf **m, struct frame *f, enum frame_kind *kind);
/* Send the reply when f, a packet to our address, is an echo request; else false. */
bool host_echo(struct host *h, struct rte_mbuf *m, const struct frame *f);

enum host_role { HOST_ROLE_OTHER, HOST_ROLE_OWN, HOST_ROLE_BROADCAST };
/* What an address is to us; *index (may be NULL): of our own address in the configuration. */
enum host_role host_role(const struct host *h, uint32_t address, unsigned *index);
bool host_owns6(const struct host *h, const uint8_t address[static 16], unsigned *index);

/* The neighbour through which destination is reached; false: no route. */
bool host_route(const struct host *h, uint32_t destination, uint32_t *next_hop);
bool host_route6(const struct host *h, const uint8_t destination[static 16],
	struct ip_addr *next_hop);
/* Our address for talking to destination: the one on the same network, or the first. 0: none. */
uint32_t host_source_for(const struct host *h, uint32_t destination);
/* The same; link-local addresses are for link-local destinations, and for nothing else. NULL: none. */
const uint8_t *host_source6_for(const struct host *h, const uint8_t destination[static 16]);

/* Link address of a next hop, or NULL; good while the neighbour table's generation lasts. */
const uint8_t *host_resolve(struct host *h, uint32_t next_hop);
const uint8_t *host_resolve6(struct host *h, const struct ip_addr *next_hop);
/*
 * Hold a frame until its next hop, which does not resolve now, is known; then it is sent. A router,
 * whose destinations others choose, drops it where that would be a question too many: unknown ones are asked
 * for up to an eighth of the table a second.
 */
void host_hold(struct host *h, struct rte_mbuf *m, uint32_t next_hop);
void host_hold6(struct host *h, struct rte_mbuf *m, const struct ip_addr *next_hop);
/* Put an Ethernet header before the packet in m and send it to next_hop, now or later. */
void host_send(struct host *h, struct rte_mbuf *m, uint32_t next_hop);
void host_send6(struct host *h, struct rte_mbuf *m, const struct ip_addr *next_hop);

/* Timers, once a second, then everything that is to leave. */
void host_finish(struct host *h);

#endif
