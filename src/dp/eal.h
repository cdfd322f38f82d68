/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's bring-up from our configuration: no EAL flag for the user to know. */
#ifndef DP_EAL_H
#define DP_EAL_H

#include <stdbool.h>

#include "dp/zone.h"

struct eal_config {
	const char *name;      /* instance: names DPDK's files so that two can run side by side */
	int cpu;               /* of the calling thread, control's */
	enum zone_pages pages;
	const char *pci[8];    /* addresses of the PCI devices to use; no other is touched */
	unsigned pci_count;
	bool verbose;
};

int eal_start(const struct eal_config *config); /* -errno; the reason was logged */
void eal_stop(void);

#endif
