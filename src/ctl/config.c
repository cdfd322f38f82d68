/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/config.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "ctl/config_internal.h"
#include "encrypter/ctl.h"
#include "util/log.h"

#define FILE_MAX       (256u << 20)
#define FILE_CHUNK     65536u
#define PORTS_DEFAULT  (128ull << 20) /* a ceiling; enough for an MTU of 9000 */
#define CRYPT_DEFAULT  (64ull << 20)
#define PORT_DEFAULT   51820
/*
 * Per second; a second's worth may come at once, so 10,000 sites from as many addresses may begin
 * together, under load too. Looking at a message takes half a microsecond, at its mac2, of a quarter
 * of them, one or two more, a cookie reply five with its way out: a tenth, less than that, and a
 * twentieth of a core. A thousand sources with a share of 5 do not reach
 * the three quarters that are kept for those within their share.
 */
#define HANDSHAKES_DEFAULT 200000
#define PER_SOURCE_DEFAULT 5
#define COOKIES_DEFAULT    10000

struct text { /* a whole file; it may hold preshared keys */
	char *bytes;
	size_t length;
	size_t capacity;
};

__attribute__((format(printf, 3, 0)))
static int fail_at(struct config_parse *p, unsigned line, const char *format, va_list arguments)
{
	if (p->status != 0)
		return p->status;
	int used = snprintf(p->error, CONFIG_ERROR_MAX, "%s:%u: ", p->config->path, line);
	if (used > 0 && used < CONFIG_ERROR_MAX)
		vsnprintf(p->error + used, (size_t)(CONFIG_ERROR_MAX - used), format, arguments);
	p->status = -EINVAL;
	config_reader_stop(&p->reader);
	return p->status;
}

int config_fail(struct config_parse *p, unsigned line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int rc = fail_at(p, line, format, arguments);
	va_end(arguments);
	return rc;
}

int config_refuse(struct config_parse *p, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int rc = fail_at(p, p->reader.line, format, arguments);
	va_end(arguments);
	return rc;
}

int config_no_memory(struct config_parse *p)
{
	config_refuse(p, "there is not enough memory for the configuration; give the process more");
	p->status = -ENOMEM;
	return p->status;
}

void *config_grow(void *array, unsigned count, unsigned *capacity, size_t size)
{
	unsigned wanted = *capacity ? *capacity * 2 : 16;
	char *larger = calloc(wanted, size);

	if (!larger)
		return NULL;
	if (array) {
		memcpy(larger, array, count * size);
		secret_wipe(array, count * size);
		free(array);
	}
	*capacity = wanted;
	return larger;
}

static void set_defaults(struct config *c)
{
	c->core = -1;
	c->black.core = -1;
	c->red.core = -1;
	c->black.memory_bytes = PORTS_DEFAULT;
	c->red.memory_bytes = PORTS_DEFAULT;
	c->crypt_memory_bytes = CRYPT_DEFAULT;
	c->listen_port = PORT_DEFAULT;
	c->handshake_limit = HANDSHAKES_DEFAULT;
	c->handshake_limit_per_source = PER_SOURCE_DEFAULT;
	c->cookie_limit = COOKIES_DEFAULT;
	snprintf(c->engine, sizeof(c->engine), "auto");
	snprintf(c->state_directory, sizeof(c->state_directory), "%s", CTL_STATE_DIR);
}

/* inih keeps the line it parses, which may hold a key, on its stack: where this array is then. */
__attribute__((noinline)) static void wipe_stack(void)
{
	char below[4096];

	secret_wipe(below, sizeof(below));
}

static void read_lines(struct config_parse *p)
{
	int rc = ini_parse_stream(config_reader_next, &p->reader, config_handle, p);

	wipe_stack();
	config_reader_finish(&p->reader);
	if (p->status == 0 && p->reader.fault[0] != '\0')
		config_refuse(p, "%s", p->reader.fault);
	if (rc == -2)
		config_no_memory(p);
	else if (rc != 0)
		config_refuse(p, "this line cannot be read; write [Section] or Key = value");
}

