/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which destinations belong behind the tunnel. The next hop that DPDK's tables keep for a prefix is
 * here the number of times it was added, and above that the link to the crypt thread of its peer.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_rib.h>
#include <rte_rib6.h>

#include "red/state.h"
#include "util/bytes.h"

#define LINK_SHIFT 32
#define TIMES(hop) ((hop) & UINT32_MAX)

static uint64_t with_link(uint64_t hop, unsigned link)
{
	return TIMES(hop) | (uint64_t)link << LINK_SHIFT;
}

int tunnel_create(struct tunnel *t, struct zone *zone, uint32_t max_prefixes, unsigned links)
{
	/* Besides every prefix there may be one node where two branches part. */
	struct rte_rib_conf conf4 = {.max_nodes = (int)(2 * max_prefixes + 1)};
	struct rte_rib6_conf conf6 = {.max_nodes = (int)(2 * max_prefixes + 1)};
	char name[16];

	memset(t, 0, sizeof(*t));
	if (max_prefixes == 0 || max_prefixes > INT32_MAX / 2 - 1)
		return -EINVAL;
	t->left = max_prefixes;
	snprintf(name, sizeof(name), "%.8s-t4", zone->name);
	t->v4 = rte_rib_create(name, zone->socket, &conf4);
	snprintf(name, sizeof(name), "%.8s-t6", zone->name);
	t->v6 = rte_rib6_create(name, zone->socket, &conf6);
	if (t->v4 && t->v6 && covered_create(&t->covered, zone, max_prefixes) == 0 &&
		(links <= 1 || links_create(&t->links, zone, max_prefixes) == 0))
		return 0;
	tunnel_destroy(t);
	return -ENOMEM;
}

void tunnel_destroy(struct tunnel *t)
{
	rte_rib_free(t->v4);
	rte_rib6_free(t->v6);
	covered_destroy(&t->covered);
	links_destroy(&t->links);
	memset(t, 0, sizeof(*t));
}

/* The tree says another way for some addresses. */
static void links_changed(struct tunnel *t)
{
	if (t->links.recent4)
		links_forget(&t->links);
}

static int add4(struct tunnel *t, uint32_t address, uint8_t length, unsigned link)
{
	struct rte_rib_node *node = rte_rib_lookup_exact(t->v4, address, length);
	uint64_t hop = 0;

	if (node)
		rte_rib_get_nh(node, &hop);
	else if (t->left == 0)
		return -ENOSPC;
	else
		node = rte_rib_insert(t->v4, address, length);
	if (!node)
		return -rte_errno;
	t->left -= hop == 0;
	if (length <= COVERED_WHOLE4)
		covered_mark(&t->covered, address, length, true);
	links_changed(t);
	return rte_rib_set_nh(node, with_link(hop + 1, link));
}

static int add6(struct tunnel *t, const uint8_t address[static 16], uint8_t length, unsigned link)
{
	struct rte_rib6_node *node = rte_rib6_lookup_exact(t->v6, address, length);
	uint64_t hop = 0;

	if (node)
		rte_rib6_get_nh(node, &hop);
	else if (t->left == 0)
		return -ENOSPC;
	else
		node = rte_rib6_insert(t->v6, address, length);
	if (!node)
		return -rte_errno;
	t->left -= hop == 0;
	links_changed(t);
	return rte_rib6_set_nh(node, with_link(hop + 1, link));
}

static bool has_wider4(struct tunnel *t, uint32_t address, uint8_t length)
{
	while (length-- > 0) {
		uint32_t mask = length ? UINT32_MAX << (32 - length) : 0;
		if (rte_rib_lookup_exact(t->v4, address & mask, length))
			return true;
	}
	return false;
}

/* The prefix is gone: of its networks those stay marked that others cover. */
static void unmark4(struct tunnel *t, uint32_t address, uint8_t length)
{
	struct rte_rib_node *node = NULL;
	uint32_t inner;
	uint8_t depth;

	if (length > COVERED_WHOLE4 || has_wider4(t, address, length))
		return;
	covered_mark(&t->covered, address, length, false);
	while ((node = rte_rib_get_nxt(t->v4, address, length, node, RTE_RIB_GET_NXT_ALL))) {
		rte_rib_get_ip(node, &inner);
		rte_rib_get_depth(node, &depth);
		if (depth <= COVERED_WHOLE4)
			covered_mark(&t->covered, inner, depth, true);
	}
}

