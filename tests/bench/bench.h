/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the domains cost per packet, in ticks of the time stamp counter: their real code between ports
 * in memory, with sessions of many peers and packets of random ones, beside the engine alone in the
 * same run. One thread; what the bench does itself, as the network and as control, is not timed.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "crypt/crypt.h"
#include "dp/port.h"
#include "encrypter/stats.h"

#define BENCH_BURST   32
#define BENCH_DEPTH   3    /* bursts that wait in the ring before crypt, as they do under load */
#define BENCH_IMIX    0    /* instead of a size: 7 packets of 64 bytes, 4 of 576, 1 of 1420 */
#define BENCH_MTU     1420 /* of the tunnel */
#define BENCH_HOSTS   8    /* of the red network, who talk to all peers */
#define BENCH_TICK_NS 10000 /* what a burst takes by the domains' clock, which is ours */

#define STAGES(X)                                                                                  \
	X(black_rx, "black: port to crypt")                                                        \
	X(crypt_open, "crypt: opening")                                                            \
	X(red_tx, "red: crypt to port")                                                            \
	X(red_rx, "red: port to crypt")                                                            \
	X(crypt_seal, "crypt: sealing")                                                            \
	X(black_tx, "black: crypt to port")                                                        \
	X(in, "all of black port to red port")                                                     \
	X(in_black, "of that, black")                                                              \
	X(in_crypt, "of that, crypt")                                                              \
	X(in_red, "of that, red")                                                                  \
	X(out, "all of red port to black port")                                                    \
	X(out_red, "of that, red")                                                                 \
	X(out_crypt, "of that, crypt")                                                             \
	X(out_black, "of that, black")                                                             \
	X(engine_seal, "the engine alone")                                                         \
	X(engine_open, "the engine alone")                                                         \
	X(port_rx, "the memory port alone")                                                        \
	X(port_tx, "the memory port alone")

enum stage {
#define STAGE_NUMBER(name, help) STAGE_##name,
	STAGES(STAGE_NUMBER)
#undef STAGE_NUMBER
	STAGE_COUNT
};

struct edge { /* black or red with its pool, its port and its side of crypt */
	char name[16];
	struct zone zone;
	struct pool pool;
	struct port port;          /* two rings of packets: */
	struct rte_ring *rx, *tx;
	char device[32];
	struct ring to, from;      /* to crypt, from crypt */
	struct bell bell, crypt_bell;
	struct ring orders;
	void *domain;
	unsigned (*poll)(void *domain, uint64_t now_ns);
	uint16_t empties[4096];    /* where crypt is played: what it was lent to fill */
	unsigned empty_count;
};

struct black_edge {
	struct edge edge;
	struct ring reports, proven;
	struct bell control_bell;
	struct black_stats stats;
	struct black_attack attack;
};

struct red_edge {
	struct edge edge;
	struct red_stats stats;
};

struct bench_peer {
	struct session_keys keys; /* as crypt has them */
	uint64_t counter;         /* of the next message to us */
};

struct site { /* a crypt domain between black and red, or one of its threads */
	struct black_edge black;
	struct red_edge red;
	struct zone zone;
	struct site *first; /* of several threads; NULL: it is that one, or alone */
	struct pool_view black_view, red_view;
	struct ring orders, acks;
	struct bell control_bell;
	struct engine engine;
	struct crypt_stats *stats;
	struct peer_report *reports;
	_Atomic uint64_t *dirty;
	struct crypt *crypt;
	struct allowedips *routes;
	struct bench_peer *list;
};

struct bench { /* all that is measured with so many peers */
	uint32_t peers, max_peers;
	unsigned number, threads; /* of crypt's threads */
	struct black_edge black; /* these two by themselves, crypt is played */
	struct red_edge red;
	struct site site;
	uint64_t now_ns, cleared_ns;
	uint64_t random;
	unsigned mix;
};

struct bench_memory { /* bytes */
	double crypt_peer, black_peer, control_peer, red_prefix, session;
};

struct bench_handshakes { /* ticks of each */
	double initiator, responder;   /* all that one side does for a handshake */
	double initiator_dh, responder_dh; /* the X25519 operations alone that are in it */
	double mac1_passed, mac1_refused; /* an initiation, from the port on */
};

/* Ticks of bursts. One of ten times the shortest was interrupted by somebody, and does not count. */
struct stopwatch {
	uint64_t sum, least;
	unsigned count;
};

static inline void stopwatch_add(struct stopwatch *m, uint64_t ticks)
{
	if (m->count > 0 && ticks > 10 * m->least)
		return;
	if (m->count == 0 || ticks < m->least / 10)
		*m = (struct stopwatch){.least = ticks};
	if (ticks < m->least)
		m->least = ticks;
	m->sum += ticks;
	m->count++;
}

