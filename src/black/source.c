/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The name of an IPv6 source for crypt: 64 bits stand for 128 and the port, by a keyed mix. Two
 * sources of one peer with the same name (one chance in 2^63, and whoever would look for such a pair
 * does not know the key) would hide a move of that peer, which holds the peer's keys: nobody else.
 */
#include "black/state.h"
#include "util/bytes.h"

#define TAG_IPV6 (1ull << 63) /* no IPv4 source has it */

static uint64_t mix(uint64_t h)
{
	h = (h ^ h >> 32) * 0x9e3779b97f4a7c15ull;
	h = (h ^ h >> 29) * 0xbf58476d1ce4e5b9ull;
	return h ^ h >> 32;
}

uint64_t source_tag6(const uint64_t seed[static 2], const uint8_t address[static 16], uint64_t rest)
{
	uint64_t h = mix(get_le64(address) ^ seed[0]);

	h = mix(h + (get_le64(address + 8) ^ seed[1]));
	return TAG_IPV6 | mix(h + rest);
}
