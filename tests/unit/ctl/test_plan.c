/* SPDX-License-Identifier: BSD-3-Clause */
/* Which thread is on which CPU, and how much memory the zones get. */
#include "ctl/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suites.h"

static struct config config;
static struct plan plan;
static char error[CONFIG_ERROR_MAX];
static uint16_t black_mtu, red_mtu;

/* As of 4096 buffers on small pages. */
static size_t pool_bytes(uint16_t mtu)
{
	return mtu > 64000 ? 0 : ((mtu + 600u + 4095) & ~4095u) * (size_t)4096;
}

static void begin(void)
{
	memset(&config, 0, sizeof(config));
	config.core = config.black.core = config.red.core = -1;
	config.black.memory_bytes = config.red.memory_bytes = config.crypt_memory_bytes = 64 << 20;
	snprintf(config.path, sizeof(config.path), "a.conf");
	config.black.port_line = 3;
	config.black.memory_line = 4;
	config.red.port_line = 5;
	config.red.memory_line = 6;
	config.crypt_memory_line = 7;
	black_mtu = red_mtu = 1500;
}

static int make(unsigned cpus)
{
	cpu_set_t allowed;

	CPU_ZERO(&allowed);
	for (unsigned i = 0; i < cpus; i++)
		CPU_SET(i, &allowed);
	plan_make(&plan, &config, &allowed);
	return plan_memory(&plan, &config, black_mtu, red_mtu, pool_bytes, error);
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
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "a.conf:7: [Crypt] Memory is too small"));
	config.crypt_core_count = 1;
	CU_ASSERT_EQUAL(make(2), 0);
}

static void long_frames(void)
{
	struct plan usual;

	begin();
	CU_ASSERT_EQUAL(make(2), 0);
	CU_ASSERT(plan.buffer_mtu == 1500 && plan.tunnel_mtu == 1420);
	usual = plan;
	black_mtu = red_mtu = 1400;
	CU_ASSERT_EQUAL(make(2), 0);
	CU_ASSERT(plan.buffer_mtu == 1500 && plan.tunnel_mtu == 1320);
	CU_ASSERT_EQUAL(plan.zone_bytes[PLAN_RED], usual.zone_bytes[PLAN_RED]);
	config.black.memory_bytes = config.red.memory_bytes = 128 << 20;
	for (unsigned i = 0; i < 2; i++) { /* the larger one counts, in both */
		black_mtu = i == 0 ? 9000 : 1500;
		red_mtu = i == 0 ? 1500 : 9000;
		CU_ASSERT_EQUAL_FATAL(make(2), 0);
		CU_ASSERT(plan.buffer_mtu == 9000 && plan.tunnel_mtu == black_mtu - 80);
		for (unsigned z = PLAN_BLACK; z <= PLAN_RED; z++)
			CU_ASSERT_EQUAL(plan.zone_bytes[z] - usual.zone_bytes[z],
				pool_bytes(9000) - pool_bytes(1500));
		CU_ASSERT_EQUAL(plan.zone_bytes[PLAN_CRYPT], usual.zone_bytes[PLAN_CRYPT]);
	}
}

static bool refused(int rc, const char *why)
{
	return make(2) == rc && strstr(error, why);
}

/* The figure that is told is enough, and a megabyte less is not. */
static bool told_well(uint64_t *memory)
{
	const char *told = strstr(error, "set Memory = ");

	*memory = told ? strtoull(told + 13, NULL, 10) << 20 : 0;
	bool enough = make(2) == 0;
	*memory -= 1 << 20;
	bool least = make(2) == -ENOMEM;
	*memory = 128 << 20;
	return enough && least;
}

static void memory_for_frames(void)
{
	begin();
	config.red.memory_bytes = 128 << 20;
	config.black.memory_bytes = 16 << 20;
	CU_ASSERT(refused(-ENOMEM, "a.conf:4: [Black] Memory is too small for 0 peers and an MTU of 1500 "));
	CU_ASSERT(told_well(&config.black.memory_bytes));
	red_mtu = 9000;
	config.black.memory_bytes = 40 << 20;
	CU_ASSERT(refused(-ENOMEM, "a.conf:4: [Black] Memory is too small for 0 peers and an MTU of 9000 "));
	CU_ASSERT(told_well(&config.black.memory_bytes));
	config.red.memory_bytes = 64 << 20;
	CU_ASSERT(refused(-ENOMEM, "a.conf:6: [Red] Memory is too small for 0 peers and an MTU of 9000 "));
	CU_ASSERT(told_well(&config.red.memory_bytes));
}

/* A49: the tunnel's MTU never goes below 0 to become a large number. */
static void mtus_that_do_not_work(void)
{
	begin();
	for (unsigned mtu = 0; mtu < 656; mtu++) {
		black_mtu = (uint16_t)mtu;
		CU_ASSERT(refused(-EINVAL, "a.conf:3: the MTU of [Black] Port is"));
	}
	black_mtu = 656;
	CU_ASSERT_EQUAL(make(2), 0);
	CU_ASSERT_EQUAL(plan.tunnel_mtu, 576);
	red_mtu = 68; /* hosts there may have what they like */
	CU_ASSERT_EQUAL(make(2), 0);
	red_mtu = 65535;
	CU_ASSERT(refused(-EINVAL, "a.conf:5: the MTU of [Red] Port is 65535, and no buffer can be that long"));
	red_mtu = 1500;
	black_mtu = 65535;
	CU_ASSERT(refused(-EINVAL, "a.conf:3: the MTU of [Black] Port is 65535"));
}

static void limited_mtu(void)
{
	begin();
	CU_ASSERT_EQUAL(plan_mtu(&config.black, 9000), 9000);
	config.black.mtu = 1400;
	CU_ASSERT_EQUAL(plan_mtu(&config.black, 9000), 1400);
	CU_ASSERT_EQUAL(plan_mtu(&config.black, 1280), 1280); /* it limits, it does not widen */
}

static const struct unit_test tests[] = {
	{"few CPUs: all threads on the first", few_cpus},
	{"a CPU each when there are enough, those that are named first", a_cpu_each},
	{"all on one CPU when the file says so", one_cpu_for_all},
	{"each crypt thread takes memory", more_memory},
	{"long frames take memory, in black and red alike", long_frames},
	{"a Memory that is too small for the frames: section, figure, remedy", memory_for_frames},
	{"A49: MTUs that are too small or too large are refused", mtus_that_do_not_work},
	{"Mtu limits what a port says of itself", limited_mtu},
	{NULL, NULL},
};

const struct unit_suite suite_plan = {"plan", tests};
