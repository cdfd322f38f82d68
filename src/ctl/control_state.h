/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files that make up the control domain share. Not for users of control.h. */
#ifndef CTL_CONTROL_STATE_H
#define CTL_CONTROL_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "ctl/change.h"
#include "ctl/control.h"
#include "ctl/installs.h"
#include "ctl/instance.h"
#include "ctl/mark.h"
#include "ctl/names.h"
#include "ctl/outbox.h"
#include "ctl/resolver.h"
#include "ctl/routes.h"
#include "ctl/server.h"
#include "ctl/uapi.h"
#include "wg/allowedips.h"
#include "wg/device.h"

/* Work of one round: handshakes come before administration, and neither starves the other. */
#define ROUND_ACKS     64
#define ROUND_REPORTS  8
#define ROUND_PEERS    16 /* with events that led to something */
#define ROUND_TICKS    4
#define ROUND_EDITS    32
#define ROUND_PREFIXES 1024

#define BACKLOG_RETRY_NS  (1 * CLOCK_MS)
#define READY_RETRY_NS    (10 * CLOCK_MS)
#define MOVED_LOG_NS      (1 * CLOCK_SECOND) /* a peer that hops about does not fill the log */
#define INSTALL_LIFE_NS   (5 * CLOCK_SECOND)
#define SILENCE_MAX_NS    (5 * CLOCK_SECOND)
#define DOMAINS_MAX       24

struct show_attack;

enum peer_use { PEER_UNUSED, PEER_USED, PEER_REMOVING /* until crypt acked */ };

struct peer_state {
	enum peer_use use;
	struct endpoint endpoint; /* family 0: none, and crypt knows */
	struct endpoint configured; /* as the file said last; family 0: it did not */
	bool silent;           /* handshakes were given up; said once */
	bool name_lost;        /* its name has no address; said once */
	bool wipe_due;         /* what crypt has is of a former private key (A54) */
	uint32_t wipes;        /* acks of CRYPT_WIPE that are to come */
	uint32_t removals;     /* and of CRYPT_REMOVE */
	char name[CONFIG_NAME_MAX];
	uint64_t up_until_ns;  /* a session was confirmed so lately */
	uint64_t moved_ns;     /* its endpoint's last move that was logged */
	uint64_t added_ns;
	uint64_t rx_base, tx_base; /* crypt's counters when the slot was taken */
};

struct holders { /* of a slot's halves: numbers of crypt threads */
	uint8_t seal, open;
};

struct routing { /* control_routes.c */
	struct routes master;    /* AllowedIPs as they are now */
	struct routes tunnel;    /* every prefix that ever was one, and [Red] Secure: slot 0 */
	uint32_t secure_new;     /* prefixes of [Red] Secure that a change brings, while it is measured */
	bool changed;            /* since the last publication */
	uint32_t tunnel_told;    /* how many of them red was told */
	uint8_t *links;          /* and with which link, by number; NULL: there is one crypt thread */
	uint32_t link_at;        /* the next one whose link is looked at, */
	uint32_t links_left;     /* and how many are to be: something has changed */
	uint32_t unacked;        /* crypt threads that do not use `in_flight` yet */
	uint32_t number;              /* of the table sent last */
	struct allowedips *active;    /* crypt's */
	struct allowedips *in_flight; /* sent and not acked */
	void *spare[2];          /* kept for a change that was promised to succeed */
	uint32_t spare_prefixes[2];
};

enum change_stage {
	STAGE_NONE,
	STAGE_UNROUTE,   /* publish routes without the peers that go */
	STAGE_UNROUTED,  /* wait: no packet can be staged for them any more */
	STAGE_REMOVE,    /* tell the domains, forget the peers */
	STAGE_DEVICE,    /* private key, port */
	STAGE_WIPE,      /* the sessions of all peers, when the private key changed: waits for nothing */
	STAGE_ADDRESSES, /* of the black port */
	STAGE_WAYS,      /* to all peers: they begin or lead elsewhere now */
	STAGE_WAYS_TOLD, /* wait: black uses them */
	STAGE_GREET,     /* all peers with a session: they see where we are */
	STAGE_REMOVED,   /* wait: their slots may be used again */
	STAGE_EDIT,
	STAGE_PREFIXES,
	STAGE_ROUTE,     /* publish the routes as they are to be */
	STAGE_SETTLE,    /* wait for crypt and red */
};

