/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include <stdio.h>

#include "crypto/provider.h"

int main(int argc, char **argv)
{
	static const struct unit_suite *const suites[] = {
		&suite_blake2s,
		&suite_aead,
		&suite_dh,
		&suite_keytext,
		&suite_secret,
		&suite_provider,
		NULL,
	};

	if (crypto_init() != 0) {
		printf("Bail out! crypto_init\n");
		return 1;
	}
	return unit_main(argc, argv, suites);
}
