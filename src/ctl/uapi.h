/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cross-platform userspace configuration protocol of WireGuard, which the stock wg(8) speaks. Pure:
 * request bytes become a validated list of operations, and nothing is done with any of them before
 * the whole request was understood.
 */
#ifndef CTL_UAPI_H
#define CTL_UAPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/lines.h"
#include "ctl/routes.h"
#include "ctl/text.h"
#include "util/addr.h"
#include "wg/device.h"

#define UAPI_REQUEST_MAX (64ul << 20) /* bytes of one request */

enum uapi_kind { UAPI_UNKNOWN, UAPI_GET, UAPI_SET };

enum uapi_op_kind {
	/* of the device */
	UAPI_PRIVATE_KEY,   /* key; all zero removes it */
	UAPI_LISTEN_PORT,   /* number; 0: any */
	UAPI_REPLACE_PEERS,
	/* UAPI_PEER names the peer by key; what follows belongs to it */
	UAPI_PEER,
	UAPI_REMOVE,
	UAPI_UPDATE_ONLY,
	UAPI_PRESHARED_KEY, /* key; all zero removes it */
	UAPI_ENDPOINT,
	UAPI_KEEPALIVE,     /* number */
	UAPI_REPLACE_ALLOWED_IPS,
	UAPI_ALLOWED_IP,
	UAPI_ALLOWED_IP_REMOVE,
};

struct uapi_op {
	uint8_t kind;
	union {
		uint8_t key[32];
		struct endpoint endpoint;
		struct ip_prefix prefix;
		uint16_t number;
	};
};

struct uapi_request {
	enum uapi_kind kind;
	bool complete;      /* the empty line came */
	bool too_long;      /* complete, but the rest was not read: close after the answer */
	int error;          /* 0, or the positive errno of the first line that is wrong, */
	unsigned error_line;   /* that line's number, from 1, */
	const char *error_key; /* and its key, if that is one of ours; else NULL. Never the value */
	unsigned line;      /* the last one that was whole */
	bool in_peer;
	bool begun;
	size_t bytes;
	struct lines lines;
	struct uapi_op *ops; /* guarded memory: there are keys among them */
	size_t count;
	size_t capacity;
};

void uapi_request_init(struct uapi_request *r);
/* Wipes; the request is ready for another. Also frees. */
void uapi_request_reset(struct uapi_request *r);
/*
 * Takes bytes until the request is complete; returns how many. On an error no operation is left,
 * and the rest of the request is read and dropped.
 */
size_t uapi_request_feed(struct uapi_request *r, const uint8_t *bytes, size_t length);

/* The last lines of an answer. error: 0 or positive; a failing set shows it negative. */
void uapi_format_end(struct text *t, enum uapi_kind kind, int error);

struct uapi_device { /* what get shows before the peers */
	const uint8_t *private_key; /* NULL: none, or not to be shown */
	uint16_t listen_port;
};
void uapi_format_device(struct text *t, const struct uapi_device *device);

struct uapi_peer {
	const struct wg_peer_info *info;
	const uint8_t *preshared_key; /* NULL: not to be shown */
	uint64_t rx_bytes, tx_bytes;
	const struct routes *routes;
	uint32_t slot;
};
void uapi_format_peer(struct text *t, const struct uapi_peer *peer);

#endif
