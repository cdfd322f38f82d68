/* SPDX-License-Identifier: BSD-3-Clause */
/* What only the whole file can tell: what is missing and what does not go together. */
#include "ctl/config_internal.h"

struct required {
	enum config_section section;
	const char *key; /* NULL: the section itself */
	const char *remedy;
};

static int check_required(struct config_parse *p)
{
	static const struct required required[] = {
		{SECTION_NODE, NULL, "add it with a Name"},
		{SECTION_NODE, "Name", "add one such as Name = siteA"},
		{SECTION_BLACK, NULL, "add it with Port and Address of the untrusted side"},
		{SECTION_BLACK, "Port", "add one such as Port = iface:wan0"},
		{SECTION_BLACK, "Address", "add one such as Address = 192.0.2.10/24"},
		{SECTION_RED, NULL, "add it with Port and Address of the site's side"},
		{SECTION_RED, "Port", "add one such as Port = iface:lan0"},
		{SECTION_RED, "Address", "add one such as Address = 10.0.1.254/24"},
		{SECTION_CRYPT, NULL, "add it with PrivateKeyFile"},
		{SECTION_CRYPT, "PrivateKeyFile", "add it, with the file that holds this device's "
			"key"},
	};

	for (unsigned i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
		const struct required *r = &required[i];
		const char *section = config_section_name(r->section);
		unsigned line = p->section_line[r->section];
		if (!r->key && line == 0) /* at the end of the file, where it can be added */
			return config_fail(p, p->reader.line > 0 ? p->reader.line : 1,
				"there is no [%s]; %s", section, r->remedy);
		if (r->key && config_key_line(p, r->section, r->key) == 0)
			return config_fail(p, line, "[%s] has no %s; "
				"%s", section, r->key, r->remedy);
	}
	return 0;
}

static int check_ports(struct config_parse *p)
{
	const struct config *c = p->config;

	if (!config_port_equal(c->black.port, c->red.port))
		return 0;
	return config_fail(p, config_key_line(p, SECTION_RED, "Port"),
		"[Red] has the same Port as [Black] in line %u; the two sides need a port each",
		config_key_line(p, SECTION_BLACK, "Port"));
}

static int check_hugepages(struct config_parse *p)
{
	const struct config *c = p->config;
	bool black = config_port_is_pci(c->black.port);

	if (c->hugepages != CONFIG_OFF || (!black && !config_port_is_pci(c->red.port)))
		return 0;
	return config_fail(p, config_key_line(p, SECTION_NODE, "Hugepages"),
		"Hugepages = off, but the PCI port in line %u needs them; take out this line",
		config_key_line(p, black ? SECTION_BLACK : SECTION_RED, "Port"));
}

static bool is_link_local(const struct ip_addr *addr)
{
	static const struct ip_prefix link_local = {{6, {0xfe, 0x80}}, 10};

	return prefix_contains(&link_local, addr);
}

/* Every link has fe80::/10 for itself. */
static bool overlap(const struct ip_prefix *a, const struct ip_prefix *b)
{
	if (is_link_local(&a->addr) && is_link_local(&b->addr))
		return false;
	return prefix_contains(a, &b->addr) || prefix_contains(b, &a->addr);
}

static int check_overlap(struct config_parse *p)
{
	const struct config_domain *black = &p->config->black, *red = &p->config->red;
	char text[ADDR_TEXT_MAX];

	for (unsigned r = 0; r < red->address_count; r++) {
		for (unsigned b = 0; b < black->address_count; b++) {
			if (!overlap(&red->addresses[r], &black->addresses[b]))
				continue;
			return config_fail(p, p->address_line[SECTION_RED][r],
				"the red network %s overlaps the black one in line %u; give the "
				"two sides networks of their "
				"own", prefix_format(&red->addresses[r], text),
				p->address_line[SECTION_BLACK][b]);
		}
	}
	return 0;
}

static int check_gateway(struct config_parse *p, enum config_section section,
	const struct config_domain *domain, const struct ip_addr *gateway)
{
	unsigned line = p->gateway_line[section][gateway->family == 6];
	bool reachable = is_link_local(gateway), has_family = false;
	char text[ADDR_TEXT_MAX];

	if (gateway->family == 0)
		return 0;
	addr_format(gateway, text);
	for (unsigned i = 0; i < domain->address_count; i++) {
		has_family = has_family || domain->addresses[i].addr.family == gateway->family;
		if (addr_equal(&domain->addresses[i].addr, gateway))
			return config_fail(p, line, "Gateway = %s is this port's own address; "
				"write the router's", text);
		reachable = reachable || prefix_contains(&domain->addresses[i], gateway);
	}
	if (reachable && !has_family)
		return config_fail(p, line, "Gateway = %s is an IPv6 router, but [%s] has no IPv6 "
			"Address; add one, or take out this line", text,
			config_section_name(section));
	if (!reachable)
		return config_fail(p, line, "Gateway = %s is in no network of [%s] Address; "
			"correct the one or the other", text, config_section_name(section));
	return 0;
}

static int check_gateways(struct config_parse *p)
{
	const struct config *c = p->config;

	if (check_gateway(p, SECTION_BLACK, &c->black, &c->black.gateway) != 0 ||
		check_gateway(p, SECTION_BLACK, &c->black, &c->black.gateway6) != 0 ||
		check_gateway(p, SECTION_RED, &c->red, &c->red.gateway) != 0)
		return p->status;
	return check_gateway(p, SECTION_RED, &c->red, &c->red.gateway6);
}

static int check_rules(struct config_parse *p)
{
	unsigned line = p->section_line[SECTION_RULE];

	if (line == 0)
		return 0;
	if (p->section == SECTION_RULE && config_rule_end(p) != 0)
		return p->status;
	return config_fail(p, line, "rules are not enforced by this version, which therefore does "
		"not start with one; take out every [Rule] (all traffic then goes through the "
		"tunnel or is refused)");
}

/* For what is found wrong only when the ports are known. */
static void note_lines(struct config_parse *p)
{
	struct config *c = p->config;

	c->black.port_line = config_line(p, SECTION_BLACK, "Port");
	c->red.port_line = config_line(p, SECTION_RED, "Port");
	c->black.memory_line = config_line(p, SECTION_BLACK, "Memory");
	c->red.memory_line = config_line(p, SECTION_RED, "Memory");
	c->crypt_memory_line = config_line(p, SECTION_CRYPT, "Memory");
}

int config_check(struct config_parse *p)
{
	note_lines(p);
	if (check_required(p) != 0 || check_ports(p) != 0 || check_hugepages(p) != 0 ||
		check_overlap(p) != 0 || check_gateways(p) != 0 ||
		check_rules(p) != 0)
		return p->status;
	return config_peers_check(p);
}
