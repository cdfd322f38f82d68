/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Peers whose endpoint is a name: when it is looked up, and which of its addresses is tried. Pure:
 * time is a parameter, requests are handed out and answers handed in as the resolver's messages.
 *
 * A name is looked up at the start, and again when handshakes fail: at every second attempt that was
 * not answered, and when they are given up. Each attempt goes to the next of its addresses. While the
 * peer answers nothing is turned, also when its name is found only then: it may move by itself (A51).
 * Nor is it looked up, once an address is known.
 */
#ifndef CTL_NAMES_H
#define CTL_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/resolver.h"
#include "util/addr.h"

#define NAMES_ASK_EVERY 2 /* attempts that were not answered */

enum names_family { NAMES_IPV4 = 1, NAMES_IPV6 = 2 }; /* bits */

/* Of a list of our addresses. */
unsigned names_families(const struct ip_prefix *addresses, unsigned count);

struct name;

struct names {
	struct name **by_slot;
	uint32_t slots;
	uint32_t count;
	unsigned families;     /* that our side has an address of: others are of no use */
	uint32_t turns;        /* how many names want names_turn() */
	bool pending;          /* one request is with the resolver */
	uint32_t pending_slot; /* NAMES_NOBODY: whoever it was for is gone */
	uint32_t pending_id;
	uint32_t lost;         /* requests that were given up; their answers may yet come */
	uint64_t asked_ns;
	uint64_t due_ns;       /* no name is to be asked for before; may be early */
};

#define NAMES_NOBODY UINT32_MAX

int names_open(struct names *n, uint32_t slots, unsigned families); /* -ENOMEM */
void names_close(struct names *n);

/* "HOST:PORT" with a host's name? *port, and *length of the name, may be NULL. */
bool names_parse(const char *text, uint16_t *port, size_t *length);
/* The peer's endpoint is that name (text as above) from now on. -EINVAL, -ENOMEM. */
int names_set(struct names *n, uint32_t slot, const char *text, uint64_t now_ns);
void names_clear(struct names *n, uint32_t slot);
const char *names_text(const struct names *n, uint32_t slot); /* NULL: it has none */

/* Called after an initiation was sent to the peer, when attempts were given up, when it answered. */
void names_attempt(struct names *n, uint32_t slot, uint64_t now_ns);
void names_gave_up(struct names *n, uint32_t slot, uint64_t now_ns);
void names_up(struct names *n, uint32_t slot);

/* The next request, if one is due. There is one at a time. */
bool names_ask(struct names *n, uint64_t now_ns, struct resolver_request *request);
/*
 * What came from the resolver, which nobody vouches for. 0, and *slot was asked for (or NAMES_NOBODY);
 * -ENOENT when the name has no address that we can use; -ESTALE: the answer to a request
 * that was given up; -EPROTO: no answer to our question, or not well formed. Nothing was done with these.
 */
int names_answer(
	struct names *n, uint64_t now_ns, const void *bytes, size_t length, uint32_t *slot);

/* A peer that is to be spoken to elsewhere from now on; false: none. */
bool names_turn(struct names *n, uint32_t *slot, struct endpoint *endpoint);

/* When names_ask() is to be called at the latest; UINT64_MAX: never. */
uint64_t names_deadline(const struct names *n);

#endif
