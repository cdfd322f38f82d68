/* SPDX-License-Identifier: BSD-3-Clause */
/* The domains, control, and their threads. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "crypto/secret.h"
#include "daemon/daemon.h"
#include "util/clock.h"
#include "util/log.h"

#define CONTROL_NICE 10
/* Of a traffic class. */
#define DSCP_BITS 0xfc
#define ECN_BITS  0x03

#define TUNNEL_BYTES 80 /* outer IPv6 and UDP headers, WireGuard's header and tag */

#define IPV6_MTU_LEAST 1280 /* RFC 8200, 5: IPv6 must not be told to do with less */

static uint16_t tunnel_mtu(const struct daemon *d)
{
	return (uint16_t)(d->black_port.mtu - TUNNEL_BYTES);
}

static void look_at_mtu(const struct daemon *d)
{
	for (unsigned i = 0; i < d->config.red.address_count; i++) {
		if (d->config.red.addresses[i].addr.family != 6 || tunnel_mtu(d) >= IPV6_MTU_LEAST)
			continue;
		log_event(LOG_WARNING, "main",
			"the tunnel is too narrow for IPv6 mtu=%u least=%u hint=\"a black port with "
			"an MTU of %u or more\"", tunnel_mtu(d), IPV6_MTU_LEAST,
			IPV6_MTU_LEAST + TUNNEL_BYTES);
		return;
	}
}

static struct black *create_black(struct daemon *d)
{
	struct black_config c = {
		.zone = &d->zones[PLAN_BLACK],
		.port = &d->black_port,
		.pool = &d->black_pool,
		.address_count = d->config.black.address_count,
		.gateway = d->config.black.gateway,
		.ask_ahead = true,
		.gateway6 = d->config.black.gateway6,
		.listen_port = d->config.listen_port,
		.udp_checksum = d->config.udp_checksum,
		.max_peers = d->plan.max_peers,
		.crypt = {{d->black_to_crypt, d->crypt_to_black, &d->bells[PLAN_CRYPT]}},
		.crypt_count = 1,
		.to_control = d->black_to_control,
		.from_control = d->control_to_black,
		.control_bell = &d->bells[PLAN_CONTROL],
		.stats = &d->black_stats,
		.attack = &d->attack,
		.proven = d->black_proven,
		.limits = {d->config.handshake_limit, d->config.handshake_limit_per_source,
			d->config.cookie_limit},
		.now_ns = clock_boot_ns(),
	};

