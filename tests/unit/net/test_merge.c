/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "flows.h"
#include "net/merge.h"
#include "net/split.h"
#include "packets.h"
#include "suites.h"
#include "util/bytes.h"

#define FRAMES 48

static struct flow_frame frames[FRAMES];
static struct merge_run run;
static uint8_t whole[FLOW_FRAME_MAX];

static const struct flow kinds[] = {
	{.version = 4, .protocol = IP_PROTOCOL_TCP, .options = 12, .sequence = 0xfffff000, .id = 0xfff0},
	{.version = 6, .protocol = IP_PROTOCOL_TCP, .options = 0, .sequence = 7},
	{.version = 4, .protocol = IP_PROTOCOL_UDP, .id = 3},
	{.version = 6, .protocol = IP_PROTOCOL_UDP},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static bool look(struct merge_frame *f, const struct flow_frame *frame)
{
	return merge_look(f, frame->bytes, frame->length, false);
}

/* Begins with frames[0], adds others as long as they are taken: how many are in the run. */
static unsigned join(unsigned n)
{
	struct merge_frame f;

	if (!look(&f, &frames[0]))
		return 0;
	merge_begin(&run, &f);
	for (unsigned i = 1; i < n; i++)
		if (!look(&f, &frames[i]) || !merge_same_flow(&run.first, &f) || !merge_add(&run, &f))
			return i;
	return n;
}

/* As the kernel gets it: the run's header and the payloads. */
static uint32_t put_together(unsigned n)
{
	uint16_t header = run.first.transport.header_length;
	uint32_t at = header;

	merge_header(&run, whole);
	for (unsigned i = 0; i < n; i++) {
		memcpy(whole + at, frames[i].bytes + header, frames[i].length - header);
		at += frames[i].length - header;
	}
	return at;
}

static void check_cut(unsigned n, uint32_t length)
{
	static uint8_t piece[FLOW_FRAME_MAX];
	struct split s;
	uint32_t at;

	CU_ASSERT_EQUAL_FATAL(split_plan(&s, whole, length, length, run.first.transport.protocol,
				      run.first.payload), 0);
	CU_ASSERT_EQUAL_FATAL(s.count, n);
	at = s.transport.header_length;
	for (unsigned i = 0; i < n; i++) {
		uint16_t payload = split_payload(&s, i);
		memcpy(piece + s.transport.header_length, whole + at, payload);
		split_finish(&s, i, piece);
		at += payload;
		CU_ASSERT_EQUAL(s.transport.header_length + payload, frames[i].length);
		CU_ASSERT_EQUAL(memcmp(piece, frames[i].bytes, frames[i].length), 0);
	}
}

static void a_cut_gives_what_went_in(void)
{
	srand(1);
	for (unsigned round = 0; round < 400; round++) {
		struct flow flow = kinds[round % KINDS];
		unsigned n = 2 + (unsigned)rand() % (FRAMES - 2);
		uint32_t size = 1 + (unsigned)rand() % 1300;
		uint32_t last = 1 + (unsigned)rand() % size;
		for (unsigned i = 0; i < n; i++)
			flow_next(&flow, &frames[i], i + 1 < n ? size : last,
				i + 1 < n ? TCP_ACK : TCP_ACK | (round & 8 ? TCP_PSH : 0));
		CU_ASSERT_EQUAL_FATAL(join(n), n);
		CU_ASSERT_EQUAL(run.count, n);
		CU_ASSERT_EQUAL(run.payload, size * (n - 1) + last);
		check_cut(n, put_together(n));
	}
}

/* The kernel completes what merge_header() began: the sum then has to come out right. */
static void the_checksum_is_begun(void)
{
	for (unsigned k = 0; k < KINDS; k++) {
		struct flow flow = kinds[k];
		for (unsigned i = 0; i < 3; i++)
			flow_next(&flow, &frames[i], 1000, TCP_ACK);
		CU_ASSERT_EQUAL_FATAL(join(3), 3);
		uint32_t length = put_together(3);
		const struct transport *t = &run.first.transport;
		uint16_t sum = naive_checksum(whole + t->l4_at, length - t->l4_at, 0);
		put_be16(whole + t->l4_at + transport_checksum_at(t), sum ? sum : 0xffff);
		CU_ASSERT(flow_is_right(whole, length));
	}
}

/* Two frames of which the second was changed, and made right again. */
static unsigned join_changed(struct flow flow, unsigned at, uint8_t bits)
{
	flow_next(&flow, &frames[0], 1000, TCP_ACK);
	flow_next(&flow, &frames[1], 1000, TCP_ACK);
	frames[1].bytes[at] ^= bits;
	flow_repair(&frames[1]);
	return join(2);
}

struct change {
	unsigned at;
	uint8_t bits;
	const char *what;
};

static void check_changes(const struct flow *flow, const struct change *changes)
{
	CU_ASSERT_EQUAL(join_changed(*flow, 0, 0), 2); /* unchanged, they go together */
	for (; changes->what; changes++) {
		if (join_changed(*flow, changes->at, changes->bits) != 1)
			printf("# joined in spite of another %s\n", changes->what);
		CU_ASSERT_EQUAL(join_changed(*flow, changes->at, changes->bits), 1);
	}
}

static void what_a_cut_would_not_give_stays_apart(void)
{
	static const struct change tcp4[] = {
		{5, 1, "destination MAC"}, {11, 1, "source MAC"}, {14 + 1, 0x04, "DSCP"},
		{14 + 1, 0x01, "ECN"}, {14 + 5, 0x10, "id"}, {14 + 6, 0x40, "DF"},
		{14 + 6, 0x80, "reserved bit"}, {14 + 6, 0x20, "fragment"}, {14 + 7, 1, "offset"},
		{14 + 8, 1, "TTL"}, {14 + 15, 1, "source"}, {14 + 19, 1, "destination"},
		{34 + 1, 1, "source port"}, {34 + 3, 1, "destination port"}, {34 + 7, 1, "sequence"},
		{34 + 11, 1, "acknowledgement"}, {34 + 12, 0x02, "reserved TCP bit"},
		{34 + 12, 0x30, "header length"}, {34 + 13, 0x01, "FIN"}, {34 + 13, 0x02, "SYN"},
		{34 + 13, 0x04, "RST"}, {34 + 13, 0x10, "ACK"}, {34 + 13, 0x20, "URG"},
		{34 + 13, 0x40, "ECE"}, {34 + 13, 0x80, "CWR"}, {34 + 15, 1, "window"},
		{34 + 19, 1, "urgent pointer"}, {34 + 20, 1, "first option"}, {34 + 31, 1, "last option"},
		{0, 0, NULL},
	};
	static const struct change tcp6[] = {
		{14 + 0, 0x01, "traffic class"}, {14 + 3, 1, "flow label"}, {14 + 7, 1, "hop limit"},
		{14 + 23, 1, "source"}, {14 + 39, 1, "destination"}, {54 + 7, 1, "sequence"},
		{0, 0, NULL},
	};

	check_changes(&kinds[0], tcp4);
	check_changes(&kinds[1], tcp6);
}

static void a_wrong_checksum_stays_as_it_is(void)
{
	for (unsigned k = 0; k < KINDS; k++)
		for (unsigned wrong = 0; wrong < 3; wrong++) {
			struct flow flow = kinds[k];
			for (unsigned i = 0; i < 3; i++)
				flow_next(&flow, &frames[i], 500, TCP_ACK);
			frames[wrong].bytes[frames[wrong].length - 1] ^= 1;
			CU_ASSERT_EQUAL(join(3), wrong == 0 ? 1 : wrong);
		}
}

static void lengths(void)
{
	struct flow flow = kinds[0];

	flow_next(&flow, &frames[0], 500, TCP_ACK);
	flow_next(&flow, &frames[1], 501, TCP_ACK);
	CU_ASSERT_EQUAL(join(2), 1); /* a larger one cannot follow */
	flow = kinds[0];
	for (unsigned i = 0; i < 4; i++)
		flow_next(&flow, &frames[i], i == 2 ? 499 : 500, TCP_ACK);
	CU_ASSERT_EQUAL(join(4), 3); /* a smaller one is the last */
	flow = kinds[0];
	for (unsigned i = 0; i < 4; i++)
		flow_next(&flow, &frames[i], 500, i == 1 ? TCP_ACK | TCP_PSH : TCP_ACK);
	CU_ASSERT_EQUAL(join(4), 2); /* so is one that is to be delivered at once */
	for (unsigned k = 0; k < KINDS; k++) {
		flow = kinds[k];
		for (unsigned i = 0; i < FRAMES; i++)
			flow_next(&flow, &frames[i], 1400, TCP_ACK);
		unsigned n = join(FRAMES);
		uint32_t length = put_together(n);
		CU_ASSERT(length - 14 <= 65535 && length - 14 + 1400 > 65535);
		check_cut(n, length);
	}
}

/* Padding behind the packet, no payload, IPv4 options: such frames are never joined. */
static void frames_of_other_kinds(void)
{
	struct flow flow = kinds[0];
	struct merge_frame f;

	flow_next(&flow, &frames[0], 500, TCP_ACK);
	CU_ASSERT(look(&f, &frames[0]));
	frames[0].length++;
	CU_ASSERT(!look(&f, &frames[0]));
	CU_ASSERT_PTR_NOT_NULL(f.bytes); /* but its flow can be told */
	flow_next(&flow, &frames[0], 0, TCP_ACK);
	CU_ASSERT(!look(&f, &frames[0]));
	flow_next(&flow, &frames[0], 500, TCP_ACK);
	frames[0].bytes[14] = 0x46;
	CU_ASSERT(!look(&f, &frames[0]));
	flow_next(&flow, &frames[0], 500, TCP_ACK);
	for (unsigned length = 0; length < frames[0].length; length++)
		CU_ASSERT(!merge_look(&f, frames[0].bytes, length, false));
	flow_next(&flow, &frames[0], 500, TCP_ACK);
	frames[0].bytes[13] = 6; /* ARP */
	CU_ASSERT(!look(&f, &frames[0]));
	CU_ASSERT_PTR_NULL(f.bytes);
}

/* Our own messages have no checksum, and their ids do not follow when there are several peers. */
static void our_own_datagrams(void)
{
	struct flow flow = kinds[2];
	struct merge_frame f;

	for (unsigned i = 0; i < 2; i++) {
		flow_next(&flow, &frames[i], 1000, 0);
		flow.id = 900;
		put_be16(frames[i].bytes + 34 + 6, 0);
		CU_ASSERT(!look(&f, &frames[i]));
	}
	CU_ASSERT(merge_look(&f, frames[0].bytes, frames[0].length, true));
	merge_begin(&run, &f);
	CU_ASSERT(merge_look(&f, frames[1].bytes, frames[1].length, true));
	CU_ASSERT(merge_add(&run, &f));
	f.ours = false;
	CU_ASSERT(!merge_add(&run, &f)); /* somebody else's does not join them */
}

/* Some hosts send every packet with id 0, and "don't fragment". */
static void ids_that_do_not_count(void)
{
	struct flow flow = kinds[0];

	for (unsigned i = 0; i < 3; i++) {
		flow.id = 0;
		flow_next(&flow, &frames[i], 500, TCP_ACK);
		frames[i].bytes[14 + 6] |= 0x40;
		flow_repair(&frames[i]);
	}
	CU_ASSERT_EQUAL(join(3), 3);
	for (unsigned i = 0; i < 3; i++) {
		frames[i].bytes[14 + 6] &= 0xbf;
		flow_repair(&frames[i]);
	}
	CU_ASSERT_EQUAL(join(3), 1);
}

static void flows(void)
{
	struct merge_frame a, b;
	struct flow flow = kinds[0];

	flow_next(&flow, &frames[0], 10, TCP_ACK);
	CU_ASSERT(look(&a, &frames[0]));
	for (unsigned k = 0; k < KINDS; k++) {
		flow = kinds[k];
		flow_next(&flow, &frames[1], 10, TCP_ACK);
		CU_ASSERT(look(&b, &frames[1]));
		CU_ASSERT_EQUAL(merge_same_flow(&a, &b), k == 0);
		CU_ASSERT_EQUAL(merge_same_flow(&b, &a), k == 0);
	}
}

static const struct unit_test tests[] = {
	{"a cut gives what went in", a_cut_gives_what_went_in},
	{"the checksum of the whole is begun", the_checksum_is_begun},
	{"what a cut would not give stays apart", what_a_cut_would_not_give_stays_apart},
	{"a wrong checksum stays as it is", a_wrong_checksum_stays_as_it_is},
	{"lengths", lengths},
	{"frames of other kinds", frames_of_other_kinds},
	{"our own datagrams", our_own_datagrams},
	{"ids that do not count", ids_that_do_not_count},
	{"which frames are of one flow", flows},
	{NULL, NULL},
};

const struct unit_suite suite_merge = {"merge", tests};
