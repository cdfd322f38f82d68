/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The timers of one peer (whitepaper 6), as a vocabulary of events: whoever uses them says what
 * happened and when, and asks what has fallen due. All times are boot time, in nanoseconds.
 *
 * Events about packets come from crypt in reports, so they may be told late and out of order, but
 * `at_ns` is when they happened.
 */
#ifndef WG_TIMERS_H
#define WG_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

#define TIMER_OFF UINT64_MAX

struct timers {
	/* when they fire; TIMER_OFF: not armed */
	uint64_t retry_ns;      /* the initiation again, or one that had to wait (A33) */
	uint64_t keepalive_ns;  /* data from the peer was not answered by anything (A37) */
	uint64_t unanswered_ns; /* data for the peer was not answered by anything (A36) */
	uint64_t persistent_ns; /* A38 */
	uint64_t zero_ns;       /* the keys are of no use any more (A39) */

	uint64_t persistent_interval_ns; /* 0: off */
	uint64_t attempts_since_ns;      /* when the present row of attempts began (A34) */
	uint64_t quiet_until_ns;         /* no initiation before (A33) */
	uint64_t settled_until_ns;       /* until then no wish for a session is believed */
};

enum timer_fired {
	TIMER_RETRY = 1 << 0,      /* initiate */
	TIMER_GIVE_UP = 1 << 1,    /* 90 s of attempts (A34): drop what was staged */
	TIMER_UNANSWERED = 1 << 2, /* initiate, as for new traffic */
	TIMER_KEEPALIVE = 1 << 3,
	TIMER_PERSISTENT = 1 << 4,
	TIMER_ZERO = 1 << 5,       /* wipe keys and handshakes */
};

void timers_init(struct timers *t);

/* Called after non-empty messages were sent, the last at at_ns; not for keepalives. */
void timers_data_sent(struct timers *t, uint64_t at_ns);
/* Called after non-empty messages were received, the last at at_ns. */
void timers_data_received(struct timers *t, uint64_t at_ns);
/* Called after any authenticated message was sent: data, keepalive or handshake. */
void timers_any_sent(struct timers *t, uint64_t at_ns);
/* Called after any authenticated message was received: data, keepalive or handshake. */
void timers_any_received(struct timers *t, uint64_t at_ns);

/*
 * Called after somebody wanted a (new) session: a packet was staged, or the key is old. True when
 * an initiation may be sent now. Otherwise one is on its way, or will fall due as soon as it may be
 * sent, or the wish is older than the session that fulfilled it.
 */
bool timers_session_wanted(struct timers *t, uint64_t now_ns);
/* Called after a keepalive found no session: as above, but no new traffic (A35). */
bool timers_keepalive_wanted_session(struct timers *t, uint64_t now_ns);
/* Called after an initiation was sent. */
void timers_initiation_sent(struct timers *t, uint64_t now_ns);
/* Called after a response was made, and after it was sent. */
void timers_response_sent(struct timers *t, uint64_t now_ns);
/* Called after a handshake yielded new session keys, on either side. */
void timers_session_derived(struct timers *t, uint64_t now_ns);
/* Called after the peer proved to have the session: by its response, or by its first message. */
void timers_handshake_complete(struct timers *t, uint64_t now_ns);

/*
 * Called after our private key changed: handshakes may start at once (A54). `set`: there is one; else
 * nothing fires before something happens again (A41).
 */
void timers_identity_changed(struct timers *t, bool set);
/* Called after the peer became reachable for the first time. */
void timers_endpoint_known(struct timers *t);
/* Called after the administrator set it. True when a keepalive is due now (0 -> n, A38). */
bool timers_set_persistent(struct timers *t, uint16_t seconds, uint64_t now_ns);
/* Called after all keys of the peer were wiped, for whatever reason. */
void timers_keys_wiped(struct timers *t);

/* What fell due (enum timer_fired); it is disarmed or advanced. */
unsigned timers_expire(struct timers *t, uint64_t now_ns);
/* For the device's schedule: the earliest, or TIMER_OFF. */
uint64_t timers_next(const struct timers *t);

#endif
