/* SPDX-License-Identifier: BSD-3-Clause */
/* One executable per layer: suites of CUnit tests, reported as TAP on stdout. */
#ifndef UNIT_H
#define UNIT_H

#include <CUnit/CUnit.h>

struct unit_test {
	const char *name; /* "A28: counter 0 is valid": rows of the checklist are named here */
	void (*run)(void);
};

struct unit_suite {
	const char *name;
	const struct unit_test *tests; /* ends with {NULL, NULL} */
};

/*
 * This machine cannot run the test that calls this, or the rest of it: the test then returns. It is reported
 * as skipped, for that reason (not copied), unless an assertion failed before.
 */
void unit_skip(const char *reason);

/* argv[1], when given, runs only the suites whose names contain it. Exit status for main(). */
int unit_main(int argc, char **argv, const struct unit_suite *const suites[]); /* NULL-terminated */

#endif
