/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Test hook of BUILD/tests/hooks/encrypterd, and of no other: a thread that scans every mapping of the
 * process for a pattern, or for the session keys, and says in whose memory it was found. Asked over
 * /run/encrypter/NAME/scan.sock, one request a connection:
 *
 *   pattern HEX        -> "CLASS COUNT" for every class of memory that holds the pattern, "end"
 *   plant ZONE HEX     -> put the pattern into black, red, crypt or heap, "end"
 *   unplant            -> take all planted patterns away, "end"
 *   keys               -> as pattern, for every live session key; "sessions COUNT" first
 */
#ifndef HOOKS_SCAN_H
#define HOOKS_SCAN_H

#include <stdint.h>

#include "dp/zone.h"

struct crypt;

struct scan_context {
	const char *name; /* instance */
	struct zone *black, *red, *crypt_zone;
	int black_fd, red_fd; /* packet sockets of the ports, or -1 */
	const struct crypt *crypt;
};

int scan_open(const struct scan_context *context);
void scan_close(void);

#endif
