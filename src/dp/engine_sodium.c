/* SPDX-License-Identifier: BSD-3-Clause */
/* The reference engine: one call of the crypto provider (libsodium unless replaced) per packet. */
#include <string.h>

#include "crypto/aead.h"
#include "dp/engine_list.h"

static int create(struct engine *e)
{
	(void)e;
	return 0;
}

static void destroy(struct engine *e)
{
	(void)e;
}

static void seal(struct engine *e, struct engine_job *jobs, unsigned n)
{
	(void)e;
	for (unsigned i = 0; i < n; i++) {
		struct engine_job *j = &jobs[i];
		aead_seal(j->dst, j->src, j->length, NULL, 0, j->counter, j->key);
		j->ok = true;
	}
}

static void open_jobs(struct engine *e, struct engine_job *jobs, unsigned n)
{
	(void)e;
	for (unsigned i = 0; i < n; i++) {
		struct engine_job *j = &jobs[i];
		j->ok = aead_open(j->dst, j->src, (size_t)j->length + AEAD_TAG_LEN, NULL, 0,
				j->counter, j->key) == 0;
		if (!j->ok)
			memset(j->dst, 0, j->length);
	}
}

const struct engine_ops engine_sodium = {
	.name = "sodium",
	.create = create,
	.destroy = destroy,
	.seal = seal,
	.open = open_jobs,
};
