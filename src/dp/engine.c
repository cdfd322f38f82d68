/* SPDX-License-Identifier: BSD-3-Clause */
#include "dp/engine.h"

#include <errno.h>
#include <stdio.h>
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

void engine_forget(struct engine *e, const uint8_t *key)
{
	if (e->ops->forget)
		e->ops->forget(e, key);
}

struct check { /* one random message, sealed by the engine and by the provider */
	uint32_t length;
	uint8_t key[AEAD_KEY_LEN];
	uint8_t plain[CHECK_MAX];
	uint8_t sealed[CHECK_MAX + AEAD_TAG_LEN];
	uint8_t expected[CHECK_MAX + AEAD_TAG_LEN];
	uint8_t opened[CHECK_MAX];
};

static void draw(struct check *c, struct engine_job *job)
{
	random_bytes(c->key, sizeof(c->key));
	random_bytes(c->plain, c->length);
	*job = (struct engine_job){
		.key = c->key, .src = c->plain, .dst = c->sealed, .length = c->length};
	random_bytes(&job->counter, sizeof(job->counter));
	aead_seal(c->expected, c->plain, c->length, NULL, 0, job->counter, c->key);
}

/* Opened again, but for every third, which is forged: that is refused and leaves nothing behind. */
static bool opens(struct engine *e, struct check *list, struct engine_job *jobs, unsigned n)
{
	bool ok = true;

	for (unsigned i = 0; i < n; i++) {
		jobs[i].src = list[i].sealed;
		jobs[i].dst = list[i].opened;
		if (i % 3 == 0)
			list[i].sealed[list[i].length / 2] ^= 1;
	}
	engine_open(e, jobs, n);
	for (unsigned i = 0; i < n; i++) {
		const struct check *c = &list[i];
		if (i % 3 == 0)
			ok = ok && !jobs[i].ok && secret_is_zero(c->opened, c->length);
		else
			ok = ok && jobs[i].ok && memcmp(c->opened, c->plain, c->length) == 0;
	}
	return ok;
}

/* A burst of n messages of the lengths in list. */
static bool agree(struct engine *e, struct check *list, unsigned n)
{
	struct engine_job jobs[ENGINE_BURST];

	for (unsigned i = 0; i < n; i++)
		draw(&list[i], &jobs[i]);
	engine_seal(e, jobs, n);
	for (unsigned i = 0; i < n; i++)
		if (memcmp(list[i].sealed, list[i].expected, list[i].length + AEAD_TAG_LEN) != 0)
			return false;
	return opens(e, list, jobs, n);
}

/* Every length around the block sizes, then random ones, in bursts of one and more. */
static bool agree_on_lengths(struct engine *e, struct check *list)
{
	uint32_t next = 0;

	for (unsigned n = 1; n <= ENGINE_BURST; n++) {
		for (unsigned i = 0; i < n; i++)
			list[i].length = next++ % (320 + 1);
		if (!agree(e, list, n))
			return false;
		for (unsigned i = 0; i < n; i++) {
			uint16_t length;
			random_bytes(&length, sizeof(length));
			list[i].length = length % CHECK_MAX;
		}
		if (!agree(e, list, n))
			return false;
	}
	return true;
}

static bool check(struct engine *e, struct zone *zone)
{
	struct check *list = zone_alloc(zone, ENGINE_BURST * sizeof(*list));
	bool ok = list && agree_on_lengths(e, list);

	for (unsigned i = 0; list && i < ENGINE_BURST; i++) {
		secret_wipe(list[i].key, sizeof(list[i].key));
		engine_forget(e, list[i].key);
	}
	zone_free(list);
	return ok;
}

static int create_one(struct engine *e, const struct engine_ops *ops, const char *name)
{
	e->ops = ops;
	e->state = NULL;
	snprintf(e->name, sizeof(e->name), "%s", name);
	int rc = ops->create(e);
	if (rc == 0 && !check(e, e->zone)) {
		ops->destroy(e);
		rc = -EBADMSG;
	}
	if (rc != 0)
		e->ops = NULL;
	return rc;
}

static const struct engine_ops *const engines[] = { /* best first */
#ifdef HAVE_IPSEC_MB
	&engine_ipsec_mb,
#endif
	&engine_sodium,
	&engine_cryptodev,
};
#define ENGINES (sizeof(engines) / sizeof(engines[0]))

static bool is_meant(const struct engine_ops *ops, const char *name)
{
	if (strcmp(name, "auto") == 0)
		return !ops->device;
	return strcmp(name, ops->name) == 0 ||
		(ops->device && strncmp(name, ops->device, strlen(ops->device)) == 0);
}

int engine_create(struct engine *e, const char *name, struct zone *zone)
{
	bool any = strcmp(name, "auto") == 0;
	int rc = -ENOENT;

	e->zone = zone;
	for (unsigned i = 0; i < ENGINES; i++) {
		if (!is_meant(engines[i], name))
			continue;
		rc = create_one(e, engines[i], any ? engines[i]->name : name);
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
