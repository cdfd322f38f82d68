/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 6583: a peer tries all addresses of the site's network. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "net/arp.h"
#include "net/nd.h"
#include "red/state.h"
#include "rig.h"
#include "suites.h"
#include "util/bytes.h"

#define A_SECOND 256u /* new neighbours that are asked for, and as many at once */
#define PACKET   64   /* length of the frames */
#define HOSTS    200u
#define TARGET   62   /* of a question, in the frame */

static struct rig rig;
static uint8_t frame[WIRE_FRAME_MAX];

static void from_tunnel(const char *to)
{
	size_t n = wire_ipv6(frame, REMOTE6, to, 17, PACKET - 54);

	rig_opened(&rig, 0, frame + 14, n - 14);
}

static void to_numbered(const char *prefix, unsigned number)
{
	char address[INET6_ADDRSTRLEN];

	snprintf(address, sizeof(address), "%s%x", prefix, number);
	from_tunnel(address);
}

static enum neighbour_state known(const char *address)
{
	struct ip_addr a = {.family = 6};

	wire_address6(a.bytes, address);
	return neighbour_state_of(rig.red->host.neighbours, &a);
}

static void within_bounds(void)
{
	unsigned questions = 0;

	rig_open(&rig);
	from_tunnel(HOST6);
	rig_resolve6(&rig, HOST6);
	wire_pop_all(&rig.wire);
	for (unsigned i = 0; i < 20000; i++) {
		to_numbered("fd00:1::1:", i);
		rig.now_ns += CLOCK_MS / 10;
		questions += wire_pop_all(&rig.wire);
	}
	/* two seconds: as many as are saved up, two seconds' worth, and the second and third try of each */
	CU_ASSERT(questions > A_SECOND && questions <= 3 * 3 * A_SECOND);
	CU_ASSERT(rig.stats.drop_neighbour >= 20000 - 3 * A_SECOND);
	CU_ASSERT_EQUAL(known(HOST6), NEIGHBOUR_IS_REACHABLE);
	rig.now_ns += CLOCK_SECOND; /* and then hosts are found again */
	rig_poll(&rig);
	wire_pop_all(&rig.wire);
	from_tunnel("fd00:1::b");
	CU_ASSERT_EQUAL(known("fd00:1::b"), NEIGHBOUR_IS_INCOMPLETE);
	rig_close(&rig);
}

/* The hosts answer, and nobody else. How many packets for them there were. */
static unsigned hosts_answer(void)
{
	char address[INET6_ADDRSTRLEN];
	uint8_t answer[ND_FRAME_LEN], host[16];
	unsigned packets = 0;
	size_t length;

	wire_address6(host, "fd00:1::a:0");
	while ((length = rig_sent(&rig)) > 0) {
		packets += length == PACKET;
		if (length != ND_FRAME_LEN || memcmp(rig.frame + TARGET, host, 14) != 0)
			continue;
		inet_ntop(AF_INET6, rig.frame + TARGET, address, sizeof(address));
		rig_arrive(&rig, answer, wire_answer6(answer, address, OURS6));
	}
	return packets;
}

/* Entries that nobody answers for last longer than a second: the table is to hold all that there can be. */
static void forgets_nobody(void)
{
	unsigned sent = 0, arrived = 0;

	rig_open(&rig);
	for (; sent < HOSTS; sent++) {
		to_numbered("fd00:1::a:", sent);
		arrived += hosts_answer();
	}
	for (unsigned ms = 0; ms < 60000; ms++) {
		rig.now_ns += CLOCK_MS;
		to_numbered("fd00:1::1:", ms);
		if (ms % 5 == 0)
			to_numbered("fd00:1::a:", sent++ % HOSTS);
		arrived += hosts_answer();
	}
	CU_ASSERT_EQUAL(arrived, sent);
	rig_close(&rig);
}

/* All that goes to other networks of the site needs it. */
static void gateway(void)
{
	static const struct rig_options routed = {.links = 1, .mtu = 1500, .tunnel_mtu = RIG_MTU,
		.buffers = RIG_BUFFERS, .handles = 1024, .gateway = true};
	uint8_t answer[ND_FRAME_LEN];
	unsigned questions = 0;

	rig_open_with(&rig, &routed);
	for (unsigned s = 0; s < 5; s++) { /* it is silent */
		rig.now_ns += CLOCK_SECOND;
		for (unsigned i = 0; i < 2 * A_SECOND; i++) {
			to_numbered("fd00:1::1:", s << 10 | i);
			while (rig_sent(&rig) > 0)
				questions += wire_is6(rig.frame + TARGET, ROUTER6);
		}
	}
	CU_ASSERT(questions >= 3 && questions <= 6);
	rig_arrive(&rig, answer, wire_answer6(answer, ROUTER6, OURS6));
	from_tunnel("fd00:1:0:5::1");
	CU_ASSERT_EQUAL(rig_sent(&rig), PACKET);
	rig_close(&rig);
}

static const struct unit_test tests[] = {
	{"a sweep of the network is asked about within bounds", within_bounds},
	{"nobody who is in use is forgotten", forgets_nobody},
	{"nor need the gateway wait for its turn", gateway},
	{NULL, NULL},
};

const struct unit_suite suite_swept = {"swept", tests};