	random_bytes(c.seed, sizeof(c.seed));
	random_bytes(c.tag_seed, sizeof(c.tag_seed));
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
		.gateway6 = d->config.red.gateway6,
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
		.threads = 1,
		.tunnel_mtu = tunnel_mtu(d),
		.outer_class_mask = (uint8_t)((d->config.copy_dscp ? DSCP_BITS : 0) |
			(d->config.copy_ecn ? ECN_BITS : 0)),
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

int daemon_create_domains(struct daemon *d)
{
	struct zone *crypt = &d->zones[PLAN_CRYPT];

	d->reports = zone_alloc(crypt, d->plan.max_peers * sizeof(*d->reports));
	d->dirty = zone_alloc(crypt, (d->plan.max_peers + 63) / 64 * sizeof(*d->dirty));
	d->crypt_stats = zone_alloc(crypt, sizeof(*d->crypt_stats));
	if (!d->reports || !d->dirty || !d->crypt_stats)
		return daemon_failed("crypt zone", -ENOMEM);
	int rc = engine_create(&d->engine, d->config.engine, crypt);
	if (rc != 0)
		return daemon_failed("engine", rc);
	look_at_mtu(d);
	d->black = create_black(d);
	d->crypt = create_crypt(d);
	d->red = create_red(d);
	if (!d->black || !d->crypt || !d->red)
		return daemon_failed("domains", -ENOMEM);
	log_event(LOG_INFO, "crypt", "room for peers=%u bytes_each=%zu", d->plan.max_peers,
		crypt_peer_bytes(d->plan.max_peers));
	return 0;
}

static uint64_t silence_ns(void *context, const char **name, unsigned i)
{
	struct daemon *d = context;
	uint64_t now_ns = clock_boot_ns();

	i += PLAN_BLACK;
	*name = i < PLAN_THREADS ? daemon_threads[i] : NULL;
	if (!*name)
		return 0;
	uint64_t beat_ns = atomic_load(&d->lcores[i].beat_ns);
	return now_ns > beat_ns ? now_ns - beat_ns : 0;
}

static void *table_alloc(void *context, size_t bytes)
{
	return zone_alloc(context, bytes);
}

int daemon_create_control(struct daemon *d)
{
	struct control_config c = {
		.config = &d->config,
		.max_peers = d->plan.max_peers,
		.max_prefixes = d->plan.max_prefixes,
		.bell = &d->bells[PLAN_CONTROL],
		.to_black = d->control_to_black,
		.from_black = d->black_to_control,
		.from_black_proven = d->black_proven,
		.black_bell = &d->bells[PLAN_BLACK],
		.to_red = d->control_to_red,
		.red_bell = &d->bells[PLAN_RED],
		.to_crypt = d->control_to_crypt,
		.from_crypt = d->crypt_to_control,
		.crypt_bell = &d->bells[PLAN_CRYPT],
		.reports = d->reports,
		.dirty = d->dirty,
		.black_stats = &d->black_stats,
		.attack = &d->attack,
		.red_stats = &d->red_stats,
		.crypt_stats = d->crypt_stats,
		.resolver = &d->resolver,
		.engine_name = d->engine.name,
		.hugepages = d->zones[PLAN_CRYPT].page_size > 4096,
		.table_alloc = table_alloc,
		.table_free = zone_free,
		.table_context = &d->zones[PLAN_CRYPT],
		.silence_ns = silence_ns,
		.silence_context = d,
	};
	char error[512] = "";

	d->control = control_create(&c, error, &d->status);
	config_forget_keys(&d->config);
	if (d->control)
		return 0;
	if (d->status == EXIT_USAGE)
		fprintf(stderr, "%s: %s\n", d->config.path, error);
	else
		log_event(LOG_ERROR, "control", "%s", error);
	return -EFAULT;
}

int daemon_start_threads(struct daemon *d)
{
	unsigned (*const polls[])(void *, uint64_t) = {
		[PLAN_BLACK] = black_poll, [PLAN_CRYPT] = crypt_poll, [PLAN_RED] = red_poll};
	void *const contexts[] = {
		[PLAN_BLACK] = d->black, [PLAN_CRYPT] = d->crypt, [PLAN_RED] = d->red};
	const struct port *const ports[PLAN_THREADS] = {
		[PLAN_BLACK] = &d->black_port, [PLAN_RED] = &d->red_port};

	for (int i = PLAN_BLACK; i < PLAN_THREADS; i++) {
		struct lcore *l = &d->lcores[i];
		snprintf(l->name, sizeof(l->name), "%s", daemon_threads[i]);
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
			return daemon_failed(daemon_threads[i], rc);
	}
	return 0;
}

/*
 * C12: where control shares its core, user traffic goes first. Handshakes are most of control's work
 * and can be a thousand times the usual in an attack; with a weight of a tenth it still has all the
 * time that nobody else wants, and enough for hundreds of handshakes a second when there is none.
 * Domains' threads were made before and keep theirs.
 */
int daemon_yield(struct daemon *d)
{
	if (!d->plan.shared[PLAN_CONTROL])
		return 0;
	if (setpriority(PRIO_PROCESS, 0, CONTROL_NICE) != 0) /* of this thread alone */
		return daemon_failed("priority", -errno);
	return 0;
}

int daemon_start_ports(struct daemon *d)
{
	int rc = port_start(&d->black_port, &d->black_pool);

	if (rc == 0)
		rc = port_start(&d->red_port, &d->red_pool);
	return rc ? daemon_failed("port start", rc) : 0;
}

void daemon_domains_down(struct daemon *d)
{
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
