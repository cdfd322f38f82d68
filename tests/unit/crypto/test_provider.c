/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The provider is a seam. Whatever is wrong with one function of a substitute, the self-test must
 * name it; and what the substitute provides must be what the wrappers use.
 */
#include "suites.h"

#include <errno.h>
#include <string.h>

#include "crypto/aead.h"
#include "crypto/blake2s.h"
#include "crypto/dh.h"
#include "crypto/provider.h"
#include "crypto/secret.h"

static const struct crypto_provider *const good = &crypto_provider_sodium;

static void good_provider_passes(void)
{
	CU_ASSERT_PTR_EQUAL(crypto_provider(), good);
	CU_ASSERT_EQUAL(crypto_init(), 0);
	CU_ASSERT_PTR_NULL(crypto_selftest());
}

/* Broken functions, one way each. */

static void aead_seal_wrong_tag(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad,
	size_t ad_len, const uint8_t *nonce, const uint8_t *key)
{
	good->aead_seal(dst, src, src_len, ad, ad_len, nonce, key);
	dst[src_len + 15] ^= 1;
}

static void aead_seal_ignores_ad(uint8_t *dst, const uint8_t *src, size_t src_len,
	const uint8_t *ad, size_t ad_len, const uint8_t *nonce, const uint8_t *key)
{
	good->aead_seal(dst, src, src_len, NULL, 0, nonce, key);
}

static void aead_seal_not_in_place(uint8_t *dst, const uint8_t *src, size_t src_len,
	const uint8_t *ad, size_t ad_len, const uint8_t *nonce, const uint8_t *key)
{
	memset(dst, 0, src_len + 16);
	good->aead_seal(dst, src, src_len, ad, ad_len, nonce, key);
}

static int aead_open_refuses_all(uint8_t *dst, const uint8_t *src, size_t src_len,
	const uint8_t *ad, size_t ad_len, const uint8_t *nonce, const uint8_t *key)
{
	return -EBADMSG;
}

/* Decrypts without asking for the tag: the keystream is what sealing gives. */
static int decrypt_anyway(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *nonce,
	const uint8_t *key)
{
	uint8_t buf[256];

	good->aead_seal(buf, src, src_len - 16, NULL, 0, nonce, key);
	memcpy(dst, buf, src_len - 16);
	return 0;
}

/* C1 itself */
static int aead_open_never_checks(uint8_t *dst, const uint8_t *src, size_t src_len,
	const uint8_t *ad, size_t ad_len, const uint8_t *nonce, const uint8_t *key)
{
	return decrypt_anyway(dst, src, src_len, nonce, key);
}

static int aead_open_leaves_plaintext(uint8_t *dst, const uint8_t *src, size_t src_len,
	const uint8_t *ad, size_t ad_len, const uint8_t *nonce, const uint8_t *key)
{
	uint8_t opened[256];
	int error = good->aead_open(opened, src, src_len, ad, ad_len, nonce, key);

	decrypt_anyway(dst, src, src_len, nonce, key);
	return error;
}

static int aead_open_ignores_ad(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad,
	size_t ad_len, const uint8_t *nonce, const uint8_t *key)
{
	/* Forgives a wrong additional text: anything that the right one would let through. */
	static const uint8_t right[12] = {0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4,
		0xc5, 0xc6, 0xc7};
	return good->aead_open(dst, src, src_len, right, sizeof(right), nonce, key);
}

static void xaead_seal_wrong_tag(uint8_t *dst, const uint8_t *src, size_t src_len,
	const uint8_t *ad, size_t ad_len, const uint8_t *nonce, const uint8_t *key)
{
	good->xaead_seal(dst, src, src_len, ad, ad_len, nonce, key);
	dst[src_len + 15] ^= 1;
}

/* The ordinary cipher with the long nonce's first half: a likely misreading. */
static void xaead_seal_cuts_the_nonce(uint8_t *dst, const uint8_t *src, size_t src_len,
	const uint8_t *ad, size_t ad_len, const uint8_t *nonce, const uint8_t *key)
{
	good->aead_seal(dst, src, src_len, ad, ad_len, nonce, key);
}

static int xaead_open_refuses_all(uint8_t *dst, const uint8_t *src, size_t src_len,
	const uint8_t *ad, size_t ad_len, const uint8_t *nonce, const uint8_t *key)
{
	return -EBADMSG;
}

