/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the crypt domain share: its state, and the steps of its pipeline. */
#ifndef CRYPT_STATE_H
#define CRYPT_STATE_H

#include <string.h>

#include "crypt/crypt.h"
#include "wg/allowedips.h"
#include "wg/index.h"
#include "wg/session.h"

#define BURST         ENGINE_BURST
#define NO_BUFFER     UINT16_MAX
/*
 * Where crypt puts things in an empty buffer: headers of the owner go before them. What the cipher
 * writes begins on a cache line, in red's buffers a packet, in black's what follows a message's header.
 */
#define PACKET_OFFSET  128
#define MESSAGE_OFFSET (PACKET_OFFSET - (uint16_t)sizeof(struct message_data))

/* What is asked of the peer of each packet: a byte, so that those of all peers are in the cache. */
enum sender_flag {
	SENDER_EXISTS = 1,
	SENDER_ENDPOINT = 2,  /* it has one */
	SENDER_STAGING = 4,   /* packets wait for a session, or for black's buffers */
	SENDER_KEEPALIVE = 8, /* one could not be sent, and is to follow */
};

/*
 * Above them the number of the thread that seals for the peer, and writes this byte. It gives the peer's
 * sending half away by writing another's number there, as the last thing it does to that half: who reads
 * its own there has all that the former one wrote. The opener's number stands by itself.
 */
#define SENDER_FLAGS 15
#define SEALER_SHIFT 4
static_assert(CRYPT_THREADS_MAX <= 1 << (8 - SEALER_SHIFT), "a thread's number fits");

struct queue { /* of a peer: what few packets need */
	/* packets that wait for a session: a list of red buffers, oldest first */
	uint16_t staged_head, staged_tail, staged_count;
	/* peers with staged packets form a ring */
	uint32_t staging_next, staging_prev;
};

struct receiver { /* a peer's receiving half: of the thread that opens for it */
	struct session_rx session;
};
static_assert(sizeof(struct receiver) == RECEIVING_SLOTS * sizeof(struct receiving),
	"all peers' receiving sessions are one list");

struct staged { /* by red buffer */
	uint16_t next, offset, length;
};

struct outbox { /* handles on their way to one side; sent at the end of a round, or when full */
	struct handle list[2 * BURST];
	unsigned count;
	bool sent;
};

/*
 * FULL buffers that we hold and have not worked on yet, oldest first. They wait here, and not in the
 * ring, when the other side has lent us nothing to fill: its EMPTY buffers come behind its own FULL
 * ones, so a ring that we left alone could keep both directions waiting for ever.
 */
struct backlog {
	struct handle *list; /* a power of two, more than the pool has */
	uint32_t mask;
	uint32_t head, tail;
	/* between these: up to where it is known whose they are, and the peers' memory was asked for;
	   up to where the memory was asked for that says whose they are */
	uint32_t known, asked;
	bool mixed; /* what became known last is of several peers */
};

/*
 * With thousands of peers nothing of theirs is in the cache when a packet comes. So packets are looked
 * at bursts ahead: for the third one the table is asked for in which its peers are looked up, for the
 * second one they are, and what that needs of them comes while the first is worked on.
 */
#define KNOWN_AHEAD (2 * BURST)
#define ASKED_AHEAD (3 * BURST)

struct side {
	struct crypt_side link;
	struct backlog backlog;
	uint16_t *empty; /* stack of buffers lent to us to fill */
	uint32_t empty_count;
	struct outbox out;
};

struct seal_meta {
	uint32_t slot;
	uint16_t red;    /* the packet's buffer, or NO_BUFFER for a keepalive */
	uint16_t black;  /* the buffer it is sealed into */
	uint16_t length; /* of the packet, without padding */
	uint16_t padded;
	uint8_t outer_class; /* of the outer header */
};

struct open_meta {
	struct receiving *session;
	uint64_t tag;
	uint32_t slot;
	uint32_t index;
	uint32_t place;  /* of its source among the routes */
	uint16_t black;
	uint16_t red;
	uint16_t offset; /* of the message in the black buffer */
	uint8_t family;  /* of the outer header */
	uint8_t ecn;     /* its mark */
	bool accepted;
	bool moved;      /* its peer was elsewhere before */
};

/* The destination looked up last: packets of one flow come one after the other. */
struct route_memo {
	struct route_key key;
	uint32_t slot;
	uint32_t missed; /* lookups since it was the right one */
};

#define ORDERS_PER_POLL 8

