/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A bounds-checked reader and writer over bytes, with a sticky error: once a read or a write does
 * not fit, it and all later ones do nothing (reads yield zeroes) and *_ok() is false. Test once, at
 * the end.
 */
#ifndef UTIL_CURSOR_H
#define UTIL_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
	const uint8_t *at;
	size_t left;
	bool failed;
};

struct writer {
	uint8_t *at;
	size_t left;
	bool failed;
};

void reader_init(struct reader *r, const void *bytes, size_t length);
uint8_t reader_u8(struct reader *r);
uint16_t reader_be16(struct reader *r);
uint32_t reader_be32(struct reader *r);
uint32_t reader_le32(struct reader *r);
uint64_t reader_le64(struct reader *r);
void reader_bytes(struct reader *r, void *to, size_t length);
const uint8_t *reader_skip(struct reader *r, size_t length); /* where it was; NULL on failure */
bool reader_ok(const struct reader *r);

void writer_init(struct writer *w, void *bytes, size_t length);
void writer_u8(struct writer *w, uint8_t v);
void writer_be16(struct writer *w, uint16_t v);
void writer_be32(struct writer *w, uint32_t v);
void writer_le32(struct writer *w, uint32_t v);
void writer_le64(struct writer *w, uint64_t v);
void writer_bytes(struct writer *w, const void *from, size_t length);
bool writer_ok(const struct writer *w);

#endif