static int xaead_open_never_checks(uint8_t *dst, const uint8_t *src, size_t src_len,
	const uint8_t *ad, size_t ad_len, const uint8_t *nonce, const uint8_t *key)
{
	uint8_t buf[256];

	good->xaead_seal(buf, src, src_len - 16, NULL, 0, nonce, key);
	memcpy(dst, buf, src_len - 16);
	return 0;
}

static int dh_wrong(uint8_t *shared, const uint8_t *secret, const uint8_t *public)
{
	int error = good->dh(shared, secret, public);

	shared[31] ^= 1;
	return error;
}

static int dh_accepts_low_order(uint8_t *shared, const uint8_t *secret, const uint8_t *public)
{
	if (good->dh(shared, secret, public) != 0)
		memset(shared, 0, 32);
	return 0;
}

static int dh_keeps_the_top_bit(uint8_t *shared, const uint8_t *secret, const uint8_t *public)
{
	uint8_t other[32];

	memcpy(other, public, 32);
	other[0] ^= public[31] >> 7; /* any result but that of the masked key */
	return good->dh(shared, secret, other);
}

static void dh_base_wrong(uint8_t *public, const uint8_t *secret)
{
	good->dh_base(public, secret);
	public[0] ^= 1;
}

static void blake2s_init_ignores_key(void *state, size_t out_len, const uint8_t *key,
	size_t key_len)
{
	good->blake2s_init(state, out_len, NULL, 0);
}

static void blake2s_update_drops_a_byte(void *state, const uint8_t *in, size_t in_len)
{
	good->blake2s_update(state, in, in_len > 64 ? in_len - 1 : in_len);
}

static void blake2s_final_wrong(void *state, uint8_t *out, size_t out_len)
{
	good->blake2s_final(state, out, out_len);
	out[out_len - 1] ^= 0x80;
}

static void random_constant(void *out, size_t len)
{
	memset(out, 0x2a, len);
}

static void random_writes_nothing(void *out, size_t len)
{
}

static void random_half(void *out, size_t len)
{
	good->random(out, len / 2);
}

struct break_case {
	struct crypto_provider with; /* what is set here replaces the good one's */
	const char *named;
};

static const struct break_case breaks[] = {
	{{.aead_seal = aead_seal_wrong_tag}, "aead"},
	{{.aead_seal = aead_seal_ignores_ad}, "aead"},
	{{.aead_seal = aead_seal_not_in_place}, "aead"},
	{{.aead_open = aead_open_refuses_all}, "aead"},
	{{.aead_open = aead_open_never_checks}, "aead"},
	{{.aead_open = aead_open_leaves_plaintext}, "aead"},
	{{.aead_open = aead_open_ignores_ad}, "aead"},
	{{.xaead_seal = xaead_seal_wrong_tag}, "xaead"},
	{{.xaead_seal = xaead_seal_cuts_the_nonce}, "xaead"},
	{{.xaead_open = xaead_open_refuses_all}, "xaead"},
	{{.xaead_open = xaead_open_never_checks}, "xaead"},
	{{.dh = dh_wrong}, "dh"},
	{{.dh = dh_accepts_low_order}, "dh"},
	{{.dh = dh_keeps_the_top_bit}, "dh"},
	{{.dh_base = dh_base_wrong}, "dh"},
	{{.blake2s_init = blake2s_init_ignores_key}, "blake2s"},
	{{.blake2s_update = blake2s_update_drops_a_byte}, "blake2s"},
	{{.blake2s_final = blake2s_final_wrong}, "blake2s"},
	{{.random = random_constant}, "random"},
	{{.random = random_writes_nothing}, "random"},
	{{.random = random_half}, "random"},
};

#define OVERLAY(field)                                                                             \
	if (with->field)                                                                           \
		p.field = with->field

static struct crypto_provider overlay(const struct crypto_provider *with)
{
	struct crypto_provider p = *good;

	OVERLAY(init);
	OVERLAY(aead_seal);
	OVERLAY(aead_open);
	OVERLAY(xaead_seal);
	OVERLAY(xaead_open);
	OVERLAY(dh);
	OVERLAY(dh_base);
	OVERLAY(blake2s_init);
	OVERLAY(blake2s_update);
	OVERLAY(blake2s_final);
	OVERLAY(random);
	return p;
}

