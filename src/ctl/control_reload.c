/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration read again while the daemon runs: all of it is checked before anything changes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/control_state.h"
#include "util/log.h"

static void remember(struct control *c, const struct config *config)
{
	struct config *r = c->running;
	char path[CONFIG_PATH_MAX];

	/* Whatever syncconf was given: a reload reads the file that the daemon was started with. */
	snprintf(path, sizeof(path), "%s", r->path[0] ? r->path : config->path);
	*r = *config;
	memcpy(r->path, path, sizeof(path));
	memset(r->private_key, 0, sizeof(r->private_key));
	r->secure = NULL;
	r->peers = NULL;
	r->allowed_ips = NULL;
	r->secure_count = r->peer_count = r->allowed_ip_count = 0;
}

int control_reload_open(struct control *c, const struct config *config)
{
	c->running = calloc(1, sizeof(*c->running));
	if (!c->running)
		return -ENOMEM;
	remember(c, config);
	return 0;
}

static uint32_t count_fresh(const struct control *c, const struct config *config)
{
	uint32_t fresh = 0;

	for (unsigned i = 0; i < config->secure_count; i++)
		fresh += !routes_has(&c->routing.tunnel, &config->secure[i]);
	return fresh;
}

/* Prefixes that are not in the file any more stay: what was secure does not become open by an edit. */
static void set_secure(struct control *c, const struct config *config)
{
	for (unsigned i = 0; i < config->secure_count; i++)
		routes_set(&c->routing.tunnel, &config->secure[i], 0);
}

static void set_addresses(
	struct change *change, const struct config_domain *black, const struct config_domain *former)
{
	change->set_addresses =
		!config_same_addresses(black, former) || !config_same_gateways(black, former);
	memcpy(change->addresses, black->addresses, sizeof(change->addresses));
	change->address_count = black->address_count;
	change->gateway = black->gateway;
	change->gateway6 = black->gateway6;
}

int control_reload_begin(struct control *c, const struct config *config, enum reload_how how,
	struct client *client)
{
	struct change change;

	change_init(&change);
	int rc = how == RELOAD_FIRST ? change_from_config(&change, c->device, config) :
				       change_to_config(&change, c->device, config,
					       how == RELOAD_ANEW);
	if (rc != 0) {
		change_free(&change);
		return rc;
	}
	set_addresses(&change, &config->black, &c->running->black);
	c->routing.secure_new = count_fresh(c, config);
	rc = control_change_begin(c, &change, client);
	c->routing.secure_new = 0;
	if (rc == 0)
		set_secure(c, config);
	return rc;
}

int control_reload(struct control *c, const char *path, enum reload_how how, struct client *client,
	char error[static CONFIG_ERROR_MAX])
{
	struct config *config = calloc(1, sizeof(*config));

	if (!config) {
		snprintf(error, CONFIG_ERROR_MAX, "no memory; give the machine more");
		return -ENOMEM;
	}
	int rc = config_load_again(config, path, c->running, error);
	if (rc == 0) {
		rc = control_reload_begin(c, config, how, client);
		if (rc == -ENOSPC)
			snprintf(error, CONFIG_ERROR_MAX,
				"%.200s: more peers or prefixes than there is room for (%u, %u); "
				"restart encrypterd", path, c->config.max_peers,
				c->config.max_prefixes);
		else if (rc != 0)
			snprintf(error, CONFIG_ERROR_MAX, "%.200s: no memory for it; raise "
				"[Crypt] Memory and restart encrypterd", path);
		if (rc == 0) {
			remember(c, config);
			c->uapi_secrets = config->uapi_secrets;
		}
		config_free(config);
	}
	free(config);
	if (rc != 0)
		log_event(LOG_WARNING, "control", "configuration refused reason=\"%s\"", error);
	return rc;
}

void control_reload_step(struct control *c)
{
	char error[CONFIG_ERROR_MAX];
	char path[CONFIG_PATH_MAX];

	c->reload = 0;
	snprintf(path, sizeof(path), "%s", c->running->path);
	control_reload(c, path, RELOAD_SYNC, NULL, error);
}
