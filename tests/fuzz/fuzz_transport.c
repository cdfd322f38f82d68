/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The crypt domain between two networks: a program of sessions, data messages, packets and time.
 * Messages are sealed with the session's own key, so that any plaintext and any counter come through
 * the tag, and then bent. A naive model beside it (A24, A25, A28, A29, A30, A44) says what each
 * message must lead to, and nothing else may happen. The first byte chooses the engine.
 */
#include <string.h>

#include "crypt/rig.h"
#include "crypto/aead.h"
#include "fuzz.h"
#include "util/bytes.h"
#include "wg/messages.h"

#define PEERS        3
#define STEPS_MAX    48
#define SESSIONS_MAX STEPS_MAX
#define LENT         64
#define PLAIN_MAX    1440
#define WINDOW       8128
#define BURST_MAX    8

static const char *const engines[] = {"sodium", "ipsec-mb"};

/* ---- buffers: who has them ---- */

struct buffers {
	struct rig_side *side;
	uint8_t held[RIG_BUFFERS]; /* by crypt: the kind that it was given, or 0 */
	unsigned lent;
};

static struct fuzzed {
	struct rig rig;
	bool open;
	struct buffers black, red;
} rigs[2];
static struct fuzzed *f;

static void take_free(struct buffers *b, uint8_t kind)
{
	uint16_t i = 0;

	while (i < RIG_BUFFERS && b->held[i] != 0)
		i++;
	require(i < RIG_BUFFERS, "crypt gives buffers back");
	b->held[i] = kind;
	b->side->next = i;
}

static void lend(struct buffers *b)
{
	for (; b->lent < LENT; b->lent++) {
		take_free(b, HANDLE_EMPTY);
		rig_lend(b->side, 1);
	}
}

static void came_back(struct buffers *b, const struct handle *h)
{
	require(h->index < RIG_BUFFERS && b->held[h->index] != 0, "a buffer that crypt had");
	require(h->kind == HANDLE_USED || b->held[h->index] == HANDLE_EMPTY, "only lent ones are filled");
	require(h->kind == HANDLE_USED || h->kind == HANDLE_FILLED, "a kind for an owner");
	b->lent -= b->held[h->index] == HANDLE_EMPTY;
	b->held[h->index] = 0;
}

/* ---- the model ---- */

struct session {
	struct session_keys keys;  /* ours */
	uint64_t greatest, seen[STEPS_MAX];
	unsigned seen_count;
	uint64_t sent;
};

struct peer {
	struct session *previous, *current, *next; /* receiving */
	struct session *sending, *unconfirmed;
};

static struct session sessions[SESSIONS_MAX];
static unsigned session_count;
static struct peer peers[PEERS];
static uint32_t seed;

static bool is_young(const struct session *s)
{
	return s && f->rig.now_ns - s->keys.birth_ns < REJECT_AFTER_TIME;
}

/* Who may receive under it: NULL when nobody does any more. */
static struct peer *owner_of(const struct session *s)
{
	for (struct peer *p = peers; p < peers + PEERS; p++)
		if (s == p->previous || s == p->current || s == p->next)
			return p;
	return NULL;
}

static bool is_fresh(const struct session *s, uint64_t counter)
{
	for (unsigned i = 0; i < s->seen_count; i++)
		if (s->seen[i] == counter)
			return false;
	return s->seen_count == 0 || counter > s->greatest || s->greatest - counter <= WINDOW;
}

/* One that the other side never used leaves the one before in its place. */
static void retire_current(struct peer *p)
{
	if (!(p->current && p->current->seen_count == 0 && p->previous))
		p->previous = p->current;
	p->current = NULL;
}

static void install(struct peer *p, struct session *s)
{
	if (!s->keys.initiator) {
		p->next = s;
		p->unconfirmed = s;
		return;
	}
	if (p->next && f->rig.now_ns - p->next->keys.birth_ns <= REKEY_TIMEOUT)
		p->previous = p->next;
	else
		retire_current(p);
	p->current = s;
	p->next = NULL;
	p->sending = s;
	p->unconfirmed = NULL;
}

