/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/lines.h"
#include "util/clock.h"

#define NEVER       UINT64_MAX
#define WAIT_NS     (5 * CLOCK_SECOND)   /* after a failure; doubled each time */
#define WAIT_MAX_NS (60 * CLOCK_SECOND)
#define LOST_NS     (120 * CLOCK_SECOND) /* an answer that takes so long does not come */
#define LABEL_MAX   63

struct name {
	char *text;
	size_t host_length;
	uint16_t port;
	struct ip_addr found[RESOLVER_ADDRESSES];
	unsigned found_count;
	unsigned at;        /* the one in use */
	unsigned attempts;  /* since the peer answered */
	bool up;            /* the peer answered, wherever it is; until an attempt was not answered */
	bool turn;          /* found[at] is to be the endpoint */
	uint64_t ask_ns;    /* NEVER: not now */
	uint64_t wait_ns;   /* after the next failure */
};

unsigned names_families(const struct ip_prefix *addresses, unsigned count)
{
	unsigned families = 0;

	for (unsigned i = 0; i < count; i++)
		families |= addresses[i].addr.family == 4 ? NAMES_IPV4 : NAMES_IPV6;
	return families;
}

int names_open(struct names *n, uint32_t slots, unsigned families)
{
	*n = (struct names){.slots = slots,
		.families = families,
		.pending_slot = NAMES_NOBODY,
		.due_ns = NEVER};
	n->by_slot = calloc(slots, sizeof(struct name *));
	return n->by_slot ? 0 : -ENOMEM;
}

void names_close(struct names *n)
{
	for (uint32_t i = 0; n->by_slot && i < n->slots; i++)
		names_clear(n, i);
	free(n->by_slot);
	memset(n, 0, sizeof(*n));
}

static struct name *name_of(const struct names *n, uint32_t slot)
{
	return slot < n->slots && n->by_slot ? n->by_slot[slot] : NULL;
}

/* ---- what a name looks like (RFC 1123 2.1, and the underscore that is often met) ---- */

