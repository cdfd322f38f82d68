/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aead.h"
#include "crypto/provider.h"
#include "hex.h"

#define SEALED_MAX 512

/* Both constructions behind one face: a nonce of 12 bytes whose first four are zero, or of 24. */
struct cipher {
	const char *name;
	void (*seal)(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad,
		size_t ad_len, const uint8_t *nonce, const uint8_t *key);
	int (*open)(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad,
		size_t ad_len, const uint8_t *nonce, const uint8_t *key);
};

static uint64_t counter_of(const uint8_t *nonce)
{
	uint64_t counter = 0;

	for (int i = 7; i >= 0; i--)
		counter = counter << 8 | nonce[4 + i];
	return counter;
}

static void seal_short(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad,
	size_t ad_len, const uint8_t *nonce, const uint8_t *key)
{
	aead_seal(dst, src, src_len, ad, ad_len, counter_of(nonce), key);
}

static int open_short(uint8_t *dst, const uint8_t *src, size_t src_len, const uint8_t *ad,
	size_t ad_len, const uint8_t *nonce, const uint8_t *key)
{
	return aead_open(dst, src, src_len, ad, ad_len, counter_of(nonce), key);
}

static const struct cipher ciphers[] = {
	{"ChaCha20-Poly1305", seal_short, open_short},
	{"XChaCha20-Poly1305", xaead_seal, xaead_open},
};
#define CIPHERS (sizeof(ciphers) / sizeof(ciphers[0]))

static const char sunscreen[] = "Ladies and Gentlemen of the class of '99: If I could offer you "
				"only one tip for the future, sunscreen would be it.";

/* The provider's own table: this vector's nonce does not begin with 32 zero bits. */
static void rfc8439_section_2_8_2(void)
{
	static const char expected[] =
		"d31a8d34648e60db7b86afbc53ef7ec2 a4aded51296e08fea9e2b5a736ee62d6"
		"3dbea45e8ca9671282fafb69da92728b 1a71de0a9e060b2905d6a5b67ecd3b36"
		"92ddbd7f2d778b8c9803aee328091b58 fab324e4fad675945585808b4831d7bc"
		"3ff4def08e4b7a9de576d26586cec64b 6116 1ae10b594f09e26a7e902ecbd0600691";
	size_t length = strlen(sunscreen);
	uint8_t key[32], nonce[12], ad[12], sealed[SEALED_MAX], opened[SEALED_MAX];

	count_up(key, sizeof(key), 0x80);
	hex_bytes(nonce, sizeof(nonce), "070000004041424344454647");
	hex_bytes(ad, sizeof(ad), "50515253c0c1c2c3c4c5c6c7");
	crypto_provider()->aead_seal(sealed, (const uint8_t *)sunscreen, length, ad, sizeof(ad),
		nonce, key);
	CU_ASSERT(hex_equal(sealed, length + 16, expected));
	CU_ASSERT_EQUAL(crypto_provider()->aead_open(opened, sealed, length + 16, ad, sizeof(ad),
		nonce, key), 0);
	CU_ASSERT_EQUAL(memcmp(opened, sunscreen, length), 0);
}

/* Appendix A.5: its nonce is 32 zero bits and a counter, as WireGuard's are (A8). */
static void rfc8439_appendix_a_5(void)
{
	static const char ciphertext[] =
		"64a0861575861af460f062c79be643bd 5e805cfd345cf389f108670ac76c8cb2"
		"4c6cfc18755d43eea09ee94e382d26b0 bdb7b73c321b0100d4f03b7f355894cf"
		"332f830e710b97ce98c8a84abd0b9481 14ad176e008d33bd60f982b1ff37c855"
		"9797a06ef4f0ef61c186324e2b350638 3606907b6a7c02b0f9f6157b53c867e4"
		"b9166c767b804d46a59b5216cde7a4e9 9040c5a40433225ee282a1b0a06c523e"
		"af4534d7f83fa1155b0047718cbc546a 0d072b04b3564eea1b422273f548271a"
		"0bb2316053fa76991955ebd63159434e cebb4e466dae5a1073a6727627097a10"
		"49e617d91d361094fa68f0ff77987130 305beaba2eda04df997b714d6c6f2c29"
		"a6ad5cb4022b02709b eead9d67890cbb22392336fea1851f38";
	static const char text[] =
		"Internet-Drafts are draft documents valid for a maximum of six months and may be "
		"updated, replaced, or obsoleted by other documents at any time. It is "
		"inappropriate to use Internet-Drafts as reference material or to cite them other "
		"than as /\xe2\x80\x9cwork in progress./\xe2\x80\x9d";
	size_t length = strlen(text);
	uint8_t key[32], ad[12], sealed[SEALED_MAX], opened[SEALED_MAX];

	hex_bytes(key, sizeof(key),
		"1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0");
	hex_bytes(ad, sizeof(ad), "f33388860000000000004e91");
	CU_ASSERT_EQUAL(hex_bytes(sealed, sizeof(sealed), ciphertext), length + 16);
	CU_ASSERT_EQUAL(aead_open(opened, sealed, length + 16, ad, sizeof(ad), 0x0807060504030201,
		key), 0);
	CU_ASSERT_EQUAL(memcmp(opened, text, length), 0);
	aead_seal(opened, (const uint8_t *)text, length, ad, sizeof(ad), 0x0807060504030201, key);
	CU_ASSERT_EQUAL(memcmp(opened, sealed, length + 16), 0);
}

