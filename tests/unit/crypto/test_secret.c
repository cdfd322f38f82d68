/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/secret.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MLOCK_IS_FAKED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define MLOCK_IS_FAKED 1 /* the sanitizer's mlock() does nothing and says it did */
#endif

static void wiping(void)
{
	uint8_t bytes[100];

	for (size_t length = 0; length <= 98; length++) {
		memset(bytes, 0xa5, sizeof(bytes));
		secret_wipe(bytes + 1, length);
		CU_ASSERT(secret_is_zero(bytes + 1, length));
		CU_ASSERT(bytes[0] == 0xa5 && bytes[length + 1] == 0xa5);
	}
}

static void comparison(void)
{
	uint8_t a[64], b[64];

	for (size_t length = 0; length <= sizeof(a); length++) {
		memset(a, 0x5a, sizeof(a));
		memset(b, 0x5a, sizeof(b));
		for (size_t i = length; i < sizeof(b); i++)
			b[i] = 0; /* what lies beyond does not count */
		CU_ASSERT(secret_equal(a, b, length));
		for (size_t bit = 0; bit < 8 * length; bit++) {
			b[bit / 8] ^= (uint8_t)(1 << bit % 8);
			CU_ASSERT_FALSE(secret_equal(a, b, length));
			b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

static void zero(void)
{
	uint8_t bytes[40] = {0};

	bytes[39] = 1;
	CU_ASSERT(secret_is_zero(bytes, 39));
	CU_ASSERT(secret_is_zero(bytes, 0));
	for (size_t bit = 0; bit < 8 * 39; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT_FALSE(secret_is_zero(bytes, 39));
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void memory_is_zeroed_and_writable(void)
{
	static const size_t sizes[] = {1, 32, 4095, 4096, 4097, 100000};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint8_t *bytes = secret_alloc(sizes[i]);
		CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
		CU_ASSERT(secret_is_zero(bytes, sizes[i]));
		memset(bytes, 0xa5, sizes[i]);
		secret_free(bytes);
	}
	secret_free(NULL);
}

/* The flags that the kernel has for the mapping around an address, " dd lo " for example. */
static bool mapping_flags(const void *at, char *flags, size_t room)
{
	FILE *maps = fopen("/proc/self/smaps", "r");
	unsigned long from, to;
	bool here = false, found = false;
	char line[512];

	CU_ASSERT_PTR_NOT_NULL_FATAL(maps);
	while (!found && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = from <= (unsigned long)at && (unsigned long)at < to;
		else if (here && strncmp(line, "VmFlags:", 8) == 0)
			found = snprintf(flags, room, " %.200s", line + 8) > 0;
	}
	fclose(maps);
	return found;
}

static void memory_stays_out_of_core_dumps_and_swap(void)
{
	uint8_t *bytes = secret_alloc(32);
	char flags[256] = "";

	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	CU_ASSERT(mapping_flags(bytes, flags, sizeof(flags)));
	CU_ASSERT_PTR_NOT_NULL(strstr(flags, " dd "));
#ifndef MLOCK_IS_FAKED
	CU_ASSERT_PTR_NOT_NULL(strstr(flags, " lo "));
#endif
	secret_free(bytes);
}

/* Runs what may crash in a child that leaves no core. Its exit code, or -1 when it crashed. */
static int in_child(int (*run)(void))
{
	int status;

	fflush(stdout);
	pid_t pid = fork();
	CU_ASSERT_FATAL(pid >= 0);
	if (pid == 0) {
		const struct rlimit none = {0, 0};
		setrlimit(RLIMIT_CORE, &none);
		close(STDERR_FILENO);
		_exit(run());
	}
	CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int write_up_to_the_end(void)
{
	volatile uint8_t *bytes = secret_alloc(32);

	for (int i = 0; i < 32; i++)
		bytes[i] = 1;
	return 0;
}

static int write_one_past_the_end(void)
{
	volatile uint8_t *bytes = secret_alloc(32);

	bytes[32] = 1;
	return 0;
}

static int free_after_an_underflow(void)
{
	uint8_t *bytes = secret_alloc(32);

	((volatile uint8_t *)bytes)[-1] ^= 1;
	secret_free(bytes);
	return 0;
}

static void memory_is_guarded(void)
{
	CU_ASSERT_EQUAL(in_child(write_up_to_the_end), 0);
	CU_ASSERT_NOT_EQUAL(in_child(write_one_past_the_end), 0);
	CU_ASSERT_NOT_EQUAL(in_child(free_after_an_underflow), 0);
}

#ifndef MLOCK_IS_FAKED
enum { GOT_NONE = 10, GOT_SOME, STILL_PRIVILEGED };

static int allocate_without_a_right_to_lock(void)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_MEMLOCK, &none) != 0)
		return STILL_PRIVILEGED;
	if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
		return STILL_PRIVILEGED;
	return secret_alloc(32) ? GOT_SOME : GOT_NONE;
}

/* Memory that could be swapped out is not what was asked for: rather none. */
static void no_lock_no_memory(void)
{
	int answer = in_child(allocate_without_a_right_to_lock);

	/* STILL_PRIVILEGED: no other user to become here, as in some containers. */
	CU_ASSERT(answer == GOT_NONE || answer == STILL_PRIVILEGED);
}
#endif

static void randomness(void)
{
	uint8_t first[48] = {0}, next[48] = {0}, guard[3] = {0xa5, 0xa5, 0xa5};

	random_bytes(first, sizeof(first));
	random_bytes(next, sizeof(next));
	CU_ASSERT_NOT_EQUAL(memcmp(first, next, 48), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(first, next, 16), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(first + 32, next + 32, 16), 0);
	random_bytes(guard + 1, 0);
	CU_ASSERT(guard[0] == 0xa5 && guard[1] == 0xa5 && guard[2] == 0xa5);
}

static const struct unit_test tests[] = {
	{"A12: wiping, exactly", wiping},
	{"comparison sees each bit", comparison},
	{"zero sees each bit", zero},
	{"memory is zeroed and writable", memory_is_zeroed_and_writable},
	{"memory stays out of core dumps and swap", memory_stays_out_of_core_dumps_and_swap},
	{"memory is guarded on both ends", memory_is_guarded},
#ifndef MLOCK_IS_FAKED
	{"no right to lock, no memory", no_lock_no_memory},
#endif
	{"A10: random bytes do not repeat", randomness},
	{NULL, NULL},
};

const struct unit_suite suite_secret = {"secret", tests};
