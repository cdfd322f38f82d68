/* SPDX-License-Identifier: BSD-3-Clause */
/* [Peer] sections, in wg(8)'s words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "crypto/dh.h"
#include "crypto/keytext.h"
#include "crypto/secret.h"
#include "ctl/config_internal.h"
#include "ctl/names.h"

int config_peer_begin(struct config_parse *p)
{
	struct config *c = p->config;

	if (c->peer_count == CONFIG_PEERS)
		return config_refuse(p, "more than %d peers; spread them over several devices",
			CONFIG_PEERS);
	if (c->peer_count == p->peer_capacity) {
		void *larger = config_grow(c->peers, c->peer_count, &p->peer_capacity,
			sizeof(*c->peers));
		if (!larger)
			return config_no_memory(p);
		c->peers = larger;
	}
	p->peer = &c->peers[c->peer_count++];
	p->peer->line = p->reader.line;
	return 0;
}

int config_peer_name(struct config_parse *p, const char *value)
{
	return config_name(p, p->peer->name, value);
}

/* Why a text is no key, without repeating it. */
static int refuse_key_text(struct config_parse *p, const char *key, const char *value)
{
	size_t length = strlen(value);

	if (length != KEY_BASE64_LEN - 1)
		return config_refuse(p, "%s has %zu characters, a key has %d; copy the whole "
			"key", key,
			length, KEY_BASE64_LEN - 1);
	return config_refuse(p, "%s is not base64 of 32 bytes; copy the key again", key);
}

int config_peer_public_key(struct config_parse *p, const char *value)
{
	if (key_from_base64(p->peer->public_key, value) != 0)
		return refuse_key_text(p, "PublicKey", value);
	p->peer->key_line = p->reader.line;
	return 0;
}

static int check_single_psk(struct config_parse *p, const char *other)
{
	unsigned line = config_key_line(p, SECTION_PEER, other);

	if (line == 0)
		return 0;
	return config_refuse(p, "the preshared key is already given by %s in line %u; leave one of "
		"the two", other, line);
}

/* As for wg(8), a key of zeroes means none. */
static void note_psk(struct config_peer *peer)
{
	peer->has_preshared_key = !secret_is_zero(peer->preshared_key, KEY_LEN);
}

int config_peer_preshared_key(struct config_parse *p, const char *value)
{
	if (check_single_psk(p, "PresharedKeyFile") != 0)
		return p->status;
	if (key_from_base64(p->peer->preshared_key, value) != 0)
		return refuse_key_text(p, "PresharedKey", value);
	note_psk(p->peer);
	p->config->inline_preshared_key = true;
	return 0;
}

int config_peer_preshared_key_file(struct config_parse *p, const char *value)
{
	if (check_single_psk(p, "PresharedKey") != 0 ||
		config_key_from_file(p, value, p->peer->preshared_key) != 0)
		return p->status;
	note_psk(p->peer);
	return 0;
}

/* Does it look as if a name was meant? */
static bool is_host_name(const char *host)
{
	bool letter = false;

	for (; *host != '\0'; host++) {
		letter = letter || ((*host | 0x20) >= 'a' && (*host | 0x20) <= 'z');
		if (*host == ':' || *host == '[' || *host == '/')
			return false;
	}
	return letter;
}

/* endpoint_parse() said no: the most helpful reason. */
static int refuse_endpoint(struct config_parse *p, const char *value)
{
	const char *colon = strrchr(value, ':');
	char host[CONFIG_QUOTE_MAX], quoted[CONFIG_QUOTE_MAX];
	struct ip_addr addr;
	uint64_t port;

	config_quote(quoted, value);
	snprintf(host, sizeof(host), "%.*s", colon ? (int)(colon - value) : 70, value);
	if (addr_parse(&addr, value) == 0 || (!colon && is_host_name(host)))
		return config_refuse(p, "Endpoint = %s has no port; write 192.0.2.20:51820 or "
			"[2001:db8::20]:51820", quoted);
	if (colon && (!config_number(colon + 1, UINT16_MAX, &port) || port == 0))
		return config_refuse(p, "Endpoint = %s has no valid port; take 1 to 65535", quoted);
	if (is_host_name(host))
		return config_refuse(p, "Endpoint = %s is no host's name with a port; write "
			"vpn.example.org:51820", quoted);
	return config_refuse(p, "Endpoint = %s is no address with a port; write 192.0.2.20:51820 "
		"or [2001:db8::20]:51820", quoted);
}

int config_peer_endpoint(struct config_parse *p, const char *value)
{
	char quoted[CONFIG_QUOTE_MAX];

	if (names_parse(value, NULL, NULL)) {
		p->peer->endpoint_name = strdup(value);
		return p->peer->endpoint_name ? 0 : config_no_memory(p);
	}
	if (endpoint_parse(&p->peer->endpoint, value) != 0)
		return refuse_endpoint(p, value);
	const char *unfit = config_unfit(&p->peer->endpoint.addr);
	if (unfit)
		return config_refuse(p, "Endpoint = %s is %s; write the peer's address",
			config_quote(quoted, value), unfit);
	return 0;
}

int config_peer_allowed_ips(struct config_parse *p, const char *value)
{
	struct ip_prefix prefix;

	if (value[0] == '\0')
		return 0;
	if (config_prefix(p, value, &prefix) != 0)
		return p->status;
	if (p->item_count + p->config->secure_count == CONFIG_PREFIXES)
		return config_refuse(p, "more than %d prefixes; join some", CONFIG_PREFIXES);
	if (p->item_count == p->item_capacity) {
		void *larger = config_grow(p->items, p->item_count, &p->item_capacity,
			sizeof(*p->items));
		if (!larger)
			return config_no_memory(p);
		p->items = larger;
	}
	prefix_mask(&prefix); /* A46 */
	p->items[p->item_count++] =
		(struct config_item){prefix, p->config->peer_count - 1, p->reader.line};
	return 0;
}

int config_peer_keepalive(struct config_parse *p, const char *value)
{
	uint64_t seconds = 0;
	char quoted[CONFIG_QUOTE_MAX];

	if (strcasecmp(value, "off") != 0 && !config_number(value, UINT16_MAX, &seconds))
		return config_refuse(p, "PersistentKeepalive = %s is no time; take 0 to 65535 "
			"seconds, or off", config_quote(quoted, value));
	p->peer->persistent_keepalive = (uint16_t)seconds;
	return 0;
}
