/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include <errno.h>
#include <string.h>

#include "crypto/dh.h"
#include "crypto/provider.h"
#include "crypto/secret.h"
#include "hex.h"

static void gives(const char *secret_hex, const char *public_hex, const char *expected)
{
	uint8_t secret[DH_LEN], public[DH_LEN], shared[DH_LEN];

	hex_bytes(secret, sizeof(secret), secret_hex);
	hex_bytes(public, sizeof(public), public_hex);
	CU_ASSERT_EQUAL(dh(shared, secret, public), 0);
	CU_ASSERT(hex_equal(shared, sizeof(shared), expected));
}

static void rfc7748_section_5_2(void)
{
	gives("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
		"e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
		"c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
	/* The public key's top bit is set: it must be ignored. */
	gives("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
		"e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
		"95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
}

static void rfc7748_iterated(void)
{
	uint8_t k[DH_LEN] = {9}, u[DH_LEN] = {9}, next[DH_LEN];

	for (int i = 1; i <= 1000; i++) {
		CU_ASSERT_EQUAL_FATAL(dh(next, k, u), 0);
		memcpy(u, k, sizeof(u));
		memcpy(k, next, sizeof(k));
		if (i == 1)
			CU_ASSERT(hex_equal(k, sizeof(k),
				"422c8e7a6227d7bca1350b3e2bb7279f"
				"7897b87bb6854b783c60e80311ae3079"));
	}
	CU_ASSERT(hex_equal(k, sizeof(k),
		"684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"));
}

static void rfc7748_section_6_1(void)
{
	static const char alice[] =
		"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
	static const char alice_public[] =
		"8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
	static const char bob[] =
		"5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb";
	static const char bob_public[] =
		"de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";
	static const char both[] =
		"4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
	uint8_t secret[DH_LEN], public[DH_LEN];

	hex_bytes(secret, sizeof(secret), alice);
	dh_base(public, secret);
	CU_ASSERT(hex_equal(public, sizeof(public), alice_public));
	hex_bytes(secret, sizeof(secret), bob);
	dh_base(public, secret);
	CU_ASSERT(hex_equal(public, sizeof(public), bob_public));
	gives(alice, bob_public, both);
	gives(bob, alice_public, both);
}

/* All the encodings of points of order 1, 2, 4 and 8, on the curve and on its twist. */
static const char *const low_order[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

static void low_order_is_refused(void)
{
	struct sequence s = {0x7748};

	for (size_t i = 0; i < sizeof(low_order) / sizeof(low_order[0]); i++) {
		for (int top_bit = 0; top_bit <= 1; top_bit++) {
			uint8_t secret[DH_LEN], public[DH_LEN], shared[DH_LEN];

			sequence_fill(&s, secret, sizeof(secret));
			hex_bytes(public, sizeof(public), low_order[i]);
			public[31] |= (uint8_t)(top_bit << 7);
			memset(shared, 0xa5, sizeof(shared));
			CU_ASSERT_EQUAL(dh(shared, secret, public), -EINVAL);
			CU_ASSERT(secret_is_zero(shared, sizeof(shared)));
		}
	}
}

static int forgetful_dh(uint8_t shared[32], const uint8_t secret[32], const uint8_t public[32])
{
	(void)secret, (void)public;
	memset(shared, 0, 32);
	return 0;
}

static int untidy_dh(uint8_t shared[32], const uint8_t secret[32], const uint8_t public[32])
{
	(void)secret, (void)public;
	memset(shared, 0x5a, 32);
	return -EINVAL;
}

/* Whatever the provider: zero is an error, and an error leaves zeroes. */
static void wrapper_holds_the_rule_itself(void)
{
	struct crypto_provider broken = crypto_provider_sodium;
	const uint8_t secret[DH_LEN] = {1}, public[DH_LEN] = {9};
	uint8_t shared[DH_LEN];

	broken.dh = forgetful_dh;
	crypto_set_provider(&broken);
	CU_ASSERT_EQUAL(dh(shared, secret, public), -EINVAL);
	broken.dh = untidy_dh;
	CU_ASSERT_EQUAL(dh(shared, secret, public), -EINVAL);
	CU_ASSERT(secret_is_zero(shared, sizeof(shared)));
	crypto_set_provider(NULL);
}

static void clamping(void)
{
	uint8_t ones[DH_LEN], zeros[DH_LEN] = {0};

	memset(ones, 0xff, sizeof(ones));
	dh_clamp(ones);
	CU_ASSERT(hex_equal(ones, sizeof(ones),
		"f8ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"));
	dh_clamp(zeros);
	CU_ASSERT(hex_equal(zeros, sizeof(zeros),
		"0000000000000000000000000000000000000000000000000000000000000040"));
}

static void generated_pairs_agree(void)
{
	uint8_t a[DH_LEN], b[DH_LEN], a_public[DH_LEN], b_public[DH_LEN], clamped[DH_LEN];
	uint8_t ab[DH_LEN], ba[DH_LEN];

	for (int i = 0; i < 20; i++) {
		dh_generate(a, a_public);
		dh_generate(b, b_public);
		CU_ASSERT_NOT_EQUAL(memcmp(a, b, DH_LEN), 0);
		memcpy(clamped, a, DH_LEN);
		dh_clamp(clamped);
		CU_ASSERT_EQUAL(memcmp(a, clamped, DH_LEN), 0);
		CU_ASSERT(dh(ab, a, b_public) == 0 && dh(ba, b, a_public) == 0);
		CU_ASSERT_EQUAL(memcmp(ab, ba, DH_LEN), 0);
	}
}

static const struct unit_test tests[] = {
	{"V: RFC 7748 section 5.2", rfc7748_section_5_2},
	{"V: RFC 7748 section 5.2, iterated 1 and 1000 times", rfc7748_iterated},
	{"V: RFC 7748 section 6.1", rfc7748_section_6_1},
	{"A9 C2 V: public keys of low order are refused", low_order_is_refused},
	{"A9 C2: with a provider that forgets, too", wrapper_holds_the_rule_itself},
	{"clamping", clamping},
	{"A10: generated pairs are fresh, clamped and agree", generated_pairs_agree},
	{NULL, NULL},
};

const struct unit_suite suite_dh = {"dh", tests};
