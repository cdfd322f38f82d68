/* SPDX-License-Identifier: BSD-3-Clause */
/* The control domain among domains that a test plays: fake rings, sockets in its own folder. */
#ifndef TESTS_UNIT_CTL_CONTROL_RIG_H
#define TESTS_UNIT_CTL_CONTROL_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl/control_state.h"

#define RIG_PEERS 400 /* slots */

struct rig_order { /* what crypt was told, keys left out */
	enum crypt_order_kind kind;
	uint32_t slot;
	bool endpoint;
	uint32_t local_index;
	const struct allowedips *routes;
	unsigned thread; /* who was told */
	uint8_t half, to;
};

#define RIG_LINKS 2048

struct rig {
	struct control_config config;
	struct config file;
	struct control *control;
	struct bell bells[4];
	struct peer_report *reports;
	_Atomic uint64_t dirty[RIG_PEERS / 64 + 1];
	struct black_stats black_stats;
	struct black_attack attack;
	struct red_stats red_stats;
	struct crypt_stats crypt_stats[CRYPT_THREADS_MAX];
	char folder[32], run_dir[48], uapi_dir[48];
	char error[512];
	int status;
	uint64_t late_ns;        /* added to the clock */
	/* what the domains were told, in order */
	struct rig_order orders[4096];
	unsigned order_count;
	struct crypt_ack unacked[CRYPT_THREADS_MAX][4096];
	unsigned thread_unacked[CRYPT_THREADS_MAX];
	bool hold_acks;          /* crypt takes orders, but acks nothing */
	struct black_order black[2048];
	unsigned black_count;
	struct ip_prefix red[2048];
	unsigned red_count;
	struct red_order links[RIG_LINKS]; /* RED_TUNNEL_LINK */
	unsigned link_count;
	uint32_t refuse_tables;  /* table_alloc fails from this size on (prefixes); 0: never */
	unsigned tables;         /* that exist */
	uint64_t silence_ns;
};

/* ring: elements that each ring takes. The configuration is r->file, to be filled before. */
void rig_open(struct rig *r);                /* everything but the control domain */
bool rig_start(struct rig *r, unsigned ring); /* makes it; false with r->error and r->status */
void rig_close(struct rig *r);
struct config_peer *rig_add_peer(struct rig *r, const char *name, uint8_t fill,
	const char *allowed_ip);                 /* public key: 32 times fill */

/* One round of control, its sockets included. */
void rig_round(struct rig *r);
/* The domains take what control sent; crypt acks unless held. */
void rig_domains(struct rig *r);
void rig_ack(struct rig *r);                 /* what was held so far */
void rig_ack_thread(struct rig *r, unsigned thread);
void rig_settle(struct rig *r);              /* rounds and domains until nothing moves */
unsigned rig_count(const struct rig *r, enum crypt_order_kind kind);
int rig_find(const struct rig *r, enum crypt_order_kind kind, uint32_t slot); /* index or -1 */
void rig_forget(struct rig *r);              /* what was recorded */
uint32_t rig_slot(const struct rig *r, uint8_t fill);
void rig_event(struct rig *r, uint32_t slot, uint32_t tx, uint32_t rx);
/* PEER_CONFIRMED, of the first session that was installed since rig_forget(). Its index. */
uint32_t rig_confirm(struct rig *r, uint32_t slot);

/* Clients. */
int rig_connect(const struct rig *r, bool uapi);
bool rig_write(int fd, const char *text);
/* What came until now, terminated; "" when nothing did. Static memory. */
const char *rig_read(int fd);
/* Asks and waits for the answer. */
const char *rig_ask(struct rig *r, bool uapi, const char *text);
const char *rig_hex(uint8_t fill);           /* 32 times fill */

#endif
