/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many remote sites in one process, against one daemon: each with a key, an outer address and a
 * network of its own, on the protocol core (wg/device.h) with a data path of its own. The process
 * stands on both wires of the daemon: it is the sites on the black one, and a host on the red one.
 * Every packet is numbered, so that what is lost, doubled or late is known exactly, for each site and
 * each direction.
 */
#ifndef FLEET_FLEET_H
#define FLEET_FLEET_H

#include <stdbool.h>
#include <stdint.h>

#include "util/addr.h"
#include "wg/device.h"
#include "wg/replay.h"
#include "wg/schedule.h"
#include "wg/session.h"
#include "wire.h"

#define FLEET_SITES_MAX 32768
#define FLEET_PORT      51820
#define INNER_PORT      7000
#define STAGED          32

/* Requests go either way at a fixed rate; whoever gets one answers it with the same number. */
enum stream_kind { DOWN_REQUEST, DOWN_ANSWER, UP_REQUEST, UP_ANSWER, STREAMS, PROBE = STREAMS };

struct stream {
	uint64_t sent, received, duplicates, reordered;
	uint64_t greatest;
	uint64_t last_ns, worst_gap_ns; /* between two arrivals */
	struct replay seen;
	struct replay_ring seen_ring;
};

struct packet { /* what is inside */
	uint32_t site;
	uint8_t kind;
	uint64_t number;
	uint64_t sent_ns; /* of the request */
};

struct site {
	struct wg_device *device;
	struct {
		struct sending current, next;
	} tx;
	struct session_rx rx;
	struct session_rings rings;
	struct wg_traffic traffic; /* for the device's next look */
	struct packet staged[STAGED];
	unsigned staged_count;
	uint32_t number;
	uint32_t outer, inner; /* addresses; inner is of a host in its /24 */
	uint32_t sessions;     /* that were confirmed */
	uint64_t up_ns;        /* when the first was; 0: not yet */
	bool dirty;
	struct stream streams[STREAMS];
};

struct counts {
	uint64_t initiations_sent, initiations_received, responses_sent, responses_received;
	uint64_t cookies_received, handshakes_refused, keepalives_sent, keepalives_received;
	uint64_t messages_refused; /* data that no session opens */
	uint64_t staged_dropped, strangers, probes;
	uint64_t round_trips, round_trip_sum_ns, round_trip_worst_ns;
};

enum start { START_SITES, START_DAEMON, START_BOTH };

struct options {
	const char *verb;
	unsigned sites;
	uint64_t seed;
	enum start start;
	unsigned rate;       /* requests a second, of each site and direction */
	unsigned seconds;    /* of traffic */
	unsigned up_within;  /* s */
	unsigned size;       /* of an inner packet */
	unsigned progress;   /* s between lines; 0: none */
	bool json, endpoints;
	uint8_t daemon_key[32];
	struct endpoint daemon;
	struct ip_addr red;  /* ours, on the red wire */
};

struct fleet {
	struct options options;
	struct site *sites;
	uint32_t *dirty;
	uint32_t dirty_count;
	struct schedule schedule;
	struct wg_actions actions;
	struct wg_now now;
	struct wire black, red;
	struct counts counts;
	uint32_t up;
	uint64_t start_ns, up_ns; /* up_ns: since the start, when the last one was up */
	uint64_t lost;            /* in the end */
};

/* options.c: exits on a wrong command line */
void options_parse(struct options *o, int argc, char **argv);

/* keys.c */
void keys_private(const struct options *o, uint32_t site, uint8_t key[static 32]);
uint32_t keys_outer(uint32_t site);
uint32_t keys_inner(uint32_t site);
/* The daemon's [Peer] sections, to stdout. */
void keys_print_peers(const struct options *o);

/* site.c */
int site_open(struct fleet *f, uint32_t number);
void site_close(struct site *s);
/* A packet into the tunnel; without a session it waits for one, and one is asked for. */
void site_send(struct fleet *f, struct site *s, const struct packet *p);
/* A message from the black wire. */
void site_receive(struct fleet *f, struct site *s, const uint8_t *message, size_t length);
/* Gives the device what happened since, and runs timers that are due. */
void site_look(struct fleet *f, struct site *s);
void site_tick(struct fleet *f, struct site *s);

/* traffic.c */
size_t packet_write(const struct fleet *f, uint8_t *payload, const struct packet *p);
bool packet_read(const struct fleet *f, struct packet *p, const uint8_t *payload, size_t length);
/* A packet that came out of the tunnel at the site, or arrived at the red host. */
void traffic_at_site(struct fleet *f, struct site *s, const struct packet *p);
void traffic_at_red(struct fleet *f, const struct packet *p);
/* The request `number` of a site, downwards (from red) or upwards. */
void traffic_request(struct fleet *f, struct site *s, bool down, uint64_t number);
void traffic_probe(struct fleet *f, struct site *s, bool down);
uint64_t traffic_sent(const struct fleet *f, enum stream_kind kind);
uint64_t traffic_received(const struct fleet *f, enum stream_kind kind);
bool traffic_complete(const struct fleet *f); /* nothing is on its way */

/* run.c: from the start to the report; -errno when it cannot begin */
int fleet_run(struct fleet *f);

/* report.c */
void report_progress(const struct fleet *f, const char *phase);
void report_print(const struct fleet *f);
uint64_t report_lost(const struct fleet *f);

#endif
