/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK for unit tests: started once per process, without huge pages, devices or files. */
#ifndef UNIT_EAL_H
#define UNIT_EAL_H

#include "dp/zone.h"

/* Aborts the test program when DPDK does not start. */
void unit_eal(void);
/* A zone of that many MiB on 4 KiB pages; aborts when there is none. */
void unit_zone(struct zone *zone, const char *name, size_t mib);

#endif
