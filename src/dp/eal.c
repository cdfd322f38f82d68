/* SPDX-License-Identifier: BSD-3-Clause */
#include "dp/eal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

#include "util/log.h"

#define ARGS_MAX 40
#define ARG_LEN  64

struct arguments {
	int count;
	char text[ARGS_MAX][ARG_LEN];
	char *list[ARGS_MAX + 1];
};

static void add(struct arguments *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct arguments *a, const char *format, ...)
{
	if (a->count >= ARGS_MAX)
		return;
	va_list list;
	va_start(list, format);
	vsnprintf(a->text[a->count], ARG_LEN, format, list);
	va_end(list);
	a->list[a->count] = a->text[a->count];
	a->list[++a->count] = NULL;
}

static ssize_t log_write(void *cookie, const char *text, size_t length)
{
	static const enum log_level levels[] = {
		[RTE_LOG_EMERG] = LOG_ERROR,
		[RTE_LOG_ALERT] = LOG_ERROR,
		[RTE_LOG_CRIT] = LOG_ERROR,
		[RTE_LOG_ERR] = LOG_ERROR,
		[RTE_LOG_WARNING] = LOG_WARNING,
		[RTE_LOG_NOTICE] = LOG_NOTICE,
		[RTE_LOG_INFO] = LOG_INFO,
		[RTE_LOG_DEBUG] = LOG_DEBUG,
	};
	unsigned level = (unsigned)rte_log_cur_msg_loglevel();
	size_t trimmed = length;

	(void)cookie;
	while (trimmed > 0 && (text[trimmed - 1] == '\n' || text[trimmed - 1] == ' '))
		trimmed--;
	if (trimmed > 0 && level >= RTE_LOG_EMERG && level <= RTE_LOG_DEBUG)
		log_event(levels[level], "dpdk", "%.*s", (int)trimmed, text);
	return (ssize_t)length;
}

/* DPDK's own log goes through the same pen as ours. */
static int redirect_log(void)
{
	cookie_io_functions_t io = {.write = log_write};
	FILE *stream = fopencookie(NULL, "w", io);
	if (!stream)
		return -errno;
	setvbuf(stream, NULL, _IOLBF, 1024);
	return rte_openlog_stream(stream);
}

static void build_arguments(struct arguments *a, const struct eal_config *config)
{
	add(a, "encrypterd");
	add(a, "--lcores=0@%d", config->cpu);
	add(a, "--no-telemetry");
	add(a, "--no-shconf");
	add(a, "--file-prefix=encrypter-%.32s", config->name);
	add(a, "--log-level=%s", config->verbose ? "info" : "warning");
	if (config->pages == ZONE_PAGES_HUGE) {
		add(a, "--in-memory");
		add(a, "-m");
		add(a, "64");
		add(a, "--single-file-segments");
	} else {
		add(a, "--no-huge");
		add(a, "-m");
		add(a, "64");
	}
	if (config->pci_count == 0) {
		add(a, "--no-pci");
		add(a, "--iova-mode=va");
	}
	for (unsigned i = 0; i < config->pci_count; i++)
		add(a, "--allow=%s", config->pci[i]);
}

int eal_start(const struct eal_config *config)
{
	static struct arguments arguments; /* DPDK keeps pointers into it */

	memset(&arguments, 0, sizeof(arguments));
	build_arguments(&arguments, config);
	if (!config->verbose)
		rte_log_set_global_level(RTE_LOG_WARNING);
	redirect_log();
	if (rte_eal_init(arguments.count, arguments.list) < 0) {
		int error = rte_errno;
		log_event(LOG_ERROR, "main", "DPDK did not start reason=\"%s\"", rte_strerror(error));
		return error ? -error : -EFAULT;
	}
	return 0;
}

void eal_stop(void)
{
	rte_eal_cleanup();
}
