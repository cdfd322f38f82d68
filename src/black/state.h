/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the black domain share: its state, and the steps of a round. */
#ifndef BLACK_STATE_H
#define BLACK_STATE_H

#include <assert.h>
#include <stddef.h>

#include "black/black.h"
#include "black/guard.h"
#include "dp/host.h"
#include "dp/lend.h"
#include "net/udp.h"

#define OUTER4_LEN (ETHERNET_HEADER_LEN + IPV4_HEADER_LEN + UDP_HEADER_LEN)
#define OUTER6_LEN (ETHERNET_HEADER_LEN + IPV6_HEADER_LEN + UDP_HEADER_LEN)
static_assert(OUTER6_LEN <= HANDLE_HEADROOM, "crypt leaves room for every outer header");

enum path_state {
	PATH_NONE,     /* no endpoint */
	PATH_NO_ROUTE, /* an endpoint that we cannot reach from here */
	PATH_IPV4,
	PATH_IPV6,
};

/*
 * The outer header of messages to one endpoint, ready to be put before them, in one cache line. Lengths,
 * id and checksums in it are zero. generation: of the neighbour table when the link address was filled in.
 */
struct path4 {
	uint16_t state;
	uint8_t header[OUTER4_LEN];
	uint32_t sum; /* of the IPv4 header as it is here */
	uint32_t next_hop;
	uint32_t generation;
};

struct path6 { /* without what is the same for all, and the next hop, which is looked up when it is needed */
	uint16_t state;
	uint8_t mac[MAC_LEN]; /* of the next hop */
	uint8_t header[IPV6_HEADER_LEN + UDP_HEADER_LEN];
	uint32_t generation;
};

struct path {
	union {
		uint16_t state; /* the first of each */
		struct path4 v4;
		struct path6 v6;
	};
} __attribute__((aligned(64)));
static_assert(sizeof(struct path) == 64, "a path is one cache line");

struct black_later { /* what a crypt thread filled, to be sent in the next round */
	struct handle list[LEND_BURST];
	unsigned count;
};

struct black {
	struct black_config config;
	struct black_stats *stats;
	struct host host;
	struct lend lend;
	struct black_later later[LEND_LINKS]; /* by link, when there are several */
	struct path *paths; /* by slot */
	struct guard guard;
	uint16_t listen_port;
	uint8_t address_epoch;  /* of our addresses: their numbers mean others after each change */
#define ADDRESS_EPOCHS 0x7f /* it is a part of tags, whose highest bit tells families apart */
	unsigned address_count; /* of the list in `addresses` that control is sending */
	struct ip_prefix addresses[HOST_ADDRESS_MAX];
	bool reported;      /* to control in this round */
};

/* receive.c */
unsigned black_receive(struct black *b);

/* path.c */
/* local: our address when it is one; else the best one is taken. */
void path_set(struct black *b, struct path *p, const struct endpoint *remote,
	const struct ip_addr *local);
/* A peer that has an endpoint is there from now on; one that has none stays without. */
void path_move(struct black *b, struct path *p, const struct endpoint *remote,
	const struct ip_addr *local);
void path_set_source_port(struct path *p, uint16_t port);
/*
 * Put the outer header before the message that is m's data, and send it. traffic_class: 0 for all
 * but what the configuration lets crypt copy (A47).
 */
void path_send(struct black *b, struct path *p, struct rte_mbuf *m, uint8_t traffic_class);

/* source.c */
/* rest: what else tells endpoints apart, below 2^63. */
uint64_t source_tag6(const uint64_t seed[static 2], const uint8_t address[static 16],
	uint64_t rest);

/* sealed.c */
unsigned black_sealed(struct black *b);

/* orders.c */
unsigned black_orders(struct black *b);

#endif
