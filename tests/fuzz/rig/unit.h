/* SPDX-License-Identifier: BSD-3-Clause */
/* Found instead of tests/unit/unit.h by the unit tests' rigs: what they assert must hold here too. */
#ifndef FUZZ_RIG_UNIT_H
#define FUZZ_RIG_UNIT_H

#include "fuzz.h"

#define CU_ASSERT(x)                            require((x), #x)
#define CU_ASSERT_FATAL(x)                      require((x), #x)
#define CU_ASSERT_EQUAL(actual, expected)       require((actual) == (expected), #actual)
#define CU_ASSERT_EQUAL_FATAL(actual, expected) require((actual) == (expected), #actual)
#define CU_FAIL(what)                           require(false, what)

#endif
