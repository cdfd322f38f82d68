/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypto/keytext.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <sodium.h>

#include "crypto/secret.h"

/* Only a whole key is handed out: a failure leaves key as it was and nothing on the stack. */
static int commit(uint8_t key[static KEY_LEN], uint8_t decoded[static KEY_LEN], bool ok)
{
	if (ok)
		memcpy(key, decoded, KEY_LEN);
	secret_wipe(decoded, KEY_LEN);
	return ok ? 0 : -EINVAL;
}

/*
 * libsodium's decoder takes bytes from 0x80 on for digits where char is signed. What is encoded
 * again to the same text is canonical, whatever the decoder forgives.
 */
static bool is_canonical(const char *text, const uint8_t decoded[static KEY_LEN])
{
	char again[KEY_BASE64_LEN];

	key_to_base64(again, decoded);
	bool same = secret_equal(again, text, KEY_BASE64_LEN - 1);
	secret_wipe(again, sizeof(again));
	return same;
}

int key_from_base64(uint8_t key[static KEY_LEN], const char *text)
{
	uint8_t decoded[KEY_LEN];
	size_t length = 0;

	if (strnlen(text, KEY_BASE64_LEN) != KEY_BASE64_LEN - 1)
		return -EINVAL;
	int error = sodium_base642bin(decoded, sizeof(decoded), text, KEY_BASE64_LEN - 1, NULL,
		&length, NULL, sodium_base64_VARIANT_ORIGINAL);
	bool ok = error == 0 && length == KEY_LEN && is_canonical(text, decoded);
	return commit(key, decoded, ok);
}

int key_from_file_text(uint8_t key[static KEY_LEN], char *bytes, size_t length)
{
	while (length > 0 && memchr(" \t\r\n", bytes[length - 1], 4))
		length--;
	bytes[length] = '\0';
	return strlen(bytes) == length ? key_from_base64(key, bytes) : -EINVAL;
}

void key_to_base64(char text[static KEY_BASE64_LEN], const uint8_t key[static KEY_LEN])
{
	sodium_bin2base64(text, KEY_BASE64_LEN, key, KEY_LEN, sodium_base64_VARIANT_ORIGINAL);
}

int key_from_hex(uint8_t key[static KEY_LEN], const char *text)
{
	uint8_t decoded[KEY_LEN];
	size_t length = 0;

	if (strnlen(text, KEY_HEX_LEN) != KEY_HEX_LEN - 1)
		return -EINVAL;
	int error = sodium_hex2bin(decoded, sizeof(decoded), text, KEY_HEX_LEN - 1, NULL, &length,
		NULL);
	return commit(key, decoded, error == 0 && length == KEY_LEN);
}

void key_to_hex(char text[static KEY_HEX_LEN], const uint8_t key[static KEY_LEN])
{
	sodium_bin2hex(text, KEY_HEX_LEN, key, KEY_LEN);
}
