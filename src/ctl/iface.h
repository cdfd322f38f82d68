/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Taking a Linux interface away from the kernel for an "iface:" port, over rtnetlink: it loses its
 * addresses, routes, IPv6, ARP, forwarding and receive merging, and an ingress drop keeps the
 * kernel from every frame (the packet socket of the port still sees them). The drop outlives a
 * daemon that dies; a clean stop gives all back as it was. What a daemon that died took is not
 * known any more: its successor gives back the settings of a new interface, and no addresses.
 */
#ifndef CTL_IFACE_H
#define CTL_IFACE_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#define IFACE_ADDRESSES 16

struct iface {
	char name[IFNAMSIZ];
	unsigned index;
	bool taken;
	/* as it was, to be given back */
	unsigned flags;
	unsigned address_count;
	int disable_ipv6; /* here and below, -1: there is no such setting */
	int forwarding4;
	int forwarding6;
	int receive_merging[2]; /* GRO, LRO: frames larger than the MTU */
	struct iface_kept *kept; /* addresses and routes, whole */
	unsigned undo;           /* steps to go back */
	bool drop_made;          /* the place of the ingress drop is ours too */
	char lock[64]; /* its file */
	int lock_fd;
};

/*
 * All or nothing: on failure what was changed is undone and error says which step failed and what
 * to do. -ENODEV (no such interface), -EINVAL (not one of Ethernet), -EPERM, -EBUSY (more addresses
 * than fit, part of a bridge, another daemon has it), -errno. The interface is up afterwards. The
 * struct belongs to the functions until given back; begin with zeroes.
 */
int iface_take(struct iface *iface, const char *name, char error[static 256]);
/* Gives back what iface_take() took. Safe to call when nothing was taken. */
void iface_give_back(struct iface *iface);

#endif
