/* SPDX-License-Identifier: BSD-3-Clause */
/* What the daemon has of the machine: cores, interfaces, DPDK. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "util/log.h"

const char *const daemon_domains[PLAN_DOMAINS] = {
	[PLAN_CONTROL] = "control",
	[PLAN_BLACK] = "black",
	[PLAN_RED] = "red",
	[PLAN_CRYPT] = "crypt",
};

const char *daemon_thread_name(const struct daemon *d, unsigned thread)
{
	static const char *const several[CRYPT_THREADS_MAX] = {"crypt0", "crypt1", "crypt2",
		"crypt3", "crypt4", "crypt5", "crypt6", "crypt7", "crypt8", "crypt9", "crypt10",
		"crypt11", "crypt12", "crypt13", "crypt14", "crypt15"};

	if (thread < PLAN_CRYPT || d->plan.crypt_threads == 1)
		return daemon_domains[plan_domain(thread)];
	return several[thread - PLAN_CRYPT];
}

int daemon_failed(const char *step, int rc)
{
	log_event(LOG_ERROR, "main", "start failed step=\"%s\" reason=\"%s\"", step, strerror(-rc));
	return rc;
}

int daemon_start_resolver(struct daemon *d)
{
	int rc = resolver_start(&d->resolver);

	return rc ? daemon_failed("resolver", rc) : 0;
}

int daemon_plan(struct daemon *d)
{
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return daemon_failed("affinity", -errno);
	plan_make(&d->plan, &d->config, &allowed);
	return daemon_plan_memory(d, plan_mtu(&d->config.black, PLAN_MTU_USUAL),
		plan_mtu(&d->config.red, PLAN_MTU_USUAL));
}

int daemon_claim_name(struct daemon *d)
{
	char error[512];
	int rc = control_claim(&d->config, error);

	if (rc == -EEXIST) {
		fprintf(stderr, "%s:%u: %s\n", d->config.path, d->config.name_line, error);
		d->status = EXIT_USAGE;
	} else if (rc != 0) {
		log_event(LOG_ERROR, "control", "%s", error);
	}
	return rc;
}

static int take_iface(struct daemon *d, const char *spec)
{
	char error[256];

	if (port_kind(spec) != PORT_IFACE)
		return 0;
	int rc = iface_take(&d->ifaces[d->iface_count], strchr(spec, ':') + 1, error);
	if (rc != 0) {
		log_event(LOG_ERROR, "port", "interface not taken port=%s reason=\"%s\"", spec, error);
		return rc;
	}
	d->iface_count++;
	return 0;
}

int daemon_take_ifaces(struct daemon *d)
{
	int rc = take_iface(d, d->config.black.port);

	return rc ? rc : take_iface(d, d->config.red.port);
}

static bool is_pci(const char *spec)
{
	return port_kind(spec) == PORT_PCI;
}

/*
 * A device cannot be given thousands of scattered small pages. With a PCI port `auto` is `required`
 * (config_check() refused `off`).
 */
static bool needs_hugepages(const struct config *config)
{
	return is_pci(config->black.port) || is_pci(config->red.port);
}

enum zone_pages daemon_pages(const struct config *config)
{
	if (needs_hugepages(config))
		return ZONE_PAGES_HUGE;
	switch (config->hugepages) {
	case CONFIG_REQUIRED:
		return ZONE_PAGES_HUGE;
	case CONFIG_OFF:
		return ZONE_PAGES_SMALL;
	case CONFIG_AUTO:
		break;
	}
	return ZONE_PAGES_AUTO;
}

/* Asked before DPDK is, which says first that there are no hugepages for it. */
static int look_for_pci(const char *spec)
{
	char path[256];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", spec);
	if (access(path, F_OK) == 0)
		return 0;
	log_event(LOG_ERROR, "port", "no such PCI device port=%s", spec);
	return -ENODEV;
}

int daemon_start_eal(struct daemon *d)
{
	struct eal_config eal = {
		.name = d->config.name,
		.cpu = d->plan.cpu[PLAN_CONTROL],
		/* DPDK's own heap holds nothing but rings without secrets: 4 KiB pages will do */
		.pages = ZONE_PAGES_SMALL,
		.verbose = log_get_level() >= LOG_DEBUG,
	};
	const char *const ports[] = {d->config.black.port, d->config.red.port};

	for (unsigned i = 0; i < 2; i++) {
		if (!is_pci(ports[i]))
			continue;
		int rc = look_for_pci(ports[i]);
		if (rc != 0)
			return rc;
		eal.pci[eal.pci_count++] = ports[i];
	}
	if (eal.pci_count > 0)
		eal.pages = daemon_pages(&d->config);
	int rc = eal_start(&eal);
	/* DPDK says EACCES when there are none */
	if (eal.pages == ZONE_PAGES_HUGE && (rc == -ENOMEM || rc == -EACCES))
		log_event(LOG_ERROR, "main",
			"not enough free hugepages hint=\"raise vm.nr_hugepages\"");
	d->eal = rc == 0;
	return rc;
}

void daemon_system_down(struct daemon *d)
{
	if (d->eal)
		eal_stop();
	/* Who was taken first has the routes over both. */
	for (unsigned i = d->iface_count; i-- > 0;)
		iface_give_back(&d->ifaces[i]);
	control_unclaim();
	resolver_stop(&d->resolver);
}
