/* SPDX-License-Identifier: BSD-3-Clause */
#include "naive_blake2s.h"

#include <CUnit/CUnit.h>
#include <string.h>

#define BLOCK 64

static const uint32_t iv[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
	0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static const uint8_t sigma[10][16] = {
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
	{14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
	{11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
	{7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
	{9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
	{2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
	{12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
	{13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
	{6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
	{10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

static uint32_t rotate(uint32_t v, unsigned n)
{
	return v >> n | v << (32 - n);
}

/* Section 3.1 */
static void mix(uint32_t v[16], unsigned a, unsigned b, unsigned c, unsigned d, uint32_t x,
	uint32_t y)
{
	v[a] += v[b] + x;
	v[d] = rotate(v[d] ^ v[a], 16);
	v[c] += v[d];
	v[b] = rotate(v[b] ^ v[c], 12);
	v[a] += v[b] + y;
	v[d] = rotate(v[d] ^ v[a], 8);
	v[c] += v[d];
	v[b] = rotate(v[b] ^ v[c], 7);
}

/* Section 3.2; total is how many bytes went in so far, this block's included. */
static void compress(uint32_t h[8], const uint8_t block[BLOCK], uint64_t total, int last)
{
	uint32_t v[16], m[16];

	for (unsigned i = 0; i < 8; i++) {
		v[i] = h[i];
		v[i + 8] = iv[i];
	}
	v[12] ^= (uint32_t)total;
	v[13] ^= (uint32_t)(total >> 32);
	if (last)
		v[14] = ~v[14];
	for (unsigned i = 0; i < 16; i++)
		m[i] = (uint32_t)block[4 * i] | (uint32_t)block[4 * i + 1] << 8 |
			(uint32_t)block[4 * i + 2] << 16 | (uint32_t)block[4 * i + 3] << 24;
	for (unsigned round = 0; round < 10; round++) {
		const uint8_t *s = sigma[round];
		for (unsigned i = 0; i < 4; i++)
			mix(v, i, 4 + i, 8 + i, 12 + i, m[s[2 * i]], m[s[2 * i + 1]]);
		for (unsigned i = 0; i < 4; i++)
			mix(v, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4,
				m[s[8 + 2 * i]], m[s[9 + 2 * i]]);
	}
	for (unsigned i = 0; i < 8; i++)
		h[i] ^= v[i] ^ v[i + 8];
}

/* Section 3.3: a key is a block of its own before the message. */
void naive_blake2s(uint8_t *out, size_t out_len, const uint8_t *in, size_t in_len,
	const uint8_t *key, size_t key_len)
{
	uint8_t all[BLOCK + 2048] = {0};
	size_t length = 0, done = 0;
	uint32_t h[8];

	CU_ASSERT_FATAL(in_len <= 2048 && key_len <= 32);
	if (key_len > 0) {
		memcpy(all, key, key_len);
		length = BLOCK;
	}
	if (in_len > 0)
		memcpy(all + length, in, in_len);
	length += in_len;

	memcpy(h, iv, sizeof(h));
	h[0] ^= 0x01010000 ^ (uint32_t)(key_len << 8) ^ (uint32_t)out_len;
	for (; length - done > BLOCK; done += BLOCK)
		compress(h, all + done, done + BLOCK, 0);
	uint8_t last[BLOCK] = {0};
	memcpy(last, all + done, length - done);
	compress(h, last, length, 1);
	for (size_t i = 0; i < out_len; i++)
		out[i] = (uint8_t)(h[i / 4] >> 8 * (i % 4));
}

void naive_hmac(uint8_t out[static 32], const uint8_t *in, size_t in_len, const uint8_t *key,
	size_t key_len)
{
	uint8_t k[BLOCK] = {0}, inner[BLOCK + 1024], outer[BLOCK + 32];

	CU_ASSERT_FATAL(in_len <= 1024);
	if (key_len > BLOCK)
		naive_blake2s(k, 32, key, key_len, NULL, 0);
	else if (key_len > 0)
		memcpy(k, key, key_len);
	for (unsigned i = 0; i < BLOCK; i++) {
		inner[i] = k[i] ^ 0x36;
		outer[i] = k[i] ^ 0x5c;
	}
	if (in_len > 0)
		memcpy(inner + BLOCK, in, in_len);
	naive_blake2s(outer + BLOCK, 32, inner, BLOCK + in_len, NULL, 0);
	naive_blake2s(out, 32, outer, sizeof(outer), NULL, 0);
}

void naive_hkdf(uint8_t *out, size_t out_len, const uint8_t *salt, size_t salt_len,
	const uint8_t *in, size_t in_len)
{
	uint8_t prk[32], block[33], t[32];
	size_t t_len = 0;

	naive_hmac(prk, in, in_len, salt, salt_len);
	for (size_t i = 0; i < out_len; i++) {
		if (i % 32 == 0) {
			memcpy(block, t, t_len);
			block[t_len] = (uint8_t)(i / 32 + 1);
			naive_hmac(t, block, t_len + 1, prk, sizeof(prk));
			t_len = 32;
		}
		out[i] = t[i % 32];
	}
}
