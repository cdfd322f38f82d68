/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MIB             (1ull << 20)
#define PEERS_AT_LEAST  1024u
#define PREFIXES_LEAST  16384u
/* Rings, stacks and tables that do not grow with the peers, beside the buffers. */
#define PORT_FIXED      (6 * MIB)
#define CRYPT_FIXED     (8 * MIB)
/* Per peer: both halves of its sessions, its report, its share of the index table. */
#define CRYPT_PER_PEER  4608ull
/* Where the engine is a device of DPDK's: its sessions, 1024 of crypto_aesni_mb's 1.5 KiB. */
#define CRYPT_SESSIONS  (2 * MIB)
#define BLACK_PER_PEER  192ull
/*
 * Per prefix: an inner node and a leaf in each of red's trees (DPDK spreads a node over 192
 * bytes, and the ring of the pool that it comes from takes up to 16 more), and what red remembers of
 * its lookups; three versions of crypt's table.
 */
#define RED_PER_PREFIX  896ull
#define RED_FIXED       (2 * MIB) /* a bit for each IPv4 network of 256 addresses */
#define CRYPT_PER_PREFIX 256ull
/*
 * Per crypt thread beside the first: its rings at the other two, and there its own stack, rings with
 * control, views of the pools, engine, and per peer an index table that would hold all.
 */
#define LINK_BYTES            (MIB / 2)
#define RED_LINKS_PER_PREFIX  64ull /* red then remembers which link it was */
#define CRYPT_THREAD_BYTES    (2 * MIB)
#define CRYPT_THREAD_PER_PEER 96ull

static uint32_t prefix_count(const struct config *config)
{
	uint32_t n = config->secure_count;

	for (unsigned i = 0; i < config->peer_count; i++)
		n += config->peers[i].allowed_ip_count;
	return n;
}

/* mtu: of the buffers, which take most of black and red; 0: there are none. */
static int too_small(const struct config *config, const char *section, unsigned line, uint64_t need,
	uint16_t mtu, char error[static CONFIG_ERROR_MAX])
{
	char of_mtu[64] = "";

	if (mtu > 0)
		snprintf(of_mtu, sizeof(of_mtu), " and an MTU of %u (the larger of both ports')", mtu);
	snprintf(error, CONFIG_ERROR_MAX,
		"%s:%u: [%s] Memory is too small for %u peers%s; set Memory = %lluM or more",
		config->path, line, section, config->peer_count, of_mtu,
		(unsigned long long)((need + MIB - 1) / MIB));
	return -ENOMEM;
}

static int plan_mtus(struct plan *plan, const struct config *config, uint16_t black_mtu, uint16_t red_mtu,
	size_t pool_bytes, char error[static CONFIG_ERROR_MAX])
{
	bool black = black_mtu > red_mtu;

	if (pool_bytes == 0) {
		snprintf(error, CONFIG_ERROR_MAX,
			"%s:%u: the MTU of [%s] Port is %u, and no buffer can be that long; give it a "
			"smaller one, or set Mtu = 9000 there", config->path,
			black ? config->black.port_line : config->red.port_line,
			black ? "Black" : "Red", black ? black_mtu : red_mtu);
		return -EINVAL;
	}
	if (black_mtu < CONFIG_MTU_LEAST + CONFIG_TUNNEL_BYTES) {
		snprintf(error, CONFIG_ERROR_MAX,
			"%s:%u: the MTU of [Black] Port is %u, too small for a tunnel; give it one of "
			"%u or more", config->path, config->black.port_line, black_mtu, CONFIG_MTU_LEAST + CONFIG_TUNNEL_BYTES);
		return -EINVAL;
	}
	plan->tunnel_mtu = (uint16_t)(black_mtu - CONFIG_TUNNEL_BYTES);
	return 0;
}

static bool keeps_sessions(const struct config *config)
{
	return strncmp(config->engine, "crypto", 6) == 0; /* cryptodev, or crypto_NAME */
}

static void plan_peers(struct plan *plan, const struct config *config)
{
	uint32_t prefixes = prefix_count(config);
	uint64_t peers = config->peer_count * 2ull;

	plan->max_peers = peers > PEERS_AT_LEAST ? (uint32_t)peers : PEERS_AT_LEAST;
	plan->max_prefixes = prefixes * 2 > PREFIXES_LEAST ? prefixes * 2 : PREFIXES_LEAST;
}