struct crypt {
	struct crypt_config config;
	struct crypt_stats *stats;
	const struct allowedips *routes;
	uint32_t routes_number, routes_stamp;
	struct route_memo destination;
	bool sources_looked_up; /* for one since prefetch_sources() */
	struct side black, red;
	uint32_t sealable; /* the longest packet that a buffer of black's has room for */
	/* all threads', by slot: each half is written by the one whose it is */
	struct sending *sending, *sending_next;
	struct queue *queues;
	_Atomic uint8_t *flags;     /* enum sender_flag, and who seals */
	_Atomic uint8_t *openers;
	struct receiver *receivers;
	struct session_rings *rings; /* of the receivers */
	/* its own */
	uint32_t asked_sender; /* whose memory was asked for last */
	struct index_table indices; /* local index -> place in the list of receiving sessions */
	struct { /* the index looked up last, as in struct route_memo */
		uint32_t index, found; /* INDEX_FREE: nothing is remembered */
	} memo;
	uint32_t *found; /* for each of black's backlog: a place in the table, then what is there */
	uint64_t now_ns;
	bool wake_control;

	struct staged *staged; /* by red buffer */
	uint32_t staged_total, staged_limit;
	uint32_t staging_peers, staging_head;
	uint64_t *starved; /* bit by slot: something of the peer's met no buffer of black's */
	uint32_t starved_count;

	struct engine_job seal_jobs[BURST], open_jobs[BURST];
	struct seal_meta seal[BURST];
	struct open_meta open[BURST];
	unsigned seal_count, open_count;

	struct { /* taken from the ring, next to be performed: one that must wait keeps the others */
		struct crypt_order list[ORDERS_PER_POLL];
		unsigned count, next;
	} orders;

	uint64_t sweep_ns;    /* start of the last walk over all peers */
	uint32_t sweep_next;
};

/* side.c: handles in and out; the short ones are at the end of this file */
/* KNOWN_AHEAD at most from the ring: EMPTY buffers to the stack, FULL ones to the backlog. How many. */
unsigned side_receive(struct crypt *c, struct side *s);
/* What is on its way out goes into the ring. */
void side_flush(struct crypt *c, struct side *s);

/* report.c: events for control */
void report_tx(struct crypt *c, uint32_t slot, uint32_t events);
/* That a session is wanted (A31, A35): what only repeats it is left out for a while. */
void report_wish(struct crypt *c, uint32_t slot, uint32_t events);
void report_rx(struct crypt *c, uint32_t slot, uint32_t events);
void report_sent(struct crypt *c, uint32_t slot, uint32_t length, bool data);
void report_received(struct crypt *c, uint32_t slot, uint32_t length, bool data);
void report_moved(struct crypt *c, uint32_t slot, const struct open_meta *m);

/* seal.c */
unsigned seal_poll(struct crypt *c);
enum sealed { SEALED, SEALED_NO_SESSION, SEALED_NO_BUFFER };
/*
 * A packet of `sealable` bytes at most into the batch; the caller runs seal_run() in the end. Unless
 * SEALED, `red` stays the caller's; with NO_BUFFER the peer has its turn when there are buffers, for what
 * waits then.
 */
enum sealed seal_add(struct crypt *c, uint32_t slot, uint16_t red, uint16_t offset, uint16_t length);
void seal_keepalive(struct crypt *c, uint32_t slot);
void seal_run(struct crypt *c);
void seal_forget(struct crypt *c, uint32_t slot); /* the key was wiped or replaced */

/* stage.c */
void stage_add(struct crypt *c, uint32_t slot, uint16_t red, uint16_t offset, uint16_t length);
void stage_flush(struct crypt *c, uint32_t slot); /* seal what was staged, as far as possible */
void stage_drop(struct crypt *c, uint32_t slot);
/* There was no buffer to seal into: stage_resume() tries again when there are. */
void stage_starve(struct crypt *c, uint32_t slot);
unsigned stage_resume(struct crypt *c); /* of how many peers; the caller runs seal_run() */
void stage_pass_on(struct crypt *c, uint32_t slot, unsigned to); /* to the thread that seals now */

/* open.c */
unsigned open_poll(struct crypt *c);
int open_remember(struct crypt *c, uint32_t index, uint32_t slot, unsigned number); /* a new session */
void open_forget(struct crypt *c, const uint32_t *indices, unsigned n); /* sessions that ended */

