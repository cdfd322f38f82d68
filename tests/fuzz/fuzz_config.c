/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration file's reader: any bytes are a file. What is accepted must be sound. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/config_internal.h"
#include "fuzz.h"

/* Key files exist when their name begins with "key"; each name is another key. */
static int read_key(uint8_t key[static 32], const char *path, char why[static CONFIG_WHY_MAX])
{
	if (strncmp(path, "key", 3) != 0) {
		snprintf(why, CONFIG_WHY_MAX, "cannot be opened; make it");
		return -EINVAL;
	}
	memset(key, (int)strlen(path), 32);
	return 0;
}

static bool is_string(const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	return length > 0 && length < size;
}

static bool is_masked(const struct ip_prefix *prefix)
{
	struct ip_prefix masked = *prefix;

	prefix_mask(&masked);
	return prefix->length <= addr_bits(&prefix->addr) && prefix_equal(&masked, prefix);
}

static void check_domain(const struct config_domain *d)
{
	require(is_string(d->port, sizeof(d->port)), "a port has a name");
	require(d->address_count > 0 && d->address_count <= CONFIG_ADDRESSES, "addresses");
	for (unsigned i = 0; i < d->address_count; i++)
		require(!config_unfit(&d->addresses[i].addr), "an address that a host can have");
	require(d->memory_bytes >= 8ull << 20 && d->memory_bytes <= 64ull << 30, "memory");
}

static void check_accepted(const struct config *c)
{
	unsigned prefixes = 0;

	require(is_string(c->name, sizeof(c->name)) && !strchr(c->name, '/'), "a name");
	require(c->has_private_key && c->listen_port != 0, "a key and a port");
	check_domain(&c->black);
	check_domain(&c->red);
	require(strcmp(c->black.port, c->red.port) != 0, "two ports");
	for (unsigned i = 0; i < c->secure_count; i++)
		require(is_masked(&c->secure[i]), "Secure is masked");
	for (unsigned i = 0; i < c->peer_count; i++) {
		const struct config_peer *peer = &c->peers[i];
		require(peer->line > 0 && peer->key_line > peer->line, "lines of a peer");
		for (unsigned j = 0; j < peer->allowed_ip_count; j++, prefixes++)
			require(is_masked(&peer->allowed_ips[j]), "AllowedIPs are masked");
	}
	require(prefixes == c->allowed_ip_count, "every prefix has a peer");
}

static void check_refused(const struct config *c, const char *error)
{
	require(strncmp(error, "fuzz.conf:", 10) == 0 && error[10] >= '1' && error[10] <= '9',
		"a message names the line");
	require(strnlen(error, CONFIG_ERROR_MAX) < CONFIG_ERROR_MAX - 1, "a message fits");
	require(strchr(error, ';') != NULL, "a message has a remedy");
	for (; *error != '\0'; error++)
		require(*error >= ' ' && *error <= '~', "a message is printable");
	require(!c->peers && !c->secure && !c->allowed_ips, "nothing is left");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct config_files files = {read_key};
	static struct config config;
	char error[CONFIG_ERROR_MAX] = "";

	if (config_parse(&config, "fuzz.conf", (const char *)data, size, &files, NULL, error) == 0)
		check_accepted(&config);
	else
		check_refused(&config, error);
	config_free(&config);
	return 0;
}
