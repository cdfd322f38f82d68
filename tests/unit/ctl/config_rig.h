/* SPDX-License-Identifier: BSD-3-Clause */
/* Configurations from memory, with key files that exist nowhere. */
#ifndef TESTS_UNIT_CTL_CONFIG_RIG_H
#define TESTS_UNIT_CTL_CONFIG_RIG_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl/config.h"

/* A complete site without peers: lines 1 to 10. "key" is a key file that exists. */
#define SITE                                                                                       \
	"[Node]\nName = siteA\n"                                                                   \
	"[Black]\nPort = iface:wan0\nAddress = 192.168.1.10/24\n"                                  \
	"[Red]\nPort = iface:lan0\nAddress = 10.0.1.254/24\n"                                      \
	"[Crypt]\nPrivateKeyFile = key\n"

/* Public keys of peers, and one that is the site's own. */
#define KEY_B   "D6poTtKIZ7l/Smot7l34zpdOdrcBjj8iocTPJnhXDyA="
#define KEY_C   "ew1H2TQn+DERYHgcfHM/2J+IlwrvSQ2KoO4ZpMuKGxQ="
#define PSK     "FpCyhws9cxwWoV4xELtfJvjJN+zQVRPISllRWgeopVE="
#define KEY_OWN "e06Qm75//kTEZaIgA31gjuNYl9Me+XLwf3SJLLD3PxM="

/* What the last parse made, and its message ("" when it was accepted). */
extern struct config rig_config;
extern char rig_error[CONFIG_ERROR_MAX];
extern char rig_path[256]; /* of the key file that was read last */

/* config_parse() as file "site.conf"; frees what the one before made. */
int rig_parse(const char *text);
int rig_parse_bytes(const char *text, size_t length);
void rig_free(void);
/* Is the text refused, at that line, with a message that has that in it, and nothing else? */
bool rig_refused(const char *text, unsigned line, const char *message);

#endif