static void accepted(struct peer *p, struct session *s, uint64_t counter)
{
	s->greatest = s->seen_count == 0 || counter > s->greatest ? counter : s->greatest;
	s->seen[s->seen_count++] = counter;
	if (s != p->next)
		return;
	retire_current(p);
	p->current = s;
	p->next = NULL;
	if (p->unconfirmed == s) {
		p->sending = s;
		p->unconfirmed = NULL;
	}
}

/* ---- what comes out ---- */

/* Messages that arrived since crypt was polled last. */
static struct arrived {
	uint8_t plaintext[PLAIN_MAX];
	uint32_t slot;
	bool good;
} arrived[BURST_MAX];
static unsigned arrived_count, held_back;
static unsigned out_red;

static bool is_from(const uint8_t *packet, uint32_t slot)
{
	if (packet[0] >> 4 == 4)
		return get_be32(packet + 12) >> 8 == (10u << 16 | slot);
	return get_be32(packet + 8) == (0xfd000000 | slot);
}

/* A44 */
static void check_opened(const uint8_t *packet, uint16_t length)
{
	unsigned version = packet[0] >> 4;

	out_red++;
	require(version == 4 || version == 6, "an IP version");
	require(length >= (version == 4 ? 20 : 40), "a header");
	require(version == 6 || ((packet[0] & 15) >= 5 && (packet[0] & 15) * 4 <= length),
		"with all its options");
	require(length == (version == 4 ? get_be16(packet + 2) : get_be16(packet + 4) + 40),
		"the length that it says");
	for (unsigned i = 0; i < arrived_count; i++)
		if (arrived[i].good && memcmp(packet, arrived[i].plaintext, length) == 0 &&
			is_from(packet, arrived[i].slot))
			return;
	require(false, "what a peer sealed, from an address that is its own");
}

static struct session *sent_under(uint32_t remote_index, struct peer **peer)
{
	for (unsigned i = 0; i < PEERS; i++) {
		*peer = &peers[i];
		if (peers[i].sending && peers[i].sending->keys.remote_index == remote_index)
			return peers[i].sending;
	}
	require(false, "sent under a session that is current");
	return NULL;
}

static void check_sealed(const uint8_t *message, uint16_t length)
{
	static uint8_t plaintext[2048];
	struct peer *peer;
	uint64_t counter = get_le64(message + 8);

	require(length >= MESSAGE_DATA_MIN && get_le32(message) == MESSAGE_DATA, "a data message");
	struct session *s = sent_under(get_le32(message + 4), &peer);
	require(is_young(s), "no message under an old key");
	require(counter == s->sent, "counters begin at 0 and have no gap");
	s->sent++;
	require(aead_open(plaintext, message + 16, length - 16u, NULL, 0, counter, s->keys.send) == 0,
		"the tag is right");
	length -= MESSAGE_DATA_OVERHEAD;
	require(length % 16 == 0 || length == 1420, "padded to 16, not beyond the MTU");
	if (length == 0)
		return;
	require(plaintext[0] >> 4 == 4 || plaintext[0] >> 4 == 6, "a packet");
}

static void drain_side(struct buffers *b, bool red)
{
	struct handle h;

	while (rig_receive(b->side, &h, 1) == 1) {
		came_back(b, &h);
		if (h.kind != HANDLE_FILLED)
			continue;
		require(h.offset + h.length <= b->side->view.room, "bytes in the buffer");
		if (red)
			check_opened(rig_bytes(b->side, &h), h.length);
		else
			check_sealed(rig_bytes(b->side, &h), h.length);
	}
}

static void turn(void)
{
	struct crypt_ack ack;

	rig_poll(&f->rig);
	while (rig_ack(&f->rig, &ack))
		;
	drain_side(&f->black, false);
	drain_side(&f->red, true);
	lend(&f->black);
	lend(&f->red);
	rig_poll(&f->rig);
}

/* ---- steps ---- */

static void new_session(struct reader *r)
{
	uint8_t how = reader_u8(r);
	uint32_t slot = how % PEERS;

	if (session_count == SESSIONS_MAX)
		return;
	struct session *s = &sessions[session_count++];
	seed += 2;
	memset(s, 0, sizeof(*s));
	s->keys = rig_keys(seed, how & 0x80, f->rig.now_ns);
	install(&peers[slot], s);
	rig_session(&f->rig, slot, seed, how & 0x80);
	turn();
}

