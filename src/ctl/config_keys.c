/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctl/config_internal.h"

struct key {
	const char *name;
	int (*set)(struct config_parse *p, const char *value);
	bool list; /* several elements, several lines; otherwise one line at most */
};

struct section {
	const char *name;
	bool many;
	struct key keys[CONFIG_KEYS_MAX + 1]; /* ends with a NULL name */
};

static const struct section sections[SECTION_COUNT] = {
	[SECTION_NODE] = {"Node", false, {
		{"Name", config_node_name, false},
		{"Core", config_node_core, false},
		{"Mode", config_node_mode, false},
		{"Hugepages", config_node_hugepages, false},
		{"Poll", config_node_poll, false},
		{"UapiSecrets", config_node_uapi_secrets, false},
		{"StateDirectory", config_node_state_directory, false},
	}},
	[SECTION_BLACK] = {"Black", false, {
		{"Port", config_domain_port, false},
		{"Core", config_domain_core, false},
		{"Address", config_domain_address, true},
		{"Gateway", config_domain_gateway, true},
		{"UdpChecksum", config_black_udp_checksum, false},
		{"Mtu", config_domain_mtu, false},
		{"Memory", config_domain_memory, false},
		{"HandshakeLimit", config_black_handshake_limit, false},
		{"HandshakeLimitPerSource", config_black_handshake_limit_per_source, false},
		{"CookieLimit", config_black_cookie_limit, false},
	}},
	[SECTION_RED] = {"Red", false, {
		{"Port", config_domain_port, false},
		{"Core", config_domain_core, false},
		{"Address", config_domain_address, true},
		{"Gateway", config_domain_gateway, true},
		{"Secure", config_red_secure, true},
		{"Mtu", config_domain_mtu, false},
		{"Memory", config_domain_memory, false},
	}},
	[SECTION_CRYPT] = {"Crypt", false, {
		{"Cores", config_crypt_cores, true},
		{"Engine", config_crypt_engine, false},
		{"ListenPort", config_crypt_listen_port, false},
		{"PrivateKeyFile", config_crypt_private_key_file, false},
		{"PrivateKey", config_crypt_private_key, false},
		{"KeyStore", config_crypt_key_store, false},
		{"Dscp", config_crypt_dscp, false},
		{"Ecn", config_crypt_ecn, false},
		{"Memory", config_crypt_memory, false},
	}},
	[SECTION_PEER] = {"Peer", true, {
		{"Name", config_peer_name, false},
		{"PublicKey", config_peer_public_key, false},
		{"PresharedKey", config_peer_preshared_key, false},
		{"PresharedKeyFile", config_peer_preshared_key_file, false},
		{"Endpoint", config_peer_endpoint, false},
		{"AllowedIPs", config_peer_allowed_ips, true},
		{"PersistentKeepalive", config_peer_keepalive, false},
	}},
	[SECTION_RULE] = {"Rule", true, {
		{"From", config_rule_prefix, false},
		{"To", config_rule_prefix, false},
		{"Protocol", config_rule_protocol, false},
		{"Port", config_rule_port, false},
		{"Action", config_rule_action, false},
	}},
};

static enum config_section find_section(const char *name)
{
	enum config_section i = 0;

	while (i < SECTION_COUNT && strcasecmp(name, sections[i].name) != 0)
		i++;
	return i;
}

/* -1 when the section has no such key. */
static int find_key(enum config_section section, const char *name)
{
	const struct key *keys = sections[section].keys;

	for (int i = 0; keys[i].name; i++) {
		if (strcasecmp(name, keys[i].name) == 0)
			return i;
	}
	return -1;
}

bool config_key_is_list(const char *name)
{
	for (unsigned s = 0; s < SECTION_COUNT; s++) {
		int i = find_key(s, name);
		if (i >= 0)
			return sections[s].keys[i].list;
	}
	return false;
}

unsigned config_key_line(const struct config_parse *p, enum config_section section,
	const char *name)
{
	int i = find_key(section, name);

	return i < 0 ? 0 : p->key_line[section][i];
}

unsigned config_line(const struct config_parse *p, enum config_section section, const char *name)
{
	unsigned line = config_key_line(p, section, name);

	if (line == 0)
		line = p->section_line[section];
	return line ? line : 1;
}

const char *config_section_name(enum config_section section)
{
	return sections[section].name;
}

