/* SPDX-License-Identifier: BSD-3-Clause */
/* Comments in the form "e", "es", ... are the tokens of the whitepaper's section 5.4. */
#include "wg/noise.h"

#include <errno.h>
#include <string.h>

#include "crypto/aead.h"
#include "crypto/blake2s.h"
#include "crypto/dh.h"
#include "crypto/secret.h"
#include "util/bytes.h"

static const char CONSTRUCTION[] = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s";
static const char IDENTIFIER[] = "WireGuard v1 zx2c4 Jason@zx2c4.com";

struct symmetric {
	uint8_t chaining_key[32];
	uint8_t hash[32];
	uint8_t key[32]; /* of the next AEAD; each is used once, with nonce 0 (A8) */
};

static void mix_hash(struct symmetric *s, const void *in, size_t length)
{
	struct blake2s state;

	blake2s_init(&state, BLAKE2S_LEN, NULL, 0);
	blake2s_update(&state, s->hash, sizeof(s->hash));
	blake2s_update(&state, in, length);
	blake2s_final(&state, s->hash, BLAKE2S_LEN);
}

/* A5: what every handshake begins with, whoever takes part in it. */
static void begin(struct symmetric *s)
{
	blake2s(s->chaining_key, BLAKE2S_LEN, CONSTRUCTION, strlen(CONSTRUCTION), NULL, 0);
	memcpy(s->hash, s->chaining_key, sizeof(s->hash));
	mix_hash(s, IDENTIFIER, strlen(IDENTIFIER));
}

static void resume(struct symmetric *s, const uint8_t chaining_key[static 32],
	const uint8_t hash[static 32])
{
	memcpy(s->chaining_key, chaining_key, sizeof(s->chaining_key));
	memcpy(s->hash, hash, sizeof(s->hash));
}

static void start(struct symmetric *s, const struct noise_identity *identity,
	const uint8_t responder_public[static 32])
{
	resume(s, identity->first_chaining_key, identity->first_hash);
	mix_hash(s, responder_public, 32);
}

/* An ephemeral key goes into the hash and, as there is a psk, into the chaining key too (A6). */
static void mix_ephemeral(struct symmetric *s, const uint8_t public[static 32])
{
	mix_hash(s, public, 32);
	kdf(s->chaining_key, NULL, NULL, s->chaining_key, public, 32);
}

/* What follows is sealed under `key`; NULL where nothing is, before another secret comes in. */
static int mix_dh(struct symmetric *s, uint8_t *key, const uint8_t secret[static 32],
	const uint8_t public[static 32])
{
	uint8_t shared[DH_LEN];
	int error = dh(shared, secret, public);

	if (!error)
		kdf(s->chaining_key, key, NULL, s->chaining_key, shared, sizeof(shared));
	secret_wipe(shared, sizeof(shared));
	return error;
}

static void mix_static_static(struct symmetric *s, const struct noise_remote *remote)
{
	kdf(s->chaining_key, s->key, NULL, s->chaining_key, remote->static_static,
		sizeof(remote->static_static));
}

static void mix_psk(struct symmetric *s, const uint8_t psk[static 32])
{
	uint8_t tau[32];

	kdf(s->chaining_key, tau, s->key, s->chaining_key, psk, 32);
	mix_hash(s, tau, sizeof(tau));
	secret_wipe(tau, sizeof(tau));
}

static void seal(struct symmetric *s, uint8_t *to, const uint8_t *from, size_t length)
{
	aead_seal(to, from, length, s->hash, sizeof(s->hash), 0, s->key);
	mix_hash(s, to, length + AEAD_TAG_LEN);
}

/* length counts the tag */
static int open(struct symmetric *s, uint8_t *to, const uint8_t *from, size_t length)
{
	int error = aead_open(to, from, length, s->hash, sizeof(s->hash), 0, s->key);

	if (!error)
		mix_hash(s, from, length);
	return error;
}