struct change_run { /* control_change.c */
	struct change change;
	enum change_stage stage;
	uint32_t at;             /* progress within the stage */
	bool wipe;               /* the private key changed */
	bool moved_port;         /* and so did the port */
	int error;               /* 0 or positive; what could not be done after all */
	struct client *client;   /* who is to be answered; NULL: nobody, or one that is gone */
	const char *by;          /* the socket; NULL: by the configuration */
	pid_t pid;
	uid_t uid;
	struct change_size size;
	uint32_t mark[4];        /* how far it was when it moved last, */
	uint64_t moved_ns;       /* and when that was */
};

struct control {
	struct control_config config;
	char name[CONFIG_NAME_MAX];
	enum config_mode mode;
	bool uapi_secrets;
	struct config *running;      /* the file, without keys and lists */
	uint64_t reload;             /* the number of a signal's request; 0: none */
	uint16_t listen_port;
	struct wg_device *device;
	struct wg_actions *actions;  /* guarded: keys pass through */
	struct peer_state *peers;    /* by slot */
	struct holders *holders;     /* likewise, also of slots that are not used */
	struct outbox to_black, to_red, to_crypt[CRYPT_THREADS_MAX];
	struct installs installs;
	struct names names;
	struct routing routing;
	struct change_run run;
	struct instance instance;
	struct mark mark;
	bool clock_doubted;          /* and said so */
	struct server uapi, ctl;
	uint64_t requests;           /* numbers requests, of whatever way, in the order in which they came */
	int epoll_fd, signal_fd, stop_fd;
	struct watch bell_watch, signal_watch, stop_watch, resolver_watch;
	_Atomic bool stop;
	bool failed;                 /* an order was lost: nothing can be promised any more */
	bool ready;
	uint32_t removals;           /* peers whose CRYPT_REMOVE is not acked by all yet */
	uint32_t wipes;              /* acks of CRYPT_WIPE that are to come */
	uint32_t traffic_slot;       /* where the next look at the bitmap starts */
	uint64_t traffic_due_ns;
	uint64_t client_due_ns;
	uint64_t attacks_told;       /* in the log: how many began, */
	bool attack_told;            /* and that the last one goes on */
	uint64_t start_ns;
	bool domain_silent[DOMAINS_MAX];
	struct control_stats stats;
};

/* ---- control.c ---- */

struct wg_now control_now(void);
/* One round of bounded work. True when more waits already. */
bool control_round(struct control *c, struct wg_now now);
/* How long the loop may sleep, when the last round left nothing undone. */
uint64_t control_sleep_ns(struct control *c, uint64_t now_ns);
/* Urgent work that came before the bell was armed. */
bool control_has_work(struct control *c);
/* epoll, signals, the stop event. -errno. */
int control_open_loop(struct control *c);
void control_close_loop(struct control *c);
bool control_roomy(const struct control *c);
/* All that the domains were told is in their rings; nothing waits for room. */
bool control_told_all(const struct control *c);
/* Of the domain i; *name is NULL when there is none. */
uint64_t control_silence_ns(const struct control *c, const char **name, unsigned i);

/* ---- control_clock.c: time stamps that outlive the process (C30) ---- */

/* Reads the mark of the former life and writes the next one. Error text and -errno. */
int control_open_clock(struct control *c, const struct config *config, char error[static 512]);
void control_watch_clock(struct control *c, struct wg_now now);
void control_close_clock(struct control *c);

/* ---- control_orders.c ---- */

/* Performs what wg asked for, in order, and clears the list. */
void control_perform(struct control *c, struct wg_now now);
/* To the thread that seals for the peer. */
void control_tell_crypt(struct control *c, enum crypt_order_kind kind, uint32_t slot);
/* To all crypt threads; how many. */
unsigned control_tell_all(struct control *c, const struct crypt_order *order);
void control_tell_peer(struct control *c, uint32_t slot, bool endpoint);
void control_tell_session(struct control *c, enum crypt_order_kind kind, uint32_t slot,
	const struct session_keys *keys);
/* The peer goes: its slot is not used again before crypt acked. wg is told by the caller. */
void control_forget_peer(struct control *c, uint32_t slot);
void control_tell_identity(struct control *c);
void control_tell_port(struct control *c, uint16_t port);
void control_tell_addresses(struct control *c, const struct ip_prefix *addresses, unsigned count,
	const struct ip_addr *gateway, const struct ip_addr *gateway6);
