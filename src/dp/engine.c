/* SPDX-License-Identifier: BSD-3-Clause */
#include "dp/engine.h"

#include <errno.h>
#include <string.h>

#include "crypto/aead.h"
#include "crypto/secret.h"
#include "dp/engine_list.h"
#include "util/log.h"

#define CHECK_MAX 2048

void engine_seal(struct engine *e, struct engine_job *jobs, unsigned n)
{
	e->ops->seal(e, jobs, n);
}

void engine_open(struct engine *e, struct engine_job *jobs, unsigned n)
{
	e->ops->open(e, jobs, n);
}

struct check { /* one random message, sealed by the engine and by the provider */
	uint8_t key[AEAD_KEY_LEN];
	uint8_t plain[CHECK_MAX];
	uint8_t sealed[CHECK_MAX + AEAD_TAG_LEN];
	uint8_t expected[CHECK_MAX + AEAD_TAG_LEN];
	uint8_t opened[CHECK_MAX];
};

static bool agree(struct engine *e, struct check *c, uint32_t length)
{
	struct engine_job job = {.key = c->key, .src = c->plain, .dst = c->sealed, .length = length};

	random_bytes(c->key, sizeof(c->key));
	random_bytes(&job.counter, sizeof(job.counter));
	random_bytes(c->plain, length);
	aead_seal(c->expected, c->plain, length, NULL, 0, job.counter, c->key);
	engine_seal(e, &job, 1);
	if (memcmp(c->sealed, c->expected, length + AEAD_TAG_LEN) != 0)
		return false;
	job.src = c->sealed;
	job.dst = c->opened;
	engine_open(e, &job, 1);
	if (!job.ok || memcmp(c->opened, c->plain, length) != 0)
		return false;
	/* a forged message is refused and leaves nothing behind */
	c->sealed[length / 2] ^= 1;
	engine_open(e, &job, 1);
	return !job.ok && secret_is_zero(c->opened, length);
}

/* Every length around the block sizes, then random ones, against the crypto provider. */
static bool check(struct engine *e, struct zone *zone)
{
	struct check *c = zone_alloc(zone, sizeof(*c));
	bool ok = c != NULL;

	for (uint32_t length = 0; ok && length <= 320; length++)
		ok = agree(e, c, length);
	for (unsigned i = 0; ok && i < 64; i++) {
		uint16_t length;
		random_bytes(&length, sizeof(length));
		ok = agree(e, c, length % CHECK_MAX);
	}
	zone_free(c);
	return ok;
}

static int create_one(struct engine *e, const struct engine_ops *ops, struct zone *zone)
{
	e->ops = ops;
	e->zone = zone;
	e->state = NULL;
	int rc = ops->create(e);
	if (rc == 0 && !check(e, zone)) {
		ops->destroy(e);
		rc = -EBADMSG;
	}
	return rc;
}

static const struct engine_ops *const engines[] = { /* best first */
#ifdef HAVE_IPSEC_MB
	&engine_ipsec_mb,
#endif
	&engine_sodium,
};
#define ENGINES (sizeof(engines) / sizeof(engines[0]))

int engine_create(struct engine *e, const char *name, struct zone *zone)
{
	bool any = strcmp(name, "auto") == 0;
	int rc = -ENOENT;

	for (unsigned i = 0; i < ENGINES; i++) {
		if (!any && strcmp(name, engines[i]->name) != 0)
			continue;
		rc = create_one(e, engines[i], zone);
		if (rc == 0 || !any)
			return rc;
		log_event(LOG_WARNING, "crypt", "engine left out engine=%s reason=\"%s\"",
			engines[i]->name, strerror(-rc));
	}
	return rc;
}

void engine_destroy(struct engine *e)
{
	if (e->ops)
		e->ops->destroy(e);
	e->ops = NULL;
}
