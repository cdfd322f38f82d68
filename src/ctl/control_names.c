/* SPDX-License-Identifier: BSD-3-Clause */
/* Peers whose endpoint is a name: between the resolver's process, names.h and the device. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "ctl/control_state.h"
#include "util/log.h"

static void resolver_gone(struct control *c)
{
	watch_set(&c->resolver_watch, c->epoll_fd, 0);
	c->resolver_watch.fd = -1;
	log_event(LOG_ERROR, "control",
		"names are not resolved any more: the process that did so has ended; "
		"restart encrypterd");
}

static void log_answer(struct control *c, uint32_t slot, int rc)
{
	char label[48];

	if (slot == NAMES_NOBODY || c->peers[slot].name_lost == (rc != 0))
		return;
	c->peers[slot].name_lost = rc != 0;
	log_event(rc ? LOG_WARNING : LOG_NOTICE, "control", "%s peer=%s name=%s",
		rc ? "the endpoint's name has no usable address" : "the endpoint's name is resolved",
		control_peer_label(c, slot, label), names_text(&c->names, slot));
}

static void resolver_ready(void *context, uint32_t events)
{
	struct control *c = context;
	struct resolver_answer answer;
	uint32_t slot;

	(void)events;
	ssize_t length = recv(c->resolver_watch.fd, &answer, sizeof(answer), MSG_DONTWAIT | MSG_TRUNC);
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length <= 0) {
		resolver_gone(c);
		return;
	}
	int rc = names_answer(&c->names, clock_boot_ns(), &answer, (size_t)length, &slot);
	if (rc == -EPROTO)
		log_event(LOG_ERROR, "control", "an answer of the resolver is not believed");
	else if (rc == -ESTALE)
		log_event(LOG_DEBUG, "control", "an answer of the resolver comes too late");
	else
		log_answer(c, slot, rc);
}

int control_names_open(struct control *c, const struct config *config)
{
	int rc = names_open(&c->names, c->config.max_peers,
		names_families(config->black.addresses, config->black.address_count));

	c->resolver_watch = (struct watch){resolver_ready, c, -1, 0};
	if (rc != 0 || !c->config.resolver || c->config.resolver->fd < 0)
		return rc;
	c->resolver_watch.fd = c->config.resolver->fd;
	return watch_set(&c->resolver_watch, c->epoll_fd, EPOLLIN);
}

static void ask(struct control *c, struct wg_now now)
{
	struct resolver_request request;

	if (c->resolver_watch.fd < 0 || !names_ask(&c->names, now.boot_ns, &request))
		return;
	if (send(c->resolver_watch.fd, &request, sizeof(request), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return;
	if (errno == EAGAIN) /* it has many to do yet; this one counts as lost after a while */
		log_event(LOG_WARNING, "control", "the resolver takes too long: it takes no more names");
	else
		resolver_gone(c);
}

void control_names_step(struct control *c, struct wg_now now)
{
	struct wg_peer_info info;
	struct endpoint endpoint;
	char text[ADDR_TEXT_MAX], label[48];
	uint32_t slot;

	ask(c, now);
	/* Not while a change is committed, which may set the endpoint itself. */
	while (c->run.stage == STAGE_NONE && control_roomy(c) &&
		names_turn(&c->names, &slot, &endpoint)) {
		wg_peer_info(c->device, slot, &info);
		if (endpoint_equal(&info.endpoint, &endpoint))
			continue;
		wg_peer_set_endpoint(c->device, slot, &endpoint, c->actions);
		control_perform(c, now);
		log_event(LOG_INFO, "control", "endpoint by name peer=%s name=%s endpoint=%s",
			control_peer_label(c, slot, label), names_text(&c->names, slot),
			endpoint_format(&endpoint, text));
	}
}

uint64_t control_names_deadline(const struct control *c)
{
	return c->resolver_watch.fd < 0 ? UINT64_MAX : names_deadline(&c->names);
}