#define RX_DROPS(s)                                                                                \
	((s)->drop_size + (s)->drop_index + (s)->drop_expired + (s)->drop_tag + (s)->drop_replay)
#define INNER_DROPS(s) ((s)->drop_inner_version + (s)->drop_inner_length + (s)->drop_inner_source)

/* crypt looks at what arrived. Each message has one outcome, and the good ones are believed. */
static void settle(void)
{
	struct crypt_stats *s = f->rig.stats;
	uint64_t drops = RX_DROPS(s), inner = INNER_DROPS(s), empty = s->keepalives_received;
	unsigned good = 0;

	for (unsigned i = 0; i < arrived_count; i++)
		good += arrived[i].good;
	out_red = 0;
	turn();
	drops = RX_DROPS(s) - drops;
	inner = INNER_DROPS(s) - inner + s->keepalives_received - empty;
	require(drops + inner + out_red == arrived_count, "a message has one outcome");
	require(drops == arrived_count - good, "those that are good are believed, and no others");
	require(s->drop_handle_index + s->drop_handle_bounds + s->drop_ring_full == 0, "handles");
	arrived_count = 0;
}

/* `good`: its tag, counter, session and age are as they should be. */
static void deliver(const uint8_t *message, uint16_t length, uint8_t last, uint16_t port, bool good)
{
	arrived[arrived_count++].good = good;
	take_free(&f->black, HANDLE_FULL);
	rig_message(&f->rig, message, length, last, port);
	if (held_back > 0)
		held_back--;
	if (held_back == 0 || arrived_count == BURST_MAX)
		settle();
}

/* The messages that follow arrive together. */
static void burst(struct reader *r)
{
	held_back = reader_u8(r) % BURST_MAX;
}

static void write_ipv6(uint8_t *to, uint32_t source, uint32_t destination, uint16_t length)
{
	memset(to, 0, 40);
	to[0] = 0x60;
	put_be16(to + 4, (uint16_t)(length - 40));
	put_be32(to + 8, 0xfd000000 | source);
	put_be32(to + 24, 0xfd000000 | destination);
}

/* Raw bytes, or a packet of the peer with a payload, bent. */
static uint16_t read_plaintext(struct reader *r, uint32_t slot, uint8_t *plaintext)
{
	uint8_t how = reader_u8(r);
	uint16_t length;

	if (how & 1)
		return (uint16_t)fuzz_piece(r, plaintext, PLAIN_MAX);
	length = (uint16_t)(20 + reader_be16(r) % (PLAIN_MAX - 19));
	rig_write_packet(plaintext, (uint8_t)slot, 9, length);
	if (how & 2 && length >= 40)
		write_ipv6(plaintext, slot, 9, length);
	fuzz_bend(r, plaintext, length);
	return length;
}

static uint64_t read_counter(struct reader *r, const struct session *s)
{
	static const uint64_t corners[] = {0, WINDOW, WINDOW + 1, 1ull << 32, REKEY_AFTER_MESSAGES,
		REJECT_AFTER_MESSAGES - 1, REJECT_AFTER_MESSAGES, UINT64_MAX};
	uint8_t how = reader_u8(r);

	if (how < 8)
		return corners[how];
	if (how < 16)
		return s->greatest - WINDOW - 4 + how % 8;
	if (how < 32)
		return reader_le64(r);
	return s->greatest + how % 4;
}

static void sealed_message(struct reader *r)
{
	static uint8_t message[2048], plaintext[2048];

	if (session_count == 0)
		return;
	uint8_t how = reader_u8(r);
	uint32_t slot = how % PEERS;
	struct session *s = &sessions[how / PEERS % session_count];
	uint64_t counter = read_counter(r, s);
	uint16_t length = read_plaintext(r, slot, plaintext);

	put_le32(message, MESSAGE_DATA);
	put_le32(message + 4, s->keys.local_index);
	put_le64(message + 8, counter);
	aead_seal(message + 16, plaintext, length, NULL, 0, counter, s->keys.recv);
	bool bent = fuzz_bend(r, message, length + MESSAGE_DATA_OVERHEAD);
	struct peer *p = owner_of(s); /* slot only says whose packet is inside */
	bool good = !bent && p && is_young(s) && counter < REJECT_AFTER_MESSAGES &&
		    is_fresh(s, counter);
	if (good) {
		arrived[arrived_count].slot = (uint32_t)(p - peers);
		memcpy(arrived[arrived_count].plaintext, plaintext, length);
		accepted(p, s, counter);
	}
	deliver(message, (uint16_t)(length + MESSAGE_DATA_OVERHEAD), how, reader_be16(r), good);
}

