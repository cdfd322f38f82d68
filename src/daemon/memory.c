/* SPDX-License-Identifier: BSD-3-Clause */
/* Zones, ports with their buffers, rings and bells. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/daemon.h"
#include "util/log.h"

#define POOL_BUFFERS 4096
#define HANDLE_RING  8192 /* holds every buffer of a pool, lent or on its way back */
#define ORDER_RING   1024
/*
 * Under load begins at an eighth, 512 (A22): 250 sites that begin at once do not reach it, so they
 * need no cookies, which would cost each of them the 5 s until its next try.
 */
#define REPORT_RING  4096

static size_t buffer_bytes(uint16_t mtu)
{
	return pool_bytes(POOL_BUFFERS, mtu);
}

int daemon_plan_memory(struct daemon *d, uint16_t black_mtu, uint16_t red_mtu)
{
	char error[CONFIG_ERROR_MAX];
	int rc = plan_memory(&d->plan, &d->config, black_mtu, red_mtu, buffer_bytes, error);

	if (rc != 0) {
		fprintf(stderr, "%s\n", error);
		d->status = EXIT_USAGE;
	}
	return rc;
}

static int open_port(struct port *port, const char *spec)
{
	int rc = port_probe(port, spec);

	if (rc != 0)
		log_event(LOG_ERROR, "port", "no such port port=%s reason=\"%s\" hint=\"%s\"", spec,
			strerror(-rc),
			port_kind(spec) == PORT_PCI ?
				"is it bound to vfio-pci? see dpdk-devbind.py --status" :
				"an interface of this name, or a virtual device that DPDK knows");
	return rc;
}

int daemon_open_ports(struct daemon *d)
{
	int rc = open_port(&d->black_port, d->config.black.port);

	if (rc == 0)
		rc = open_port(&d->red_port, d->config.red.port);
	if (rc != 0)
		return rc;
	d->black_port.mtu = plan_mtu(&d->config.black, d->black_port.mtu);
	d->red_port.mtu = plan_mtu(&d->config.red, d->red_port.mtu);
	return daemon_plan_memory(d, d->black_port.mtu, d->red_port.mtu);
}

int daemon_create_zones(struct daemon *d)
{
	for (int i = PLAN_BLACK; i < PLAN_DOMAINS; i++) {
		enum zone_pages pages = daemon_pages(&d->config);
		int rc = zone_create(
			&d->zones[i], daemon_domains[i], d->plan.zone_bytes[i], pages);
		if (rc == -ENOMEM && pages == ZONE_PAGES_HUGE)
			log_event(LOG_ERROR, "main",
				"not enough free hugepages zone=%s need=%zuM hint=\"raise "
				"vm.nr_hugepages%s\"",
				daemon_domains[i], d->plan.zone_bytes[i] >> 20,
				d->config.hugepages == CONFIG_REQUIRED ?
					" or, without PCI ports, set Hugepages = auto" : "");
		if (rc != 0)
			return daemon_failed("zones", rc);
	}
	return 0;
}

static int create_views(struct daemon *d, struct daemon_crypt *c)
{
	int rc = pool_view_create(&c->black_view, &d->black_pool, &d->zones[PLAN_CRYPT]);

	return rc ? rc : pool_view_create(&c->red_view, &d->red_pool, &d->zones[PLAN_CRYPT]);
}

int daemon_create_buffers(struct daemon *d)
{
	uint16_t mtu = d->plan.buffer_mtu;
	int rc = pool_create(&d->black_pool, "black", &d->zones[PLAN_BLACK], POOL_BUFFERS, mtu);

	if (rc == 0)
		rc = pool_create(&d->red_pool, "red", &d->zones[PLAN_RED], POOL_BUFFERS, mtu);
	for (unsigned i = 0; i < d->plan.crypt_threads && rc == 0; i++)
		rc = create_views(d, &d->crypt[i]);
	return rc ? daemon_failed("buffers", rc) : 0;
}

struct ring_plan {
	struct ring *ring;
	const char *name;
	struct zone *zone;
	uint32_t count, element;
};

