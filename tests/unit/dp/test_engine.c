/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
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

/* Whether the engine of that name may be absent, with that error: built, or installed, without it. */
static bool may_lack(const char *name, int rc)
{
	if (strcmp(name, "ipsec-mb") == 0)
		return rc == -ENOENT;
	return (strcmp(name, "cryptodev") == 0 || strncmp(name, "crypto_", 7) == 0) && rc == -ENODEV;
}

/* Its name is in `name`; false: this machine has no such engine, and the test is skipped. */
static bool open_engine(struct engine *e, const char *name)
{
	static char reason[64];

	unit_zone(&zone, "engine", 8);
	int rc = engine_create(e, name, &zone);
	if (rc == 0)
		return true;
	CU_ASSERT(may_lack(name, rc));
	snprintf(reason, sizeof(reason), "no engine %s is here", name);
	unit_skip(reason);
	zone_destroy(&zone);
	return false;
}

static void close_engine(struct engine *e)
{
	engine_destroy(e);
	zone_destroy(&zone);
}

/*
 * What does not rest on the provider: the bytes 0, 1, 2, … under the key 0, 1, 2, … by a second
 * implementation, block() and poly1305() of tests/unit/wg/cookie_vectors.py. The nonce is four zero bytes
 * and the counter, least byte first.
 */
static void known_answer(const char *name)
{
	static const uint8_t first[16] = {0xf0, 0x48, 0xaf, 0xe7, 0xaf, 0x3c, 0xec, 0x1f, 0x6c, 0xa2,
		0x20, 0xc7, 0x7f, 0x75, 0x6f, 0xb7};
	static const uint8_t tag[16] = {0xfb, 0x02, 0x7a, 0xfa, 0xf5, 0x65, 0x6e, 0xdb, 0xc1, 0xa3,
		0x19, 0x2a, 0xfc, 0x23, 0xad, 0x47};
	struct engine_job job = {.key = keys[0], .counter = 0x0102030405060708, .src = plain[0],
		.dst = sealed[0], .length = 1420};
	struct engine e;

	if (!open_engine(&e, name))
		return;
	for (unsigned i = 0; i < job.length; i++)
		plain[0][i] = (uint8_t)i;
	memcpy(keys[0], plain[0], sizeof(keys[0]));
	engine_seal(&e, &job, 1);
	CU_ASSERT_EQUAL(memcmp(sealed[0], first, sizeof(first)), 0);
	CU_ASSERT_EQUAL(memcmp(sealed[0] + job.length, tag, sizeof(tag)), 0);
	job.src = sealed[0];
	job.dst = opened[0];
	engine_open(&e, &job, 1);
	CU_ASSERT(job.ok);
	CU_ASSERT_EQUAL(memcmp(opened[0], plain[0], job.length), 0);
	close_engine(&e);
}

