/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * intel-ipsec-mb, its job API called directly, a few jobs at a time. The library's manager (with
 * whatever it keeps of keys between calls) and our scratch lie in crypt's zone.
 */
#include <errno.h>
#include <string.h>

#include <intel-ipsec-mb.h>

#include "crypto/aead.h"
#include "crypto/secret.h"
#include "dp/engine_list.h"

#define AT_ONCE 4

struct state {
	IMB_MGR *mgr;
	struct {
		uint8_t nonce[12];
		uint8_t tag[AEAD_TAG_LEN];
	} __attribute__((aligned(32))) scratch[AT_ONCE];
};

static int create(struct engine *e)
{
	struct state *s = zone_alloc(e->zone, sizeof(*s));
	void *memory = s ? zone_alloc(e->zone, imb_get_mb_mgr_size()) : NULL;

	if (!memory) {
		zone_free(s);
		return -ENOMEM;
	}
	s->mgr = imb_set_pointers_mb_mgr(memory, 0, 1);
	if (!s->mgr) {
		zone_free(memory);
		zone_free(s);
		return -ENOMEM;
	}
	init_mb_mgr_auto(s->mgr, NULL);
	e->state = s;
	if (imb_get_errno(s->mgr) == 0)
		return 0;
	e->ops->destroy(e);
	return -ENOTSUP;
}

static void destroy(struct engine *e)
{
	struct state *s = e->state;

	if (!s)
		return;
	secret_wipe(s->mgr, imb_get_mb_mgr_size());
	zone_free(s->mgr);
	secret_wipe(s, sizeof(*s));
	zone_free(s);
	e->state = NULL;
}

static void fill(IMB_JOB *job, const struct engine_job *j, IMB_CIPHER_DIRECTION direction,
	uint8_t nonce[static 12], uint8_t *tag)
{
	bool sealing = direction == IMB_DIR_ENCRYPT;

	engine_nonce(nonce, j->counter);
	job->cipher_mode = IMB_CIPHER_CHACHA20_POLY1305;
	job->cipher_direction = direction;
	job->hash_alg = IMB_AUTH_CHACHA20_POLY1305;
	job->chain_order = sealing ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
	job->enc_keys = j->key;
	job->dec_keys = j->key;
	job->key_len_in_bytes = AEAD_KEY_LEN;
	job->iv = nonce;
	job->iv_len_in_bytes = 12;
	job->src = j->src;
	job->dst = j->dst;
	job->cipher_start_src_offset_in_bytes = 0;
	job->hash_start_src_offset_in_bytes = 0;
	job->msg_len_to_cipher_in_bytes = j->length;
	job->msg_len_to_hash_in_bytes = j->length;
	job->u.CHACHA20_POLY1305.aad = NULL;
	job->u.CHACHA20_POLY1305.aad_len_in_bytes = 0;
	job->auth_tag_output = sealing ? j->dst + j->length : tag;
	job->auth_tag_output_len_in_bytes = AEAD_TAG_LEN;
}

/* What the cipher begins with: the packets before have driven it out of the first cache. */
static void prefetch(const struct engine_job *j)
{
	__builtin_prefetch(j->key);
	__builtin_prefetch(j->src);
	__builtin_prefetch(j->dst, 1);
}

/* n <= AT_ONCE. The library computes jobs when they are submitted; what it may keep comes out by a flush. */
static bool compute(struct state *s, const struct engine_job *jobs, unsigned n,
	IMB_CIPHER_DIRECTION direction)
{
	IMB_JOB *list[AT_ONCE];

	if (IMB_GET_NEXT_BURST(s->mgr, n, list) != n)
		return false;
	for (unsigned i = 0; i < n; i++) {
		prefetch(&jobs[i]);
		fill(list[i], &jobs[i], direction, s->scratch[i].nonce, s->scratch[i].tag);
	}
	unsigned done = IMB_SUBMIT_BURST_NOCHECK(s->mgr, n, list);
	for (unsigned more = 1; done < n && more > 0; done += more)
		more = IMB_FLUSH_BURST(s->mgr, n - done, list);
	return done == n;
}

static unsigned at_once(unsigned left)
{
	return left < AT_ONCE ? left : AT_ONCE;
}

/* What the library did not do, the provider does. */
static void seal(struct engine *e, struct engine_job *jobs, unsigned n)
{
	for (unsigned some; n > 0; jobs += some, n -= some) {
		some = at_once(n);
		bool done = compute(e->state, jobs, some, IMB_DIR_ENCRYPT);
		for (unsigned i = 0; i < some; i++) {
			struct engine_job *j = &jobs[i];
			if (!done)
				aead_seal(j->dst, j->src, j->length, NULL, 0, j->counter, j->key);
			j->ok = true;
		}
	}
}

static bool opened(const struct engine_job *j, bool done, const uint8_t tag[static AEAD_TAG_LEN])
{
	if (done)
		return secret_equal16(tag, j->src + j->length);
	return aead_open(j->dst, j->src, (size_t)j->length + AEAD_TAG_LEN, NULL, 0, j->counter,
		j->key) == 0;
}

static void open_jobs(struct engine *e, struct engine_job *jobs, unsigned n)
{
	const struct state *s = e->state;

	for (unsigned some; n > 0; jobs += some, n -= some) {
		some = at_once(n);
		bool done = compute(e->state, jobs, some, IMB_DIR_DECRYPT);
		for (unsigned i = 0; i < some; i++) {
			struct engine_job *j = &jobs[i];
			j->ok = opened(j, done, s->scratch[i].tag);
			if (!j->ok)
				memset(j->dst, 0, j->length);
		}
	}
}

const struct engine_ops engine_ipsec_mb = {
	.name = "ipsec-mb",
	.create = create,
	.destroy = destroy,
	.seal = seal,
	.open = open_jobs,
};