int config_parse(struct config *config, const char *name, const char *text, size_t length,
	const struct config_files *files, const struct config *running,
	char error[static CONFIG_ERROR_MAX])
{
	struct config_parse *p = calloc(1, sizeof(*p));

	memset(config, 0, sizeof(*config));
	if (!p) {
		snprintf(error, CONFIG_ERROR_MAX, "%s:1: there is not enough memory", name);
		return -ENOMEM;
	}
	set_defaults(config);
	snprintf(config->path, sizeof(config->path), "%s", name);
	p->config = config;
	p->error = error;
	p->files = files;
	p->running = running;
	p->section = SECTION_NONE;
	config_reader_init(&p->reader, text, length, config_key_is_list);
	read_lines(p);
	if (p->status == 0)
		config_check(p);
	if (p->status == 0 && running)
		config_check_same(p);
	int status = p->status;
	if (status != 0)
		config_free(config);
	free(p->items);
	free(p);
	return status;
}

static int read_file(struct text *text, int fd)
{
	for (;;) {
		if (text->length + FILE_CHUNK > text->capacity) {
			size_t wanted = text->capacity ? text->capacity * 2 : 2 * FILE_CHUNK;
			char *larger = wanted > FILE_MAX ? NULL : malloc(wanted);
			if (!larger)
				return wanted > FILE_MAX ? -EFBIG : -ENOMEM;
			if (text->length > 0) {
				memcpy(larger, text->bytes, text->length);
				secret_wipe(text->bytes, text->length);
			}
			free(text->bytes);
			text->bytes = larger;
			text->capacity = wanted;
		}
		ssize_t n = read(fd, text->bytes + text->length, FILE_CHUNK);
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		text->length += n > 0 ? (size_t)n : 0;
	}
}

/* Before the daemon runs the text may come through a pipe; later nothing may keep control waiting. */
static int load_text(struct text *text, struct stat *status, const char *path, bool runs)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (runs ? O_NONBLOCK : 0));

	if (fd < 0)
		return -errno;
	int rc = fstat(fd, status) == 0 ? 0 : -errno;
	if (rc == 0 && runs && !S_ISREG(status->st_mode))
		rc = -EINVAL;
	if (rc == 0)
		rc = read_file(text, fd);
	close(fd);
	return rc;
}

static void explain(char error[static CONFIG_ERROR_MAX], const char *path, int rc)
{
	if (rc == -EINVAL)
		snprintf(error, CONFIG_ERROR_MAX, "%.200s: is no regular file; name one", path);
	else
		snprintf(error, CONFIG_ERROR_MAX, "%.200s: cannot be read: %s; name a "
			"configuration file that this user may read", path, strerror(-rc));
}

static void warn_of_readers(const struct config *c, const struct stat *status)
{
	if (!c->inline_preshared_key || (status->st_mode & (S_IRGRP | S_IROTH)) == 0)
		return;
	log_event(LOG_WARNING, "control",
		"others can read the preshared keys in the configuration; chmod 600 it "
		"path=%s", c->path);
}

int config_load_again(struct config *config, const char *path, const struct config *running,
	char error[static CONFIG_ERROR_MAX])
{
	struct text text = {0};
	struct stat status;

	memset(config, 0, sizeof(*config));
	int rc = load_text(&text, &status, path, running != NULL);
	if (rc == 0 && strlen(path) >= sizeof(config->path))
		rc = -ENAMETOOLONG;
	if (rc != 0) {
		explain(error, path, rc);
	} else {
		rc = config_parse(config, path, text.bytes, text.length, &config_real_files,
			running, error);
		if (rc == 0)
			warn_of_readers(config, &status);
	}
	if (text.bytes)
		secret_wipe(text.bytes, text.length);
	free(text.bytes);
	return rc;
}

int config_load(struct config *config, const char *path, char error[static CONFIG_ERROR_MAX])
{
	return config_load_again(config, path, NULL, error);
}

void config_forget_keys(struct config *config)
{
	secret_wipe(config->private_key, sizeof(config->private_key));
	for (unsigned i = 0; i < config->peer_count; i++)
		secret_wipe(config->peers[i].preshared_key, sizeof(config->peers[i].preshared_key));
}

void config_free(struct config *config)
{
	for (unsigned i = 0; i < config->peer_count; i++)
		free(config->peers[i].endpoint_name);
	if (config->peers)
		secret_wipe(config->peers, config->peer_count * sizeof(*config->peers));
	free(config->peers);
	free(config->allowed_ips);
	free(config->secure);
	secret_wipe(config, sizeof(*config));
}