/* route.c. Headers are those of IPv4 or IPv6, in 40 bytes: IPv4's is followed by anything. */
void route_set(struct crypt *c, const struct allowedips *routes);
/* Before the two below, for a burst: what a lookup will read is asked for. Its place, for them. */
uint32_t route_prefetch_destination(const struct crypt *c, const uint8_t *packet, uint32_t length);
uint32_t route_prefetch_source(const struct crypt *c, uint32_t slot, const uint8_t *packet,
	uint32_t length);
/* Whose is the destination? A slot, or ALLOWEDIPS_NONE. */
uint32_t route_destination(struct crypt *c, const uint8_t header[static 40], uint32_t place);
/* Is the source this peer's (A44)? */
bool route_is_source(struct crypt *c, uint32_t slot, const uint8_t header[static 40],
	uint32_t place);

/* orders.c */
unsigned orders_poll(struct crypt *c);
void orders_forget(struct crypt *c); /* wipes those that wait */

/* ---- several times a packet ---- */

/* The first bytes of a packet that others may write meanwhile, once; zeros where it is shorter. */
static inline void copy_header(uint8_t header[static 40], const uint8_t *packet, uint32_t length)
{
	if (length >= 40) {
		memcpy(header, packet, 40);
		return;
	}
	memset(header, 0, 40);
	memcpy(header, packet, length);
}

/* Who has the halves of a peer, and are they ours? */
static inline unsigned crypt_sealer(const struct crypt *c, uint32_t slot)
{
	return c->flags[slot] >> SEALER_SHIFT;
}

static inline bool crypt_seals(const struct crypt *c, uint32_t slot)
{
	return crypt_sealer(c, slot) == c->config.number;
}

static inline bool crypt_opens(const struct crypt *c, uint32_t slot)
{
	return c->openers[slot] == c->config.number;
}

/* The oldest FULL buffer that waits: its handle, until more are received. NULL: none. */
static inline const struct handle *side_next(struct side *s)
{
	struct backlog *b = &s->backlog;

	return b->head == b->tail ? NULL : &b->list[b->head++ & b->mask];
}

/* So many at the head, or all: up to where that is. */
static inline uint32_t backlog_until(const struct backlog *b, uint32_t n)
{
	return b->tail - b->head < n ? b->tail : b->head + n;
}

static inline struct handle *backlog_at(struct backlog *b, uint32_t position)
{
	return &b->list[position & b->mask];
}

/*
 * Asked for, then known, a burst apart where there are so many; where not, the next burst is made known
 * at once. Nothing is taken from the head that is not known. What the oldest need is asked for again: a
 * burst of the cipher may have driven it out of the first cache.
 */
static inline void backlog_look_ahead(struct crypt *c, struct backlog *b,
	void (*ask)(struct crypt *c, uint32_t position), void (*learn)(struct crypt *c, uint32_t position),
	void (*again)(struct crypt *c, uint32_t position))
{
	uint32_t until = backlog_until(b, BURST);

	for (uint32_t i = b->head; b->mixed && i != until && i != b->known; i++)
		again(c, i);
	b->mixed = false;
	until = backlog_until(b, KNOWN_AHEAD);
	for (; b->known != b->asked && b->known != until; b->known++)
		learn(c, b->known);
	until = backlog_until(b, ASKED_AHEAD);
	for (; b->asked != until; b->asked++)
		ask(c, b->asked);
	until = backlog_until(b, BURST);
	for (; (int32_t)(until - b->known) > 0; b->known++)
		learn(c, b->known);
}

/* A buffer goes out and is no longer held: the place for its handle, to be written at once. */
static inline struct handle *side_give(struct crypt *c, struct side *s, uint16_t index)
{
	if (s->out.count == 2 * BURST)
		side_flush(c, s);
	s->link.view.held[index] = 0;
	return &s->out.list[s->out.count++];
}

static inline void side_give_used(struct crypt *c, struct side *s, uint16_t index, uint8_t code)
{
	*side_give(c, s, index) =
		(struct handle){.index = index, .kind = HANDLE_USED, .code = code};
}

/* Red lends it to the thread whose number that is. */
static inline void side_pass_on(struct crypt *c, uint16_t index, unsigned to)
{
	*side_give(c, &c->red, index) = (struct handle){
		.index = index, .kind = HANDLE_USED, .code = USED_ELSEWHERE, .tag = to};
	c->stats->passed_on++;
}

static inline uint16_t side_take_empty(struct side *s) /* NO_BUFFER: none */
{
	return s->empty_count ? s->empty[--s->empty_count] : NO_BUFFER;
}

static inline void side_return_empty(struct side *s, uint16_t index)
{
	s->empty[s->empty_count++] = index;
}

#endif
