/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TESTS_UNIT_CRYPTO_SUITES_H
#define TESTS_UNIT_CRYPTO_SUITES_H

#include "unit.h"

extern const struct unit_suite suite_aead;
extern const struct unit_suite suite_blake2s;
extern const struct unit_suite suite_dh;
extern const struct unit_suite suite_keytext;
extern const struct unit_suite suite_provider;
extern const struct unit_suite suite_secret;

#endif
