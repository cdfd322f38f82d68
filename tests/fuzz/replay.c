/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stands in for libFuzzer in ordinary builds: every file of a corpus folder, and a fixed sequence of
 * mutations of each, goes through LLVMFuzzerTestOneInput(). The same corpus gives the same inputs.
 *
 *   fuzz-NAME [--mutations N] FOLDER     run; what was running when it crashed is said and kept
 *   fuzz-NAME FILE                       one input again
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

#define INPUT_MAX (1u << 20)
#define FILES_MAX 4096

int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

struct input {
	char *name;
	uint8_t *bytes;
	size_t length;
};

static struct input corpus[FILES_MAX];
static size_t corpus_files;

/* What is running, for the report of a crash. */
static struct input current;
static unsigned long current_mutation;

static void fail(const char *what, const char *name)
{
	fprintf(stderr, "%s: %s: %s\n", name, what, strerror(errno));
	exit(2);
}

static void say(const char *text)
{
	ssize_t n = write(STDERR_FILENO, text, strlen(text));
	(void)n;
}

/* Called in a dying process: only what a signal handler may do. */
static void report_crash(void)
{
	static const char file[] = "crash-input";
	char digits[24], *p = digits + sizeof(digits) - 1;

	*p = '\0';
	for (unsigned long v = current_mutation; v > 0 || *p == '\0'; v /= 10)
		*--p = (char)('0' + v % 10);
	say("crashed with ");
	say(current.name ? current.name : "nothing");
	say(", mutation ");
	say(p);
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, current.bytes, current.length) != (ssize_t)current.length) {
		say("\n");
		return;
	}
	say("; the input is in ");
	say(file);
	say("\n");
}

static void on_signal(int number)
{
	report_crash();
	signal(number, SIG_DFL);
	raise(number);
}

/* Where a sanitizer is linked it has handlers of its own, and tells us by the callback. */
static void catch_crashes(void)
{
	static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(report_crash);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct sigaction old;
		if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
			signal(numbers[i], on_signal);
	}
}

static void load(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct input *in = &corpus[corpus_files];

	if (!file || corpus_files == FILES_MAX)
		fail("cannot be taken", path);
	in->bytes = malloc(INPUT_MAX);
	in->name = strdup(path);
	if (!in->bytes || !in->name)
		fail("no memory", path);
	in->length = fread(in->bytes, 1, INPUT_MAX, file);
	fclose(file);
	uint8_t *exact = realloc(in->bytes, in->length > 0 ? in->length : 1);
	if (exact)
		in->bytes = exact;
	corpus_files++;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Sorted by name, whatever the file system's order and the locale's. */
static void load_folder(const char *folder)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_visible, by_name);

	if (n < 0)
		fail("cannot be read", folder);
	for (int i = 0; i < n; i++) {
		char path[4096];
		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		load(path);
		free(entries[i]);
	}
	free(entries);
}

/* Memory of the input's very size: reading past its end is then an error that shows. */
static void run(const char *name, const uint8_t *bytes, size_t length)
{
	uint8_t *copy = malloc(length);

	if (!copy && length > 0)
		fail("no memory", name);
	if (length > 0)
		memcpy(copy, bytes, length);
	current = (struct input){(char *)name, copy, length};
	LLVMFuzzerTestOneInput(copy, length);
	free(copy);
}

/* splitmix64: any seed will do, also small and neighbouring ones. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static size_t below(uint64_t *state, size_t n)
{
	return n > 0 ? (size_t)(next_random(state) % n) : 0;
}

static size_t remove_bytes(uint8_t *bytes, size_t length, size_t at, size_t n)
{
	memmove(bytes + at, bytes + at + n, length - at - n);
	return length - n;
}

/* from may not lie in bytes. Returns the new length, the same when there is no room. */
static size_t insert_bytes(uint8_t *bytes, size_t length, size_t at, const uint8_t *from, size_t n)
{
	if (n == 0 || length + n > INPUT_MAX)
		return length;
	memmove(bytes + at + n, bytes + at, length - at);
	memcpy(bytes + at, from, n);
	return length + n;
}

static uint8_t interesting_byte(uint64_t *state)
{
	static const uint8_t bytes[] = {0, 1, 0x7f, 0x80, 0xff, ' ', '\n', '0', '9', '/', ':', '=',
		'[', ']', '-', '.', ',', '#', '"', 'a', 'f', 'Z'};
	return bytes[below(state, sizeof(bytes))];
}

/* One change of a few bytes somewhere. Returns the new length. */
static size_t mutate_once(uint8_t *bytes, size_t length, uint64_t *state)
{
	size_t at = below(state, length), n = 1 + below(state, 8);
	const struct input *other = &corpus[below(state, corpus_files)];
	size_t from = below(state, other->length);
	uint8_t few[8];

	if (n > length - at)
		n = length - at;
	for (size_t i = 0; i < sizeof(few); i++)
		few[i] = interesting_byte(state);
	switch (below(state, 8)) {
	case 0:
		if (length > 0)
			bytes[at] ^= (uint8_t)(1 << below(state, 8));
		return length;
	case 1:
		if (length > 0)
			bytes[at] = (uint8_t)next_random(state);
		return length;
	case 2:
		if (length > 0)
			bytes[at] = few[0];
		return length;
	case 3:
		return at; /* cut */
	case 4:
		return remove_bytes(bytes, length, at, n);
	case 5:
		return insert_bytes(bytes, length, at, few, 1 + below(state, sizeof(few)));
	case 6: /* repeat a piece of itself */
		memcpy(few, bytes + at, n);
		return insert_bytes(bytes, length, at, few, n);
	default: /* a piece of another file */
		return insert_bytes(bytes, length, at, other->bytes + from,
			below(state, other->length - from + 1));
	}
}

static void run_mutations(const struct input *in, unsigned long count)
{
	uint8_t *bytes = malloc(INPUT_MAX);

	if (!bytes)
		fail("no memory", in->name);
	for (current_mutation = 1; current_mutation <= count; current_mutation++) {
		uint64_t state = current_mutation;
		size_t length = in->length;
		if (length > 0)
			memcpy(bytes, in->bytes, length);
		for (size_t changes = 1 + below(&state, 4); changes > 0; changes--)
			length = mutate_once(bytes, length, &state);
		run(in->name, bytes, length);
	}
	current_mutation = 0;
	free(bytes);
}

static void unload(void)
{
	current = (struct input){0}; /* a leak report may still ask for it */
	for (size_t i = 0; i < corpus_files; i++) {
		free(corpus[i].bytes);
		free(corpus[i].name);
	}
}

int main(int argc, char **argv)
{
	unsigned long mutations = 0;
	struct stat info;

	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	if (argc == 4 && strcmp(argv[1], "--mutations") == 0)
		mutations = strtoul(argv[2], NULL, 10);
	else if (argc != 2) {
		fprintf(stderr, "usage: %s [--mutations N] FOLDER | FILE\n", argv[0]);
		return 2;
	}
	const char *from = argv[argc - 1];
	if (stat(from, &info) != 0)
		fail("cannot be read", from);
	if (S_ISDIR(info.st_mode))
		load_folder(from);
	else
		load(from);

	catch_crashes();
	for (size_t i = 0; i < corpus_files; i++)
		run(corpus[i].name, corpus[i].bytes, corpus[i].length);
	for (size_t i = 0; i < corpus_files; i++)
		run_mutations(&corpus[i], mutations);
	printf("%zu files, %lu mutations of each\n", corpus_files, mutations);
	bool empty = corpus_files == 0;
	unload();
	return empty ? 1 : 0;
}
