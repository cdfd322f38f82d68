/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sessions on their way into crypt: the receiving half first, then, once it is acked, the sending
 * half. The keys wait here in between, in guarded memory, and no longer.
 */
#ifndef CTL_INSTALLS_H
#define CTL_INSTALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "encrypter/boundary.h"

#define INSTALLS_MAX 64

enum install_stage { INSTALL_FREE, INSTALL_RX, INSTALL_TX };

struct install {
	struct session_keys keys; /* wiped once INSTALL_TX is reached, but for the indices */
	uint64_t begun_ns;
	uint32_t slot;
	enum install_stage stage; /* which ack it waits for */
};

struct installs {
	struct install *list; /* INSTALLS_MAX, guarded */
	uint32_t count;
};

int installs_open(struct installs *s); /* -ENOMEM */
void installs_close(struct installs *s);

bool installs_full(const struct installs *s);
/* NULL when full. */
struct install *installs_add(struct installs *s, uint32_t slot, const struct session_keys *keys,
	uint64_t now_ns);
/* The one that waits for this ack, or NULL. */
struct install *installs_find(const struct installs *s, uint32_t slot, uint32_t local_index,
	enum install_stage stage);
void installs_remove(struct installs *s, struct install *install); /* wipes */
void installs_drop(struct installs *s, uint32_t slot);             /* all of a peer */
/* Gives up those that are older than age_ns: their handshakes are dead. Returns how many. */
unsigned installs_expire(struct installs *s, uint64_t now_ns, uint64_t age_ns);

#endif
