/* SPDX-License-Identifier: BSD-3-Clause */
/* encrypterd: bring-up and teardown, step by step; every step that was taken is undone in reverse. */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "black/black.h"
#include "crypt/crypt.h"
#include "crypto/provider.h"
#include "ctl/config.h"
#include "ctl/control.h"
#include "ctl/iface.h"
#include "ctl/plan.h"
#include "dp/eal.h"
#include "dp/lcore.h"
#include "red/red.h"
#include "util/clock.h"
#include "util/log.h"
#ifdef ENCRYPTER_TEST_HOOKS
#include "hooks/scan.h"
#endif

#define POOL_BUFFERS  4096
#define HANDLE_RING   8192 /* holds every buffer of a pool, lent or on its way back */
#define ORDER_RING    1024
#define REPORT_RING   256
#define IP_UDP_BYTES  80 /* outer IPv6 and UDP headers, WireGuard's header and tag */

enum exit_status { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct options {
	const char *path;
	bool check;
	bool verbose;
};

struct daemon {
	struct config config;
	struct plan plan;
	struct iface ifaces[2];
	unsigned iface_count;
	bool eal;
	struct zone zones[PLAN_THREADS];
	struct bell bells[PLAN_THREADS];
	struct port black_port, red_port;
	struct pool black_pool, red_pool;
	struct pool_view black_view, red_view;
	struct ring red_to_crypt, crypt_to_red, black_to_crypt, crypt_to_black;
	struct ring black_to_control, control_to_black, control_to_red;
	struct ring control_to_crypt, crypt_to_control;
	struct peer_report *reports;
	_Atomic uint64_t *dirty;
	struct crypt_stats *crypt_stats;
	struct black_stats black_stats;
	struct red_stats red_stats;
	struct engine engine;
	struct black *black;
	struct crypt *crypt;
	struct red *red;
	struct lcore lcores[PLAN_THREADS];
	struct control *control;
	int status; /* of the process when a step failed */
};

static const char *const thread_names[PLAN_THREADS] = {
	[PLAN_CONTROL] = "control",
	[PLAN_BLACK] = "black",
	[PLAN_CRYPT] = "crypt",
	[PLAN_RED] = "red",
};

static int failed(const char *step, int rc)
{
	log_event(LOG_ERROR, "main", "start failed step=\"%s\" reason=\"%s\"", step, strerror(-rc));
	return rc;
}

/* ---- the steps ---- */

static int harden(struct daemon *d)
{
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY}, none = {0, 0};

	(void)d;
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	return 0;
}

static int test_crypto(struct daemon *d)
{
	int rc = crypto_init();
	const char *wrong;

	(void)d;
	if (rc != 0)
		return failed("crypto", rc);
	wrong = crypto_selftest();
	if (!wrong)
		return 0;
	log_event(LOG_ERROR, "main", "self-test failed test=%s", wrong);
	return -EBADMSG;
}

