/* SPDX-License-Identifier: BSD-3-Clause */
/* Which of a peer's sessions keep their indices, and which give theirs up. */
#include "wg/indices.h"

#include <string.h>

#include "fixture.h"
#include "suites.h"

#define S CLOCK_SECOND

static struct pair p;
static struct peer *peer;

static void begin(void)
{
	pair_init(&p, 9);
	peer = pair_peer(&p, 0);
}

/* A session born then; its index. */
static uint32_t keep(uint64_t birth_ns, bool current)
{
	uint32_t index = indices_draw(p.device[0], peer);

	indices_keep_session(p.device[0], peer, index, birth_ns, current);
	return index;
}

static bool is_kept(uint32_t index)
{
	return indices_find(p.device[0], index) == peer;
}

static void the_oldest_goes(void)
{
	uint32_t index[8];

	begin();
	for (unsigned i = 0; i < 7; i++)
		index[i] = keep((i + 1) * S, false);
	CU_ASSERT_FALSE(is_kept(index[0]));
	CU_ASSERT_FALSE(is_kept(index[1]));
	for (unsigned i = 2; i < 7; i++)
		CU_ASSERT_TRUE(is_kept(index[i]));
	CU_ASSERT_EQUAL(p.device[0]->indices.used, PEER_SESSIONS);
	indices_release_sessions(p.device[0], peer);
	CU_ASSERT_EQUAL(p.device[0]->indices.used, 0);
	pair_free(&p);
}

static void not_the_current_one(void)
{
	begin();
	uint32_t first = keep(1 * S, true);
	for (unsigned i = 2; i < 12; i++)
		keep(i * S, false);
	CU_ASSERT_TRUE(is_kept(first));
	uint32_t next = keep(12 * S, true);
	for (unsigned i = 13; i < 22; i++)
		keep(i * S, false);
	CU_ASSERT_FALSE(is_kept(first));
	CU_ASSERT_TRUE(is_kept(next));
	pair_free(&p);
}

static void nor_after_its_end(void)
{
	begin();
	uint32_t first = keep(1 * S, true);
	uint32_t other = keep(181 * S - 1, false);
	CU_ASSERT_TRUE(is_kept(first));
	indices_release_sessions(p.device[0], peer);
	CU_ASSERT_FALSE(is_kept(other));
	first = keep(1 * S, true);
	other = keep(181 * S, false); /* in its place, but not current */
	CU_ASSERT_FALSE(is_kept(first));
	CU_ASSERT_EQUAL(peer->current, PEER_SESSIONS);
	for (unsigned i = 0; i < PEER_SESSIONS; i++)
		keep(182 * S + i, false);
	CU_ASSERT_FALSE(is_kept(other));
	pair_free(&p);
}

static void the_newest_is_confirmed(void)
{
	begin();
	indices_confirm_session(peer);
	CU_ASSERT_EQUAL(peer->current, PEER_SESSIONS);
	memset(&peer->jar, 0xff, sizeof(peer->jar)); /* what lies behind the sessions is none */
	for (unsigned i = 1; i <= PEER_SESSIONS; i++) {
		keep(i * S, false);
		indices_confirm_session(peer);
		CU_ASSERT_EQUAL(peer->current, i - 1);
	}
	peer->current = PEER_SESSIONS;
	keep(6 * S, false); /* in the place of the first */
	indices_confirm_session(peer);
	CU_ASSERT_EQUAL(peer->current, 0);
	pair_free(&p);
}

/* A cookie lies behind the sessions: nothing there is taken for one. */
static void what_is_no_session(void)
{
	struct jar jar = {.cookie = {[12] = 1}};

	begin();
	peer->jar = jar;
	keep(1000 * S, true);
	CU_ASSERT_EQUAL(memcmp(&peer->jar, &jar, sizeof(jar)), 0);
	indices_release_sessions(p.device[0], peer);
	CU_ASSERT_EQUAL(memcmp(&peer->jar, &jar, sizeof(jar)), 0);
	pair_free(&p);
}

/* Not one that is given up, nor an initiation, nor another peer's; unused places have index 0. */
static void what_a_peer_has(void)
{
	const struct wg_device *d;
	uint32_t index[PEER_SESSIONS];

	begin();
	d = p.device[0];
	uint32_t slot = p.slot[0], initiation = indices_draw(p.device[0], peer);
	CU_ASSERT_FALSE(wg_peer_has_session(d, slot, 0));
	for (unsigned i = 0; i < PEER_SESSIONS; i++)
		index[i] = keep((i + 1) * S, false);
	for (unsigned i = 0; i < PEER_SESSIONS; i++)
		CU_ASSERT_TRUE(wg_peer_has_session(d, slot, index[i]));
	CU_ASSERT_FALSE(wg_peer_has_session(d, slot, initiation));
	CU_ASSERT_FALSE(wg_peer_has_session(d, slot + 1, index[0]));
	indices_release_sessions(p.device[0], peer);
	CU_ASSERT_FALSE(wg_peer_has_session(d, slot, index[0]));
	memset(&peer->jar, 0xff, sizeof(peer->jar)); /* what lies behind the sessions is none */
	CU_ASSERT_FALSE(wg_peer_has_session(d, slot, UINT32_MAX));
	pair_free(&p);
}

static const struct unit_test tests[] = {
	{"A24, C10: the oldest session gives up its index", the_oldest_goes},
	{"A24, C10: the current session keeps its index", not_the_current_one},
	{"A30, A27: a session of 180 s does not", nor_after_its_end},
	{"A24: the newest session is the one that is confirmed", the_newest_is_confirmed},
	{"A27: what is no session stays as it is", what_is_no_session},
	{"A24: which sessions a peer has", what_a_peer_has},
	{NULL, NULL},
};

const struct unit_suite suite_indices = {"indices", tests};
