/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypto/rfc7693.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/bytes.h"

/* All of a compression is to lie in registers: the compiler must see every index. */
#define UNROLLED static inline __attribute__((always_inline))

/* Section 2.6 */
static const uint32_t IV[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/* Section 2.7 */
static const uint8_t SIGMA[10][16] = {
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

UNROLLED uint32_t rotate(uint32_t word, unsigned bits)
{
	return word >> bits | word << (32 - bits);
}

/* Section 3.1 */
UNROLLED void mix(uint32_t v[16], unsigned a, unsigned b, unsigned c, unsigned d, uint32_t x, uint32_t y)
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

/* One turn of section 3.2's loop: columns, then diagonals. */
UNROLLED void mix_round(uint32_t v[16], const uint32_t m[16], const uint8_t s[16])
{
	mix(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
	mix(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
	mix(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
	mix(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
	mix(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
	mix(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
	mix(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
	mix(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
}

/* Section 3.2, F: of the block's bytes, length are the message's. */
static void compress(struct rfc7693 *s, const uint8_t block[static RFC7693_BLOCK_LEN], size_t length,
	bool last)
{
	uint32_t v[16], m[16];

	s->total += length;
	for (unsigned i = 0; i < 16; i++)
		m[i] = get_le32(block + 4 * i);
	for (unsigned i = 0; i < 8; i++) {
		v[i] = s->h[i];
		v[i + 8] = IV[i];
	}
	v[12] ^= (uint32_t)s->total;
	v[13] ^= (uint32_t)(s->total >> 32);
	v[14] ^= last ? UINT32_MAX : 0;
	mix_round(v, m, SIGMA[0]);
	mix_round(v, m, SIGMA[1]);
	mix_round(v, m, SIGMA[2]);
	mix_round(v, m, SIGMA[3]);
	mix_round(v, m, SIGMA[4]);
	mix_round(v, m, SIGMA[5]);
	mix_round(v, m, SIGMA[6]);
	mix_round(v, m, SIGMA[7]);
	mix_round(v, m, SIGMA[8]);
	mix_round(v, m, SIGMA[9]);
	for (unsigned i = 0; i < 8; i++)
		s->h[i] ^= v[i] ^ v[i + 8];
}

/* Section 3.3: a key is a block of its own before the message. */
void rfc7693_init(struct rfc7693 *s, size_t out_len, const uint8_t *key, size_t key_len)
{
	if (out_len < 1 || out_len > RFC7693_OUT_MAX || key_len > RFC7693_KEY_MAX)
		abort();
	memcpy(s->h, IV, sizeof(s->h));
	s->h[0] ^= 0x01010000 ^ (uint32_t)(key_len << 8) ^ (uint32_t)out_len;
	s->total = 0;
	s->filled = 0;
	if (key_len > 0) {
		memset(s->block, 0, sizeof(s->block));
		memcpy(s->block, key, key_len);
		s->filled = sizeof(s->block);
	}
}

void rfc7693_update(struct rfc7693 *s, const uint8_t *in, size_t in_len)
{
	while (in_len > 0) {
		if (s->filled == sizeof(s->block)) {
			compress(s, s->block, sizeof(s->block), false);
			s->filled = 0;
		}
		size_t room = sizeof(s->block) - s->filled;
		size_t taken = in_len < room ? in_len : room;
		memcpy(s->block + s->filled, in, taken);
		s->filled += taken;
		in += taken;
		in_len -= taken;
	}
}

/* The digest is written to the block, and so lies nowhere that its owner does not wipe. */
void rfc7693_final(struct rfc7693 *s, uint8_t *out, size_t out_len)
{
	if (out_len < 1 || out_len > RFC7693_OUT_MAX)
		abort();
	memset(s->block + s->filled, 0, sizeof(s->block) - s->filled);
	compress(s, s->block, s->filled, true);
	for (unsigned i = 0; i < 8; i++)
		put_le32(s->block + 4 * i, s->h[i]);
	memcpy(out, s->block, out_len);
}
