/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A change of the device, worked out before anything is touched: what is to become of each peer, in
 * whatever order a request or the configuration named it. Control commits it step by step
 * (control_change.c); since its size is known beforehand, it is refused whole or done whole.
 */
#ifndef CTL_CHANGE_H
#define CTL_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl/config.h"
#include "ctl/routes.h"
#include "ctl/uapi.h"
#include "util/addr.h"
#include "wg/device.h"

#define CHANGE_NONE UINT32_MAX

struct change_prefix {
	struct ip_prefix prefix;
	bool remove;
	uint32_t edit; /* whose it is; counts only from that edit's `prefixes_from` on */
};

struct change_edit {
	uint8_t public_key[32];
	uint8_t preshared_key[32];
	char name[CONFIG_NAME_MAX]; /* "": as it is */
	struct endpoint endpoint;
	char *endpoint_name; /* "HOST:PORT", or NULL; ours to free */
	uint16_t keepalive;
	uint32_t slot;   /* of the peer as it is now, or CHANGE_NONE */
	bool drop;       /* the peer as it is now is removed first */
	bool keep;       /* there is such a peer afterwards */
	bool from_file;  /* by the configuration: an endpoint that was not edited there stays as it is */
	bool set_preshared_key, set_endpoint, set_keepalive, replace_allowed_ips;
	uint32_t prefixes_from; /* its prefixes before this number were overruled */
};

struct change {
	bool set_private_key;
	uint8_t private_key[32];   /* all zero: none */
	bool set_listen_port;
	uint16_t listen_port;
	bool set_addresses;        /* of the black port, with its gateways */
	struct ip_prefix addresses[CONFIG_ADDRESSES];
	unsigned address_count;
	struct ip_addr gateway, gateway6;
	struct change_edit *edits; /* guarded memory */
	uint32_t edit_count, edit_capacity;
	struct change_prefix *prefixes; /* in the order of the request: the last word counts */
	uint32_t prefix_count, prefix_capacity;
	uint32_t *buckets;         /* public key -> edit */
	uint32_t bucket_count;
	uint32_t seed;
};

void change_init(struct change *change);
void change_free(struct change *change); /* wipes */

/* What the operations make of device as it is now. -ENOMEM. */
int change_from_uapi(struct change *change, const struct wg_device *device,
	const struct uapi_op *ops, size_t count);
/* Everything in the configuration, for a device without peers. -ENOMEM. */
int change_from_config(struct change *change, const struct wg_device *device,
	const struct config *config);

/*
 * What makes the device what the configuration says: peers that are not in it go, those that are stay
 * as they are but for the differences. With `anew` they are removed and made again, as wg setconf does.
 * -ENOMEM.
 */
int change_to_config(struct change *change, const struct wg_device *device,
	const struct config *config, bool anew);

/* Does prefix i of the change still count? */
bool change_prefix_counts(const struct change *change, uint32_t i);

/* What it needs at most. */
struct change_size {
	uint32_t removed; /* peers that go */
	uint32_t added;   /* peers that come */
	uint32_t edited;  /* peers that stay and are named */
	uint32_t named;   /* prefixes that are given to a peer */
	uint32_t routes_between; /* prefixes left once the removed peers' are gone */
	uint32_t routes_after;
	uint32_t tunnel_new;     /* prefixes that were never in AllowedIPs before */
};
void change_measure(const struct change *change, const struct routes *routes,
	const struct routes *tunnel, struct change_size *size);

#endif
