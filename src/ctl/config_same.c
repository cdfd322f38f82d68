/* SPDX-License-Identifier: BSD-3-Clause */
/* A configuration that is read again: what a running daemon cannot change must be as it was. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "ctl/config_internal.h"

struct fixed {
	enum config_section section;
	const char *key;
	size_t offset, size; /* in struct config; texts are compared up to their ends */
	bool text;
};

#define FIXED(section, key, field, text)                                                           \
	{section, key, offsetof(struct config, field), sizeof(((struct config *)0)->field), text}

static const struct fixed fixed[] = {
	FIXED(SECTION_NODE, "Name", name, true),
	FIXED(SECTION_NODE, "Core", core, false),
	FIXED(SECTION_NODE, "Mode", mode, false),
	FIXED(SECTION_NODE, "Hugepages", hugepages, false),
	FIXED(SECTION_NODE, "Poll", poll, false),
	FIXED(SECTION_NODE, "StateDirectory", state_directory, true),
	FIXED(SECTION_BLACK, "Port", black.port, true),
	FIXED(SECTION_BLACK, "Core", black.core, false),
	FIXED(SECTION_BLACK, "UdpChecksum", udp_checksum, false),
	FIXED(SECTION_BLACK, "Mtu", black.mtu, false),
	FIXED(SECTION_BLACK, "Memory", black.memory_bytes, false),
	FIXED(SECTION_BLACK, "HandshakeLimit", handshake_limit, false),
	FIXED(SECTION_BLACK, "HandshakeLimitPerSource", handshake_limit_per_source, false),
	FIXED(SECTION_BLACK, "CookieLimit", cookie_limit, false),
	FIXED(SECTION_RED, "Port", red.port, true),
	FIXED(SECTION_RED, "Core", red.core, false),
	FIXED(SECTION_RED, "Mtu", red.mtu, false),
	FIXED(SECTION_RED, "Memory", red.memory_bytes, false),
	FIXED(SECTION_CRYPT, "Cores", crypt_core_count, false),
	FIXED(SECTION_CRYPT, "Cores", crypt_cores, false),
	FIXED(SECTION_CRYPT, "Engine", engine, true),
	FIXED(SECTION_CRYPT, "Dscp", copy_dscp, false),
	FIXED(SECTION_CRYPT, "Ecn", copy_ecn, false),
	FIXED(SECTION_CRYPT, "Memory", crypt_memory_bytes, false),
};

static bool is_same(const struct fixed *f, const struct config *a, const struct config *b)
{
	const char *x = (const char *)a + f->offset, *y = (const char *)b + f->offset;

	return f->text ? strncmp(x, y, f->size) == 0 : memcmp(x, y, f->size) == 0;
}

static int refuse(struct config_parse *p, enum config_section section, const char *key)
{
	return config_fail(p, config_line(p, section, key),
		"[%s] %s cannot change while encrypterd runs; restart it, or write what it was",
		config_section_name(section), key);
}

bool config_same_addresses(const struct config_domain *a, const struct config_domain *b)
{
	for (unsigned i = 0; i < a->address_count && i < b->address_count; i++) {
		if (!prefix_equal(&a->addresses[i], &b->addresses[i]))
			return false;
	}
	return a->address_count == b->address_count;
}

bool config_same_gateways(const struct config_domain *a, const struct config_domain *b)
{
	return addr_equal(&a->gateway, &b->gateway) && addr_equal(&a->gateway6, &b->gateway6);
}

int config_check_same(struct config_parse *p)
{
	const struct config *running = p->running;

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		if (!is_same(&fixed[i], p->config, running))
			return refuse(p, fixed[i].section, fixed[i].key);
	}
	/* Those of the black port can change. */
	if (!config_same_addresses(&p->config->red, &running->red))
		return refuse(p, SECTION_RED, "Address");
	if (!config_same_gateways(&p->config->red, &running->red))
		return refuse(p, SECTION_RED, "Gateway");
	return 0;
}