static void raw_message(struct reader *r)
{
	static uint8_t message[PLAIN_MAX];
	uint16_t length = (uint16_t)fuzz_piece(r, message, sizeof(message));

	deliver(message, length, 1, reader_be16(r), false);
}

static void packet(struct reader *r)
{
	uint8_t how = reader_u8(r), to = how % (PEERS + 1);
	uint16_t length = (uint16_t)(20 + reader_be16(r) % 1401);

	take_free(&f->red, HANDLE_FULL);
	struct handle h = rig_packet(&f->rig, 9, to, length);
	if (how & 0x40 && length >= 40)
		write_ipv6(rig_bytes(&f->red.side[0], &h), 9, to, length);
	fuzz_bend(r, rig_bytes(&f->red.side[0], &h), length < 40 ? length : 40);
	turn();
}

/* In two steps, the second as long as crypt may leave what is over age (A30) unwiped. */
static void time_passes(struct reader *r)
{
	f->rig.now_ns += reader_be16(r) * CLOCK_SECOND / 64;
	turn();
	f->rig.now_ns += CLOCK_SECOND;
	turn();
	for (struct peer *p = peers; p < peers + PEERS; p++) {
		p->previous = is_young(p->previous) ? p->previous : NULL;
		p->current = is_young(p->current) ? p->current : NULL;
		p->next = is_young(p->next) ? p->next : NULL;
	}
}

static void forget(uint32_t slot)
{
	memset(&peers[slot], 0, sizeof(peers[slot]));
}

static void order(struct reader *r)
{
	static const uint8_t kinds[] = {
		CRYPT_WIPE, CRYPT_REMOVE, CRYPT_KEEPALIVE, CRYPT_DROP_STAGED, CRYPT_FLUSH};
	uint8_t kind = kinds[reader_u8(r) % sizeof(kinds)];
	uint32_t slot = reader_u8(r) % PEERS;

	if (kind == CRYPT_WIPE || kind == CRYPT_REMOVE)
		forget(slot);
	rig_order(&f->rig, kind, slot);
	turn();
	rig_peer(&f->rig, slot, reader_u8(r) & 1);
}

static void (*const steps[])(struct reader *r) = {
	new_session, sealed_message, sealed_message, burst, raw_message, packet, time_passes, order};

static void open_rig(unsigned i)
{
	static const char *const names[] = {"fz0", "fz1"};

	f = &rigs[i];
	if (f->open)
		return;
	rig_open(&f->rig, names[i], engines[i]);
	f->black.side = &f->rig.black;
	f->red.side = &f->rig.red;
	f->open = true;
}

static void begin(unsigned i)
{
	open_rig(i);
	memset(peers, 0, sizeof(peers));
	session_count = 0;
	for (uint32_t slot = 0; slot < PEERS; slot++)
		rig_peer(&f->rig, slot, true);
	turn();
}

static void end(void)
{
	held_back = 0;
	for (uint32_t slot = 0; slot < PEERS; slot++) {
		forget(slot);
		rig_order(&f->rig, CRYPT_REMOVE, slot);
	}
	turn();
	turn();
	for (unsigned i = 0; i < RIG_BUFFERS; i++)
		require(f->black.held[i] != HANDLE_FULL && f->red.held[i] != HANDLE_FULL,
			"every packet came back");
	f->rig.now_ns += REJECT_AFTER_TIME;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct reader r;

	reader_init(&r, bytes, size);
	begin(reader_u8(&r) & 1);
	for (unsigned i = 0; i < STEPS_MAX && r.left > 0; i++) {
		uint8_t step = reader_u8(&r) % (sizeof(steps) / sizeof(steps[0]));
		if (steps[step] != sealed_message && steps[step] != raw_message)
			settle();
		steps[step](&r);
	}
	settle();
	end();
	return 0;
}
