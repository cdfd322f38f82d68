/* SPDX-License-Identifier: BSD-3-Clause */
/* What a test can come to, once each: unit_selftest.py looks at what unit/unit.c makes of it. */
#include <stdbool.h>

#include "unit.h"

static void passes(void)
{
	CU_ASSERT(true);
}

static void asserts_nothing(void)
{
}

static void fails(void)
{
	CU_ASSERT(false);
}

static void is_skipped(void)
{
	unit_skip("there is none");
}

static void fails_and_is_skipped(void)
{
	CU_ASSERT(false);
	unit_skip("there is none");
}

static const struct unit_test good[] = {
	{"passes", passes},
	{"is skipped", is_skipped},
	{NULL, NULL},
};

static const struct unit_test bad[] = {
	{"C35: asserts nothing", asserts_nothing},
	{"fails", fails},
	{"fails and is skipped", fails_and_is_skipped},
	{NULL, NULL},
};

int main(int argc, char **argv)
{
	static const struct unit_suite suite_good = {"good", good}, suite_bad = {"bad", bad};
	static const struct unit_suite *const suites[] = {&suite_good, &suite_bad, NULL};

	return unit_main(argc, argv, suites);
}
