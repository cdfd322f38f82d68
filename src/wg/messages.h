/* SPDX-License-Identifier: BSD-3-Clause */
/* Wire formats, sizes and limits of WireGuard (whitepaper 5.4 and 6.1). */
#ifndef WG_MESSAGES_H
#define WG_MESSAGES_H

#include <assert.h>
#include <stdint.h>

#include "util/clock.h"

enum message_type {
	MESSAGE_INITIATION = 1,
	MESSAGE_RESPONSE = 2,
	MESSAGE_COOKIE = 3,
	MESSAGE_DATA = 4,
};

/* All integers little-endian; type is one byte and three zero bytes (A1). */
struct message_macs {
	uint8_t mac1[16];
	uint8_t mac2[16];
};

struct message_initiation {
	uint8_t type[4];
	uint8_t sender_index[4];
	uint8_t ephemeral[32];
	uint8_t encrypted_static[32 + 16];
	uint8_t encrypted_timestamp[12 + 16];
	struct message_macs macs;
};

struct message_response {
	uint8_t type[4];
	uint8_t sender_index[4];
	uint8_t receiver_index[4];
	uint8_t ephemeral[32];
	uint8_t encrypted_nothing[16];
	struct message_macs macs;
};

struct message_cookie {
	uint8_t type[4];
	uint8_t receiver_index[4];
	uint8_t nonce[24];
	uint8_t encrypted_cookie[16 + 16];
};

struct message_data { /* header; the ciphertext and its tag follow */
	uint8_t type[4];
	uint8_t receiver_index[4];
	uint8_t counter[8];
};

static_assert(sizeof(struct message_initiation) == 148, "A2");
static_assert(sizeof(struct message_response) == 92, "A2");
static_assert(sizeof(struct message_cookie) == 64, "A2");
static_assert(sizeof(struct message_data) == 16, "A2");

#define MESSAGE_DATA_OVERHEAD (sizeof(struct message_data) + 16)
#define MESSAGE_DATA_MIN      MESSAGE_DATA_OVERHEAD /* a keepalive */
#define MESSAGE_PADDING       16                    /* A43 */

#define REKEY_AFTER_MESSAGES   (1ull << 60)
#define REJECT_AFTER_MESSAGES  (UINT64_MAX - (1ull << 13)) /* 2^64 - 2^13 - 1 (A29) */
#define REKEY_AFTER_TIME       (120 * CLOCK_SECOND)
#define REJECT_AFTER_TIME      (180 * CLOCK_SECOND)
#define REKEY_ATTEMPT_TIME     (90 * CLOCK_SECOND)
#define REKEY_TIMEOUT          (5 * CLOCK_SECOND)
#define REKEY_TIMEOUT_JITTER   (333 * CLOCK_MS)
#define KEEPALIVE_TIMEOUT      (10 * CLOCK_SECOND)
#define INITIATIONS_PER_SECOND 50
#define COOKIE_LIFETIME        (120 * CLOCK_SECOND)
#define COOKIE_LATENCY         (5 * CLOCK_SECOND)
#define REPORT_INTERVAL        (100 * CLOCK_MS) /* ours: the longest between crypt's reports */
#define STAGED_MAX             128 /* A42 */

#define WG_TIMESTAMP_LEN 12

#endif