static void xchacha_appendix_a_3(void)
{
	static const char expected[] =
		"bd6d179d3e83d43b9576579493c0e939 572a1700252bfaccbed2902c21396cbb"
		"731c7f1b0b4aa6440bf3a82f4eda7e39 ae64c6708c54c216cb96b72e1213b452"
		"2f8c9ba40db5d945b11b69b982c1bb9e 3f3fac2bc369488f76b2383565d3fff9"
		"21f9664c97637da9768812f615c68b13 b52e c0875924c1c7987947deafd8780acf49";
	size_t length = strlen(sunscreen);
	uint8_t key[32], nonce[24], ad[12], sealed[SEALED_MAX];

	count_up(key, sizeof(key), 0x80);
	count_up(nonce, sizeof(nonce), 0x40);
	hex_bytes(ad, sizeof(ad), "50515253c0c1c2c3c4c5c6c7");
	xaead_seal(sealed, (const uint8_t *)sunscreen, length, ad, sizeof(ad), nonce, key);
	CU_ASSERT(hex_equal(sealed, length + 16, expected));
}

/* C3: each of the counter's 64 bits counts. */
static void every_counter_bit_counts(void)
{
	const uint8_t key[32] = {1}, text[16] = {0};
	uint8_t first[32], other[32], opened[16];

	aead_seal(first, text, sizeof(text), NULL, 0, 0, key);
	for (unsigned bit = 0; bit < 64; bit++) {
		uint64_t counter = (uint64_t)1 << bit;
		uint8_t nonce[12] = {0};
		aead_seal(other, text, sizeof(text), NULL, 0, counter, key);
		CU_ASSERT_NOT_EQUAL(memcmp(first, other, sizeof(first)), 0);
		CU_ASSERT_EQUAL(aead_open(opened, first, sizeof(first), NULL, 0, counter, key),
			-EBADMSG);
		/* The same as the table's with the nonce laid out by hand. */
		nonce[4 + bit / 8] = (uint8_t)(1 << bit % 8);
		crypto_provider()->aead_seal(first, text, sizeof(text), NULL, 0, nonce, key);
		CU_ASSERT_EQUAL(memcmp(first, other, sizeof(first)), 0);
		aead_seal(first, text, sizeof(text), NULL, 0, 0, key);
	}
}

struct message {
	uint8_t key[32], nonce[24], ad[20], text[SEALED_MAX], sealed[SEALED_MAX];
	size_t ad_len, length;
};

static void make_message(struct message *m, const struct cipher *c, size_t length)
{
	struct sequence s = {0x8439};

	memset(m, 0, sizeof(*m));
	sequence_fill(&s, m->key, sizeof(m->key));
	sequence_fill(&s, m->nonce + 4, sizeof(m->nonce) - 4);
	sequence_fill(&s, m->ad, sizeof(m->ad));
	sequence_fill(&s, m->text, length);
	m->ad_len = sizeof(m->ad);
	m->length = length;
	c->seal(m->sealed, m->text, length, m->ad, m->ad_len, m->nonce, m->key);
}

static void every_length_both_ways(void)
{
	for (size_t i = 0; i < CIPHERS; i++) {
		const struct cipher *c = &ciphers[i];
		for (size_t length = 0; length <= 260; length++) {
			struct message m;
			uint8_t buf[SEALED_MAX];

			make_message(&m, c, length);
			memcpy(buf, m.text, length);
			buf[length + 16] = 0xa5;
			c->seal(buf, buf, length, m.ad, m.ad_len, m.nonce, m.key);
			CU_ASSERT_EQUAL(memcmp(buf, m.sealed, length + 16), 0);
			CU_ASSERT_EQUAL(buf[length + 16], 0xa5);
			CU_ASSERT_EQUAL(c->open(buf, buf, length + 16, m.ad, m.ad_len, m.nonce,
				m.key), 0);
			CU_ASSERT_EQUAL(memcmp(buf, m.text, length), 0);

			memset(buf, 0xa5, sizeof(buf));
			CU_ASSERT_EQUAL(c->open(buf, m.sealed, length + 16, m.ad, m.ad_len, m.nonce,
				m.key), 0);
			CU_ASSERT_EQUAL(memcmp(buf, m.text, length), 0);
			CU_ASSERT_EQUAL(buf[length], 0xa5);
		}
	}
}