static uint64_t crypt_bytes(const struct plan *plan, const struct config *config)
{
	uint64_t more = plan->crypt_threads - 1;
	uint64_t bytes = CRYPT_FIXED + plan->max_peers * CRYPT_PER_PEER +
		plan->max_prefixes * CRYPT_PER_PREFIX +
		more * (CRYPT_THREAD_BYTES + plan->max_peers * CRYPT_THREAD_PER_PEER);

	return bytes + (keeps_sessions(config) ? plan->crypt_threads * CRYPT_SESSIONS : 0);
}

int plan_memory(struct plan *plan, const struct config *config, uint16_t black_mtu, uint16_t red_mtu,
	size_t (*pool_bytes)(uint16_t mtu), char error[static CONFIG_ERROR_MAX])
{
	uint16_t mtu = black_mtu > red_mtu ? black_mtu : red_mtu;
	uint64_t more = plan->crypt_threads - 1;

	plan->buffer_mtu = mtu > PLAN_MTU_USUAL ? mtu : PLAN_MTU_USUAL;
	uint64_t port = PORT_FIXED + pool_bytes(plan->buffer_mtu);
	uint64_t black = port + plan->max_peers * BLACK_PER_PEER + more * LINK_BYTES;
	uint64_t red = port + RED_FIXED + plan->max_prefixes * RED_PER_PREFIX + more * LINK_BYTES +
		(more ? plan->max_prefixes * RED_LINKS_PER_PREFIX : 0);
	uint64_t crypt = crypt_bytes(plan, config);
	int rc = plan_mtus(plan, config, black_mtu, red_mtu, pool_bytes(plan->buffer_mtu), error);
	if (rc != 0)
		return rc;
	if (black > config->black.memory_bytes)
		return too_small(config, "Black", config->black.memory_line, black,
			plan->buffer_mtu, error);
	if (red > config->red.memory_bytes)
		return too_small(config, "Red", config->red.memory_line, red,
			plan->buffer_mtu, error);
	if (crypt > config->crypt_memory_bytes)
		return too_small(config, "Crypt", config->crypt_memory_line, crypt, 0, error);
	plan->zone_bytes[PLAN_BLACK] = black;
	plan->zone_bytes[PLAN_RED] = red;
	/* routes and peers come and go at run time: crypt has all it may have */
	plan->zone_bytes[PLAN_CRYPT] = config->crypt_memory_bytes;
	return 0;
}

static void take_wanted(struct plan *plan, const struct config *config)
{
	plan->crypt_threads = config->crypt_core_count ? config->crypt_core_count : 1;
	plan->threads = PLAN_CRYPT + plan->crypt_threads;
	plan->cpu[PLAN_CONTROL] = config->core;
	plan->cpu[PLAN_BLACK] = config->black.core;
	plan->cpu[PLAN_RED] = config->red.core;
	plan->cpu[PLAN_CRYPT] = -1;
	for (unsigned i = 0; i < config->crypt_core_count; i++)
		plan->cpu[PLAN_CRYPT + i] = config->crypt_cores[i];
}

/* The first CPU of the set, or the first there is. */
static int first_cpu(const cpu_set_t *set)
{
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, set))
			return cpu;
	return 0;
}

static void place(struct plan *plan, const cpu_set_t *allowed)
{
	cpu_set_t left = *allowed;
	int open = 0;

	for (unsigned i = 0; i < plan->threads; i++) {
		if (plan->cpu[i] >= 0)
			CPU_CLR(plan->cpu[i], &left);
		else
			open++;
	}
	bool enough = CPU_COUNT(allowed) >= (int)plan->threads && CPU_COUNT(&left) >= open;
	for (unsigned i = 0; i < plan->threads; i++) {
		if (plan->cpu[i] >= 0)
			continue;
		plan->cpu[i] = first_cpu(enough ? &left : allowed);
		CPU_CLR(plan->cpu[i], &left);
	}
}

void plan_make(struct plan *plan, const struct config *config, const cpu_set_t *allowed)
{
	memset(plan, 0, sizeof(*plan));
	take_wanted(plan, config);
	place(plan, allowed);
	for (unsigned i = 0; i < plan->threads; i++)
		for (unsigned j = 0; j < plan->threads; j++)
			if (i != j && plan->cpu[i] == plan->cpu[j])
				plan->shared[i] = true;
	plan_peers(plan, config);
}
