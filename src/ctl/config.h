/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration file as a validated struct (docs/operations.md lists the keys). */
#ifndef CTL_CONFIG_H
#define CTL_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encrypter/boundary.h"
#include "util/addr.h"

#define CONFIG_NAME_MAX   32
#define CONFIG_PORT_MAX   128
#define CONFIG_ENGINE_MAX 48
#define CONFIG_PATH_MAX   256
#define CONFIG_ADDRESSES  16
#define CONFIG_CORES      CRYPT_THREADS_MAX
#define CONFIG_ERROR_MAX  512
#define CONFIG_PEERS      100000
/* What every IPv4 host takes (RFC 791, 3.1): the least a tunnel may carry, */
#define CONFIG_MTU_LEAST     576
/* and what is around its packets (A49): outer IPv6 and UDP headers, WireGuard's header and tag. */
#define CONFIG_TUNNEL_BYTES  80
#define CONFIG_PREFIXES   1000000 /* AllowedIPs of all peers and Secure together */

enum config_switch { CONFIG_AUTO, CONFIG_REQUIRED, CONFIG_OFF };
enum config_poll { CONFIG_POLL_ADAPTIVE, CONFIG_POLL_BUSY };
enum config_mode { CONFIG_MODE_SMALL, CONFIG_MODE_LARGE };

struct config_domain { /* [Black], [Red] */
	char port[CONFIG_PORT_MAX];
	unsigned port_line;
	int core; /* -1: from the plan */
	struct ip_prefix addresses[CONFIG_ADDRESSES];
	unsigned address_count;
	struct ip_addr gateway; /* IPv4; family 0: none */
	struct ip_addr gateway6;
	uint16_t mtu; /* what the port's is taken for at most; 0: no limit */
	uint64_t memory_bytes;
	unsigned memory_line; /* where it is missing, of the section */
};

struct config_peer {
	char name[CONFIG_NAME_MAX];
	uint8_t public_key[32];
	uint8_t preshared_key[32];
	bool has_preshared_key;
	struct endpoint endpoint; /* family 0: none, or a name */
	char *endpoint_name; /* "HOST:PORT" to be resolved, or NULL; freed with the configuration */
	struct ip_prefix *allowed_ips; /* masked, no prefix twice; a part of struct config's */
	unsigned allowed_ip_count;
	uint16_t persistent_keepalive;
	unsigned line;     /* of its [Peer] */
	unsigned key_line; /* of its PublicKey */
};

struct config {
	char path[CONFIG_PATH_MAX];
	/* [Node] */
	char name[CONFIG_NAME_MAX];
	unsigned name_line;
	int core;
	enum config_mode mode;
	enum config_switch hugepages;
	enum config_poll poll;
	bool uapi_secrets;
	char state_directory[CONFIG_PATH_MAX]; /* empty: none, nothing is remembered */
	struct config_domain black;
	uint32_t handshake_limit; /* [Black], messages a second; 0: no limit */
	uint32_t handshake_limit_per_source;
	uint32_t cookie_limit;
	bool udp_checksum; /* [Black] UdpChecksum */
	struct config_domain red;
	struct ip_prefix *secure; /* [Red] Secure */
	unsigned secure_count;
	/* [Crypt] */
	int crypt_cores[CONFIG_CORES]; /* a crypt thread on each */
	unsigned crypt_core_count; /* 0: one, from the plan */
	char engine[CONFIG_ENGINE_MAX];
	uint16_t listen_port;
	uint8_t private_key[32];
	bool has_private_key;
	bool copy_dscp; /* Dscp = copy */
	bool copy_ecn;  /* Ecn = copy */
	uint64_t crypt_memory_bytes;
	unsigned crypt_memory_line; /* as above */
	struct config_peer *peers;
	unsigned peer_count;
	bool inline_preshared_key; /* the file itself holds a preshared key */
	struct ip_prefix *allowed_ips; /* of all peers, one after the other */
	unsigned allowed_ip_count;
};

/*
 * Reads and validates. 0; or -EINVAL with error = "FILE:LINE: what is wrong; what to do"; or -errno
 * with "FILE: ..." when the file cannot be read. On success free with config_free(), which wipes
 * the keys; on failure nothing is left. The struct is large: static or heap. Key files are named
 * relative to the configuration's folder.
 */
int config_load(struct config *config, const char *path, char error[static CONFIG_ERROR_MAX]);
/*
 * The same for a daemon that runs with `running`: what cannot change meanwhile (ports, cores, memory,
 * the name, ...) and does is refused with its line. Never waits: what is no regular file is refused.
 */
int config_load_again(struct config *config, const char *path, const struct config *running,
	char error[static CONFIG_ERROR_MAX]);
bool config_same_addresses(const struct config_domain *a, const struct config_domain *b);
bool config_same_gateways(const struct config_domain *a, const struct config_domain *b);
/* Once control has them: wipes the private key and the preshared keys, keeps the rest. */
void config_forget_keys(struct config *config);
void config_free(struct config *config);

#endif