/* The plaintext in front of us would be a disaster: dst must be as it was, or zeroes. */
static bool holds_nothing(const uint8_t *dst, const uint8_t *before, size_t length)
{
	static const uint8_t zero[SEALED_MAX];

	return memcmp(dst, before, length) == 0 || memcmp(dst, zero, length) == 0;
}

static bool refused_out_of_place(const struct cipher *c, const struct message *m)
{
	uint8_t dst[SEALED_MAX], before[SEALED_MAX];

	memset(before, 0xa5, sizeof(before));
	memset(dst, 0xa5, sizeof(dst));
	return c->open(dst, m->sealed, m->length + 16, m->ad, m->ad_len, m->nonce, m->key) ==
		-EBADMSG && holds_nothing(dst, before, m->length);
}

static bool refused_in_place(const struct cipher *c, const struct message *m)
{
	uint8_t buf[SEALED_MAX];

	memcpy(buf, m->sealed, sizeof(buf));
	return c->open(buf, buf, m->length + 16, m->ad, m->ad_len, m->nonce, m->key) == -EBADMSG &&
		holds_nothing(buf, m->sealed, m->length);
}

/* Spoils each bit of one part of the message in turn, and puts it back. */
static void every_bit_refused(const struct cipher *c, struct message *m, uint8_t *part,
	size_t length)
{
	for (size_t bit = 0; bit < 8 * length; bit++) {
		part[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT(refused_out_of_place(c, m));
		CU_ASSERT(refused_in_place(c, m));
		part[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	uint8_t opened[SEALED_MAX]; /* and unspoiled it is good */
	CU_ASSERT_EQUAL(c->open(opened, m->sealed, m->length + 16, m->ad, m->ad_len, m->nonce,
		m->key), 0);
}

static void tampering_is_refused(void)
{
	static const size_t lengths[] = {0, 1, 16, 63, 64, 65, 114};

	for (size_t i = 0; i < CIPHERS; i++) {
		for (size_t j = 0; j < sizeof(lengths) / sizeof(lengths[0]); j++) {
			struct message m;
			make_message(&m, &ciphers[i], lengths[j]);
			every_bit_refused(&ciphers[i], &m, m.sealed, m.length + 16);
			every_bit_refused(&ciphers[i], &m, m.ad, m.ad_len);
			every_bit_refused(&ciphers[i], &m, m.key, sizeof(m.key));
			/* WireGuard's counter is the last 8 of 12 bytes. */
			every_bit_refused(&ciphers[i], &m, m.nonce + 4, i == 0 ? 8 : 20);
		}
	}
}

static void other_lengths_are_refused(void)
{
	for (size_t i = 0; i < CIPHERS; i++) {
		struct message m;

		make_message(&m, &ciphers[i], 100);
		for (m.length = 0; m.length < 150; m.length++)
			if (m.length != 100)
				CU_ASSERT(refused_out_of_place(&ciphers[i], &m));
		m.length = 100;
		for (m.ad_len = 0; m.ad_len < sizeof(m.ad); m.ad_len++)
			CU_ASSERT(refused_out_of_place(&ciphers[i], &m));
	}
}

static void shorter_than_a_tag(void)
{
	for (size_t i = 0; i < CIPHERS; i++) {
		for (size_t length = 0; length < 16; length++) {
			uint8_t *exact = calloc(1, length > 0 ? length : 1);
			uint8_t dst[4] = {1, 2, 3, 4};
			const uint8_t nonce[24] = {0}, key[32] = {0};

			CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
			CU_ASSERT_EQUAL(ciphers[i].open(dst, exact, length, NULL, 0, nonce, key),
				-EBADMSG);
			CU_ASSERT_EQUAL(memcmp(dst, "\1\2\3\4", 4), 0);
			free(exact);
		}
	}
}

/* A tag of zeroes, or the right tag's first bytes, is not enough. */
static void no_tag_is_special(void)
{
	for (size_t i = 0; i < CIPHERS; i++) {
		for (size_t kept = 0; kept < 16; kept++) {
			struct message m;
			make_message(&m, &ciphers[i], 32);
			memset(m.sealed + 32 + kept, 0, 16 - kept);
			CU_ASSERT(refused_out_of_place(&ciphers[i], &m));
		}
	}
}

static const struct unit_test tests[] = {
	{"V: RFC 8439 section 2.8.2", rfc8439_section_2_8_2},
	{"A8 V: RFC 8439 appendix A.5 by counter", rfc8439_appendix_a_5},
	{"A19 V: XChaCha draft appendix A.3", xchacha_appendix_a_3},
	{"A8 C3: each of the counter's 64 bits counts", every_counter_bit_counts},
	{"every length, in place and out of place", every_length_both_ways},
	{"C1: every spoiled bit is refused and leaves no plaintext", tampering_is_refused},
	{"C1: other lengths are refused", other_lengths_are_refused},
	{"C1: shorter than a tag", shorter_than_a_tag},
	{"C1: no tag is special", no_tag_is_special},
	{NULL, NULL},
};

const struct unit_suite suite_aead = {"aead", tests};