static inline double stopwatch_packet(const struct stopwatch *m) /* ticks a packet */
{
	return (double)m->sum / ((double)m->count * BENCH_BURST);
}

void bench_fail(const char *what);

/* bench.c */
void bench_open(struct bench *b, uint32_t peers, const char *engine);
void bench_close(struct bench *b);
/* One of several crypt threads, with a black and a red for itself; first: number 0. */
void bench_open_thread(struct bench *b, uint32_t peers, const char *engine, struct bench *first,
	unsigned number, unsigned threads);
/* A random peer that this thread seals for, or opens for. */
uint32_t bench_seals_for(struct bench *b);
uint32_t bench_opens_for(struct bench *b);
/* Groups of stages in turn, each with that many bursts; ticks per packet by stage. */
void bench_measure(struct bench *b, uint16_t size, unsigned bursts, double ticks[static STAGE_COUNT]);
uint32_t bench_draw(struct bench *b, uint32_t below);
uint64_t bench_tick(struct bench *b); /* the time of the next round */
int bench_by_value(const void *a, const void *b);

/* edge.c */
extern const uint8_t edge_network_mac[6]; /* of everybody at the other end of a port */
void edge_open(struct edge *e, const char *kind, size_t bytes, uint32_t order);
void edge_close(struct edge *e);
struct rte_mbuf *edge_buffer(struct edge *e); /* out of the pool */
void edge_arrive(struct edge *e, struct rte_mbuf **mbufs, unsigned n);
/* What was sent goes back to the pool; who asks for a link address gets an answer. Packets. */
unsigned edge_collect(struct edge *e);
void edge_order(struct edge *e, const void *order, uint64_t now_ns);
/* Played crypt: FULL buffers go back as USED ones, EMPTY ones are kept for edge_fill(). */
void edge_play_crypt(struct edge *e);
/* And a burst of them comes back, filled with messages to random peers or packets to hosts. */
void edge_give(struct edge *e, const struct handle *handles, unsigned n);

/* black_edge.c, red_edge.c */
void black_edge_open(struct black_edge *b, uint32_t peers, uint32_t max_peers, uint64_t now_ns);
void black_edge_close(struct black_edge *b);
void red_edge_open(struct red_edge *r, uint32_t peers, uint64_t now_ns);
void red_edge_close(struct red_edge *r);

/* site.c */
void site_open(struct bench *b, const char *engine);
void site_begin(struct bench *threads); /* sessions with all peers */
void site_join(struct bench *b, const char *engine, struct bench *first); /* as one more thread */
void site_close(struct site *s);
void site_control(struct bench *b); /* control's look every 100 ms, which takes the events */

/* packets.c */
#define PEER_PORT 51820
#define BLACK_ADDRESS 0xc633640au /* 198.51.100.10/24 */
#define BLACK_GATEWAY 0xc6336401u
#define RED_ADDRESS   0xc0a801feu /* 192.168.1.254/24 */
uint32_t packet_peer(uint32_t slot);    /* the address of a peer */
uint32_t packet_site(uint32_t slot);    /* a host behind it */
uint32_t packet_host(unsigned host);    /* a host at our own site */
uint16_t packet_size(struct bench *b, uint16_t size); /* of the next one */
double packet_bytes(uint16_t size);     /* mean */
uint32_t packet_padded(uint16_t length);
void packet_write(uint8_t *packet, uint16_t length, uint32_t source, uint32_t destination);
/* A frame with a packet, from a host at our site to a random other site. */
void packet_to_site(struct bench *b, struct edge *e, struct rte_mbuf *m, uint16_t length);
/* Headers up to the payload of a datagram from a peer; where the payload begins. */
uint8_t *packet_datagram(struct edge *e, struct rte_mbuf *m, uint32_t slot, uint16_t length);
void packet_message(uint8_t *message, uint32_t index, uint64_t counter);
/* Packets for our site, sealed by the peers into messages[i]; their lengths. */
void packet_seal(struct bench *b, uint32_t slots[static BENCH_BURST],
	uint8_t *messages[static BENCH_BURST], const uint16_t lengths[static BENCH_BURST]);

/* what is measured together: stage_*.c. Packets of `size`, or BENCH_IMIX; their ticks. */
typedef void stage_fn(struct bench *b, uint16_t size, unsigned bursts, double *ticks);
stage_fn stage_port, stage_black_rx, stage_black_tx, stage_red_rx, stage_red_tx, stage_crypt_seal,
	stage_crypt_open, stage_engine, stage_out, stage_in;

/* handshake.c, guard.c: in so many rounds, best tenth */
void bench_handshakes(struct bench_handshakes *h, unsigned rounds);
void bench_mac1(struct bench *b, struct bench_handshakes *h, unsigned rounds);
/* memory.c: what more peers cost, from two benches that have not as many */
void bench_memory(const struct bench *few, const struct bench *many, struct bench_memory *m);

#endif