static void selftest_names_what_is_broken(void)
{
	for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		struct crypto_provider broken = overlay(&breaks[i].with);
		crypto_set_provider(&broken);
		const char *named = crypto_selftest();
		crypto_set_provider(NULL);
		CU_ASSERT_PTR_NOT_NULL_FATAL(named);
		CU_ASSERT_STRING_EQUAL(named, breaks[i].named);
	}
	CU_ASSERT_PTR_NULL(crypto_selftest());
}

/* A substitute that counts, and computes what no real one does. */

static struct {
	unsigned init, aead_seal, aead_open, xaead_seal, xaead_open, dh, dh_base;
	unsigned blake2s_init, blake2s_update, blake2s_final, random;
} calls;

static int sub_init(void)
{
	calls.init++;
	return 0;
}

static void sub_aead_seal(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad,
	size_t ad_len, const uint8_t *nonce, const uint8_t *key)
{
	calls.aead_seal++;
	memset(dst, nonce[4], src_len + 16);
}

static int sub_aead_open(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad,
	size_t ad_len, const uint8_t *nonce, const uint8_t *key)
{
	calls.aead_open++;
	return -EPROTO;
}

static void sub_xaead_seal(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad,
	size_t ad_len, const uint8_t *nonce, const uint8_t *key)
{
	calls.xaead_seal++;
	memset(dst, nonce[23], src_len + 16);
}

static int sub_xaead_open(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad,
	size_t ad_len, const uint8_t *nonce, const uint8_t *key)
{
	calls.xaead_open++;
	return -EPROTO;
}

static int sub_dh(uint8_t *shared, const uint8_t *secret, const uint8_t *public)
{
	calls.dh++;
	memset(shared, 0xd4, 32);
	return 0;
}

static void sub_dh_base(uint8_t *public, const uint8_t *secret)
{
	calls.dh_base++;
	memset(public, 0xba, 32);
}

static void sub_blake2s_init(void *state, size_t out_len, const uint8_t *key, size_t key_len)
{
	calls.blake2s_init++;
	memset(state, 0x11, BLAKE2S_STATE_BYTES); /* all the room it was promised */
}

static void sub_blake2s_update(void *state, const uint8_t *in, size_t in_len)
{
	calls.blake2s_update++;
}

static void sub_blake2s_final(void *state, uint8_t *out, size_t out_len)
{
	calls.blake2s_final++;
	memset(out, 0xb2, out_len);
}

static void sub_random(void *out, size_t len)
{
	calls.random++;
	memset(out, 0x7e, len);
}

static const struct crypto_provider substitute = {
	.name = "substitute",
	.init = sub_init,
	.aead_seal = sub_aead_seal,
	.aead_open = sub_aead_open,
	.xaead_seal = sub_xaead_seal,
	.xaead_open = sub_xaead_open,
	.dh = sub_dh,
	.dh_base = sub_dh_base,
	.blake2s_init = sub_blake2s_init,
	.blake2s_update = sub_blake2s_update,
	.blake2s_final = sub_blake2s_final,
	.random = sub_random,
};

static void use_substitute(void)
{
	memset(&calls, 0, sizeof(calls));
	crypto_set_provider(&substitute);
	CU_ASSERT_PTR_EQUAL(crypto_provider(), &substitute);
	CU_ASSERT_EQUAL(crypto_init(), 0);
	CU_ASSERT_EQUAL(calls.init, 1);
}

static void aead_uses_the_substitute(void)
{
	uint8_t buf[32] = {0};
	const uint8_t key[32] = {0}, nonce[24] = {[23] = 9};

	use_substitute();
	aead_seal(buf, buf, 1, NULL, 0, 0x77, key);
	CU_ASSERT(calls.aead_seal == 1 && buf[16] == 0x77);
	CU_ASSERT_EQUAL(aead_open(buf, buf, 16, NULL, 0, 0, key), -EPROTO);
	CU_ASSERT_EQUAL(calls.aead_open, 1);
	xaead_seal(buf, buf, 1, NULL, 0, nonce, key);
	CU_ASSERT(calls.xaead_seal == 1 && buf[16] == 9);
	CU_ASSERT_EQUAL(xaead_open(buf, buf, 16, NULL, 0, nonce, key), -EPROTO);
	CU_ASSERT_EQUAL(calls.xaead_open, 1);
	/* What is too short never reaches a provider, which would count past its beginning. */
	CU_ASSERT_EQUAL(aead_open(buf, buf, 15, NULL, 0, 0, key), -EBADMSG);
	CU_ASSERT_EQUAL(xaead_open(buf, buf, 15, NULL, 0, nonce, key), -EBADMSG);
	CU_ASSERT(calls.aead_open == 1 && calls.xaead_open == 1);
	crypto_set_provider(NULL);
}