/* The initiator sends with the first output (A8). */
static void derive(struct session_keys *keys, const struct symmetric *s, bool initiator,
	uint32_t local_index, uint32_t remote_index)
{
	static const uint8_t nothing[1];

	if (initiator)
		kdf(keys->send, keys->recv, NULL, s->chaining_key, nothing, 0);
	else
		kdf(keys->recv, keys->send, NULL, s->chaining_key, nothing, 0);
	keys->local_index = local_index;
	keys->remote_index = remote_index;
	keys->initiator = initiator;
}

void noise_set_identity(struct noise_identity *identity, const uint8_t *private_key)
{
	struct symmetric s;

	secret_wipe(identity, sizeof(*identity));
	if (!private_key)
		return;
	memcpy(identity->private_key, private_key, sizeof(identity->private_key));
	dh_clamp(identity->private_key);
	dh_base(identity->public_key, identity->private_key);
	begin(&s);
	memcpy(identity->first_chaining_key, s.chaining_key, sizeof(s.chaining_key));
	memcpy(identity->first_hash, s.hash, sizeof(s.hash));
	secret_wipe_stack();
	identity->set = true;
}

bool noise_precompute(struct noise_remote *remote, const struct noise_identity *identity)
{
	secret_wipe(remote->static_static, sizeof(remote->static_static));
	remote->usable = identity->set &&
		dh(remote->static_static, identity->private_key, remote->public_key) == 0;
	secret_wipe_stack();
	return remote->usable;
}

int noise_create_initiation(struct message_initiation *message, struct noise_initiation *initiation,
	const struct noise_identity *identity, const struct noise_remote *remote,
	const uint8_t timestamp[static WG_TIMESTAMP_LEN], uint32_t local_index)
{
	struct message_initiation m = {.type = {MESSAGE_INITIATION}};
	struct symmetric s;
	uint8_t ephemeral[DH_LEN];
	int error;

	if (!identity->set || !remote->usable)
		return -EINVAL;
	start(&s, identity, remote->public_key);
	put_le32(m.sender_index, local_index);
	/* e */
	dh_generate(ephemeral, m.ephemeral);
	mix_ephemeral(&s, m.ephemeral);
	/* es */
	error = mix_dh(&s, s.key, ephemeral, remote->public_key);
	if (error)
		goto out;
	/* s */
	seal(&s, m.encrypted_static, identity->public_key, sizeof(identity->public_key));
	/* ss */
	mix_static_static(&s, remote);
	/* {t} */
	seal(&s, m.encrypted_timestamp, timestamp, WG_TIMESTAMP_LEN);

	memcpy(initiation->ephemeral, ephemeral, sizeof(ephemeral));
	memcpy(initiation->chaining_key, s.chaining_key, sizeof(s.chaining_key));
	memcpy(initiation->hash, s.hash, sizeof(s.hash));
	initiation->local_index = local_index;
	initiation->outstanding = true;
	*message = m;
out:
	secret_wipe(ephemeral, sizeof(ephemeral));
	secret_wipe(&s, sizeof(s));
	secret_wipe_stack();
	return error;
}

int noise_consume_initiation(struct noise_received *received, const struct noise_identity *identity,
	const struct message_initiation *message)
{
	struct symmetric s;
	uint8_t static_public[32];
	int error = -EBADMSG;

	if (!identity->set)
		return -EBADMSG;
	start(&s, identity, identity->public_key);
	/* e */
	mix_ephemeral(&s, message->ephemeral);
	/* es */
	if (mix_dh(&s, s.key, identity->private_key, message->ephemeral) != 0)
		goto out;
	/* s */
	if (open(&s, static_public, message->encrypted_static, sizeof(message->encrypted_static)))
		goto out;

	memcpy(received->chaining_key, s.chaining_key, sizeof(s.chaining_key));
	memcpy(received->hash, s.hash, sizeof(s.hash));
	memcpy(received->static_public, static_public, sizeof(static_public));
	memcpy(received->ephemeral, message->ephemeral, sizeof(received->ephemeral));
	received->remote_index = get_le32(message->sender_index);
	error = 0;
out:
	secret_wipe(static_public, sizeof(static_public)); /* who talks to whom is a secret */
	secret_wipe(&s, sizeof(s));
	secret_wipe_stack();
	return error;
}

