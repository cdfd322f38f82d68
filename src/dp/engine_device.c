/* SPDX-License-Identifier: BSD-3-Clause */
/* For the pool of sessions, without which no device works: in 22.11 the function is marked so still. */
#define ALLOW_EXPERIMENTAL_API
#include "dp/engine_device.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_bus_vdev.h>
#include <rte_eal.h>

#include "crypto/aead.h"
#include "crypto/secret.h"
#include "dp/engine.h"
#include "util/log.h"

#define NONCE_LEN     12
#define DEVICES_MAX   64
#define DESCRIPTORS   (4 * ENGINE_BURST)

static int refuse(const char *spec, const char *reason, int rc)
{
	log_event(LOG_ERROR, "crypt", "no such engine device=%s reason=\"%s\"", spec, reason);
	return rc;
}

/*
 * Every engine has a device of its own, numbered behind the driver's name: the bus finds the driver by
 * the name's beginning.
 */
static int make(struct engine_device *d, const char *spec)
{
	const char *comma = strchr(spec, ',');
	int length = comma ? (int)(comma - spec) : (int)strlen(spec);
	int rc = -EEXIST;

	for (unsigned i = 0; i < DEVICES_MAX && rc == -EEXIST; i++) {
		snprintf(d->name, sizeof(d->name), "%.*s_%u", length, spec, i);
		rc = rte_vdev_init(d->name, comma ? comma + 1 : "max_nb_queue_pairs=1");
	}
	if (rc != 0)
		return refuse(spec, "DPDK has no driver for it, or cannot make one", -ENODEV);
	int id = rte_cryptodev_get_dev_id(d->name);
	if (id < 0) {
		rte_vdev_uninit(d->name);
		return refuse(spec, "it is no crypto device", -ENODEV);
	}
	d->id = (uint8_t)id;
	return 0;
}

static const char *what_it_lacks(const struct engine_device *d)
{
	const struct rte_cryptodev_sym_capability_idx wanted = {
		.type = RTE_CRYPTO_SYM_XFORM_AEAD,
		.algo.aead = RTE_CRYPTO_AEAD_CHACHA20_POLY1305,
	};
	const struct rte_cryptodev_symmetric_capability *has =
		rte_cryptodev_sym_capability_get(d->id, &wanted);
	struct rte_cryptodev_info info;

	if (!has || rte_cryptodev_sym_capability_check_aead(has, AEAD_KEY_LEN, AEAD_TAG_LEN, 0,
			    NONCE_LEN) != 0)
		return "it has no ChaCha20-Poly1305";
	rte_cryptodev_info_get(d->id, &info);
	if (!(info.feature_flags & RTE_CRYPTODEV_FF_OOP_LB_IN_LB_OUT))
		return "it cannot work from one buffer into another";
	/* our buffers have no other address than the virtual one */
	if ((info.feature_flags & RTE_CRYPTODEV_FF_HW_ACCELERATED) &&
		rte_eal_iova_mode() != RTE_IOVA_VA)
		return "it wants physical addresses";
	return NULL;
}

static int configure(struct engine_device *d, struct zone *zone, uint32_t sessions)
{
	struct rte_cryptodev_config config = {
		/* of the list of queues, which the library never frees */
		.socket_id = SOCKET_ID_ANY,
		.nb_queue_pairs = 1,
		.ff_disable = RTE_CRYPTODEV_FF_ASYMMETRIC_CRYPTO | RTE_CRYPTODEV_FF_SECURITY,
	};
	struct rte_cryptodev_qp_conf queue = {.nb_descriptors = DESCRIPTORS};
	char name[32];

	snprintf(name, sizeof(name), "engine%u-sessions", d->id);
	d->sessions = rte_cryptodev_sym_session_pool_create(name, sessions,
		rte_cryptodev_sym_get_private_session_size(d->id), 0, 0, zone->socket);
	if (!d->sessions)
		return -ENOMEM;
	queue.mp_session = d->sessions;
	int rc = rte_cryptodev_configure(d->id, &config);
	if (rc == 0)
		rc = rte_cryptodev_queue_pair_setup(d->id, 0, &queue, zone->socket);
	if (rc == 0)
		rc = rte_cryptodev_start(d->id);
	d->started = rc == 0;
	return rc;
}

int engine_device_open(struct engine_device *d, const char *spec, struct zone *zone,
	uint32_t sessions)
{
	memset(d, 0, sizeof(*d));
	int rc = make(d, spec);
	if (rc != 0)
		return rc;
	const char *lack = what_it_lacks(d);
	if (lack)
		rc = refuse(spec, lack, -ENOTSUP);
	else if ((rc = configure(d, zone, sessions)) != 0)
		rc = refuse(spec, rc == -ENOMEM ? "[Crypt] Memory is too small for its sessions" :
						  "it does not start", rc);
	if (rc != 0)
		engine_device_close(d);
	return rc;
}

void engine_device_close(struct engine_device *d)
{
	if (d->started)
		rte_cryptodev_stop(d->id);
	d->started = false;
	rte_cryptodev_close(d->id);
	if (rte_vdev_uninit(d->name) != 0)
		log_event(LOG_WARNING, "crypt", "device did not end device=%s", d->name);
	rte_mempool_free(d->sessions);
	d->sessions = NULL;
}

void *engine_device_session(struct engine_device *d, const uint8_t key[static 32], bool seal)
{
	struct rte_crypto_sym_xform what = {
		.type = RTE_CRYPTO_SYM_XFORM_AEAD,
		.aead = {
			.op = seal ? RTE_CRYPTO_AEAD_OP_ENCRYPT : RTE_CRYPTO_AEAD_OP_DECRYPT,
			.algo = RTE_CRYPTO_AEAD_CHACHA20_POLY1305,
			.key = {.data = key, .length = AEAD_KEY_LEN},
			.iv = {.offset = ENGINE_DEVICE_NONCE, .length = NONCE_LEN},
			.digest_length = AEAD_TAG_LEN,
		},
	};

	return rte_cryptodev_sym_session_create(d->id, &what, d->sessions);
}

void engine_device_end(struct engine_device *d, void *session)
{
	if (!session)
		return;
	rte_cryptodev_sym_session_free(d->id, session);
	/* Drivers zero what is theirs, but nothing says that they must. The pool keeps nothing in what
	 * it was given back. */
	secret_wipe(session, d->sessions->elt_size);
}
