/* SPDX-License-Identifier: BSD-3-Clause */
/* Known answers for whatever provider is set. Vectors as hex text, as the sources print them. */
#include "crypto/provider.h"

#include <stdbool.h>
#include <string.h>

#include "crypto/blake2s.h"
#include "crypto/dh.h"
#include "crypto/secret.h"

#define TAG_LEN 16

/* Decodes one of the literals below: trusted text, lower case, even length. */
static size_t unhex(uint8_t *out, const char *hex)
{
	size_t n = 0;

	for (; hex[2 * n] != '\0'; n++) {
		unsigned high = (unsigned char)hex[2 * n], low = (unsigned char)hex[2 * n + 1];
		high -= high >= 'a' ? 'a' - 10 : '0';
		low -= low >= 'a' ? 'a' - 10 : '0';
		out[n] = (uint8_t)(high << 4 | low);
	}
	return n;
}

static bool equals_hex(const uint8_t *bytes, size_t len, const char *hex)
{
	uint8_t expected[256];

	return strlen(hex) == 2 * len && unhex(expected, hex) == len &&
		memcmp(bytes, expected, len) == 0;
}

/* first, first + 1, ... */
static void count_up(uint8_t *out, size_t len, uint8_t first)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(first + i);
}

/* RFC 7693 appendix E: the deterministic input of its self-test. */
static void fill_sequence(uint8_t *out, size_t len, uint32_t seed)
{
	uint32_t a = 0xdead4badu * seed, b = 1;

	for (size_t i = 0; i < len; i++) {
		uint32_t sum = a + b;
		a = b;
		b = sum;
		out[i] = (uint8_t)(sum >> 24);
	}
}

/* RFC 7693 appendix E: a hash over the hashes of many lengths, keyed and not. */
static bool check_blake2s(void)
{
	static const uint8_t out_lens[] = {16, 20, 28, 32};
	static const uint16_t in_lens[] = {0, 3, 64, 65, 255, 1024};
	uint8_t in[1024], key[32], digest[32];
	struct blake2s all;

	blake2s_init(&all, 32, NULL, 0);
	for (size_t i = 0; i < sizeof(out_lens); i++) {
		size_t out_len = out_lens[i];
		fill_sequence(key, out_len, (uint32_t)out_len);
		for (size_t j = 0; j < sizeof(in_lens) / sizeof(in_lens[0]); j++) {
			fill_sequence(in, in_lens[j], in_lens[j]);
			blake2s(digest, out_len, in, in_lens[j], NULL, 0);
			blake2s_update(&all, digest, out_len);
			blake2s(digest, out_len, in, in_lens[j], key, out_len);
			blake2s_update(&all, digest, out_len);
		}
	}
	blake2s_final(&all, digest, 32);
	return equals_hex(digest, 32,
		"6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe");
}

/* The inputs are those of RFC 4231 (cases 1, 2, 6); the answers are BLAKE2s's. */
static bool check_hmac(void)
{
	static const char long_text[] = "Test Using Larger Than Block-Size Key - Hash Key First";
	static const char short_text[] = "what do ya want for nothing?";
	uint8_t key[131], out[32];

	memset(key, 0x0b, 20);
	hmac_blake2s(out, "Hi There", 8, key, 20);
	bool ok = equals_hex(out, 32,
		"65a8b7c5cc9136d424e82c37e2707e74e913c0655b99c75f40edf387453a3260");
	hmac_blake2s(out, short_text, strlen(short_text), (const uint8_t *)"Jefe", 4);
	ok &= equals_hex(out, 32,
		"90b6281e2f3038c9056af0b4a7e763cae6fe5d9eb4386a0ec95237890c104ff0");
	memset(key, 0xaa, sizeof(key));
	hmac_blake2s(out, long_text, strlen(long_text), key, sizeof(key));
	return ok & equals_hex(out, 32,
		"d23d79394f53d536a096e6514447eeaabb05ded01be32c1937da6a8f7103bc4e");
}

