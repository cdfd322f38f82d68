/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control domain's loop: handshakes, timers, peers, and the sockets of administration. Runs on
 * the main thread, never touches user traffic.
 */
#ifndef CTL_CONTROL_H
#define CTL_CONTROL_H

#include <stdint.h>

#include "ctl/config.h"
#include "dp/bell.h"
#include "dp/ring.h"
#include "encrypter/boundary.h"
#include "encrypter/stats.h"

struct resolver;

struct control_crypt { /* a crypt thread */
	struct ring to;                 /* struct crypt_order */
	struct ring from;               /* struct crypt_ack */
	struct bell *bell;
	const struct crypt_stats *stats;
};

struct control_config {
	const struct config *config;
	uint32_t max_peers;
	struct bell *bell;              /* rung by black and crypt */
	struct ring to_black;           /* struct black_order */
	struct ring from_black;         /* struct black_report */
	struct ring from_black_proven;  /* likewise; emptied first */
	struct bell *black_bell;
	struct ring to_red;             /* struct red_order */
	struct bell *red_bell;
	struct control_crypt crypt[CRYPT_THREADS_MAX];
	unsigned crypt_count;
	struct peer_report *reports;    /* crypt's, max_peers */
	_Atomic uint64_t *dirty;        /* crypt's bitmap */
	const struct black_stats *black_stats;
	const struct black_attack *attack;
	const struct red_stats *red_stats;
	const struct resolver *resolver; /* NULL: names are not resolved */
	const char *engine_name;        /* for status */
	bool hugepages;                 /* for status */
	/* tables for crypt are made in its zone */
	void *(*table_alloc)(void *context, size_t bytes);
	void (*table_free)(void *memory);
	void *table_context;
	/* how long a domain's thread has been silent (ns): for status; a NULL name ends the list */
	uint64_t (*silence_ns)(void *context, const char **name, unsigned i);
	void *silence_context;
	uint32_t max_prefixes;          /* of red's table; 0: CONTROL_PREFIXES */
	const char *run_dir;            /* NULL: /run/encrypter */
	const char *uapi_dir;           /* NULL: /var/run/wireguard */
};

#define CONTROL_PREFIXES 65536

struct control;

/*
 * To be called before there is a second thread (DPDK starts some), and not before what may wait for
 * ever: signals are then taken by control_run() alone, and writing to a socket whose reader is gone
 * kills nobody.
 */
void control_block_signals(void);

/*
 * Claims the instance's name before anything else is taken from the system; without it
 * control_create() does so. -EEXIST when another instance has it, -errno; error says what to do.
 * control_unclaim() gives it back when control_create() is never reached or has failed.
 */
int control_claim(const struct config *config, char error[static 512]);
void control_unclaim(void);

/*
 * Opens the sockets and works out what the configuration asks for; control_run() then loads the
 * peers and says `ready` when crypt has their routes. config->config is not needed after the call,
 * the rest is. NULL with error text: then exit 1, or 2 when the instance's name is taken (*status).
 */
struct control *control_create(const struct control_config *config, char error[static 512],
	int *status);
/* Until control_stop() or a signal; 0, or 1 when a domain failed. */
int control_run(struct control *c);
void control_stop(struct control *c); /* async-signal-safe */
/* After the other domains' threads have ended: crypt still reads tables that are freed here. */
void control_destroy(struct control *c);

#endif
