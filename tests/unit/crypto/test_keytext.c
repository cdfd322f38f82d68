/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "crypto/keytext.h"
#include "hex.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* RFC 4648 as slowly as can be: bit by bit. */
static void naive_base64(char text[KEY_BASE64_LEN], const uint8_t key[KEY_LEN])
{
	for (unsigned i = 0; i < 43; i++) {
		unsigned digit = 0;
		for (unsigned bit = 6 * i; bit < 6 * i + 6; bit++) {
			unsigned set = bit < 256 ? key[bit / 8] >> (7 - bit % 8) & 1u : 0;
			digit = digit << 1 | set;
		}
		text[i] = alphabet[digit];
	}
	text[43] = '=';
	text[44] = '\0';
}

/* The answer, and that a refusal leaves the key as it was. */
static bool base64_accepts(const char *text)
{
	uint8_t key[KEY_LEN], before[KEY_LEN];

	memset(key, 0xa5, sizeof(key));
	memset(before, 0xa5, sizeof(before));
	int error = key_from_base64(key, text);
	CU_ASSERT(error == 0 || error == -EINVAL);
	if (error != 0)
		CU_ASSERT_EQUAL(memcmp(key, before, sizeof(key)), 0);
	return error == 0;
}

static bool hex_accepts(const char *text)
{
	uint8_t key[KEY_LEN], before[KEY_LEN];

	memset(key, 0xa5, sizeof(key));
	memset(before, 0xa5, sizeof(before));
	int error = key_from_hex(key, text);
	CU_ASSERT(error == 0 || error == -EINVAL);
	if (error != 0)
		CU_ASSERT_EQUAL(memcmp(key, before, sizeof(key)), 0);
	return error == 0;
}

static void base64_round_trips(void)
{
	struct sequence s = {0x4648};
	uint8_t key[KEY_LEN], back[KEY_LEN];
	char text[KEY_BASE64_LEN], expected[KEY_BASE64_LEN];

	for (int i = 0; i < 2000; i++) {
		sequence_fill(&s, key, sizeof(key));
		if (i == 0)
			memset(key, 0, sizeof(key));
		if (i == 1)
			memset(key, 0xff, sizeof(key));
		key_to_base64(text, key);
		naive_base64(expected, key);
		CU_ASSERT_STRING_EQUAL(text, expected);
		CU_ASSERT_EQUAL(key_from_base64(back, text), 0);
		CU_ASSERT_EQUAL(memcmp(back, key, sizeof(key)), 0);
	}
}

static void base64_known_key(void)
{
	uint8_t key[KEY_LEN];
	char text[KEY_BASE64_LEN];

	hex_bytes(key, sizeof(key),
		"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
	key_to_base64(text, key);
	CU_ASSERT_STRING_EQUAL(text, "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=");
}

/* Whether a byte may stand at a place of an otherwise good key. */
static bool fits_base64(unsigned at, unsigned byte)
{
	if (at == 43)
		return byte == '=';
	const char *digit = byte != 0 ? strchr(alphabet, (int)byte) : NULL;
	/* The last digit holds 4 bits of the key: its low two must be zero. */
	return digit && (at < 42 || (digit - alphabet) % 4 == 0);
}

static void base64_every_byte_everywhere(void)
{
	char text[KEY_BASE64_LEN];
	const uint8_t zero[KEY_LEN] = {0};

	for (unsigned at = 0; at < 44; at++) {
		for (unsigned byte = 0; byte < 256; byte++) {
			key_to_base64(text, zero);
			text[at] = (char)byte;
			CU_ASSERT_EQUAL(base64_accepts(text), fits_base64(at, byte));
		}
	}
}

static void base64_lengths(void)
{
	char text[200];

	for (size_t length = 0; length < sizeof(text); length++) {
		memset(text, 'A', sizeof(text));
		text[length] = '\0';
		CU_ASSERT_FALSE(base64_accepts(text));
		if (length > 0)
			text[length - 1] = '=';
		CU_ASSERT_EQUAL(base64_accepts(text), length == 44);
	}
}

static void base64_oddities(void)
{
	static const char *const refused[] = {
		"dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo",    /* no padding */
		"dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=\n", /* as a file would have it */
		"dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo= ",
		" dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=",
		"dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo==",
		"dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LC==", /* 31 bytes */
		"dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCoA", /* 33 bytes */
		"dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCp=", /* an unused bit set */
		"dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LC\n=",
		"=wdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=",
		"dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25L-_=", /* the alphabet for URLs */
		"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
		"",
	};

	CU_ASSERT(base64_accepts("dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo="));
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		CU_ASSERT_FALSE(base64_accepts(refused[i]));
}

static void hex_round_trips(void)
{
	struct sequence s = {16};
	uint8_t key[KEY_LEN], back[KEY_LEN];
	char text[KEY_HEX_LEN];

	for (int i = 0; i < 500; i++) {
		sequence_fill(&s, key, sizeof(key));
		key_to_hex(text, key);
		CU_ASSERT_EQUAL(strlen(text), 64);
		CU_ASSERT(hex_equal(key, sizeof(key), text));
		CU_ASSERT_EQUAL(strspn(text, "0123456789abcdef"), 64);
		CU_ASSERT_EQUAL(key_from_hex(back, text), 0);
		CU_ASSERT_EQUAL(memcmp(back, key, sizeof(key)), 0);
		for (char *c = text; *c != '\0'; c++)
			*c = (char)toupper((unsigned char)*c);
		CU_ASSERT_EQUAL(key_from_hex(back, text), 0);
		CU_ASSERT_EQUAL(memcmp(back, key, sizeof(key)), 0);
	}
}

static void hex_every_byte_everywhere(void)
{
	char text[KEY_HEX_LEN];

	for (unsigned at = 0; at < 64; at++) {
		for (unsigned byte = 0; byte < 256; byte++) {
			memset(text, '0', sizeof(text) - 1);
			text[64] = '\0';
			text[at] = (char)byte;
			bool good = byte != 0 && strchr("0123456789abcdefABCDEF", (int)byte);
			CU_ASSERT_EQUAL(hex_accepts(text), good);
		}
	}
}

static void hex_lengths(void)
{
	char text[200];

	for (size_t length = 0; length < sizeof(text); length++) {
		memset(text, 'a', sizeof(text));
		text[length] = '\0';
		CU_ASSERT_EQUAL(hex_accepts(text), length == 64);
	}
	memset(text, 'a', 64);
	memcpy(text + 64, "\n", 2);
	CU_ASSERT_FALSE(hex_accepts(text));
}

static const struct unit_test tests[] = {
	{"base64: round trips, same as a naive encoder", base64_round_trips},
	{"base64: a known key", base64_known_key},
	{"C23: base64: every byte at every place", base64_every_byte_everywhere},
	{"C23: base64: 44 characters and no other length", base64_lengths},
	{"C23: base64: oddities are refused", base64_oddities},
	{"U: hex: round trips, lower case out, both in", hex_round_trips},
	{"U: hex: every byte at every place", hex_every_byte_everywhere},
	{"U C23: hex: 64 digits and no other length", hex_lengths},
	{NULL, NULL},
};

const struct unit_suite suite_keytext = {"keytext", tests};