static int remove4(struct tunnel *t, uint32_t address, uint8_t length)
{
	struct rte_rib_node *node = rte_rib_lookup_exact(t->v4, address, length);
	uint64_t hop;

	if (!node)
		return -ENOENT;
	rte_rib_get_nh(node, &hop);
	if (TIMES(hop) > 1)
		return rte_rib_set_nh(node, hop - 1);
	rte_rib_remove(t->v4, address, length);
	unmark4(t, address, length);
	covered_forget(&t->covered);
	links_changed(t);
	t->left++;
	return 0;
}

static int remove6(struct tunnel *t, const uint8_t address[static 16], uint8_t length)
{
	struct rte_rib6_node *node = rte_rib6_lookup_exact(t->v6, address, length);
	uint64_t hop;

	if (!node)
		return -ENOENT;
	rte_rib6_get_nh(node, &hop);
	if (TIMES(hop) > 1)
		return rte_rib6_set_nh(node, hop - 1);
	rte_rib6_remove(t->v6, address, length);
	covered_forget(&t->covered);
	links_changed(t);
	t->left++;
	return 0;
}

static bool is_prefix(const struct ip_prefix *prefix)
{
	unsigned bits = addr_bits(&prefix->addr);

	return bits != 0 && prefix->length <= bits;
}

int tunnel_add(struct tunnel *t, const struct ip_prefix *prefix, unsigned link)
{
	struct ip_prefix p = *prefix;

	if (!is_prefix(&p))
		return -EINVAL;
	prefix_mask(&p);
	return p.addr.family == 4 ? add4(t, get_be32(p.addr.bytes), p.length, link) :
				    add6(t, p.addr.bytes, p.length, link);
}

int tunnel_remove(struct tunnel *t, const struct ip_prefix *prefix)
{
	struct ip_prefix p = *prefix;

	if (!is_prefix(&p))
		return -ENOENT;
	prefix_mask(&p);
	return p.addr.family == 4 ? remove4(t, get_be32(p.addr.bytes), p.length) :
				    remove6(t, p.addr.bytes, p.length);
}

bool tunnel_walk4(struct tunnel *t, uint32_t address)
{
	if (!rte_rib_lookup(t->v4, address))
		return false;
	covered_remember4(&t->covered, address);
	return true;
}

bool tunnel_walk6(struct tunnel *t, const uint8_t address[static 16])
{
	struct rte_rib6_node *node = rte_rib6_lookup(t->v6, address);
	uint8_t length;

	if (!node)
		return false;
	rte_rib6_get_depth(node, &length);
	covered_remember6(&t->covered, address, length);
	return true;
}

static int link4(struct tunnel *t, uint32_t address, uint8_t length, unsigned link)
{
	struct rte_rib_node *node = rte_rib_lookup_exact(t->v4, address, length);
	uint64_t hop;

	if (!node)
		return -ENOENT;
	rte_rib_get_nh(node, &hop);
	return rte_rib_set_nh(node, with_link(hop, link));
}

static int link6(struct tunnel *t, const uint8_t address[static 16], uint8_t length, unsigned link)
{
	struct rte_rib6_node *node = rte_rib6_lookup_exact(t->v6, address, length);
	uint64_t hop;

	if (!node)
		return -ENOENT;
	rte_rib6_get_nh(node, &hop);
	return rte_rib6_set_nh(node, with_link(hop, link));
}

int tunnel_set_link(struct tunnel *t, const struct ip_prefix *prefix, unsigned link)
{
	struct ip_prefix p = *prefix;

	if (!is_prefix(&p))
		return -ENOENT;
	prefix_mask(&p);
	links_changed(t);
	return p.addr.family == 4 ? link4(t, get_be32(p.addr.bytes), p.length, link) :
				    link6(t, p.addr.bytes, p.length, link);
}

unsigned tunnel_link4(struct tunnel *t, uint32_t address)
{
	struct rte_rib_node *node;
	uint64_t hop = 0;
	unsigned link;

	if (links_find4(&t->links, address, &link))
		return link;
	node = rte_rib_lookup(t->v4, address);
	if (node)
		rte_rib_get_nh(node, &hop);
	link = (unsigned)(hop >> LINK_SHIFT);
	links_remember4(&t->links, address, link);
	return link;
}

unsigned tunnel_link6(struct tunnel *t, const uint8_t address[static 16])
{
	struct rte_rib6_node *node;
	uint64_t hop = 0;
	unsigned link;

	if (links_find6(&t->links, address, &link))
		return link;
	node = rte_rib6_lookup(t->v6, address);
	if (node)
		rte_rib6_get_nh(node, &hop);
	link = (unsigned)(hop >> LINK_SHIFT);
	links_remember6(&t->links, address, link);
	return link;
}