/* A whole burst of different keys and lengths, some of it forged. */
static void burst(const char *name)
{
	struct engine e;
	struct engine_job jobs[ENGINE_BURST];

	if (!open_engine(&e, name))
		return;
	fill_jobs(jobs);
	engine_seal(&e, jobs, ENGINE_BURST);
	for (unsigned i = 0; i < ENGINE_BURST; i++) {
		aead_seal(expected, plain[i], jobs[i].length, NULL, 0, jobs[i].counter, keys[i]);
		CU_ASSERT(jobs[i].ok);
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
	close_engine(&e);
}

/* Bursts of random ones of many keys, more than an engine may keep anything of. */
static void many_keys(const char *name)
{
	static uint8_t many[4096][32];
	struct engine e;
	struct engine_job jobs[ENGINE_BURST];
	unsigned wrong = 0;

	if (!open_engine(&e, name))
		return;
	random_bytes(many, sizeof(many));
	fill_jobs(jobs);
	for (unsigned round = 0; round < 2000; round++) {
		uint16_t which[ENGINE_BURST];
		random_bytes(which, sizeof(which));
		for (unsigned i = 0; i < ENGINE_BURST; i++) {
			jobs[i].key = many[which[i] % 4096];
			jobs[i].counter = round;
			jobs[i].length = 16;
		}
		engine_seal(&e, jobs, ENGINE_BURST);
		for (unsigned i = 0; i < ENGINE_BURST; i++) {
			aead_seal(expected, plain[i], 16, NULL, 0, round, jobs[i].key);
			wrong += memcmp(sealed[i], expected, 32) != 0;
		}
	}
	CU_ASSERT_EQUAL(wrong, 0);
	close_engine(&e);
}

static unsigned copies(const uint8_t key[static 32])
{
	const uint8_t *p = zone.base;
	unsigned n = 0;

	for (size_t i = 0; i + 32 <= zone.length; i += 4)
		n += memcmp(p + i, key, 32) == 0;
	return n;
}

/* Another key at the same place: it is used at once, and the one before leaves nothing. */
static void keys_change(const char *name)
{
	struct engine e;
	struct engine_job jobs[ENGINE_BURST];
	uint8_t before[32];

	if (!open_engine(&e, name))
		return;
	fill_jobs(jobs);
	engine_seal(&e, jobs, ENGINE_BURST);
	memcpy(before, keys[5], 32);
	random_bytes(keys[5], 32);
	engine_seal(&e, jobs, ENGINE_BURST);
	aead_seal(expected, plain[5], jobs[5].length, NULL, 0, jobs[5].counter, keys[5]);
	CU_ASSERT_EQUAL(memcmp(sealed[5], expected, jobs[5].length + 16), 0);
	CU_ASSERT_EQUAL(copies(before), 0);

	memcpy(before, keys[6], 32);
	engine_forget(&e, keys[6]); /* it is still there: nothing changes */
	jobs[6].src = sealed[6];
	jobs[6].dst = opened[6];
	engine_open(&e, &jobs[6], 1);
	CU_ASSERT(jobs[6].ok);
	secret_wipe(keys[6], 32);
	engine_forget(&e, keys[6]);
	CU_ASSERT_EQUAL(copies(before), 0);
	engine_forget(&e, opened[0]); /* never heard of */
	memcpy(before, keys[7], 32);
	engine_destroy(&e);
	CU_ASSERT_EQUAL(copies(before), 0);
	zone_destroy(&zone);
}

/* From one zone into another, and longer than any packet. */
static void between_zones(const char *name)
{
	const uint32_t longest = 70000;
	struct zone red, black;
	struct engine e;

	if (!open_engine(&e, name))
		return;
	unit_zone(&red, "red", 2);
	unit_zone(&black, "black", 2);
	uint8_t *from = zone_alloc(&red, longest), *to = zone_alloc(&black, longest + 16);
	uint8_t *back = zone_alloc(&red, longest);
	for (uint32_t length = 1; length <= longest; length = length * 3 + 1) {
		struct engine_job job = {
			.key = keys[0], .counter = length, .src = from, .dst = to, .length = length};
		random_bytes(from, length);
		engine_seal(&e, &job, 1);
		job.src = to;
		job.dst = back;
		engine_open(&e, &job, 1);
		CU_ASSERT(job.ok);
		CU_ASSERT_EQUAL(memcmp(from, back, length), 0);
		to[length + 15] ^= 1;
		engine_open(&e, &job, 1);
		CU_ASSERT(!job.ok && secret_is_zero(back, length));
	}
	zone_free(from);
	zone_free(to);
	zone_free(back);
	zone_destroy(&black);
	zone_destroy(&red);
	close_engine(&e);
}

#define OF_ENGINE(engine, name)                                                                    \
	static void burst_##engine(void) { burst(name); }                                          \
	static void many_keys_##engine(void) { many_keys(name); }                                  \
	static void keys_change_##engine(void) { keys_change(name); }                              \
	static void between_zones_##engine(void) { between_zones(name); }                          \
	static void known_answer_##engine(void) { known_answer(name); }
#define TESTS_OF(engine)                                                                           \
	{"C1: " #engine " agrees with the provider, forgeries leave nothing", burst_##engine},     \
	{"A8: " #engine ": each of many keys is used for its own jobs", many_keys_##engine},       \
	{"A39: " #engine ": keys that change or end leave no copy", keys_change_##engine},         \
	{#engine " works from zone to zone", between_zones_##engine},                              \
	{"A8: " #engine " gives a known answer", known_answer_##engine}

OF_ENGINE(sodium, "sodium")
OF_ENGINE(ipsec_mb, "ipsec-mb")
OF_ENGINE(cryptodev, "cryptodev")
OF_ENGINE(chacha20_poly1305, "crypto_chacha20_poly1305")

static void burst_auto(void)
{
	burst("auto");
}

/* What cannot be an engine is refused, and leaves nothing behind. */
static void unfit_devices(void)
{
	struct engine e;

	unit_zone(&zone, "engine", 2);
	CU_ASSERT_EQUAL(engine_create(&e, "crypto_abacus", &zone), -ENODEV);
	int rc = engine_create(&e, "crypto_null", &zone);
	CU_ASSERT(rc == -ENOTSUP || rc == -ENODEV);
	if (rc == -ENODEV)
		unit_skip("DPDK has no crypto_null here");
	rc = engine_create(&e, "crypto_aesni_mb,max_nb_queue_pairs=none", &zone);
	CU_ASSERT_NOT_EQUAL(rc, 0);
	zone_destroy(&zone);
	zone_create(&zone, "engine", 300 << 10, ZONE_PAGES_SMALL);
	void *rest = zone_alloc(&zone, (2 << 20) - (300 << 10));
	CU_ASSERT_PTR_NOT_NULL(rest);
	rc = engine_create(&e, "cryptodev", &zone);
	CU_ASSERT(rc == -ENOMEM || rc == -ENODEV);
	if (rc == -ENODEV)
		unit_skip("DPDK has no crypto_aesni_mb here");
	zone_free(rest);
	zone_destroy(&zone);
}

/* Several threads, an engine each. */
static void side_by_side(void)
{
	struct engine e[3];
	struct engine_job jobs[ENGINE_BURST];

	if (!open_engine(&e[0], "cryptodev"))
		return;
	CU_ASSERT_FATAL(engine_create(&e[1], "crypto_aesni_mb", &zone) == 0);
	CU_ASSERT_FATAL(engine_create(&e[2], "crypto_aesni_mb,max_nb_queue_pairs=2", &zone) == 0);
	CU_ASSERT_STRING_EQUAL(e[0].name, "crypto_aesni_mb");
	fill_jobs(jobs);
	engine_seal(&e[0], jobs, ENGINE_BURST);
	engine_destroy(&e[0]);
	for (unsigned i = 0; i < ENGINE_BURST; i++) {
		jobs[i].src = sealed[i];
		jobs[i].dst = opened[i];
	}
	for (unsigned n = 1; n < 3; n++) {
		engine_open(&e[n], jobs, ENGINE_BURST);
		for (unsigned i = 0; i < ENGINE_BURST; i++)
			CU_ASSERT(jobs[i].ok);
		engine_destroy(&e[n]);
	}
	zone_destroy(&zone);
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
	if (rc == -ENOENT)
		unit_skip("no engine ipsec-mb is here");
	CU_ASSERT_EQUAL_FATAL(engine_create(&e, "auto", &zone), 0);
	CU_ASSERT_STRING_EQUAL(e.ops->name, "sodium");
	engine_destroy(&e);
	crypto_set_provider(NULL);
	zone_destroy(&zone);
}

static const struct unit_test tests[] = {
	TESTS_OF(sodium),
	TESTS_OF(ipsec_mb),
	TESTS_OF(cryptodev),
	TESTS_OF(chacha20_poly1305),
	{"a device that cannot be an engine is refused", unfit_devices},
	{"several engines by devices at once", side_by_side},
	{"auto gives an engine that works", burst_auto},
	{"an unknown engine is refused", unknown},
	{"an engine that disagrees with the provider is left out", disagreement},
	{NULL, NULL},
};

const struct unit_suite suite_engine = {"engine", tests};
