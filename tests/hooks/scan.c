/* SPDX-License-Identifier: BSD-3-Clause */
#include "hooks/scan.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "crypt/state.h"
#include "util/log.h"

#define PATTERN_MAX 256
#define CLASSES_MAX 64
#define PLANTS_MAX  16
/* What this thread holds of a pattern is masked, so that it never finds itself. */
#define MASK        0xa7

struct class {
	char name[96];
	unsigned count;
};

struct result {
	struct class list[CLASSES_MAX];
	unsigned count;
};

static struct {
	struct scan_context context;
	pthread_t thread;
	int fd;
	bool running;
	char path[108];
	uint8_t *plants[PLANTS_MAX];
	size_t plant_length[PLANTS_MAX];
	bool plant_in_zone[PLANTS_MAX];
	unsigned plant_count;
} scan = {.fd = -1};

/* ---- whose memory ---- */

static bool in_zone(const struct zone *z, uintptr_t at)
{
	return at >= (uintptr_t)z->base && at < (uintptr_t)z->base + z->length;
}

static bool is_socket(int fd, unsigned long inode)
{
	struct stat s;

	return fd >= 0 && fstat(fd, &s) == 0 && s.st_ino == inode;
}

static const char *classify(uintptr_t at, const char *file, unsigned long inode)
{
	if (in_zone(scan.context.black, at))
		return "black";
	if (in_zone(scan.context.red, at))
		return "red";
	if (in_zone(scan.context.crypt_zone, at))
		return "crypt";
	if (is_socket(scan.context.black_fd, inode))
		return "black-port";
	if (is_socket(scan.context.red_fd, inode))
		return "red-port";
	return *file ? file : "anonymous";
}

static void add_found(struct result *r, const char *name, unsigned n)
{
	unsigned i = 0;

	while (i < r->count && strcmp(r->list[i].name, name) != 0)
		i++;
	if (i == CLASSES_MAX)
		return;
	if (i == r->count)
		snprintf(r->list[r->count++].name, sizeof(r->list[0].name), "%.90s", name);
	r->list[i].count += n;
}

/* ---- looking ---- */

static bool matches(const uint8_t *at, const uint8_t *pattern, size_t length, uint8_t mask)
{
	for (size_t i = 0; i < length; i++)
		if ((uint8_t)(at[i] ^ mask) != pattern[i])
			return false;
	return true;
}

/* The pattern is masked with `mask`; with mask 0 it is itself in memory and is passed over there. */
__attribute__((no_sanitize("address"))) static unsigned count_in(const uint8_t *from, size_t bytes,
	const uint8_t *pattern, size_t length, uint8_t mask)
{
	const uint8_t first = pattern[0] ^ mask, *at = from, *end = from + bytes;
	unsigned n = 0;

	while (at + length <= end) {
		at = memchr(at, first, (size_t)(end - at) - length + 1);
		if (!at)
			break;
		n += matches(at, pattern, length, mask);
		at++;
	}
	return n;
}

static void scan_all(struct result *r, const uint8_t *pattern, size_t length, uint8_t mask)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];

	while (maps && fgets(line, sizeof(line), maps)) {
		unsigned long from, to, inode;
		char mode[8], file[256] = "";
		if (sscanf(line, "%lx-%lx %7s %*x %*s %lu %255[^\n]", &from, &to, mode, &inode,
			    file) < 4)
			continue;
		if (mode[0] != 'r' || strstr(file, "[v") == file)
			continue;
		unsigned n = count_in((const uint8_t *)from, to - from, pattern, length, mask);
		if (n)
			add_found(r, classify(from, file, inode), n);
	}
	if (maps)
		fclose(maps);
}

/* ---- requests ---- */

static size_t parse_hex(uint8_t *to, const char *text, uint8_t mask)
{
	size_t n = 0;
	unsigned value;

	while (n < PATTERN_MAX && sscanf(text + 2 * n, "%2x", &value) == 1)
		to[n++] = (uint8_t)value ^ mask;
	return n;
}

static void answer(FILE *client, const struct result *r)
{
	for (unsigned i = 0; i < r->count; i++)
		fprintf(client, "%s %u\n", r->list[i].name, r->list[i].count);
	fprintf(client, "end\n");
}

