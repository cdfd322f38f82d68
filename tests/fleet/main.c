/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/provider.h"
#include "fleet.h"

static int run(const struct options *options)
{
	struct fleet *f = calloc(1, sizeof(*f));
	int status = 1;

	if (!f)
		return 1;
	f->options = *options;
	int rc = fleet_run(f);
	if (rc != 0)
		fprintf(stderr, "fleet: %s\n", strerror(-rc));
	else if (f->up == options->sites && f->lost == 0)
		status = 0;
	free(f);
	return status;
}

int main(int argc, char **argv)
{
	struct options options;

	options_parse(&options, argc, argv);
	if (crypto_init() != 0)
		return 1;
	if (strcmp(options.verb, "run") == 0)
		return run(&options);
	keys_print_peers(&options);
	return 0;
}
