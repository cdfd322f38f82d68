/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include <string.h>

#include "util/bytes.h"

/* At every offset: a sanitizer complains of a load that needs alignment. */
static void gets_at_any_alignment(void)
{
	uint8_t bytes[16];

	for (uint8_t offset = 0; offset < 8; offset++) {
		for (uint8_t i = 0; i < 8; i++)
			bytes[offset + i] = (uint8_t)(i + 1);
		CU_ASSERT_EQUAL(get_be16(bytes + offset), 0x0102);
		CU_ASSERT_EQUAL(get_be32(bytes + offset), 0x01020304);
		CU_ASSERT_EQUAL(get_le32(bytes + offset), 0x04030201);
		CU_ASSERT_EQUAL(get_le64(bytes + offset), 0x0807060504030201);
	}
}

static void puts_at_any_alignment(void)
{
	for (unsigned offset = 1; offset < 8; offset++) {
		uint8_t bytes[18] = {0};
		uint8_t *p = bytes + offset;

		put_be16(p, 0x0102);
		CU_ASSERT_EQUAL(memcmp(p, "\1\2\0\0", 4), 0);
		put_be32(p, 0x01020304);
		CU_ASSERT_EQUAL(memcmp(p, "\1\2\3\4\0", 5), 0);
		put_le32(p, 0x01020304);
		CU_ASSERT_EQUAL(memcmp(p, "\4\3\2\1\0", 5), 0);
		put_le64(p, 0x0102030405060708);
		CU_ASSERT_EQUAL(memcmp(p, "\10\7\6\5\4\3\2\1\0", 9), 0);
		CU_ASSERT_EQUAL(bytes[offset - 1], 0);
	}
}

static const struct unit_test tests[] = {
	{"A3: integers are read in wire order at any alignment", gets_at_any_alignment},
	{"A3: integers are written in wire order at any alignment", puts_at_any_alignment},
	{NULL, NULL},
};

const struct unit_suite suite_bytes = {"bytes", tests};
