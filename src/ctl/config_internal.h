/* SPDX-License-Identifier: BSD-3-Clause */
/* What the config*.c files share while a configuration is read. No other file includes it. */
#ifndef CTL_CONFIG_INTERNAL_H
#define CTL_CONFIG_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/config.h"
#include "ctl/config_reader.h"

#define CONFIG_KEYS_MAX  12 /* keys of a section */
#define CONFIG_QUOTE_MAX 72
#define CONFIG_WHY_MAX   256

enum config_section {
	SECTION_NODE,
	SECTION_BLACK,
	SECTION_RED,
	SECTION_CRYPT,
	SECTION_PEER,
	SECTION_RULE,
	SECTION_COUNT,
	SECTION_NONE = SECTION_COUNT,
};

struct config_item { /* a prefix in some peer's AllowedIPs */
	struct ip_prefix prefix;
	unsigned peer;
	unsigned line;
};

struct config_rule { /* what of a [Rule] its own checks need */
	bool has_action;
	bool has_port;
	bool has_ports; /* a protocol that has ports */
};

/* Reads one key from a file. 0; or -EINVAL with why = what is wrong; what to do. */
struct config_files {
	int (*read_key)(uint8_t key[static 32], const char *path, char why[static CONFIG_WHY_MAX]);
};

struct config_parse {
	struct config *config;
	char *error; /* CONFIG_ERROR_MAX */
	int status;  /* of the first failure, which is the one told */
	const struct config_files *files;
	const struct config *running; /* NULL: the first reading, before the daemon runs */
	struct config_reader reader;

	enum config_section section; /* of the line being read, and its domain or peer */
	struct config_domain *domain;
	struct config_peer *peer;
	struct config_rule rule;
	/* Lines by section and key; for [Peer] and [Rule] those of the present one. 0: not seen. */
	unsigned section_line[SECTION_COUNT];
	unsigned key_line[SECTION_COUNT][CONFIG_KEYS_MAX];
	unsigned address_line[SECTION_COUNT][CONFIG_ADDRESSES];
	unsigned gateway_line[SECTION_COUNT][2]; /* IPv4, IPv6 */

	unsigned peer_capacity;
	struct config_item *items; /* in the order of the peers */
	unsigned item_count;
	unsigned item_capacity;
	unsigned secure_capacity;
};

/* config.c: the same as config_load(), from memory; name is the file's in messages. */
int config_parse(struct config *config, const char *name, const char *text, size_t length,
	const struct config_files *files, const struct config *running,
	char error[static CONFIG_ERROR_MAX]);
