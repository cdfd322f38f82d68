/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * [Rule] sections. Nothing enforces them yet, so a configuration that has one is refused as a whole
 * (config_check.c): a device must not start with less of a wall than its file describes.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "ctl/config_internal.h"

int config_rule_begin(struct config_parse *p)
{
	memset(&p->rule, 0, sizeof(p->rule));
	return 0;
}

int config_rule_prefix(struct config_parse *p, const char *value)
{
	struct ip_prefix prefix;

	return strcasecmp(value, "any") == 0 ? 0 : config_prefix(p, value, &prefix);
}

int config_rule_protocol(struct config_parse *p, const char *value)
{
	static const char *const names[] = {"tcp", "udp", "icmp", "icmpv6", "any"};
	uint64_t number;
	char quoted[CONFIG_QUOTE_MAX];

	p->rule.has_ports = strcasecmp(value, "tcp") == 0 || strcasecmp(value, "udp") == 0;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcasecmp(value, names[i]) == 0)
			return 0;
	}
	if (!config_number(value, UINT8_MAX, &number))
		return config_refuse(p, "Protocol = %s is unknown; take tcp, udp, icmp, icmpv6, "
			"any or a number from 0 to 255", config_quote(quoted, value));
	return 0;
}

/* "443" or "1024-2047" */
int config_rule_port(struct config_parse *p, const char *value)
{
	const char *dash = strchr(value, '-');
	char first[8];
	char quoted[CONFIG_QUOTE_MAX];
	uint64_t from = 0, to = 0;

	p->rule.has_port = true;
	size_t length = dash ? (size_t)(dash - value) : strlen(value);
	if (length < sizeof(first)) {
		memcpy(first, value, length);
		first[length] = '\0';
		if (config_number(first, UINT16_MAX, &from) &&
			config_number(dash ? dash + 1 : first, UINT16_MAX, &to) && from > 0 &&
			from <= to)
			return 0;
	}
	return config_refuse(p, "Port = %s is no port; take 1 to 65535, or two with a - between",
		config_quote(quoted, value));
}

int config_rule_action(struct config_parse *p, const char *value)
{
	static const char *const choices[] = {"allow", "bypass", "deny", NULL};
	unsigned choice;

	p->rule.has_action = true;
	return config_choice(p, choices, value, &choice);
}

int config_rule_end(struct config_parse *p)
{
	if (!p->rule.has_action)
		return config_refuse(p, "the [Rule] before this line has no Action; take allow, "
			"bypass or deny");
	if (p->rule.has_port && !p->rule.has_ports)
		return config_fail(p, config_key_line(p, SECTION_RULE, "Port"),
			"Port needs Protocol = tcp or Protocol = udp; add it to this [Rule]");
	return 0;
}
