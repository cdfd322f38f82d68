/* SPDX-License-Identifier: BSD-3-Clause */
/* What the fuzz targets share. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cursor.h"

/* libFuzzer's entry: each target has one, and replay.c calls it in ordinary builds. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for every input: otherwise the target's name and `what` are said, and it aborts. */
void require(bool holds, const char *what);

/* The input as a string in memory of its very size, to be freed. */
char *fuzz_text(const uint8_t *data, size_t size);

/*
 * For inputs that are a program of steps: how many bytes the next piece has, at most `max`, out of a
 * two-byte length; and the piece, zero where the input ends.
 */
size_t fuzz_piece(struct reader *r, uint8_t *to, size_t max);
/* Up to 7 changes of a message, each an offset and a value to xor with. Returns whether any changed it. */
bool fuzz_bend(struct reader *r, uint8_t *message, size_t length);

#endif
