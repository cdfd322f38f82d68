/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DPDK's crypto devices, for drivers that intel-ipsec-mb's own interface does not reach. They want
 * packets in mbufs: these are headers of our own, in the zone, which are pointed at the data of each
 * job. The headers of those who own the data are neither read nor written.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_cryptodev.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include "crypto/aead.h"
#include "crypto/secret.h"
#include "dp/engine_device.h"
#include "dp/engine_keys.h"
#include "dp/engine_list.h"

#define DEFAULT_DEVICE "crypto_aesni_mb"
#define NONCE_ROOM     16
#define SESSION_LINES  6 /* of those that drivers read, the first */

struct state {
	struct engine_device device;
	struct engine_keys keys;
	struct rte_mempool *op_pool, *mbuf_pool;
	/* The i-th of each is the i-th job's. */
	struct rte_crypto_op *ops[ENGINE_BURST];
	struct rte_mbuf *from[ENGINE_BURST], *to[ENGINE_BURST];
	void *sessions[ENGINE_BURST];
};

static int create_pools(struct engine *e, struct state *s)
{
	char name[32];

	snprintf(name, sizeof(name), "engine%u-ops", s->device.id);
	s->op_pool = rte_crypto_op_pool_create(name, RTE_CRYPTO_OP_TYPE_SYMMETRIC, ENGINE_BURST, 0,
		NONCE_ROOM, e->zone->socket);
	snprintf(name, sizeof(name), "engine%u-mbufs", s->device.id);
	s->mbuf_pool = rte_pktmbuf_pool_create(name, 2 * ENGINE_BURST, 0, 0, 0, e->zone->socket);
	if (!s->op_pool || !s->mbuf_pool)
		return -ENOMEM;
	if (rte_crypto_op_bulk_alloc(s->op_pool, RTE_CRYPTO_OP_TYPE_SYMMETRIC, s->ops,
		    ENGINE_BURST) != ENGINE_BURST ||
		rte_pktmbuf_alloc_bulk(s->mbuf_pool, s->from, ENGINE_BURST) != 0 ||
		rte_pktmbuf_alloc_bulk(s->mbuf_pool, s->to, ENGINE_BURST) != 0)
		return -ENOMEM;
	for (unsigned i = 0; i < ENGINE_BURST; i++) {
		s->ops[i]->sess_type = RTE_CRYPTO_OP_WITH_SESSION;
		s->ops[i]->sym->m_src = s->from[i];
		s->ops[i]->sym->m_dst = s->to[i];
		s->from[i]->data_off = 0;
		s->to[i]->data_off = 0;
	}
	return 0;
}

static void destroy(struct engine *e)
{
	struct state *s = e->state;

	if (!s)
		return;
	engine_keys_destroy(&s->keys);
	engine_device_close(&s->device);
	rte_mempool_free(s->op_pool);
	rte_mempool_free(s->mbuf_pool);
	secret_wipe(s, sizeof(*s));
	zone_free(s);
	e->state = NULL;
}

static int create(struct engine *e)
{
	struct state *s = zone_alloc(e->zone, sizeof(*s));

	if (!s)
		return -ENOMEM;
	if (strcmp(e->name, e->ops->name) == 0)
		snprintf(e->name, sizeof(e->name), "%s", DEFAULT_DEVICE);
	int rc = engine_device_open(&s->device, e->name, e->zone, ENGINE_KEYS);
	if (rc != 0) {
		zone_free(s);
		return rc;
	}
	e->state = s;
	rc = engine_keys_create(&s->keys, &s->device, e->zone);
	if (rc == 0)
		rc = create_pools(e, s);
	if (rc != 0)
		destroy(e);
	return rc;
}

/* The device computes in this process, or sees virtual addresses (engine_device_open()). */
static void point(struct rte_mbuf *m, const uint8_t *data, uint32_t length)
{
	m->buf_addr = (void *)(uintptr_t)data;
	rte_mbuf_iova_set(m, (uintptr_t)data);
	m->buf_len = (uint16_t)length;
	m->data_len = (uint16_t)length;
	m->pkt_len = length;
}

