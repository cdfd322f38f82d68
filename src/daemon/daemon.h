/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parts of a running encrypterd, and the steps that make them. main.c climbs the steps in order;
 * the *_down functions undo what was made, also when only a part was.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "black/black.h"
#include "crypt/crypt.h"
#include "ctl/config.h"
#include "ctl/control.h"
#include "ctl/iface.h"
#include "ctl/plan.h"
#include "ctl/resolver.h"
#include "dp/eal.h"
#include "dp/lcore.h"
#include "red/red.h"

enum exit_status { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct daemon_crypt { /* a crypt thread and what it shares with the others' threads */
	struct ring red_to_crypt, crypt_to_red, black_to_crypt, crypt_to_black;
	struct ring control_to_crypt, crypt_to_control;
	struct pool_view black_view, red_view;
	struct crypt_stats *stats;
	struct engine engine;
	struct crypt *crypt;
};

struct daemon {
	struct resolver resolver;
	struct config config;
	struct plan plan;
	struct iface ifaces[2];
	unsigned iface_count;
	bool eal;
	struct zone zones[PLAN_DOMAINS];
	struct bell bells[PLAN_THREADS_MAX];
	struct port black_port, red_port;
	struct pool black_pool, red_pool;
	struct ring black_to_control, black_proven, control_to_black, control_to_red;
	struct daemon_crypt crypt[CRYPT_THREADS_MAX];
	struct peer_report *reports;
	_Atomic uint64_t *dirty;
	struct black_stats black_stats;
	struct black_attack attack;
	struct red_stats red_stats;
	struct black *black;
	struct red *red;
	struct lcore lcores[PLAN_THREADS_MAX];
	struct control *control;
	int status; /* of the process when a step failed */
};

extern const char *const daemon_domains[PLAN_DOMAINS]; /* names */
/* Of a thread: its domain's, with a number where there are several crypt threads. */
const char *daemon_thread_name(const struct daemon *d, unsigned thread);

/* Logs which step failed and why; returns rc. */
int daemon_failed(const char *step, int rc);

/* system.c: from the machine */
int daemon_start_resolver(struct daemon *d); /* before a key is read */
int daemon_plan(struct daemon *d); /* as far as the file tells */
int daemon_claim_name(struct daemon *d);
int daemon_take_ifaces(struct daemon *d);
int daemon_start_eal(struct daemon *d);
enum zone_pages daemon_pages(const struct config *config);
void daemon_system_down(struct daemon *d);

/* memory.c: zones, buffers, rings */
int daemon_plan_memory(struct daemon *d, uint16_t black_mtu, uint16_t red_mtu);
int daemon_open_ports(struct daemon *d);
int daemon_create_zones(struct daemon *d);
int daemon_create_buffers(struct daemon *d);
int daemon_create_rings(struct daemon *d);
void daemon_memory_down(struct daemon *d);

/* domains.c: who works in them */
int daemon_create_domains(struct daemon *d);
int daemon_create_control(struct daemon *d);
int daemon_start_ports(struct daemon *d);
int daemon_start_threads(struct daemon *d);
int daemon_yield(struct daemon *d); /* control is the thread that calls */
void daemon_domains_down(struct daemon *d);

#endif
