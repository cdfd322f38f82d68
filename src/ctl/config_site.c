/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys of [Node], [Black], [Red] and [Crypt]. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "crypto/keytext.h"
#include "crypto/secret.h"
#include "ctl/config_internal.h"

#define LIMIT_MAX 10000000 /* messages a second: more than a port can bring */

int config_node_name(struct config_parse *p, const char *value)
{
	p->config->name_line = p->reader.line;
	if (value[0] == '.') /* it names a folder and a socket, which would be hidden */
		return config_refuse(p, "Name with a dot at its beginning is no name of a [Node]; begin it "
			"with a letter or a digit");
	return config_name(p, p->config->name, value);
}

int config_node_core(struct config_parse *p, const char *value)
{
	return config_core(p, value, &p->config->core);
}

int config_node_mode(struct config_parse *p, const char *value)
{
	static const char *const choices[] = {
		[CONFIG_MODE_SMALL] = "small", [CONFIG_MODE_LARGE] = "large", NULL};
	unsigned choice = 0;

	int rc = config_choice(p, choices, value, &choice);
	p->config->mode = choice;
	return rc;
}

int config_node_hugepages(struct config_parse *p, const char *value)
{
	static const char *const choices[] = {[CONFIG_AUTO] = "auto",
		[CONFIG_REQUIRED] = "required", [CONFIG_OFF] = "off", NULL};
	unsigned choice = 0;

	int rc = config_choice(p, choices, value, &choice);
	p->config->hugepages = choice;
	return rc;
}

int config_node_poll(struct config_parse *p, const char *value)
{
	static const char *const choices[] = {
		[CONFIG_POLL_ADAPTIVE] = "adaptive", [CONFIG_POLL_BUSY] = "busy", NULL};
	unsigned choice = 0;

	int rc = config_choice(p, choices, value, &choice);
	p->config->poll = choice;
	return rc;
}

/* One of two words; *second says which. */
static int read_switch(struct config_parse *p, const char *off, const char *on, const char *value,
	bool *second)
{
	const char *const choices[] = {off, on, NULL};
	unsigned choice = 0;

	int rc = config_choice(p, choices, value, &choice);
	*second = choice == 1;
	return rc;
}

int config_node_uapi_secrets(struct config_parse *p, const char *value)
{
	return read_switch(p, "no", "yes", value, &p->config->uapi_secrets);
}

int config_black_udp_checksum(struct config_parse *p, const char *value)
{
	return read_switch(p, "no", "yes", value, &p->config->udp_checksum);
}

int config_crypt_dscp(struct config_parse *p, const char *value)
{
	return read_switch(p, "0", "copy", value, &p->config->copy_dscp);
}

int config_crypt_ecn(struct config_parse *p, const char *value)
{
	return read_switch(p, "0", "copy", value, &p->config->copy_ecn);
}

int config_node_state_directory(struct config_parse *p, const char *value)
{
	char *directory = p->config->state_directory;
	char quoted[CONFIG_QUOTE_MAX];
	bool none = strcasecmp(value, "none") == 0;

	if (!none && value[0] != '/')
		return config_refuse(p, "StateDirectory = %s is no absolute path; give one, or none",
			config_quote(quoted, value));
	if (strlen(value) >= sizeof(p->config->state_directory))
		return config_refuse(p, "StateDirectory is longer than %zu bytes; shorten it",
			sizeof(p->config->state_directory) - 1);
	snprintf(directory, sizeof(p->config->state_directory), "%s", none ? "" : value);
	return 0;
}

int config_domain_port(struct config_parse *p, const char *value)
{
	return config_port(p, p->domain->port, value);
}

int config_domain_core(struct config_parse *p, const char *value)
{
	return config_core(p, value, &p->domain->core);
}

int config_domain_mtu(struct config_parse *p, const char *value)
{
	unsigned least = CONFIG_MTU_LEAST + (p->section == SECTION_BLACK ? CONFIG_TUNNEL_BYTES : 0);
	uint64_t mtu;
	char quoted[CONFIG_QUOTE_MAX];

	if (!config_number(value, UINT16_MAX, &mtu) || mtu < least)
		return config_refuse(p, "Mtu = %s is no MTU for [%s]; take %u to %u, or leave the key "
			"out", config_quote(quoted, value), config_section_name(p->section), least,
			UINT16_MAX);
	p->domain->mtu = (uint16_t)mtu;
	return 0;
}