static void fill(struct state *s, unsigned i, const struct engine_job *j, bool seal)
{
	struct rte_crypto_op *op = s->ops[i];
	const uint8_t *tag = (seal ? j->dst : j->src) + j->length;

	op->status = RTE_CRYPTO_OP_STATUS_NOT_PROCESSED;
	op->sym->session = s->sessions[i];
	op->sym->aead.data.offset = 0;
	op->sym->aead.data.length = j->length;
	op->sym->aead.digest.data = (uint8_t *)(uintptr_t)tag;
	op->sym->aead.digest.phys_addr = (uintptr_t)tag;
	engine_nonce(rte_crypto_op_ctod_offset(op, uint8_t *, ENGINE_DEVICE_NONCE), j->counter);
	point(s->from[i], j->src, j->length + (seal ? 0 : AEAD_TAG_LEN));
	point(s->to[i], j->dst, j->length + (seal ? AEAD_TAG_LEN : 0));
}

/* All of them, by the device. One that it does not take is passed over, as it is. */
static void process(struct state *s, struct rte_crypto_op **ops, unsigned n)
{
	struct rte_crypto_op *done_ops[ENGINE_BURST];
	unsigned sent = 0, done = 0;

	while (done < n) {
		sent += rte_cryptodev_enqueue_burst(s->device.id, 0, ops + sent, (uint16_t)(n - sent));
		unsigned came = rte_cryptodev_dequeue_burst(
			s->device.id, 0, done_ops, (uint16_t)(n - done));
		if (came == 0 && sent == done) {
			sent++;
			came = 1;
		}
		done += came;
	}
}

static void run(struct state *s, const struct engine_job *jobs, unsigned n, bool seal)
{
	struct rte_crypto_op *ops[ENGINE_BURST];
	unsigned count = 0;

	engine_keys_find(&s->keys, jobs, n, seal, s->sessions);
	for (unsigned i = 0; i < n; i++)
		for (unsigned line = 0; line < SESSION_LINES && s->sessions[i]; line++)
			rte_prefetch0((const uint8_t *)s->sessions[i] + line * RTE_CACHE_LINE_SIZE);
	for (unsigned i = 0; i < n; i++) {
		s->ops[i]->status = RTE_CRYPTO_OP_STATUS_NOT_PROCESSED;
		if (!s->sessions[i] || jobs[i].length > UINT16_MAX - AEAD_TAG_LEN)
			continue;
		fill(s, i, &jobs[i], seal);
		ops[count++] = s->ops[i];
	}
	process(s, ops, count);
}

/* What the device did not do, for want of a session or for reasons of its own, the provider does. */
static void seal(struct engine *e, struct engine_job *jobs, unsigned n)
{
	struct state *s = e->state;

	run(s, jobs, n, true);
	for (unsigned i = 0; i < n; i++) {
		struct engine_job *j = &jobs[i];
		if (s->ops[i]->status != RTE_CRYPTO_OP_STATUS_SUCCESS)
			aead_seal(j->dst, j->src, j->length, NULL, 0, j->counter, j->key);
		j->ok = true;
	}
}

static bool opened(const struct engine_job *j, uint8_t status)
{
	if (status == RTE_CRYPTO_OP_STATUS_SUCCESS)
		return true;
	return status != RTE_CRYPTO_OP_STATUS_AUTH_FAILED &&
		aead_open(j->dst, j->src, (size_t)j->length + AEAD_TAG_LEN, NULL, 0, j->counter,
			j->key) == 0;
}

static void open_jobs(struct engine *e, struct engine_job *jobs, unsigned n)
{
	struct state *s = e->state;

	run(s, jobs, n, false);
	for (unsigned i = 0; i < n; i++) {
		struct engine_job *j = &jobs[i];
		j->ok = opened(j, s->ops[i]->status);
		if (!j->ok)
			memset(j->dst, 0, j->length);
	}
}

static void forget(struct engine *e, const uint8_t *key)
{
	struct state *s = e->state;

	engine_keys_forget(&s->keys, key);
}

const struct engine_ops engine_cryptodev = {
	.name = "cryptodev",
	.device = "crypto_",
	.create = create,
	.destroy = destroy,
	.seal = seal,
	.open = open_jobs,
	.forget = forget,
};
