/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/blake2s.h"
#include "crypto/secret.h"
#include "hex.h"
#include "naive_blake2s.h"

static void abc(void)
{
	uint8_t out[BLAKE2S_LEN];

	blake2s(out, sizeof(out), "abc", 3, NULL, 0);
	CU_ASSERT(hex_equal(out, sizeof(out),
		"508C5E8C327C14E2E1A72BA34EEB452F37458B209ED63A294D999B4C86675982"));
}

/* RFC 7693 appendix E */
static void self_test_sequence(uint8_t *out, size_t len, uint32_t seed)
{
	uint32_t a = 0xDEAD4BADu * seed, b = 1, t;

	for (size_t i = 0; i < len; i++) {
		t = a + b;
		a = b;
		b = t;
		out[i] = (uint8_t)(t >> 24);
	}
}

static void rfc_self_test(void)
{
	static const size_t out_lens[4] = {16, 20, 28, 32};
	static const size_t in_lens[6] = {0, 3, 64, 65, 255, 1024};
	uint8_t in[1024], out[32], key[32];
	struct blake2s grand;

	blake2s_init(&grand, 32, NULL, 0);
	for (int i = 0; i < 4; i++) {
		for (int j = 0; j < 6; j++) {
			self_test_sequence(in, in_lens[j], (uint32_t)in_lens[j]);
			blake2s(out, out_lens[i], in, in_lens[j], NULL, 0);
			blake2s_update(&grand, out, out_lens[i]);
			self_test_sequence(key, out_lens[i], (uint32_t)out_lens[i]);
			blake2s(out, out_lens[i], in, in_lens[j], key, out_lens[i]);
			blake2s_update(&grand, out, out_lens[i]);
		}
	}
	blake2s_final(&grand, out, 32);
	CU_ASSERT(hex_equal(out, 32,
		"6A411F08CE25ADCDFB02ABA641451CEC53C598B24F4FC787FBDC88797F4C1DFE"));
}

/* WireGuard's own starting points, as every implementation has them (A5). */
static void construction_and_identifier(void)
{
	static const char construction[] = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s";
	static const char identifier[] = "WireGuard v1 zx2c4 Jason@zx2c4.com";
	uint8_t ck[BLAKE2S_LEN], h[BLAKE2S_LEN];
	struct blake2s state;

	blake2s(ck, sizeof(ck), construction, strlen(construction), NULL, 0);
	CU_ASSERT(hex_equal(ck, sizeof(ck),
		"60e26daef327efc02ec335e2a025d2d016eb4206f87277f52d38d1988b78cd36"));
	blake2s_init(&state, sizeof(h), NULL, 0);
	blake2s_update(&state, ck, sizeof(ck));
	blake2s_update(&state, identifier, strlen(identifier));
	blake2s_final(&state, h, sizeof(h));
	CU_ASSERT(hex_equal(h, sizeof(h),
		"2211b361081ac566691243db458ad5322d9c6c662293e8b70ee19c65ba079ef3"));
}

static void same_as_the_naive_one(void)
{
	struct sequence s = {0x7693};
	uint8_t in[300], key[32], out[33], expected[32];

	sequence_fill(&s, in, sizeof(in));
	sequence_fill(&s, key, sizeof(key));
	for (size_t in_len = 0; in_len <= sizeof(in); in_len++) {
		for (size_t key_len = 0; key_len <= 32; key_len += 8) {
			size_t out_len = 1 + in_len % 32;
			out[out_len] = 0xa5;
			blake2s(out, out_len, in, in_len, key_len ? key : NULL, key_len);
			naive_blake2s(expected, out_len, in, in_len, key, key_len);
			CU_ASSERT_EQUAL(memcmp(out, expected, out_len), 0);
			CU_ASSERT_EQUAL(out[out_len], 0xa5);
		}
	}
}

/*
 * The naive one has the same tables, so this is the answer of another: Python's hashlib.blake2s() over the
 * digests of hashlib.blake2s(m, key=key, digest_size=1 + n % 32), n = 0 to 300 and key lengths in steps of 8.
 */
static void same_as_pythons(void)
{
	uint8_t in[300], key[32], out[32];
	struct blake2s all;

	blake2s_init(&all, sizeof(out), NULL, 0);
	for (size_t n = 0; n <= sizeof(in); n++) {
		for (size_t i = 0; i < n; i++)
			in[i] = (uint8_t)(i * 7 + n);
		for (size_t i = 0; i < sizeof(key); i++)
			key[i] = (uint8_t)(i * 5 + n);
		for (size_t key_len = 0; key_len <= sizeof(key); key_len += 8) {
			blake2s(out, 1 + n % 32, in, n, key, key_len);
			blake2s_update(&all, out, 1 + n % 32);
		}
	}
	blake2s_final(&all, out, sizeof(out));
	CU_ASSERT(hex_equal(out, sizeof(out),
		"0aa7521cdc04f61462bbc1d74cd7d3c8ca6c6336f8c4f7cc31b2b4b680d50707"));
}

