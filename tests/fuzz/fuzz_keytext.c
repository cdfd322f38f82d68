/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys as text: one text for one key, and a key is written only when all of it was good. */
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/keytext.h"
#include "fuzz.h"

static bool is_untouched(const uint8_t key[static KEY_LEN])
{
	for (unsigned i = 0; i < KEY_LEN; i++)
		if (key[i] != 0xa5)
			return false;
	return true;
}

static void check_base64(const char *text)
{
	uint8_t key[KEY_LEN];
	char out[KEY_BASE64_LEN];

	memset(key, 0xa5, sizeof(key));
	if (key_from_base64(key, text) != 0) {
		require(is_untouched(key), "a refused key is not written");
		return;
	}
	key_to_base64(out, key);
	require(strcmp(out, text) == 0, "base64 has one text");
}

static void check_hex(const char *text)
{
	uint8_t key[KEY_LEN];
	char out[KEY_HEX_LEN];

	memset(key, 0xa5, sizeof(key));
	if (key_from_hex(key, text) != 0) {
		require(is_untouched(key), "a refused key is not written");
		return;
	}
	key_to_hex(out, key);
	require(strlen(text) == KEY_HEX_LEN - 1, "hex has one length");
	for (unsigned i = 0; i < KEY_HEX_LEN - 1; i++)
		require(tolower((unsigned char)text[i]) == out[i], "hex comes back");
}

/* Any 32 bytes are a key. */
static void check_key(const uint8_t key[static KEY_LEN])
{
	uint8_t back[KEY_LEN];
	char base64[KEY_BASE64_LEN], hex[KEY_HEX_LEN];

	key_to_base64(base64, key);
	require(key_from_base64(back, base64) == 0 && memcmp(back, key, KEY_LEN) == 0,
		"a key comes back from base64");
	key_to_hex(hex, key);
	require(key_from_hex(back, hex) == 0 && memcmp(back, key, KEY_LEN) == 0,
		"a key comes back from hex");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	check_base64(text);
	check_hex(text);
	if (size >= KEY_LEN)
		check_key(data);
	free(text);
	return 0;
}
