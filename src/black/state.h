/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the black domain share: its state, and the steps of a round. */
#ifndef BLACK_STATE_H
#define BLACK_STATE_H

#include "black/black.h"
#include "black/guard.h"
#include "dp/host.h"
#include "dp/lend.h"
#include "net/udp.h"

#define OUTER4_LEN (ETHERNET_HEADER_LEN + IPV4_HEADER_LEN + UDP_HEADER_LEN)

enum path_state {
	PATH_NONE,     /* no endpoint */
	PATH_NO_ROUTE, /* an endpoint that we cannot reach from here */
	PATH_IPV4,
};

/* The outer header of messages to one endpoint, ready to be put before them: one cache line. */
struct path {
	uint8_t header[OUTER4_LEN]; /* lengths, id and checksums are zero */
	uint16_t state;
	uint32_t sum;               /* of the IPv4 header as it is here */
	uint32_t next_hop;
	uint32_t generation;        /* of the neighbour table when the link address was filled in */
} __attribute__((aligned(64)));
static_assert(sizeof(struct path) == 64, "a path is one cache line");

struct black {
	struct black_config config;
	struct black_stats *stats;
	struct host host;
	struct lend lend;
	struct path *paths; /* by slot */
	struct guard guard;
	uint16_t listen_port;
	bool reported;      /* to control in this round */
};

/* receive.c */
unsigned black_receive(struct black *b);

/* path.c */
/* local: our address when it is one; else the best one is taken. */
void path_set(struct black *b, struct path *p, const struct endpoint *remote,
	const struct ip_addr *local, uint8_t dscp);
void path_set_source_port(struct path *p, uint16_t port);
/* Put the outer header before the message that is m's data, and send it. */
void path_send(struct black *b, struct path *p, struct rte_mbuf *m);

/* sealed.c */
unsigned black_sealed(struct black *b);

/* orders.c */
unsigned black_orders(struct black *b);

#endif
