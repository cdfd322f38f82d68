/* SPDX-License-Identifier: BSD-3-Clause */
/* A domain's Port: iface:NAME, a PCI address in its long form, or a DPDK vdev string. */
#include <ctype.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "ctl/config_internal.h"

#define IFACE     "iface:"
#define IFACE_LEN (sizeof(IFACE) - 1)

/* How names of DPDK's virtual ports begin; the second is net_virtio_user's other name. */
static const char *const vdevs[] = {"net_", "virtio_user", NULL};

static int port_iface(struct config_parse *p, char *port, const char *value)
{
	const char *name = value + IFACE_LEN;
	size_t length = strlen(name);
	size_t good = 0;
	char quoted[CONFIG_QUOTE_MAX];

	while (isalnum((unsigned char)name[good]) || (name[good] && strchr("._-@+", name[good])))
		good++;
	if (length == 0 || length >= IFNAMSIZ || good < length || strcmp(name, ".") == 0 ||
		strcmp(name, "..") == 0)
		return config_refuse(p, "Port = %s names no interface; write iface:NAME, the name "
			"as `ip link` shows it (at most %d "
			"characters)", config_quote(quoted, value),
			IFNAMSIZ - 1);
	snprintf(port, CONFIG_PORT_MAX, "%s", value);
	return 0;
}

/* Hexadecimal digits until the separator; moves at behind it. */
static bool take_hex(const char **at, unsigned digits, char separator, unsigned *number)
{
	*number = 0;
	for (unsigned i = 0; i < digits; i++, (*at)++) {
		char c = (char)tolower((unsigned char)**at);
		if (!isxdigit((unsigned char)c))
			return false;
		*number = *number * 16 + (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	if (**at != separator)
		return false;
	if (separator != '\0')
		(*at)++;
	return true;
}

static bool parse_pci(char *port, const char *value)
{
	unsigned domain = 0, bus, device, function;
	const char *at = value;

	if (!take_hex(&at, 4, ':', &domain)) {
		at = value;
		domain = 0;
	}
	if (!take_hex(&at, 2, ':', &bus) || !take_hex(&at, 2, '.', &device) ||
		!take_hex(&at, 1, '\0', &function) || device > 31 || function > 7)
		return false;
	snprintf(port, CONFIG_PORT_MAX, "%04x:%02x:%02x.%x", domain, bus, device, function);
	return true;
}

bool config_is_device(const char *value, const char *kind)
{
	size_t least = strlen(kind), name = least;

	if (strncmp(value, kind, least) != 0)
		return false;
	while (isalnum((unsigned char)value[name]) || value[name] == '_' || value[name] == '-')
		name++;
	if (name == least || (value[name] != '\0' && value[name] != ','))
		return false;
	for (const char *c = value + name; *c != '\0'; c++) {
		if (*c <= ' ' || *c > '~' || (*c == ',' && (c[1] == ',' || c[1] == '\0')))
			return false;
	}
	return true;
}

static bool is_vdev(const char *value)
{
	for (unsigned i = 0; vdevs[i]; i++)
		if (config_is_device(value, vdevs[i]))
			return true;
	return false;
}

int config_port(struct config_parse *p, char port[static CONFIG_PORT_MAX], const char *value)
{
	char quoted[CONFIG_QUOTE_MAX];

	if (strncmp(value, IFACE, IFACE_LEN) == 0)
		return port_iface(p, port, value);
	if (parse_pci(port, value))
		return 0;
	if (!is_vdev(value))
		return config_refuse(p, "Port = %s is no port; write iface:NAME, a PCI address "
			"such as 0000:17:00.0, or a DPDK device such as net_memif0,role=client",
			config_quote(quoted, value));
	if (strlen(value) >= CONFIG_PORT_MAX)
		return config_refuse(p, "Port has more than %d characters; shorten it",
			CONFIG_PORT_MAX - 1);
	snprintf(port, CONFIG_PORT_MAX, "%s", value);
	return 0;
}

bool config_port_is_pci(const char *port)
{
	return strncmp(port, IFACE, IFACE_LEN) != 0 && !is_vdev(port);
}

bool config_port_equal(const char *a, const char *b)
{
	size_t length = strcspn(a, ",");

	return length == strcspn(b, ",") && strncmp(a, b, length) == 0;
}
