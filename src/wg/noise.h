/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The handshake Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s (whitepaper 5.4): what each message does to
 * the keys. No timers, no indices, no macs: those are the device's. Every function computes on
 * locals, writes its results at the end and leaves them untouched when it fails.
 */
#ifndef WG_NOISE_H
#define WG_NOISE_H

#include <stdbool.h>
#include <stdint.h>

#include "encrypter/boundary.h"
#include "wg/messages.h"

struct noise_identity { /* ours */
	uint8_t private_key[32];
	uint8_t public_key[32];
	uint8_t first_chaining_key[32], first_hash[32]; /* public: of the names alone (A5) */
	bool set;
};

struct noise_remote { /* a peer, as the handshake sees it */
	uint8_t public_key[32];
	uint8_t preshared_key[32]; /* all zero: none (A7) */
	uint8_t static_static[32]; /* DH(our private key, its public key) */
	bool usable;               /* static_static is not all zero (A9) */
};

struct noise_initiation { /* one that we sent and that has no response yet */
	uint8_t ephemeral[32];
	uint8_t chaining_key[32];
	uint8_t hash[32];
	uint32_t local_index;
	bool outstanding;
};

struct noise_received { /* an initiation that we received, on its way to a response */
	uint8_t chaining_key[32];
	uint8_t hash[32];
	uint8_t static_public[32]; /* who says to have sent it; noise_prove_initiation() tells */
	uint8_t ephemeral[32];
	uint8_t timestamp[WG_TIMESTAMP_LEN];
	uint32_t remote_index;
};

/* private_key is clamped; NULL: no key. */
void noise_set_identity(struct noise_identity *identity, const uint8_t *private_key);
/* Static-static of a peer whose public_key is set. False when it is all zero or we have no key. */
bool noise_precompute(struct noise_remote *remote, const struct noise_identity *identity);

/* -EINVAL when there is no key, or a DH result is zero (A9). The macs of the message are zero. */
int noise_create_initiation(struct message_initiation *message, struct noise_initiation *initiation,
	const struct noise_identity *identity, const struct noise_remote *remote,
	const uint8_t timestamp[static WG_TIMESTAMP_LEN], uint32_t local_index);

/* First half of reading an initiation: who sent it? -EBADMSG when it is not for us. */
int noise_consume_initiation(struct noise_received *received, const struct noise_identity *identity,
	const struct message_initiation *message);
/* Second half, with the peer it names: its timestamp. -EBADMSG when that peer did not send it. */
int noise_prove_initiation(struct noise_received *received, const struct noise_remote *remote,
	const struct message_initiation *message);

/* Response and session keys (birth_ns is left to the caller). -EINVAL when a DH result is zero. */
int noise_create_response(struct message_response *message, struct session_keys *keys,
	const struct noise_received *received, const struct noise_remote *remote,
	uint32_t local_index);
/*
 * Session keys (birth_ns is left to the caller); the initiation is over and wiped (A12). -EBADMSG,
 * also when no initiation is outstanding (A11): the initiation then stays as it was.
 */
int noise_consume_response(struct session_keys *keys, struct noise_initiation *initiation,
	const struct noise_identity *identity, const struct noise_remote *remote,
	const struct message_response *message);

#endif
