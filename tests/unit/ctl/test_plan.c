/* SPDX-License-Identifier: BSD-3-Clause */
/* Which thread is on which CPU, and how much memory the zones get. */
#include "ctl/plan.h"

#include <errno.h>
#include <string.h>

#include "suites.h"

static struct config config;
static struct plan plan;
static char error[CONFIG_ERROR_MAX];

static void begin(void)
{
	memset(&config, 0, sizeof(config));
	config.core = config.black.core = config.red.core = -1;
	config.black.memory_bytes = config.red.memory_bytes = config.crypt_memory_bytes = 64 << 20;
}

static int make(unsigned cpus)
{
	cpu_set_t allowed;

	CPU_ZERO(&allowed);
	for (unsigned i = 0; i < cpus; i++)
		CPU_SET(i, &allowed);
	return plan_make(&plan, &config, &allowed, error);
}

static void few_cpus(void)
{
	begin();
	for (unsigned cpus = 1; cpus < 4; cpus++) {
		CU_ASSERT_EQUAL(make(cpus), 0);
		CU_ASSERT(plan.threads == 4 && plan.crypt_threads == 1);
		for (unsigned i = 0; i < plan.threads; i++)
			CU_ASSERT(plan.cpu[i] == 0 && plan.shared[i]);
	}
}

static void a_cpu_each(void)
{
	unsigned seen = 0;

	begin();
	config.crypt_core_count = 3;
	config.crypt_cores[0] = 1;
	config.crypt_cores[1] = 0;
	config.crypt_cores[2] = 5;
	CU_ASSERT_EQUAL(make(6), 0);
	CU_ASSERT_EQUAL(plan.threads, 6);
	CU_ASSERT(plan.cpu[PLAN_CRYPT] == 1 && plan.cpu[PLAN_CRYPT + 1] == 0);
	CU_ASSERT_EQUAL(plan.cpu[PLAN_CRYPT + 2], 5);
	for (unsigned i = 0; i < plan.threads; i++) {
		CU_ASSERT_FALSE(plan.shared[i]);
		seen |= 1u << plan.cpu[i];
	}
	CU_ASSERT_EQUAL(seen, 0x3f);
	CU_ASSERT_EQUAL(make(5), 0); /* one too few: those that are not named share the first */
	CU_ASSERT(plan.cpu[PLAN_RED] == 0 && plan.cpu[PLAN_CONTROL] == 0);
	CU_ASSERT(plan.shared[PLAN_CRYPT + 1] && !plan.shared[PLAN_CRYPT]);
}

/* Names are taken as they are, also one for all. */
static void one_cpu_for_all(void)
{
	begin();
	config.core = config.black.core = config.red.core = 1;
	config.crypt_core_count = 2;
	config.crypt_cores[0] = config.crypt_cores[1] = 1;
	CU_ASSERT_EQUAL(make(2), 0);
	for (unsigned i = 0; i < 5; i++)
		CU_ASSERT(plan.cpu[i] == 1 && plan.shared[i]);
}

static void more_memory(void)
{
	struct plan one;

	begin();
	CU_ASSERT_EQUAL(make(2), 0);
	one = plan;
	config.crypt_core_count = CRYPT_THREADS_MAX;
	CU_ASSERT_EQUAL(make(2), 0);
	CU_ASSERT(plan.zone_bytes[PLAN_BLACK] > one.zone_bytes[PLAN_BLACK]);
	CU_ASSERT(plan.zone_bytes[PLAN_RED] > one.zone_bytes[PLAN_RED]);
	config.crypt_memory_bytes = 32 << 20;
	CU_ASSERT_EQUAL(make(2), -ENOMEM);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "[Crypt] Memory is too small"));
	config.crypt_core_count = 1;
	CU_ASSERT_EQUAL(make(2), 0);
}

static const struct unit_test tests[] = {
	{"few CPUs: all threads on the first", few_cpus},
	{"a CPU each when there are enough, those that are named first", a_cpu_each},
	{"all on one CPU when the file says so", one_cpu_for_all},
	{"each crypt thread takes memory", more_memory},
	{NULL, NULL},
};

const struct unit_suite suite_plan = {"plan", tests};
