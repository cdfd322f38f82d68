/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Watches what cannot be seen from outside: which secrets stay on the stack, which bytes are wiped, and
 * which memory is held. The linker puts these functions between the core and the ones that it calls
 * (see meson.build).
 */
#ifndef WATCH_H
#define WATCH_H

#include <stddef.h>
#include <stdint.h>

void watch_begin(void);                /* counting starts anew, nothing fails, no secret is known */
unsigned watch_wiped(size_t length);   /* calls of secret_wipe() with this length */
unsigned watch_stacks_wiped(void);     /* calls of secret_wipe_stack() */
int watch_held(void);                  /* allocations since, less those that were freed */
size_t watch_taken(void);              /* bytes of all allocations since */
void watch_fail(unsigned after);       /* that many allocations succeed, then one fails */

/* 32 bytes to be looked for. What dh(), dh_generate() and kdf() yield is taken by itself. */
void watch_secret(const uint8_t secret[static 32]);
unsigned watch_secrets(void);          /* how many are known */
/*
 * Runs step on a stack of its own and tells in how many places a piece of a secret is left there; what
 * it knows from before counts, and what it learns meanwhile.
 */
unsigned watch_stack(void (*step)(void));

#endif
