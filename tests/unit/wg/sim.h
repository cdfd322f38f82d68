/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two whole nodes over a bad wire, under a clock that jumps from event to event: hours pass in a
 * moment, and the same seed gives the same hours. A node is a device (control), a small model of
 * crypt over session.h, and a shell between them with the delays that rings and polling bring.
 *
 * Several pairs of nodes may share the device of their even sides: a hub with a peer in each pair, which
 * it knows by an address of its own.
 */
#ifndef SIM_H
#define SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "fixture.h"
#include "wg/device.h"
#include "wg/session.h"

#define SIM_IDS   (1u << 21) /* data packets that one of two nodes may send */
#define SIM_IDS_MANY (1u << 12) /* or one of many */
#define SIM_NO_ID UINT64_MAX

struct sim_counts {
	unsigned sent;           /* data packets, by the application */
	unsigned delivered;      /* data packets that came out, here */
	unsigned delivered_twice;
	unsigned refused;        /* first copies that arrived here and did not come out */
	unsigned sealed_too_old; /* messages under a key of 180 s or more */
	unsigned staged_dropped;
	unsigned keepalives;     /* sent */
	unsigned messages;       /* put on the wire, of any kind */
	unsigned initiations;    /* sent */
	unsigned responses;      /* sent */
	unsigned completed;      /* handshakes that this side initiated and that gave a session */
	unsigned bad_mac1;       /* handshake messages that arrived */
	uint64_t oldest_key_ns;  /* the greatest age of a key that a message was sealed under */
	uint64_t last_delivered_ns;
	uint64_t last_message_ns; /* put on the wire */
};

enum sim_order_kind { ORDER_INSTALL, ORDER_WIPE, ORDER_KEEPALIVE, ORDER_FLUSH, ORDER_DROP_STAGED };

struct sim_order { /* control to crypt */
	enum sim_order_kind kind;
	struct session_keys keys;
};

struct sim_message {
	struct endpoint from, to;
	uint64_t id;                /* of the data packet in it: for the books, not for crypt */
	uint64_t sent_ns;           /* put on the wire; likewise */
	uint16_t length;
	uint8_t bytes[HANDSHAKE_MAX];
};

struct sim_node {
	struct sim *sim;
	unsigned side;
	unsigned life;              /* restarts so far */
	uint8_t private_key[32];
	uint8_t peer_public_key[32];
	struct endpoint at;
	uint64_t app_interval_ns;   /* mean time between data packets; 0: silent */
	unsigned app_run;           /* a new interval starts a new row of packets */
	int64_t wall_offset_ns;
	uint64_t mark_ns;           /* on its disk: survives a restart */
	bool cut;                   /* nothing that it sends arrives */
	uint64_t back_ns;           /* first data sent since sim_mark() that was delivered here; 0: none */
	unsigned back_lost;         /* handshake messages lost until then */

	/* control */
	struct wg_device *device;   /* a hub's is the first node's */
	uint32_t slot;
	uint64_t tick_at_ns;        /* when a tick is due; UINT64_MAX: none is */
	uint64_t orders_until_ns;   /* orders to crypt keep their order */

	/* crypt and black */
	struct endpoint peer_at;    /* where data goes */
	struct endpoint source;     /* where authenticated data came from last */
	struct {
		struct sending current, next;
	} tx;
	struct session_rx rx;
	struct session_rings rings;
	uint64_t staged[STAGED_MAX];
	unsigned staged_count;
	struct wg_traffic report;
	bool polled;                /* a poll of the report is due */

	uint64_t next_id;
	uint8_t *seen;              /* of the other's packets: arrived, delivered */
	struct sim_counts counts;
};

struct sim_event;

struct sim {
	uint64_t now_ns;
	struct sim_node *node;      /* 2 * i and 2 * i + 1 are a pair */
	unsigned nodes, ids;
	/* the wire */
	unsigned loss_permille, duplicate_permille;
	uint64_t delay_min_ns, delay_max_ns;
	bool no_handshakes; /* only data passes */
	uint64_t mark_ns;          /* of sim_mark() */
	unsigned handshakes_lost;  /* since then: initiations, responses, messages that would have confirmed a session */
	/* what is going to happen */
	struct sim_event *events;
	unsigned event_count, event_room;
	uint64_t sequence;
};

/* Two nodes, silent, over a perfect wire without delay. */
void sim_init(struct sim *s, uint64_t seed);
/* A hub and so many others. Nobody may be restarted. */
void sim_init_many(struct sim *s, uint64_t seed, unsigned pairs);
void sim_free(struct sim *s);
void sim_run(struct sim *s, uint64_t ns);
/* From now on data packets leave at random, interval_ns apart on average; 0: none. */
void sim_talk(struct sim *s, unsigned side, uint64_t interval_ns);
void sim_send(struct sim *s, unsigned side); /* one data packet, now */
/* The node loses everything but its key and configuration. */
void sim_restart(struct sim *s, unsigned side);
/* From now on it is watched when data passes again, and what handshakes the wire loses. */
void sim_mark(struct sim *s);
/* Counting starts again; ids go on. */
void sim_reset_counts(struct sim *s);

/* ---- between sim.c and sim_crypt.c ---- */

struct sim_node *sim_other(const struct sim_node *n); /* of its pair */
struct wg_now sim_now(const struct sim_node *n);
/* Onto the wire, which may lose, delay and duplicate it. */
void sim_transmit(struct sim_node *n, const struct endpoint *to, uint64_t id, const void *bytes,
	uint16_t length);
/* Events for control: the report will be polled, soon when it is urgent. */
void sim_raise(struct sim_node *n, uint32_t events);

void sim_crypt_send(struct sim_node *n, uint64_t id);
void sim_crypt_order(struct sim_node *n, const struct sim_order *order);
void sim_crypt_receive(struct sim_node *n, const struct sim_message *message);

#endif
