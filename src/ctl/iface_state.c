/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An interface's link, addresses and routes. Addresses and routes are kept as the messages in which
 * the kernel told them and told back the same way (iface_route.c), so that nothing of them is lost
 * (labels, lifetimes as they were when the interface was taken, metrics, ...).
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/iface_internal.h"

#define DUMP_TRIES 5 /* the kernel says when a dump was disturbed by a change */

struct reading {
	struct iface *iface;
	struct iface_kept **tail;
	unsigned routes;
	bool untold; /* a route was told without where it leads: by a nexthop object */
	bool objects; /* there are such objects over the interface */
	uint16_t type; /* ARPHRD_* */
	unsigned master;
	int error; /* -errno of what stopped it */
};

static int keep(struct reading *r, const struct nlmsghdr *message)
{
	uint32_t length = mnl_nlmsg_get_payload_len(message);
	struct iface_kept *kept = malloc(sizeof(*kept) + length);

	if (!kept) {
		r->error = -ENOMEM;
		return MNL_CB_ERROR;
	}
	kept->next = NULL;
	kept->told = false;
	kept->type = message->nlmsg_type;
	kept->length = length;
	memcpy(kept->payload, mnl_nlmsg_get_payload(message), length);
	*r->tail = kept;
	r->tail = &kept->next;
	return MNL_CB_OK;
}

static int read_link(const struct nlmsghdr *message, void *context)
{
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
	struct reading *r = context;
	const struct nlattr *attr;

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*link)))
		return MNL_CB_OK;
	r->iface->flags = link->ifi_flags;
	r->type = link->ifi_type;
	mnl_attr_for_each(attr, message, sizeof(*link)) {
		if (mnl_attr_get_type(attr) == IFLA_MASTER && mnl_attr_get_payload_len(attr) == 4)
			r->master = mnl_attr_get_u32(attr);
	}
	return MNL_CB_OK;
}

static int read_address(const struct nlmsghdr *message, void *context)
{
	const struct ifaddrmsg *address = mnl_nlmsg_get_payload(message);
	struct reading *r = context;
	struct iface *iface = r->iface;

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*address)) ||
		address->ifa_index != iface->index)
		return MNL_CB_OK;
	if (iface->address_count == IFACE_ADDRESSES) {
		r->error = -EBUSY;
		return MNL_CB_ERROR;
	}
	iface->address_count++;
	return keep(r, message);
}

/* The kernel makes its own routes from the addresses; a router's advertisements come again. */
static bool is_kept_route(const struct rtmsg *route)
{
	return route->rtm_type != RTN_LOCAL && route->rtm_type != RTN_BROADCAST &&
		route->rtm_type != RTN_ANYCAST && route->rtm_type != RTN_MULTICAST &&
		route->rtm_protocol != RTPROT_KERNEL && route->rtm_protocol != RTPROT_RA &&
		route->rtm_protocol != RTPROT_REDIRECT && (route->rtm_flags & RTM_F_CLONED) == 0;
}

static int read_route(const struct nlmsghdr *message, void *context)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	struct reading *r = context;

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*route)) || !is_kept_route(route))
		return MNL_CB_OK;
	enum iface_route over = iface_route_over(message, r->iface->index);
	r->untold |= over == IFACE_ROUTE_UNTOLD;
	if (over != IFACE_ROUTE_OURS)
		return MNL_CB_OK;
	if (r->routes++ == IFACE_ROUTES) {
		r->error = -EBUSY;
		return MNL_CB_ERROR;
	}
	return keep(r, message);
}

static int read_object(const struct nlmsghdr *message, void *context)
{
	struct reading *r = context;

	r->objects = true;
	return MNL_CB_OK;
}

static int dump(struct netlink *n, uint16_t type, size_t header_size, mnl_cb_t each,
	struct reading *r)
{
	struct netlink_message message;

	int rc = netlink_do(n, netlink_request(&message, type, NLM_F_DUMP, header_size), each, r);
	return r->error ? r->error : rc;
}

/* Those over the interface; a group that leads there has one of them. */
static int dump_objects(struct netlink *n, struct reading *r)
{
	struct netlink_message message;
	struct nlmsghdr *request =
		netlink_request(&message, RTM_GETNEXTHOP, NLM_F_DUMP, sizeof(struct nhmsg));

	mnl_attr_put_u32(request, NHA_OIF, r->iface->index);
	return netlink_do(n, request, read_object, r);
}

static int read_all(struct reading *r, struct netlink *n)
{
	int rc = -EINTR;

	for (unsigned i = 0; i < DUMP_TRIES && rc == -EINTR; i++) {
		if (i > 0) { /* the rest of the disturbed dump is still on its way */
			netlink_close(n);
			rc = netlink_open(n);
			if (rc != 0)
				return rc;
		}
		iface_state_free(r->iface);
		r->iface->address_count = 0;
		r->tail = &r->iface->kept;
		r->routes = 0;
		r->untold = r->objects = false;
		rc = dump(n, RTM_GETADDR, sizeof(struct ifaddrmsg), read_address, r);
		if (rc == 0)
			rc = dump(n, RTM_GETROUTE, sizeof(struct rtmsg), read_route, r);
		if (rc == 0 && r->untold)
			rc = dump_objects(n, r);
	}
	return rc;
}

