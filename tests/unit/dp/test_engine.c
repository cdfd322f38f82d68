/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aead.h"
#include "crypto/provider.h"
#include "crypto/secret.h"
#include "dp/engine.h"
#include "eal.h"
#include "suites.h"

#define MAX 1500

static struct zone zone;
static uint8_t keys[ENGINE_BURST][32], plain[ENGINE_BURST][MAX], opened[ENGINE_BURST][MAX];
static uint8_t sealed[ENGINE_BURST][MAX + 16], expected[MAX + 16];

static void fill_jobs(struct engine_job *jobs)
{
	for (unsigned i = 0; i < ENGINE_BURST; i++) {
		random_bytes(keys[i], 32);
		random_bytes(plain[i], MAX);
		jobs[i] = (struct engine_job){.key = keys[i], .counter = (1ull << 32) + i,
			.src = plain[i], .dst = sealed[i], .length = i == 0 ? 0 : i * 47 % MAX};
	}
}

/* A whole burst of different keys and lengths, some of it forged. */
static void burst(const char *name)
{
	struct engine e;
	struct engine_job jobs[ENGINE_BURST];

	unit_zone(&zone, "engine", 8);
	int rc = engine_create(&e, name, &zone);
	if (rc == -ENOENT) { /* built without it */
		zone_destroy(&zone);
		return;
	}
	CU_ASSERT_EQUAL_FATAL(rc, 0);
	fill_jobs(jobs);
	engine_seal(&e, jobs, ENGINE_BURST);
	for (unsigned i = 0; i < ENGINE_BURST; i++) {
		aead_seal(expected, plain[i], jobs[i].length, NULL, 0, jobs[i].counter, keys[i]);
		CU_ASSERT_EQUAL(memcmp(sealed[i], expected, jobs[i].length + 16), 0);
		jobs[i].src = sealed[i];
		jobs[i].dst = opened[i];
		if (i % 3 == 1)
			sealed[i][jobs[i].length + i % 16] ^= 0x80;
	}
	memset(opened, 0xee, sizeof(opened));
	engine_open(&e, jobs, ENGINE_BURST);
	for (unsigned i = 0; i < ENGINE_BURST; i++) {
				bool forged = i % 3 == 1;
		CU_ASSERT_EQUAL(jobs[i].ok, !forged);
		CU_ASSERT(forged ? secret_is_zero(opened[i], jobs[i].length) :
				   memcmp(opened[i], plain[i], jobs[i].length) == 0);
		/* not a byte beyond the plaintext */
		CU_ASSERT_EQUAL(opened[i][jobs[i].length], 0xee);
	}
	engine_destroy(&e);
	zone_destroy(&zone);
}

static void burst_sodium(void)
{
	burst("sodium");
}

static void burst_ipsec_mb(void)
{
	burst("ipsec-mb");
}

static void burst_auto(void)
{
	burst("auto");
}

static void unknown(void)
{
	struct engine e;

	unit_zone(&zone, "engine", 2);
	CU_ASSERT_EQUAL(engine_create(&e, "abacus", &zone), -ENOENT);
	zone_destroy(&zone);
}

/* A provider that computes something else: the fast engine disagrees with it and is left out. */
static void seal_wrongly(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad,
	size_t ad_len, const uint8_t nonce[12], const uint8_t key[32])
{
	crypto_provider_sodium.aead_seal(dst, src, src_len, ad, ad_len, nonce, key);
	dst[src_len] ^= 1;
}

static int open_wrongly(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad,
	size_t ad_len, const uint8_t nonce[12], const uint8_t key[32])
{
	static uint8_t copy[4096];

	memcpy(copy, src, src_len);
	copy[src_len - 16] ^= 1;
	return crypto_provider_sodium.aead_open(dst, copy, src_len, ad, ad_len, nonce, key);
}

static void disagreement(void)
{
	struct crypto_provider other = crypto_provider_sodium;
	struct engine e;

	other.name = "other";
	other.aead_seal = seal_wrongly;
	other.aead_open = open_wrongly;
	unit_zone(&zone, "engine", 8);
	crypto_set_provider(&other);
	int rc = engine_create(&e, "ipsec-mb", &zone);
	CU_ASSERT(rc == -EBADMSG || rc == -ENOENT);
	CU_ASSERT_EQUAL_FATAL(engine_create(&e, "auto", &zone), 0);
	CU_ASSERT_STRING_EQUAL(e.ops->name, "sodium");
	engine_destroy(&e);
	crypto_set_provider(NULL);
	zone_destroy(&zone);
}

static const struct unit_test tests[] = {
	{"C1: sodium agrees with the provider, forgeries leave nothing", burst_sodium},
	{"C1: ipsec-mb agrees with the provider, forgeries leave nothing", burst_ipsec_mb},
	{"auto gives an engine that works", burst_auto},
	{"an unknown engine is refused", unknown},
	{"an engine that disagrees with the provider is left out", disagreement},
	{NULL, NULL},
};

const struct unit_suite suite_engine = {"engine", tests};
