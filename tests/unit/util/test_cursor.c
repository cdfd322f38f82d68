/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include <stdlib.h>
#include <string.h>

#include "util/cursor.h"

/* Bytes 1, 2, ... n (at most 9) in memory of that very size: a sanitizer sees what goes past it. */
static uint8_t *numbered(size_t n)
{
	static const uint8_t count[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
	uint8_t *bytes = malloc(n);

	CU_ASSERT_FATAL(n <= sizeof(count) && (bytes || n == 0));
	if (n > 0)
		memcpy(bytes, count, n);
	return bytes;
}

static uint64_t read_width(struct reader *r, int kind)
{
	switch (kind) {
	case 0:
		return reader_u8(r);
	case 1:
		return reader_be16(r);
	case 2:
		return reader_be32(r);
	case 3:
		return reader_le32(r);
	default:
		return reader_le64(r);
	}
}

static void write_width(struct writer *w, int kind, uint64_t v)
{
	switch (kind) {
	case 0:
		writer_u8(w, (uint8_t)v);
		break;
	case 1:
		writer_be16(w, (uint16_t)v);
		break;
	case 2:
		writer_be32(w, (uint32_t)v);
		break;
	case 3:
		writer_le32(w, (uint32_t)v);
		break;
	default:
		writer_le64(w, v);
	}
}

#define KINDS 5
static const size_t widths[KINDS] = {1, 2, 4, 4, 8};
/* What the bytes 1, 2, 3, ... are in each width and order. */
static const uint64_t values[KINDS] = {0x01, 0x0102, 0x01020304, 0x04030201, 0x0807060504030201};

static void integers_have_their_byte_order(void)
{
	for (int kind = 0; kind < KINDS; kind++) {
		uint8_t *bytes = numbered(8), written[8] = {0};
		struct reader r;
		struct writer w;

		reader_init(&r, bytes, 8);
		CU_ASSERT_EQUAL(read_width(&r, kind), values[kind]);
		writer_init(&w, written, 8);
		write_width(&w, kind, values[kind]);
		CU_ASSERT_EQUAL(memcmp(written, bytes, widths[kind]), 0);
		CU_ASSERT(reader_ok(&r) && writer_ok(&w));
		CU_ASSERT_EQUAL(r.left, 8 - widths[kind]);
		CU_ASSERT_EQUAL(w.left, 8 - widths[kind]);
		free(bytes);
	}
}

static void reads_at_every_length(void)
{
	for (int kind = 0; kind < KINDS; kind++) {
		for (size_t length = 0; length <= 9; length++) {
			uint8_t *bytes = numbered(length);
			bool fits = length >= widths[kind];
			struct reader r;

			reader_init(&r, bytes, length);
			CU_ASSERT_EQUAL(read_width(&r, kind), fits ? values[kind] : 0);
			CU_ASSERT_EQUAL(reader_ok(&r), fits);
			free(bytes);
		}
	}
}

static void writes_at_every_length(void)
{
	for (int kind = 0; kind < KINDS; kind++) {
		for (size_t length = 0; length <= 9; length++) {
			uint8_t *bytes = numbered(length), *before = numbered(length);
			bool fits = length >= widths[kind];
			struct writer w;

			writer_init(&w, bytes, length);
			write_width(&w, kind, UINT64_MAX);
			CU_ASSERT_EQUAL(writer_ok(&w), fits);
			if (!fits) /* nothing half written */
				CU_ASSERT_EQUAL(memcmp(bytes, before, length), 0);
			free(bytes);
			free(before);
		}
	}
}

static void a_failed_reader_stays_failed(void)
{
	uint8_t bytes[4] = {1, 2, 3, 4}, to[2] = {9, 9};
	struct reader r;

	reader_init(&r, bytes, sizeof(bytes));
	CU_ASSERT_EQUAL(reader_le64(&r), 0);
	CU_ASSERT_FALSE(reader_ok(&r));
	/* There are bytes left, but whoever goes on must not get them as if in order. */
	CU_ASSERT_EQUAL(reader_u8(&r), 0);
	reader_bytes(&r, to, 2);
	CU_ASSERT(to[0] == 0 && to[1] == 0);
	CU_ASSERT_PTR_NULL(reader_skip(&r, 1));
	CU_ASSERT_PTR_NULL(reader_skip(&r, 0));
	CU_ASSERT_FALSE(reader_ok(&r));
}

static void a_failed_writer_stays_failed(void)
{
	uint8_t bytes[4] = {0};
	const uint8_t zero[4] = {0};
	struct writer w;

	writer_init(&w, bytes, sizeof(bytes));
	writer_le64(&w, UINT64_MAX);
	writer_u8(&w, 1);
	writer_bytes(&w, "ab", 2);
	writer_bytes(&w, NULL, 0);
	CU_ASSERT_FALSE(writer_ok(&w));
	CU_ASSERT_EQUAL(memcmp(bytes, zero, sizeof(zero)), 0);
}

static void bytes_and_skip_at_the_end(void)
{
	for (size_t length = 0; length <= 5; length++) {
		uint8_t *bytes = numbered(5), to[6];
		struct reader r;

		reader_init(&r, bytes, 5);
		CU_ASSERT_PTR_EQUAL(reader_skip(&r, 5 - length), bytes);
		memset(to, 0xa5, sizeof(to));
		reader_bytes(&r, to, length);
		CU_ASSERT(reader_ok(&r));
		CU_ASSERT_EQUAL(memcmp(to, bytes + 5 - length, length), 0);
		CU_ASSERT_EQUAL(to[length], 0xa5);
		CU_ASSERT_EQUAL(r.left, 0);
		CU_ASSERT_PTR_EQUAL(reader_skip(&r, 0), bytes + 5);
		CU_ASSERT_PTR_NULL(reader_skip(&r, 1));
		CU_ASSERT_FALSE(reader_ok(&r));
		free(bytes);
	}
}

static void too_many_bytes(void)
{
	uint8_t bytes[4] = {1, 2, 3, 4}, to[5] = {9, 9, 9, 9, 9};
	const uint8_t zero[5] = {0};
	struct reader r;
	struct writer w;

	reader_init(&r, bytes, sizeof(bytes));
	reader_bytes(&r, to, sizeof(to));
	CU_ASSERT_FALSE(reader_ok(&r));
	CU_ASSERT_EQUAL(memcmp(to, zero, sizeof(zero)), 0);
	writer_init(&w, bytes, sizeof(bytes));
	writer_bytes(&w, zero, sizeof(zero));
	CU_ASSERT_FALSE(writer_ok(&w));
	CU_ASSERT_EQUAL(bytes[0], 1);
}

/* A length taken from a packet may be anything: it must not wrap round a pointer. */
static void absurd_lengths(void)
{
	uint8_t bytes[4] = {1, 2, 3, 4};
	struct reader r;
	struct writer w;

	reader_init(&r, bytes, sizeof(bytes));
	reader_u8(&r);
	CU_ASSERT_PTR_NULL(reader_skip(&r, SIZE_MAX));
	CU_ASSERT_FALSE(reader_ok(&r));
	reader_init(&r, bytes, sizeof(bytes));
	CU_ASSERT_PTR_NULL(reader_skip(&r, SIZE_MAX - 3));
	CU_ASSERT_FALSE(reader_ok(&r));
	writer_init(&w, bytes, sizeof(bytes));
	writer_bytes(&w, bytes, SIZE_MAX);
	CU_ASSERT_FALSE(writer_ok(&w));
}

static void nothing_at_all(void)
{
	struct reader r;
	struct writer w;

	reader_init(&r, NULL, 0);
	reader_bytes(&r, NULL, 0);
	CU_ASSERT(reader_ok(&r));
	CU_ASSERT_EQUAL(reader_u8(&r), 0);
	CU_ASSERT_FALSE(reader_ok(&r));
	writer_init(&w, NULL, 0);
	writer_bytes(&w, NULL, 0);
	CU_ASSERT(writer_ok(&w));
	writer_u8(&w, 1);
	CU_ASSERT_FALSE(writer_ok(&w));
}

static void a_message_written_is_read_back(void)
{
	uint8_t bytes[22], tail[3];
	struct writer w;
	struct reader r;

	writer_init(&w, bytes, sizeof(bytes));
	writer_u8(&w, 0xfe);
	writer_be16(&w, 0xfedc);
	writer_be32(&w, 0xfedcba98);
	writer_le32(&w, 0x89abcdef);
	writer_le64(&w, 0xfedcba9876543210);
	writer_bytes(&w, "end", 3);
	CU_ASSERT(writer_ok(&w));
	CU_ASSERT_EQUAL(w.left, 0);

	reader_init(&r, bytes, sizeof(bytes));
	CU_ASSERT_EQUAL(reader_u8(&r), 0xfe);
	CU_ASSERT_EQUAL(reader_be16(&r), 0xfedc);
	CU_ASSERT_EQUAL(reader_be32(&r), 0xfedcba98);
	CU_ASSERT_EQUAL(reader_le32(&r), 0x89abcdef);
	CU_ASSERT_EQUAL(reader_le64(&r), 0xfedcba9876543210);
	reader_bytes(&r, tail, 3);
	CU_ASSERT_EQUAL(memcmp(tail, "end", 3), 0);
	CU_ASSERT(reader_ok(&r));
	CU_ASSERT_EQUAL(r.left, 0);
}

static const struct unit_test tests[] = {
	{"A3: integers have their byte order", integers_have_their_byte_order},
	{"reads of every width at every length", reads_at_every_length},
	{"writes of every width at every length", writes_at_every_length},
	{"a failed reader stays failed", a_failed_reader_stays_failed},
	{"a failed writer stays failed", a_failed_writer_stays_failed},
	{"bytes and skip up to the end", bytes_and_skip_at_the_end},
	{"one byte too many", too_many_bytes},
	{"absurd lengths", absurd_lengths},
	{"nothing at all", nothing_at_all},
	{"a message written is read back", a_message_written_is_read_back},
	{NULL, NULL},
};

const struct unit_suite suite_cursor = {"cursor", tests};
