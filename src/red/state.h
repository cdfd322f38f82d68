/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the red domain share: its state, and the steps of a round. */
#ifndef RED_STATE_H
#define RED_STATE_H

#include "dp/host.h"
#include "dp/lend.h"
#include "dp/meter.h"
#include "net/icmp.h"
#include "red/covered.h"
#include "red/links.h"
#include "red/red.h"

struct rte_rib;
struct rte_rib6;

struct tunnel { /* the prefixes that belong behind the tunnel */
	struct rte_rib *v4;
	struct rte_rib6 *v6;
	uint32_t left; /* prefixes that may still be added */
	struct covered covered;
	struct links links; /* empty where there is one link */
};

struct red {
	struct red_config config;
	struct red_stats *stats;
	struct host host;
	struct lend lend;
	struct tunnel tunnel;
	struct meter complaints;
	struct meter_sources too_big; /* of those that say so, by whom they are for */
};

/* tunnel.c */
int tunnel_create(struct tunnel *t, struct zone *zone, uint32_t max_prefixes, unsigned links);
void tunnel_destroy(struct tunnel *t);
/* What is added twice is there until it is taken out twice. -ENOSPC, -EINVAL. */
int tunnel_add(struct tunnel *t, const struct ip_prefix *prefix, unsigned link);
int tunnel_remove(struct tunnel *t, const struct ip_prefix *prefix); /* -ENOENT */
int tunnel_set_link(struct tunnel *t, const struct ip_prefix *prefix, unsigned link); /* -ENOENT */
/* Where there are several: the link of the longest prefix that covers the address, or 0. */
unsigned tunnel_link4(struct tunnel *t, uint32_t address);
unsigned tunnel_link6(struct tunnel *t, const uint8_t address[static 16]);
/* By the trees; found, it is remembered. */
bool tunnel_walk4(struct tunnel *t, uint32_t address);
bool tunnel_walk6(struct tunnel *t, const uint8_t address[static 16]);

static inline bool tunnel_covers4(struct tunnel *t, uint32_t address)
{
	return covered_knows4(&t->covered, address) || tunnel_walk4(t, address);
}

static inline bool tunnel_covers6(struct tunnel *t, const uint8_t address[static 16])
{
	return covered_knows6(&t->covered, address) || tunnel_walk6(t, address);
}

/* orders.c */
unsigned red_orders(struct red *r);

/* receive.c */
unsigned red_receive(struct red *r);
/* To crypt: m's data are an Ethernet header and the IP packet of that length. */
void red_seal(struct red *r, struct rte_mbuf *m, uint16_t length);
/* The same, to that thread. */
void red_seal_by(struct red *r, unsigned link, struct rte_mbuf *m, uint16_t length);

/* cut.c */
/* An IPv4 packet above the tunnel's MTU that may be fragmented, its TTL decremented. */
void red_cut(struct red *r, struct rte_mbuf *m, const struct ip_packet *p);
/* The same for one out of the tunnel, above the red port's MTU, behind room for an Ethernet header. */
void red_cut_out(struct red *r, struct rte_mbuf *m, const struct ip_packet *p, uint32_t next_hop);

/* complain.c */
/*
 * Drops m, whose data are an Ethernet header and the packet p, counts it in *dropped, and tells its
 * sender why, as far as that is allowed and not too often.
 */
void red_complain(struct red *r, struct rte_mbuf *m, const struct ip_packet *p,
	enum icmp_error error, uint64_t *dropped);
/*
 * Drops p, out of the tunnel and above the red port's MTU, behind room for an Ethernet header, and
 * tells its sender, through the tunnel.
 */
void red_complain_back(struct red *r, struct rte_mbuf *m, const struct ip_packet *p);

/* opened.c */
unsigned red_opened(struct red *r);

#endif
