/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys as text: base64 as wg(8) writes it, hex as the UAPI writes it. Constant time in the key. */
#ifndef CRYPTO_KEYTEXT_H
#define CRYPTO_KEYTEXT_H

#include <stddef.h>
#include <stdint.h>

#define KEY_LEN         32
#define KEY_BASE64_LEN  45 /* 44 characters and the end */
#define KEY_HEX_LEN     65

/* 0, or -EINVAL when text is not exactly 44 characters of canonical base64 (C23). */
int key_from_base64(uint8_t key[static KEY_LEN], const char *text);
/*
 * 0, or -EINVAL when the bytes are not one such key and blanks or line ends behind it: all that a key file
 * holds. There must be room for an end behind them; the blanks are overwritten.
 */
int key_from_file_text(uint8_t key[static KEY_LEN], char *bytes, size_t length);
void key_to_base64(char text[static KEY_BASE64_LEN], const uint8_t key[static KEY_LEN]);
/* 0, or -EINVAL when text is not exactly 64 hex digits. */
int key_from_hex(uint8_t key[static KEY_LEN], const char *text);
void key_to_hex(char text[static KEY_HEX_LEN], const uint8_t key[static KEY_LEN]);

#endif