static int make_plan(struct daemon *d)
{
	char error[CONFIG_ERROR_MAX];
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return failed("affinity", -errno);
	int rc = plan_make(&d->plan, &d->config, &allowed, error);
	if (rc != 0) {
		fprintf(stderr, "%s\n", error);
		d->status = EXIT_USAGE;
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

static int take_ifaces(struct daemon *d)
{
	int rc = take_iface(d, d->config.black.port);

	return rc ? rc : take_iface(d, d->config.red.port);
}

static enum zone_pages pages_of(const struct config *config)
{
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

static int start_eal(struct daemon *d)
{
	struct eal_config eal = {
		.name = d->config.name,
		.cpu = d->plan.cpu[PLAN_CONTROL],
		/* DPDK's own heap holds nothing but rings without secrets: 4 KiB pages will do */
		.pages = ZONE_PAGES_SMALL,
		.verbose = log_get_level() >= LOG_DEBUG,
	};
	const char *const ports[] = {d->config.black.port, d->config.red.port};

	for (unsigned i = 0; i < 2; i++)
		if (port_kind(ports[i]) == PORT_PCI)
			eal.pci[eal.pci_count++] = ports[i];
	if (eal.pci_count > 0)
		eal.pages = pages_of(&d->config);
	int rc = eal_start(&eal);
	d->eal = rc == 0;
	return rc;
}

static int create_zones(struct daemon *d)
{
	for (int i = PLAN_BLACK; i < PLAN_THREADS; i++) {
		int rc = zone_create(&d->zones[i], thread_names[i], d->plan.zone_bytes[i],
			pages_of(&d->config));
		if (rc == -ENOMEM && d->config.hugepages == CONFIG_REQUIRED)
			log_event(LOG_ERROR, "main",
				"not enough free hugepages zone=%s need=%zuM hint=\"raise "
				"vm.nr_hugepages or set Hugepages = auto\"",
				thread_names[i], d->plan.zone_bytes[i] >> 20);
		if (rc != 0)
			return failed("zones", rc);
	}
	return 0;
}

static int open_ports(struct daemon *d)
{
	int rc = port_probe(&d->black_port, d->config.black.port);

	if (rc == 0)
		rc = port_probe(&d->red_port, d->config.red.port);
	if (rc != 0)
		return failed("ports", rc);
	/* each pool takes what comes over its own wire and what crypt puts into it for the other */
	uint16_t frame = d->black_port.frame;
	if (frame < d->red_port.frame)
		frame = d->red_port.frame;
	rc = pool_create(&d->black_pool, "black", &d->zones[PLAN_BLACK], POOL_BUFFERS, frame);
	if (rc == 0)
		rc = pool_create(&d->red_pool, "red", &d->zones[PLAN_RED], POOL_BUFFERS, frame);
	if (rc == 0)
		rc = pool_view_create(&d->black_view, &d->black_pool, &d->zones[PLAN_CRYPT]);
	if (rc == 0)
		rc = pool_view_create(&d->red_view, &d->red_pool, &d->zones[PLAN_CRYPT]);
	return rc ? failed("buffers", rc) : 0;
}

static int create_rings(struct daemon *d)
{
	struct zone *black = &d->zones[PLAN_BLACK], *red = &d->zones[PLAN_RED];
	struct zone *crypt = &d->zones[PLAN_CRYPT];
	const struct {
		struct ring *ring;
		const char *name;
		struct zone *zone;
		uint32_t count, element;
	} list[] = {
		{&d->red_to_crypt, "red_to_crypt", red, HANDLE_RING, sizeof(struct handle)},
		{&d->crypt_to_red, "crypt_to_red", red, HANDLE_RING, sizeof(struct handle)},
		{&d->black_to_crypt, "black_to_crypt", black, HANDLE_RING, sizeof(struct handle)},
		{&d->crypt_to_black, "crypt_to_black", black, HANDLE_RING, sizeof(struct handle)},
		{&d->black_to_control, "black_to_control", NULL, REPORT_RING,
			sizeof(struct black_report)},
		{&d->control_to_black, "control_to_black", NULL, ORDER_RING,
			sizeof(struct black_order)},
		{&d->control_to_red, "control_to_red", NULL, ORDER_RING, sizeof(struct red_order)},
		{&d->control_to_crypt, "control_to_crypt", crypt, ORDER_RING,
			sizeof(struct crypt_order)},
		{&d->crypt_to_control, "crypt_to_control", crypt, ORDER_RING,
			sizeof(struct crypt_ack)},
	};

	for (unsigned i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		int rc = ring_create(list[i].ring, list[i].name, list[i].zone, list[i].count,
			list[i].element);
		if (rc != 0)
			return failed(list[i].name, rc);
	}
	for (int i = 0; i < PLAN_THREADS; i++) {
		int rc = bell_open(&d->bells[i]);
		if (rc != 0)
			return failed("bells", rc);
	}
	return 0;
}

static uint16_t tunnel_mtu(const struct daemon *d)
{
	return (uint16_t)(d->black_port.mtu - IP_UDP_BYTES);
}

static struct black *create_black(struct daemon *d)
{
	struct black_config c = {
		.zone = &d->zones[PLAN_BLACK],
		.port = &d->black_port,
		.pool = &d->black_pool,
		.address_count = d->config.black.address_count,
		.gateway = d->config.black.gateway,
		.gateway6 = d->config.black.gateway6,
		.listen_port = d->config.listen_port,
		.max_peers = d->plan.max_peers,
		.crypt = {{d->black_to_crypt, d->crypt_to_black, &d->bells[PLAN_CRYPT]}},
		.crypt_count = 1,
		.to_control = d->black_to_control,
		.from_control = d->control_to_black,
		.control_bell = &d->bells[PLAN_CONTROL],
		.stats = &d->black_stats,
	};

	memcpy(c.addresses, d->config.black.addresses, sizeof(c.addresses));
	return black_create(&c);
}

static struct red *create_red(struct daemon *d)
{
	struct red_config c = {
		.zone = &d->zones[PLAN_RED],
		.port = &d->red_port,
		.pool = &d->red_pool,
		.address_count = d->config.red.address_count,
		.gateway = d->config.red.gateway,
		.tunnel_mtu = tunnel_mtu(d),
		.max_prefixes = d->plan.max_prefixes,
		.crypt = {{d->red_to_crypt, d->crypt_to_red, &d->bells[PLAN_CRYPT]}},
		.crypt_count = 1,
		.from_control = d->control_to_red,
		.stats = &d->red_stats,
	};

	memcpy(c.addresses, d->config.red.addresses, sizeof(c.addresses));
	return red_create(&c);
}

static struct crypt *create_crypt(struct daemon *d)
{
	struct crypt_config c = {
		.zone = &d->zones[PLAN_CRYPT],
		.engine = &d->engine,
		.tunnel_mtu = tunnel_mtu(d),
		.max_peers = d->plan.max_peers,
		.black = {d->black_to_crypt, d->crypt_to_black, &d->bells[PLAN_BLACK], d->black_view},
		.red = {d->red_to_crypt, d->crypt_to_red, &d->bells[PLAN_RED], d->red_view},
		.from_control = d->control_to_crypt,
		.to_control = d->crypt_to_control,
		.control_bell = &d->bells[PLAN_CONTROL],
		.reports = d->reports,
		.dirty = d->dirty,
		.stats = d->crypt_stats,
	};

	return crypt_create(&c);
}

static int create_domains(struct daemon *d)
{
	struct zone *crypt = &d->zones[PLAN_CRYPT];

	d->reports = zone_alloc(crypt, d->plan.max_peers * sizeof(*d->reports));
	d->dirty = zone_alloc(crypt, (d->plan.max_peers + 63) / 64 * sizeof(*d->dirty));
	d->crypt_stats = zone_alloc(crypt, sizeof(*d->crypt_stats));
	if (!d->reports || !d->dirty || !d->crypt_stats)
		return failed("crypt zone", -ENOMEM);
	int rc = engine_create(&d->engine, d->config.engine, crypt);
	if (rc != 0)
		return failed("engine", rc);
	d->black = create_black(d);
	d->crypt = create_crypt(d);
	d->red = create_red(d);
	return d->black && d->crypt && d->red ? 0 : failed("domains", -ENOMEM);
}

static uint64_t silence_ns(void *context, const char **name, unsigned i)
{
	struct daemon *d = context;
	uint64_t now_ns = clock_boot_ns();

	i += PLAN_BLACK;
	*name = i < PLAN_THREADS ? thread_names[i] : NULL;
	if (!*name)
		return 0;
	uint64_t beat_ns = atomic_load(&d->lcores[i].beat_ns);
	return now_ns > beat_ns ? now_ns - beat_ns : 0;
}

static void *table_alloc(void *context, size_t bytes)
{
	return zone_alloc(context, bytes);
}

static int create_control(struct daemon *d)
{
	struct control_config c = {
		.config = &d->config,
		.max_peers = d->plan.max_peers,
		.bell = &d->bells[PLAN_CONTROL],
		.to_black = d->control_to_black,
		.from_black = d->black_to_control,
		.black_bell = &d->bells[PLAN_BLACK],
		.to_red = d->control_to_red,
		.red_bell = &d->bells[PLAN_RED],
		.to_crypt = d->control_to_crypt,
		.from_crypt = d->crypt_to_control,
		.crypt_bell = &d->bells[PLAN_CRYPT],
		.reports = d->reports,
		.dirty = d->dirty,
		.black_stats = &d->black_stats,
		.red_stats = &d->red_stats,
		.crypt_stats = d->crypt_stats,
		.engine_name = d->engine.ops->name,
		.hugepages = d->zones[PLAN_CRYPT].page_size > 4096,
		.table_alloc = table_alloc,
		.table_free = zone_free,
		.table_context = &d->zones[PLAN_CRYPT],
		.silence_ns = silence_ns,
		.silence_context = d,
	};
	char error[512] = "";

	d->control = control_create(&c, error, &d->status);
	if (d->control)
		return 0;
	if (d->status == EXIT_USAGE)
		fprintf(stderr, "%s: %s\n", d->config.path, error);
	else
		log_event(LOG_ERROR, "control", "%s", error);
	return -EFAULT;
}

static int start_threads(struct daemon *d)
{
	unsigned (*const polls[])(void *, uint64_t) = {
		[PLAN_BLACK] = black_poll, [PLAN_CRYPT] = crypt_poll, [PLAN_RED] = red_poll};
	void *const contexts[] = {
		[PLAN_BLACK] = d->black, [PLAN_CRYPT] = d->crypt, [PLAN_RED] = d->red};
	const struct port *const ports[PLAN_THREADS] = {
		[PLAN_BLACK] = &d->black_port, [PLAN_RED] = &d->red_port};

	for (int i = PLAN_BLACK; i < PLAN_THREADS; i++) {
		struct lcore *l = &d->lcores[i];
		snprintf(l->name, sizeof(l->name), "%s", thread_names[i]);
		l->cpu = d->plan.cpu[i];
		l->shared = d->plan.shared[i];
		l->mode = d->config.poll == CONFIG_POLL_BUSY ? LCORE_BUSY : LCORE_ADAPTIVE;
		l->bell = &d->bells[i];
		l->wait_fd = !ports[i]		  ? LCORE_NO_PORT :
			ports[i]->wait_fd >= 0 ? ports[i]->wait_fd :
						 LCORE_POLLED_PORT;
		l->zone = &d->zones[i];
		l->poll = polls[i];
		l->context = contexts[i];
		atomic_store(&l->beat_ns, clock_boot_ns());
		int rc = lcore_start(l);
		if (rc != 0)
			return failed(thread_names[i], rc);
	}
	return 0;
}

static int start_ports(struct daemon *d)
{
	int rc = port_start(&d->black_port, &d->black_pool);

	if (rc == 0)
		rc = port_start(&d->red_port, &d->red_pool);
	return rc ? failed("port start", rc) : 0;
}

/* The test hook that looks for secrets where they should not be. */
static int open_hooks(struct daemon *d)
{
#ifdef ENCRYPTER_TEST_HOOKS
	struct scan_context c = {
		.name = d->config.name,
		.black = &d->zones[PLAN_BLACK],
		.red = &d->zones[PLAN_RED],
		.crypt_zone = &d->zones[PLAN_CRYPT],
		.black_fd = d->black_port.wait_fd,
		.red_fd = d->red_port.wait_fd,
		.crypt = d->crypt,
	};
	int rc = scan_open(&c);
	if (rc != 0)
		return failed("test hook", rc);
#else
	(void)d;
#endif
	return 0;
}

static void close_hooks(void)
{
#ifdef ENCRYPTER_TEST_HOOKS
	scan_close();
#endif
}

/* ---- and back ---- */

static void stop_all(struct daemon *d)
{
	close_hooks();
	for (int i = PLAN_THREADS - 1; i > PLAN_CONTROL; i--)
		lcore_stop(&d->lcores[i]);
	control_destroy(d->control);
	port_close(&d->red_port);
	port_close(&d->black_port);
	red_destroy(d->red);
	crypt_destroy(d->crypt);
	black_destroy(d->black);
	engine_destroy(&d->engine);
}

static void free_all(struct daemon *d)
{
	struct ring *const rings[] = {&d->red_to_crypt, &d->crypt_to_red, &d->black_to_crypt,
		&d->crypt_to_black, &d->black_to_control, &d->control_to_black, &d->control_to_red,
		&d->control_to_crypt, &d->crypt_to_control};

	for (unsigned i = 0; i < sizeof(rings) / sizeof(rings[0]); i++)
		ring_destroy(rings[i]);
	zone_free(d->reports);
	zone_free(d->dirty);
	zone_free(d->crypt_stats);
	pool_view_destroy(&d->red_view);
	pool_view_destroy(&d->black_view);
	pool_destroy(&d->red_pool);
	pool_destroy(&d->black_pool);
	for (int i = PLAN_THREADS - 1; i > PLAN_CONTROL; i--)
		zone_destroy(&d->zones[i]);
	for (int i = 0; i < PLAN_THREADS; i++)
		bell_close(&d->bells[i]);
}

static void tear_down(struct daemon *d)
{
	if (d->eal) {
		stop_all(d);
		free_all(d);
		eal_stop();
	}
	for (unsigned i = 0; i < d->iface_count; i++)
		iface_give_back(&d->ifaces[i]);
}

static int bring_up(struct daemon *d)
{
	int (*const steps[])(struct daemon *) = {make_plan, take_ifaces, start_eal, create_zones,
		open_ports, create_rings, create_domains, create_control, open_hooks, start_ports,
		start_threads};

	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int rc = steps[i](d);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static void print_usage(FILE *to)
{
	fprintf(to, "usage: encrypterd -c FILE [--check] [--verbose]\n"
		    "  -c FILE     the configuration\n"
		    "  --check     only check it: exit 0, or 2 with FILE:LINE and what is wrong\n"
		    "  --verbose   log debug events\n"
		    "  --version   print the version\n");
}

static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{"config", required_argument, NULL, 'c'},
		{"check", no_argument, NULL, 'k'},
		{"verbose", no_argument, NULL, 'v'},
		{"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:vh", known, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->path = optarg;
			break;
		case 'k':
			o->check = true;
			break;
		case 'v':
			o->verbose = true;
			break;
		case 'V':
			printf("encrypterd %s\n", ENCRYPTER_VERSION);
			exit(EXIT_DONE);
		case 'h':
			print_usage(stdout);
			exit(EXIT_DONE);
		default:
			return -EINVAL;
		}
	}
	return o->path && optind == argc ? 0 : -EINVAL;
}

int main(int argc, char **argv)
{
	static struct daemon d = {.status = EXIT_FAILED};
	struct options options = {0};
	char error[CONFIG_ERROR_MAX];

	for (int i = 0; i < PLAN_THREADS; i++)
		d.bells[i].fd = -1;
	if (parse_options(argc, argv, &options) != 0) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (options.verbose)
		log_set_level(LOG_DEBUG);
	harden(&d);
	if (test_crypto(&d) != 0)
		return EXIT_FAILED;
	if (config_load(&d.config, options.path, error) != 0) {
		fprintf(stderr, "%s\n", error);
		return EXIT_USAGE;
	}
	if (options.check) {
		config_free(&d.config);
		return EXIT_DONE;
	}
	int status = bring_up(&d) == 0 ? control_run(d.control) : d.status;
	tear_down(&d);
	config_free(&d.config);
	return status;
}