/* config_same.c: refuses what differs from the running one and cannot change. */
int config_check_same(struct config_parse *p);
/* Notes the first failure as "FILE:LINE: ..." and ends the reading. -EINVAL. */
int config_fail(struct config_parse *p, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same at the line being read. */
int config_refuse(struct config_parse *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int config_no_memory(struct config_parse *p);
/* A larger copy of array[count], the old one wiped and freed; NULL (and the old one kept). */
void *config_grow(void *array, unsigned count, unsigned *capacity, size_t size);

/* config_keys.c: which sections and keys there are. inih's handler, user is struct config_parse. */
int config_handle(void *user, const char *section, const char *name, const char *value);
bool config_key_is_list(const char *name);
/* The line of a key in the present or only section of that kind; 0: not there. */
unsigned config_key_line(const struct config_parse *p, enum config_section section,
	const char *name);
/* Or, when it is not there, where it could be: its section's, or the first. */
unsigned config_line(const struct config_parse *p, enum config_section section, const char *name);
const char *config_section_name(enum config_section section);
/* Key i of the section; behind the last one NULL. */
const char *config_key_name(enum config_section section, unsigned i);

/* config_value.c: values. Each fails with a message, or returns 0. */
/* In quotes, printable, not too long, and never what may be a key. */
const char *config_quote(char quoted[static CONFIG_QUOTE_MAX], const char *value);
int config_name(struct config_parse *p, char name[static CONFIG_NAME_MAX], const char *value);
int config_choice(struct config_parse *p, const char *const *choices, const char *value,
	unsigned *choice);
int config_core(struct config_parse *p, const char *value, int *core);
int config_memory(struct config_parse *p, const char *value, uint64_t *bytes);
int config_prefix(struct config_parse *p, const char *value, struct ip_prefix *prefix);
/* Decimal digits only and at most max. */
bool config_number(const char *value, uint64_t max, uint64_t *number);
/* Why no host can have this address; NULL when one can. */
const char *config_unfit(const struct ip_addr *addr);
int config_key_from_file(struct config_parse *p, const char *path, uint8_t key[static 32]);

/* config_port.c */
int config_port(struct config_parse *p, char port[static CONFIG_PORT_MAX], const char *value);
/* Is it a virtual device of DPDK's: `kind` and a name, then key=value arguments behind commas? What they
 * mean is the driver's. */
bool config_is_device(const char *value, const char *kind);
/* Of a port that was accepted. */
bool config_port_is_pci(const char *port);
/* Do two ports name one device? */
bool config_port_equal(const char *a, const char *b);

/* config_site.c: [Node], [Black], [Red], [Crypt]; value is one element where the key is a list's */
int config_node_name(struct config_parse *p, const char *value);
int config_node_core(struct config_parse *p, const char *value);
int config_node_mode(struct config_parse *p, const char *value);
int config_node_hugepages(struct config_parse *p, const char *value);
int config_node_poll(struct config_parse *p, const char *value);
int config_node_uapi_secrets(struct config_parse *p, const char *value);
int config_node_state_directory(struct config_parse *p, const char *value);
int config_domain_port(struct config_parse *p, const char *value);
int config_domain_core(struct config_parse *p, const char *value);
int config_domain_address(struct config_parse *p, const char *value);
int config_domain_gateway(struct config_parse *p, const char *value);
int config_domain_mtu(struct config_parse *p, const char *value);
int config_domain_memory(struct config_parse *p, const char *value);
int config_black_handshake_limit(struct config_parse *p, const char *value);
int config_black_handshake_limit_per_source(struct config_parse *p, const char *value);
int config_black_cookie_limit(struct config_parse *p, const char *value);
int config_black_udp_checksum(struct config_parse *p, const char *value);
int config_red_secure(struct config_parse *p, const char *value);
int config_crypt_cores(struct config_parse *p, const char *value);
int config_crypt_engine(struct config_parse *p, const char *value);
int config_crypt_listen_port(struct config_parse *p, const char *value);
int config_crypt_private_key(struct config_parse *p, const char *value);
int config_crypt_private_key_file(struct config_parse *p, const char *value);
int config_crypt_key_store(struct config_parse *p, const char *value);
int config_crypt_dscp(struct config_parse *p, const char *value);
int config_crypt_ecn(struct config_parse *p, const char *value);
int config_crypt_memory(struct config_parse *p, const char *value);

/* config_peer.c: [Peer] */
int config_peer_begin(struct config_parse *p);
int config_peer_name(struct config_parse *p, const char *value);
int config_peer_public_key(struct config_parse *p, const char *value);
int config_peer_preshared_key(struct config_parse *p, const char *value);
int config_peer_preshared_key_file(struct config_parse *p, const char *value);
int config_peer_endpoint(struct config_parse *p, const char *value);
int config_peer_allowed_ips(struct config_parse *p, const char *value);
int config_peer_keepalive(struct config_parse *p, const char *value);

/* config_peers.c: all are read. Nothing stands twice, and each gets its prefixes. */
int config_peers_check(struct config_parse *p);

/* config_rule.c: [Rule] */
int config_rule_begin(struct config_parse *p);
int config_rule_prefix(struct config_parse *p, const char *value);
int config_rule_protocol(struct config_parse *p, const char *value);
int config_rule_port(struct config_parse *p, const char *value);
int config_rule_action(struct config_parse *p, const char *value);
int config_rule_end(struct config_parse *p);

/* config_check.c: what only the whole can tell */
int config_check(struct config_parse *p);

/* config_keyfile.c */
extern const struct config_files config_real_files;

#endif