int noise_prove_initiation(struct noise_received *received, const struct noise_remote *remote,
	const struct message_initiation *message)
{
	struct symmetric s;
	uint8_t timestamp[WG_TIMESTAMP_LEN];
	int error = -EBADMSG;

	if (!remote->usable)
		return -EBADMSG;
	resume(&s, received->chaining_key, received->hash);
	/* ss */
	mix_static_static(&s, remote);
	/* {t} */
	if (open(&s, timestamp, message->encrypted_timestamp, sizeof(message->encrypted_timestamp)))
		goto out;

	memcpy(received->chaining_key, s.chaining_key, sizeof(s.chaining_key));
	memcpy(received->hash, s.hash, sizeof(s.hash));
	memcpy(received->timestamp, timestamp, sizeof(timestamp));
	error = 0;
out:
	secret_wipe(&s, sizeof(s));
	secret_wipe_stack();
	return error;
}

int noise_create_response(struct message_response *message, struct session_keys *keys,
	const struct noise_received *received, const struct noise_remote *remote,
	uint32_t local_index)
{
	struct message_response m = {.type = {MESSAGE_RESPONSE}};
	struct symmetric s;
	uint8_t ephemeral[DH_LEN];
	int error;

	resume(&s, received->chaining_key, received->hash);
	put_le32(m.sender_index, local_index);
	put_le32(m.receiver_index, received->remote_index);
	/* e */
	dh_generate(ephemeral, m.ephemeral);
	mix_ephemeral(&s, m.ephemeral);
	/* ee */
	error = mix_dh(&s, NULL, ephemeral, received->ephemeral);
	if (error)
		goto out;
	/* se */
	error = mix_dh(&s, NULL, ephemeral, received->static_public);
	if (error)
		goto out;
	/* psk */
	mix_psk(&s, remote->preshared_key);
	/* {} */
	seal(&s, m.encrypted_nothing, m.encrypted_nothing, 0);

	derive(keys, &s, false, local_index, received->remote_index);
	*message = m;
out:
	secret_wipe(ephemeral, sizeof(ephemeral));
	secret_wipe(&s, sizeof(s));
	secret_wipe_stack();
	return error;
}

int noise_consume_response(struct session_keys *keys, struct noise_initiation *initiation,
	const struct noise_identity *identity, const struct noise_remote *remote,
	const struct message_response *message)
{
	struct symmetric s;
	uint8_t nothing[AEAD_TAG_LEN];
	int error = -EBADMSG;

	if (!identity->set || !initiation->outstanding)
		return -EBADMSG;
	resume(&s, initiation->chaining_key, initiation->hash);
	/* e */
	mix_ephemeral(&s, message->ephemeral);
	/* ee */
	if (mix_dh(&s, NULL, initiation->ephemeral, message->ephemeral) != 0)
		goto out;
	/* se */
	if (mix_dh(&s, NULL, identity->private_key, message->ephemeral) != 0)
		goto out;
	/* psk */
	mix_psk(&s, remote->preshared_key);
	/* {} */
	if (open(&s, nothing, message->encrypted_nothing, sizeof(message->encrypted_nothing)) != 0)
		goto out;

	derive(keys, &s, true, initiation->local_index, get_le32(message->sender_index));
	secret_wipe(initiation, sizeof(*initiation));
	error = 0;
out:
	secret_wipe(&s, sizeof(s));
	secret_wipe_stack();
	return error;
}
