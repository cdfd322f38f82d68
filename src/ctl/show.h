/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers of the control socket (encrypter/ctl.h), as text. Pure. */
#ifndef CTL_SHOW_H
#define CTL_SHOW_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl/routes.h"
#include "ctl/text.h"
#include "encrypter/stats.h"
#include "wg/device.h"

/* key=value, with the value's control characters and '%' escaped. */
void show_value(struct text *t, const char *key, const char *value);
/* The last lines. error NULL: all went well. */
void show_end(struct text *t, int number, const char *error);

struct show_device {
	const char *name;
	const uint8_t *public_key; /* NULL: none */
	uint16_t listen_port;
};
void show_device(struct text *t, const struct show_device *device);

struct show_peer {
	const char *name;
	const struct wg_peer_info *info;
	const char *endpoint_name; /* NULL: it is given by its address */
	uint64_t rx_bytes, tx_bytes;
	const struct routes *routes;
	uint32_t slot;
};
void show_peer(struct text *t, const struct show_peer *peer);

struct show_attack { /* the last one; all 0: there was none */
	uint64_t count;    /* since the start */
	bool ongoing;
	uint64_t seconds;  /* how long it lasted, or has lasted */
	uint64_t messages, sources;
};

struct show_status {
	const char *name;
	int pid;
	bool large;
	uint64_t uptime_s;
	bool ready;
	const char *engine;
	bool hugepages;
	uint64_t clock_ahead_ns;
	uint32_t peers, peers_up;
	uint64_t reports_stale;
	struct show_attack attack;
};
void show_status(struct text *t, const struct show_status *status);
void show_clock(struct text *t, uint64_t ahead_ns);
void show_domain(struct text *t, const char *name, uint64_t silent_ns);

/* The counters are written by other threads meanwhile. Those of the crypt threads are added up. */
void show_stats(struct text *t, const struct black_stats *black, const struct red_stats *red,
	const struct crypt_stats *const threads[], unsigned crypt_count,
	const struct control_stats *control);

const char *show_version(void);

#endif