static void dh_uses_the_substitute(void)
{
	uint8_t a[32] = {0}, b[32] = {0}, c[32];

	use_substitute();
	CU_ASSERT_EQUAL(dh(c, a, b), 0);
	CU_ASSERT(calls.dh == 1 && c[0] == 0xd4);
	dh_base(c, a);
	CU_ASSERT(calls.dh_base == 1 && c[0] == 0xba);
	dh_generate(a, b);
	CU_ASSERT(calls.random == 1 && calls.dh_base == 2 && a[1] == 0x7e && b[0] == 0xba);
	crypto_set_provider(NULL);
}

static void blake2s_uses_the_substitute(void)
{
	uint8_t out[32], t2[32], t3[32];

	use_substitute();
	blake2s(out, 32, "abc", 3, NULL, 0);
	CU_ASSERT(calls.blake2s_init == 1 && calls.blake2s_update == 1 && calls.blake2s_final == 1);
	CU_ASSERT_EQUAL(out[31], 0xb2);
	hmac_blake2s(out, "abc", 3, NULL, 0);
	CU_ASSERT(calls.blake2s_init == 3 && calls.blake2s_final == 3);
	kdf(out, t2, t3, out, NULL, 0);
	CU_ASSERT(calls.blake2s_init == 11 && calls.blake2s_final == 11);
	CU_ASSERT(out[0] == 0xb2 && t2[0] == 0xb2 && t3[0] == 0xb2);
	crypto_set_provider(NULL);
}

static void random_uses_the_substitute(void)
{
	uint8_t out[4] = {0};

	use_substitute();
	random_bytes(out, sizeof(out));
	CU_ASSERT(calls.random == 1 && out[3] == 0x7e);
	CU_ASSERT_PTR_NOT_NULL(crypto_selftest()); /* it is no cipher, and that is seen */
	crypto_set_provider(NULL);
	CU_ASSERT_PTR_EQUAL(crypto_provider(), good);
}

static void gaps_are_refused(void)
{
	void (*const *const table)(void) = (void (*const *)(void))(const void *)&substitute.init;
	size_t n = (sizeof(substitute) - offsetof(struct crypto_provider, init)) / sizeof(*table);

	CU_ASSERT_EQUAL(n, 11);
	for (size_t i = 0; i < n; i++) {
		struct crypto_provider gap = substitute;
		memset((uint8_t *)&gap.init + i * sizeof(*table), 0, sizeof(*table));
		crypto_set_provider(&gap);
		CU_ASSERT_EQUAL(crypto_init(), -EINVAL);
	}
	crypto_set_provider(NULL);
}

static int failing_init(void)
{
	return -ENODEV;
}

static void a_failing_init_is_passed_on(void)
{
	struct crypto_provider p = substitute;

	p.init = failing_init;
	crypto_set_provider(&p);
	CU_ASSERT_EQUAL(crypto_init(), -ENODEV);
	crypto_set_provider(NULL);
}

static const struct unit_test tests[] = {
	{"the default is libsodium with our BLAKE2s, and passes", good_provider_passes},
	{"C1 A9: the self-test names what is broken", selftest_names_what_is_broken},
	{"aead uses the substitute", aead_uses_the_substitute},
	{"dh uses the substitute", dh_uses_the_substitute},
	{"blake2s, hmac and kdf use the substitute", blake2s_uses_the_substitute},
	{"random uses the substitute", random_uses_the_substitute},
	{"a table with a gap is refused", gaps_are_refused},
	{"a failing init is passed on", a_failing_init_is_passed_on},
	{NULL, NULL},
};

const struct unit_suite suite_provider = {"provider", tests};
