/* SPDX-License-Identifier: BSD-3-Clause */
#include "wg/timers.h"

#include <string.h>

#include "crypto/secret.h"
#include "wg/messages.h"

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t below(uint64_t limit)
{
	uint64_t r;

	random_bytes(&r, sizeof(r));
	return r % limit;
}

static uint64_t jitter(void)
{
	return below(REKEY_TIMEOUT_JITTER);
}

void timers_init(struct timers *t)
{
	memset(t, 0, sizeof(*t));
	t->retry_ns = TIMER_OFF;
	t->keepalive_ns = TIMER_OFF;
	t->unanswered_ns = TIMER_OFF;
	t->persistent_ns = TIMER_OFF;
	t->zero_ns = TIMER_OFF;
}

/* Any authenticated packet either way shows that the path is in use (A38). */
static void advance_persistent(struct timers *t, uint64_t at_ns)
{
	uint64_t next = at_ns + t->persistent_interval_ns;

	if (t->persistent_interval_ns == 0)
		return;
	if (t->persistent_ns == TIMER_OFF || next > t->persistent_ns)
		t->persistent_ns = next;
}

/* What at_ns may be late already is left out of the jitter. */
void timers_data_sent(struct timers *t, uint64_t at_ns)
{
	if (t->unanswered_ns == TIMER_OFF)
		t->unanswered_ns = at_ns + KEEPALIVE_TIMEOUT + REKEY_TIMEOUT +
			below(REKEY_TIMEOUT_JITTER - REPORT_INTERVAL);
}

void timers_data_received(struct timers *t, uint64_t at_ns)
{
	if (t->keepalive_ns == TIMER_OFF)
		t->keepalive_ns = at_ns + KEEPALIVE_TIMEOUT;
}

void timers_any_sent(struct timers *t, uint64_t at_ns)
{
	t->keepalive_ns = TIMER_OFF;
	advance_persistent(t, at_ns);
}

void timers_any_received(struct timers *t, uint64_t at_ns)
{
	t->unanswered_ns = TIMER_OFF;
	advance_persistent(t, at_ns);
}

/* Now, or with the retry timer as soon as A33 allows. */
static bool may_initiate(struct timers *t, uint64_t now_ns)
{
	if (t->retry_ns != TIMER_OFF)
		return false;
	if (now_ns >= t->quiet_until_ns)
		return true;
	t->retry_ns = t->quiet_until_ns + jitter();
	return false;
}

/*
 * A packet may have been staged, or have met the old key, just before crypt took the new one. Such
 * a wish arrives after the handshake is complete; believing it would cost a handshake for nothing.
 */
static bool is_outdated(const struct timers *t, uint64_t now_ns)
{
	return now_ns < t->settled_until_ns;
}

bool timers_session_wanted(struct timers *t, uint64_t now_ns)
{
	if (is_outdated(t, now_ns))
		return false;
	t->attempts_since_ns = now_ns; /* A35 */
	return may_initiate(t, now_ns);
}

bool timers_keepalive_wanted_session(struct timers *t, uint64_t now_ns)
{
	if (is_outdated(t, now_ns))
		return false;
	if (t->retry_ns == TIMER_OFF)
		t->attempts_since_ns = now_ns;
	return may_initiate(t, now_ns);
}

void timers_initiation_sent(struct timers *t, uint64_t now_ns)
{
	t->quiet_until_ns = now_ns + REKEY_TIMEOUT;
	t->retry_ns = t->quiet_until_ns + jitter();
	t->settled_until_ns = 0;
	timers_any_sent(t, now_ns);
}

/* A retry is moved, never lost (C9): our initiation may yet be needed when the response is lost. */
void timers_response_sent(struct timers *t, uint64_t now_ns)
{
	t->quiet_until_ns = now_ns + REKEY_TIMEOUT;
	if (t->retry_ns < t->quiet_until_ns)
		t->retry_ns = t->quiet_until_ns + jitter();
	t->settled_until_ns = 0;
	timers_any_sent(t, now_ns);
}

void timers_session_derived(struct timers *t, uint64_t now_ns)
{
	t->zero_ns = now_ns + 3 * REJECT_AFTER_TIME;
}

void timers_handshake_complete(struct timers *t, uint64_t now_ns)
{
	t->retry_ns = TIMER_OFF;
	t->settled_until_ns = now_ns + REKEY_TIMEOUT;
}

static void stop(struct timers *t)
{
	uint64_t interval = t->persistent_interval_ns;

	timers_init(t);
	t->persistent_interval_ns = interval;
}

/* Who waited for a session still does. */
void timers_identity_changed(struct timers *t, bool set)
{
	bool waited = t->retry_ns != TIMER_OFF;
	uint64_t since = t->attempts_since_ns;

	stop(t);
	if (set && waited) {
		t->retry_ns = 0;
		t->attempts_since_ns = since;
	}
	if (set && t->persistent_interval_ns != 0)
		t->persistent_ns = 0;
}

void timers_endpoint_known(struct timers *t)
{
	if (t->persistent_interval_ns != 0)
		t->persistent_ns = 0;
}

bool timers_set_persistent(struct timers *t, uint16_t seconds, uint64_t now_ns)
{
	bool starts = t->persistent_interval_ns == 0 && seconds != 0;

	t->persistent_interval_ns = seconds * CLOCK_SECOND;
	t->persistent_ns = seconds == 0 ? TIMER_OFF :
		earlier(t->persistent_ns, now_ns + t->persistent_interval_ns);
	return starts;
}

void timers_keys_wiped(struct timers *t)
{
	t->zero_ns = TIMER_OFF;
	t->keepalive_ns = TIMER_OFF;
	t->unanswered_ns = TIMER_OFF;
	t->settled_until_ns = 0;
}

static bool take(uint64_t *deadline_ns, uint64_t now_ns)
{
	if (*deadline_ns > now_ns || *deadline_ns == TIMER_OFF)
		return false;
	*deadline_ns = TIMER_OFF;
	return true;
}

static unsigned expire_retry(struct timers *t, uint64_t now_ns)
{
	if (now_ns - t->attempts_since_ns < REKEY_ATTEMPT_TIME)
		return TIMER_RETRY;
	t->keepalive_ns = TIMER_OFF;
	if (t->zero_ns == TIMER_OFF)
		t->zero_ns = now_ns + 3 * REJECT_AFTER_TIME;
	return TIMER_GIVE_UP;
}

unsigned timers_expire(struct timers *t, uint64_t now_ns)
{
	unsigned fired = 0;

	if (take(&t->zero_ns, now_ns))
		fired |= TIMER_ZERO;
	if (take(&t->retry_ns, now_ns))
		fired |= expire_retry(t, now_ns);
	if (take(&t->unanswered_ns, now_ns))
		fired |= TIMER_UNANSWERED;
	if (take(&t->keepalive_ns, now_ns))
		fired |= TIMER_KEEPALIVE;
	if (take(&t->persistent_ns, now_ns)) {
		t->persistent_ns = now_ns + t->persistent_interval_ns; /* A40 */
		fired |= TIMER_PERSISTENT;
	}
	return fired;
}

uint64_t timers_next(const struct timers *t)
{
	uint64_t next = earlier(t->retry_ns, t->keepalive_ns);

	next = earlier(next, t->unanswered_ns);
	next = earlier(next, t->persistent_ns);
	return earlier(next, t->zero_ns);
}
