/* SPDX-License-Identifier: BSD-3-Clause */
#include "watch.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define LENGTHS     4096
#define SECRETS     64
#define STACK_BYTES (256 * 1024)
#define PIECE       8 /* what a register holds: so much of a secret is found, wherever it begins */

static unsigned wiped[LENGTHS];
static unsigned stacks_wiped;
static int held;
static size_t taken;
static unsigned left; /* allocations before one fails; 0: none fails */
static uint8_t secrets[SECRETS][32];
static unsigned secret_count;

int __real_dh(uint8_t *shared, const uint8_t *secret, const uint8_t *public);
void __real_dh_generate(uint8_t *secret, uint8_t *public);
void __real_kdf(uint8_t *t1, uint8_t *t2, uint8_t *t3, const uint8_t *ck, const uint8_t *in,
	size_t in_len);
void __real_secret_wipe(void *bytes, size_t len);
void __real_secret_wipe_stack(void);
void *__real_secret_alloc(size_t len);
void __real_secret_free(void *bytes);
void *__real_malloc(size_t len);
void *__real_calloc(size_t count, size_t len);
void __real_free(void *bytes);

int __wrap_dh(uint8_t *shared, const uint8_t *secret, const uint8_t *public);
void __wrap_dh_generate(uint8_t *secret, uint8_t *public);
void __wrap_kdf(uint8_t *t1, uint8_t *t2, uint8_t *t3, const uint8_t *ck, const uint8_t *in,
	size_t in_len);
void __wrap_secret_wipe(void *bytes, size_t len);
void __wrap_secret_wipe_stack(void);
void *__wrap_secret_alloc(size_t len);
void __wrap_secret_free(void *bytes);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t count, size_t len);
void __wrap_free(void *bytes);

void watch_begin(void)
{
	memset(wiped, 0, sizeof(wiped));
	stacks_wiped = 0;
	held = 0;
	taken = 0;
	left = 0;
	secret_count = 0;
}

unsigned watch_wiped(size_t length)
{
	return wiped[length];
}

unsigned watch_stacks_wiped(void)
{
	return stacks_wiped;
}

int watch_held(void)
{
	return held;
}

size_t watch_taken(void)
{
	return taken;
}

void watch_fail(unsigned after)
{
	left = after + 1;
}

/* ---- stacks ---- */

void watch_secret(const uint8_t secret[static 32])
{
	memcpy(secrets[secret_count++ % SECRETS], secret, 32);
}

unsigned watch_secrets(void)
{
	return secret_count;
}

static unsigned pieces_in(const uint8_t *bytes, size_t length)
{
	unsigned found = 0;

	for (unsigned i = 0; i < secret_count && i < SECRETS; i++)
		for (unsigned at = 0; at < 32; at += PIECE)
			found += memmem(bytes, length, secrets[i] + at, PIECE) != NULL;
	return found;
}

static ucontext_t before;

unsigned watch_stack(void (*step)(void))
{
	ucontext_t context;
	unsigned found;
	void *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		-1, 0);

	if (stack == MAP_FAILED || getcontext(&context) != 0)
		abort();
	context.uc_stack.ss_sp = stack;
	context.uc_stack.ss_size = STACK_BYTES;
	context.uc_link = &before;
	makecontext(&context, step, 0);
	if (swapcontext(&before, &context) != 0)
		abort();
	found = pieces_in(stack, STACK_BYTES);
	munmap(stack, STACK_BYTES);
	return found;
}

int __wrap_dh(uint8_t *shared, const uint8_t *secret, const uint8_t *public)
{
	int error = __real_dh(shared, secret, public);

	if (!error)
		watch_secret(shared);
	return error;
}

void __wrap_dh_generate(uint8_t *secret, uint8_t *public)
{
	__real_dh_generate(secret, public);
	watch_secret(secret);
}

void __wrap_kdf(uint8_t *t1, uint8_t *t2, uint8_t *t3, const uint8_t *ck, const uint8_t *in,
	size_t in_len)
{
	__real_kdf(t1, t2, t3, ck, in, in_len);
	watch_secret(t1);
	if (t2)
		watch_secret(t2);
	if (t3)
		watch_secret(t3);
}

/* ---- memory ---- */

static bool fails(void)
{
	return left > 0 && --left == 0;
}

static void *count(void *bytes, size_t len)
{
	held += bytes != NULL;
	taken += bytes ? len : 0;
	return bytes;
}

void __wrap_secret_wipe(void *bytes, size_t len)
{
	if (len < LENGTHS)
		wiped[len]++;
	__real_secret_wipe(bytes, len);
}

void __wrap_secret_wipe_stack(void)
{
	stacks_wiped++;
	__real_secret_wipe_stack();
}

void *__wrap_secret_alloc(size_t len)
{
	return fails() ? NULL : count(__real_secret_alloc(len), len);
}

void *__wrap_malloc(size_t len)
{
	return fails() ? NULL : count(__real_malloc(len), len);
}

void *__wrap_calloc(size_t n, size_t len)
{
	return fails() ? NULL : count(__real_calloc(n, len), n * len);
}

void __wrap_secret_free(void *bytes)
{
	held -= bytes != NULL;
	__real_secret_free(bytes);
}

void __wrap_free(void *bytes)
{
	held -= bytes != NULL;
	__real_free(bytes);
}