static bool check_kdf(void)
{
	uint8_t ck[32], in[32], t1[32], t2[32], t3[32];

	count_up(ck, sizeof(ck), 0);
	count_up(in, sizeof(in), 32);
	kdf(t1, t2, t3, ck, in, sizeof(in));
	bool ok = equals_hex(t1, 32,
		"6a96444e20e8d4c1cee974416acae1c10b3c92886010e54ed94dafb2c3b80ea0");
	ok &= equals_hex(t2, 32,
		"57af120b0de7acbe7907ec149c5ae870a2dbb74232b65777ba4123f1f7f888f5");
	ok &= equals_hex(t3, 32,
		"0926c7caabb6e8d73beda759e6f4f0d324ce5b5000bcf8cd784b26db3049faa9");
	kdf(ck, t2, NULL, ck, in, 0);
	ok &= equals_hex(ck, 32,
		"7a38c34bf2b8738d7374ca77c44ecb309a11d2b2528304fa86052c365e722624");
	return ok & equals_hex(t2, 32,
		"1a17621f346abdc520746a9fb64d8eb03231d674fc15687537b0780fd9c060fd");
}

struct aead_case {
	void (*seal)(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad,
		size_t ad_len, const uint8_t *nonce, const uint8_t *key);
	int (*open)(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad,
		size_t ad_len, const uint8_t *nonce, const uint8_t *key);
	const char *nonce, *ad, *sealed;
};

/* RFC 8439 section 2.8.2, and draft-irtf-cfrg-xchacha appendix A.3, have this text in common. */
static const char sunscreen[] = "Ladies and Gentlemen of the class of '99: If I could offer you "
				"only one tip for the future, sunscreen would be it.";
#define TEXT_LEN   (sizeof(sunscreen) - 1)
#define SEALED_LEN (TEXT_LEN + TAG_LEN)

/*
 * C1: one bit wrong at a place of the sealed text (none beyond its end, for callers that spoil
 * something else): refused, and dst zeroed or as it was.
 */
static bool refuses(const struct aead_case *c, const uint8_t *sealed, size_t at, const uint8_t *ad,
	size_t ad_len, const uint8_t *nonce, const uint8_t *key)
{
	uint8_t bad[SEALED_LEN], zero[TEXT_LEN] = {0}, before[TEXT_LEN], dst[TEXT_LEN];

	memcpy(bad, sealed, SEALED_LEN);
	if (at < SEALED_LEN)
		bad[at] ^= 0x80;
	memset(before, 0xa5, TEXT_LEN);
	memset(dst, 0xa5, TEXT_LEN);
	return c->open(dst, bad, SEALED_LEN, ad, ad_len, nonce, key) != 0 &&
		(memcmp(dst, zero, TEXT_LEN) == 0 || memcmp(dst, before, TEXT_LEN) == 0);
}

static bool check_aead_case(const struct aead_case *c)
{
	uint8_t key[32], nonce[24], ad[16], sealed[SEALED_LEN], buf[SEALED_LEN];
	const uint8_t *text = (const uint8_t *)sunscreen;
	size_t ad_len = unhex(ad, c->ad);

	count_up(key, sizeof(key), 0x80);
	unhex(nonce, c->nonce);
	c->seal(sealed, text, TEXT_LEN, ad, ad_len, nonce, key);
	bool ok = equals_hex(sealed, SEALED_LEN, c->sealed);
	memcpy(buf, text, TEXT_LEN);
	c->seal(buf, buf, TEXT_LEN, ad, ad_len, nonce, key);
	ok &= memcmp(buf, sealed, SEALED_LEN) == 0;

	ok &= c->open(buf, buf, SEALED_LEN, ad, ad_len, nonce, key) == 0;
	ok &= memcmp(buf, text, TEXT_LEN) == 0;
	memset(buf, 0, sizeof(buf));
	ok &= c->open(buf, sealed, SEALED_LEN, ad, ad_len, nonce, key) == 0;
	ok &= memcmp(buf, text, TEXT_LEN) == 0;

	ok &= refuses(c, sealed, 0, ad, ad_len, nonce, key);
	ok &= refuses(c, sealed, TEXT_LEN, ad, ad_len, nonce, key);
	ok &= refuses(c, sealed, SEALED_LEN - 1, ad, ad_len, nonce, key);
	return ok & refuses(c, sealed, SEALED_LEN, ad, ad_len - 1, nonce, key);
}