static void find_pattern(FILE *client, const char *hex)
{
	uint8_t pattern[PATTERN_MAX];
	struct result r = {.count = 0};
	size_t length = parse_hex(pattern, hex, MASK);

	if (length)
		scan_all(&r, pattern, length, MASK);
	answer(client, &r);
}

static void find_keys(FILE *client)
{
	const struct crypt *c = scan.context.crypt;
	struct result r = {.count = 0};
	unsigned sessions = 0;

	for (uint32_t slot = 0; slot < c->config.max_peers; slot++) {
		if (c->sending[slot].valid) {
			scan_all(&r, c->sending[slot].key, 32, 0);
			sessions++;
		}
		for (unsigned i = 0; i < RECEIVING_SLOTS; i++)
			if (c->receivers[slot].session.slot[i].role != RECEIVING_NONE)
				scan_all(&r, c->receivers[slot].session.slot[i].key, 32, 0);
	}
	fprintf(client, "sessions %u\n", sessions);
	answer(client, &r);
}

static struct zone *zone_named(const char *name)
{
	struct zone *const zones[] = {
		scan.context.black, scan.context.red, scan.context.crypt_zone};

	for (unsigned i = 0; i < 3; i++)
		if (strcmp(zones[i]->name, name) == 0)
			return zones[i];
	return NULL;
}

static void plant(FILE *client, const char *where, const char *hex)
{
	struct zone *z = zone_named(where);
	uint8_t pattern[PATTERN_MAX];
	size_t length = parse_hex(pattern, hex, MASK);

	if (scan.plant_count < PLANTS_MAX && length) {
		uint8_t *to = z ? zone_alloc(z, length) : malloc(length);
		for (size_t i = 0; to && i < length; i++)
			((volatile uint8_t *)to)[i] = pattern[i] ^ MASK;
		scan.plant_length[scan.plant_count] = length;
		scan.plant_in_zone[scan.plant_count] = z != NULL;
		scan.plants[scan.plant_count++] = to;
	}
	fprintf(client, "end\n");
}

static void unplant(void)
{
	for (unsigned i = 0; i < scan.plant_count; i++) {
		explicit_bzero(scan.plants[i], scan.plant_length[i]);
		if (scan.plant_in_zone[i])
			zone_free(scan.plants[i]);
		else
			free(scan.plants[i]);
	}
	scan.plant_count = 0;
}

static void serve(int fd)
{
	static char request[3 * PATTERN_MAX];
	char where[16];
	FILE *client = fdopen(fd, "r+");
	int at = 0;

	if (!client) {
		close(fd);
		return;
	}
	setvbuf(client, NULL, _IONBF, 0);
	if (!fgets(request, sizeof(request), client))
		request[0] = 0;
	if (strncmp(request, "pattern ", 8) == 0) {
		find_pattern(client, request + 8);
	} else if (sscanf(request, "plant %15s %n", where, &at) == 1) {
		plant(client, where, request + at);
	} else if (strncmp(request, "keys", 4) == 0) {
		find_keys(client);
	} else {
		unplant();
		fprintf(client, "end\n");
	}
	explicit_bzero(request, sizeof(request));
	fclose(client);
}

static void *run(void *unused)
{
	int client;

	while ((client = accept(scan.fd, NULL, NULL)) >= 0)
		serve(client);
	return unused;
}

int scan_open(const struct scan_context *context)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	scan.context = *context;
	snprintf(scan.path, sizeof(scan.path), "/run/encrypter/%.40s/scan.sock", context->name);
	memcpy(address.sun_path, scan.path, sizeof(scan.path));
	unlink(scan.path);
	scan.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (scan.fd < 0 || bind(scan.fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
		chmod(scan.path, 0600) != 0 || listen(scan.fd, 4) != 0 ||
		pthread_create(&scan.thread, NULL, run, NULL) != 0)
		return -errno;
	scan.running = true;
	log_event(LOG_WARNING, "main", "test hook is built in: memory can be scanned socket=%s",
		scan.path);
	return 0;
}

void scan_close(void)
{
	if (!scan.running)
		return;
	shutdown(scan.fd, SHUT_RDWR);
	pthread_join(scan.thread, NULL);
	close(scan.fd);
	unlink(scan.path);
	unplant();
	scan.running = false;
}