static void pieces_do_not_matter(void)
{
	uint8_t in[200], whole[BLAKE2S_LEN], pieced[BLAKE2S_LEN];
	struct blake2s state;

	count_up(in, sizeof(in), 0);
	blake2s(whole, sizeof(whole), in, sizeof(in), NULL, 0);
	for (size_t cut = 0; cut <= sizeof(in); cut++) {
		blake2s_init(&state, sizeof(pieced), NULL, 0);
		blake2s_update(&state, in, cut);
		blake2s_update(&state, NULL, 0);
		blake2s_update(&state, in + cut, sizeof(in) - cut);
		blake2s_final(&state, pieced, sizeof(pieced));
		CU_ASSERT_EQUAL(memcmp(whole, pieced, sizeof(whole)), 0);
	}
}

static void final_wipes_the_state(void)
{
	struct blake2s state;
	uint8_t key[32], out[BLAKE2S_MAC_LEN];

	count_up(key, sizeof(key), 1);
	memset(&state, 0xa5, sizeof(state));
	blake2s_init(&state, sizeof(out), key, sizeof(key));
	blake2s_update(&state, "mac", 3);
	CU_ASSERT_FALSE(secret_is_zero(&state, sizeof(state)));
	blake2s_final(&state, out, sizeof(out));
	CU_ASSERT(secret_is_zero(&state, sizeof(state)));
}

static void hash_of_sizes(size_t out_len, size_t key_len, size_t final_len)
{
	const uint8_t key[40] = {0};
	uint8_t out[40];
	struct blake2s state;

	blake2s_init(&state, out_len, key, key_len);
	blake2s_final(&state, out, final_len);
}

/* In a process of its own, which leaves no core. */
static bool aborts(size_t out_len, size_t key_len, size_t final_len)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){0});
		hash_of_sizes(out_len, key_len, final_len);
		_exit(0);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
		WTERMSIG(status) == SIGABRT;
}

/* Whoever asks for another size would go on with something that is no hash. */
static void wrong_sizes_abort(void)
{
	CU_ASSERT_FALSE(aborts(32, 32, 32));
	CU_ASSERT_FALSE(aborts(1, 0, 1));
	CU_ASSERT(aborts(0, 0, 1));
	CU_ASSERT(aborts(33, 0, 32));
	CU_ASSERT(aborts(32, 33, 32));
	CU_ASSERT(aborts(32, 0, 0));
	CU_ASSERT(aborts(32, 0, 33));
}

/* RFC 4231's inputs; the answers are Python's, hmac.new(key, in, hashlib.blake2s). */
static void hmac_known_answers(void)
{
	static const char hashed_key[] = "Test Using Larger Than Block-Size Key - Hash Key First";
	static const char question[] = "what do ya want for nothing?";
	uint8_t key[131], in[200], out[BLAKE2S_LEN];

	memset(key, 0x0b, sizeof(key));
	hmac_blake2s(out, "Hi There", 8, key, 20);
	CU_ASSERT(hex_equal(out, 32,
		"65a8b7c5cc9136d424e82c37e2707e74e913c0655b99c75f40edf387453a3260"));
	hmac_blake2s(out, question, strlen(question), (const uint8_t *)"Jefe", 4);
	CU_ASSERT(hex_equal(out, 32,
		"90b6281e2f3038c9056af0b4a7e763cae6fe5d9eb4386a0ec95237890c104ff0"));
	memset(key, 0xaa, sizeof(key));
	hmac_blake2s(out, hashed_key, strlen(hashed_key), key, sizeof(key));
	CU_ASSERT(hex_equal(out, 32,
		"d23d79394f53d536a096e6514447eeaabb05ded01be32c1937da6a8f7103bc4e"));

	/* Around the block: 64 bytes of key are used as they are, 65 are hashed. */
	count_up(key, 65, 0);
	memset(in, 'x', sizeof(in));
	hmac_blake2s(out, NULL, 0, key, 64);
	CU_ASSERT(hex_equal(out, 32,
		"4a4f8f181c931253202b2d7a77e2a612f65580f4b0d56108f7f275f22b63ae00"));
	hmac_blake2s(out, in, sizeof(in), key, 65);
	CU_ASSERT(hex_equal(out, 32,
		"48d9a13c5b338015365978c1ece7a6d793f299bc526f33e3242085132385d0c9"));
	hmac_blake2s(out, NULL, 0, NULL, 0);
	CU_ASSERT(hex_equal(out, 32,
		"eaf4bb25938f4d20e72656bbbc7a9bf63c0c18537333c35bdb67db1402661acd"));
}

static void hmac_same_as_the_naive_one(void)
{
	struct sequence s = {0x2104};
	uint8_t in[150], key[140], out[BLAKE2S_LEN], expected[BLAKE2S_LEN];

	sequence_fill(&s, in, sizeof(in));
	sequence_fill(&s, key, sizeof(key));
	for (size_t key_len = 0; key_len <= sizeof(key); key_len++) {
		size_t in_len = key_len * 7 % (sizeof(in) + 1);
		hmac_blake2s(out, in, in_len, key, key_len);
		naive_hmac(expected, in, in_len, key, key_len);
		CU_ASSERT_EQUAL(memcmp(out, expected, sizeof(out)), 0);
	}
}

