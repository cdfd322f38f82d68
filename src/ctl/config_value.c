/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctl/config_internal.h"

#define KEY_RUN     43 /* so many characters of base64, and a '=', are a key */
#define CPUS_MAX    8192
#define MEMORY_MAX  (64ull << 30)

static bool is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/*
 * A key pasted behind the wrong name must not reach a terminal or a log: in base64, also when its '=' was
 * lost, or in hex. A path is told from it by its slashes, unless it is just as long and nothing else.
 */
static bool may_be_key(const char *value)
{
	for (const char *at = value; *at != '\0';) {
		const char *from = at;
		bool slash = false;

		for (; is_letter_or_digit(*at) || *at == '+' || *at == '/'; at++)
			slash = slash || *at == '/';
		size_t run = (size_t)(at - from);
		bool alone = run == KEY_RUN && from == value && *at == '\0';
		if (run >= KEY_RUN && (*at == '=' || !slash || alone))
			return true;
		at += *at != '\0' ? 1 : 0;
	}
	return false;
}

const char *config_quote(char quoted[static CONFIG_QUOTE_MAX], const char *value)
{
	size_t room = CONFIG_QUOTE_MAX - sizeof("''...");
	size_t length = strlen(value);
	size_t shown = length > room ? room : length;

	if (may_be_key(value)) {
		snprintf(quoted, CONFIG_QUOTE_MAX, "(not shown: it may be a key)");
		return quoted;
	}
	quoted[0] = '\'';
	for (size_t i = 0; i < shown; i++)
		quoted[i + 1] = value[i] >= ' ' && value[i] <= '~' ? value[i] : '?';
	snprintf(quoted + shown + 1, CONFIG_QUOTE_MAX - shown - 1, "%s'",
		shown < length ? "..." : "");
	return quoted;
}

int config_name(struct config_parse *p, char name[static CONFIG_NAME_MAX], const char *value)
{
	size_t length = strlen(value);
	size_t good = 0;
	char quoted[CONFIG_QUOTE_MAX];

	while (is_letter_or_digit(value[good]) ||
		(value[good] != '\0' && strchr("._-", value[good])))
		good++;
	if (length == 0 || length >= CONFIG_NAME_MAX || good < length ||
		strcmp(value, ".") == 0 || strcmp(value, "..") == 0)
		return config_refuse(p, "Name %s is no name; take 1 to %d of A-Z a-z 0-9 . _ -",
			config_quote(quoted, value), CONFIG_NAME_MAX - 1);
	memcpy(name, value, length + 1);
	return 0;
}

int config_choice(struct config_parse *p, const char *const *choices, const char *value,
	unsigned *choice)
{
	char list[128] = "";
	char quoted[CONFIG_QUOTE_MAX];

	for (unsigned i = 0; choices[i]; i++) {
		if (strcasecmp(value, choices[i]) == 0) {
			*choice = i;
			return 0;
		}
		size_t used = strlen(list);
		snprintf(list + used, sizeof(list) - used, "%s%s", i > 0 ? ", " : "", choices[i]);
	}
	return config_refuse(p, "%s is none of the choices; take one of: %s",
		config_quote(quoted, value), list);
}

bool config_number(const char *value, uint64_t max, uint64_t *number)
{
	uint64_t n = 0;

	if (*value == '\0')
		return false;
	for (; *value != '\0'; value++) {
		unsigned digit = (unsigned)(*value - '0');
		if (digit > 9 || n > (max - digit) / 10 || digit > max)
			return false;
		n = n * 10 + digit;
	}
	*number = n;
	return true;
}

/* "0-3,8": the CPUs of the set, for a message. */
static void list_cpus(char *list, size_t size, const cpu_set_t *set, size_t set_size)
{
	size_t used = 0;

	list[0] = '\0';
	for (int i = 0; i < CPUS_MAX && used + 16 < size; i++) {
		int last = i;
		if (!CPU_ISSET_S(i, set_size, set))
			continue;
		while (last + 1 < CPUS_MAX && CPU_ISSET_S(last + 1, set_size, set))
			last++;
		used += (size_t)snprintf(list + used, size - used, last > i ? "%s%d-%d" : "%s%d",
			used > 0 ? "," : "", i, last);
		i = last;
	}
}

static int check_cpu(struct config_parse *p, unsigned cpu)
{
	size_t size = CPU_ALLOC_SIZE(CPUS_MAX);
	cpu_set_t *set = CPU_ALLOC(CPUS_MAX);
	char list[96];
	int rc = 0;

	if (!set)
		return config_no_memory(p);
	CPU_ZERO_S(size, set);
	if (sched_getaffinity(0, size, set) != 0) {
		rc = config_refuse(p, "the CPUs of this process cannot be learnt: %s; leave the "
			"key out",
			strerror(errno));
	} else if (!CPU_ISSET_S(cpu, size, set)) {
		list_cpus(list, sizeof(list), set, size);
		rc = config_refuse(p, "CPU %u is not one that this process may use; take one of "
			"%s, or leave the key out", cpu, list);
	}
	CPU_FREE(set);
	return rc;
}