/* suffix: of their names. */
static int create_rings(const struct ring_plan *list, unsigned n, const char *suffix)
{
	char name[32];

	for (unsigned i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s%s", list[i].name, suffix);
		int rc = ring_create(
			list[i].ring, name, list[i].zone, list[i].count, list[i].element);
		if (rc != 0)
			return daemon_failed(name, rc);
	}
	return 0;
}

static int create_crypt_rings(struct daemon *d, unsigned number)
{
	struct zone *black = &d->zones[PLAN_BLACK], *red = &d->zones[PLAN_RED];
	struct zone *crypt = &d->zones[PLAN_CRYPT];
	struct daemon_crypt *c = &d->crypt[number];
	const struct ring_plan list[] = {
		{&c->red_to_crypt, "red_to_crypt", red, HANDLE_RING, sizeof(struct handle)},
		{&c->crypt_to_red, "crypt_to_red", red, HANDLE_RING, sizeof(struct handle)},
		{&c->black_to_crypt, "black_to_crypt", black, HANDLE_RING, sizeof(struct handle)},
		{&c->crypt_to_black, "crypt_to_black", black, HANDLE_RING, sizeof(struct handle)},
		{&c->control_to_crypt, "control_to_crypt", crypt, ORDER_RING,
			sizeof(struct crypt_order)},
		{&c->crypt_to_control, "crypt_to_control", crypt, ORDER_RING,
			sizeof(struct crypt_ack)},
	};

	char suffix[12];

	snprintf(suffix, sizeof(suffix), "%u", number);
	return create_rings(list, sizeof(list) / sizeof(list[0]), suffix);
}

int daemon_create_rings(struct daemon *d)
{
	const struct ring_plan list[] = {
		{&d->black_to_control, "black_to_control", NULL, REPORT_RING,
			sizeof(struct black_report)},
		{&d->black_proven, "black_proven", NULL, REPORT_RING, sizeof(struct black_report)},
		{&d->control_to_black, "control_to_black", NULL, ORDER_RING,
			sizeof(struct black_order)},
		{&d->control_to_red, "control_to_red", NULL, ORDER_RING, sizeof(struct red_order)},
	};
	int rc = create_rings(list, sizeof(list) / sizeof(list[0]), "");

	for (unsigned i = 0; i < d->plan.crypt_threads && rc == 0; i++)
		rc = create_crypt_rings(d, i);
	for (unsigned i = 0; i < d->plan.threads && rc == 0; i++) {
		rc = bell_open(&d->bells[i]);
		if (rc != 0)
			return daemon_failed("bells", rc);
	}
	return rc;
}

static void crypt_memory_down(struct daemon_crypt *c)
{
	struct ring *const rings[] = {&c->red_to_crypt, &c->crypt_to_red, &c->black_to_crypt,
		&c->crypt_to_black, &c->control_to_crypt, &c->crypt_to_control};

	for (unsigned i = 0; i < sizeof(rings) / sizeof(rings[0]); i++)
		ring_destroy(rings[i]);
	zone_free(c->stats);
	pool_view_destroy(&c->red_view);
	pool_view_destroy(&c->black_view);
}

void daemon_memory_down(struct daemon *d)
{
	struct ring *const rings[] = {&d->black_to_control, &d->black_proven, &d->control_to_black,
		&d->control_to_red};

	for (unsigned i = 0; i < sizeof(rings) / sizeof(rings[0]); i++)
		ring_destroy(rings[i]);
	for (unsigned i = 0; i < CRYPT_THREADS_MAX; i++)
		crypt_memory_down(&d->crypt[i]);
	zone_free(d->reports);
	zone_free(d->dirty);
	pool_destroy(&d->red_pool);
	pool_destroy(&d->black_pool);
	for (int i = PLAN_DOMAINS - 1; i > PLAN_CONTROL; i--)
		zone_destroy(&d->zones[i]);
	for (unsigned i = 0; i < PLAN_THREADS_MAX; i++)
		bell_close(&d->bells[i]);
}