int config_domain_memory(struct config_parse *p, const char *value)
{
	return config_memory(p, value, &p->domain->memory_bytes);
}

/* The bits behind the prefix: all zero name the network, all one (IPv4) everybody in it. */
static bool has_host_part(const struct ip_prefix *prefix)
{
	unsigned bits = addr_bits(&prefix->addr);
	bool zero = true, one = true;

	if (prefix->length + 1u >= bits) /* RFC 3021, RFC 6164, and a single host */
		return true;
	for (unsigned i = prefix->length; i < bits; i++) {
		bool bit = prefix->addr.bytes[i / 8] >> (7 - i % 8) & 1;
		zero = zero && !bit;
		one = one && bit;
	}
	return !zero && !(one && bits == 32);
}

static int check_address(struct config_parse *p, const struct ip_prefix *prefix, const char *value)
{
	const char *unfit = config_unfit(&prefix->addr);
	char quoted[CONFIG_QUOTE_MAX];

	config_quote(quoted, value);
	if (unfit)
		return config_refuse(p, "Address = %s is %s; write this port's own address", quoted,
			unfit);
	if (!strchr(value, '/') || prefix->length == 0)
		return config_refuse(p, "Address = %s does not tell its network's size; write it "
			"as in 192.0.2.10/24", quoted);
	if (!has_host_part(prefix))
		return config_refuse(p, "Address = %s is the network, not a host in it; write this "
			"port's own address as in 192.0.2.10/24", quoted);
	return 0;
}

int config_domain_address(struct config_parse *p, const char *value)
{
	struct config_domain *d = p->domain;
	struct ip_prefix prefix;
	char quoted[CONFIG_QUOTE_MAX];

	if (prefix_parse(&prefix, value) != 0)
		return config_refuse(p, "%s is no address with its network's size; write it as in "
			"192.0.2.10/24 or 2001:db8::10/64", config_quote(quoted, value));
	if (check_address(p, &prefix, value) != 0)
		return p->status;
	for (unsigned i = 0; i < d->address_count; i++) {
		if (addr_equal(&d->addresses[i].addr, &prefix.addr))
			return config_refuse(p, "Address = %s is already in line %u; leave one of "
				"the two",
				config_quote(quoted, value), p->address_line[p->section][i]);
	}
	if (d->address_count == CONFIG_ADDRESSES)
		return config_refuse(p, "more than %d addresses in [%s]; take out some",
			CONFIG_ADDRESSES, config_section_name(p->section));
	p->address_line[p->section][d->address_count] = p->reader.line;
	d->addresses[d->address_count++] = prefix;
	return 0;
}

int config_domain_gateway(struct config_parse *p, const char *value)
{
	struct ip_addr gateway;
	char quoted[CONFIG_QUOTE_MAX];

	config_quote(quoted, value);
	if (addr_parse(&gateway, value) != 0)
		return config_refuse(p, "Gateway = %s is no address; write one such as "
			"192.0.2.1", quoted);
	const char *unfit = config_unfit(&gateway);
	if (unfit)
		return config_refuse(p, "Gateway = %s is %s; write the router's "
			"address", quoted, unfit);
	bool is6 = gateway.family == 6;
	unsigned *line = &p->gateway_line[p->section][is6];
	if (*line != 0)
		return config_refuse(p, "the IPv%d gateway is already in line %u; leave one of the "
			"two",
			is6 ? 6 : 4, *line);
	*line = p->reader.line;
	*(is6 ? &p->domain->gateway6 : &p->domain->gateway) = gateway;
	return 0;
}

static int limit(struct config_parse *p, const char *key, const char *value, uint32_t *limit)
{
	uint64_t number;
	char quoted[CONFIG_QUOTE_MAX];

	if (!config_number(value, LIMIT_MAX, &number))
		return config_refuse(p, "%s = %s is no number of messages a second; take 0 (no "
			"limit) to %d", key, config_quote(quoted, value), LIMIT_MAX);
	*limit = (uint32_t)number;
	return 0;
}

