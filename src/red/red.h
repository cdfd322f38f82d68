/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The red domain: the port to the site's own network. Decides by configuration what may go into the
 * tunnel, answers hosts (ARP, neighbour discovery, echo, ICMP errors) and delivers what comes out of the tunnel. Holds
 * plaintext and no key.
 */
#ifndef RED_RED_H
#define RED_RED_H

#include <stdint.h>

#include "dp/lend.h"
#include "dp/pool.h"
#include "dp/port.h"
#include "dp/ring.h"
#include "encrypter/boundary.h"
#include "encrypter/stats.h"
#include "net/source.h"

#define RED_ADDRESS_MAX 16

struct red_config {
	struct zone *zone;
	struct port *port;
	struct pool *pool;
	struct ip_prefix addresses[RED_ADDRESS_MAX]; /* the networks behind the port are on-link */
	unsigned address_count;
	struct ip_addr gateway; /* family 0: on-link networks only */
	struct ip_addr gateway6;
	uint64_t seed[SOURCE_ROWS]; /* random */
	uint16_t tunnel_mtu;    /* A49: 1420 over 1500 */
	uint32_t max_prefixes;  /* of RED_TUNNEL_ADD */
	struct lend_ends crypt[CRYPT_THREADS_MAX];
	unsigned crypt_count;
	struct ring from_control; /* struct red_order */
	struct red_stats *stats;  /* in common memory: control reads it */
};

struct red;

struct red *red_create(const struct red_config *config); /* in the zone; NULL: no memory */
void red_destroy(struct red *r);
unsigned red_poll(void *red, uint64_t now_ns); /* struct lcore's poll */

#endif
