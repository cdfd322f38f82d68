/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * intel-ipsec-mb, its job API called directly, a burst of jobs at a time. The library's manager (with whatever it keeps of keys
 * between calls) and our scratch lie in crypt's zone.
 */
#include <errno.h>
#include <string.h>

#include <intel-ipsec-mb.h>

#include "crypto/aead.h"
#include "crypto/secret.h"
#include "dp/engine_list.h"

struct state {
	IMB_MGR *mgr;
	struct {
		uint8_t nonce[12];
		uint8_t tag[AEAD_TAG_LEN];
	} __attribute__((aligned(32))) scratch[ENGINE_BURST];
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

static void fill(IMB_JOB *job, const struct engine_job *j, uint8_t nonce[static 12], uint8_t *tag)
{
	engine_nonce(nonce, j->counter);
	job->cipher_mode = IMB_CIPHER_CHACHA20_POLY1305;
	job->hash_alg = IMB_AUTH_CHACHA20_POLY1305;
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
	job->auth_tag_output = tag;
	job->auth_tag_output_len_in_bytes = AEAD_TAG_LEN;
}

/* The library computes a burst when it is submitted; what it may keep nonetheless comes out by a flush. */
static bool run(IMB_MGR *mgr, IMB_JOB **list, unsigned n)
{
	unsigned done = IMB_SUBMIT_BURST_NOCHECK(mgr, n, list);

	for (unsigned more = 1; done < n && more > 0; done += more)
		more = IMB_FLUSH_BURST(mgr, n - done, list);
	return done == n;
}

static void seal(struct engine *e, struct engine_job *jobs, unsigned n)
{
	struct state *s = e->state;
	IMB_JOB *list[ENGINE_BURST];

	if (IMB_GET_NEXT_BURST(s->mgr, n, list) != n)
		return;
	for (unsigned i = 0; i < n; i++) {
		fill(list[i], &jobs[i], s->scratch[i].nonce, jobs[i].dst + jobs[i].length);
		list[i]->cipher_direction = IMB_DIR_ENCRYPT;
		list[i]->chain_order = IMB_ORDER_CIPHER_HASH;
	}
	bool done = run(s->mgr, list, n);
	for (unsigned i = 0; i < n; i++)
		jobs[i].ok = done;
}

static void open_jobs(struct engine *e, struct engine_job *jobs, unsigned n)
{
	struct state *s = e->state;
	IMB_JOB *list[ENGINE_BURST];

	if (IMB_GET_NEXT_BURST(s->mgr, n, list) != n)
		return;
	for (unsigned i = 0; i < n; i++) {
		fill(list[i], &jobs[i], s->scratch[i].nonce, s->scratch[i].tag);
		list[i]->cipher_direction = IMB_DIR_DECRYPT;
		list[i]->chain_order = IMB_ORDER_HASH_CIPHER;
	}
	bool done = run(s->mgr, list, n);
	for (unsigned i = 0; i < n; i++) {
		struct engine_job *j = &jobs[i];
		j->ok = done && secret_equal16(s->scratch[i].tag, j->src + j->length);
		if (!j->ok)
			memset(j->dst, 0, j->length);
	}
}

const struct engine_ops engine_ipsec_mb = {
	.name = "ipsec-mb",
	.create = create,
	.destroy = destroy,
	.seal = seal,
	.open = open_jobs,
};
