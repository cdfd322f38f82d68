/* SPDX-License-Identifier: BSD-3-Clause */
#include "util/cursor.h"

#include <string.h>

/* Where length bytes may be read, or NULL: the only place that moves a reader. */
static const uint8_t *reader_take(struct reader *r, size_t length)
{
	if (r->failed || length > r->left) {
		r->failed = true;
		return NULL;
	}
	const uint8_t *at = r->at;
	if (length > 0)
		r->at += length;
	r->left -= length;
	return at;
}

static uint64_t reader_little(struct reader *r, size_t length)
{
	const uint8_t *p = reader_take(r, length);
	uint64_t v = 0;

	for (size_t i = length; p && i > 0; i--)
		v = v << 8 | p[i - 1];
	return v;
}

static uint64_t reader_big(struct reader *r, size_t length)
{
	const uint8_t *p = reader_take(r, length);
	uint64_t v = 0;

	for (size_t i = 0; p && i < length; i++)
		v = v << 8 | p[i];
	return v;
}

void reader_init(struct reader *r, const void *bytes, size_t length)
{
	*r = (struct reader){.at = bytes, .left = length};
}

uint8_t reader_u8(struct reader *r)
{
	return (uint8_t)reader_big(r, 1);
}

uint16_t reader_be16(struct reader *r)
{
	return (uint16_t)reader_big(r, 2);
}

uint32_t reader_be32(struct reader *r)
{
	return (uint32_t)reader_big(r, 4);
}

uint32_t reader_le32(struct reader *r)
{
	return (uint32_t)reader_little(r, 4);
}

uint64_t reader_le64(struct reader *r)
{
	return reader_little(r, 8);
}

void reader_bytes(struct reader *r, void *to, size_t length)
{
	const uint8_t *from = reader_take(r, length);

	if (length == 0)
		return; /* memcpy and memset may not be given a NULL, even for nothing */
	if (from)
		memcpy(to, from, length);
	else
		memset(to, 0, length);
}

const uint8_t *reader_skip(struct reader *r, size_t length)
{
	return reader_take(r, length);
}

bool reader_ok(const struct reader *r)
{
	return !r->failed;
}

/* Where length bytes may be written, or NULL: the only place that moves a writer. */
static uint8_t *writer_take(struct writer *w, size_t length)
{
	if (w->failed || length > w->left) {
		w->failed = true;
		return NULL;
	}
	uint8_t *at = w->at;
	if (length > 0)
		w->at += length;
	w->left -= length;
	return at;
}

static void writer_little(struct writer *w, uint64_t v, size_t length)
{
	uint8_t *p = writer_take(w, length);

	for (size_t i = 0; p && i < length; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static void writer_big(struct writer *w, uint64_t v, size_t length)
{
	uint8_t *p = writer_take(w, length);

	for (size_t i = 0; p && i < length; i++)
		p[length - 1 - i] = (uint8_t)(v >> 8 * i);
}

void writer_init(struct writer *w, void *bytes, size_t length)
{
	*w = (struct writer){.at = bytes, .left = length};
}

void writer_u8(struct writer *w, uint8_t v)
{
	writer_big(w, v, 1);
}

void writer_be16(struct writer *w, uint16_t v)
{
	writer_big(w, v, 2);
}

void writer_be32(struct writer *w, uint32_t v)
{
	writer_big(w, v, 4);
}

void writer_le32(struct writer *w, uint32_t v)
{
	writer_little(w, v, 4);
}

void writer_le64(struct writer *w, uint64_t v)
{
	writer_little(w, v, 8);
}

void writer_bytes(struct writer *w, const void *from, size_t length)
{
	uint8_t *to = writer_take(w, length);

	if (to && length > 0)
		memcpy(to, from, length);
}

bool writer_ok(const struct writer *w)
{
	return !w->failed;
}