static bool check_aead(void)
{
	const struct aead_case c = {
		.seal = crypto_provider()->aead_seal,
		.open = crypto_provider()->aead_open,
		.nonce = "070000004041424344454647",
		.ad = "50515253c0c1c2c3c4c5c6c7",
		.sealed = "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
			  "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
			  "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
			  "3ff4def08e4b7a9de576d26586cec64b6116"
			  "1ae10b594f09e26a7e902ecbd0600691",
	};
	return check_aead_case(&c);
}

static bool check_xaead(void)
{
	const struct aead_case c = {
		.seal = crypto_provider()->xaead_seal,
		.open = crypto_provider()->xaead_open,
		.nonce = "404142434445464748494a4b4c4d4e4f5051525354555657",
		.ad = "50515253c0c1c2c3c4c5c6c7",
		.sealed = "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
			  "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
			  "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
			  "21f9664c97637da9768812f615c68b13b52e"
			  "c0875924c1c7987947deafd8780acf49",
	};
	return check_aead_case(&c);
}

/* Every public key of low order, canonical and not (A9); the top bit does not count. */
static bool refuses_low_order(void)
{
	static const char *const points[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	uint8_t secret[DH_LEN], public[DH_LEN], shared[DH_LEN];
	bool ok = true;

	count_up(secret, sizeof(secret), 1);
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		unhex(public, points[i]);
		ok &= crypto_provider()->dh(shared, secret, public) != 0;
		public[31] |= 0x80;
		ok &= crypto_provider()->dh(shared, secret, public) != 0;
	}
	return ok;
}

static bool dh_gives(const char *secret_hex, const char *public_hex, const char *expected_hex)
{
	uint8_t secret[DH_LEN], public[DH_LEN], shared[DH_LEN];

	unhex(secret, secret_hex);
	unhex(public, public_hex);
	return crypto_provider()->dh(shared, secret, public) == 0 &&
		equals_hex(shared, DH_LEN, expected_hex);
}

/* RFC 7748 sections 5.2 (the second vector sets the bit to be masked) and 6.1. */
static bool check_dh(void)
{
	static const char alice[] =
		"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
	static const char alice_public[] =
		"8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
	uint8_t secret[DH_LEN], public[DH_LEN];

	bool ok = dh_gives("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
		"e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
		"c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
	ok &= dh_gives("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
		"e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
		"95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
	ok &= dh_gives("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
		alice_public, "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
	unhex(secret, alice);
	crypto_provider()->dh_base(public, secret);
	ok &= equals_hex(public, DH_LEN, alice_public);
	return ok & refuses_low_order();
}

/* No statistics, only what a broken source shows at once: bytes it never writes or repeats. */
static bool check_random(void)
{
	uint8_t first[32] = {0}, next[32], changed[32] = {0};
	bool ok = true;

	crypto_provider()->random(first, sizeof(first));
	for (int draw = 0; draw < 16; draw++) {
		memset(next, 0, sizeof(next));
		crypto_provider()->random(next, sizeof(next));
		ok &= memcmp(first, next, sizeof(next)) != 0 && !secret_is_zero(next, sizeof(next));
		for (size_t i = 0; i < sizeof(next); i++)
			changed[i] |= first[i] ^ next[i];
	}
	for (size_t i = 0; i < sizeof(changed); i++)
		ok &= changed[i] != 0;
	return ok;
}

static bool check_compare(void)
{
	uint8_t a[16], b[16], zero[16] = {0};

	count_up(a, sizeof(a), 1);
	memcpy(b, a, sizeof(b));
	bool ok = secret_equal(a, b, sizeof(a)) && secret_is_zero(zero, sizeof(zero));
	for (unsigned bit = 0; bit < 8 * sizeof(b); bit++) {
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		zero[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ok &= !secret_equal(a, b, sizeof(a)) && !secret_is_zero(zero, sizeof(zero));
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		zero[bit / 8] = 0;
	}
	return ok;
}

const char *crypto_selftest(void)
{
	static const struct {
		const char *name;
		bool (*holds)(void);
	} checks[] = {
		{"blake2s", check_blake2s},
		{"hmac", check_hmac},
		{"kdf", check_kdf},
		{"aead", check_aead},
		{"xaead", check_xaead},
		{"dh", check_dh},
		{"random", check_random},
		{"compare", check_compare},
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (!checks[i].holds())
			return checks[i].name;
	return NULL;
}
