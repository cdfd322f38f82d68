/* SPDX-License-Identifier: BSD-3-Clause */
/* Who the sites are: everything follows from the seed and the number of the site. */
#include <inttypes.h>
#include <stdio.h>

#include "crypto/blake2s.h"
#include "crypto/dh.h"
#include "crypto/keytext.h"
#include "fleet.h"
#include "util/bytes.h"

void keys_private(const struct options *o, uint32_t site, uint8_t key[static 32])
{
	uint8_t name[16];

	put_le64(name, o->seed);
	put_le64(name + 8, site);
	blake2s(key, 32, name, sizeof(name), (const uint8_t *)"fleet", 5);
	dh_clamp(key);
}

uint32_t keys_outer(uint32_t site)
{
	return (172u << 24 | 16u << 16 | 1) + site;
}

uint32_t keys_inner(uint32_t site)
{
	return (10u << 24 | 128u << 16 | 1) + (site << 8);
}

static void print_address(const char *before, uint32_t a, const char *after)
{
	printf("%s%u.%u.%u.%u%s", before, a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255, after);
}

void keys_print_peers(const struct options *o)
{
	for (uint32_t i = 0; i < o->sites; i++) {
		uint8_t private_key[32], public_key[32];
		char text[KEY_BASE64_LEN];
		keys_private(o, i, private_key);
		dh_base(public_key, private_key);
		key_to_base64(text, public_key);
		printf("[Peer]\nName = site%" PRIu32 "\nPublicKey = %s\n", i, text);
		print_address("AllowedIPs = ", keys_inner(i) & 0xffffff00, "/24\n");
		if (o->endpoints)
			print_address("Endpoint = ", keys_outer(i), ":51820\n");
	}
}
