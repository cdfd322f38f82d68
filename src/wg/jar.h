/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sender's side of the cookie machine: the cookie that a peer gave us, and the macs of what we send
 * to it (whitepaper 5.3, 5.4.4, 5.4.7; A17, A19, A20). Needs the peer's public key and nothing else,
 * and belongs to control all the same: black keeps no state of peers. Times: boot-time clock.
 */
#ifndef WG_JAR_H
#define WG_JAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wg/cookie.h"
#include "wg/messages.h"

struct jar { /* one per peer; zero: empty */
	uint8_t cookie[COOKIE_LEN];
	uint8_t mac1[16];     /* of the message sent last: a cookie reply is bound to it */
	uint64_t received_ns; /* when the cookie came */
	bool has_cookie;
	bool asked;           /* mac1 was sent and has had no reply yet */
};

/* mac1 for the peer; mac2 with its cookie, zero without one or when it is over 115 s old (A17). */
void jar_add_macs(struct jar *jar, uint8_t *message, size_t length,
	const uint8_t receiver_public[static 32], uint64_t now_ns);
/*
 * A20: takes the cookie out of a reply of the peer. -ENOENT when nothing was sent that it could be a
 * reply to, or that had its reply; -EBADMSG when it is not from the peer or not to our last message:
 * then nothing has changed.
 */
int jar_consume(struct jar *jar, const struct message_cookie *reply,
	const uint8_t sender_public[static 32], uint64_t now_ns);

#endif
