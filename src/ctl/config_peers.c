/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks over all peers. Whatever may be there twice is sorted first: files have 100,000 peers. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "crypto/dh.h"
#include "crypto/secret.h"
#include "ctl/config_internal.h"

struct twice { /* the first pair of lines that say the same */
	const void *first;
	const void *second;
	unsigned line; /* of the second; 0: there is none */
};

static int compare_lines(unsigned a, unsigned b)
{
	return a < b ? -1 : a > b;
}

static int compare_keys(const void *a, const void *b)
{
	const struct config_peer *x = *(const struct config_peer *const *)a;
	const struct config_peer *y = *(const struct config_peer *const *)b;
	int order = memcmp(x->public_key, y->public_key, sizeof(x->public_key));

	return order ? order : compare_lines(x->line, y->line);
}

static int compare_names(const void *a, const void *b)
{
	const struct config_peer *x = *(const struct config_peer *const *)a;
	const struct config_peer *y = *(const struct config_peer *const *)b;
	int order = strcmp(x->name, y->name);

	return order ? order : compare_lines(x->line, y->line);
}

static int compare_prefixes(const struct ip_prefix *x, const struct ip_prefix *y)
{
	if (x->addr.family != y->addr.family)
		return x->addr.family < y->addr.family ? -1 : 1;
	int order = memcmp(x->addr.bytes, y->addr.bytes, sizeof(x->addr.bytes));
	return order ? order : compare_lines(x->length, y->length);
}

/* By prefix, then by line; two on one line in the order of the list. */
static int compare_items(const void *a, const void *b)
{
	const struct config_item *x = *(const struct config_item *const *)a;
	const struct config_item *y = *(const struct config_item *const *)b;
	int order = compare_prefixes(&x->prefix, &y->prefix);

	return order ? order : x < y ? -1 : x > y;
}

static void note_twice(struct twice *twice, const void *first, const void *second, unsigned line)
{
	if (twice->line == 0 || line < twice->line)
		*twice = (struct twice){first, second, line};
}

static int check_keys(struct config_parse *p, const struct config_peer **peers)
{
	struct twice twice = {0};
	unsigned count = p->config->peer_count;

	qsort(peers, count, sizeof(*peers), compare_keys);
	for (unsigned i = 1; i < count; i++) {
		if (memcmp(peers[i - 1]->public_key, peers[i]->public_key, 32) == 0)
			note_twice(&twice, peers[i - 1], peers[i], peers[i]->key_line);
	}
	if (twice.line == 0)
		return 0;
	const struct config_peer *first = twice.first;
	return config_fail(p, twice.line, "this PublicKey is already the peer's in line %u; leave "
		"one [Peer] with all its AllowedIPs", first->key_line);
}

static int check_names(struct config_parse *p, const struct config_peer **peers)
{
	struct twice twice = {0};
	unsigned count = p->config->peer_count;

	qsort(peers, count, sizeof(*peers), compare_names);
	for (unsigned i = 1; i < count; i++) {
		if (peers[i]->name[0] != '\0' && strcmp(peers[i - 1]->name, peers[i]->name) == 0)
			note_twice(&twice, peers[i - 1], peers[i], peers[i]->line);
	}
	if (twice.line == 0)
		return 0;
	const struct config_peer *first = twice.first;
	return config_fail(p, twice.line, "this peer has the same Name '%s' as that of line %u; "
		"rename one", first->name, first->line);
}

/* The same prefix twice in one peer is said once too often; in two peers nobody knows whose it is.
 * The repetition is marked by a length that no prefix has. */
static int check_prefixes(struct config_parse *p, struct config_item **items)
{
	struct twice twice = {0};
	const struct config_item *last = NULL;
	char text[ADDR_TEXT_MAX];

	for (unsigned i = 0; i < p->item_count; i++)
		items[i] = &p->items[i];
	qsort(items, p->item_count, sizeof(*items), compare_items);
	for (unsigned i = 0; i < p->item_count; i++) {
		if (!last || !prefix_equal(&last->prefix, &items[i]->prefix))
			last = items[i];
		else if (last->peer == items[i]->peer)
			items[i]->prefix.length = UINT8_MAX;
		else
			note_twice(&twice, last, items[i], items[i]->line);
	}
	if (twice.line == 0)
		return 0;
	last = twice.first;
	return config_fail(p, twice.line, "AllowedIPs %s is already another peer's in line %u; "
		"leave it to one of the two", prefix_format(&last->prefix, text), last->line);
}

static int share_prefixes(struct config_parse *p)
{
	struct config *c = p->config;

	c->allowed_ips = calloc(p->item_count + 1, sizeof(*c->allowed_ips));
	if (!c->allowed_ips)
		return config_no_memory(p);
	for (unsigned i = 0; i < p->item_count; i++) {
		const struct config_item *item = &p->items[i];
		struct config_peer *peer = &c->peers[item->peer];
		if (item->prefix.length == UINT8_MAX)
			continue;
		if (peer->allowed_ip_count == 0)
			peer->allowed_ips = &c->allowed_ips[c->allowed_ip_count];
		peer->allowed_ip_count++;
		c->allowed_ips[c->allowed_ip_count++] = item->prefix;
	}
	return 0;
}

/* A53 */
static int check_each(struct config_parse *p)
{
	const struct config *c = p->config;
	uint8_t own[DH_LEN];

	dh_base(own, c->private_key);
	for (unsigned i = 0; i < c->peer_count; i++) {
		const struct config_peer *peer = &c->peers[i];
		if (peer->key_line == 0)
			return config_fail(p, peer->line, "[Peer] has no PublicKey; add the "
				"peer's");
		if (memcmp(own, peer->public_key, sizeof(own)) == 0)
			return config_fail(p, peer->key_line, "this PublicKey is this device's "
				"own; write the peer's, or take out this [Peer]");
	}
	return 0;
}

int config_peers_check(struct config_parse *p)
{
	struct config *c = p->config;
	const struct config_peer **peers = calloc(c->peer_count + 1, sizeof(*peers));
	struct config_item **items = calloc(p->item_count + 1, sizeof(*items));

	if (!peers || !items) {
		config_no_memory(p);
	} else if (check_each(p) == 0) {
		for (unsigned i = 0; i < c->peer_count; i++)
			peers[i] = &c->peers[i];
		if (check_keys(p, peers) == 0 && check_names(p, peers) == 0 &&
			check_prefixes(p, items) == 0)
			share_prefixes(p);
	}
	free(items);
	free(peers);
	return p->status;
}