int config_core(struct config_parse *p, const char *value, int *core)
{
	uint64_t cpu;
	char quoted[CONFIG_QUOTE_MAX];

	if (!config_number(value, CPUS_MAX - 1, &cpu))
		return config_refuse(p, "%s is no CPU's number; write one such as 0, or leave the "
			"key out",
			config_quote(quoted, value));
	*core = (int)cpu;
	/* Read again, it must be what it was; and whoever reads it then is kept on a core of its own. */
	return p->running ? 0 : check_cpu(p, (unsigned)cpu);
}

int config_memory(struct config_parse *p, const char *value, uint64_t *bytes)
{
	static const struct {
		char suffix[2];
		unsigned shift;
	} units[] = {{"K", 10}, {"M", 20}, {"G", 30}};
	size_t length = strlen(value);
	char digits[24] = "";
	unsigned shift = 0;
	uint64_t number;
	char quoted[CONFIG_QUOTE_MAX];

	for (unsigned i = 0; i < 3; i++) {
		if (length > 0 && strcasecmp(value + length - 1, units[i].suffix) == 0)
			shift = units[i].shift;
	}
	snprintf(digits, sizeof(digits), "%.*s", (int)(shift > 0 ? length - 1 : length), value);
	if (length >= sizeof(digits) || !config_number(digits, MEMORY_MAX, &number))
		return config_refuse(p, "%s is no size; write a number of bytes with K, M or G, "
			"such as 64M", config_quote(quoted, value));
	if (number > MEMORY_MAX >> shift) /* how little will do is for the plan to say */
		return config_refuse(p, "Memory = %s is out of range; take at most 64G",
			config_quote(quoted, value));
	*bytes = number << shift;
	return 0;
}

int config_prefix(struct config_parse *p, const char *value, struct ip_prefix *prefix)
{
	char quoted[CONFIG_QUOTE_MAX];

	if (prefix_parse(prefix, value) != 0)
		return config_refuse(p, "%s is no network; write one such as 10.0.2.0/24 or "
			"fd00:2::/64",
			config_quote(quoted, value));
	return 0;
}

static const char *unfit4(const uint8_t b[static 4])
{
	if (b[0] == 0)
		return "of no host (0.0.0.0/8)";
	if (b[0] == 127)
		return "a loopback address";
	if (b[0] >= 224 && b[0] < 240)
		return "a multicast address";
	return b[0] >= 240 ? "reserved (240.0.0.0/4)" : NULL;
}

const char *config_unfit(const struct ip_addr *addr)
{
	static const struct ip_prefix loopback = {{6, {[15] = 1}}, 128};
	static const struct ip_prefix zero = {{6, {0}}, 128};
	static const struct ip_prefix mapped = {{6, {[10] = 0xff, [11] = 0xff}}, 96};

	if (addr->family == 4)
		return unfit4(addr->bytes);
	if (prefix_contains(&loopback, addr))
		return "a loopback address";
	if (prefix_contains(&zero, addr))
		return "of no host (::)";
	if (prefix_contains(&mapped, addr))
		return "an IPv4 address written as IPv6";
	return addr->bytes[0] == 0xff ? "a multicast address" : NULL;
}

/* As in the shell, but from the configuration's folder: it works from wherever it is loaded. */
static int resolve_path(struct config_parse *p, char resolved[static 2 * CONFIG_PATH_MAX],
	const char *path)
{
	const char *slash = strrchr(p->config->path, '/');
	int folder = path[0] == '/' || !slash ? 0 : (int)(slash + 1 - p->config->path);

	if (path[0] == '\0')
		return config_refuse(p, "no file is named; write its path");
	snprintf(resolved, 2 * CONFIG_PATH_MAX, "%.*s%s", folder, p->config->path, path);
	return 0;
}

int config_key_from_file(struct config_parse *p, const char *path, uint8_t key[static 32])
{
	char resolved[2 * CONFIG_PATH_MAX];
	char why[CONFIG_WHY_MAX];
	char quoted[CONFIG_QUOTE_MAX];

	if (resolve_path(p, resolved, path) != 0)
		return p->status;
	if (p->files->read_key(key, resolved, why) != 0)
		return config_refuse(p, "the key file %s %s", config_quote(quoted, path), why);
	return 0;
}