const char *config_key_name(enum config_section section, unsigned i)
{
	return sections[section].keys[i].name;
}

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* How many letters must be added, removed or changed to get from one word to the other. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[CONFIG_WORD_MAX + 1];
	size_t width = strnlen(b, CONFIG_WORD_MAX);

	for (unsigned j = 0; j <= width; j++)
		row[j] = j;
	for (unsigned i = 1; a[i - 1] != '\0'; i++) {
		unsigned diagonal = row[0];
		row[0] = i;
		for (unsigned j = 1; j <= width; j++) {
			bool same = strncasecmp(&a[i - 1], &b[j - 1], 1) == 0;
			unsigned changed = diagonal + (same ? 0 : 1);
			diagonal = row[j];
			row[j] = smaller(changed, smaller(row[j], row[j - 1]) + 1);
		}
	}
	return row[width];
}

static int refuse_section(struct config_parse *p, const char *name)
{
	const char *nearest = NULL;
	unsigned best = CONFIG_WORD_MAX;

	if (strcasecmp(name, "Interface") == 0)
		return config_refuse(p, "[Interface] is wg(8)'s section; here ListenPort and "
			"PrivateKeyFile belong to [Crypt], Address to [Black] and [Red]");
	for (unsigned i = 0; i < SECTION_COUNT; i++) {
		unsigned d = distance(name, sections[i].name);
		if (d < best) {
			best = d;
			nearest = sections[i].name;
		}
	}
	char quoted[CONFIG_QUOTE_MAX];
	return config_refuse(p, "unknown section %s; did you mean [%s]? There are [Node], [Black], "
		"[Red], [Crypt], [Peer] and [Rule]", config_quote(quoted, name), nearest);
}

static int refuse_key(struct config_parse *p, const char *name, const char *value)
{
	const struct section *own = &sections[p->section];
	const char *nearest = NULL;
	unsigned best = CONFIG_WORD_MAX;
	char quoted[CONFIG_QUOTE_MAX];

	if (value[0] == '\0') /* "...=" may be the end of a key in base64 on a line of its own */
		return config_refuse(p, "unknown key without a value in [%s]; correct it, or put # "
			"before it", own->name);
	config_quote(quoted, name);
	for (unsigned i = 0; i < SECTION_COUNT; i++) {
		if (find_key(i, name) >= 0)
			return config_refuse(p, "%s is no key of [%s]; it belongs to [%s]", quoted,
				own->name, sections[i].name);
	}
	for (const struct key *key = own->keys; key->name; key++) {
		unsigned d = distance(name, key->name);
		if (d < best) {
			best = d;
			nearest = key->name;
		}
	}
	return config_refuse(p, "unknown key %s in [%s]; did you mean %s?", quoted, own->name,
		nearest);
}

static int begin_section(struct config_parse *p, const char *numbered)
{
	char name[CONFIG_WORD_MAX + 1];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(numbered, "#"), numbered);
	enum config_section section = find_section(name);
	if (section == SECTION_NONE)
		return refuse_section(p, name);
	if (p->section == SECTION_RULE && config_rule_end(p) != 0)
		return p->status;
	if (p->section_line[section] != 0 && !sections[section].many)
		return config_refuse(p, "[%s] is already in line %u; join the two", name,
			p->section_line[section]);
	if (p->section_line[section] == 0)
		p->section_line[section] = p->reader.line;
	if (sections[section].many)
		memset(p->key_line[section], 0, sizeof(p->key_line[section]));
	p->section = section;
	p->domain = section == SECTION_BLACK ? &p->config->black : &p->config->red;
	if (section == SECTION_PEER)
		return config_peer_begin(p);
	return section == SECTION_RULE ? config_rule_begin(p) : 0;
}

static int set_key(struct config_parse *p, const char *name, const char *value)
{
	if (p->section == SECTION_NONE)
		return config_refuse(p, "a key before the first section; begin with [Node]");
	int i = find_key(p->section, name);
	if (i < 0)
		return refuse_key(p, name, value);
	const struct key *key = &sections[p->section].keys[i];
	unsigned *line = &p->key_line[p->section][i];
	if (*line != 0 && !key->list)
		return config_refuse(p, "%s is already in line %u; leave one of the two", key->name,
			*line);
	if (*line == 0)
		*line = p->reader.line;
	return key->set(p, value);
}

int config_handle(void *user, const char *section, const char *name, const char *value)
{
	struct config_parse *p = user;

	if (!name || p->status != 0) /* an inih that announces sections itself */
		return p->status == 0;
	config_reader_arrived(&p->reader);
	if (strcmp(name, CONFIG_ANNOUNCEMENT) == 0)
		return begin_section(p, section) == 0;
	return set_key(p, name, value) == 0;
}
