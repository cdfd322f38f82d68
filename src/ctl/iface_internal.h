/* SPDX-License-Identifier: BSD-3-Clause */
/* What the iface*.c files share. No other file includes it. */
#ifndef CTL_IFACE_INTERNAL_H
#define CTL_IFACE_INTERNAL_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/iface.h"

#define NETLINK_BUFFER 32768 /* the kernel's largest dump message */
#define IFACE_ROUTES   256

struct netlink { /* one conversation with the kernel's rtnetlink */
	struct mnl_socket *socket;
	uint32_t sequence;
	char *buffer; /* NETLINK_BUFFER, for answers */
};

struct netlink_message { /* room for a request of ours */
	_Alignas(struct nlmsghdr) char bytes[512];
};

struct iface_kept { /* an address or a route as the kernel told it, to be told back */
	struct iface_kept *next;
	bool told;     /* it was told back */
	uint16_t type; /* RTM_NEWADDR, RTM_NEWROUTE */
	uint32_t length;
	uint8_t payload[];
};

/* iface_netlink.c; 0 or -errno */
int netlink_open(struct netlink *n);
void netlink_close(struct netlink *n);
/* A request with a zeroed header of that size as its payload. */
struct nlmsghdr *netlink_request(void *buffer, uint16_t type, uint16_t flags, size_t header_size);
/* Sends, and waits until the kernel has done it: its answer. each (may be NULL) gets messages. */
int netlink_do(struct netlink *n, struct nlmsghdr *request, mnl_cb_t each, void *context);

/* iface_state.c: link, addresses and routes */
int iface_state_read(struct iface *iface, struct netlink *n, char error[static 256]);
int iface_state_link(const struct iface *iface, struct netlink *n, unsigned flags);
int iface_state_remove(const struct iface *iface, struct netlink *n);
int iface_state_restore(const struct iface *iface, struct netlink *n);
void iface_state_free(struct iface *iface);

/* iface_route.c: routes as the kernel tells them */
enum iface_route {
	IFACE_ROUTE_ANOTHERS,
	IFACE_ROUTE_OURS,   /* by the interface, or one of its ways is */
	IFACE_ROUTE_UNTOLD, /* the kernel names a nexthop object, and not where that leads */
};
enum iface_route iface_route_over(const struct nlmsghdr *message, unsigned index);
/* Into a request with a zeroed struct rtmsg and room for all that was kept, what makes that route again. */
void iface_route_put(struct nlmsghdr *request, const struct iface_kept *kept);

/* iface_drop.c: the ingress drop */
bool iface_drop_present(const struct iface *iface, struct netlink *n);
int iface_drop_install(struct iface *iface, struct netlink *n);
int iface_drop_remove(const struct iface *iface, struct netlink *n);

/* iface_host.c: settings elsewhere; of = "default" reads those of a new interface. */
void iface_host_read(struct iface *iface, const char *of);
int iface_host_disable_ipv6(const struct iface *iface);
int iface_host_disable_forwarding(const struct iface *iface);
int iface_host_disable_merging(const struct iface *iface);
int iface_host_restore_ipv6(const struct iface *iface);
int iface_host_restore_forwarding(const struct iface *iface);
int iface_host_restore_merging(const struct iface *iface);

#endif
