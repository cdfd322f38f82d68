/* SPDX-License-Identifier: BSD-3-Clause */
/* Routes as the kernel tells them: over which interfaces, and how they are told back. */
#include <linux/rtnetlink.h>
#include <string.h>
#include <unistd.h>

#include "ctl/iface_internal.h"

/* The next one's place among the ways of a RTA_MULTIPATH, or NULL. */
static struct rtnexthop *next_way(const struct nlattr *ways, struct rtnexthop *way)
{
	char *begin = mnl_attr_get_payload(ways), *end = begin + mnl_attr_get_payload_len(ways);
	char *at = way ? (char *)way + NLA_ALIGN(way->rtnh_len) : begin;

	if (at > end || (size_t)(end - at) < sizeof(*way))
		return NULL;
	struct rtnexthop *next = (struct rtnexthop *)at;
	return next->rtnh_len >= sizeof(*next) && next->rtnh_len <= end - at ? next : NULL;
}

static bool has_way(const struct nlattr *ways, unsigned index)
{
	for (struct rtnexthop *way = next_way(ways, NULL); way; way = next_way(ways, way))
		if ((unsigned)way->rtnh_ifindex == index)
			return true;
	return false;
}

enum iface_route iface_route_over(const struct nlmsghdr *message, unsigned index)
{
	const struct nlattr *attr;
	bool object = false, ways = false, ours = false;

	mnl_attr_for_each(attr, message, sizeof(struct rtmsg)) {
		switch (mnl_attr_get_type(attr)) {
		case RTA_OIF:
			ways = mnl_attr_get_payload_len(attr) == 4;
			ours |= ways && mnl_attr_get_u32(attr) == index;
			break;
		case RTA_MULTIPATH:
			ways = true;
			ours |= has_way(attr, index);
			break;
		case RTA_NH_ID:
			object = true;
			break;
		}
	}
	if (object && !ways)
		return IFACE_ROUTE_UNTOLD;
	return ours ? IFACE_ROUTE_OURS : IFACE_ROUTE_ANOTHERS;
}

/* What else the kernel tells of a route by an object is the object's, and refused beside its number. */
static bool is_of_object(uint16_t type)
{
	return type == RTA_OIF || type == RTA_GATEWAY || type == RTA_VIA || type == RTA_MULTIPATH ||
		type == RTA_ENCAP || type == RTA_ENCAP_TYPE;
}

/* The kernel tells what is left of an IPv6 route's lifetime in ticks, and is told it in seconds. */
static void put_lifetime(struct nlmsghdr *request, const struct nlattr *attr)
{
	struct rta_cacheinfo info;
	long ticks = sysconf(_SC_CLK_TCK);

	if (mnl_attr_get_payload_len(attr) < sizeof(info) || ticks <= 0)
		return;
	memcpy(&info, mnl_attr_get_payload(attr), sizeof(info));
	if (info.rta_expires != 0) /* 0 would be for ever; what is over meanwhile has a second yet */
		mnl_attr_put_u32(request, RTA_EXPIRES,
			info.rta_expires > ticks ? (uint32_t)(info.rta_expires / ticks) : 1);
}

/* Flags of a route and of its ways tell a state, which cannot be set, but for one. */
static void clear_states(struct nlmsghdr *request)
{
	struct rtmsg *route = mnl_nlmsg_get_payload(request);
	const struct nlattr *attr;

	route->rtm_flags &= RTNH_F_ONLINK;
	mnl_attr_for_each(attr, request, sizeof(*route)) {
		if (mnl_attr_get_type(attr) != RTA_MULTIPATH)
			continue;
		for (struct rtnexthop *way = next_way(attr, NULL); way; way = next_way(attr, way))
			way->rtnh_flags &= RTNH_F_ONLINK;
	}
}

void iface_route_put(struct nlmsghdr *request, const struct iface_kept *kept)
{
	const struct nlattr *attr, *first = (const void *)(kept->payload + sizeof(struct rtmsg));
	size_t length = kept->length - sizeof(struct rtmsg);
	bool object = false;

	memcpy(mnl_nlmsg_get_payload(request), kept->payload, sizeof(struct rtmsg));
	mnl_attr_for_each_payload(first, length)
		object |= mnl_attr_get_type(attr) == RTA_NH_ID;
	mnl_attr_for_each_payload(first, length) {
		uint16_t type = mnl_attr_get_type(attr);
		if (type == RTA_CACHEINFO)
			put_lifetime(request, attr);
		else if (!object || !is_of_object(type))
			mnl_attr_put(request, attr->nla_type, mnl_attr_get_payload_len(attr),
				mnl_attr_get_payload(attr));
	}
	clear_states(request);
}
