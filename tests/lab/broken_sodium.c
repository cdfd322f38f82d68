/* SPDX-License-Identifier: BSD-3-Clause */
/* Preloaded into encrypterd by test_selftest.sh: an X25519 that computes something else. */
#include <string.h>

int crypto_scalarmult_curve25519(unsigned char *q, const unsigned char *n, const unsigned char *p);

int crypto_scalarmult_curve25519(unsigned char *q, const unsigned char *n, const unsigned char *p)
{
	memcpy(q, n, 32);
	q[0] ^= p[0];
	return 0;
}