void control_wipe_sessions(struct control *c, uint32_t slot);
/* Its name, or its public key. */
const char *control_peer_label(const struct control *c, uint32_t slot, char text[static 48]);

/* ---- control_events.c ---- */

/* Each returns true when it stopped at its bound, with more waiting. */
bool control_take_acks(struct control *c, struct wg_now now);
bool control_take_reports(struct control *c, struct wg_now now);
bool control_reports_wait(const struct control *c);
bool control_take_traffic(struct control *c, struct wg_now now);
bool control_urgent(const struct control *c);

/* ---- control_attack.c ---- */

/* What black says of attacks goes to the log: when one begins and when it ended. */
void control_watch_attack(struct control *c);
/* The last one, or zeroes. */
void control_last_attack(const struct control *c, uint64_t now_ns, struct show_attack *attack);

/* ---- control_names.c ---- */

int control_names_open(struct control *c, const struct config *config); /* -errno */
/* Asks for the next name that is due; turns peers to where their names lead. */
void control_names_step(struct control *c, struct wg_now now);
uint64_t control_names_deadline(const struct control *c);

/* ---- control_routes.c ---- */

int routing_open(struct control *c); /* -ENOMEM */
void routing_close(struct control *c);
/* Makes sure that the change's tables can be made. -ENOMEM. */
int routing_reserve(struct control *c, const struct change_size *size);
void routing_release(struct control *c); /* what was reserved and not needed */
void routing_clear(struct routing *r, uint32_t slot);
/* Sends the master list, compiled, to crypt if it changed. False while another is in flight. */
bool routing_publish(struct control *c);
void routing_acked(struct control *c, const struct allowedips *routes);
/* Tells red of prefixes as far as there is room. True when it knows all. */
bool routing_tell_red(struct control *c);
/* Other threads seal for peers now, or prefixes are other peers': red is to hear of it. */
void routing_links_changed(struct control *c);
/* A part of that; true when all is told. */
bool routing_tell_links(struct control *c);

/* ---- control_change.c ---- */

/*
 * Takes the change over (also when it fails). -ENOSPC: too many peers or prefixes; -ENOMEM. Nothing
 * was touched then. client is answered when all is done and acked.
 */
int control_change_begin(struct control *c, struct change *change, struct client *client);
/* A part of what is left. True when it stopped at its bound. */
bool control_change_step(struct control *c, struct wg_now now);
/* A client's time is over: has the change that it waits for moved meanwhile? Then it gets more. */
bool control_change_moved(const struct control *c, struct client *client);

/* ---- control_reload.c ---- */

int control_reload_open(struct control *c, const struct config *config); /* -ENOMEM */
enum reload_how {
	RELOAD_FIRST, /* there are no peers yet */
	RELOAD_SYNC,  /* what is the same stays */
	RELOAD_ANEW,  /* every peer is removed and made again */
};
/* Begins the change that leads to config. -ENOSPC, -ENOMEM: nothing was touched. */
int control_reload_begin(struct control *c, const struct config *config, enum reload_how how,
	struct client *client);
/*
 * Reads a configuration and begins the change that leads to it; client is answered when it is done. 0;
 * -errno and error text, and nothing was touched. Not while another change is committed.
 */
int control_reload(struct control *c, const char *path, enum reload_how how, struct client *client,
	char error[static CONFIG_ERROR_MAX]);
/* A signal asked for it, and its turn has come. */
void control_reload_step(struct control *c);

/* ---- control_uapi.c, control_ctl.c: the two protocols ---- */

extern const struct server_ops control_uapi_ops;
extern const struct server_ops control_ctl_ops;
/*
 * The number of the first request that waits for its turn, since it makes a change or shows what changes
 * make; UINT64_MAX: none. *_serve does what that one asks for, or begins it; not while a change is made.
 */
uint64_t control_uapi_turn(const struct control *c);
uint64_t control_ctl_turn(const struct control *c);
void control_uapi_serve(struct control *c);
void control_ctl_serve(struct control *c, struct wg_now now);
/* Whoever need not wait for a turn. */
void control_ctl_answer(struct control *c, struct wg_now now);
void control_uapi_changed(struct client *client, int error);
void control_ctl_changed(struct client *client, int error);

/* A peer's bytes with WireGuard's overhead and handshakes (A55). */
void control_peer_bytes(const struct control *c, uint32_t slot, const struct wg_peer_info *info,
	uint64_t *rx_bytes, uint64_t *tx_bytes);

#endif
