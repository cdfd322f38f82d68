/* SPDX-License-Identifier: BSD-3-Clause */
/* Bring-up and teardown of the control domain. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"
#include "ctl/control_state.h"
#include "encrypter/ctl.h"
#include "util/log.h"

#define DIRECTORY_ATTEMPTS 100

static struct instance claimed = {.lock_fd = -1}; /* between control_claim() and control_create() */

int control_claim(const struct config *config, char error[static 512])
{
	return instance_open(&claimed, config->name, CTL_RUN_DIR, CTL_UAPI_DIR, error);
}

void control_unclaim(void)
{
	instance_close(&claimed);
}

static int take_name(struct control *c, char error[static 512])
{
	if (claimed.lock_fd < 0)
		return instance_open(
			&c->instance, c->name, c->config.run_dir, c->config.uapi_dir, error);
	c->instance = claimed;
	claimed.lock_fd = -1;
	return 0;
}

static void take_config(struct control *c, const struct control_config *config)
{
	c->config = *config;
	c->config.config = NULL; /* not ours to keep: it holds keys, and may go */
	if (!c->config.run_dir)
		c->config.run_dir = CTL_RUN_DIR;
	if (!c->config.uapi_dir)
		c->config.uapi_dir = CTL_UAPI_DIR;
	if (c->config.max_prefixes == 0)
		c->config.max_prefixes = CONTROL_PREFIXES;
	snprintf(c->name, sizeof(c->name), "%s", config->config->name);
	c->mode = config->config->mode;
	c->uapi_secrets = config->config->uapi_secrets;
	c->listen_port = config->config->listen_port;
	c->start_ns = clock_boot_ns();
	c->epoll_fd = c->signal_fd = c->stop_fd = -1;
	c->instance.lock_fd = -1;
	c->resolver_watch.fd = -1;
}

static int open_state(struct control *c)
{
	uint32_t max_peers = c->config.max_peers;

	c->device = wg_device_create(max_peers);
	c->actions = secret_alloc(sizeof(*c->actions));
	c->peers = calloc(max_peers, sizeof(*c->peers));
	c->holders = calloc(max_peers, sizeof(*c->holders)); /* all are number 0's, as crypt has it */
	if (!c->device || !c->actions || !c->peers || !c->holders)
		return -ENOMEM;
	wg_set_threads(c->device, c->config.crypt_count);
	int rc = outbox_open(&c->to_black, &c->config.to_black, c->config.black_bell);
	if (rc == 0)
		rc = outbox_open(&c->to_red, &c->config.to_red, c->config.red_bell);
	for (unsigned i = 0; i < c->config.crypt_count && rc == 0; i++)
		rc = outbox_open(
			&c->to_crypt[i], &c->config.crypt[i].to, c->config.crypt[i].bell);
	if (rc == 0)
		rc = installs_open(&c->installs);
	return rc == 0 ? routing_open(c) : rc;
}

/* The directory is not ours alone: whoever leaves it empty may have taken it away since it was made. */
static int open_uapi(struct control *c)
{
	int rc = -ENOENT;

	for (unsigned i = 0; i < DIRECTORY_ATTEMPTS && rc == -ENOENT; i++) {
		rc = instance_shared_directory(c->config.uapi_dir);
		if (rc == 0)
			rc = server_open(
				&c->uapi, c->instance.uapi_socket, &control_uapi_ops, c, c->epoll_fd);
	}
	return rc;
}

static int open_sockets(struct control *c, char error[static 512])
{
	const char *path = c->instance.uapi_socket;
	int rc = open_uapi(c);

	if (rc == 0) {
		path = c->instance.control_socket;
		rc = server_open(&c->ctl, path, &control_ctl_ops, c, c->epoll_fd);
	}
	if (rc == -EADDRINUSE)
		snprintf(error, 512,
			"%s: served by another program; choose another [Node] Name or stop it",
			path);
	else if (rc != 0)
		snprintf(error, 512, "%s: cannot be served: %s; see that root can write there, or "
			"choose another [Node] Name", path, strerror(-rc));
	return rc;
}

static int load(struct control *c, const struct config *config, char error[static 512])
{
	int rc = control_reload_begin(c, config, RELOAD_FIRST, NULL);

	if (rc == -ENOSPC)
		snprintf(error, 512,
			"%u peers or their prefixes are more than there is room for (%u, %u); "
			"take some out, or join prefixes",
			config->peer_count, c->config.max_peers, c->config.max_prefixes);
	else if (rc == -ENOMEM)
		snprintf(error, 512, "no memory for the peers' routes; raise [Crypt] Memory");
	return rc;
}

static int no_start(char error[static 512], const char *what, int rc)
{
	snprintf(error, 512, "%s could not be set up: %s; %s", what, strerror(-rc),
		rc == -ENOMEM ? "give the machine more memory, or raise the limit of locked memory"
			      : "see the limits of the process (open files), and what denies it");
	return rc;
}

static int open_all(struct control *c, const struct config *config, char error[static 512])
{
	int rc = take_name(c, error);

	if (rc != 0)
		return rc;
	rc = control_open_loop(c);
	if (rc == 0)
		rc = control_reload_open(c, config);
	if (rc == 0)
		rc = open_state(c);
	if (rc != 0) {
		return no_start(error, "control", rc);
	}
	rc = control_names_open(c, config);
	if (rc != 0) {
		return no_start(error, "names", rc);
	}
	rc = control_open_clock(c, config, error);
	if (rc == 0)
		rc = open_sockets(c, error);
	return rc == 0 ? load(c, config, error) : rc;
}

struct control *control_create(
	const struct control_config *config, char error[static 512], int *status)
{
	struct control *c = calloc(1, sizeof(*c));

	*status = 1;
	if (!c) {
		snprintf(error, 512, "no memory; give the machine more");
		return NULL;
	}
	take_config(c, config);
	control_block_signals();
	int rc = open_all(c, config->config, error);
	if (rc != 0) {
		/* The name is in the configuration, and so is the remedy. */
		*status = rc == -EEXIST || rc == -EADDRINUSE || rc == -EINVAL ? 2 : 1;
		control_destroy(c);
		return NULL;
	}
	control_tell_identity(c);
	if (strlen(c->name) >= IFNAMSIZ)
		log_event(LOG_WARNING, "control", "wg set, setconf and syncconf take names of at most "
			"%d characters; use encrypterctl, or a shorter [Node] Name name=%s",
			IFNAMSIZ - 1, c->name);
	log_event(LOG_NOTICE, "control", "starting name=%s peers=%u", c->name,
		config->config->peer_count);
	return c;
}

void control_destroy(struct control *c)
{
	if (!c)
		return;
	server_close(&c->uapi);
	server_close(&c->ctl);
	control_close_clock(c); /* it writes: while the name is ours */
	instance_close(&c->instance);
	if (c->run.stage != STAGE_NONE)
		change_free(&c->run.change);
	routing_close(c);
	installs_close(&c->installs);
	names_close(&c->names);
	outbox_close(&c->to_black);
	outbox_close(&c->to_red);
	for (unsigned i = 0; i < c->config.crypt_count; i++)
		outbox_close(&c->to_crypt[i]);
	secret_free(c->actions);
	wg_device_destroy(c->device);
	free(c->peers);
	free(c->holders);
	free(c->running);
	control_close_loop(c);
	free(c);
}