static bool is_host(const char *host, size_t length)
{
	size_t label = 0;
	bool letter = false;

	if (length == 0 || length >= RESOLVER_HOST_MAX - 2)
		return false;
	for (size_t i = 0; i < length; i++) {
		char c = host[i], lower = (char)(c | 0x20);
		if (c == '.' ? label == 0 || label > LABEL_MAX :
			       !((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
					c == '-' || c == '_'))
			return false;
		letter |= lower >= 'a' && lower <= 'z';
		label = c == '.' ? 0 : label + 1;
	}
	return letter && label <= LABEL_MAX && host[0] != '-';
}

bool names_parse(const char *text, uint16_t *port, size_t *length)
{
	const char *colon = strrchr(text, ':');
	uint64_t number;

	if (!colon || !is_host(text, (size_t)(colon - text)) ||
		!line_number(colon + 1, UINT16_MAX, &number) || number == 0)
		return false;
	if (port)
		*port = (uint16_t)number;
	if (length)
		*length = (size_t)(colon - text);
	return true;
}

/* ---- setting ---- */

static void ask_at(struct names *n, struct name *name, uint64_t when_ns)
{
	name->ask_ns = when_ns;
	if (when_ns < n->due_ns)
		n->due_ns = when_ns;
}

static void set_turn(struct names *n, struct name *name, bool turn)
{
	if (turn && !name->turn)
		n->turns++;
	else if (!turn && name->turn)
		n->turns--;
	name->turn = turn;
}

int names_set(struct names *n, uint32_t slot, const char *text, uint64_t now_ns)
{
	struct name *name;

	if (slot >= n->slots || !names_parse(text, NULL, NULL))
		return -EINVAL;
	name = calloc(1, sizeof(*name));
	if (!name)
		return -ENOMEM;
	name->text = strdup(text);
	if (!name->text) {
		free(name);
		return -ENOMEM;
	}
	names_parse(text, &name->port, &name->host_length);
	names_clear(n, slot);
	name->wait_ns = WAIT_NS;
	n->by_slot[slot] = name;
	n->count++;
	ask_at(n, name, now_ns);
	return 0;
}

void names_clear(struct names *n, uint32_t slot)
{
	struct name *name = name_of(n, slot);

	if (!name)
		return;
	set_turn(n, name, false);
	if (n->pending_slot == slot)
		n->pending_slot = NAMES_NOBODY;
	n->by_slot[slot] = NULL;
	n->count--;
	free(name->text);
	free(name);
}

const char *names_text(const struct names *n, uint32_t slot)
{
	const struct name *name = name_of(n, slot);

	return name ? name->text : NULL;
}

/* ---- attempts ---- */

void names_attempt(struct names *n, uint32_t slot, uint64_t now_ns)
{
	struct name *name = name_of(n, slot);

	if (!name)
		return;
	unsigned failed = name->attempts++; /* those before this one */
	if (failed == 0)
		return;
	/* From wherever it was to the next address; if there is one only, once. */
	if (name->found_count > 1)
		name->at = (name->at + 1) % name->found_count;
	if (name->found_count > 1 || (name->found_count == 1 && name->up))
		set_turn(n, name, true);
	name->up = false;
	if (failed % NAMES_ASK_EVERY == 0)
		ask_at(n, name, now_ns);
}

void names_gave_up(struct names *n, uint32_t slot, uint64_t now_ns)
{
	struct name *name = name_of(n, slot);

	if (!name)
		return;
	name->up = false;
	ask_at(n, name, now_ns);
}

void names_up(struct names *n, uint32_t slot)
{
	struct name *name = name_of(n, slot);

	if (!name)
		return;
	name->attempts = 0;
	name->up = true;
	set_turn(n, name, false);
	if (name->found_count > 0)
		name->ask_ns = NEVER;
}

/* ---- asking ---- */

/* The one that is due longest, so that none waits for ever; and when the next one will be. */
static uint32_t find_due(struct names *n, uint64_t now_ns)
{
	uint32_t due = NAMES_NOBODY;
	uint64_t first_ns = NEVER, next_ns = NEVER;

	for (uint32_t i = 0; i < n->slots; i++) {
		const struct name *name = n->by_slot[i];
		if (!name)
			continue;
		if (name->ask_ns < first_ns) {
			next_ns = first_ns;
			first_ns = name->ask_ns;
			due = i;
		} else if (name->ask_ns < next_ns) {
			next_ns = name->ask_ns;
		}
	}
	n->due_ns = first_ns <= now_ns ? next_ns : first_ns;
	return first_ns <= now_ns ? due : NAMES_NOBODY;
}

static int take_failure(struct names *n, struct name *name, uint64_t now_ns)
{
	if (name->found_count == 0) {
		ask_at(n, name, now_ns + name->wait_ns);
		name->wait_ns = name->wait_ns * 2 < WAIT_MAX_NS ? name->wait_ns * 2 : WAIT_MAX_NS;
	}
	return -ENOENT;
}

/* The one that was asked for last has no answer; one that comes yet is not believed. */
static void give_up_pending(struct names *n, uint64_t now_ns)
{
	struct name *lost = n->pending ? name_of(n, n->pending_slot) : NULL;

	n->lost += n->pending;
	n->pending = false;
	if (lost)
		take_failure(n, lost, now_ns);
}

bool names_ask(struct names *n, uint64_t now_ns, struct resolver_request *request)
{
	if (n->pending && now_ns < n->asked_ns + LOST_NS)
		return false;
	give_up_pending(n, now_ns);
	if (n->count == 0 || now_ns < n->due_ns)
		return false;
	uint32_t slot = find_due(n, now_ns);
	if (slot == NAMES_NOBODY)
		return false;
	struct name *name = n->by_slot[slot];
	name->ask_ns = NEVER;
	n->pending = true;
	n->pending_slot = slot;
	n->pending_id++;
	n->asked_ns = now_ns;
	memset(request, 0, sizeof(*request));
	request->id = n->pending_id;
	memcpy(request->host, name->text, name->host_length);
	return true;
}

uint64_t names_deadline(const struct names *n)
{
	if (n->count == 0)
		return NEVER;
	return n->pending ? n->asked_ns + LOST_NS : n->due_ns;
}

/* ---- answers ---- */

/* No host beyond a network has such an address: it would be somebody's trick. */
static bool is_fit(const struct names *n, const struct ip_addr *addr)
{
	static const uint8_t zero[12];
	const uint8_t *b = addr->bytes;

	if (addr->family == 4)
		return (n->families & NAMES_IPV4) && b[0] != 0 && b[0] != 127 && b[0] < 224;
	return addr->family == 6 && (n->families & NAMES_IPV6) && b[0] != 0xff &&
		memcmp(b, zero, 10) != 0; /* ::, ::1, and IPv4 in disguise */
}

static bool has(const struct name *name, const struct ip_addr *addr)
{
	for (unsigned i = 0; i < name->found_count; i++) {
		if (addr_equal(&name->found[i], addr))
			return true;
	}
	return false;
}

static unsigned take_fit(const struct names *n, struct name *fresh,
	const struct resolver_answer *answer)
{
	for (unsigned i = 0; i < answer->count; i++) {
		struct ip_addr addr = answer->addresses[i];
		if (addr.family == 4)
			memset(addr.bytes + 4, 0, sizeof(addr.bytes) - 4);
		if (is_fit(n, &addr) && !has(fresh, &addr))
			fresh->found[fresh->found_count++] = addr;
	}
	return fresh->found_count;
}

static bool same_addresses(const struct name *a, const struct name *b)
{
	for (unsigned i = 0; i < a->found_count; i++) {
		if (!has(b, &a->found[i]))
			return false;
	}
	return a->found_count == b->found_count;
}

static void take_found(struct names *n, struct name *name, const struct name *fresh)
{
	bool first = name->found_count == 0;

	if (same_addresses(name, fresh))
		return; /* in whatever order: the turns go on as they were */
	memcpy(name->found, fresh->found, sizeof(name->found));
	name->found_count = fresh->found_count;
	name->at = 0;
	/* One attempt is on its way and may yet be answered; not so when it went to nowhere. */
	set_turn(n, name, !name->up && (first || name->attempts > 1));
}

/* They come in the order of the questions: the resolver begins with what we wait for only now. */
static int take_late(struct names *n, uint64_t now_ns)
{
	n->lost--;
	n->asked_ns = now_ns;
	return -ESTALE;
}

int names_answer(
	struct names *n, uint64_t now_ns, const void *bytes, size_t length, uint32_t *slot)
{
	struct resolver_answer answer;
	struct name fresh = {0};

	*slot = NAMES_NOBODY;
	if (length != sizeof(answer))
		return -EPROTO;
	memcpy(&answer, bytes, sizeof(answer));
	if (answer.count > RESOLVER_ADDRESSES)
		return -EPROTO;
	int32_t age = (int32_t)(n->pending_id - answer.id); /* in requests */
	if (n->lost > 0 && age >= (n->pending ? 1 : 0))
		return take_late(n, now_ns);
	if (!n->pending || age != 0)
		return -EPROTO;
	n->pending = false;
	*slot = n->pending_slot;
	n->pending_slot = NAMES_NOBODY;
	struct name *name = name_of(n, *slot);
	if (!name)
		return 0;
	if (take_fit(n, &fresh, &answer) == 0)
		return take_failure(n, name, now_ns);
	take_found(n, name, &fresh);
	name->wait_ns = WAIT_NS;
	return 0;
}

bool names_turn(struct names *n, uint32_t *slot, struct endpoint *endpoint)
{
	if (n->turns == 0)
		return false;
	for (uint32_t i = 0; i < n->slots; i++) {
		struct name *name = n->by_slot[i];
		if (!name || !name->turn)
			continue;
		set_turn(n, name, false);
		*slot = i;
		*endpoint = (struct endpoint){.addr = name->found[name->at], .port = name->port};
		return true;
	}
	return false;
}
