/* SPDX-License-Identifier: BSD-3-Clause */
/* The bridge from CUnit to the Test Anything Protocol, which meson understands line by line. */
#include "unit.h"

#include <CUnit/TestRun.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAILURES_SHOWN 10 /* of one test */

static unsigned reported;
static unsigned failed;
static unsigned asserts_before; /* the running test's own are what came after */
static const char *skipped;     /* why the running test is; NULL: it is not */

/* A '#' would start a TAP directive, a newline another line. */
static void print_name(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '#')
			putchar('\\');
		putchar(*text == '\n' ? ' ' : *text);
	}
}

static void on_test_start(const CU_pTest test, const CU_pSuite suite)
{
	(void)test, (void)suite;
	asserts_before = CU_get_number_of_asserts();
	skipped = NULL;
}

void unit_skip(const char *reason)
{
	skipped = reason;
}

/* An assertion in a loop may fail thousands of times. */
static void print_failures(const CU_FailureRecord *f)
{
	unsigned shown = 0;

	for (; f && shown < FAILURES_SHOWN; f = f->pNext, shown++)
		printf("# %s:%u: %s\n", f->strFileName, f->uiLineNumber, f->strCondition);
	if (f)
		printf("# ... and more\n");
}

/* CUnit hands the list of failures from this test's first one on. */
static void on_test_complete(const CU_pTest test, const CU_pSuite suite,
	const CU_pFailureRecord first_failure)
{
	/* What asserts nothing cannot fail, so it shows nothing. */
	bool idle = CU_get_number_of_asserts() == asserts_before && !skipped;
	bool ok = !first_failure && !idle;

	reported++;
	failed += !ok;
	printf("%s %u - ", ok ? "ok" : "not ok", reported);
	print_name(suite->pName);
	printf(": ");
	print_name(test->pName);
	if (ok && skipped)
		printf(" # SKIP %s", skipped);
	putchar('\n');
	print_failures(first_failure);
	if (idle)
		printf("# no assertion was reached\n");
}

static void bail_out(const char *what, const char *name)
{
	printf("Bail out! %s: %s (%s)\n", what, name, CU_get_error_msg());
	exit(EXIT_FAILURE);
}

/* Returns the number of tests added. */
static unsigned add_suite(const struct unit_suite *suite)
{
	CU_pSuite added = CU_add_suite(suite->name, NULL, NULL);
	unsigned n = 0;

	if (!added || CU_get_error() != CUE_SUCCESS)
		bail_out("suite refused", suite->name);
	for (const struct unit_test *t = suite->tests; t->name; t++, n++)
		if (!CU_add_test(added, t->name, t->run) || CU_get_error() != CUE_SUCCESS)
			bail_out("test refused", t->name);
	return n;
}

int unit_main(int argc, char **argv, const struct unit_suite *const suites[])
{
	const char *only = argc > 1 ? argv[1] : "";
	unsigned planned = 0;

	setvbuf(stdout, NULL, _IOLBF, 0); /* what ran before a crash stays reported */
	if (CU_initialize_registry() != CUE_SUCCESS)
		bail_out("CUnit", "registry");
	for (size_t i = 0; suites[i]; i++)
		if (strstr(suites[i]->name, only))
			planned += add_suite(suites[i]);

	printf("1..%u\n", planned);
	CU_set_test_start_handler(on_test_start);
	CU_set_test_complete_handler(on_test_complete);
	CU_run_all_tests();
	CU_cleanup_registry();
	if (reported != planned)
		printf("# %u of %u tests ran\n", reported, planned);
	return failed == 0 && reported == planned && planned > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