int config_black_handshake_limit(struct config_parse *p, const char *value)
{
	return limit(p, "HandshakeLimit", value, &p->config->handshake_limit);
}

int config_black_handshake_limit_per_source(struct config_parse *p, const char *value)
{
	return limit(p, "HandshakeLimitPerSource", value, &p->config->handshake_limit_per_source);
}

int config_black_cookie_limit(struct config_parse *p, const char *value)
{
	return limit(p, "CookieLimit", value, &p->config->cookie_limit);
}

int config_red_secure(struct config_parse *p, const char *value)
{
	struct config *c = p->config;
	struct ip_prefix prefix;

	if (value[0] == '\0')
		return 0;
	if (config_prefix(p, value, &prefix) != 0)
		return p->status;
	if (p->item_count + c->secure_count == CONFIG_PREFIXES)
		return config_refuse(p, "more than %d prefixes; join some", CONFIG_PREFIXES);
	if (c->secure_count == p->secure_capacity) {
		void *larger = config_grow(c->secure, c->secure_count, &p->secure_capacity,
			sizeof(*c->secure));
		if (!larger)
			return config_no_memory(p);
		c->secure = larger;
	}
	prefix_mask(&prefix);
	c->secure[c->secure_count++] = prefix;
	return 0;
}

int config_crypt_cores(struct config_parse *p, const char *value)
{
	struct config *c = p->config;

	if (c->crypt_core_count == CONFIG_CORES)
		return config_refuse(p, "Cores names more than %d CPUs; leave some of them out",
			CONFIG_CORES);
	if (config_core(p, value, &c->crypt_cores[c->crypt_core_count]) != 0)
		return p->status;
	c->crypt_core_count++;
	return 0;
}

int config_crypt_engine(struct config_parse *p, const char *value)
{
	static const char *const choices[] = {"auto", "ipsec-mb", "sodium", "cryptodev"};
	const char *engine = config_is_device(value, "crypto_") ? value : NULL;
	char quoted[CONFIG_QUOTE_MAX];

	for (unsigned i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
		if (strcasecmp(value, choices[i]) == 0)
			engine = choices[i];
	if (!engine)
		return config_refuse(p, "%s is none of the choices; take one of: auto, ipsec-mb, "
			"sodium, cryptodev, or a DPDK device such as crypto_aesni_mb",
			config_quote(quoted, value));
	if (strlen(engine) >= CONFIG_ENGINE_MAX)
		return config_refuse(p, "Engine has more than %d characters; shorten it",
			CONFIG_ENGINE_MAX - 1);
	snprintf(p->config->engine, sizeof(p->config->engine), "%s", engine);
	return 0;
}

int config_crypt_listen_port(struct config_parse *p, const char *value)
{
	uint64_t port;
	char quoted[CONFIG_QUOTE_MAX];

	if (!config_number(value, UINT16_MAX, &port) || port == 0)
		return config_refuse(p, "ListenPort = %s is no UDP port; take 1 to 65535",
			config_quote(quoted, value));
	p->config->listen_port = (uint16_t)port;
	return 0;
}

int config_crypt_private_key(struct config_parse *p, const char *value)
{
	return config_refuse(p, "a private key does not belong into this file; write it to a file "
		"of its own with mode 0600, name that in PrivateKeyFile and take out this line");
}

int config_crypt_private_key_file(struct config_parse *p, const char *value)
{
	struct config *c = p->config;

	if (config_key_from_file(p, value, c->private_key) != 0)
		return p->status;
	if (secret_is_zero(c->private_key, KEY_LEN))
		return config_refuse(p, "the private key is zero, which is no key; make one with "
			"`encrypterctl genkey`");
	c->has_private_key = true;
	return 0;
}

int config_crypt_key_store(struct config_parse *p, const char *value)
{
	return config_refuse(p, "KeyStore is not supported by this version; use PrivateKeyFile");
}

int config_crypt_memory(struct config_parse *p, const char *value)
{
	return config_memory(p, value, &p->config->crypt_memory_bytes);
}
