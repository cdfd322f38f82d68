/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The black domain: the port to the untrusted network. Parses and filters what arrives, guards control
 * against floods (guard.h), hands data messages to crypt and handshake messages to control, and puts
 * outer headers before what they send. Holds ciphertext, outer headers, our public key, and the secret
 * that cookies are made with, which it draws itself; no other key.
 */
#ifndef BLACK_BLACK_H
#define BLACK_BLACK_H

#include <stdint.h>

#include "black/guard.h"
#include "dp/bell.h"
#include "dp/lend.h"
#include "dp/pool.h"
#include "dp/port.h"
#include "dp/ring.h"
#include "encrypter/boundary.h"
#include "encrypter/stats.h"

#define BLACK_ADDRESS_MAX 16

struct black_config {
	struct zone *zone;
	struct port *port;
	struct pool *pool;
	struct ip_prefix addresses[BLACK_ADDRESS_MAX];
	unsigned address_count;
	struct ip_addr gateway;
	bool ask_ahead;               /* find the gateway before there is anything to send */
	struct ip_addr gateway6;
	uint16_t listen_port;
	bool udp_checksum;  /* over IPv4 too (A48); over IPv6 it is always there */
	uint32_t max_peers; /* size of the endpoint table */
	struct lend_ends crypt[CRYPT_THREADS_MAX];
	unsigned crypt_count;
	struct ring to_control;   /* black_to_control: struct black_report */
	struct ring proven;       /* black_proven: likewise */
	struct ring from_control; /* struct black_order */
	struct bell *control_bell;
	struct black_stats *stats;    /* in common memory: control reads it */
	struct black_attack *attack;  /* likewise */
	struct guard_limits limits;
	uint64_t seed[GUARD_SEEDS];   /* random */
	uint64_t tag_seed[2];         /* likewise: of the names that crypt gets for IPv6 sources */
	uint64_t now_ns;
};

struct black;

struct black *black_create(const struct black_config *config); /* in the zone; NULL: no memory */
void black_destroy(struct black *b);
unsigned black_poll(void *black, uint64_t now_ns); /* struct lcore's poll */

#endif
