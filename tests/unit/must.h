/* SPDX-License-Identifier: BSD-3-Clause */
/* For what unit tests and fuzzers share, which knows neither's way to fail. */
#ifndef UNIT_MUST_H
#define UNIT_MUST_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static inline void must(bool held, const char *what)
{
	if (held)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

#endif