/* What an interface must be so that it can be taken. */
static int check_link(const struct reading *r, char error[static 256])
{
	char bridge[IF_NAMESIZE] = "?";
	const char *name = r->iface->name;

	if (r->type != ARPHRD_ETHER || (r->iface->flags & IFF_LOOPBACK) != 0) {
		snprintf(error, 256, "interface %s is not one of Ethernet; name another", name);
		return -EINVAL;
	}
	if (r->master != 0) {
		if_indextoname(r->master, bridge);
		snprintf(error, 256, "interface %s is a part of %s; take it out: ip link set %s "
			"nomaster",
			name, bridge, name);
		return -EBUSY;
	}
	return 0;
}

int iface_state_read(struct iface *iface, struct netlink *n, char error[static 256])
{
	struct reading r = {.iface = iface};
	struct ifinfomsg *link;
	struct netlink_message message;
	struct nlmsghdr *request = netlink_request(&message, RTM_GETLINK, 0, sizeof(*link));

	link = mnl_nlmsg_get_payload(request);
	link->ifi_index = (int)iface->index;
	int rc = netlink_do(n, request, read_link, &r);
	if (rc == 0)
		rc = check_link(&r, error);
	if (rc != 0)
		return rc;
	rc = read_all(&r, n);
	if (rc == -EBUSY)
		snprintf(error, 256, "interface %s has more than %d addresses or %d routes; remove "
			"some",
			iface->name, IFACE_ADDRESSES, IFACE_ROUTES);
	if (rc != 0 || !r.objects)
		return rc;
	snprintf(error, 256, "interface %s has a route by a nexthop object, which is not told with "
		"net.ipv4.nexthop_compat_mode=0; remove it: ip nexthop flush dev %s",
		iface->name, iface->name);
	return -EBUSY;
}

void iface_state_free(struct iface *iface)
{
	while (iface->kept) {
		struct iface_kept *next = iface->kept->next;
		free(iface->kept);
		iface->kept = next;
	}
}

int iface_state_link(const struct iface *iface, struct netlink *n, unsigned flags)
{
	struct ifinfomsg *link;
	struct netlink_message message;
	struct nlmsghdr *request = netlink_request(&message, RTM_NEWLINK, 0, sizeof(*link));

	link = mnl_nlmsg_get_payload(request);
	link->ifi_index = (int)iface->index;
	link->ifi_change = IFF_UP | IFF_NOARP;
	link->ifi_flags = flags & link->ifi_change;
	return netlink_do(n, request, NULL, NULL);
}

static int tell(struct netlink *n, const struct iface_kept *kept, uint16_t type, uint16_t flags)
{
	bool route = kept->type == RTM_NEWROUTE;
	char *buffer = calloc(1, MNL_NLMSG_HDRLEN + MNL_ALIGN(kept->length));

	if (!buffer)
		return -ENOMEM;
	struct nlmsghdr *request = netlink_request(
		buffer, type, flags, route ? sizeof(struct rtmsg) : kept->length);
	if (route)
		iface_route_put(request, kept);
	else
		memcpy(mnl_nlmsg_get_payload(request), kept->payload, kept->length);
	int rc = netlink_do(n, request, NULL, NULL);
	free(buffer);
	return rc;
}

int iface_state_remove(const struct iface *iface, struct netlink *n)
{
	/* A route through the device alone needs no address, and would not go with one. */
	for (const struct iface_kept *kept = iface->kept; kept; kept = kept->next) {
		if (kept->type != RTM_NEWROUTE)
			continue;
		int rc = tell(n, kept, RTM_DELROUTE, 0);
		if (rc != 0 && rc != -ESRCH && rc != -ENODEV) /* went with IPv6, or another one */
			return rc;
	}
	for (const struct iface_kept *kept = iface->kept; kept; kept = kept->next) {
		if (kept->type != RTM_NEWADDR)
			continue;
		int rc = tell(n, kept, RTM_DELADDR, 0);
		if (rc != 0 && rc != -EADDRNOTAVAIL) /* went with a primary one, or with IPv6 */
			return rc;
	}
	return 0;
}

/* What the kernel did not take yet. *left: the first error, 0 when nothing is left; true: some was taken. */
static bool restore_some(const struct iface *iface, struct netlink *n, int *left)
{
	bool some = false;

	*left = 0;
	for (struct iface_kept *kept = iface->kept; kept; kept = kept->next) {
		bool address = kept->type == RTM_NEWADDR;
		if (kept->told)
			continue;
		int rc = tell(n, kept, kept->type,
			address ? NLM_F_CREATE | NLM_F_REPLACE : NLM_F_CREATE | NLM_F_EXCL);
		kept->told = rc == 0 || rc == -EEXIST;
		some |= kept->told;
		if (!kept->told && *left == 0)
			*left = rc;
	}
	return some;
}

/* A gateway may be reached by a route that was told after the one through it: so once more. */
int iface_state_restore(const struct iface *iface, struct netlink *n)
{
	int left;

	while (restore_some(iface, n, &left) && left != 0)
		;
	return left;
}
