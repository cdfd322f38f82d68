/* SPDX-License-Identifier: BSD-3-Clause */
/* encrypterd: bring-up and teardown, step by step; every step that was taken is undone in reverse. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "crypto/provider.h"
#include "daemon/daemon.h"
#include "util/log.h"
#ifdef ENCRYPTER_TEST_HOOKS
#include "hooks/scan.h"
#endif

struct options {
	const char *path;
	bool check;
	bool verbose;
};

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
		return daemon_failed("crypto", rc);
	wrong = crypto_selftest();
	if (!wrong)
		return 0;
	log_event(LOG_ERROR, "main", "self-test failed test=%s", wrong);
	return -EBADMSG;
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
		.crypt = d->crypt[0].crypt, /* its tables are all threads' */
	};
	int rc = scan_open(&c);
	if (rc != 0)
		return daemon_failed("test hook", rc);
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

static int bring_up(struct daemon *d)
{
	int (*const steps[])(struct daemon *) = {
		daemon_plan,
		daemon_claim_name,
		daemon_take_ifaces,
		daemon_start_eal,
		daemon_open_ports,
		daemon_create_zones,
		daemon_create_buffers,
		daemon_create_rings,
		daemon_create_domains,
		daemon_create_control,
		open_hooks,
		daemon_start_ports,
		daemon_start_threads,
		daemon_yield,
	};

	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int rc = steps[i](d);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static void tear_down(struct daemon *d)
{
	if (d->eal) {
		close_hooks();
		daemon_domains_down(d);
		daemon_memory_down(d);
	}
	daemon_system_down(d);
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

	for (unsigned i = 0; i < PLAN_THREADS_MAX; i++)
		d.bells[i].fd = -1;
	if (parse_options(argc, argv, &options) != 0) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (options.verbose)
		log_set_level(LOG_DEBUG);
	harden(&d);
	if (!options.check && daemon_start_resolver(&d) != 0)
		return EXIT_FAILED;
	if (test_crypto(&d) != 0)
		return EXIT_FAILED;
	if (config_load(&d.config, options.path, error) != 0) {
		fprintf(stderr, "%s\n", error);
		return EXIT_USAGE;
	}
	control_block_signals(); /* not before: the file may be a pipe that nobody writes to */
	int status;
	if (options.check) {
		status = daemon_plan(&d) == 0 ? EXIT_DONE : d.status;
	} else {
		status = bring_up(&d) == 0 ? control_run(d.control) : d.status;
		tear_down(&d);
	}
	config_free(&d.config);
	return status;
}