/* A7: it is HMAC. BLAKE2s's own key would give something else. */
static void hmac_is_not_keyed_blake2s(void)
{
	uint8_t key[32], hmac[BLAKE2S_LEN], keyed[BLAKE2S_LEN];

	count_up(key, sizeof(key), 0);
	hmac_blake2s(hmac, "in", 2, key, sizeof(key));
	blake2s(keyed, sizeof(keyed), "in", 2, key, sizeof(key));
	CU_ASSERT_NOT_EQUAL(memcmp(hmac, keyed, sizeof(hmac)), 0);
}

/* The answers are Python's: prk = HMAC(ck, in), T(i) = HMAC(prk, T(i-1) | i). */
static void kdf_known_answers(void)
{
	uint8_t ck[32], in[32], t1[32], t2[32], t3[32];

	count_up(ck, sizeof(ck), 0);
	count_up(in, sizeof(in), 32);
	kdf(t1, t2, t3, ck, in, sizeof(in));
	CU_ASSERT(hex_equal(t1, 32,
		"6a96444e20e8d4c1cee974416acae1c10b3c92886010e54ed94dafb2c3b80ea0"));
	CU_ASSERT(hex_equal(t2, 32,
		"57af120b0de7acbe7907ec149c5ae870a2dbb74232b65777ba4123f1f7f888f5"));
	CU_ASSERT(hex_equal(t3, 32,
		"0926c7caabb6e8d73beda759e6f4f0d324ce5b5000bcf8cd784b26db3049faa9"));
	kdf(t1, t2, t3, ck, NULL, 0);
	CU_ASSERT(hex_equal(t1, 32,
		"7a38c34bf2b8738d7374ca77c44ecb309a11d2b2528304fa86052c365e722624"));
	CU_ASSERT(hex_equal(t2, 32,
		"1a17621f346abdc520746a9fb64d8eb03231d674fc15687537b0780fd9c060fd"));
	CU_ASSERT(hex_equal(t3, 32,
		"4eaf02809ac4b930ef63479de62275f1c55656e61f78a3cc653c18a2223d6c5f"));
}

static void kdf_same_as_the_naive_one(void)
{
	struct sequence s = {0x5869};
	uint8_t ck[32], in[64], t[3][32], expected[96];

	for (size_t in_len = 0; in_len <= sizeof(in); in_len++) {
		sequence_fill(&s, ck, sizeof(ck));
		sequence_fill(&s, in, sizeof(in));
		naive_hkdf(expected, sizeof(expected), ck, sizeof(ck), in, in_len);
		kdf(t[0], t[1], t[2], ck, in, in_len);
		CU_ASSERT_EQUAL(memcmp(t, expected, sizeof(t)), 0);
	}
}

/* KDF1 and KDF2 are the beginning of KDF3, write nothing else, and t1 may be ck. */
static void kdf_of_fewer(void)
{
	uint8_t ck[32], t1[32], t2[32], t3[32], one[32], two[32], same[32];

	count_up(ck, sizeof(ck), 7);
	kdf(t1, t2, t3, ck, (const uint8_t *)"in", 2);
	kdf(one, NULL, NULL, ck, (const uint8_t *)"in", 2);
	CU_ASSERT_EQUAL(memcmp(one, t1, 32), 0);
	memset(one, 0, sizeof(one));
	kdf(one, two, NULL, ck, (const uint8_t *)"in", 2);
	CU_ASSERT(memcmp(one, t1, 32) == 0 && memcmp(two, t2, 32) == 0);
	memcpy(same, ck, sizeof(same));
	kdf(same, two, t3, same, (const uint8_t *)"in", 2);
	CU_ASSERT(memcmp(same, t1, 32) == 0 && memcmp(two, t2, 32) == 0);
}

static const struct unit_test tests[] = {
	{"V: RFC 7693 appendix B, \"abc\"", abc},
	{"V: RFC 7693 appendix E, the self-test", rfc_self_test},
	{"A5: construction and identifier", construction_and_identifier},
	{"same as a naive BLAKE2s at every length", same_as_the_naive_one},
	{"same as Python's BLAKE2s at every length", same_as_pythons},
	{"pieces do not matter", pieces_do_not_matter},
	{"A12: final wipes the state", final_wipes_the_state},
	{"sizes out of range end the process", wrong_sizes_abort},
	{"A7 V: HMAC known answers", hmac_known_answers},
	{"A7: HMAC same as a naive one at every key length", hmac_same_as_the_naive_one},
	{"A7: HMAC is not keyed BLAKE2s", hmac_is_not_keyed_blake2s},
	{"A7 V: KDF known answers", kdf_known_answers},
	{"A7: KDF same as a naive HKDF", kdf_same_as_the_naive_one},
	{"A7: KDF1 and KDF2", kdf_of_fewer},
	{NULL, NULL},
};

const struct unit_suite suite_blake2s = {"blake2s", tests};
